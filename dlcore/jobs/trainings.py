"""The trainings under way in this process, shared by every session on purpose: where equal recipes meet."""

import threading
from typing import Any

from dlcore.jobs.watching import ENDED, TRAINING_SECONDS
from dlcore.runs import Epoch, Recipe, Run


class Training:
    """One training, shared by all Jobs that asked for its recipe in this process."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.lock = threading.RLock()  # a Job may be forgotten, and leave, in the middle of anything
        self.state = "queued"
        self.epochs: tuple[Epoch, ...] = ()
        self.message = ""
        self.run: Run | None = None
        self.done = threading.Event()
        self.wishes: dict[str, set[bool]] = {}  # who wants it -> whether as part of an experiment, or both
        self.cancelled = ""  # or the sentence that says by whose wish
        self.attempts = 0  # times this process has handed it to an engine
        self.task = ""  # what the engine knows it by, shared with other web processes
        self.attempt = ""  # the worker's own mark; a new one means that training began again
        self.future: Any = None
        self.is_owed = False  # finished, but its disk or the database has not taken it yet

    @property
    def seconds_left(self) -> float | None:
        """Expected seconds until the last epoch, from the mean of those done; None before the first."""
        done = self.epochs
        if not done:
            return None
        assert self.recipe.epochs is not None
        return sum(e.seconds for e in done) / len(done) * (self.recipe.epochs - len(done))

    def wish(self, who: str, is_experiment: bool = False) -> None:
        """Somebody wants this training: a learner by name, or a Job of a script."""
        with self.lock:
            self.wishes.setdefault(who, set()).add(is_experiment)

    def withdraw(self, who: str) -> bool:
        """Somebody wants it no more; whether nobody is left who has said so in this process."""
        with self.lock:
            self.wishes.pop(who, None)
            return not self.wishes

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
        """How it ended; the first to say so is right."""
        with self.lock:
            if self.done.is_set():
                return
            self.state, self.run = state, run
            self.message = message or self.message
            if run is not None:
                self.epochs = run.epochs
            self.done.set()
        ENDED.labels(run.status if run is not None else state).inc()
        if run is not None:
            TRAINING_SECONDS.observe(run.seconds)
        with LOCK:
            if UNDER_WAY.get(self.recipe.key) is self:
                del UNDER_WAY[self.recipe.key]


UNDER_WAY: dict[str, Training] = {}  # recipe's key -> its training, from the first wish until it has ended
LOCK = threading.Lock()  # held by whoever reads or changes UNDER_WAY
