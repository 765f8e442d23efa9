"""What a prediction is worth: accuracy, and the area under the ROC curve. numpy only."""

from typing import Any

import numpy as np

from dlcore.arguments import BadInput, class_columns, class_labels, real_numbers, rows, shares, truths
from dlcore.logits import class_scores


def accuracy(probabilities: Any, labels: Any) -> float:
    """Share of images whose most probable class is the true one.

    >>> accuracy([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]], [0, 1, 1])
    0.6666666666666666

    Args:
        probabilities: (n, classes); arrays, lists, tensors and pandas alike, here and below.
        labels: (n,) integers.

    Raises:
        dlcore.data.BadInput: another shape, or labels that are no class numbers.
    """
    called, labels, _ = _called_and_true(probabilities, labels)
    return float(np.mean(called == labels))


def confusion(probabilities: Any, labels: Any) -> np.ndarray:
    """(classes, classes) counts: images of true class (row) called predicted class (column).

    >>> confusion([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]], [0, 1, 1]).tolist()
    [[1, 0], [1, 1]]
    """
    called, labels, classes = _called_and_true(probabilities, labels)
    return np.bincount(labels * classes + called, minlength=classes**2).reshape(classes, classes)


def _called_and_true(probabilities: Any, labels: Any) -> tuple[np.ndarray, np.ndarray, int]:
    """(n,) the most probable class, (n,) the true one, and how many classes there are."""
    columns = class_columns(probabilities)
    classes = columns.shape[1]
    return columns.argmax(axis=1), class_labels(labels, classes, len(columns)), classes


def auc(scores: Any, positive: Any) -> float | None:
    """Probability that a random positive scores above a random negative, ties counting one half.

    AUC = (R − n₊(n₊ + 1)/2) / (n₊ n₋), with R the sum of the positives' ranks (Mann & Whitney 1947).

    >>> auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75

    Args:
        scores: (n,) real numbers.
        positive: (n,) booleans, or the numbers 1 and 0.

    Returns:
        None where one of the two groups is empty or a score is not a number.

    Raises:
        dlcore.data.BadInput: other labels than true and false, or not one for each score.
    """
    scores = real_numbers(scores, "scores")
    positive = truths(positive, "labels", len(scores))
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if n_positive == 0 or n_negative == 0 or not np.isfinite(scores).all():
        return None
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2  # ranks start at 1; ties share their mean
    rank_sum = mean_rank[place][positive].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def macro_auc(probabilities: Any, labels: Any, logits: Any = None) -> float | None:
    """Mean over the classes of the AUC of each against the rest; classes that do not occur are left out.

    For two classes this is the AUC of class 1, as the MedMNIST benchmark takes it.

    >>> macro_auc([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]], [0, 0, 1, 1])
    0.75

    Args:
        probabilities: (n, classes); not looked at where there are logits.
        labels: (n,) integers.
        logits: (n, 1 or classes): images are ranked by them, in float64, where a probability near 1 would tie.

    Raises:
        dlcore.data.BadInput: neither is given; or probabilities beyond 0 and 1, labels that are no class numbers.
    """
    if probabilities is None and logits is None:
        raise BadInput("An AUC needs probabilities or logits.")
    scores = shares(probabilities) if logits is None else class_scores(rows(logits))
    classes = scores.shape[1]
    labels = class_labels(labels, classes, len(scores))
    if classes == 2:
        return auc(scores[:, 1], labels == 1)
    each = [auc(scores[:, c], labels == c) for c in range(classes)]
    known = [value for value in each if value is not None]
    return float(np.mean(known)) if known else None
