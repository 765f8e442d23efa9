"""Every rule on every surface steps in the browser as in dlcore, from 200 random states each."""

import json
import math
import os
import subprocess
import sys

import numpy as np

from dlcore import philox
from dlcore.optimizers import RULES, rules, second_order, surfaces, walking
from proofs import race_states
from proofs.walk import ROOT

RACE = ROOT / "assets" / "components" / "race"
FILES = tuple(
    RACE / f"{name}.js" for name in ("formulas", "surfaces", "tree", "rules", "second_order", "racing")
)
COVERS = (
    rules,
    second_order,
    surfaces,
    walking,
    philox,
    race_states,
    *FILES,
    ROOT / "tests" / "test_race_engine.py",
)
STATES = 200


def sample(seed: int) -> None:
    """A state is finite, and a hand that misses it by a ten-thousandth is found out; the browser's part is a test."""
    rng = np.random.default_rng(seed)
    told, after = race_states.some_state("himmelblau", list(RULES.values())[seed % len(RULES)], rng)
    assert np.isfinite(told["at"]).all() and race_states.apart(after, after) == 0
    assert race_states.apart(after, [after[0] + 1e-4 * max(1.0, float(math.hypot(*after))), after[1]]) >= 1e-5


def prove() -> str:
    """All pairs, in a browser."""
    test = "tests/test_race_engine.py"
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-n0",
        "-p",
        "no:cacheprovider",
        test,
        "-k",
        "equal_states",
    ]
    environment = {**os.environ, "RACE_STATES": str(STATES)}
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-1500:]
    lines = [
        line.split("largest differences: ")[1] for line in ended.stdout.splitlines() if "largest diff" in line
    ]
    found = [json.loads(line) for line in lines]
    worst = ", ".join(f"{name} {max(each[name] for each in found):.1e}" for name in RULES)
    pairs = len(RULES) * len(found)
    return f"{pairs} pairs, {STATES} states each, largest difference of a step: {worst}"
