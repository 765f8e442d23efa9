"""What the shared server promises, proved one after another; the table goes to benchmarks/PROMISES.md.

    python -m benchmarks.promises
    python -m benchmarks.promises --only scaling,publishing

Takes about half an hour, of which the soak is ten minutes, and wants a quiet machine. Every proof is a command of
its own that ends with one line of figures, and with 1 if its promise was not kept.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import ROOT

PAGE = Path(__file__).parent / "PROMISES.md"
HEAD = """# What the shared server promises

One command a promise, measured by `python -m benchmarks.promises`; learners, web processes, trainings and the one
who measures share the machine's cores, so figures on a real server are better. Promises without figures are kept by
tests: every bad input ends with a sentence (`tests/test_bad_inputs.py`, `tests/test_over_the_wire.py`), nothing but
loopback listens by default (`tests/test_jobs.py`), looks at a test set are counted exactly once on both databases
(`tests/test_ledger.py`). Not promised: surviving a power cut, runs on NFS, several GPUs.
"""


@dataclass(frozen=True)
class Promise:
    """What is promised, and the command that proves it."""

    name: str
    words: str
    command: str


PROMISES = (
    Promise(
        "busy",
        "30 learners at work, 2 trainings under way: p95 of a rerun ≤ 500 ms, no errors",
        "load --users 30 --trainings 2 --seconds 90 --promise 500",
    ),
    Promise(
        "full",
        "100 sessions on 2 web processes: p95 ≤ 1 s, no errors, real browsers among them",
        "load --users 100 --replicas 2 --think 10 --seconds 90 --browsers 2 --promise 1000",
    ),
    Promise(
        "class",
        "100 learners press Train on 5 recipes, on 2 web processes: 5 trainings",
        "classroom --learners 100 --recipes 5",
    ),
    Promise(
        "answers",
        "100 learners answer, 2 web processes, SQLite: on the teacher's screen within 1 s (p95)",
        "class_session --promise 1000",
    ),
    Promise(
        "answers-postgresql",
        "100 learners answer, 2 web processes, PostgreSQL: on the teacher's screen within 1 s (p95)",
        "class_session --database postgresql --promise 1000",
    ),
    Promise(
        "press",
        "a server that has been up for 20 s: first press on Train to its first epoch on screen ≤ 1.5 s",
        "first_press --up 20 --promise 1.5",
    ),
    Promise(
        "progress",
        "progress on screen ≤ 1 s after an epoch (10 learners watch 2 trainings)",
        "classroom --learners 10 --recipes 2 --replicas 1 --data cells --promise 1",
    ),
    Promise(
        "response",
        "cancelled within 1 s or an epoch; a killed worker's training begun again within 2 s",
        "response",
    ),
    Promise("publishing", "no damaged run in ≥ 500 publishes under kill -9", "publishing"),
    Promise("scaling", "2 nodes ≥ 1.7×, 4 nodes ≥ 3× of one", "scaling"),
    Promise(
        "chaos",
        "whatever is killed, cut or full: back within 15 s (three at once: 30), nothing finished is lost, every "
        "training ends by name; out of memory ends as failed within 30 s",
        "chaos",
    ),
    Promise(
        "soak", "ten minutes of work: memory ± 5 % after warm-up", "load --users 30 --seconds 600 --soak"
    ),
)


def prove(promise: Promise) -> str:
    """One section of the page: the promise, the command, verdict and figures in a line, and all that was printed."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", *f"benchmarks.{promise.command}".split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    lines = [line.rstrip() for line in done.stdout.strip().splitlines()]
    figures = lines[-1] if lines else (done.stderr.strip().splitlines() or ["nothing was printed"])[-1]
    seconds = time.perf_counter() - begin
    verdict = f"{'kept' if done.returncode == 0 else '**broken**'}: {figures}"
    print(f"{promise.name}, {seconds:.0f} s, {verdict}", flush=True)
    head = (
        f"## {promise.words}",
        "",
        verdict,
        "",
        f"`python -m benchmarks.{promise.command}` ({seconds:.0f} s):",
    )
    return "\n".join((*head, "", *lines[:-1])).rstrip()


def sections(text: str) -> dict[str, str]:
    """What an earlier run has proved, by the promise's words: promises can be proved one at a time."""
    parts = [f"## {part}".rstrip() for part in text.split("\n## ")[1:]]
    return {part.splitlines()[0].removeprefix("## "): part for part in parts}


def page(found: dict[str, str]) -> str:
    """The whole page: the table, then every proof."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    proved = [promise.words for promise in PROMISES if promise.words in found]
    rows = [f"| {words} | {found[words].splitlines()[2]} |" for words in proved]
    table = ["| promise | measured |", "|---|---|", *rows]
    return "\n".join(
        [HEAD, f"Machine: {machine}.", "", *table, "", "\n\n".join(found[w] for w in proved), ""]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(promise.name for promise in PROMISES))
    asked = parser.parse_args().only.split(",")
    found = sections(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    for promise in PROMISES:
        if promise.name in asked:
            found[promise.words] = prove(promise)
            PAGE.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
