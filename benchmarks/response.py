"""How soon the engine obeys: cancelling a training, and taking up one whose worker was killed.

    python -m benchmarks.response

Two workers, one training; medians and the slowest of several times. Cancelled means: the worker has stopped and is
free for others, not only that the page says so.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
import psutil

from benchmarks.load import engine
from dlcore.jobs import jobs
from dlcore.runs import Recipe

PATIENCE = 180.0


def wait(question: Callable[[], object], every: float = 0.005) -> float:
    """Seconds until the answer is yes."""
    begin = time.perf_counter()
    while not question():
        if time.perf_counter() - begin > PATIENCE:
            raise TimeoutError("The engine did not answer in time.")
        time.sleep(every)
    return time.perf_counter() - begin


def a_training(seed: int) -> jobs.Job:
    """A long one, once its second epoch is over."""
    job = jobs.submit(Recipe(dataset="digits", epochs=400, seed=seed))
    wait(lambda: len(job.epochs) >= 2)
    return job


def cancelling(times: int) -> tuple[list[float], list[float]]:
    """Seconds from Cancel until the worker is free, and the seconds of an epoch."""
    taken, epochs = [], []
    for seed in range(times):
        job = a_training(seed)
        epochs.append(job.epochs[-1].seconds)
        job.cancel()
        taken.append(wait(lambda: not jobs.queue().tasks))
    return taken, epochs


def killing(times: int) -> list[float]:
    """Seconds from kill -9 of the worker until another one has begun the training again."""
    taken = []
    for seed in range(times):
        wait(lambda: jobs.queue().workers == 2)
        job = a_training(1000 + seed)
        attempt = job._training.attempt
        workers = [
            p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())
        ]
        for process in workers:
            process.cpu_percent()
        time.sleep(0.5)
        max(workers, key=lambda p: p.cpu_percent()).kill()
        taken.append(wait(lambda: job._training.attempt != attempt))  # noqa: B023
        job.cancel()
        wait(lambda: not jobs.queue().tasks)
    return taken


def report(times: int) -> tuple[str, bool]:
    """The result as Markdown, and whether what was promised was kept."""
    cancelled, epochs = cancelling(times)
    killed = killing(times)
    rows = [
        ("Cancel until the worker is free", cancelled, f"≤ 1 s or one epoch ({np.median(epochs):.2f} s)"),
        ("worker killed until its training has begun again", killed, "≤ 2 s with an idle worker"),
    ]
    lines = [
        f"{times} times each; load average {os.getloadavg()[0]:.1f}:",
        "",
        "| what | median | slowest | promised |",
        "|---|---|---|---|",
    ]
    lines += [f"| {what} | {np.median(s):.2f} s | {max(s):.2f} s | {goal} |" for what, s, goal in rows]
    lines += [
        "",
        f"cancelled after {np.median(cancelled):.2f} s, begun again after {np.median(killed):.2f} s (medians)",
    ]
    return "\n".join(lines), np.median(cancelled) <= max(1.0, max(epochs)) and np.median(killed) <= 2.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=9)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DLCORE_RUNS": folder, "DLCORE_WORKERS": "2"}
        os.environ.update(environment)
        with engine(environment) as address:
            os.environ["DASK_SCHEDULER_ADDRESS"] = address
            early = [jobs.submit(Recipe(dataset="digits", epochs=1, seed=10_000 + i)) for i in range(4)]
            for job in early:
                job.result(120)
            text, kept = report(asked.times)
            jobs.shut_down()
    print(text)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
