"""Second opinions on a run's scores: scikit-learn's metrics and SciPy's logsumexp on the logits as they are stored.

Runs of version 1 hold no logits; there the stored probabilities are all that there is to start from.
"""

import numpy as np
from scipy.special import logsumexp
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score


def class_score(c: int, probabilities: np.ndarray | None, logits: np.ndarray | None) -> np.ndarray:
    """(n,) what ranks the images by class c: its log-odds, in float64; its probability where there are no logits.

    Args:
        probabilities: (n, classes), not looked at where there are logits.
        logits: (n, 1 or classes).
    """
    if logits is None:
        assert probabilities is not None
        return probabilities[:, c]
    z = np.asarray(logits, dtype=np.float64)
    if z.shape[1] == 1:
        return z[:, 0] if c == 1 else -z[:, 0]
    return z[:, c] - logsumexp(np.delete(z, c, axis=1), axis=1)


def auc_by_scikit_learn(
    probabilities: np.ndarray | None, labels: np.ndarray, logits: np.ndarray | None = None
) -> float:
    """Macro one-versus-rest AUC over the classes that occur; of class 1 for two classes.

    Args:
        probabilities: (n, classes), not looked at where there are logits.
        labels: (n,) integers.
        logits: (n, 1 or classes).
    """
    columns = (logits if logits is not None else np.asarray(probabilities)).shape[1]
    present = [1] if columns <= 2 else np.unique(labels)
    each = [roc_auc_score(labels == c, class_score(int(c), probabilities, logits)) for c in present]
    return float(np.mean(each))


def average_precision_by_scikit_learn(
    probabilities: np.ndarray | None, labels: np.ndarray, c: int, logits: np.ndarray | None = None
) -> float:
    """Average precision of class c against the rest."""
    return float(average_precision_score(labels == c, class_score(c, probabilities, logits)))


def accuracy_by_scikit_learn(
    probabilities: np.ndarray | None, labels: np.ndarray, logits: np.ndarray | None = None
) -> float:
    """Share of right predictions: of the largest logit, or the sign of the only one."""
    said = logits if logits is not None else np.asarray(probabilities)
    called = said[:, 0] > 0 if said.shape[1] == 1 else said.argmax(axis=1)
    return float(accuracy_score(labels, called.astype(int)))


def cross_entropy_by_scipy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy in nats per image, log Σ_k e^{z_k} − z_y; a single logit z stands beside a 0.

    Args:
        logits: (n, 1 or classes).
        labels: (n,) integers.
    """
    z = np.asarray(logits, dtype=np.float64)
    if z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])
    return float(np.mean(logsumexp(z, axis=1) - z[np.arange(len(z)), labels]))
