"""submit(recipe) -> Job: training outside the web process, on the embedded engine or on a cluster by address.

Equal recipes train once: a stored run answers at once, a running one is shared by all who asked for it. What a
worker does stands in worker.py, the connection to the engine in cluster.py, a training's way through it in
lifecycle.py.
"""

import atexit
import logging
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from dlcore.jobs.admission import Limits, RefusedError, Use, admit
from dlcore.jobs.cluster import JobError, Queue
from dlcore.jobs.lifecycle import CANCELLED, ENGINE, find, forget, see_through, stop, stop_for_all
from dlcore.jobs.trainings import LOCK, UNDER_WAY, Training
from dlcore.jobs.watching import REFUSED, WAITING, WORKERS
from dlcore.runs import Epoch, Recipe, Run
from dlcore.store.store import shared

LOG = logging.getLogger(__name__)

__all__ = [
    "Job",
    "JobError",
    "RefusedError",
    "queue",
    "resume",
    "shut_down",
    "stop_for_all",
    "submit",
    "submit_experiment",
    "under_way",
    "warm",
    "watched",
]


class Job:
    """One asker's handle on a training. Ask it as often as you like; nothing here waits except result()."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._left = False
        training.join(1)
        # Who closes the browser asks no more, but stops nothing: the training goes on and is stored.
        self._gone = weakref.finalize(self, training.join, -1)
        self._gone.atexit = False

    @property
    def recipe(self) -> Recipe:
        return self._training.recipe

    @property
    def key(self) -> str:
        return self._training.recipe.key

    @property
    def state(self) -> str:
        """ "queued", "running", "finished", "failed" or "cancelled"."""
        return "cancelled" if self._left else self._training.state

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

        Raises:
            TimeoutError: it is not there yet.
            JobError: there is none: the job failed or was cancelled.
        """
        if not self._left and not self._training.done.wait(timeout):
            raise TimeoutError(f"The run has not finished within {timeout:g} seconds.")
        if self._left or self._training.run is None or self.state == "cancelled":
            raise JobError(self.message or CANCELLED)
        return self._training.run

    def cancel(self) -> None:
        """Leave this training; it stops, within an epoch at most, once the last who asked for it has left."""
        if self._left or self.is_over:
            return
        self._left = True
        self._gone.detach()
        if self._training.join(-1) == 0:
            stop(self._training)


def submit(recipe: Recipe, priority: int = 0, asker: str = "") -> Job:
    """A Job for this recipe: finished at once if it is stored, shared if it is under way, queued otherwise.

    Returns at once, also while the engine is still being started; if that fails, the job's state says so.

    Args:
        priority: higher runs first.
        asker: the learner who asks, for the limits of a shared server; "" is not limited. What somebody has
            open already makes the next training of theirs wait behind those of others.

    Raises:
        RefusedError: this learner, or this server, has too much open.
    """
    return _submit([recipe], priority, asker, is_experiment=False)[0]


def submit_experiment(recipes: Sequence[Recipe], asker: str = "") -> list[Job]:
    """Jobs for a group of recipes whose results are read together; later ones wait behind earlier ones.

    Raises:
        RefusedError: this learner has an experiment open, or the server's queue is too full for all of it.
    """
    return _submit(list(recipes), -1, asker, is_experiment=True)


def _submit(recipes: list[Recipe], priority: int, asker: str, is_experiment: bool) -> list[Job]:
    found = [find(recipe) for recipe in recipes]  # on the disk, which takes a moment: outside the lock
    waiting = ENGINE.queue() if asker else None
    with LOCK:
        mine = [t for t in UNDER_WAY.values() if asker and t.askers[asker, is_experiment]]
        new = [
            r for r, t in zip(recipes, found, strict=True) if not t.done.is_set() and r.key not in UNDER_WAY
        ]
        # An experiment counts as one, however many trainings it has.
        limits = Limits.of_this_server() if asker else None
        try:
            admit(len(new), is_experiment, _use(mine, is_experiment, waiting), limits)
        except RefusedError:
            REFUSED.inc()
            raise
        jobs, started = [], []
        for training in found:
            known = UNDER_WAY.get(training.recipe.key)
            if known is not None and not known.cancelled:
                training = known
            elif not training.done.is_set():
                UNDER_WAY[training.recipe.key] = training
                started.append(training)
            training.askers[asker, is_experiment] += 1
            jobs.append(Job(training))
    for i, training in enumerate(started):
        urgency = priority - len(mine) - i
        threading.Thread(target=see_through, args=(training, urgency), daemon=True).start()
    return jobs


