"""How many learners, how many cores: the table of docs/deploy.md, simulated from measured service times.

    python -m benchmarks.capacity            # writes the two tables of docs/deploy.md anew
    python -m benchmarks.capacity --print

What one answer costs was measured (service.py); how answers and trainings wait for each other is simulated
(queues.py), and held against the classes of 30 and 100 learners in PROMISES.md. Seeded: it prints the same every
time.
"""

import argparse
import json
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.queues import Draw, shared_processor, waits

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "deploy.md"
PROMISES = ROOT / "benchmarks" / "PROMISES.md"
SERVICE: dict[str, Any] = json.loads((Path(__file__).parent / "service.json").read_text(encoding="utf-8"))

ROWS = (30, 100, 200, 500, 1000, 3000, 10_000)
THINK = 5.0  # seconds, on average, between an answer and a learner's next click
ANSWERED = 0.3  # seconds within which 95 % of all reruns shall be answered
REDRAWN = 1.0  # the same for redraws, while everybody watches a training
PRESSING = 60.0  # seconds within which every learner presses Train, each on a recipe of their own
PATIENCE = 120.0  # seconds after which the last of these trainings shall have begun
LINE = 1e9  # bits a second that lead to the learners
QUICKEST, CROWD = 0.5, 50  # ui/training/training.py: seconds between redraws, and redraws a second in all
NICE_10 = 1024 / (1024 + 110)  # a core's share that Linux leaves to a page beside a training
OTHERS_MB, DECODER_MB, WORKER_MB = (
    2048,
    600,
    1200,
)  # proxy, scheduler and PostgreSQL; a file being read; a training


def _draw(values: list[float], rng: np.random.Generator, unit: float = 1e-3) -> Draw:
    """Draws from what was measured."""
    table = np.array(values) * unit
    return lambda: float(table[rng.integers(len(table))])


def reruns(learners: int, think: float = THINK, speed: float = 1.0) -> np.ndarray:
    """Seconds until a rerun is answered, by one web process that so many learners use."""
    rng = np.random.default_rng(learners)
    every = [value for page in SERVICE["pages_ms"].values() for value in page]
    return shared_processor(
        learners,
        lambda: float(rng.exponential(think)),
        _draw(every, rng),
        max(300.0, 60_000 / learners),
        speed,
    )


def redraws(learners: int, speed: float = 1.0) -> np.ndarray:
    """Seconds until a redraw is answered, by one web process all of whose learners watch a training."""
    rng = np.random.default_rng(learners)
    interval = max(QUICKEST, learners / CROWD)
    # A browser's clock is not exact, and learners do not begin in one instant.
    return shared_processor(
        learners,
        lambda: float(interval * rng.uniform(0.9, 1.1)),
        _draw(SERVICE["redraw_ms"], rng),
        120.0,
        speed,
    )


def p95(seconds: np.ndarray) -> float:
    return float(np.quantile(seconds, 0.95))


@cache
def learners_a_process() -> int:
    """How many learners one web process with a core of its own bears: both goals are kept."""
    low, high = 1, 400
    while high - low > 1:
        middle = (low + high) // 2
        kept = p95(reruns(middle)) <= ANSWERED and p95(redraws(middle)) <= REDRAWN
        low, high = (middle, high) if kept else (low, middle)
    return low


def training_waits(learners: int, workers: int) -> tuple[float, int]:
    """Seconds that the last training waits, and how many wait at once at most."""
    rng = np.random.default_rng(learners)
    arrivals = np.sort(rng.uniform(0, PRESSING, learners))
    service = np.array([_draw(SERVICE["training_s"], rng, 1.0)() for _ in arrivals])
    waited = waits(arrivals, service, workers)
    begun = np.sort(arrivals + waited)
    queue = np.arange(1, learners + 1) - np.searchsorted(begun, arrivals, "right")
    return float(waited.max()), int(max(0, queue.max()))


def workers_for(learners: int) -> int:
    """The fewest workers with which the last training begins in time."""
    low, high = 1, learners
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if training_waits(learners, middle)[0] <= PATIENCE else (middle + 1, high)
    return low


