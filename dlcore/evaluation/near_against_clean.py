"""Accuracy on images with a near-duplicate in training against accuracy on the others.

numpy only. Works on labels and predictions; who is near whom is found by dlcore.data.leakage.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.evaluation.intervals import Share


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
    predicted: NDArray, labels: NDArray, near: NDArray[np.bool_], class_names: Sequence[str]
) -> NearAgainstClean:
    """The accuracy of predictions, near-duplicates apart.

    Args:
        predicted, labels: (n,) class numbers.
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
