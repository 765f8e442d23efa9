"""What one answer costs: processor seconds of a rerun, a redraw and a training, for the simulation in capacity.py.

    python -m benchmarks.service

One learner visits every page in turn, then presses Train and watches; counted is the processor time of the process
that serves, not the clock, so other work on the machine disturbs little. Writes benchmarks/service.json.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.classroom import PAGE, epoch_shown, query, train_button
from benchmarks.load import PAGES, Seen, Session, server, session, warmed_up

FILE = Path(__file__).parent / "service.json"
SETTLED = 0.15  # seconds after an answer, in which the server tidies up behind it
TRAINED = "cells"


def cpu(process: psutil.Process) -> float:
    """Processor seconds of a process of this computer so far, all its threads; to the nanosecond under Linux."""
    try:
        return time.clock_gettime((~process.pid << 3) | 2)  # its clock, as clock_getcpuclockid names it
    except OSError:
        times = process.cpu_times()
        return float(times.user + times.system)


async def cost(process: psutil.Process, what: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """Processor seconds until the server has settled after this, and what came back."""
    begin = cpu(process)
    answer = await what()
    await asyncio.sleep(SETTLED)
    return cpu(process) - begin, answer


async def pages(here: Session, process: psutil.Process, rounds: int) -> dict[str, list[float]]:
    """Processor seconds of every rerun, by page; the first round, which fills caches, is not counted."""
    found: dict[str, list[float]] = {page or "home": [] for page in PAGES}
    for number in range(rounds + 1):
        for page in PAGES:
            seconds, _ = await cost(process, partial(here.visit, page))
            if number:
                found[page or "home"].append(seconds)
    return found


async def training(here: Session, process: psutil.Process, seed: int) -> tuple[list[float], float]:
    """Processor seconds of every redraw of a page that watches, and those of the workers until the training's end."""
    button = train_button(await here.deltas(PAGE, query(seed, TRAINED)))
    begin, redraws = workers_cpu(process), []
    shown = epoch_shown(await here.deltas(PAGE, query(seed, TRAINED), press=button))
    while shown is not None and here.redraws:
        seconds, deltas = await cost(process, partial(here.redraw, PAGE, await here.due()))
        shown = epoch_shown(deltas, shown)
        redraws.append(seconds)
    return redraws[2:-1], workers_cpu(process) - begin  # the last one redraws the whole page


def engine_of(process: psutil.Process) -> psutil.Process:
    """The scheduler of the engine that this server has started; its workers are processes of their own."""
    return next(child for child in process.children() if "dlcore.jobs.engine" in child.cmdline())


def workers_cpu(process: psutil.Process) -> float:
    """Processor seconds so far of all workers of the engine: the processes below its scheduler."""
    return sum(cpu(child) for child in engine_of(process).children(recursive=True))


async def all_of_it(address: str, process: psutil.Process, rounds: int, trainings: int) -> dict[str, Any]:
    """Everything that is measured, as the file has it: milliseconds of processor time, seconds of trainings."""
    seen = Seen()
    async with session(address, seen) as here:
        await here.visit("")
        seen.megabytes = 0.0
        by_page = await pages(here, process, rounds)
        reruns, megabytes = (rounds + 1) * len(PAGES), seen.megabytes
        watched = [await training(here, process, 900 + i) for i in range(trainings)]
    assert not seen.errors, seen.errors
    return {
        "pages_ms": {page: _milliseconds(values) for page, values in by_page.items()},
        "redraw_ms": _milliseconds([value for values, _ in watched for value in values]),
        "training_s": [round(seconds, 1) for _, seconds in watched],
        "kilobytes_a_rerun": round(1e3 * megabytes / reruns, 1),
        "web_process_mb": round(process.memory_info().rss / 2**20),
    }


def _milliseconds(values: list[float], most: int = 24) -> list[float]:
    """Ascending; of many, so many quantiles."""
    ordered = np.quantile(values, np.linspace(0, 1, min(most, len(values))))
    return [round(1e3 * float(value), 1) for value in ordered]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--trainings", type=int, default=2)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {"DLCORE_RUNS": str(folder / "runs"), "DLCORE_SHARED": "1"}
        address, process = stack.enter_context(server(folder, **environment, DLCORE_NICE="0"))
        warmed_up([process])
        found = asyncio.run(all_of_it(address, process, asked.rounds, asked.trainings))
    found["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    FILE.write_text(re.sub(r",\n +(?=[\d.])", ", ", json.dumps(found, indent=1)) + "\n", encoding="utf-8")
    print(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
