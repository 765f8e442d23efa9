"""submit(recipe) -> Job: training outside the web process, on the embedded engine or on a cluster by address.

Equal recipes train once: a stored run answers at once, a running one is shared by all who asked for it. The
training code is imported inside the worker's task only: a page submits without loading torch.
"""

import atexit
import contextlib
import dataclasses
import functools
import json
import logging
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from dlcore.runs import Epoch, Recipe, Run
from dlcore.store import CorruptRunError, shared

if TYPE_CHECKING:
    from dlcore.data import ImageSet

LOG = logging.getLogger(__name__)
ATTEMPTS = 3  # times a recipe is handed to the engine before we give up on it
CANCEL_POLL = 0.3  # seconds between a worker's looks at the cancel flag


class JobError(Exception):
    """The job has no result; the message is a sentence for the learner."""


# --- in the worker -----------------------------------------------------------------------------------------


def _train(recipe: Recipe, task: str) -> Run:
    """Runs in a worker: train, tell every epoch, publish. Publishing is idempotent: twice does no harm."""
    from distributed import Event, get_worker

    from dlcore.training import fit

    worker = get_worker()
    attempt = uuid.uuid4().hex

    def tell(kind: str, **facts: Any) -> None:
        worker.log_event(f"progress-{task}", {"kind": kind, "attempt": attempt, **facts})

    imageset = _images(recipe.dataset)
    tell("started")
    flag = Event(f"cancel-{task}")
    run = fit(
        recipe,
        imageset,
        on_epoch=lambda epoch: tell("epoch", epoch=dataclasses.asdict(epoch)),
        stop=_every(CANCEL_POLL, flag.is_set),
    )
    if run.status != "cancelled":
        _publish(run)
    return run


@functools.lru_cache(maxsize=2)
def _images(dataset: str) -> "ImageSet":
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


def _publish(run: Run) -> str:
    """Store a run; returns a sentence if that was impossible (the run itself is still handed on)."""
    try:
        shared().publish(run)
    except (OSError, SQLAlchemyError) as error:
        LOG.error("run %s could not be stored: %s", run.key, error)
        return "The run could not be stored (disk full or read-only?): it is lost when the server stops."
    return ""


# --- in the scheduler --------------------------------------------------------------------------------------


def _unfinished(dask_scheduler: Any) -> tuple[list[str], int]:
    """Keys of all unfinished trainings in the order they will run, and the number of worker threads."""
    waiting = [
        ts
        for ts in dask_scheduler.tasks.values()
        if str(ts.key).startswith("train-") and ts.state in ("processing", "queued", "no-worker", "waiting")
    ]
    return [str(ts.key) for ts in sorted(waiting, key=lambda ts: ts.priority)], dask_scheduler.total_nthreads


def _clients_of(task: str, dask_scheduler: Any) -> int:
    """How many web processes wait for this task."""
    state = dask_scheduler.tasks.get(task)
    return len(state.who_wants) if state is not None else 0


# --- in the web process ------------------------------------------------------------------------------------


