"""Every sentence that the lab states: collected from the syntax trees of pages/ and ui/, and from assets/*.toml."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from dlcore.claims import MAKERS, Claim, Value, claim_of, name_of
from dlcore.course.lessons import read_lessons
from dlcore.course.questions import read_concepts
from dlcore.vocabulary import ALL_WORDS

ROOT = Path(__file__).parent.parent


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Every page and every file of ui/: its name and its syntax tree."""
    for folder in ("pages", "ui"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def on_pages() -> tuple[tuple[str, Claim], ...]:
    """(place, sentence) of every claim, notice and commentary of the pages."""
    return tuple(
        (f"{file}:{node.lineno}", claim_of(node))
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name_of(node) in MAKERS
    )


@functools.cache
def in_files() -> tuple[tuple[str, str, str, str], ...]:
    """(place, text, proved_by, kind) of every text after a step, question with its reasons, and common mistake."""
    steps = [
        (f"lessons.toml, “{step.title}”", step.after, step.proved_by, step.kind)
        for lesson in read_lessons()
        for step in lesson.steps
    ]
    reasons = [
        (f"questions.toml, “{one.ask}”", " ".join(c.why for c in one.choices), one.proved_by, one.kind)
        for one in read_concepts()
    ]
    mistakes = [
        (f"vocabulary, “{term.name}”", term.mistake, term.proved_by, term.kind)
        for term in ALL_WORDS
        if term.mistake
    ]
    return (*steps, *reasons, *mistakes)


def numbers_of(test: str) -> dict[str, Value]:
    """The numbers of all sentences that name a test, "tests/test_x.py::test_y".

    Raises:
        LookupError: no sentence names it, or two give one name to two numbers.
    """
    found = [claim.numbers for _, claim in on_pages() if test in claim.tests]
    if not found:
        raise LookupError(f"no sentence with numbers names {test}")
    merged: dict[str, Value] = {}
    for numbers in found:
        for name, value in numbers.items():
            if merged.setdefault(name, value) != value:
                raise LookupError(f"two sentences that {test} proves call two numbers “{name}”")
    return merged


def asking() -> set[str]:
    """The tests that read the numbers of their sentences: those with an argument `claimed`."""
    return {
        f"tests/{file.name}::{node.name}"
        for file in (ROOT / "tests").glob("test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and "claimed" in {argument.arg for argument in node.args.args}
    }


def all_tests() -> set[str]:
    """Every test that there is, as "tests/test_x.py::test_y"."""
    return {
        f"tests/{file.name}::{name}"
        for file in (ROOT / "tests").glob("test_*.py")
        for name in re.findall(r"(?m)^def (test_\w+)", file.read_text(encoding="utf-8"))
    }
