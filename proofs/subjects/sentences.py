"""A wrong number in a sentence of a page turns a test red that the sentence names.

Each number of each sentence is changed in a copy of the project: a whole one by 1, another by a factor of 2, a word
to "none". The tests that the sentence names are run there, those that ask for its numbers.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlcore import claims
from proofs import stated
from proofs.stated import ROOT

FOLDERS = ("pages", "ui", "dlcore", "assets", "proofs", "tests", ".streamlit")
FILES = ("app.py", "serve.py", "pyproject.toml")


@dataclass(frozen=True)
class Number:
    """One number of one sentence: its file, where it stands there, the tests that have to notice."""

    file: str
    name: str
    value: ast.expr
    tests: tuple[str, ...]

    @property
    def wrong(self) -> str:
        """Another number, as it is written in Python."""
        value = ast.literal_eval(self.value)
        return repr(
            value + 1 if isinstance(value, int) else 2 * value if isinstance(value, float) else "none"
        )

    def planted(self, source: str) -> str:
        """The file's text with the wrong number."""
        lines = source.encode().splitlines(keepends=True)
        at, end = self.value.lineno - 1, self.value.end_col_offset or 0
        line = lines[at]
        lines[at] = line[: self.value.col_offset] + self.wrong.encode() + line[end:]
        return b"".join(lines).decode()


def numbers() -> tuple[Number, ...]:
    """Every number of every sentence of the pages, with the tests of it that ask for numbers."""
    return tuple(_numbers(stated.asking()))


def _numbers(asking: set[str]) -> Iterator[Number]:
    for file, tree in stated.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and stated.name_of(node) == "Claim":
                tests = tuple(test for test in stated.claim_of(node).tests if test in asking)
                for given in node.args:
                    if isinstance(given, ast.Dict):
                        for key, value in zip(given.keys, given.values, strict=True):
                            yield Number(file, str(ast.literal_eval(key or value)), value, tests)


COVERS = (claims, stated, *sorted({ROOT / one.file for one in numbers()}))


def copied(folder: Path) -> None:
    """The project without its environment and its history."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)


def is_noticed(number: Number, folder: Path) -> bool:
    """Whether a copy of the project with the wrong number has a red test among those that have to notice."""
    file = folder / number.file
    right = file.read_text(encoding="utf-8")
    file.write_text(number.planted(right), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *number.tests]
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env={**os.environ}, check=False
        )
    finally:
        file.write_text(right, encoding="utf-8")
    assert ended.returncode in (0, 1), f"{number.file}, {number.name}: {ended.stdout[-500:]}"
    return ended.returncode == 1


def unnoticed(some: tuple[Number, ...]) -> list[str]:
    """The numbers whose change no test has noticed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        return [f"{one.file}: {one.name} = {one.wrong}" for one in some if not is_noticed(one, folder)]


def sample(seed: int) -> None:
    """One number."""
    known = numbers()
    assert unnoticed((known[np.random.default_rng(seed).integers(len(known))],)) == []


def prove() -> str:
    """All of them, and that a right number turns nothing red."""
    known = numbers()
    with tempfile.TemporaryDirectory() as name:
        copied(Path(name))
        tests = sorted({test for one in known for test in one.tests})
        command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *tests]
        ended = subprocess.run(command, cwd=name, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout[-800:]
    missed = unnoticed(known)
    assert missed == [], "; ".join(missed)
    return (
        f"{len(known)} numbers changed one by one, each noticed by its tests; unchanged, all {len(tests)} are "
        "green"
    )
