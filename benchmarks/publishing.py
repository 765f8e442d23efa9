"""Kill -9 in the middle of writing, again and again: what is visible afterwards must be whole.

    python -m benchmarks.publishing

A process publishes one run after another until it is killed, at a random moment; then the next one begins. Beside
it, as a control, the same files are written straight into their place, as most programs do. Every run that can be
seen afterwards is read back and held against its hashes. (Power cuts are another matter, and not promised.)
"""

import logging
import multiprocessing
import os
import random
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import numpy as np

from dlcore.runs import Epoch, Recipe, Run
from dlcore.store.run_files import write_run
from dlcore.store.store import CorruptRunError, Store

KILLS = 60
PUBLISHED = 500  # at least


def made_run(seed: int) -> Run:
    """A run as large as one of the blood cells, with random weights."""
    rng = np.random.default_rng(seed)
    return Run(
        recipe=Recipe(dataset="digits", seed=seed, epochs=1),
        epochs=(Epoch(1, 0.5, 0.8, 0.9, 0.6, 0.7, None, 1.0, 1e-3, 0.1),),
        status="finished",
        best=1,
        weights={"w": rng.standard_normal((300, 300)).astype(np.float32)},
        val_index=np.arange(500),
        val_logits=rng.standard_normal((500, 10)).astype(np.float32),
        class_names=tuple("0123456789"),
        image_shape=(8, 8, 1),
        parameters=90_000,
        train_size=20,
        seconds=0.2,
        history=rng.standard_normal((1, 500, 10)).astype(np.float32),
        history_epochs=np.array([1]),
    )


def publish_for_ever(root: Path, runs: list[Run], plainly: bool) -> None:
    """What the process that is killed does; the control writes each run straight into its place."""
    store = Store(root)
    store.root.mkdir(parents=True, exist_ok=True)
    for run in runs:
        if plainly:
            write_run(run, store.folder(run.key))
        else:
            store.publish(run)


def killed(root: Path, plainly: bool) -> int:
    """Publishers killed until both numbers are reached; how many were.

    They are forked, so that a life is spent on publishing and not on imports.
    """
    rng, fork = random.Random(0), multiprocessing.get_context("fork")
    for kill in count(1):
        runs = [made_run(1000 * kill + i) for i in range(100)]
        publisher = fork.Process(target=publish_for_ever, args=(root, runs, plainly))
        publisher.start()
        time.sleep(rng.uniform(0.05, 0.4))
        publisher.kill()
        publisher.join()
        if kill >= KILLS and len(list(root.glob("[0-9a-f]*"))) >= PUBLISHED:
            return kill
    raise AssertionError("unreachable")


def damaged(root: Path) -> tuple[int, int]:
    """Visible runs, and how many of them are not what was written."""
    store, bad = Store(root), 0
    places = list(root.glob("[0-9a-f]*"))
    for place in places:
        try:
            bad += store.get(place.name) is None
        except CorruptRunError:
            bad += 1
    return len(places), bad


def report() -> tuple[str, bool]:
    """The result as Markdown, and whether the promise was kept."""
    lines = [
        f"load average {os.getloadavg()[0]:.1f}:",
        "",
        "| how | kills | runs to be seen | damaged |",
        "|---|---|---|---|",
    ]
    kept, found = False, []
    with tempfile.TemporaryDirectory() as folder:
        for name, plainly in (("as the store publishes", False), ("straight into place (control)", True)):
            root = Path(folder) / name.split()[0]
            kills = killed(root, plainly)
            seen, bad = damaged(root)
            kept = kept or (not plainly and seen >= PUBLISHED and not bad)
            lines.append(f"| {name} | {kills} | {seen} | {bad} |")
            found.append(f"{bad} of {seen} damaged {name}")
    lines += ["", "; ".join(found)]
    return "\n".join(lines), kept


def main() -> None:
    logging.disable(logging.WARNING)  # what is damaged is counted, not listed
    text, kept = report()
    print(text)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
