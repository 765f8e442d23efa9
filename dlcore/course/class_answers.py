"""What a class has answered to a question, as the bars of a histogram; knows nobody's name."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dlcore.number_text import digits

MOST_BARS = 8  # of numbers: more cannot be read from the last row


@dataclass(frozen=True)
class Bar:
    """One answer, or the numbers between two: its label, how often it was given, whether it is right."""

    label: str
    count: int
    is_right: bool = False


def of_choices(
    answers: Mapping[str, int], choices: Sequence[tuple[str, str]], right: str | None = None
) -> tuple[Bar, ...]:
    """A bar for every choice, in their order, also for one that nobody has taken; what is no choice is left out.

    Args:
        answers: what was given -> how often.
        choices: (key, text) of each.
        right: key of the right one; None while it is not to be seen.
    """
    return tuple(Bar(text, answers.get(key, 0), key == right) for key, text in choices)


def of_numbers(
    answers: Mapping[str, int], right: float | None = None, is_right: Callable[[float], bool] | None = None
) -> tuple[Bar, ...]:
    """A bar for every number that was given, in their order; of many numbers, for ranges with equally many of them.

    What is no finite number is left out. The right number has its place also where nobody has given it.

    Args:
        answers: what was given -> how often.
        right: the right number; None while it is not to be seen.
        is_right: whether another number counts as right too.
    """
    counts = {number: 0 for number in [right] if number is not None}
    for given, count in answers.items():
        number = _finite(given)
        if number is not None:
            counts[number] = counts.get(number, 0) + count
    numbers = sorted(counts)
    if len(numbers) > MOST_BARS:
        return _ranges(counts, right)
    judge = is_right or (lambda number: number == right)
    return tuple(Bar(digits(n, 4), counts[n], right is not None and judge(n)) for n in numbers)


def _ranges(counts: Mapping[float, int], right: float | None) -> tuple[Bar, ...]:
    """Neighbouring numbers together, so that each bar holds about as many different ones."""
    bars = []
    for part in np.array_split(np.array(sorted(counts)), MOST_BARS):
        low, high = float(part[0]), float(part[-1])
        label = digits(low, 4) if low == high else f"{digits(low, 4)} to {digits(high, 4)}"
        holds = right is not None and low <= right <= high
        bars.append(Bar(label, sum(counts[float(n)] for n in part), holds))
    return tuple(bars)


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
