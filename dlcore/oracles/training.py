"""Second opinions on a run's scores: scikit-learn's metrics on the stored validation probabilities."""

import numpy as np
from sklearn.metrics import accuracy_score, average_precision_score, log_loss, roc_auc_score


def auc_by_scikit_learn(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Macro one-versus-rest AUC over the classes that occur; of class 1 for two classes.

    Args:
        probabilities: (n, classes).
        labels: (n,) integers.
    """
    if probabilities.shape[1] == 2:
        return float(roc_auc_score(labels, probabilities[:, 1]))
    present = np.unique(labels)
    return float(np.mean([roc_auc_score(labels == c, probabilities[:, c]) for c in present]))


def average_precision_by_scikit_learn(probabilities: np.ndarray, labels: np.ndarray, c: int) -> float:
    """Average precision of class c against the rest."""
    return float(average_precision_score(labels == c, probabilities[:, c]))


def accuracy_by_scikit_learn(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of right predictions."""
    return float(accuracy_score(labels, probabilities.argmax(axis=1)))


def cross_entropy_by_scikit_learn(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy in nats per image."""
    p = probabilities.astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)  # float32 rows add up to 1 only nearly, and scikit-learn warns
    return float(log_loss(labels, p, labels=range(p.shape[1])))
