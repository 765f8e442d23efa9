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
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.chaos_blows import BLOWS, MEMORY_BLOW, Blow
from benchmarks.chaos_class import class_in, seat
from benchmarks.chaos_promises import (
    PATIENCE,
    Round,
    all_end,
    back,
    finished,
    fresh,
    has_ended,
    settle,
    trains,
    until,
)
from benchmarks.chaos_system import MEMORY, System, running
from dlcore.store.store import Store

RECIPES = 4  # of one round; two learners press each, on different web processes
AFTERWARDS = 3.0  # seconds that an outage goes on after the end of what ran: the pages are run again in it
OUT_OF_MEMORY = 30.0  # seconds within which a training that is too large must have failed


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
        if not await until(lambda: len(trains(learners)) >= min(recipes, len(system.workers)), PATIENCE):
            result.broken.append("the class could not begin to train")
        running = trains(learners)
        result.open = f"{len(running)} running, {recipes - len(running)} waiting"
        before |= finished(store)
        struck = time.monotonic()
        await asyncio.to_thread(blow.strike, system)
        await until(lambda: all(has_ended(learners, key) for key in running), blow.lasts)
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
        await until(lambda: glutton.pressed > 0, PATIENCE)
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
