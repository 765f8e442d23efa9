"""What a question is, how an answer is judged, and how numbers are written in a worked solution."""

from dataclasses import dataclass, field

from dlcore.number_text import latex, latex_factor

RELATIVE, ABSOLUTE = 0.01, 0.005
ALLOWED = "Two digits after the point are enough; 1% off still counts."
EXACT = "A whole number, exactly."


@dataclass(frozen=True)
class Question:
    """A question with fresh numbers.

    Attributes:
        topic: stem of the page it belongs to.
        ask: Markdown with LaTeX.
        answer: computed by the lab's own code; whole numbers must be met, others within the tolerance.
        solution: Markdown with LaTeX, with these numbers.
        parameters: state in which the topic's page shows this very case; empty where there is none.
    """

    topic: str
    ask: str
    answer: int | float
    solution: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def tolerance(self) -> float:
        """How far an answer may be off: nothing for whole numbers, else 1 % or 0.005, whichever is more."""
        return 0.0 if isinstance(self.answer, int) else max(RELATIVE * abs(self.answer), ABSOLUTE)

    @property
    def allowed(self) -> str:
        """The tolerance as a sentence."""
        return EXACT if isinstance(self.answer, int) else ALLOWED

    def is_right(self, given: float) -> bool:
        """Whether an answer counts; NaN and infinity do not."""
        return abs(given - self.answer) <= self.tolerance


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
    """

    topic: str
    ask: str
    choices: tuple[Choice, ...]


def n(value: float) -> str:
    """A number in LaTeX: four significant digits."""
    return latex(value, 4)


def p(value: float) -> str:
    """A number as a factor in LaTeX: negative ones in parentheses."""
    return latex_factor(value, 4)


def plus(value: float) -> str:
    """A number as a summand in LaTeX, with its sign."""
    return f"+ {n(value)}" if value >= 0 else f"- {n(-value)}"
