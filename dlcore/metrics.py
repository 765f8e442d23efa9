"""What a prediction is worth: accuracy, and the area under the ROC curve. numpy only."""

import numpy as np

from dlcore.logits import class_scores


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose most probable class is the true one.

    Args:
        probabilities: (n, classes).
        labels: (n,) integers.
    """
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def confusion(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(classes, classes) counts: images of true class (row) called predicted class (column)."""
    classes = probabilities.shape[1]
    pairs = labels * classes + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def auc(scores: np.ndarray, positive: np.ndarray) -> float | None:
    """Probability that a random positive scores above a random negative, ties counting one half.

    AUC = (R − n₊(n₊ + 1)/2) / (n₊ n₋), with R the sum of the positives' ranks (Mann & Whitney 1947).

    Args:
        scores: (n,) real numbers.
        positive: (n,) booleans.

    Returns:
        None where one of the two groups is empty or a score is not a number.
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if n_positive == 0 or n_negative == 0 or not np.isfinite(scores).all():
        return None
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2  # ranks start at 1; ties share their mean
    rank_sum = mean_rank[place][positive].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def macro_auc(
    probabilities: np.ndarray | None, labels: np.ndarray, logits: np.ndarray | None = None
) -> float | None:
    """Mean over the classes of the AUC of each against the rest; classes that do not occur are left out.

    For two classes this is the AUC of class 1, as the MedMNIST benchmark takes it.

    Args:
        probabilities: (n, classes); not looked at where there are logits.
        labels: (n,) integers.
        logits: (n, 1 or classes): images are ranked by them, in float64, where a probability near 1 would tie.

    Raises:
        ValueError: neither is given.
    """
    scores = probabilities if logits is None else class_scores(logits)
    if scores is None:
        raise ValueError("An AUC needs probabilities or logits.")
    classes = scores.shape[1]
    if classes == 2:
        return auc(scores[:, 1], labels == 1)
    each = [auc(scores[:, c], labels == c) for c in range(classes)]
    known = [value for value in each if value is not None]
    return float(np.mean(known)) if known else None
