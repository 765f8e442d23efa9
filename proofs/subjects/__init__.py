"""One file, one subject."""
