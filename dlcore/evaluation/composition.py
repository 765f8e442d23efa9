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


def composition(labels: NDArray, split: Split, class_names: Sequence[str]) -> Composition:
    """The class proportions of the three parts: a description, no model is scored.

    Args:
        labels: (n,) classes of all images, from 0 on.
    """
    counts = [np.bincount(labels[part], minlength=len(class_names)) for part in split]
    return Composition(tuple(class_names), np.array(counts))
