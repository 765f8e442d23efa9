"""One neuron: activations against torch's autograd, softmax, hyperplane, collapse."""

import math
import re
import warnings
from typing import Any

import mpmath
import numpy as np
import pytest
from conftest import ROOT

from dlcore.data import BadInput
from dlcore.figures import neuron as figures
from dlcore.neuron import (
    ACTIVATIONS,
    collapse,
    d_sigmoid,
    d_tanh,
    glm,
    hyperplane,
    neuron,
    pre_activation,
    random_layers,
    sigmoid,
    softmax,
    stack,
    stacked,
)
from dlcore.oracles import neuron as oracle

pytestmark = pytest.mark.delicate

Z = np.concatenate([np.linspace(-12, 12, 401), [0.0, -0.0, 1e-9, -1e-9, 35.0, -35.0, 1e3, -1e3]])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_and_slope_match_torch_also_at_kinks(name: str) -> None:
    a, slope = oracle.activation(name, Z)
    np.testing.assert_allclose(ACTIVATIONS[name].f(Z), a, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ACTIVATIONS[name].df(Z), slope, rtol=0, atol=1e-12)


def test_the_comparison_notices_the_approximate_gelu() -> None:
    import torch

    approximate = torch.nn.functional.gelu(torch.tensor(Z), approximate="tanh").numpy()
    assert np.abs(ACTIVATIONS["gelu"].f(Z) - approximate).max() > 1e-5


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "step"])
def test_slope_matches_central_differences(name: str) -> None:
    z, h = np.linspace(-4.03, 4.01, 60), 1e-6
    f, df = ACTIVATIONS[name].f, ACTIVATIONS[name].df
    np.testing.assert_allclose(df(z), (f(z + h) - f(z - h)) / (2 * h), atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_monotone_says_the_truth(name: str) -> None:
    rises = bool((np.diff(ACTIVATIONS[name].f(np.linspace(-8, 8, 2001))) >= 0).all())
    assert rises == ACTIVATIONS[name].monotone


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_activation_warns_or_loses_its_shape(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for z in (np.array([[-1e3, 0.0], [1e3, 1.0]]), 0.3, [1, 2, 3]):
            for function in (ACTIVATIONS[name].f, ACTIVATIONS[name].df):
                a = function(z)
                assert a.shape == np.shape(z) and a.dtype == np.float64
                assert np.isfinite(a).all()


def by_mpmath(name: str, z: float) -> tuple[Any, Any]:
    """f(z) and f'(z) with hundreds of digits, from the formulas as a text prints them."""
    x = mpmath.mpf(z)
    if name == "gelu":
        return x * mpmath.ncdf(x), mpmath.ncdf(x) + x * mpmath.npdf(x)
    if name == "tanh":
        return mpmath.tanh(x), 1 - mpmath.tanh(x) ** 2
    if name == "elu":
        return (x, mpmath.mpf(1)) if z > 0 else (mpmath.exp(x) - 1, mpmath.exp(x))
    s = 1 / (1 + mpmath.exp(-x))
    if name == "softplus":
        return mpmath.log(1 + mpmath.exp(x)), s
    return (s, s * (1 - s)) if name == "sigmoid" else (x * s, s * (1 + x * (1 - s)))


# Where the derivative passes through zero, its error is measured by the terms that cancel there.
CANCEL = {"silu": (-1.6, -1.0), "gelu": (-0.9, -0.6)}


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "elu", "silu", "gelu"])
def test_activations_and_slopes_keep_their_tails(name: str) -> None:
    grid = np.random.default_rng(0).uniform(-700, 700, 30)
    near = np.concatenate([np.linspace(-45, 45, 61), [-700.0, -40.0, -20.0, 20.0, 40.0, 700.0, 1e-9, -1e-9]])
    eps = 2.0**-52
    with mpmath.workdps(60 if name == "gelu" else 650):  # 1 − tanh²(700) needs 608 digits
        for z in map(float, np.concatenate([grid, near])):
            # e^(−z²/2) and Φ(z) carry the rounding of their argument, about z² ε; the others are right to 5 ε.
            allowed = (5 + (z * z if name == "gelu" else 0)) * eps
            ours = (ACTIVATIONS[name].f(z), ACTIVATIONS[name].df(z))
            for kind, (mine, theirs) in enumerate(zip(ours, by_mpmath(name, z), strict=True)):
                low, high = CANCEL.get(name, (0.0, 0.0))
                scale = 1.0 if kind and low < z < high else abs(float(theirs))
                # below 1e-305 float64 has fewer digits
                assert abs(float(mine) - float(theirs)) <= allowed * scale + 1e-305, (name, kind, z)


