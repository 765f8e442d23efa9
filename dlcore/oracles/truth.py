"""Second opinions on scores over many maps: scikit-learn's areas under curves, SciPy's rank correlation."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn import metrics


def aucs(maps: NDArray, masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) AUC of each map's pixels against its mask; NaN where the mask is empty or full."""
    known = [0 < mask.sum() < mask.size for mask in masks]
    pairs = zip(maps, masks, known, strict=True)
    return np.array([metrics.roc_auc_score(m.ravel(), h.ravel()) if ok else np.nan for h, m, ok in pairs])


def area(shares: NDArray, curve: NDArray) -> float:
    """Area under one curve."""
    return float(metrics.auc(shares, curve))


def rank_correlation(a: NDArray, b: NDArray) -> float:
    """Spearman's correlation of the cells of two maps."""
    return float(spearmanr(a.ravel(), b.ravel())[0])
