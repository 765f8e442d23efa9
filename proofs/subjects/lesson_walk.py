"""Steps of the lessons, done in a real browser as they say, end with the answer's numbers on the screen."""

import os
import subprocess
import sys

from proofs import walk
from proofs.walk import ROOT

COVERS = (walk, ROOT / "assets" / "lessons.toml", ROOT / "tests" / "test_walk_browser.py")


def sample(seed: int) -> None:
    """The values are found where they stand; the browser's part of `make test` is tests/test_walk_browser.py."""
    titles = sorted(walk.WALKS)
    step = walk.steps()[titles[seed % len(titles)]]
    values, said = walk.wanted(step), walk.sentences(step)
    text = "; ".join([*(f"{value:.4f}" for value in values.values()), *said])
    assert walk.missing(values, lambda: text) + walk.unsaid(said, lambda: text) == []


def prove() -> str:
    """All walks, each in a fresh browser."""
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "tests/test_walk_browser.py",
    ]
    ended = subprocess.run(tests, cwd=ROOT, env={**os.environ, "WALK": "all"}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-1500:]
    untold = len(walk.steps()) - len(walk.WALKS)
    return f"{len(walk.WALKS)} steps walked, every number and sentence found; {untold} steps have no walk yet"
