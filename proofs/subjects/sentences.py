"""A wrong number in a sentence of a page turns a test red that the sentence names.

Each number of each sentence is changed: a whole one by 1, another by a factor of 2, a word to "none". The tests that
the sentence names and that ask for its numbers are run with it: with the first number of every sentence changed, then
with the second, and so on.
"""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from dlcore import claims
from dlcore.claims import Claim, Value
from proofs import stated
from proofs.stated import ROOT

COVERS = (claims, stated, ROOT / "tests" / "test_page_claims.py")
QUIET = ("-q", "-n0", "-p", "no:cacheprovider", "--tb=no")


def wrong(value: Value) -> Value:
    """Another value of the same kind."""
    return value + 1 if isinstance(value, int) else 2 * value if isinstance(value, float) else "none"


def planted(claim: Claim, k: int) -> Claim:
    """The sentence with its number k changed; the sentence itself where it has fewer, or for k < 0."""
    numbers = dict(claim.numbers)
    if not 0 <= k < len(numbers):
        return claim
    name = list(numbers)[k]
    return replace(claim, numbers={**numbers, name: wrong(numbers[name])})


class Reds:
    """A plugin of pytest that remembers the tests that were red, as "tests/test_x.py::test_y"."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest after each part of each test."""
        if report.failed:
            self.found.add(report.nodeid.partition("[")[0])


def session(k: int, tests: list[str]) -> None:
    """Runs tests with number k of every sentence changed and prints those that are red; in a process of its own."""
    right, reds = stated.on_pages(), Reds()
    sentences = tuple((place, planted(claim, k)) for place, claim in right)
    stated.on_pages = lambda: sentences  # type: ignore[assignment]
    pytest.main([*QUIET, *tests], plugins=[reds])
    print(json.dumps(sorted(reds.found)))


def reds(k: int, tests: set[str]) -> set[str]:
    """The tests that are red with number k of every sentence changed."""
    code = f"from proofs.subjects.sentences import session; session({k}, {sorted(tests)})"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(ended.stdout.splitlines()[-1]))


def numbered() -> list[tuple[str, Claim, set[str]]]:
    """Every sentence with numbers: its place, and its tests that ask for them."""
    asking = stated.asking()
    return [(place, claim, asking & set(claim.tests)) for place, claim in stated.on_pages() if claim.numbers]


def unnoticed(k: int, some: list[tuple[str, Claim, set[str]]]) -> list[str]:
    """The sentences whose number k may be wrong without a red test."""
    some = [one for one in some if k < len(one[1].numbers)]
    red = reds(k, set().union(*(tests for _, _, tests in some)))
    return [f"{place}, {list(claim.numbers)[k]}" for place, claim, tests in some if not red & tests]


def sample(seed: int) -> None:
    """The first number of one sentence."""
    known = numbered()
    assert unnoticed(0, [known[np.random.default_rng(seed).integers(len(known))]]) == []


def prove() -> str:
    """All numbers, and that the right ones turn nothing red."""
    known = numbered()
    most = max(len(claim.numbers) for _, claim, _ in known)
    missed = [one for k in range(most) for one in unnoticed(k, known)]
    assert missed == [], "; ".join(missed)
    tests = set().union(*(tests for _, _, tests in known))
    assert reds(-1, tests) == set()
    count = sum(len(claim.numbers) for _, claim, _ in known)
    return (
        f"{count} numbers changed, each noticed by a test of its sentence; with the right ones all {len(tests)} are "
        "green"
    )