def _use(mine: list[Training], is_experiment: bool, queue: Queue | None) -> Use:
    """What counts against the limits; while the engine starts, what waits is what this process has queued."""
    trainings, experiments = (0, bool(mine)) if is_experiment else (len(mine), False)
    if queue is None:
        return Use(trainings, experiments, sum(t.state == "queued" for t in UNDER_WAY.values()))
    return Use(trainings, experiments, queue.waiting, queue.workers, queue.seconds)


def watched(key: str) -> Job | None:
    """A Job for a training that is under way, by its recipe's key; None if there is none.

    It may have been asked for elsewhere: of another web process, or of this one before it was started again.
    """
    with LOCK:
        training = UNDER_WAY.get(key)
        if training is not None and not training.cancelled:
            return Job(training)
    try:
        if shared().folder(key).exists():
            return None
        recipe = shared().ledger.open_request(key)
    except (OSError, ValueError, SQLAlchemyError):  # no key, or nobody who knows
        return None
    return submit(recipe) if recipe is not None and recipe.key == key else None


def queue() -> Queue:
    """What waits on the engine now; empty, with no workers, while there is none."""
    return ENGINE.queue() or Queue()


def under_way() -> list[tuple[str, Recipe | None, bool]]:
    """Every training that has not ended, in any web process: its key, its recipe if known, whether it runs now."""
    now, recipes = queue(), dict[str, Recipe]()
    with suppress(OSError, SQLAlchemyError):  # then they go by their keys
        recipes = {recipe.key: recipe for recipe in shared().ledger.open_requests()}
    with LOCK:
        recipes |= {key: training.recipe for key, training in UNDER_WAY.items()}
    keys = [task.split("-")[1] for task in now.tasks]
    running = set(keys[: now.workers])
    return [(key, recipes.get(key), key in running) for key in dict.fromkeys([*keys, *recipes])]


def engine_trouble() -> str:
    """What is wrong with the training engine, in a sentence; "" if nothing is, or it is only being started."""
    return ENGINE.trouble(queue().workers)


WAITING.set_function(lambda: queue().waiting)
WORKERS.set_function(lambda: queue().workers)


def resume() -> int:
    """Ask again for every recipe that was requested and neither finished nor cancelled; returns how many.

    For the start of a server: what was under way when the last one stopped goes on. What was asked of another
    version of the code is closed instead; the log and the teacher's page say what it was.
    """
    store = shared()
    store.rebuild_index(store.ledger.keys())  # what was stored while the database was away
    for key, what in store.ledger.close_outdated_requests().items():
        sentence = f"Closed: a training asked of another version of the code, {key[:6]} ({what})."
        LOG.warning("%s", sentence)
        store.ledger.notice(sentence)
    recipes = store.ledger.open_requests()
    for recipe in recipes:
        try:
            if submit(recipe).state == "finished":  # stored after all, by a worker that outlived its server
                forget(recipe.key)
        except Exception as error:  # whatever is wrong with one, the others go on
            LOG.error("%s could not be taken up: %r", recipe.key[:6], error)
    return len(recipes)


def warm() -> None:
    """Start the engine now, so that the first training does not wait for it."""
    ENGINE.client()


def shut_down() -> None:
    """End the embedded engine and everything it runs. Requests stay in the ledger."""
    ENGINE.shut_down()


atexit.register(shut_down)
