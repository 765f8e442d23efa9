"""The closed forms of the 2-neuron network against torch.autograd and central differences."""

import mpmath
import numpy as np
import pytest

from dlcore.backprop import (
    LOSSES,
    PARAMETERS,
    Gradients,
    backward,
    forward,
    loss_curves,
    naive_cross_entropy,
    projected_loss,
    step,
)
from dlcore.neuron import d_relu, d_sigmoid, sigmoid
from dlcore.oracles.backprop import (
    THIRD,
    TOLERANCE,
    autograd,
    central_difference,
    complex_step,
    difference_bound,
    difference_errors,
    kink_distance,
    relative_difference,
    yardstick,
)

pytestmark = pytest.mark.delicate

GOOD = {"w1": 0.8, "b1": 0.2, "w2": -1.1, "b2": 0.3}
STATES = 1000


def random_states(count: int, seed: int) -> list[tuple[dict[str, float], float, float]]:
    rng = np.random.default_rng(seed)
    return [
        (
            dict(zip(PARAMETERS, rng.uniform(-3, 3, 4), strict=True)),
            rng.uniform(-3, 3),
            float(rng.integers(2)),
        )
        for _ in range(count)
    ]


def largest_difference(left: Gradients, right: Gradients) -> float:
    """The largest absolute difference between two opinions on the four gradients."""
    return max(abs(float(getattr(left, name)) - float(getattr(right, name))) for name in PARAMETERS)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_match_autograd(loss: str) -> None:
    worst = max(
        largest_difference(backward(params, x, y, loss), autograd(params, x, y, loss))
        for params, x, y in random_states(STATES, 0)
    )
    assert worst < 1e-12


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_a_drawn_slope_is_that_of_the_drawn_loss(y: float) -> None:
    curves = loss_curves(y, span=4.0, n=2001)
    assert curves.z2[0] == -4 and curves.z2[-1] == 4
    for loss, values in curves.values.items():
        slopes = np.gradient(values, curves.z2)
        np.testing.assert_allclose(curves.slopes[loss][1:-1], slopes[1:-1], atol=1e-5, err_msg=loss)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_match_central_differences_away_from_the_kink(loss: str) -> None:
    states = [state for state in random_states(STATES, 1) if kink_distance(*state[:2]) > 1e-3]
    assert len(states) > 0.99 * STATES
    worst = max(
        largest_difference(backward(params, x, y, loss), central_difference(params, x, y, loss))
        for params, x, y in states
    )
    assert worst < 1e-6


def test_a_wrong_gradient_does_not_match_autograd() -> None:
    right = backward(GOOD, 1.5, 1.0)
    wrong = Gradients(right.w1, right.b1, right.w2 * 1.001, right.b2)
    assert largest_difference(wrong, autograd(GOOD, 1.5, 1.0)) > 1e-6


def test_a_batch_gives_the_mean_of_its_samples() -> None:
    x, y = np.array([-2.0, 0.5, 1.5]), np.array([0.0, 1.0, 1.0])
    values, gradients = forward(GOOD, x, y), backward(GOOD, x, y)
    assert values.loss.shape == (3,) and values.loss.dtype == np.float64
    for name in PARAMETERS:
        each = [getattr(backward(GOOD, a, b), name) for a, b in zip(x, y, strict=True)]
        assert getattr(gradients, name) == pytest.approx(np.mean(each), abs=1e-15)
    assert largest_difference(gradients, autograd(GOOD, x, y)) < 1e-12


def test_parameters_may_be_grids() -> None:
    w1 = np.linspace(-1, 1, 5)[:, None]
    losses = forward({**GOOD, "w1": w1}, np.array([1.0, 2.0]), np.array([0.0, 1.0])).loss
    assert losses.shape == (5, 2)
    assert losses[1, 1] == forward({**GOOD, "w1": -0.5}, 2.0, 1.0).loss


def test_everything_is_float64_even_for_integers() -> None:
    values = forward({"w1": 1, "b1": 0, "w2": 2, "b2": -1}, 1, 1)
    assert {type(getattr(values, name)) for name in ("z1", "h", "z2", "y_hat", "loss")} == {np.float64}
    assert values.y_hat == pytest.approx(1 / (1 + np.exp(-1.0)), abs=1e-16)


def test_cross_entropy_equals_the_written_form_where_that_is_finite() -> None:
    z2 = np.linspace(-20, 20, 401)
    for y in (0.0, 0.3, 1.0):
        np.testing.assert_allclose(
            LOSSES["cross-entropy"].value(z2, y), naive_cross_entropy(sigmoid(z2), y), rtol=1e-7, atol=1e-12
        )


@pytest.mark.parametrize("z2", [-1e4, -800.0, -40.0, 40.0, 800.0, 1e4])
def test_cross_entropy_is_finite_where_the_written_form_is_not(z2: float) -> None:
    for y in (0.0, 1.0):
        loss = LOSSES["cross-entropy"].value(z2, y)
        assert np.isfinite(loss) and loss == pytest.approx(max(z2, 0) - y * z2, abs=1e-15)
    if abs(z2) >= 800:
        assert not np.isfinite(naive_cross_entropy(sigmoid(z2), float(z2 < 0)))


