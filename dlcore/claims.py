"""Sentences that can be wrong: each names the test that would fail if it were false, or says why it needs none."""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dlcore.number_text import digits

DEFINITION, INVITATION = "definition", "invitation"
Value = int | float | str


def fill(text: str, facts: Mapping[str, Value]) -> str:
    """A text with its [[names]] replaced by numbers: three significant digits, whole numbers in full.

    Raises:
        KeyError: a name that is no fact.
    """

    def shown(match: re.Match[str]) -> str:
        value = facts[match[1]]
        if isinstance(value, float):
            return digits(value)
        return f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)

    return re.sub(r"\[\[(\w+)\]\]", shown, text)


def wrong_with(proved_by: str, kind: str) -> str:
    """What keeps these two from supporting a sentence, as the end of a sentence; "" if nothing does.

    Args:
        proved_by: tests, one or several with spaces between: "tests/test_x.py::test_y".
        kind: "definition" or "invitation" where there is nothing to prove.
    """
    if bool(proved_by) == bool(kind):
        return "names either the tests that prove it, or its kind"
    if kind not in ("", DEFINITION, INVITATION):
        return f"is of the kind “{kind}”; there are {DEFINITION} and {INVITATION}"
    odd = [name for name in proved_by.split() if not re.fullmatch(r"tests/test_\w+\.py::test_\w+", name)]
    return f"names “{odd[0]}” instead of a test such as tests/test_x.py::test_y" if odd else ""


@dataclass(frozen=True)
class Claim:
    """A sentence shown to a learner, with what makes it more than an opinion.

    Attributes:
        text: Markdown; [[name]] stands for a value of `numbers`.
        proved_by: the tests that compute it, with spaces between; they read its numbers from here.
        numbers: name -> the number that is claimed, or the word that a test decides on ("at most", "never").
        kind: DEFINITION or INVITATION where there is nothing to prove.

    Raises:
        ValueError: neither tests nor a kind, or both; a name without a value, or a value that is not in the text.
    """

    text: str
    proved_by: str = ""
    numbers: Mapping[str, Value] = field(default_factory=dict, hash=False)
    kind: str = ""

    def __post_init__(self) -> None:
        """Refuse a sentence that nothing supports."""
        if problem := wrong_with(self.proved_by, self.kind):
            raise ValueError(f"The sentence “{self.text[:60]}” {problem}.")
        if set(re.findall(r"\[\[(\w+)\]\]", self.text)) != set(self.numbers):
            raise ValueError(f"The sentence “{self.text[:60]}” and its numbers name different things.")

    def __str__(self) -> str:
        """The sentence with its numbers."""
        return fill(self.text, self.numbers)

    @property
    def tests(self) -> tuple[str, ...]:
        """The tests that prove it; none for a definition or an invitation."""
        return tuple(self.proved_by.split())


def invitation(text: str) -> Claim:
    """A sentence that asks for something to be done, or tells what a page is for."""
    return Claim(text, kind=INVITATION)


def definition(text: str) -> Claim:
    """A sentence that says what a word means, or what the lab does by construction."""
    return Claim(text, kind=DEFINITION)


# What makes a sentence, by the name under which a page calls it.
MAKERS: Mapping[str, Callable[..., Claim]] = MappingProxyType(
    {"Claim": Claim, "definition": definition, "invitation": invitation}
)


def name_of(call: ast.expr) -> str:
    """What an expression calls, without its module: "notice" for frame.notice(…)."""
    function = call.func if isinstance(call, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def claim_of(call: ast.Call) -> Claim:
    """The sentence that a call makes, read without running it.

    Raises:
        ValueError: it is not written out, or nothing supports it.
        KeyError: it makes no sentence.
    """
    given: list[Any] = [ast.literal_eval(value) for value in call.args]
    named: dict[str, Any] = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
    return MAKERS[name_of(call)](*given, **named)
