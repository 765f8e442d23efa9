"""The repeated step: equal to torch.optim.SGD, batches and epochs where they belong, ends where it must."""

import numpy as np
import pytest
import torch

from dlcore.backprop import LOSSES, PARAMETERS, backward, forward, step
from dlcore.backprop.sgd_repeated import MOST_STEPS, descend, loss_surface, mean_loss, samples

pytestmark = pytest.mark.delicate

START = {"w1": 0.8, "b1": 0.2, "w2": -1.1, "b2": 0.3}


def torch_path(x: np.ndarray, y: np.ndarray, eta: float, steps: int, loss: str) -> np.ndarray:
    """Full-batch SGD by torch.optim, from START."""
    theta = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in START.items()
    }
    optimizer = torch.optim.SGD(list(theta.values()), lr=eta)
    inputs, targets = torch.as_tensor(x), torch.as_tensor(y)
    path = [list(START.values())]
    for _ in range(steps):
        optimizer.zero_grad()
        z2 = theta["w2"] * torch.relu(theta["w1"] * inputs + theta["b1"]) + theta["b2"]
        if loss == "cross-entropy":
            value = torch.nn.functional.binary_cross_entropy_with_logits(z2, targets)
        else:
            value = torch.nn.functional.mse_loss(torch.sigmoid(z2), targets) / 2
        value.backward()
        optimizer.step()
        path.append([one.item() for one in theta.values()])
    return np.array(path)


@pytest.mark.parametrize("loss", LOSSES)
def test_full_batch_descent_equals_torchs_sgd(loss: str) -> None:
    x, y = samples()
    ours = descend(START, x, y, 0.5, epochs=30, batch_size=12, loss=loss).params
    np.testing.assert_allclose(ours, torch_path(x, y, 0.5, 30, loss), rtol=0, atol=1e-11)


def test_another_rate_does_not_equal_torchs_path() -> None:
    x, y = samples()
    ours = descend(START, x, y, 0.501, epochs=30, batch_size=12).params
    assert np.max(np.abs(ours - torch_path(x, y, 0.5, 30, "cross-entropy"))) > 1e-4


def test_an_epoch_sees_every_sample_once() -> None:
    x, y = np.array([-1.5, 0.5, 2.0]), np.array([1.0, 1.0, 0.0])
    found = descend(START, x, y, 1e-7, epochs=4, batch_size=1)
    assert len(found.losses) == 13 and found.epoch_starts == (0, 3, 6, 9)
    # With a tiny η the parameters hardly move, so one epoch of single samples sums to the full gradient.
    moved = (found.params[3] - found.params[0]) / -1e-7 / 3
    full = backward(START, x, y)
    np.testing.assert_allclose(moved, [getattr(full, name) for name in PARAMETERS], atol=1e-5)


def test_the_last_batch_may_be_smaller() -> None:
    x, y = samples(10)
    assert len(descend(START, x, y, 0.1, epochs=2, batch_size=4).losses) == 2 * 3 + 1


def test_one_sample_repeats_the_single_step() -> None:
    x, y = np.array([1.5]), np.array([1.0])
    once = step(START, backward(START, 1.5, 1.0), 0.5)
    found = descend(START, x, y, 0.5, epochs=1, batch_size=1)
    np.testing.assert_array_equal(found.params[1], [once[name] for name in PARAMETERS])


def test_frozen_parameters_stay_and_seeds_repeat() -> None:
    x, y = samples()
    found = descend(START, x, y, 0.5, 5, 4, frozen=("w1", "b2"), seed=3)
    assert np.ptp(found.params[:, [0, 3]], axis=0).tolist() == [0, 0]
    again, other = (descend(START, x, y, 0.5, 5, 4, frozen=("w1", "b2"), seed=seed) for seed in (3, 4))
    np.testing.assert_array_equal(found.params, again.params)
    assert not np.array_equal(found.params, other.params)


def test_it_ends_early_with_a_reason() -> None:
    x, y = samples()
    long = descend(START, x, y, 0.1, epochs=10_000, batch_size=1)
    assert len(long.losses) == MOST_STEPS + 1 and "most shown" in long.stopped
    wild = descend(START, 1e60 * x, y, 1e60, epochs=50, batch_size=12)
    assert "left the range" in wild.stopped and np.isfinite(wild.params).all()


def test_the_surface_is_the_mean_loss_and_holds_the_path() -> None:
    x, y = samples()
    found = descend(START, x, y, 0.5, 10, 4, frozen=("w1", "b1"))
    surface = loss_surface(found, ("w2", "b2"), x, y)
    assert surface.columns[0] < found.params[:, 2].min() and surface.rows[-1] > found.params[:, 3].max()
    at = {"w1": 0.8, "b1": 0.2, "w2": surface.columns[7], "b2": surface.rows[30]}
    assert surface.loss[30, 7] == pytest.approx(float(np.mean(forward(at, x, y).loss)), abs=1e-15)
    # with the others frozen, the path lies on this slice
    assert mean_loss(found.params[-1], x, y) == pytest.approx(found.losses[-1], abs=1e-15)


def test_at_eta_5_nearly_half_of_the_full_batch_steps_raise_the_loss_and_at_a_half_none() -> None:
    x, y = samples(12)
    rising = [np.mean(np.diff(descend(START, x, y, eta, 20, 12).losses) > 0) for eta in (5.0, 0.5)]
    assert 0.4 <= rising[0] <= 0.5 and rising[1] == 0
