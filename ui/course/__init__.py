"""Home, lessons, self-test and vocabulary on screen."""
