"""The web process's connection to the engine: a cluster by address, or an embedded one started when needed."""

import contextlib
import heapq
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcore.settings import setting

LOG = logging.getLogger(__name__)
JOINING = 60.0  # seconds that the first workers of an engine have before their absence is trouble
ANSWER = 5.0  # seconds that a scheduler has for a question; a page's script waits for it


class JobError(Exception):
    """The job has no result; the message is a sentence for the learner."""


@dataclass(frozen=True)
class Queue:
    """The trainings that have not ended, in the order they will run, and what that means for a newcomer.

    Attributes:
        tasks: their keys; the first `workers` of them run now.
        workers: trainings that run at once.
        seconds: how long one takes, as the scheduler has seen it.
    """

    tasks: tuple[str, ...] = ()
    workers: int = 0
    seconds: float = 15.0

    @property
    def waiting(self) -> int:
        return max(0, len(self.tasks) - self.workers)

    def place(self, task: str) -> int:
        """1 for the next to start; 1 as well for a task that is not known here yet."""
        return max(1, self.tasks.index(task) - self.workers + 1) if task in self.tasks else 1

    def wait(self, place: int, rests: Mapping[str, float]) -> float:
        """Seconds, roughly, until the training at this place starts: every free worker takes the next.

        Args:
            rests: by task, the seconds still to go of trainings that have shown how fast they are.
        """
        if not self.workers:
            return float("inf")
        free = [max(1.0, rests.get(task, self.seconds)) for task in self.tasks[: self.workers]]
        free += [0.0] * (self.workers - len(free))
        heapq.heapify(free)
        for _ in range(place - 1):
            heapq.heappush(free, heapq.heappop(free) + self.seconds)
        return free[0]


class Engine:
    """The connection to the cluster at DASK_SCHEDULER_ADDRESS, or to an embedded one, started when needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Any = None
        self._process: subprocess.Popen[str] | None = None
        self.is_shut_down = False
        self._trouble = ""
        self._connected = 0.0  # time.monotonic() of it

    def trouble(self, workers: int) -> str:
        """What is wrong with the engine, in a sentence; "" if nothing is, or it is only being started.

        Args:
            workers: that have joined it.
        """
        if self._trouble or self.client_if_ready() is None:
            return self._trouble
        is_new = time.monotonic() - self._connected < JOINING
        return (
            "" if workers or is_new else "No worker has joined the training engine: what is asked for waits."
        )

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
                address = setting("DASK_SCHEDULER_ADDRESS") or self._start_embedded()
                self._client = Client(address, set_as_default=False, timeout=20, name="lab")
                self._trouble, self._connected = "", time.monotonic()
            except (OSError, ValueError, TypeError) as error:  # TypeError: tls:// without a certificate
                LOG.error("no training engine: %s", error)
                self._trouble = f"The training engine cannot be reached ({type(error).__name__})."
                raise JobError(
                    "The training engine cannot be reached. Nothing was lost; try again in a moment."
                ) from error
            return self._client

    def ask(self, question: Callable[..., Any], *about: Any) -> Any:
        """What a function finds out in the scheduler's process; one that is being started is not waited for.

        Raises:
            OSError: there is no engine, or it does not answer.
        """
        client = self.client_if_ready()
        if client is None:
            raise ConnectionError("there is no training engine")
        try:
            return client.run_on_scheduler(question, *about, callback_timeout=ANSWER)
        except OSError:
            raise
        # dask has a dozen for a connection that ends meanwhile, some of them internal
        except Exception as error:
            raise ConnectionError(f"the scheduler did not answer: {error!r}") from error

    def queue(self) -> Queue | None:
        """What waits on the engine now; None while there is none, or it does not answer."""
        try:
            tasks, workers, seconds = self.ask(queue)
        except OSError:
            return None
        return Queue(tuple(tasks), workers, seconds)

    def _is_alive(self) -> bool:
        process_is_gone = self._process is not None and self._process.poll() is not None
        return not process_is_gone and self._client.status == "running"

    def _start_embedded(self) -> str:
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dlcore.jobs.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self._process.stdout is not None
        return str(json.loads(self._process.stdout.readline())["address"])

    def _close(self) -> None:
        if self._client is not None:
            # Its scheduler may be gone, or not answer in time.
            with contextlib.suppress(OSError, RuntimeError):
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
        if self._client is None and self._process is not None:
            self._process.kill()  # it is only being started, and nobody waits for it any more
        with self._lock:
            self.is_shut_down = True
            self._close()


def losses() -> tuple[type[BaseException], ...]:
    """What a call to the engine ends in when its scheduler is gone, or going."""
    from distributed import CancelledError
    from distributed.client import ClosedClientError

    return (OSError, CancelledError, ClosedClientError)


# --- asked of the scheduler, run in its process


def queue(dask_scheduler: Any) -> tuple[list[str], int, float]:
    """The facts of a Queue, as plain values: the scheduler may run another version of this code."""
    unfinished = [
        ts
        for ts in dask_scheduler.tasks.values()
        if str(ts.key).startswith("train-") and ts.state in ("processing", "queued", "no-worker", "waiting")
    ]
    prefix = dask_scheduler.task_prefixes.get("train")
    seconds = prefix.duration_average if prefix is not None else -1.0
    # What runs comes first, also when something more urgent has come since.
    in_order = sorted(unfinished, key=lambda ts: (ts.state != "processing", ts.priority))
    keys = [str(ts.key) for ts in in_order]
    return keys, dask_scheduler.total_nthreads, seconds if seconds > 0 else 15.0


def clients_of(task: str, dask_scheduler: Any) -> int:
    """How many web processes wait for this task."""
    state = dask_scheduler.tasks.get(task)
    return len(state.who_wants) if state is not None else 0


def attempt_to_join(recipe_key: str, dask_scheduler: Any) -> int:
    """The number of the attempt at a recipe that can be shared; a new number if there is none.

    An errored task stays errored, and a cancelled one is told so by a flag that stays as well.
    """
    prefix = f"train-{recipe_key}-"
    known = [
        int(str(key).removeprefix(prefix)) for key in dask_scheduler.tasks if str(key).startswith(prefix)
    ]
    flags = dask_scheduler.extensions["events"]
    last = max(known, default=1)
    spent = last in known and dask_scheduler.tasks[f"{prefix}{last}"].state == "erred"
    while spent or flags.event_is_set(f"cancel-{prefix}{last}"):
        last, spent = last + 1, False
    return last


def is_flagged(name: str, dask_scheduler: Any) -> bool:
    """Whether the event of this name has been set."""
    return bool(dask_scheduler.extensions["events"].event_is_set(name))


def exceeded_memory(worker: str, dask_scheduler: Any) -> bool:
    """Whether the worker at this address was ended because it took more memory than it may."""
    events = dask_scheduler.get_events("worker-restart-memory")
    return any(facts["worker"] == worker for _when, facts in events)
