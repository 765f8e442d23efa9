"""Losses of the margin: against torch's losses and autograd, on a grid and on predictions."""

import numpy as np
import pytest

from dlcore.experiments import losses
from dlcore.oracles import losses as oracle
from dlcore.training import loss_of

GRID = np.linspace(-30, 30, 241)


def predictions(classes: int, n: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 4, (n, classes))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return p, rng.integers(0, classes, n)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_loss_and_slope_of_the_margin_equal_torch(name: str) -> None:
    loss = losses.LOSSES[name]
    value, slope = oracle.binary(GRID, name)
    assert np.abs(loss.of(GRID) - value).max() < 1e-12
    assert np.abs(loss.slope(GRID) - slope).max() < 1e-12


def test_squared_error_without_the_sigmoids_slope_is_not_torchs_gradient() -> None:
    _, slope = oracle.binary(GRID, "squared_error")
    forgotten = -2 * losses.sigmoid(-GRID)  # 2 (ŷ − y), the chain rule's last factor left out
    assert np.abs(forgotten - slope).max() > 1


def test_a_confident_mistake_pulls_hard_under_cross_entropy_and_hardly_under_squared_error() -> None:
    assert losses.LOSSES["cross_entropy"].slope(-10.0) == pytest.approx(-1, abs=1e-4)
    assert abs(losses.LOSSES["squared_error"].slope(-10.0)) < 1e-4
    steepest = GRID[np.argmin(losses.LOSSES["squared_error"].slope(GRID))]
    assert steepest == pytest.approx(-np.log(2), abs=0.25)  # σ(−m)²σ(m) is largest where σ(m) = 1/3


@pytest.mark.parametrize("classes", [2, 3, 9])
@pytest.mark.parametrize("name", losses.LOSSES)
def test_predictions_are_judged_as_torch_judges_them(name: str, classes: int) -> None:
    p, y = predictions(classes)
    found = losses.judge(p, y)
    value, pull = oracle.categorical(p, y, name)
    assert np.abs(found.losses[name] - value).max() < 1e-12
    assert np.abs(found.pulls[name] - pull).max() < 1e-12
    assert np.array_equal(found.right, p.argmax(axis=1) == y)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_the_mean_is_the_loss_that_training_minimises(name: str) -> None:
    import torch

    p, y = predictions(4)
    ours = losses.judge(p, y).losses[name].mean()
    assert ours == pytest.approx(float(loss_of(torch.tensor(np.log(p)), torch.tensor(y), name)), abs=1e-12)


def test_squared_error_lies_in_its_band_and_in_no_narrower_one() -> None:
    p, y = predictions(5, n=2000)
    found = losses.judge(p, y)
    low, high = losses.band(found.margins, 5)
    assert (
        (low - 1e-12 <= found.losses["squared_error"]) & (found.losses["squared_error"] <= high + 1e-12)
    ).all()
    assert (found.losses["squared_error"] > 0.9 * high).any()
    narrow_low, narrow_high = losses.band(found.margins, 2)
    assert not (
        (narrow_low <= found.losses["squared_error"]) & (found.losses["squared_error"] <= narrow_high)
    ).all()
    assert np.allclose(losses.band(GRID, 2)[0], losses.LOSSES["squared_error"].of(GRID))


def test_certain_predictions_stay_finite() -> None:
    p = np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.5]], np.float32)
    found = losses.judge(p, np.array([0, 1, 1]))
    assert np.isfinite(found.margins).all() and np.isfinite(found.losses["cross_entropy"]).all()
    assert found.margins[0] > losses.FAR and found.margins[1] < -losses.FAR and found.margins[2] == 0


def test_the_worst_tenth_carries_more_of_cross_entropy_than_of_squared_error() -> None:
    p, y = predictions(2, n=1000)
    found = losses.judge(p, y)
    assert found.share_of_worst("cross_entropy") > found.share_of_worst("squared_error")
    assert found.share_of_worst("cross_entropy", 1.0) == pytest.approx(1)
