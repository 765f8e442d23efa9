"""Logits: nothing is rounded before it is ranked or turned into a loss; second opinions from the same logits."""

import numpy as np
import pytest
import torch
from scipy.special import expit, logsumexp, softmax
from sklearn.metrics import roc_auc_score

from dlcore import logits, metrics, models, training
from dlcore.experiments import losses
from dlcore.oracles import losses as loss_oracle
from dlcore.oracles import training as oracle

SURE = np.array([[17.0], [18.0], [19.0], [20.0]], np.float32)
LABELS = np.array([0, 1, 1, 1])


def rounded(z: np.ndarray) -> np.ndarray:
    """Probabilities as version 1 kept them: float32 [1 − p, p]."""
    p = (1 / (1 + np.exp(-z[:, 0]))).astype(np.float32)
    return np.stack([1 - p, p], axis=1)


def test_four_sure_logits_are_ranked_rightly_and_were_not_as_rounded_probabilities() -> None:
    assert metrics.macro_auc(None, LABELS, SURE) == 1.0
    assert metrics.macro_auc(logits.probabilities(SURE), LABELS, logits=SURE) == 1.0
    assert metrics.macro_auc(rounded(SURE), LABELS) < 1.0  # the control: what was kept until version 1
    assert (
        roc_auc_score(LABELS, SURE[:, 0].astype(float))
        == oracle.auc_by_scikit_learn(None, LABELS, SURE)
        == 1.0
    )


def test_the_cross_entropy_of_a_sure_mistake_is_its_logit_and_not_the_logarithm_of_a_rounded_zero() -> None:
    z, y = np.array([[17.0]], np.float32), np.array([0])
    expected = 17 + np.log1p(np.exp(-17.0))
    assert expected == pytest.approx(17.00000004, abs=5e-9)
    assert losses.judge(None, y, z).losses["cross_entropy"][0] == pytest.approx(expected, rel=1e-15)
    assert loss_oracle.categorical(None, y, "cross_entropy", z)[0][0] == pytest.approx(expected, rel=1e-15)
    assert oracle.cross_entropy_by_scipy(z, y) == pytest.approx(expected, rel=1e-15)
    assert losses.judge(rounded(z), y).losses["cross_entropy"][0] > 700  # the control


@pytest.mark.parametrize("classes", [1, 2, 3, 11])
@pytest.mark.parametrize("scale", [0.1, 5.0, 200.0])
def test_probabilities_and_scores_equal_scipys(classes: int, scale: float) -> None:
    z = (scale * np.random.default_rng(classes).standard_normal((300, classes))).astype(np.float32)
    p, s = logits.probabilities(z), logits.class_scores(z)
    wide = z.astype(np.float64)
    if classes == 1:
        assert np.allclose(p, np.hstack([expit(-wide), expit(wide)]), rtol=1e-13, atol=0)
    else:
        assert np.allclose(p, softmax(wide, axis=1), rtol=1e-12, atol=1e-300)
    for c in range(s.shape[1]):
        theirs = oracle.class_score(c, None, z)
        assert np.abs(s[:, c] - theirs).max() <= 1e-13 * max(1, scale * 10)


def test_one_logit_is_the_log_odds_of_class_1_in_both_places() -> None:
    """What is asked of a network agrees with the loss that it learned by: class 1 is the likelier the larger z."""
    z, y = np.array([[2.0], [-1.0], [0.5]], np.float32), np.array([1, 0, 0])
    for p in (logits.probabilities(z), models.probabilities(torch.from_numpy(z)).numpy()):
        assert np.allclose(p[:, 1], expit(z[:, 0]), rtol=1e-6) and np.allclose(p.sum(axis=1), 1)
        loss = training.loss_of(torch.from_numpy(z), torch.from_numpy(y), "cross_entropy")
        assert -np.log(p[np.arange(3), y]).mean() == pytest.approx(float(loss), rel=1e-6)
    assert logits.class_scores(z).tolist() == [[-2.0, 2.0], [1.0, -1.0], [-0.5, 0.5]]


def test_both_tails_keep_their_digits() -> None:
    p = logits.probabilities([[-40.0], [40.0], [-700.0]])
    assert p[0, 1] == pytest.approx(np.exp(-40), rel=1e-14) == p[1, 0]
    assert p[2, 1] == pytest.approx(np.exp(-700), rel=1e-13)


def test_scores_order_images_as_probabilities_do_where_these_can_tell_them_apart() -> None:
    z = np.random.default_rng(0).standard_normal((200, 4)) * 3
    p, s = logits.probabilities(z), logits.class_scores(z)
    assert np.array_equal(p.argmax(axis=1), s.argmax(axis=1))
    for c in range(4):
        assert np.array_equal(np.argsort(p[:, c]), np.argsort(s[:, c]))
    assert not np.array_equal(np.argsort(p[:, 0]), np.argsort(z[:, 0]))  # the raw logit is another order


@pytest.mark.parametrize("classes", [1, 3, 9])
def test_areas_and_losses_from_logits_equal_scikit_learns_and_torchs(classes: int) -> None:
    rng = np.random.default_rng(classes)
    z = (6 * rng.standard_normal((150, classes))).astype(np.float32)
    labels = rng.integers(0, max(2, classes), 150)
    ours = metrics.macro_auc(None, labels, z)
    assert ours == pytest.approx(oracle.auc_by_scikit_learn(None, labels, z), abs=1e-12)
    judged = losses.judge(None, labels, z)
    for name in losses.LOSSES:
        value, pull = loss_oracle.categorical(None, labels, name, z)
        assert np.abs(judged.losses[name] - value).max() < 1e-12 * 50
        assert np.abs(judged.pulls[name] - pull).max() < 1e-12
    assert judged.losses["cross_entropy"].mean() == pytest.approx(
        oracle.cross_entropy_by_scipy(z, labels), rel=1e-12
    )
    called = logits.probabilities(z).argmax(axis=1)
    assert metrics.accuracy(logits.probabilities(z), labels) == np.mean(called == labels)
    assert oracle.accuracy_by_scikit_learn(None, labels, z) == np.mean(called == labels)


def test_a_threshold_on_the_probability_calls_the_same_images_as_on_its_score() -> None:
    said = logits.Predictions(np.random.default_rng(1).standard_normal((300, 3)).astype(np.float32))
    for t in (0.0, 0.2, 0.5, 0.83):
        called = said.scores >= said.score_at(t)
        assert np.array_equal(called, said.probabilities >= t)
    assert not (said.scores >= said.score_at(1.0)).any()
    assert np.allclose(said.probability_at(said.scores), said.probabilities, atol=1e-12)
    old = logits.Predictions(None, rounded(SURE))
    assert old.score_at(0.3) == 0.3 and np.array_equal(old.scores, old.probabilities)


def test_neither_probabilities_nor_logits_is_an_error() -> None:
    with pytest.raises(ValueError, match="probabilities or"):
        metrics.macro_auc(None, LABELS)
    with pytest.raises(ValueError, match="probabilities or"):
        losses.judge(None, LABELS)
    z = np.zeros((3, 2)) - logsumexp([0, 0])
    assert metrics.macro_auc(None, np.zeros(3, int), z) is None
