"""Blow after blow on the whole system while a class trains, and whether the lab keeps what it promises.

    python -m benchmarks.chaos
    python -m benchmarks.chaos --only worker,scheduler,database

PostgreSQL, a scheduler, two workers and two web processes run on loopback as compose.yaml has them. Before every
blow a small class presses Train on the page, by Streamlit's protocol, each recipe on both web processes; the blow
falls while the first of them train. Promised: nothing that was finished is lost, every open training ends with a
name, no session sees an exception, and trainings go on within 15 s. A promise that breaks is printed, and the exit
code is 1. Figures are for this machine, which carries everything at once.
"""

import argparse
import asyncio
import hashlib
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from websockets.exceptions import WebSocketException

from benchmarks.chaos_system import MEMORY, System, running
from benchmarks.classroom import PAGE, epoch_shown, train_button
from benchmarks.load import Seen, Session, session
from dlcore.runs import Recipe
from dlcore.store.store import CorruptRunError, Store

RECIPES = 4  # of one round; two learners press each, on different web processes
PATIENCE = 240.0  # seconds until a training that has not ended counts as lost
BACK = 15.0  # seconds within which the service must be back
AFTERWARDS = 3.0  # seconds that an outage goes on after the end of what ran: the pages are run again in it
ON_ITS_WAY = 2.0  # seconds after a blow in which a screen may still show an epoch from before it
OUT_OF_MEMORY = 30.0  # seconds within which a training that is too large must have failed


@dataclass
class Learner:
    """One of the class: where they sit, what they train, and what their screen has said.

    Attributes:
        link: the page's parameters.
        size: (width, depth) of the network, where it is not the default.
        ended: "" while it goes on; "finished", or "failed: …" with the page's own sentence.
        remarks: what the page added in other words.
        answers, moves: times at which a page was answered, and at which a training had moved on.
    """

    web: str
    recipe: Recipe
    seen: Seen
    link: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    pressed: float = 0.0
    epoch: int | None = None
    ended: str = ""
    remarks: set[str] = field(default_factory=set)
    answers: list[float] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)

    def look(self, deltas: list[Delta]) -> None:
        """Take in what a page says now."""
        self.answers.append(time.monotonic())
        epoch = epoch_shown(deltas)
        alerts = [
            d.new_element.alert
            for d in deltas
            if d.new_element.WhichOneof("type") == "alert" and self.pressed
        ]
        self.remarks |= {alert.body for alert in alerts}
        ended = ""
        if self.pressed and epoch is None and not any(_is_passing(alert.body) for alert in alerts):
            warned = [alert.body for alert in alerts if alert.format == Alert.WARNING]
            ended = f"failed: {warned[0]}" if warned else "finished"
        if (epoch or 0) > (self.epoch or 0) or (ended and not self.ended):
            self.moves.append(time.monotonic())
        self.epoch, self.ended = epoch, ended or self.ended


def _is_passing(sentence: str) -> bool:
    """Whether a page says that it cannot say now what has become of a training."""
    return "not stored here" in sentence or "database" in sentence


async def attend(system: System, learner: Learner, over: asyncio.Event) -> None:
    """Come, press Train, watch; come again when the connection breaks; stay until everybody is done."""
    while not over.is_set():
        try:
            async with session(system.address(learner.web), learner.seen) as here:
                await here.visit("")
                await stay(here, learner, over)
        except (OSError, TimeoutError, EOFError, WebSocketException):
            await asyncio.sleep(0.3)  # as the browser does
        except LookupError:  # the page came without its button; what it showed instead is counted
            await asyncio.sleep(1)


async def stay(here: Session, learner: Learner, over: asyncio.Event) -> None:
    """A session's life on the training page."""
    deltas = await here.deltas(PAGE, urlencode(learner.link))
    learner.look(deltas)
    if not learner.pressed:
        if any(learner.size):
            deltas = await enlarge(here, deltas, learner)
        learner.pressed = time.monotonic()
        deltas = await here.deltas(PAGE, urlencode(learner.link), press=train_button(deltas))
        learner.link["training_run"] = learner.recipe.key
        learner.look(deltas)
    while not over.is_set():
        if here.redraws and not learner.ended:
            fragment, interval = next(iter(here.redraws.items()))
            await asyncio.sleep(interval)
            deltas = await here.redraw(PAGE, fragment)
        else:
            await asyncio.sleep(1)
            deltas = await here.deltas(PAGE, urlencode(learner.link))
        learner.look(deltas)


