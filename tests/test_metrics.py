"""Accuracy and AUC against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

from dlcore import metrics


@pytest.mark.parametrize("seed", range(20))
def test_auc_equals_scikit_learn_also_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, 40) / 5
    positive = rng.random(40) < 0.4
    assert metrics.auc(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_macro_auc_equals_scikit_learn_one_versus_rest() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), 60)
    labels = rng.integers(0, 4, 60)
    theirs = roc_auc_score(labels, p, multi_class="ovr", average="macro")
    assert metrics.macro_auc(p, labels) == pytest.approx(theirs, abs=1e-12)
    assert metrics.macro_auc(p, labels) != pytest.approx(metrics.macro_auc(p, labels[::-1]), abs=1e-6)


def test_auc_is_none_where_it_is_not_defined() -> None:
    assert metrics.auc(np.array([0.1, 0.2]), np.array([True, True])) is None
    assert metrics.auc(np.array([0.1, np.nan]), np.array([True, False])) is None
    assert metrics.macro_auc(np.full((3, 3), 1 / 3), np.zeros(3, int)) is None


def test_confusion_equals_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    p, labels = rng.dirichlet(np.ones(5), 80), rng.integers(0, 5, 80)
    theirs = confusion_matrix(labels, p.argmax(1), labels=range(5))
    assert np.array_equal(metrics.confusion(p, labels), theirs)


def test_accuracy_counts_the_most_probable_class() -> None:
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    assert metrics.accuracy(p, np.array([0, 1, 1])) == pytest.approx(2 / 3)
