"""More nodes, more trainings a minute: the same class's work on 1, 2 and 4 workers.

    python -m benchmarks.scaling

Four nodes do not fit on two cores, so every node is a worker process that the kernel holds to a share of one core
(a control group's CPU quota, version 1 or 2; needs the right to make one, on Linux usually root's). The scheduler
and the one who asks are not held to anything. Every number of nodes gets the same recipes, and a wave of others
before them, so that imports and images are not what is measured.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from benchmarks.load import ROOT, free_port

GROUPS = Path("/sys/fs/cgroup")
PERIOD = 100_000  # microseconds in which a quota is counted
PROMISED = {1: 1.0, 2: 1.7, 4: 3.0}  # nodes -> times as fast as one


@contextmanager
def held_to(share: float) -> Iterator[Path]:
    """A control group whose members together get this share of one core; its file takes process numbers."""
    old = (GROUPS / "cpu" / "cpu.cfs_quota_us").exists()
    group = GROUPS / ("cpu" if old else "") / f"lab-{os.getpid()}-{time.monotonic_ns()}"
    group.mkdir()
    quota = round(share * PERIOD)
    if old:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
    else:
        (group / "cpu.max").write_text(f"{quota} {PERIOD}")
    try:
        yield group / "cgroup.procs"
    finally:
        for _ in range(50):  # the kernel takes a moment to forget the dead
            try:
                group.rmdir()
                break
            except OSError:
                time.sleep(0.1)


@contextmanager
def part(name: str, environment: dict[str, str], group: Path | None = None) -> Iterator[None]:
    """One part of the cluster, as a container would run it; with its group it and all its children are held."""
    command = [sys.executable, "-m", "dlcore.jobs.engine", name]
    if group is not None:
        command = ["sh", "-c", f'echo $$ > "{group}" && exec "$@"', "sh", *command]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, **quiet)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def seconds_with(nodes: int, share: float, trainings: int, epochs: int) -> float:
    """From the first wish to the last result, with so many nodes."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environment = {
            "DLCORE_RUNS": f"{folder}/runs",
            "DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{free_port()}",
            "DLCORE_WORKERS": "1",
            "DLCORE_NICE": "0",
        }
        os.environ.update(environment)
        stack.enter_context(part("scheduler", environment))
        for _ in range(nodes):
            stack.enter_context(part("worker", environment, stack.enter_context(held_to(share))))
        from dlcore.jobs import jobs
        from dlcore.runs import Recipe

        stack.callback(jobs.shut_down)
        jobs.warm()
        until = time.monotonic() + 120
        while jobs.queue().workers < nodes:
            if time.monotonic() > until:
                raise TimeoutError(f"Of {nodes} workers only {jobs.queue().workers} have joined.")
            time.sleep(0.2)
        early = [
            jobs.submit(Recipe(dataset="digits", epochs=1, seed=10_000 + seed)) for seed in range(2 * nodes)
        ]
        for job in early:
            job.result(300)
        begin = time.perf_counter()
        wave = [jobs.submit(Recipe(dataset="digits", epochs=epochs, seed=seed)) for seed in range(trainings)]
        for job in wave:
            job.result(900)
        return time.perf_counter() - begin


def report(rounds: int, share: float, trainings: int, epochs: int) -> tuple[str, bool]:
    """The result as Markdown, and whether the promise was kept; medians of rounds, in which the nodes take turns."""
    taken: dict[int, list[float]] = {1: [], 2: [], 4: []}
    for _ in range(rounds):
        for nodes, seconds in taken.items():
            seconds.append(seconds_with(nodes, share, trainings, epochs))
            print(f"{nodes} nodes: {seconds[-1]:.1f} s", file=sys.stderr, flush=True)
    one = float(np.median(taken[1]))
    lines = [
        f"{trainings} trainings of {epochs} epochs; a node is one worker held to {share:.0%} of a core; "
        f"median of {rounds}; load average {os.getloadavg()[0]:.1f}:",
        "",
        "| nodes | seconds | times as fast | promised |",
        "|---|---|---|---|",
    ]
    faster = {nodes: one / float(np.median(seconds)) for nodes, seconds in taken.items()}
    for nodes, seconds in taken.items():
        lines.append(f"| {nodes} | {np.median(seconds):.1f} | {faster[nodes]:.2f}× | ≥ {PROMISED[nodes]}× |")
    lines += ["", f"2 nodes {faster[2]:.2f}×, 4 nodes {faster[4]:.2f}× of one node's speed"]
    return "\n".join(lines), all(faster[nodes] >= times for nodes, times in PROMISED.items())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.4, help="of one core, for each node")
    parser.add_argument("--trainings", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=10)
    asked = parser.parse_args()
    if not shutil.which("sh") or not os.access(GROUPS, os.W_OK):
        sys.exit("No control group can be made here: run this on Linux with the right to make one.")
    text, kept = report(asked.rounds, asked.share, asked.trainings, asked.epochs)
    print(text)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
