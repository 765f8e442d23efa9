"""The server itself: its health on screen, its counters, what it warms up."""
