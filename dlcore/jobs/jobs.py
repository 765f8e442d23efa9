"""submit(recipe) -> Job: training outside the web process, on the embedded engine or on a cluster by address.

Equal recipes train once: a stored run answers at once, a running one is shared by all who asked for it. What a
worker does stands in worker.py, the connection to the engine in cluster.py, a training's way through it in
lifecycle.py.
"""

import atexit
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from dlcore.jobs.admission import Limits, RefusedError, Use, admit
from dlcore.jobs.cluster import JobError, Queue
from dlcore.jobs.job import Job
from dlcore.jobs.lifecycle import ENGINE, find, forget, see_through, stop_for_all
from dlcore.jobs.trainings import LOCK, UNDER_WAY, Training
from dlcore.jobs.watching import REFUSED, WAITING, WORKERS
from dlcore.runs import Recipe
from dlcore.store.ownership import THIS_COMPUTER
from dlcore.store.store import shared

LOG = logging.getLogger(__name__)
UNOWNED = (
    "Not started: the database cannot be written to, and without it nobody could say whose training this is. "
    "Nothing else was touched; try again in a moment."
)

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


def submit(recipe: Recipe, priority: int = 0, asker: str = "") -> Job:
    """A Job for this recipe: finished at once if it is stored, shared if it is under way, queued otherwise.

    Returns at once, also while the engine is still being started; if that fails, the job's state says so.

    >>> from dlcore.store.store import shared
    >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
    >>> place = shared().publish(run)
    >>> submit(run.recipe).state  # equal recipes train once
    'finished'

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

    >>> from dlcore.store.store import shared
    >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
    >>> place = shared().publish(run)
    >>> [job.state for job in submit_experiment([run.recipe, run.recipe])]
    ['finished', 'finished']

    Raises:
        RefusedError: this learner has an experiment open, or the server's queue is too full for all of it.
    """
    return _submit(list(recipes), -1, asker, is_experiment=True)


def _submit(recipes: list[Recipe], priority: int, asker: str, is_experiment: bool) -> list[Job]:
    found = [find(recipe) for recipe in recipes]  # on the disk, which takes a moment: outside the lock
    waiting = ENGINE.queue() if asker else None
    with LOCK:
        mine = [t for t in UNDER_WAY.values() if is_experiment in t.wishes.get(asker, ())]
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
        trainings = [_under_way(training) for training in found]
        joined = [training for training, _ in trainings if asker not in training.wishes]
        jobs = [Job(training, asker, is_experiment=is_experiment) for training, _ in trainings]
    started = [training for training, is_new in trainings if is_new]
    try:
        if asker:
            _claim([recipe.key for recipe in recipes], asker, is_experiment)
    except Exception:
        started = _take_back(joined, started, asker)
        raise
    finally:
        for i, training in enumerate(started):
            urgency = priority - len(mine) - i
            threading.Thread(target=see_through, args=(training, urgency), daemon=True).start()
    return jobs


def _under_way(training: Training) -> tuple[Training, bool]:
    """The training that is under way for this recipe, and whether it is this one, new; call it with LOCK held."""
    known = UNDER_WAY.get(training.recipe.key)
    if known is not None and not known.cancelled:
        return known, False
    if training.done.is_set():
        return training, False
    UNDER_WAY[training.recipe.key] = training
    return training, True


def _claim(keys: list[str], asker: str, together: bool) -> None:
    """Note whose these runs are before any of them is trained.

    Raises:
        RefusedError: it cannot be noted: a training without an owner would be nobody's.
    """
    try:
        shared().claim(keys, asker, quickly=True, together=together)
    except (OSError, SQLAlchemyError) as error:
        LOG.warning("whose these runs are could not be noted: %s", error)
        # On a computer of one's own what is nobody's is one's own: a read-only disk keeps nobody from training.
        if asker != THIS_COMPUTER or _is_locked(error):
            REFUSED.inc()
            raise RefusedError(UNOWNED) from error


def _is_locked(error: Exception) -> bool:
    """Whether the database is there and somebody else is writing: it helps to try again."""
    return str(getattr(getattr(error, "orig", None), "sqlite_errorname", "")).startswith("SQLITE_BUSY")


def _take_back(joined: list[Training], started: list[Training], asker: str) -> list[Training]:
    """Undo wishes that could not be noted; returns those of the new trainings that others want meanwhile."""
    nobodys = [training for training in joined if training.withdraw(asker) and training in started]
    for training in nobodys:
        training.finish("cancelled", message=UNOWNED)
    return [training for training in started if training not in nobodys]


def _use(mine: list[Training], is_experiment: bool, queue: Queue | None) -> Use:
    """What counts against the limits; while the engine starts, what waits is what this process has queued."""
    trainings, experiments = (0, bool(mine)) if is_experiment else (len(mine), False)
    if queue is None:
        return Use(trainings, experiments, sum(t.state == "queued" for t in UNDER_WAY.values()))
    return Use(trainings, experiments, queue.waiting, queue.workers, queue.seconds)


def watched(key: str, asker: str = "") -> Job | None:
    """A Job for a training that is under way, by its recipe's key; None if there is none.

    It may have been asked for elsewhere: of another web process, or of this one before it was started again.

    Args:
        asker: the learner who looks on, and can withdraw a wish that is theirs.
    """
    with LOCK:
        training = UNDER_WAY.get(key)
    if training is not None and not training.cancelled:
        if asker and asker not in training.wishes and asker in _wanted_by(key):
            training.wish(asker)  # as said to another web process
        return Job(training, asker, wants=False)
    try:
        if shared().folder(key).exists():
            return None
        recipe = shared().ledger.open_request(key)
    except (OSError, ValueError, SQLAlchemyError):  # no key, or nobody who knows
        return None
    return Job(_take_up(recipe), asker, wants=False) if recipe is not None and recipe.key == key else None


def _wanted_by(key: str) -> set[str]:
    """Who has asked for this training at whichever web process; nobody while the ledger does not answer."""
    try:
        return shared().ledger.owners([key])[key]
    except (OSError, SQLAlchemyError) as error:
        LOG.warning("who wants a training cannot be asked: %s", error)
        return set()


def _take_up(recipe: Recipe) -> Training:
    """See a training through that was asked for elsewhere or earlier, by those of whom the ledger knows."""
    found, owners = find(recipe), _wanted_by(recipe.key)
    with LOCK:
        training, is_new = _under_way(found)
        for owner in owners:
            training.wish(owner)
    if is_new:
        threading.Thread(target=see_through, args=(training, 0), daemon=True).start()
    return training


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
            if _take_up(recipe).state == "finished":  # stored after all, by a worker that outlived its server
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