async def enlarge(here: Session, deltas: list[Delta], learner: Learner) -> list[Delta]:
    """The page after its section “More of the recipe” has been opened and the size set there."""
    section = next(
        d.add_block.expandable.id for d in deltas if d.add_block.expandable.label == "More of the recipe"
    )
    ask = BackMsg()
    ask.rerun_script.page_script_hash = here.scripts[PAGE]
    ask.rerun_script.query_string = urlencode(learner.link)
    ask.rerun_script.widget_states.widgets.add(id=section, bool_value=True)
    deltas = await here.ask(ask, PAGE)
    fields = [d.new_element.number_input for d in deltas]
    for label, value in zip(("Width", "Depth"), learner.size, strict=True):
        name = next(field.id for field in fields if field.label.startswith(label))
        ask.rerun_script.widget_states.widgets.add(id=name, double_value=value)
    await here.ask(ask, PAGE)
    return await here.ask(ask, PAGE)  # the recipe above reads what stood below it the run before


# --- what is struck -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blow:
    """One way to hurt the system, and how it is put right.

    Attributes:
        lasts: seconds until it is put right, at most; an outage ends soon after what ran has ended in it.
        is_restart: what was struck is started again: then the promise counts from the blow, not from the end
            of an outage that lasts as long as we choose.
        needs_disk: it strikes the runs' own disk.
        limit: seconds within which the service must be back.
    """

    text: str
    strike: Callable[[System], object]
    heal: Callable[[System], object]
    lasts: float = 1.0
    is_restart: bool = True
    needs_disk: bool = False
    needs_database: bool = False
    limit: float = BACK


BLOWS = {
    "worker": Blow("kill -9 a worker", lambda s: s.kill("worker-1"), lambda s: s.start("worker-1")),
    "scheduler": Blow("kill -9 the scheduler", lambda s: s.kill("scheduler"), lambda s: s.start("scheduler")),
    "web": Blow("kill -9 a web process", lambda s: s.kill("web-1"), lambda s: s.start("web-1")),
    "database": Blow(
        "database stopped at once, back after 20 s",
        lambda s: s.database.stop(),
        lambda s: s.database.start(),
        20.0,
        is_restart=False,
        needs_database=True,
    ),
    "network": Blow(
        "workers cut off from the scheduler for 25 s",
        lambda s: s.relay.shut(),
        lambda s: s.relay.open(),
        25.0,
        is_restart=False,
    ),
    "full": Blow(
        "disk of the runs full for 25 s",
        lambda s: s.fill_disk(),
        lambda s: s.empty_disk(),
        25.0,
        is_restart=False,
        needs_disk=True,
    ),
    "read-only": Blow(
        "disk of the runs read-only for 25 s",
        lambda s: s.make_disk("ro"),
        lambda s: s.make_disk("rw"),
        25.0,
        is_restart=False,
        needs_disk=True,
    ),
    "everything": Blow(
        "kill -9 scheduler, a worker and a web process together",
        lambda s: [s.kill(name) for name in ("scheduler", "worker-1", "web-1")],
        lambda s: [s.start(name) for name in ("scheduler", "worker-1", "web-1")],
        limit=2 * BACK,  # one restart is promised within BACK; these three share two cores
    ),
}
MEMORY_BLOW = "memory"  # no blow from outside: somebody asks for more than a worker has


# --- what must hold -----------------------------------------------------------------------------------------


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


def seat(system: System, number: int, seed: int, model: str = "cnn") -> Learner:
    """A learner on one of the web processes, with a link to a recipe."""
    recipe = Recipe(dataset="digits", model=model, seed=seed)
    link = {
        "training_data": "Handwritten digits",
        "training_model": model.upper(),
        "training_seed": str(seed),
    }
    return Learner(system.webs[number % len(system.webs)], recipe, Seen(), link)


@contextmanager
def class_in(system: System, learners: list[Learner]) -> Iterator[None]:
    """They are at their pages inside."""
    over = asyncio.Event()
    tasks = [asyncio.create_task(attend(system, learner, over)) for learner in learners]
    try:
        yield
    finally:
        over.set()
        for task in tasks:
            task.cancel()