def test_the_sigmoids_left_tail_is_not_zero_and_the_usual_forms_lose_it() -> None:
    assert sigmoid(-40.0) == pytest.approx(4.248354255291589e-18, rel=1e-15)
    assert d_sigmoid(-40.0) == d_sigmoid(40.0) == pytest.approx(4.248354255291589e-18, rel=1e-15)
    assert d_tanh(20.0) == pytest.approx(1 / math.cosh(20.0) ** 2, rel=1e-15)
    assert (
        0.5 + 0.5 * math.tanh(-20.0) == 0 == sigmoid(40.0) * (1 - sigmoid(40.0)) == 1 - math.tanh(20.0) ** 2
    )


SIGMOID = re.compile(r"def \w*sigmoid\w*\(z|1(\.0)? \+ np\.tanh|np\.exp\(-np\.logaddexp")


def test_there_is_one_sigmoid_and_one_slope_in_the_package() -> None:
    found = [
        f"{file.name}: {hit[0]}"
        for file in (ROOT / "dlcore").rglob("*.py")
        for hit in SIGMOID.finditer(file.read_text("utf-8"))
    ]
    assert sorted(found) == ["one_neuron.py: def d_sigmoid(z", "one_neuron.py: def sigmoid(z"]


def test_neuron_is_f_of_the_weighted_sum() -> None:
    assert pre_activation([2.0, -1.0], [3.0, 4.0], 0.5) == 2.5
    assert neuron([2.0, -1.0], [3.0, 4.0], 0.5, "relu") == 2.5
    a = neuron([2.0], [[0.0], [1.0]], -1.0, "sigmoid")
    assert a == pytest.approx([1 / (1 + math.e), 1 / (1 + 1 / math.e)])


def test_foot_lies_on_the_hyperplane_and_z_over_length_is_the_distance() -> None:
    w, b = np.array([3.0, -4.0]), 10.0
    plane = hyperplane(w, b)
    assert plane.normal == pytest.approx((0.6, -0.8))
    assert pre_activation(w, plane.foot, b) == pytest.approx(0.0)
    x = np.array([1.0, 2.0])
    distance = np.dot(x - np.array(plane.foot), plane.normal)
    assert pre_activation(w, x, b) / 5.0 == pytest.approx(distance)


def test_without_weights_there_is_no_hyperplane() -> None:
    assert hyperplane([0.0, 0.0], 1.0).normal is None


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_level_sets_of_a_neuron_are_flat(name: str) -> None:
    w, b, rng = np.array([1.3, -0.7]), 0.4, np.random.default_rng(0)
    x = rng.normal(size=(50, 2))
    along = np.array([0.7, 1.3])  # w · along = 0: the output must not change in this direction
    moved = neuron(w, x + along, b, name)
    np.testing.assert_allclose(moved, neuron(w, x, b, name), atol=1e-12)


CORNERS = np.array([(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)])
XOR = np.array([False, True, True, False])


def most_right(a: np.ndarray) -> int:
    """The most of the four that one cut of their outputs gets right, whichever side is called xor."""
    edges = np.unique(a)
    cuts = np.concatenate([[-np.inf], edges, (edges[1:] + edges[:-1]) / 2])
    right = [int(((a > cut) == XOR).sum()) for cut in cuts]
    return max(*right, *(4 - n for n in right))


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if ACTIVATIONS[name].monotone])
def test_no_monotone_activation_gets_more_than_three_of_the_xor_points_right(
    name: str, claimed: dict[str, str]
) -> None:
    """For all w: the order of the four z depends on signs and |w1| <=> |w2| alone, 16 directions and w = 0 show each.

    A monotone f keeps that order or ties neighbors, so that a cut of a is a cut of z (or none): all b count as one
    where f is strictly monotone, and where it is flat they only tie more.
    """
    for angle in np.arange(16) * np.pi / 8:
        w = np.array([math.cos(angle), math.sin(angle)]).round(15)
        assert most_right(CORNERS @ w) <= 3  # every cut of z, for this order
        assert (
            max(most_right(neuron(r * w, CORNERS, b, name)) for r in (0, 1, 3) for b in (-2, -0.4, 0, 1)) <= 3
        )
    assert most_right(neuron([1.0, 1.0], CORNERS, 1.0, "identity")) == {"Three": 3}[claimed["most"]]


@pytest.mark.parametrize(("name", "b"), [("gelu", -0.75), ("silu", -1.28)])
def test_an_activation_with_a_dip_solves_xor(name: str, b: float) -> None:
    assert most_right(neuron([1.0, 1.0], CORNERS, b, name)) == 4
    if name == "gelu":
        assert ((neuron([1.0, 1.0], CORNERS, b, name) < -0.1) == XOR).all()


