"""Interleaved timing: the cases take turns, so that a busy machine slows all of them alike; medians, ratios."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Result:
    """One line of the table: what was done, by whom, in how many seconds (median), and the goal as a ratio."""

    work: str
    peer: str
    ours: float
    theirs: float
    goal: str = ""

    @property
    def ratio(self) -> float:
        """How many times longer the peer took."""
        return self.theirs / self.ours


def interleaved(
    cases: Mapping[str, Callable[[], object]], rounds: int = 7, warm_up: int = 1
) -> dict[str, float]:
    """Median seconds of each case over `rounds` turns; no garbage is collected inside one."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(warm_up):
        for case in cases.values():
            case()
    gc.collect()
    gc.freeze()  # what is here by now need not be looked through before every case
    order = list(cases.items())
    for turn in range(rounds):
        first = turn % len(order)  # who comes after a collection finds cold caches: each is first in turn
        for name, case in order[first:] + order[:first]:
            gc.collect()
            gc.disable()
            begin = time.perf_counter()
            case()
            seconds[name].append(time.perf_counter() - begin)
            gc.enable()
    gc.unfreeze()
    return {name: float(np.median(taken)) for name, taken in seconds.items()}


def table(results: list[Result]) -> str:
    """The results as a Markdown table."""
    lines = ["| work | peer | ours | peer's | ratio | goal |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {r.work} | {r.peer} | {r.ours * 1e3:.3g} ms | {r.theirs * 1e3:.3g} ms | {r.ratio:.2f}× | {r.goal} |"
        for r in results
    ]
    return "\n".join(lines)
