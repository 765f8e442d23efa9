"""The Grad-CAM page: the heat map and everything that questions it."""
