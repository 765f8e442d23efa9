"""Heat maps as plain arrays: scored against a truth, compared, erased by. No torch."""
