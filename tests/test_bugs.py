"""The bug zoo: without bugs it is right, and every bug is caught by at least one check."""

import numpy as np
import pytest
import torch

from dlcore.backprop import PARAMETERS, backward
from dlcore.backprop.bugs import (
    BUGS,
    CHECKS,
    Wide,
    differences,
    gradient,
    loss_falls,
    random_network,
    run_checks,
    two_neurons,
)

pytestmark = pytest.mark.delicate

POINT = {"w1": 0.8, "b1": 0.2, "w2": -1.1, "b2": 0.3}
DEAD = {**POINT, "w1": -0.8}


def test_without_bugs_two_neurons_give_the_closed_form() -> None:
    for params in (POINT, DEAD):
        ours = backward(params, 1.5, 1.0)
        np.testing.assert_allclose(
            gradient(two_neurons(params, 1.5, 1.0)), [getattr(ours, name) for name in PARAMETERS], atol=1e-15
        )


def autograd(net: Wide) -> np.ndarray:
    W1, b1, w2, b2, x = (
        torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for value in (net.W1, net.b1, net.w2, net.b2, net.x)
    )
    z2 = w2 @ torch.relu(W1 @ x + b1) + b2
    target = torch.tensor(net.y, dtype=torch.float64)
    torch.nn.functional.binary_cross_entropy_with_logits(z2, target).backward()
    return np.concatenate([W1.grad.numpy().ravel(), b1.grad.numpy(), w2.grad.numpy(), [b2.grad.item()]])


def test_without_bugs_wide_networks_match_autograd() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        net = random_network(3, 4, rng)
        np.testing.assert_allclose(gradient(net), autograd(net), atol=1e-13)


def test_parameters_survive_a_round_trip() -> None:
    net = random_network(3, 4, np.random.default_rng(1))
    again = net.moved_to(net.theta())
    assert again.loss() == net.loss() and np.array_equal(again.theta(), net.theta())
    assert differences(net).shape == net.theta().shape


def test_no_check_objects_to_the_right_gradient() -> None:
    assert not any(outcome.caught for outcome in run_checks(two_neurons(POINT, 1.5, 1.0), (), 0.5).values())


@pytest.mark.parametrize("bug", BUGS)
def test_every_bug_is_caught_by_a_check_and_missed_by_the_falling_loss(bug: str) -> None:
    outcomes = run_checks(two_neurons(POINT, 1.5, 1.0), (bug,), 0.5)
    assert any(outcome.caught for outcome in outcomes.values())
    assert not outcomes["the loss falls"].caught
    assert set(outcomes) == set(CHECKS)


def test_only_a_wider_network_shows_the_bias_counted_per_weight() -> None:
    outcomes = run_checks(two_neurons(POINT, 1.5, 1.0), ("bias once per weight",), 0.5)
    assert [name for name, outcome in outcomes.items() if outcome.caught] == [
        "differences on a wider network"
    ]
    wide = random_network(8, 4, np.random.default_rng(0))
    right, wrong = (gradient(wide, bugs)[32:36] for bugs in ((), ("bias once per weight",)))
    assert right.any()
    np.testing.assert_allclose(wrong, 8 * right)  # eight times in a layer with eight inputs


def test_the_slope_at_the_activation_shows_only_at_a_dead_relu() -> None:
    bug = ("slope at the activation",)
    alive, dead = (run_checks(two_neurons(params, 1.5, 1.0), bug, 0.5) for params in (POINT, DEAD))
    assert not alive["differences at this point"].caught
    assert dead["differences at this point"].caught


def test_the_falling_loss_falls_by_the_step_times_the_squared_slope() -> None:
    net = random_network(3, 4, np.random.default_rng(1))
    slope = gradient(net)
    outcome = loss_falls(net, (), 0.5)
    change = float(outcome.finding.split()[4])
    assert not outcome.caught and change == pytest.approx(-1e-3 * slope @ slope, rel=0.1)


def test_the_falling_loss_objects_to_a_gradient_that_points_the_other_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dlcore.backprop.bugs.gradient", lambda *said: -gradient(*said))
    assert loss_falls(random_network(3, 4, np.random.default_rng(1)), (), 0.5).caught


def test_the_extra_slope_is_the_sigmoids() -> None:
    net = random_network(3, 4, np.random.default_rng(2))
    p = net.y + gradient(net)[-1]  # the gradient by b2 is ŷ − y
    right, wrong = gradient(net), gradient(net, ("extra σ′",))
    np.testing.assert_allclose(wrong, right * p * (1 - p))


def test_random_networks_have_weights_of_both_signs_everywhere() -> None:
    drawn = np.array([random_network(2, 3, np.random.default_rng(seed)).theta() for seed in range(60)])
    assert (drawn.min(axis=0) < -0.5).all() and (drawn.max(axis=0) > 0.5).all()
