"""Ten lines a task: what a notebook asks of the whole package, put together from its rooms. Nothing rests on it."""

from dlcore.notebook import of_a_run

__all__ = ["of_a_run"]
