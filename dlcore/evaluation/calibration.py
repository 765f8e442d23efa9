"""How sure a network is and how wrong: calibration in bins, and the most confident mistakes.

numpy only. Works on labels and stored probabilities.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.arguments import BadInput, class_labels, shares
from dlcore.evaluation.intervals import Share
from dlcore.shown import Shown

BINS = 10


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Shown):
    """Predictions in bins of equal width by their confidence: mean confidence (bins,), and how many were right.

    >>> found = calibration([[0.9, 0.1], [0.25, 0.75]], [0, 0])
    >>> found.confidence.tolist(), [share.value for share in found.right]
    ([0.75, 0.9], [0.0, 1.0])
    """

    confidence: NDArray[np.float64]
    right: tuple[Share, ...]
    expected_error: float  # Σ (n_bin / n) |accuracy − confidence|


def _judged(probabilities: Any, labels: Any) -> tuple[NDArray, NDArray[np.int64]]:
    """(n, classes) whose rows add up to 1, and (n,) class numbers, whatever they came as."""
    p = _rows_of_one(probabilities)
    return p, class_labels(labels, p.shape[1], len(p))


def _rows_of_one(probabilities: Any) -> NDArray:
    p = shares(probabilities)
    if not len(p) or not np.allclose(p.sum(axis=1), 1, atol=1e-3):
        raise BadInput("The probabilities of an image add up to 1; here they do not, or there are none.")
    return p


def calibration(probabilities: Any, labels: Any, bins: int = BINS) -> Calibration:
    """Whether "90 % sure" is right nine times in ten; bins without images are left out.

    >>> round(calibration([[0.9, 0.1], [0.25, 0.75]], [0, 0]).expected_error, 3)
    0.425

    The expected calibration error is Σ_b (n_b / n) |accuracy_b − confidence_b| (Naeini et al. 2015).

    Args:
        probabilities: (n, classes), rows adding up to 1.
        labels: (n,) true classes.

    Raises:
        dlcore.data.BadInput: rows that do not add up to 1, or labels that are no class numbers.
    """
    probabilities, labels = _judged(probabilities, labels)
    confidence = probabilities.max(axis=1).astype(float)
    right = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    used = np.unique(place)
    mean = np.array([confidence[place == b].mean() for b in used])
    shares = tuple(Share(int(right[place == b].sum()), int((place == b).sum())) for b in used)
    error = sum(s.n / len(labels) * abs(s.value - c) for s, c in zip(shares, mean, strict=True))
    return Calibration(mean, shares, float(error))


def error_by_chance(probabilities: Any, worlds: int = 2000, seed: int = 0) -> tuple[float, float]:
    """Mean and 95 % quantile of the expected calibration error of a perfectly calibrated network on as many images.

    Labels are drawn by the network's own probabilities, so that it is calibrated by construction; what the error is
    then above 0 is the chance of few images in a bin, (n_b / n) · E|accuracy_b − confidence_b|.

    >>> few, many = (error_by_chance(np.full((n, 2), 0.5))[0] for n in (25, 2500))
    >>> round(few, 2), round(many, 3)
    (0.08, 0.008)

    Args:
        probabilities: (n, classes), rows adding up to 1.

    Raises:
        dlcore.data.BadInput: they do not.
    """
    probabilities = _rows_of_one(probabilities)
    confidence = probabilities.max(axis=1).astype(float)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = (place[:, None] == np.arange(BINS)).astype(float)  # (n, bins)
    right = np.random.default_rng(seed).random((worlds, len(confidence))) < confidence
    errors = np.abs((right - confidence) @ bins).sum(axis=1) / len(confidence)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def worst(probabilities: Any, labels: Any, count: int = 12) -> NDArray[np.int64]:
    """Positions of the mistakes, the most confident first, at most `count`.

    >>> worst([[0.9, 0.1], [0.4, 0.6], [0.05, 0.95]], [0, 0, 0]).tolist()
    [2, 1]

    Args:
        probabilities: (n, classes); labels: (n,) true classes.
    """
    probabilities, labels = _judged(probabilities, labels)
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    return wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")][:count]