async def play(system: System, blow: Blow, seed: int, recipes: int = RECIPES) -> Round:
    """One round: a class begins to train, the blow falls, is put right, and everything must come to an end."""
    result = Round(blow.text, limit=blow.limit)
    if blow.needs_disk and system.disk is None:
        return Round(f"{blow.text}: skipped, this user may not mount a disk")
    if blow.needs_database and system.database is None:
        return Round(f"{blow.text}: skipped, PostgreSQL is not installed")
    store = Store(system.runs)
    before = finished(store)
    learners = [seat(system, i, seed + i // len(system.webs)) for i in range(recipes * len(system.webs))]
    with class_in(system, learners):
        if not await until(lambda: len(_trains(learners)) >= min(recipes, len(system.workers)), 60):
            result.broken.append("the class could not begin to train")
        running = _trains(learners)
        result.open = f"{len(running)} running, {recipes - len(running)} waiting"
        before |= finished(store)
        struck = time.monotonic()
        await asyncio.to_thread(blow.strike, system)
        await until(lambda: all(_has_ended(learners, key) for key in running), blow.lasts)
        await asyncio.sleep(0 if blow.is_restart else AFTERWARDS)
        await asyncio.to_thread(blow.heal, system)
        begin = struck if blow.is_restart else time.monotonic()
        result.back = await back(learners, running, begin) - begin
        await all_end(learners, result)
        await fresh(system, seed + 90, result)
    await settle(store, before, learners, result)
    return result


async def play_memory(system: System, seed: int) -> Round:
    """Somebody trains a network that no worker has the memory for; it must fail by name, the others' must not."""
    result = Round(f"a training that needs more memory than a worker has ({MEMORY})", limit=OUT_OF_MEMORY)
    store = Store(system.runs)
    before = finished(store)
    glutton = seat(system, 0, seed + 80)
    glutton.size = (1024, 4)  # a thousand million weights, 4 GB
    others = [seat(system, i + 1, seed + i) for i in range(3)]
    with class_in(system, [glutton]):
        await until(lambda: glutton.pressed > 0, 60)
        with class_in(system, others):
            await until(lambda: bool(glutton.ended), PATIENCE)
            result.back = time.monotonic() - glutton.pressed
            await all_end([glutton, *others], result)
    result.open = f"1 too large, {len(others)} others"
    await settle(store, before, others, result)
    if not glutton.ended.startswith("failed: The training"):
        result.broken.append(f"the training that is too large: {glutton.ended or 'no end'}")
    result.broken += [f"seed {o.recipe.seed} {o.ended}" for o in others if o.ended != "finished"]
    return result


def _has_ended(learners: list[Learner], key: str) -> bool:
    return all(learner.ended for learner in learners if learner.recipe.key == key)


def _trains(learners: list[Learner]) -> set[str]:
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
        if not await until(lambda: all(learner.ended == "finished" for learner in learners), 60):
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


async def keep_alive(system: System) -> None:
    """The container engine: whoever ends is started again."""
    while True:
        await asyncio.sleep(1)
        await asyncio.to_thread(system.restart_the_dead)


async def play_all(system: System, names: list[str]) -> list[Round]:
    engine = asyncio.create_task(keep_alive(system))
    rounds = []
    for number, name in enumerate(names, start=1):
        playing = play_memory(system, 100 * number) if name == MEMORY_BLOW else None
        rounds.append(await (playing or play(system, BLOWS[name], 100 * number)))
        print(row(rounds[-1]), flush=True)
    engine.cancel()
    return rounds


HEAD = (
    "| blow | what was open | back after | lost | open runs ended as | verdict |\n|---|---|---:|---:|---|---|"
)


def row(result: Round) -> str:
    """One line of the table."""
    ended = ", ".join(f"{times} {how}" for how, times in result.ended.items()) or "–"
    late = [f"{result.back:.0f} s; promised are {result.limit:.0f}"] if result.is_late else []
    verdict = "; ".join([*result.broken, *late]) or ("kept" if result.open else "–")
    after = f"{result.back:.1f} s" if result.open else "–"
    return f"| {result.text} | {result.open or '–'} | {after} | {result.lost} | {ended} | {verdict} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join([*BLOWS, MEMORY_BLOW]), help="blows, separated by commas")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through the clean-up, not past it
    with tempfile.TemporaryDirectory(prefix="lab-chaos-") as folder, running(Path(folder)) as system:
        os.environ.update(system.environment)
        print("PostgreSQL" if system.database else "SQLite: PostgreSQL is not installed", end=", ")
        print("runs on a disk of their own." if system.disk else "no disk of its own could be mounted.")
        print(f"\n{HEAD}", flush=True)
        rounds = asyncio.run(play_all(system, asked.only.split(",")))
    kept = not any(result.broken or result.is_late for result in rounds)
    lost, slowest = sum(r.lost for r in rounds), max(rounds, key=lambda r: r.back)
    print(
        f"\n{lost} runs lost in {len(rounds)} blows; back after {slowest.back:.0f} s at the latest ({slowest.text})"
    )
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
