"""One asker's handle on a training: how far it is, what came of it, and a wish that can be withdrawn."""

import logging
import uuid
import weakref

from sqlalchemy.exc import SQLAlchemyError

from dlcore.jobs.admission import RefusedError
from dlcore.jobs.cluster import JobError
from dlcore.jobs.lifecycle import CANCELLED, ENGINE, STOPPED, stop, stop_for_all
from dlcore.jobs.trainings import LOCK, UNDER_WAY, Training
from dlcore.runs import Epoch, Recipe, Run
from dlcore.store.ownership import THIS_COMPUTER
from dlcore.store.store import shared

LOG = logging.getLogger(__name__)
SCRIPT = "#"  # begins the name of a wish that is no learner's
NOT_WITHDRAWN = (
    "Not cancelled: the database does not answer, and without it nobody could say whether somebody else waits for "
    "this training. Try again in a moment."
)


class Job:
    """One asker's handle on a training. Ask it as often as you like; nothing here waits except result().

    >>> from dlcore.store.store import shared
    >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
    >>> place = shared().publish(run)
    >>> job = submit(run.recipe)
    >>> job.is_over, job.progress, job.place_in_queue
    (True, 1.0, None)
    """

    def __init__(
        self, training: Training, asker: str = "", wants: bool = True, is_experiment: bool = False
    ) -> None:
        """A handle.

        Args:
            asker: the learner; "" is a script, whose wish is this Job's own and ends with it.
            wants: False for who only watches.
        """
        self._training = training
        self._asker = asker or f"{SCRIPT}{uuid.uuid4().hex}"
        self._wants, self._left = wants, False
        if wants:
            training.wish(self._asker, is_experiment)
            if not asker:
                # A script that has lost its Job asks no more, but stops nothing. A learner's wish outlives the
                # browser: the training goes on and is stored.
                weakref.finalize(self, training.withdraw, self._asker).atexit = False

    @property
    def recipe(self) -> Recipe:
        return self._training.recipe

    @property
    def key(self) -> str:
        return self._training.recipe.key

    @property
    def state(self) -> str:
        """ "queued", "running", "finished", "failed" or "cancelled"."""
        withdrawn = self._wants and self._asker not in self._training.wishes  # perhaps in another tab
        return "cancelled" if self._left or withdrawn else self._training.state

    @property
    def wanted_by(self) -> frozenset[str]:
        """Whose wish it is, as far as this process knows."""
        return frozenset(self._training.wishes)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """The epochs finished so far; begins again if a worker died and another took over."""
        return self._training.epochs

    @property
    def message(self) -> str:
        """A sentence about what went wrong or was mended; "" if nothing did."""
        return self._training.message

    @property
    def is_over(self) -> bool:
        return self.state in ("finished", "failed", "cancelled")

    @property
    def goes_on(self) -> bool:
        """Whether the asker has withdrawn, and the training goes on for others."""
        withdrawn = self.state == "cancelled" and not self._training.done.is_set()
        return withdrawn and not self._training.cancelled  # else the worker is only about to hear of it

    @property
    def place_in_queue(self) -> int | None:
        """1 for the next to start, 0 once running, None when over or while the engine is being started."""
        return self.waiting[0]

    @property
    def waiting(self) -> tuple[int | None, float | None]:
        """The place in the queue, and the seconds until it starts, roughly; None where they are unknown."""
        if self.is_over:
            return None, None
        if self.state == "running":
            return 0, 0.0
        queue = ENGINE.queue()
        if queue is None or not queue.workers:
            return None, None
        place = queue.place(self._training.task)
        if self._training.task in queue.tasks[: queue.workers]:
            return place, None  # with a worker that is still loading what it needs
        with LOCK:
            others = list(UNDER_WAY.values())
        rests = {t.task: rest for t in others if (rest := t.seconds_left) is not None}
        return place, queue.wait(place, rests)

    @property
    def progress(self) -> float:
        """Share of the epochs that are done, 0 to 1."""
        if self.state == "finished":
            return 1.0
        assert self.recipe.epochs is not None
        return len(self.epochs) / self.recipe.epochs

    @property
    def seconds_left(self) -> float | None:
        """Expected seconds until the last epoch, from the mean of those done; None before the first."""
        return None if self.is_over else self._training.seconds_left

    def result(self, timeout: float | None = None) -> Run:
        """The run, waiting up to `timeout` seconds for it (None: for ever). Not for use in a page's script.

        >>> from dlcore.store.store import shared
        >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
        >>> place = shared().publish(run)
        >>> submit(run.recipe).result(timeout=1).best
        1

        Raises:
            TimeoutError: it is not there yet.
            JobError: there is none: the job failed or was cancelled.
        """
        if self.state != "cancelled" and not self._training.done.wait(timeout):
            raise TimeoutError(f"The run has not finished within {timeout:g} seconds.")
        if self._training.run is None or self.state == "cancelled":
            raise JobError(self.message or CANCELLED)
        return self._training.run

    def cancel(self) -> None:
        """Withdraw the asker's own wish; the training stops, within an epoch at most, once nobody's is left.

        Who only watches has no wish here, and withdraws nothing.

        >>> from dlcore.store.store import shared
        >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
        >>> place = shared().publish(run)
        >>> job = submit(run.recipe)
        >>> job.cancel()  # too late: it is finished
        >>> job.state
        'finished'

        Raises:
            RefusedError: whose wishes are left cannot be asked now; nothing was changed.
        """
        if self.is_over:
            return
        if self._asker.startswith(SCRIPT):
            self._left = True
            if self._training.withdraw(self._asker):
                stop(self._training, everywhere=False)
            return
        is_last = self._is_last_to_withdraw()
        if is_last is None:
            return
        self._left = True
        self._training.withdraw(self._asker)
        if is_last and not any(who.startswith(SCRIPT) for who in self._training.wishes):
            stop(self._training, everywhere=True)

    def _is_last_to_withdraw(self) -> bool | None:
        """Withdraws the learner's wish at all web processes; None if there is none, else whether it was the last."""
        try:
            ledger = shared().ledger
            wanted_by = ledger.owners([self.key])[self.key] | self._training.wishes.keys()
            if self._asker not in wanted_by:  # what nobody wants is stopped by who is alone with the computer
                return True if self._asker == THIS_COMPUTER and not wanted_by else None
            return ledger.let_go(self.key, self._asker, quickly=True)
        except (OSError, SQLAlchemyError) as error:
            LOG.warning("a wish could not be withdrawn: %s", error)
            if self._asker == THIS_COMPUTER:  # whose wish would be left?
                return True
            raise RefusedError(NOT_WITHDRAWN) from error

    def stop(self) -> None:
        """End this training whoever wants it; for the teacher.

        >>> from dlcore.store.store import shared
        >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
        >>> place = shared().publish(run)
        >>> job = submit(run.recipe)
        >>> job.stop()  # too late: it is finished
        >>> job.state
        'finished'
        """
        if self.is_over:
            return
        stop_for_all(self.key)
        stop(self._training, everywhere=True, why=STOPPED)
