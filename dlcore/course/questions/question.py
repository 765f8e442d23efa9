"""What a question is, how an answer is judged, and how numbers are written in a worked solution."""

import math
from dataclasses import dataclass, field

from dlcore.number_text import latex, latex_factor

DECIMALS = 2
HALF_A_UNIT = (
    0.5 * 10**-DECIMALS * (1 + 1e-9)
)  # −0.38 for −0.375 is half a unit off, and binary a little more
ALLOWED = "Two digits after the point; more are welcome, and so is a fraction."
EXACT = "A whole number, exactly."
Mistake = tuple[float, str]  # what comes out, and what was done


@dataclass(frozen=True)
class Question:
    """A question with fresh numbers.

    Attributes:
        topic: stem of the page it belongs to.
        ask: Markdown with LaTeX.
        answer: computed by the lab's own code; whole numbers must be met, others to two digits after the point.
        solution: Markdown with LaTeX, with these numbers.
        parameters: state in which the topic's page shows this very case; empty where there is none.
        mistakes: what classic mistakes give, each with a sentence that names it.
    """

    topic: str
    ask: str
    answer: int | float
    solution: str
    parameters: dict[str, str] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    @property
    def tolerance(self) -> float:
        """How far an answer may be off: nothing for whole numbers, else half a unit of the second digit."""
        return 0.0 if isinstance(self.answer, int) else HALF_A_UNIT

    @property
    def tells_apart(self) -> bool:
        """Whether no mistake, however it is rounded, passes for the answer."""
        return all(abs(value - self.answer) > 2 * self.tolerance for value, _ in self.mistakes)

    @property
    def allowed(self) -> str:
        """The tolerance as a sentence."""
        return EXACT if isinstance(self.answer, int) else ALLOWED

    def is_right(self, given: float) -> bool:
        """Whether an answer counts; NaN and infinity do not."""
        return abs(given - self.answer) <= self.tolerance

    def mistake(self, given: float) -> str:
        """The sentence about the classic mistake that gives this wrong answer, or ""."""
        if self.is_right(given) or not math.isfinite(given):
            return ""
        near = [(abs(value - given), said) for value, said in self.mistakes if math.isfinite(value)]
        off, said = min(near, default=(math.inf, ""))
        return said if off <= self.tolerance else ""


@dataclass(frozen=True)
class Choice:
    """One answer to choose: its text, whether it is right, and why or why not."""

    text: str
    is_right: bool
    why: str


@dataclass(frozen=True)
class Concept:
    """A multiple-choice question about a term.

    Attributes:
        topic: stem of the page it belongs to.
        ask: Markdown with LaTeX.
        choices: exactly one of them is right; each says why.
        word: the entry of the vocabulary that it is about, whose experiment shows the answer; "" for none.
        proved_by, kind: what supports these reasons, as in dlcore.claims.
    """

    topic: str
    ask: str
    choices: tuple[Choice, ...]
    word: str = ""
    proved_by: str = ""
    kind: str = ""


def n(value: float) -> str:
    """A number in LaTeX: four significant digits."""
    return latex(value, 4)


def p(value: float) -> str:
    """A number as a factor in LaTeX: negative ones in parentheses."""
    return latex_factor(value, 4)


def plus(value: float) -> str:
    """A number as a summand in LaTeX, with its sign."""
    return f"+ {n(value)}" if value >= 0 else f"- {n(-value)}"
