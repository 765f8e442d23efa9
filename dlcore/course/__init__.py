"""The lessons, what they expect, and the self-test's questions."""