def test_longer_weights_move_the_line_toward_the_origin_unless_b_grows_with_them() -> None:
    (x1, x2), longer = hyperplane([2, -1], 0.5).foot, hyperplane([4, -2], 0.5).foot  # type: ignore[misc]
    assert longer == pytest.approx((x1 / 2, x2 / 2)) and x1 != 0
    assert hyperplane([4, -2], 1.0).foot == pytest.approx((x1, x2))


def test_softmax_sums_to_one_ignores_a_shift_and_never_overflows() -> None:
    z = np.array([[1.0, 2.0, 3.0], [1e3, -1e3, 0.0]])
    p = softmax(z)
    np.testing.assert_allclose(p.sum(axis=-1), 1.0)
    np.testing.assert_allclose(softmax(z + 123.0), p, atol=1e-12)
    assert np.abs(softmax(2 * z)[0] - p[0]).max() > 0.1  # a scale is not a shift


def test_softmax_of_two_scores_is_the_sigmoid_of_their_difference() -> None:
    z = np.random.default_rng(1).normal(size=(20, 2)) * 5
    for T in (0.5, 1.0, 3.0):
        np.testing.assert_allclose(softmax(z, T)[:, 0], sigmoid((z[:, 0] - z[:, 1]) / T), atol=1e-14)


def test_temperature_moves_softmax_between_argmax_and_uniform() -> None:
    z = [1.0, 2.0, 0.0]
    np.testing.assert_allclose(softmax(z, 0.01), [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(softmax(z, 1e6), [1 / 3] * 3, atol=1e-5)
    for bad in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="positive"):
            softmax(z, bad)


@pytest.mark.parametrize("depth", range(1, 7))
def test_layers_without_activation_collapse_to_one_affine_map(depth: int) -> None:
    layers = random_layers([2] + [4] * (depth - 1) + [1], seed=depth)
    x = np.random.default_rng(0).uniform(-5, 5, (100, 2))
    W, b = collapse(layers)
    np.testing.assert_allclose(stack(layers, x), x @ W.T + b, atol=1e-13)
    if depth > 1:
        assert np.abs(stack(layers, x, "relu") - (x @ W.T + b)).max() > 0.01


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["logistic", "linear"])
def test_one_neuron_fitted_by_gradient_descent_is_scikit_learns_regression(kind: str, l2: float) -> None:
    if kind == "logistic":
        columns, reference = glm.classification(0, 1), oracle.logistic_regression
    else:
        columns, reference = glm.regression(2, 3), oracle.linear_regression
    ours = glm.fit(columns, l2)
    w, b = reference(columns.x, columns.y, l2)
    assert ours.arrived
    np.testing.assert_allclose(ours.theta, [*w, b], atol=2e-5)
    shrunk, _ = reference(columns.x, columns.y, l2 + 0.5)
    assert np.linalg.norm(shrunk) < np.linalg.norm(w) - 0.01


def test_nearly_parallel_columns_keep_gradient_descent_from_arriving() -> None:
    assert not glm.fit(glm.classification(0, 2), most_steps=500).arrived  # radius and perimeter


@pytest.mark.parametrize("pair", [(0, 0), (-1, 2), (0, 99)])
def test_columns_that_do_not_exist_are_refused(pair: tuple[int, int]) -> None:
    for columns in (glm.classification, glm.regression):
        with pytest.raises(BadInput):
            columns(*pair)


def test_a_stack_equals_its_product_until_something_is_bent() -> None:
    assert stacked.compare(6, 4, "identity", 0).difference < 1e-14
    assert stacked.compare(1, 4, "relu", 0).difference == 0.0  # one layer has no place for f
    assert stacked.compare(6, 4, "relu", 0).difference > 0.01


def test_figures_show_ours_solid_and_the_reference_dotted() -> None:
    columns = glm.classification(0, 1)
    ours, reference = glm.fit(columns, 0.1), np.array([-2.0, -1.0, 0.5])
    lines = {trace.name: trace for trace in figures.fitted_neuron(columns, ours, reference).data}
    assert lines["our neuron"].line.dash == "solid" and lines["scikit-learn"].line.dash == "dot"
    x, y = lines["our neuron"].x, lines["our neuron"].y
    np.testing.assert_allclose(ours.theta[0] * x + ours.theta[1] * y + ours.theta[2], 0.0, atol=1e-9)
    assert len(figures.way_of_the_weights(columns, ours, reference).data) == 6
    assert (
        len(figures.fitted_neuron(glm.regression(2, 3), glm.fit(glm.regression(2, 3)), np.ones(2)).data) == 3
    )
    assert len(figures.stack_and_product(stacked.compare(3, 2, "tanh", 0)).data) == 2
