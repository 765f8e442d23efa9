"""What looking at a test set more than once does to the best score seen there. numpy only.

The best of m scores is too good on average even when every score alone is fair: the maximum picks the luck.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.evaluation.intervals import standard_error


@lru_cache(1024)
def expected_maximum(m: int) -> float:
    """E[max of m independent standard normal numbers] = ∫₀^∞ (1 − Φ(z)^m) dz − ∫₋∞^0 Φ(z)^m dz.

    Raises:
        ValueError: m below 1.
    """
    if m < 1:
        raise ValueError("The best of none does not exist: m is at least 1.")
    z = np.linspace(-9, 9, 3601)
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z]) ** m  # P(max ≤ z)
    return float(np.trapezoid((z > 0) + 0.5 * (z == 0) - below, z))


def optimism(share: float, n: int, m: int) -> float:
    """How much too good the best of m looks is expected to be: E[max of m N(0, 1)] · SE.

    An upper bound: it holds for independent and equally good models. Models trained on the same images agree
    on most of them, and a model that is better by more than luck wins by merit.
    """
    return expected_maximum(m) * standard_error(share, n)


@dataclass(frozen=True, eq=False)
class Guesses:
    """Models that toss coins, scored on labels that are coin tosses as well.

    Attributes:
        images: labels to guess.
        accuracies: (repeats, m) of m models in each of several worlds.
    """

    images: int
    accuracies: NDArray[np.float64]

    @property
    def best_so_far(self) -> NDArray[np.float64]:
        """(repeats, m), the best accuracy among the first 1, 2, ... m models."""
        return np.maximum.accumulate(self.accuracies, axis=1)

    @property
    def expected(self) -> NDArray[np.float64]:
        """(m,) 1/2 + E[max] · SE: here the models are independent and equally good, so it is no bound."""
        m = self.accuracies.shape[1]
        return np.array([0.5 + optimism(0.5, self.images, k) for k in range(1, m + 1)])


def guesses(images: int, m: int, seed: int = 0, repeats: int = 40) -> Guesses:
    """m coin-tossing models on `images` coin-toss labels, in `repeats` independent worlds.

    Args:
        images, m, repeats: at least 1.
    """
    rng = np.random.default_rng(seed)
    accuracies = np.empty((repeats, m))
    for world in range(repeats):
        labels = rng.integers(0, 2, images, dtype=np.uint8)
        calls = rng.integers(0, 2, (m, images), dtype=np.uint8)
        accuracies[world] = (calls == labels).mean(axis=1)
    return Guesses(images, accuracies)


def contaminated(runs: Iterable[Mapping[str, Any]], openings: Iterable[Mapping[str, Any]]) -> set[str]:
    """Keys of the runs that may owe something to a look at the test set of their images.

    Those finished after the first look, whose recipe could be chosen knowing it; and those submitted at a
    later look, chosen knowing the earlier ones. What is opened at one moment, as by a class's challenge, is one look.

    Args:
        runs: index entries with key, dataset and finished.
        openings: looks of one learner, oldest first, with key, dataset and opened; times as ISO 8601 in UTC.
    """
    first: dict[str, Mapping[str, Any]] = {}
    marked = set()
    for look in openings:
        earliest = first.setdefault(look["dataset"], look)
        if look["key"] != earliest["key"] and look["opened"] != earliest["opened"]:
            marked.add(look["key"])
    late = {r["key"] for r in runs if r["dataset"] in first and r["finished"] > first[r["dataset"]]["opened"]}
    return marked | late
