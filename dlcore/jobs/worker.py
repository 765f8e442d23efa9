"""What a worker of the engine does with a recipe: train, tell every epoch, publish.

The scheduler unpickles this task, so nothing here imports torch before a worker runs it.
"""

import contextlib
import dataclasses
import functools
import logging
import math
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from dlcore.number_text import count
from dlcore.runs import Recipe, Run
from dlcore.store.store import CorruptRunError, shared

if TYPE_CHECKING:
    from dlcore.data import ImageSet

LOG = logging.getLogger(__name__)
CANCEL_POLL = 0.3  # seconds between a worker's looks at the cancel flag


class OverBudgetError(ValueError):
    """The training took longer than one may take; the message is a sentence for the learner."""


def train(recipe: Recipe, task: str, budget: float | None = None) -> Run:
    """Runs in a worker: train, tell every epoch, publish. Publishing is idempotent: twice does no harm.

    Args:
        budget: seconds that this may take; None: as long as it likes.

    Raises:
        OverBudgetError: that was not enough. Nothing is stored: half a run is no run of this recipe.
    """
    from distributed import Event, Reschedule, Status, get_worker

    from dlcore.one_thread import for_good
    from dlcore.training import fit

    for_good()  # this process does nothing else
    with contextlib.suppress(CorruptRunError):
        stored = shared().get(recipe.key)
        if stored is not None:  # by whoever was cut off and finished all the same
            return stored
    worker = get_worker()
    attempt = uuid.uuid4().hex

    def tell(kind: str, **facts: Any) -> None:
        worker.log_event(f"progress-{task}", {"kind": kind, "attempt": attempt, **facts})

    imageset = images(recipe.dataset)
    tell("started")
    flag = Event(f"cancel-{task}")

    def is_leaving() -> bool:
        return worker.status in (Status.closing, Status.closed, Status.failed)

    end = math.inf if budget is None else time.monotonic() + budget

    def is_to_stop() -> bool:
        try:
            return time.monotonic() > end or is_leaving() or bool(flag.is_set())
        except OSError:  # cut off from the scheduler for now: no reason to end a training
            return False

    run = fit(
        recipe,
        imageset,
        on_epoch=lambda epoch: tell("epoch", epoch=dataclasses.asdict(epoch)),
        stop=_every(CANCEL_POLL, is_to_stop),
    )
    if run.status == "cancelled" and is_leaving():  # not the learner's wish: another worker begins anew
        raise Reschedule
    if run.status == "cancelled" and time.monotonic() > end:
        raise OverBudgetError(
            f"This training was stopped after {len(run.epochs)} of {count(recipe.epochs or 0, 'epoch')}: on this "
            f"server one may take {budget:.0f} s. Fewer epochs or a smaller network fit."
        )
    if run.status != "cancelled":
        publish(run)
    return run


@functools.lru_cache(maxsize=2)
def images(dataset: str) -> "ImageSet":
    """The worker keeps the sets it used last; they are read-only."""
    from dlcore.data import load

    return load(dataset)


def _every(seconds: float, question: Callable[[], bool]) -> Callable[[], bool]:
    """The question, asked at most once per `seconds`; in between, its last answer."""
    last, answer = time.monotonic(), False

    def ask() -> bool:
        nonlocal last, answer
        if not answer and time.monotonic() - last >= seconds:
            last, answer = time.monotonic(), bool(question())
        return answer

    return ask


def publish(run: Run) -> str:
    """Store a run; returns a sentence if that was not wholly possible (the run itself is still handed on)."""
    store = shared()
    try:
        store.keep(run)
    except OSError as error:
        LOG.error("run %s could not be stored: %s", run.key, error)
        return (
            "This run could not be stored yet (disk full or read-only?). The server goes on trying; if it "
            "stops before, the training begins again."
        )
    try:
        store.index(run)
    except (OSError, SQLAlchemyError) as error:
        LOG.error("run %s could not be indexed: %s", run.key, error)
        return (
            "This run is stored. The list of runs does not know it yet: the database does not answer, and "
            "the server goes on trying."
        )
    return ""