class _Engine:
    """The connection to the cluster at DASK_SCHEDULER_ADDRESS, or to an embedded one, started when needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Any = None
        self._process: subprocess.Popen[str] | None = None
        self.is_shut_down = False

    def client_if_ready(self) -> Any | None:
        """The client if it is connected now; never waits for one that is being started."""
        client = self._client
        return client if client is not None and client.status == "running" else None

    def client(self) -> Any:
        """A live client; starts the engine if need be, which takes seconds.

        Raises:
            JobError: the cluster cannot be reached or started.
        """
        from distributed import Client

        with self._lock:
            if self._client is not None and self._is_alive():
                return self._client
            self._close()
            self.is_shut_down = False
            try:
                address = os.environ.get("DASK_SCHEDULER_ADDRESS") or self._start_embedded()
                self._client = Client(address, set_as_default=False, timeout=20, name="lab")
            except (OSError, ValueError) as error:  # TimeoutError is an OSError
                LOG.error("no training engine: %s", error)
                raise JobError(
                    "The training engine cannot be reached. Nothing was lost; try again in a moment."
                ) from error
            return self._client

    def _is_alive(self) -> bool:
        process_is_gone = self._process is not None and self._process.poll() is not None
        return not process_is_gone and self._client.status == "running"

    def _start_embedded(self) -> str:
        root = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dlcore.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self._process.stdout is not None
        return str(json.loads(self._process.stdout.readline())["address"])

    def _close(self) -> None:
        if self._client is not None:
            self._client.close(timeout=2)
            self._client = None
        if self._process is not None:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.close()  # the engine ends when its input ends
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()
            self._process = None

    def shut_down(self) -> None:
        with self._lock:
            self.is_shut_down = True
            self._close()


class _Training:
    """One training, shared by all Jobs that asked for its recipe in this process."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.lock = threading.Lock()
        self.state = "queued"
        self.epochs: tuple[Epoch, ...] = ()
        self.message = ""
        self.run: Run | None = None
        self.done = threading.Event()
        self.watchers = 0
        self.cancelled = False
        self.attempts = 0
        self.attempt = ""  # the worker's own mark; a new one means that training began again
        self.future: Any = None

    @property
    def task(self) -> str:
        return f"train-{self.recipe.key}-{self.attempts}"

    def hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take in one progress event from the worker, in any order and any number of times."""
        facts = event[1]
        with self.lock:
            if self.done.is_set():
                return
            if facts["kind"] == "started" and facts["attempt"] != self.attempt:
                self.attempt, self.epochs, self.state = facts["attempt"], (), "running"
            elif facts["kind"] == "epoch" and facts["attempt"] == self.attempt:
                epoch = Epoch(**facts["epoch"])
                if epoch.number == len(self.epochs) + 1:
                    self.epochs += (epoch,)

    def finish(self, state: str, run: Run | None = None, message: str = "") -> None:
        with self.lock:
            self.state, self.run = state, run
            self.message = message or self.message
            if run is not None:
                self.epochs = run.epochs
            self.done.set()
        with _table_lock:
            if _table.get(self.recipe.key) is self:
                del _table[self.recipe.key]


class Job:
    """One asker's handle on a training. Ask it as often as you like; nothing here waits except result()."""

    def __init__(self, training: _Training) -> None:
        self._training = training
        self._left = False
        training.watchers += 1

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
        if self.is_over:
            return None
        if self.state == "running":
            return 0
        client = _engine.client_if_ready()
        if client is None:
            return None
        try:
            keys, threads = client.run_on_scheduler(_unfinished)
        except OSError:
            return None
        task = self._training.task
        return max(1, keys.index(task) - threads + 1) if task in keys else 1

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
        done = self.epochs
        if self.is_over or not done:
            return None
        assert self.recipe.epochs is not None
        return sum(e.seconds for e in done) / len(done) * (self.recipe.epochs - len(done))

    def result(self, timeout: float | None = None) -> Run:
        """The run, waiting up to `timeout` seconds for it (None: for ever). Not for use in a page's script.

        Raises:
            TimeoutError: it is not there yet.
            JobError: there is none: the job failed or was cancelled.
        """
        if not self._left and not self._training.done.wait(timeout):
            raise TimeoutError(f"The run has not finished within {timeout:g} seconds.")
        if self._left or self._training.run is None or self.state == "cancelled":
            raise JobError(self.message or "This training was cancelled.")
        return self._training.run

    def cancel(self) -> None:
        """Leave this training; it stops, within an epoch at most, once the last who asked for it has left."""
        if self._left or self.is_over:
            return
        self._left = True
        with self._training.lock:
            self._training.watchers -= 1
            last = self._training.watchers <= 0
        if last:
            _stop(self._training)


_engine = _Engine()
# Shared by every session of this process on purpose: this is where equal recipes meet.
_table: dict[str, _Training] = {}
_table_lock = threading.Lock()


def submit(recipe: Recipe, priority: int = 0) -> Job:
    """A Job for this recipe: finished at once if it is stored, shared if it is under way, queued otherwise.

    Returns at once, also while the engine is still being started; if that fails, the job's state says so.

    Args:
        priority: higher runs first; pages lower it for who has many runs open.
    """
    with _table_lock:
        known = _table.get(recipe.key)
        if known is not None and not known.cancelled:
            return Job(known)
        training = _Training(recipe)
        try:
            stored = shared().get(recipe.key)
        except CorruptRunError as error:
            stored, training.message = None, f"{error} It is being trained again."
        if stored is not None:
            training.epochs, training.run, training.state = stored.epochs, stored, "finished"
            training.done.set()
            return Job(training)
        _table[recipe.key] = training
        job = Job(training)
    threading.Thread(target=_begin, args=(training, priority), daemon=True).start()
    return job


