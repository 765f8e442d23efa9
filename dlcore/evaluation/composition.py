"""The class proportions of train, validation and test, with their intervals, and how far the parts are shifted.

numpy only. A description of labels; no model is scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data.splits import Split
from dlcore.evaluation.intervals import Difference, Share, newcombe, wilson

PARTS = ("train", "validation", "test")
SHUFFLES = 999  # random splits that this one is held against


@dataclass(frozen=True)
class Shift:
    """How much more common a class is in a part than in train, with the 95 % interval of the difference."""

    name: str
    part: str
    difference: Difference


@dataclass(frozen=True, eq=False)
class Composition:
    """How many images of every class each part holds: counts (3, classes) for train, validation, test."""

    class_names: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(3,), images in each part."""
        return self.counts.sum(axis=1)

    @property
    def shares(self) -> NDArray[np.float64]:
        """(3, classes), each row adding up to 1."""
        return self.counts / self.sizes[:, None]

    @property
    def intervals(self) -> tuple[NDArray, NDArray]:
        """Lower and upper ends of the shares' intervals, (3, classes) each."""
        return wilson(self.counts, self.sizes[:, None])

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """Validation and test against train, every class, largest difference first."""
        found = []
        for part in (1, 2):
            for c, name in enumerate(self.class_names):
                first, second = (Share(int(self.counts[i, c]), int(self.sizes[i])) for i in (part, 0))
                found.append(Shift(name, PARTS[part], newcombe(first, second)))
        return tuple(sorted(found, key=lambda shift: -abs(shift.difference.value)))

    @property
    def by_chance(self) -> float:
        """Share of random splits into parts of these sizes whose classes differ at least as much, this one counted.

        Differ: Pearson's χ² = Σ (observed − expected)² / expected over parts and classes. One question for the whole
        table, asked by permutation (Fisher 1935): of purely random splits at most 5 % get a value up to 0.05, however
        rare a class is.
        """
        rng = np.random.default_rng(
            self.counts.ravel()
        )  # the same table, the same answer; each table its own splits
        shuffled = dealt(self.counts.sum(axis=0), self.sizes, SHUFFLES, rng)
        as_far = chi_square(shuffled) >= chi_square(self.counts[None]) * (1 - 1e-9)
        return float((1 + as_far.sum()) / (1 + SHUFFLES))


def chi_square(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """(m,) Pearson's χ² of tables (m, parts, classes) with the same margins; classes without images count nothing."""
    of_class, of_part = counts[0].sum(axis=0), counts[0].sum(axis=1)
    there = of_class > 0
    expected = of_part[:, None] * of_class[there] / of_class.sum()
    return ((counts[..., there] - expected) ** 2 / expected).sum(axis=(1, 2))


def dealt(
    of_class: NDArray[np.int64], of_part: NDArray[np.int64], m: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Tables (m, parts, classes) of m random splits of these images into parts of these sizes.

    Part by part and class by class from what is left: the multivariate hypergeometric law.
    """
    left = np.tile(of_class, (m, 1))
    tables = np.zeros((m, len(of_part), len(of_class)), np.int64)
    for part, size in enumerate(of_part):
        wanted = np.full(m, size)
        for c in range(len(of_class)):
            tables[:, part, c] = rng.hypergeometric(left[:, c], left[:, c + 1 :].sum(axis=1), wanted)
            wanted -= tables[:, part, c]
        left -= tables[:, part]
    return tables


def composition(labels: NDArray, split: Split, class_names: Sequence[str]) -> Composition:
    """The class proportions of the three parts: a description, no model is scored.

    Args:
        labels: (n,) classes of all images, from 0 on.
    """
    counts = [np.bincount(labels[part], minlength=len(class_names)) for part in split]
    return Composition(tuple(class_names), np.array(counts))
