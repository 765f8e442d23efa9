"""A class presses Train: many sessions on several web processes, few recipes, one engine.

    python -m benchmarks.classroom
    python -m benchmarks.classroom --learners 30 --recipes 2 --replicas 1 --data cells --promise 1

Every learner opens the training dashboard by a link to one of the recipes, presses Train as a browser would, and
then follows the training on screen, in the rhythm in which the page asks to be redrawn. Counted are: how often each
recipe was really trained (the workers tell), seconds from an epoch's end to its line on screen, and what went wrong.
Ends with one line that sums up, and with 1 if a promise was not kept.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from re import search
from urllib.parse import urlencode

import numpy as np
from streamlit.proto.Delta_pb2 import Delta

from benchmarks.load import Seen, Session, engine, server, session, warmed_up
from dlcore.runs import Recipe

PAGE = "training-dashboard"
COMING = 30.0  # seconds within which the class has come
DATA = {"digits": "Handwritten digits", "cells": "Blood cells (generated)"}  # as the page's address has them
PRESSING = 10.0  # seconds after that, within which everybody presses


@dataclass
class Classroom:
    """What the class saw.

    Attributes:
        seen: reruns and errors, as in any load.
        pressed: seconds until the page had answered a press on Train.
        shown: (recipe, epoch, when it was on screen, since when this session had been watching).
        ended: what the sessions' pages said at the end.
    """

    seen: Seen = field(default_factory=Seen)
    pressed: list[float] = field(default_factory=list)
    shown: list[tuple[int, int, float, float]] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)


def recipe_of(number: int, data: str) -> Recipe:
    """One of the class's recipes: the page's own but for the images and the seed."""
    return Recipe(dataset=data, model="cnn", seed=number)


def query(number: int, data: str) -> str:
    """The link to that recipe."""
    state = {"training_data": DATA[data], "training_model": "CNN", "training_seed": f"{number}.0"}
    return urlencode(state)


def train_button(deltas: list[Delta]) -> str:
    """The identity of the page's Train button."""
    for delta in deltas:
        button = delta.new_element.button
        if button.id.endswith("-training_start"):
            return str(button.id)
    raise LookupError("The page has no Train button.")


def epoch_shown(deltas: list[Delta], before: int | None = None) -> int | None:
    """The epoch that the page's progress bar names; 0 while it waits, None without a bar.

    Args:
        before: what it named until now, where only a part of the page without the bar, the curves, may have been
            redrawn.
    """
    for delta in deltas:
        if delta.new_element.WhichOneof("type") == "progress":
            found = search(r"epoch (\d+) of", delta.new_element.progress.text)
            return int(found[1]) if found else 0
    return None if any(not delta.fragment_id for delta in deltas) else before


async def learner(address: str, number: int, recipe: int, data: str, until: float, room: Classroom) -> None:
    """Comes, opens the link, presses when told to, watches until the training is over."""
    rng, told = np.random.default_rng(number), time.monotonic() + COMING
    await asyncio.sleep(rng.uniform(0, 0.9 * COMING))
    try:
        async with session(address, room.seen) as here:
            await here.visit("")
            button = train_button(await here.deltas(PAGE, query(recipe, data)))
            await asyncio.sleep(max(0.0, told - time.monotonic()) + rng.uniform(0, PRESSING))
            begin = time.perf_counter()
            deltas = await here.deltas(PAGE, query(recipe, data), press=button)
            room.pressed.append(time.perf_counter() - begin)
            await follow(here, deltas, recipe, until, room)
    except (OSError, TimeoutError, EOFError, LookupError) as error:
        room.seen.errors[f"{type(error).__name__}: {error}"] += 1


async def follow(here: Session, deltas: list[Delta], recipe: int, until: float, room: Classroom) -> None:
    """Redraw as the page asks, and note when every epoch came on screen."""
    known, since, shown = 0, time.time(), epoch_shown(deltas)
    while shown is not None and time.monotonic() < until:
        for epoch in range(known + 1, shown + 1):
            room.shown.append((recipe, epoch, time.time(), since))
        known = max(known, shown)
        if not here.redraws:
            break
        fragment = await here.due()
        begin = time.perf_counter()
        shown = epoch_shown(await here.redraw(PAGE, fragment), shown)
        room.seen.add("redraw", time.perf_counter() - begin)
    room.ended["watched to the end" if shown is None else "still under way"] += 1


