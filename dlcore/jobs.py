"""submit(recipe) -> Job: training outside the web process, on the embedded engine or on a cluster by address.

Equal recipes train once: a stored run answers at once, a running one is shared by all who asked for it. What a
worker does stands in worker.py, the connection to the engine in cluster.py.
"""

import atexit
import contextlib
import logging
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dlcore.admission import Limits, RefusedError, Use, admit
from dlcore.cluster import Engine, JobError, Queue, attempt_to_join, clients_of, exceeded_memory, losses
from dlcore.runs import Epoch, Recipe, Run
from dlcore.store import CorruptRunError, shared
from dlcore.trainings import LOCK, UNDER_WAY, Training
from dlcore.watching import REFUSED, WAITING, WORKERS
from dlcore.worker import publish, train

__all__ = [
    "Job",
    "JobError",
    "RefusedError",
    "queue",
    "resume",
    "shut_down",
    "submit",
    "submit_experiment",
    "warm",
    "watched",
]

LOG = logging.getLogger(__name__)
ATTEMPTS = 3  # times a recipe is handed to the engine before we give up on it
ENGINE_AWAY = 120.0  # seconds that a training waits for an engine to come back
BEGUN = 1000  # how much more urgent a training is that had begun already
MAKE_UP = 5.0  # seconds between tries to store what could not be stored
CANCELLED = "This training was cancelled."


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
        queue = _engine.queue()
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
            _stop(self._training)


_engine = Engine()


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
    found = [_find(recipe) for recipe in recipes]  # on the disk, which takes a moment: outside the lock
    waiting = _engine.queue() if asker else None
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
        threading.Thread(target=_see_through, args=(training, urgency), daemon=True).start()
    return jobs


def _use(mine: list[Training], is_experiment: bool, queue: Queue | None) -> Use:
    """What counts against the limits; while the engine starts, what waits is what this process has queued."""
    trainings, experiments = (0, bool(mine)) if is_experiment else (len(mine), False)
    if queue is None:
        return Use(trainings, experiments, sum(t.state == "queued" for t in UNDER_WAY.values()))
    return Use(trainings, experiments, queue.waiting, queue.workers, queue.seconds)


def _find(recipe: Recipe) -> Training:
    """A training that is done if the recipe's run is stored, and has not begun otherwise."""
    training = Training(recipe)
    try:
        stored = shared().get(recipe.key)
    except CorruptRunError as error:
        stored, training.message = None, f"{error} It is being trained again."
    if stored is not None:
        training.epochs, training.run, training.state = stored.epochs, stored, "finished"
        training.done.set()
    return training


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
    return _engine.queue() or Queue()


WAITING.set_function(lambda: queue().waiting)
WORKERS.set_function(lambda: queue().workers)


def resume() -> int:
    """Ask again for every recipe that was requested and neither finished nor cancelled; returns how many.

    For the start of a server: what was under way when the last one stopped goes on.
    """
    store = shared()
    store.rebuild_index(store.ledger.keys())  # what was stored while the database was away
    recipes = store.ledger.open_requests()
    for recipe in recipes:
        if submit(recipe).state == "finished":  # stored after all, by a worker that outlived its server
            _forget(recipe.key)
    return len(recipes)


def warm() -> None:
    """Start the engine now, so that the first training does not wait for it."""
    _engine.client()


def shut_down() -> None:
    """End the embedded engine and everything it runs. Requests stay in the ledger."""
    _engine.shut_down()


atexit.register(shut_down)


def _remember(recipe: Recipe) -> None:
    try:
        shared().ledger.request(recipe)
    except (OSError, SQLAlchemyError) as error:  # a read-only disk must not keep anybody from training
        LOG.warning("the request could not be noted: %s", error)


def _see_through(training: Training, priority: int) -> None:
    """A training's life on the engine, on a thread of its own: whatever happens there, it ends with a name.

    A daemon thread, not future.add_done_callback: its executor complains when the server stops meanwhile.
    """
    _remember(training.recipe)
    try:
        while not training.done.is_set():
            # What had begun on an engine that was lost comes before what had only waited there.
            _attempt(training, priority + (BEGUN if training.attempt else 0))
        _make_up(training)
    except JobError as error:
        _fail(training, str(error))
    except Exception as error:  # a thread that dies in silence would leave a page waiting for ever
        _fail(training, _sentence(error))


def _attempt(training: Training, priority: int) -> None:
    """One engine's answer to a training: its end; or none, if the engine was lost with the training in it.

    Raises:
        JobError: the engine cannot be reached, or was lost too often.
    """
    client, topic = _reach_engine(training), ""
    if training.cancelled:  # while the engine was starting
        training.finish("cancelled", message=CANCELLED)
        return
    try:
        number = _engine.ask(attempt_to_join, training.recipe.key)
        training.task = f"train-{training.recipe.key}-{number}"
        topic = f"progress-{training.task}"
        client.subscribe_topic(topic, training.hear)
        training.future = client.submit(
            train, training.recipe, training.task, key=training.task, pure=False, priority=priority
        )
        for event in client.get_events(topic) or ():  # somebody else's process may have started it before us
            training.hear(event)
        _settle(training, training.future)
    except losses() as error:
        LOG.warning("the engine was lost: %r", error)
        _lost(training)
    finally:
        # The scheduler may be gone, and the subscription with it. A result that somebody still holds would be
        # computed again whenever the worker that has it dies.
        future, training.future = training.future, None
        with contextlib.suppress(ValueError, *losses()):
            client.unsubscribe_topic(topic)
            if future is not None:
                future.release()


