"""ROC, precision-recall and counts at a threshold: against scikit-learn, ties included."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, precision_score, recall_score, roc_curve

from dlcore.evaluation import thresholds as th
from dlcore.oracles.training import average_precision_by_scikit_learn


@pytest.fixture(scope="module")
def scored() -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (200, 2), rounded so that scores tie, and labels."""
    rng = np.random.default_rng(3)
    p = np.round(rng.random(200), 1)
    return np.stack([1 - p, p], axis=1), (rng.random(200) < p).astype(int)


def test_the_threshold_by_cost_and_prevalence_is_the_cheapest_one_where_probabilities_are_right() -> None:
    rng = np.random.default_rng(0)
    learned, used, cost = 0.3, 0.1, 8.0
    positive = rng.random(400_000) < used
    x = rng.normal(
        np.where(positive, 1.0, -1.0)
    )  # log-odds of the classes given x: 2 x, plus those of the prior
    p = 1 / (
        1 + np.exp(-(2 * x + np.log(learned / (1 - learned))))
    )  # calibrated where three of ten are positive
    t = th.threshold_of(cost, used, learned)
    tried = np.linspace(0.01, 0.99, 197)
    price = [th.cost_per_image(th.at_threshold(p, positive, each), cost, used) for each in tried]
    assert abs(t - tried[int(np.argmin(price))]) < 0.04
    assert (
        th.cost_per_image(th.at_threshold(p, positive, t), cost, used)
        < 0.95 * price[int(np.argmin(abs(tried - 0.5)))]
    )
    assert th.threshold_of(1, 0.3, 0.3) == pytest.approx(0.5) and th.threshold_of(
        9, 0.3, 0.3
    ) == pytest.approx(0.1)


def test_roc_equals_scikit_learn_also_with_ties(scored: tuple[np.ndarray, np.ndarray]) -> None:
    p, labels = scored
    ours = th.roc(p[:, 1], labels == 1)
    fpr, tpr, thresholds = roc_curve(labels, p[:, 1], drop_intermediate=False)
    assert np.allclose(ours.false_positive_rate, fpr) and np.allclose(ours.true_positive_rate, tpr)
    assert np.allclose(ours.thresholds[1:], thresholds[1:])
    assert ours.auc == pytest.approx(np.trapezoid(tpr, fpr))


def test_counts_at_a_threshold_equal_scikit_learn(scored: tuple[np.ndarray, np.ndarray]) -> None:
    p, labels = scored
    for t in (0.0, 0.3, 0.5, 1.0):
        ours, called = th.at_threshold(p[:, 1], labels == 1, t), p[:, 1] >= t
        assert ours.sensitivity.value == pytest.approx(recall_score(labels, called))
        assert ours.specificity.n == (labels == 0).sum()
        if called.any():
            assert ours.precision.value == pytest.approx(precision_score(labels, called))


def test_precision_recall_equals_scikit_learn_also_with_ties(scored: tuple[np.ndarray, np.ndarray]) -> None:
    p, labels = scored
    ours = th.precision_recall(p[:, 1], labels == 1)
    precision, recall, thresholds = precision_recall_curve(labels, p[:, 1])
    assert np.allclose(ours.precision[::-1], precision[:-1]) and np.allclose(ours.recall[::-1], recall[:-1])
    assert np.allclose(ours.thresholds[::-1], thresholds)


def test_average_precision_equals_scikit_learn_and_the_trapezoid_does_not(
    scored: tuple[np.ndarray, np.ndarray],
) -> None:
    p, labels = scored
    ours = th.precision_recall(p[:, 1], labels == 1)
    theirs = average_precision_by_scikit_learn(p, labels, 1)
    assert ours.average_precision == pytest.approx(theirs, abs=1e-12)
    joined = np.trapezoid(ours.precision, ours.recall)  # joins what no threshold reaches
    assert ours.average_precision != pytest.approx(joined, abs=1e-3)


def test_a_score_that_knows_nothing_reaches_the_prevalence() -> None:
    positive = np.random.default_rng(0).random(500) < 0.2
    found = th.precision_recall(np.full(500, 0.5), positive)
    assert found.average_precision == pytest.approx(positive.mean()) == found.prevalence


def test_one_image_of_a_kind_is_a_whole_rate() -> None:
    found = th.roc([0.2, 0.6, 0.9], [False, True, True])
    assert found.false_positive_rate[-1] == found.true_positive_rate[-1] == 1
    assert th.roc([0.2, 0.6, 0.9], [False, False, True]).true_positive_rate.tolist() == [0, 1, 1, 1]
