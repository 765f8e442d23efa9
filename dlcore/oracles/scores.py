"""Second opinions on what the training page counts: scikit-learn's counts, SciPy's intervals and statistics."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def confusion(said: NDArray, labels: NDArray, classes: int) -> NDArray[np.int64]:
    """(classes, classes) true by called, by scikit-learn from logits (n, 1 or classes) or probabilities."""
    from sklearn.metrics import confusion_matrix

    called = said[:, 0] > 0 if said.shape[1] == 1 else said.argmax(axis=1)
    return np.asarray(confusion_matrix(labels, called.astype(int), labels=np.arange(classes)))


def counts(called: NDArray[np.bool_], positive: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """TN, FP, FN, TP by scikit-learn."""
    from sklearn.metrics import confusion_matrix

    tn, fp, fn, tp = confusion_matrix(positive, called, labels=[False, True]).ravel()
    return int(tn), int(fp), int(fn), int(tp)


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share by SciPy."""
    from scipy.stats import binomtest

    found = binomtest(k, n).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def calibration_error(probabilities: NDArray, labels: NDArray, bins: int = 10) -> float:
    """Σ (n_b / n) |accuracy_b − confidence_b| by SciPy's binned means."""
    from scipy.stats import binned_statistic

    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    edges = np.arange(bins + 1) / bins
    sure, hit, n = (
        binned_statistic(confidence, values, how, bins=edges).statistic
        for values, how in ((confidence, "mean"), (right.astype(float), "mean"), (None, "count"))
    )
    used = n > 0
    return float((n[used] / n.sum() * np.abs(hit[used] - sure[used])).sum())


def in_several_parts(parts: Sequence[NDArray]) -> int:
    """How many images stand in more than one part, or twice in one, by pandas."""
    import pandas as pd

    return int(pd.Series(np.concatenate(parts)).duplicated().sum())


def chi_square(table: NDArray) -> float:
    """χ² of a table of counts (parts, classes) by SciPy; classes that do not occur are left out."""
    from scipy.stats import chi2_contingency

    return float(chi2_contingency(table[:, table.sum(axis=0) > 0], correction=False).statistic)


def fold_sizes(labels: NDArray, k: int, classes: int) -> NDArray[np.int64]:
    """(k, classes) images of each class in every fold that scikit-learn deals."""
    from sklearn.model_selection import StratifiedKFold

    dealt = StratifiedKFold(k, shuffle=True, random_state=0).split(np.zeros((len(labels), 1)), labels)
    return np.array([np.bincount(labels[held_out], minlength=classes) for _, held_out in dealt])


def nearest(train: NDArray, others: NDArray) -> Array:
    """(m,) the largest correlation of each row of the other images (m, pixels) with one of train, by SciPy."""
    from scipy.spatial.distance import cdist

    return np.asarray(
        1 - cdist(others.astype(np.float64), train.astype(np.float64), "correlation").min(axis=1)
    )


def difference_of_shares(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    """The 95 % interval of k₁/n₁ − k₂/n₂: SciPy's Wilson intervals, squared and added (Newcombe's method 10)."""
    (a, b), (c, d) = wilson(*first), wilson(*second)
    p, q = first[0] / first[1], second[0] / second[1]
    return p - q - float(np.hypot(p - a, d - q)), p - q + float(np.hypot(b - p, q - c))


def resampled(values: Array, resamples: int) -> tuple[float, float]:
    """The 95 % interval of a mean by SciPy's percentile bootstrap, with draws of its own."""
    from scipy.stats import bootstrap

    found = bootstrap(
        (values,), np.mean, n_resamples=resamples, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    return float(found.low), float(found.high)
