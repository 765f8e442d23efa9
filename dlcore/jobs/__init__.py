"""Training outside the web process: submit(recipe) -> Job, and the engine behind it.

The face is lazy: an engine's own processes import this package too, and need nothing of the askers' side.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.jobs.jobs import Job, JobError, RefusedError, submit, submit_experiment

__all__ = ["Job", "JobError", "RefusedError", "submit", "submit_experiment"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("dlcore.jobs.jobs"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
