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
        acts: ("press", name of a button), ("tab", name), ("key", name of a key) or ("pick", name of an option in
            view), one after another.
        finds: names of the answer's facts whose numbers must be on the screen; "answer" is the answer itself.
        says: sentences that must be on the screen, a fact's name in braces for its number: a small number alone
            stands on many a screen by accident. {name:.1f} is the number as it is written there.
    """

    acts: tuple[tuple[str, str], ...] = ()
    finds: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


ANSWER = ("answer",)
# title -> Walk
WALKS: dict[str, Walk] = {
    "Weigh, add, bend": Walk(finds=("answer", "a")),
    "Four points, one line": Walk(says=("as class +: {xor} of 4 points",)),
    "Another bend": Walk(says=("as class +: {best} of 4 points",)),
    "Six layers without a bend": Walk(says=("6 layers = one map by the product of the matrices",)),
    "Six layers with a bend": Walk(says=("With ReLU between the layers the two differ by up to",)),
    "The steepest sigmoid": Walk(finds=ANSWER),
    "A sleeping ReLU": Walk(finds=("z", "a")),
    "XOR once more": Walk(says=("epoch {epochs}", "accuracy 1 (n = 100)")),
    "Softmax and a constant": Walk(finds=("p1", "p2", "p3")),
    "Forward": Walk(finds=("answer", "loss")),
    "The error signal": Walk(finds=ANSWER),
    "All the way back": Walk(finds=("answer", "d_b1", "d_w2")),
    "A closed gate": Walk(finds=("answer", "d_b2")),
    "One step": Walk((("press", "Take the SGD step"),), ("loss_after",)),
    "Too long a step": Walk((("tab", "Learning rate"),), ("steepest",)),
    "A long valley": Walk(says=("Step\n {steps}",)),
    "Without the hats": Walk(says=("right 1, without the correction {factor:.2f}",)),
    "Four times the batch": Walk(says=("Variance at b = 32: {variance32:.4f} measured",)),
    "Who may be learned from": Walk(
        says=("train ({train:,} images)", "validation ({validation} images)", "test ({test} images)")
    ),
    "How often weights change": Walk(says=("⌈{n:,} / {b}⌉ = {answer:.0f} updates per epoch",)),
    "Learning by heart": Walk(
        finds=("train_last",),
        says=("validation was best in epoch {epoch} ({lowest:.3f})", "validation loss {last:.2f}"),
    ),
    "Five folds": Walk(says=("({outside:,} images) are split into {k} folds",)),
    "A filter of five": Walk(says=("z, {answer:.0f} × {answer:.0f}", "({field} products)")),
    "One pixel to the right": Walk(
        says=(
            "{percent:.1f}% of the max-pooled cells keep their value exactly",
            "{zeros:.1f}% of all cells are 0 before and after",
            "of the positive cells {positive:.1f}% keep it",
        )
    ),
    "What it saves": Walk((("pick", "MLP"),), says=("{mlp:,} parameters",)),
    "How fine is the map": Walk(says=("The map has {side} × {side} = {answer:.0f} numbers",)),
    "What one cell sees": Walk(says=("sees rows 1 to {answer:.0f}",)),
    "A smoother map": Walk(says=("= {raw} numbers; everything finer is interpolation",)),
    "The faint reason": Walk(
        (("pick", "A millionth of the score"),), says=("Stretched it is the same confident blob",)
    ),
    "The best of twenty coins": Walk(says=("The best of {m} on {n} images", "expected {answer:.1f}%")),
}


def steps() -> dict[str, Step]:
    """Every step of the course by its title."""
    return {step.title: step for lesson in read_lessons() for step in lesson.steps}


def facts(step: Step) -> dict[str, Any]:
    """What a step's answer says in numbers and words; "answer" is the answer itself."""
    answer = ANSWERS[step.answer](step.parameters)
    return {**answer.facts, "answer": answer.value}


def wanted(step: Step) -> dict[str, float]:
    """The numbers to be found at a step."""
    found = facts(step)
    return {name: float(found[name]) for name in WALKS[step.title].finds}


def sentences(step: Step) -> list[str]:
    """The sentences to be found at a step, with their numbers."""
    return [said.format(**facts(step)) for said in WALKS[step.title].says]


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


def unsaid(said: list[str], read: Callable[[], str]) -> list[str]:
    """The sentences that are not on the screen."""
    shown = " ".join(read().split())
    return [sentence for sentence in said if " ".join(sentence.split()) not in shown]