def _reach_engine(training: Training) -> Any:
    """A live client. Who has had an engine and lost it waits longer for the next: somebody is restarting it.

    Raises:
        JobError: there was none in time.
    """
    training.attempts += 1
    end = time.monotonic() + (ENGINE_AWAY if training.attempts > 1 else 0)
    while True:
        try:
            return _engine.client()
        except JobError:
            if training.cancelled or time.monotonic() > end:
                raise
            time.sleep(1)


def _settle(training: Training, future: Any) -> None:
    """Waits until the future comes to rest, and says how the training ended; see _lost for the last way."""
    from distributed import CancelledError, KilledWorker

    with contextlib.suppress(CancelledError):
        future.exception()  # waits, and fetches no result
    if future.status == "finished":
        run = future.result()
        if run.status == "cancelled":
            training.finish("cancelled", run, CANCELLED)
        else:
            _keep(training, run)
    elif future.status == "error":
        error = future.exception()
        if isinstance(error, KilledWorker) and not _was_too_large(error):
            _lost(training)
        else:
            _fail(training, _sentence(error))
    elif training.cancelled:
        training.finish("cancelled", message=CANCELLED)
    elif _engine.is_shut_down:  # the request stays in the ledger: the next start takes it up
        training.finish("failed", message="The server stopped; this training goes on when it is back.")
    else:
        _lost(training)


def _keep(training: Training, run: Run) -> None:
    """A finished run is there for everybody at once, also where its disk or database did not take it."""
    problem = publish(run)
    training.is_owed = bool(problem)
    training.finish("finished", run, problem)


def _make_up(training: Training) -> None:
    """Store a finished run that could not be stored, as soon as that is possible."""
    while training.is_owed and training.run is not None and not _engine.is_shut_down:
        time.sleep(MAKE_UP)
        training.message = publish(training.run)
        training.is_owed = bool(training.message)


def _lost(training: Training) -> None:
    """The engine or its workers were lost with the training: it is stored all the same, or begins again.

    Raises:
        JobError: that has happened too often.
    """
    found = _find(training.recipe)
    if found.run is not None:  # the worker had published it
        _keep(training, found.run)
    elif training.cancelled:
        training.finish("cancelled", message=CANCELLED)
    elif training.attempts >= ATTEMPTS:
        raise JobError("The training engine was lost several times during this training; try again later.")
    else:
        training.state = "queued"


def _was_too_large(error: Any) -> bool:
    """Whether the worker that died last was ended for its use of memory; otherwise it was lost by accident."""
    for _ in range(10):
        if _engine.ask(exceeded_memory, error.last_worker.address):
            return True
        time.sleep(0.2)  # the scheduler may see a worker go before it hears why
    return False


def _fail(training: Training, sentence: str) -> None:
    training.finish("failed", message=sentence)
    _forget(training.recipe.key)


def _stop(training: Training) -> None:
    """Nobody here wants this training any more: stop it unless another web process waits for it."""
    training.cancelled = True
    client, future = _engine.client_if_ready(), training.future
    if client is None or future is None:  # not handed over yet, or lost with its scheduler
        _forget(training.recipe.key)
        training.finish("cancelled", message=CANCELLED)
        return
    try:
        if _engine.ask(clients_of, training.task) > 1:
            future.release()
            training.finish("cancelled", message=CANCELLED)
            return
        _forget(training.recipe.key)
        if training.state == "queued":
            future.cancel()
        else:
            from distributed import Event

            Event(f"cancel-{training.task}", client=client).set()
            return  # the worker ends the run at its next look, and _settle hears of it
    except OSError as error:
        LOG.warning("cancelling: %s", error)
    training.finish("cancelled", message=CANCELLED)


def _forget(key: str) -> None:
    try:
        shared().ledger.close_request(key)
    except (OSError, SQLAlchemyError) as error:
        LOG.warning("the request could not be closed: %s", error)


def _sentence(error: BaseException | None) -> str:
    """What a learner should know about a failure."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return "The training process died twice; the recipe probably needs more memory than a worker has."
    if isinstance(error, MemoryError):
        return "The training ran out of memory. A smaller model or batch needs less."
    if isinstance(error, ValueError):  # BadInput and the checks of a recipe speak to the learner
        return str(error)
    LOG.error("training failed: %r", error)
    return f"The training failed unexpectedly ({type(error).__name__}). The details are in the server's log."