def trained(address: str) -> tuple[Counter[str], dict[str, dict[int, float]]]:
    """What the workers told the scheduler: trainings begun by task, and by task and epoch the time of its end."""
    from distributed import Client

    begun: Counter[str] = Counter()
    epochs: dict[str, dict[int, float]] = {}
    with Client(address, set_as_default=False) as client:
        for topic, events in client.get_events().items():
            if str(topic).startswith("progress-train-"):
                for when, facts in events:
                    if facts["kind"] == "started":
                        begun[str(topic)] += 1
                    else:
                        epochs.setdefault(str(topic), {})[facts["epoch"]["number"]] = when
    return begun, epochs


def delays(room: Classroom, epochs: dict[str, dict[int, float]], data: str) -> np.ndarray:
    """Seconds from the end of an epoch to its line on screen, for everybody who was watching when it ended."""
    ended = {
        (number, epoch): when
        for topic, times in epochs.items()
        for number in {recipe for recipe, *_ in room.shown}
        if recipe_of(number, data).key in topic
        for epoch, when in times.items()
    }
    return np.array(
        [
            when - ended[recipe, epoch]
            for recipe, epoch, when, since in room.shown
            if ended.get((recipe, epoch), 0.0) > since
        ]
    )


async def lesson(addresses: list[str], asked: argparse.Namespace) -> Classroom:
    """The whole class, shared out over the web processes."""
    room = Classroom()
    until = time.monotonic() + asked.seconds
    await asyncio.gather(
        *(
            learner(
                addresses[i % len(addresses)],
                i,
                i // len(addresses) % asked.recipes,
                asked.data,
                until,
                room,
            )
            for i in range(asked.learners)
        )
    )
    return room


def report(
    room: Classroom, begun: Counter[str], late: np.ndarray, asked: argparse.Namespace
) -> tuple[str, bool]:
    """The result as Markdown, and whether what was promised was kept."""

    def spread(seconds: Sequence[float]) -> str:
        if not len(seconds):
            return "–"
        p50, p95, worst = np.quantile(seconds, (0.5, 0.95, 1.0)) * 1e3
        return f"{p50:.0f} / {p95:.0f} / {worst:.0f} ms"

    lines = [
        f"{asked.learners} learners on {asked.replicas} web process(es) press Train on {asked.recipes} recipes "
        f"within {PRESSING:g} s; load average at the end {os.getloadavg()[0]:.1f}:",
        "",
        "| what | measured |",
        "|---|---|",
        f"| trainings begun, of {asked.recipes} recipes | {sum(begun.values())} |",
        f"| page answered the press, p50 / p95 / slowest | {spread(room.pressed)} |",
        f"| an epoch's end to its line on screen ({len(late)} times) | {spread(list(late))} |",
        f"| redraws ({len(room.seen.all)}) | {spread(list(room.seen.all))} |",
        f"| sessions at the end | {dict(room.ended)} |",
        f"| errors | {dict(room.seen.errors) or 'none'} |",
    ]
    p50, p95 = np.quantile(late, (0.5, 0.95)) if len(late) else (np.nan, np.nan)
    lines += [
        "",
        f"{sum(begun.values())} trainings of {asked.recipes} recipes; an epoch is on screen after {p50:.2f} s "
        f"(median), {p95:.2f} s (p95); {room.seen.errors.total()} errors",
    ]
    once = sum(begun.values()) == asked.recipes == len(begun)
    return "\n".join(lines), once and not room.seen.errors and p95 <= asked.promise


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=100)
    parser.add_argument("--recipes", type=int, default=5)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--data", choices=DATA, default="digits", help="cells train ten times as long")
    parser.add_argument("--seconds", type=float, default=180, help="after which nobody watches any more")
    parser.add_argument(
        "--promise", type=float, default=float("inf"), help="p95 in seconds from an epoch's end to the screen"
    )
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {"DLCORE_RUNS": str(folder / "runs"), "DLCORE_SHARED": "1"}
        os.environ.update(environment)
        scheduler = stack.enter_context(engine(environment))
        os.environ["DASK_SCHEDULER_ADDRESS"] = scheduler
        started = [stack.enter_context(server(folder)) for _ in range(asked.replicas)]
        addresses = [address for address, _ in started]
        warmed_up([process for _, process in started])
        room = asyncio.run(lesson(addresses, asked))
        begun, epochs = trained(scheduler)
    text, kept = report(room, begun, delays(room, epochs, asked.data), asked)
    print(text)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
