"""Second opinion on cross-validated scores: scikit-learn's scaler, solver and loop over folds."""

import numpy as np
from numpy.typing import NDArray

from dlcore.data.splits import folds
from dlcore.evaluation.nested_cross_validation import Candidates


def accuracies(
    x: NDArray[np.float64], y: NDArray[np.int64], candidates: Candidates, k: int, seed: int
) -> NDArray[np.float64]:
    """(m,) cross-validated accuracy of every candidate on the folds of nested.accuracies."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found = []
    for columns, l2 in zip(candidates.columns, candidates.l2, strict=True):
        hits = 0
        for held_out in folds(y, k, seed):
            learn = np.delete(np.arange(len(y)), held_out)
            # scikit-learn minimises C Σ loss + |w|²/2: C = 1 / (l2 n)
            solver = LogisticRegression(C=1 / (l2 * len(learn)), tol=1e-8, max_iter=2000)
            model = make_pipeline(StandardScaler(), solver).fit(x[learn][:, columns], y[learn])
            hits += int((model.predict(x[held_out][:, columns]) == y[held_out]).sum())
        found.append(hits / len(y))
    return np.array(found)
