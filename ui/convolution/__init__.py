"""The convolution page: a sliding filter, pooling, a trained network opened."""