@dataclass(frozen=True)
class Row:
    """One size of a class."""

    learners: int

    @property
    def web(self) -> int:
        """Web processes; two at least, so that one may fall out."""
        return max(2, math.ceil(self.learners / learners_a_process()))

    @property
    def workers(self) -> int:
        return workers_for(self.learners)

    @property
    def cores(self) -> int:
        """One for every web process and worker, and one for proxy, scheduler and PostgreSQL."""
        return self.web + self.workers + 1

    @property
    def memory(self) -> int:
        """Gigabytes."""
        web = self.web * (SERVICE["web_process_mb"] + DECODER_MB)
        return math.ceil((OTHERS_MB + web + self.workers * WORKER_MB) / 1024)

    def bears(self) -> dict[str, float]:
        """How many learners each part bears at most."""
        a_learner = 8e3 * SERVICE["kilobytes_a_rerun"] / THINK  # bits a second
        in_time = PRESSING + PATIENCE
        return {
            "web processes": self.web * learners_a_process(),
            "workers": self.workers * (1 + in_time / float(np.mean(SERVICE["training_s"]))),
            "the line": LINE / a_learner,
        }

    def line(self) -> str:
        """This row of the table."""
        here = math.ceil(self.learners / self.web)
        wait, queue = training_waits(self.learners, self.workers)
        bears = self.bears()
        narrow = min(bears, key=bears.__getitem__)
        narrow += f": bears {_round(bears[narrow]):,}" if bears[narrow] < self.learners else ""
        cells = (
            f"{self.learners:,}", self.web, self.workers, self.cores, f"{self.memory} GB",
            f"{_round(1e3 * p95(reruns(here)))} ms", f"{_round(1e3 * p95(redraws(here)))} ms",
            f"{_round(wait)} s", queue, narrow,
        )  # fmt: skip
        return f"| {' | '.join(str(cell) for cell in cells)} |"


def _round(value: float) -> int:
    """Two significant digits: more would be false precision."""
    return int(float(f"{value:.2g}"))


def sizes() -> str:
    """The table of sizes."""
    head = (
        "| learners | web processes | workers | cores | memory | p95 of a rerun | … of a redraw, all watching "
        "| last training begins after | longest queue | what gives out first |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    )
    return "\n".join((*head, *(Row(learners).line() for learners in ROWS)))


# What was measured: words, section of PROMISES.md, the line that has median and p95, what is simulated. On two cores:
# beside two trainings a page has the rest of a core; two real browsers take one of the two.
MEASURED = (
    ("30 learners, 1 web process, 2 trainings: reruns", "30 learners", "all", lambda: reruns(30, 5, NICE_10)),
    ("100 learners, 2 web processes, 2 real browsers: reruns", "100 sessions", "all", lambda: reruns(50, 10, 0.5)),
    ("100 learners, 2 web processes, all watch: redraws", "100 learners press", "redraws", lambda: redraws(50, 0.5)),
)  # fmt: skip


def measured(section: str, line: str) -> tuple[int, int]:
    """Median and p95 in milliseconds, as PROMISES.md has them."""
    text = PROMISES.read_text(encoding="utf-8").split(f"\n## {section}")[1].split("\n## ")[0]
    row = next(row for row in text.splitlines() if row.startswith(f"| {line} "))
    numbers = [int(number) for number in re.findall(r"(?<=[ |])\d+(?= ms| /)", row)]
    return numbers[0], numbers[1]


def comparison() -> str:
    """Simulated beside measured."""
    lines = ["| on two cores | simulated, median and p95 | measured |", "|---|---:|---:|"]
    for words, section, line, simulate in MEASURED:
        p50, high = (_round(1e3 * float(q)) for q in np.quantile(simulate(), (0.5, 0.95)))
        lines.append(
            f"| {words} | {p50} and {high} ms | {' and '.join(map(str, measured(section, line)))} ms |"
        )
    return "\n".join(lines)


def written(text: str) -> str:
    """A text with both tables between their markers made anew."""
    for name, table in {"sizes": sizes(), "comparison": comparison()}.items():
        begin, end = f"<!-- {name}: python -m benchmarks.capacity -->\n", "\n<!-- end -->"
        assert text.count(begin) == 1, name
        before, rest = text.split(begin)
        text = before + begin + table + rest[rest.index(end) :]
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--print", action="store_true", help="write nothing")
    if parser.parse_args().print:
        print(sizes(), comparison(), sep="\n\n")
    else:
        GUIDE.write_text(written(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