def _begin(training: _Training, priority: int) -> None:
    """What takes time before a training can wait in the queue."""
    _remember(training.recipe)
    try:
        _hand_over(training, priority)
    except JobError as error:
        training.finish("failed", message=str(error))


def watched(key: str) -> Job | None:
    """A Job for a training under way in this process, by its recipe's key; None if there is none."""
    with _table_lock:
        training = _table.get(key)
        return Job(training) if training is not None and not training.cancelled else None


def resume() -> int:
    """Ask again for every recipe that was requested and neither finished nor cancelled; returns how many.

    For the start of a server: what was under way when the last one stopped goes on.
    """
    recipes = shared().ledger.open_requests()
    for recipe in recipes:
        submit(recipe)
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


def _hand_over(training: _Training, priority: int) -> None:
    """Give a training to the engine; the next attempt has a key of its own: an errored key stays errored."""
    client = _engine.client()
    if training.cancelled:  # while the engine was starting
        return
    training.attempts += 1
    topic = f"progress-{training.task}"
    client.subscribe_topic(topic, training.hear)
    training.future = client.submit(
        _train, training.recipe, training.task, key=training.task, pure=False, priority=priority
    )
    for event in client.get_events(topic) or ():  # somebody else's process may have started it before us
        training.hear(event)
    # A daemon thread, not future.add_done_callback: its executor complains when the server stops meanwhile.
    threading.Thread(target=_settle, args=(training, training.future, topic, priority), daemon=True).start()


def _settle(training: _Training, future: Any, topic: str, priority: int) -> None:
    """Waits until the future comes to rest: finished, failed, cancelled, or lost with its scheduler."""
    from distributed import CancelledError
    from distributed.client import ClosedClientError

    with contextlib.suppress(CancelledError):
        future.exception()  # waits, and fetches no result
    if future.status == "finished":
        run = future.result()
        if run.status == "cancelled":
            training.finish("cancelled", run, "This training was cancelled.")
        else:
            training.finish("finished", run, _publish(run))
    elif future.status == "error":
        training.finish("failed", message=_sentence(future.exception()))
        _forget(training.recipe.key)
    elif training.cancelled:
        training.finish("cancelled", message="This training was cancelled.")
    elif _engine.is_shut_down:  # the request stays in the ledger: the next start takes it up
        training.finish("failed", message="The server stopped; this training goes on when it is back.")
    else:
        _try_again(training, priority)
        return
    # The scheduler may be gone, and the subscription with it.
    with contextlib.suppress(ValueError, OSError, ClosedClientError):
        future.client.unsubscribe_topic(topic)


def _try_again(training: _Training, priority: int) -> None:
    """The scheduler was lost with the training in it: hand it over to the next one."""
    if training.attempts >= ATTEMPTS:
        training.finish("failed", message="The training engine was lost several times; try again later.")
        return
    training.state = "queued"
    try:
        _hand_over(training, priority)
    except JobError as error:
        training.finish("failed", message=str(error))


def _stop(training: _Training) -> None:
    """Nobody here wants this training any more: stop it unless another web process waits for it."""
    training.cancelled = True
    _forget(training.recipe.key)
    client = _engine.client_if_ready()
    if client is None or training.future is None:  # not handed over yet, or lost with its scheduler
        training.finish("cancelled", message="This training was cancelled.")
        return
    try:
        if client.run_on_scheduler(_clients_of, training.task) > 1:
            training.future.release()
        elif training.state == "queued":
            training.future.cancel()
        else:
            from distributed import Event

            Event(f"cancel-{training.task}", client=client).set()
            return  # the worker ends the run at its next look, and _settle hears of it
    except OSError as error:
        LOG.warning("cancelling: %s", error)
    training.finish("cancelled", message="This training was cancelled.")


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
