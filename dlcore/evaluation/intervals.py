"""What shares measured on a few images are worth: intervals, class proportions, near-duplicates, calibration.

numpy only. Works on labels and stored probabilities; knows neither models nor where the images come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data.splits import Split

Z95 = 1.959964  # the standard normal's 97.5 % quantile
PARTS = ("train", "validation", "test")


# --- one share ---------------------------------------------------------------------------------------------


def wilson(k: NDArray | float, n: NDArray | int, z: float = Z95) -> tuple[NDArray, NDArray]:
    """Lower and upper end of the 95 % interval of a share k / n.

    (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), which stays sensible where n is small or p is 0 or 1
    (Wilson 1927; Brown, Cai and DasGupta 2001). An empty group knows nothing: 0 to 1.
    k and n are scalars or arrays; both ends have their common shape.
    """
    k, n = np.asarray(k, float), np.asarray(n, float)
    size = np.maximum(n, 1)
    p = k / size
    centre = (p + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    low = np.where(n > 0, np.maximum(centre - half, 0), 0)
    high = np.where(n > 0, np.minimum(centre + half, 1), 1)
    return low, high


@dataclass(frozen=True)
class Share:
    """k of n, with Wilson's 95 % interval; written as "83.3 % (76.7–88.4 %, n = 156)".

    k is whole where we counted; a published share times its n need not be.
    """

    k: float
    n: int

    @property
    def value(self) -> float:
        return self.k / self.n if self.n else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        low, high = wilson(self.k, self.n)
        return float(low), float(high)

    def __str__(self) -> str:
        if not self.n:
            return "none (n = 0)"
        low, high = self.interval
        return f"{100 * self.value:.1f} % ({100 * low:.1f}–{100 * high:.1f} %, n = {self.n:,})"


def difference(first: Share, second: Share) -> tuple[float, float, float]:
    """first − second of two shares counted on different images, and its 95 % interval's lower and upper end.

    Newcombe's interval, from the Wilson intervals of both (Newcombe 1998, method 10).
    """
    p, q = first.value, second.value
    (a, b), (c, d) = first.interval, second.interval
    return p - q, p - q - float(np.hypot(p - a, d - q)), p - q + float(np.hypot(b - p, q - c))


# --- the splits, described ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """How much more common a class is in a part than in train, with the 95 % interval of the difference."""

    name: str
    part: str
    difference: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


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
                found.append(Shift(name, PARTS[part], *difference(first, second)))
        return tuple(sorted(found, key=lambda shift: -abs(shift.difference)))


def composition(labels: NDArray, split: Split, class_names: Sequence[str]) -> Composition:
    """The class proportions of the three parts: a description, no model is scored.

    Args:
        labels: (n,) classes of all images, from 0 on.
    """
    counts = [np.bincount(labels[part], minlength=len(class_names)) for part in split]
    return Composition(tuple(class_names), np.array(counts))


# --- near-duplicates against the others --------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class NearAgainstClean:
    """Accuracy on images with a twin in training and on those without, overall and class by class.

    `prevalence` holds the class counts of both groups, (2, classes): where they differ, so may the accuracies
    for that reason alone.
    """

    class_names: tuple[str, ...]
    near: Share
    clean: Share
    by_class: tuple[tuple[Share, Share], ...]
    prevalence: NDArray[np.int64]


def near_against_clean(
    labels: NDArray, predicted: NDArray, near: NDArray[np.bool_], class_names: Sequence[str]
) -> NearAgainstClean:
    """The accuracy of predictions, near-duplicates apart.

    Args:
        labels, predicted: (n,) class numbers.
        near: (n,) whether an image has a near-duplicate in training.
    """
    right = labels == predicted

    def share(group: NDArray[np.bool_]) -> Share:
        return Share(int(right[group].sum()), int(group.sum()))

    classes = range(len(class_names))
    return NearAgainstClean(
        tuple(class_names),
        share(near),
        share(~near),
        tuple((share(near & (labels == c)), share(~near & (labels == c))) for c in classes),
        np.array([np.bincount(labels[group], minlength=len(class_names)) for group in (near, ~near)]),
    )


# --- how sure, and how wrong -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Calibration:
    """Predictions in bins of equal width by their confidence: mean confidence (bins,), and how many were right."""

    confidence: NDArray[np.float64]
    right: tuple[Share, ...]
    expected_error: float  # Σ (n_bin / n) |accuracy − confidence|


def calibration(probabilities: NDArray, labels: NDArray, bins: int = 10) -> Calibration:
    """Whether "90 % sure" is right nine times in ten; bins without images are left out.

    The expected calibration error is Σ_b (n_b / n) |accuracy_b − confidence_b| (Naeini et al. 2015).

    Args:
        probabilities: (n, classes), rows adding up to 1.
        labels: (n,) true classes.
    """
    confidence = probabilities.max(axis=1).astype(float)
    right = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    used = np.unique(place)
    mean = np.array([confidence[place == b].mean() for b in used])
    shares = tuple(Share(int(right[place == b].sum()), int((place == b).sum())) for b in used)
    error = sum(s.n / len(labels) * abs(s.value - c) for s, c in zip(shares, mean, strict=True))
    return Calibration(mean, shares, float(error))


def worst(probabilities: NDArray, labels: NDArray, count: int = 12) -> NDArray[np.int64]:
    """Positions of the mistakes, the most confident first, at most `count`.

    Args:
        probabilities: (n, classes); labels: (n,) true classes.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    return wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")][:count]
