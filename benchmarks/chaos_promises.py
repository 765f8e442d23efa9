"""What must hold after a blow: nothing finished is lost, every open training ends by name, the service is back."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.chaos_blows import BACK
from benchmarks.chaos_class import Learner, class_in, seat
from benchmarks.chaos_system import System
from dlcore.store.store import CorruptRunError, Store

PATIENCE = 240.0  # seconds until a training that has not ended counts as lost
ON_ITS_WAY = 2.0  # seconds after a blow in which a screen may still show an epoch from before it


@dataclass
class Round:
    """What came of one blow.

    Attributes:
        open: what was under way when it fell; "" where it was skipped.
        back: seconds until the service was back; `limit` are promised.
        lost: finished runs that are gone.
        ended: how the open trainings ended, by screen.
        broken: promises, but for that of time.
    """

    text: str
    open: str = ""
    back: float = float("nan")
    lost: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    limit: float = BACK

    @property
    def is_late(self) -> bool:
        return bool(self.open) and not self.back <= self.limit


def finished(store: Store) -> dict[str, str]:
    """Key -> sha256 of run.json, which holds those of the arrays, of every run that has been published."""
    return {
        place.name: hashlib.sha256((place / "run.json").read_bytes()).hexdigest()
        for place in store.root.glob("[0-9a-f]*")
    }


def verify(store: Store, before: dict[str, str], learners: list[Learner], result: Round) -> None:
    """Every promise about what is kept; what is broken is added to the round."""
    after, index = finished(store), store.ledger.keys()
    for key, content in before.items():
        if after.get(key) != content:
            result.lost += 1
            result.broken.append(f"run {key[:6]} is gone or has changed")
    for key in after:
        try:
            readable = store.get(key) is not None
        except CorruptRunError:
            readable = False
        if not readable:
            result.lost += 1
            result.broken.append(f"run {key[:6]} cannot be read")
        elif key not in index:
            result.broken.append(f"run {key[:6]} is not in the index")
    for recipe in {learner.recipe for learner in learners if learner.ended == "finished"}:
        if recipe.key not in after:
            result.lost += 1
            result.broken.append(f"seed {recipe.seed} was shown as finished, and is not stored")
    asked = {learner.recipe.key for learner in learners}
    if left := [recipe for recipe in store.ledger.open_requests() if recipe.key in asked]:
        result.broken.append(f"{len(left)} requests are still open")


async def until(question: Callable[[], bool], seconds: float) -> bool:
    """Whether it came to pass in time."""
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.1)
    return True


def has_ended(learners: list[Learner], key: str) -> bool:
    """Whether every screen with this training has shown its end."""
    return all(learner.ended for learner in learners if learner.recipe.key == key)


def trains(learners: list[Learner]) -> set[str]:
    """Keys of the trainings that are under way: in their second epoch or later on some screen, not ended."""
    return {learner.recipe.key for learner in learners if (learner.epoch or 0) >= 2 and not learner.ended}


async def back(learners: list[Learner], running: set[str], begin: float) -> float:
    """When everybody's page had been answered since, and every training that ran had moved on or ended."""

    def first(times: list[float], after: float = 0.0) -> float:
        return next((t for t in times if t > begin + after), float("inf"))

    def moved(key: str) -> float:
        mine = [learner for learner in learners if learner.recipe.key == key]
        ended = [learner.moves[-1] for learner in mine if learner.ended]
        return min([*(first(learner.moves, ON_ITS_WAY) for learner in mine), *(max(begin, t) for t in ended)])

    def when() -> float:
        return max([first(learner.answers) for learner in learners] + [moved(key) for key in running])

    await until(lambda: when() < float("inf"), PATIENCE)
    return when()


async def all_end(learners: list[Learner], result: Round) -> None:
    """Wait for every training's end; one that does not come is a broken promise."""
    await until(lambda: all(learner.ended for learner in learners), PATIENCE)
    for learner in learners:
        result.ended[learner.ended or "never"] += 1
        if not learner.ended:
            result.broken.append(
                f"{learner.web}, seed {learner.recipe.seed}: no end; its page says {sorted(learner.remarks)}"
            )
        for error, times in learner.seen.errors.items():
            result.broken.append(f"{learner.web} showed {error} ({times} times)")


async def fresh(system: System, seed: int, result: Round) -> None:
    """Afterwards a training that nobody has asked for before begins and finishes, on every web process."""
    learners = [seat(system, i, seed + i, "mlp") for i in range(len(system.webs))]
    with class_in(system, learners):
        if not await until(lambda: all(learner.ended == "finished" for learner in learners), PATIENCE):
            result.broken.append(f"a fresh training: {[learner.ended or 'no end' for learner in learners]}")


async def settle(store: Store, before: dict[str, str], learners: list[Learner], result: Round) -> None:
    """What was put off while a disk or the database was away is made up for within a minute."""
    end = time.monotonic() + 60
    while True:
        trial = Round("")
        await asyncio.to_thread(verify, store, before, learners, trial)
        if not trial.broken or time.monotonic() > end:
            break
        await asyncio.sleep(1)
    result.lost += trial.lost
    result.broken += trial.broken
    store.ledger.engine.dispose()
