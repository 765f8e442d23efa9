"""The lessons walked through: what a step says to do, as data, and the numbers that must then stand on the screen."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcore.course.answers import ANSWERS
from dlcore.course.lessons import Step, read_lessons

ROOT = Path(__file__).parent.parent
NUMBER = re.compile(r"(?<![\w.])[−-]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Walk:
    """What to do on a step's page, and what to find there.

    Attributes:
        acts: ("press", name of a button), ("tab", name) or ("key", name of a key), one after another.
        finds: names of the answer's facts whose numbers must be on the screen; "answer" is the answer itself.
    """

    acts: tuple[tuple[str, str], ...] = ()
    finds: tuple[str, ...] = ("answer",)


# title -> Walk
WALKS: dict[str, Walk] = {
    "Weigh, add, bend": Walk(finds=("answer", "a")),
    "The steepest sigmoid": Walk(),
    "A sleeping ReLU": Walk(finds=("z", "a")),
    "Softmax and a constant": Walk(finds=("p1", "p2", "p3")),
    "Forward": Walk(finds=("answer", "loss")),
    "The error signal": Walk(),
    "All the way back": Walk(finds=("answer", "d_b1", "d_w2")),
    "A closed gate": Walk(finds=("answer", "d_b2")),
    "One step": Walk((("press", "Take the SGD step"),), ("loss_after",)),
    "Too long a step": Walk((("tab", "Learning rate"),), ("steepest",)),
}


def steps() -> dict[str, Step]:
    """Every step of the course by its title."""
    return {step.title: step for lesson in read_lessons() for step in lesson.steps}


def wanted(step: Step) -> dict[str, float]:
    """The numbers to be found at a step."""
    answer = ANSWERS[step.answer](step.parameters)
    facts: dict[str, Any] = {**answer.facts, "answer": answer.value}
    return {name: float(facts[name]) for name in WALKS[step.title].finds}


def numbers(text: str) -> set[str]:
    """The numbers of a text as they are written, with a plain minus sign and without commas."""
    return {found.replace("−", "-").replace(",", "") for found in NUMBER.findall(text)}


def is_shown(value: float, shown: set[str]) -> bool:
    """Whether one of the numbers is this value, rounded to the digits it is written with; to two at least, if it has
    them."""

    def says(number: str) -> bool:
        places = len(number.partition(".")[2])
        if abs(float(number) - value) > 0.5000001 * 10.0**-places:
            return False
        return float(number) == value or len(number.lstrip("-0.").replace(".", "")) >= 2

    return any(map(says, shown))


def missing(values: dict[str, float], read: Callable[[], str]) -> list[str]:
    """The names of the values that are not on the screen."""
    shown = numbers(read())
    return [name for name, value in values.items() if not is_shown(value, shown)]