def test_the_sigmoids_slope_is_symmetric_and_survives_saturation() -> None:
    z = np.array([0.0, 1.0, 40.0, 700.0])
    np.testing.assert_array_equal(d_sigmoid(z), d_sigmoid(-z))
    assert d_sigmoid(40.0) > 0 and sigmoid(40.0) == 1.0


def test_the_error_signal_of_a_saturated_network_is_small_and_not_zero() -> None:
    with mpmath.workdps(300):
        for z2, y in ((40.0, 1.0), (-40.0, 0.0), (300.0, 1.0), (40.0, 0.0), (3.0, 0.3)):
            s = 1 / (1 + mpmath.exp(-mpmath.mpf(z2)))
            assert float(LOSSES["cross-entropy"].slope(z2, y)) == pytest.approx(float(s - y), rel=1e-14)
            assert float(LOSSES["cross-entropy"].value(z2, y)) == pytest.approx(
                float(-y * mpmath.log(s) - (1 - y) * mpmath.log(1 - s)), rel=1e-14
            )


def test_a_dead_relu_blocks_the_first_neuron_only() -> None:
    gradients = backward({**GOOD, "b1": -5.0}, 1.0, 1.0)
    assert gradients.w1 == gradients.b1 == gradients.w2 == 0
    assert gradients.b2 != 0


def test_the_three_opinions_part_at_the_kink() -> None:
    params, x, y = {"w1": 1.0, "b1": -1.0, "w2": 2.0, "b2": 0.5}, 1.0, 0.0
    assert forward(params, x, y).z1 == 0 and d_relu(0.0) == 0
    ours, theirs = backward(params, x, y), autograd(params, x, y)
    differences = central_difference(params, x, y)
    assert ours.b1 == theirs.b1 == 0
    assert abs(differences.b1) > 0.1  # half of the slope on the right-hand side


def test_the_error_of_differences_is_v_shaped() -> None:
    found = difference_errors(GOOD, 1.5, 1.0)
    errors = np.max([found.errors[name] for name in PARAMETERS], axis=0)
    best = found.h[np.argmin(errors)]
    assert 1e-7 < best < 1e-3
    assert errors[0] > 1e4 * errors.min() and errors[-1] > 1e4 * errors.min()
    assert errors[11] > 1e-6  # h = 1e-12 is on the bad arm


def test_a_step_moves_down_the_gradient_and_leaves_frozen_parameters() -> None:
    gradients = backward(GOOD, 1.5, 1.0)
    moved = step(GOOD, gradients, 0.1, frozen=("b1",))
    assert moved["b1"] == GOOD["b1"]
    assert moved["w2"] == pytest.approx(GOOD["w2"] - 0.1 * gradients.w2, abs=1e-16)


def test_the_projected_loss_is_right_to_first_order() -> None:
    loss, gradients = float(forward(GOOD, 1.5, 1.0).loss), backward(GOOD, 1.5, 1.0)
    misses = []
    for eta in (1e-2, 1e-3):
        real = float(forward(step(GOOD, gradients, eta, ("w1",)), 1.5, 1.0).loss)
        misses.append(abs(real - projected_loss(loss, gradients, eta, ("w1",))))
    assert misses[0] / misses[1] == pytest.approx(100, rel=0.1)  # second order: a tenth of η, a hundredth


@pytest.mark.parametrize("loss", LOSSES)
def test_a_zero_gradient_is_caught_in_saturation_where_an_absolute_tolerance_lets_it_pass(loss: str) -> None:
    params = {"w1": 2.0, "b1": 0.0, "w2": 20.0, "b2": 0.0}  # z2 = 40: ŷ − 1 = −4e-18
    ours, reference, unit = (f(params, 1.0, 1.0, loss) for f in (backward, complex_step, yardstick))
    nothing = Gradients(0.0, 0.0, 0.0, 0.0)
    assert (
        relative_difference(ours, reference, unit)
        <= TOLERANCE
        < relative_difference(nothing, reference, unit)
    )
    assert relative_difference(ours, autograd(params, 1.0, 1.0, loss), unit) <= TOLERANCE
    assert largest_difference(nothing, reference) < 1e-6


@pytest.mark.parametrize("loss", LOSSES)
def test_central_differences_keep_their_own_bound(loss: str) -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        params, x = dict(zip(PARAMETERS, rng.uniform(-5, 5, 4), strict=True)), rng.uniform(-5, 5)
        if abs(params["w1"] * x + params["b1"]) < 0.5:
            continue
        for h in (1e-2, 1e-4, 1e-6, 1e-9):
            ours, other = backward(params, x, 1.0, loss), central_difference(params, x, 1.0, loss, h)
            bound = difference_bound(params, x, 1.0, loss, h)
            assert all(abs(getattr(ours, n) - getattr(other, n)) <= getattr(bound, n) for n in PARAMETERS)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_third_derivative_stays_below_its_bound(loss: str) -> None:
    z, h = np.linspace(-12, 12, 4801), 1e-3
    for y in np.linspace(0, 1, 21):
        up, here, down = (LOSSES[loss].slope(z + side * h, y) for side in (1, 0, -1))
        assert np.abs(up - 2 * here + down).max() / h**2 <= THIRD[loss]


def test_the_formula_as_written_says_quietly_that_it_is_no_number() -> None:
    assert np.isnan(naive_cross_entropy(1.0, 1)) and naive_cross_entropy(1.0, 0) == np.inf
