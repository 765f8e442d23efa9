"""Small networks: backpropagation against autograd, whole trajectories against torch.optim, point sets."""

from dataclasses import replace

import numpy as np
import pytest

from dlcore.data import BadInput
from dlcore.network import FEATURES, Network, backward, forward, loss, pointsets
from dlcore.network.trajectory import FastGradient, Plan, outputs, sets, train
from dlcore.neuron import ACTIVATIONS
from dlcore.oracles import network as oracle

pytestmark = pytest.mark.delicate

X = np.random.default_rng(3).uniform(-5, 5, (40, 2))
Y = np.where(X[:, 0] * X[:, 1] > 0, 1.0, -1.0)
ALL = tuple(FEATURES)
# Layers of 3 and 2 ReLUs, found by trying: neuron 3 of the first and neuron 2 of the second are dead on X.
COMES_BACK = (
    *(0.4, -0.6, 0.6, 0.0, -1.6, 1.0, -0.1, -0.1, -3.0),
    *(0.3, -1.1, -0.7, 1.0, -1.5, 0.3, 0.4, -1.2, 0.2, 0.6, -0.8),
)


@pytest.mark.parametrize("head", ["cross-entropy", "squared-error", "regression"])
@pytest.mark.parametrize("f", [f for f in ACTIVATIONS if f != "step"])  # autograd does not follow a jump
def test_backpropagation_matches_autograd(f: str, head: str) -> None:
    net = Network(ALL, (5, 3, 4), f, head)
    theta, x = net.start(2), net.inputs(X)
    reference = oracle.gradient(net, theta, x, Y)
    np.testing.assert_allclose(backward(net, theta, x, Y), reference, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        FastGradient(net, theta, 40)(np.column_stack([x, np.ones(40)]), Y[:, None]),
        reference,
        rtol=0,
        atol=1e-12,
    )


def test_backpropagation_matches_central_differences_and_a_wrong_sign_does_not() -> None:
    net = Network(("x1", "x2"), (3,), "tanh", "cross-entropy")
    theta, x, h = net.start(0), net.inputs(X), 1e-6
    slopes = [
        (loss(net, theta + h * e, x, Y) - loss(net, theta - h * e, x, Y)) / (2 * h) for e in np.eye(net.size)
    ]
    np.testing.assert_allclose(backward(net, theta, x, Y), slopes, atol=1e-8)
    assert np.abs(backward(net, theta, x, -Y) - slopes).max() > 0.01


CASES = {
    "playground": Plan(),
    "cross-entropy": Plan(Network(hidden=(5,), f="relu", head="cross-entropy"), "xor", noise=0.1),
    "momentum": Plan(Network(hidden=(3, 2), head="cross-entropy"), "moons", optimizer="momentum", batch=30),
    "adam": Plan(Network(f="gelu", head="cross-entropy"), "gauss", noise=0.2, optimizer="adam", l2=0.01),
    "penalties, full batch": Plan(Network(ALL, ()), "circle", batch=0, l1=0.003, l2=0.01, lr=0.001),
    "regression": Plan(Network(head="regression", f="softplus"), "plane", lr=0.003, batch=7),
    "real": Plan(Network(hidden=(2,), f="silu", head="cross-entropy"), "breast_cancer", seed=5),
}


@pytest.mark.parametrize("case", CASES)
def test_ten_epochs_equal_the_same_network_in_torch(case: str) -> None:
    plan = replace(CASES[case], epochs=10)
    np.testing.assert_allclose(train(plan).theta, oracle.train(plan), rtol=0, atol=1e-9)


def test_another_order_of_the_batches_is_another_trajectory() -> None:
    plan = Plan(epochs=3)
    other = oracle.train(replace(plan, seed=1))
    assert np.abs(train(plan).theta[-1] - other[-1]).max() > 1e-3


def test_the_default_network_learns_the_circle_and_a_linear_one_does_not() -> None:
    run = train(Plan(fractions=(0.5, 0.01, 0.49)))
    assert run.accuracy["test"][-1] > 0.97
    assert run.loss["test"][-1] < 0.05
    flat = train(Plan(Network(f="identity"), epochs=50))
    assert flat.accuracy["test"][-1] < 0.75


def test_equal_plans_give_equal_trajectories_to_the_last_bit() -> None:
    plan = Plan(epochs=5, seed=7)
    assert (train(plan).theta == train(plan).theta).all()
    assert plan == Plan(epochs=5, seed=7) and hash(plan) == hash(Plan(epochs=5, seed=7))


def test_all_surfaces_at_once_equal_one_pass_each() -> None:
    run = train(Plan(epochs=4))
    net, x = run.plan.net, run.plan.net.inputs(X)
    one = [np.tanh(outputs(net, theta[None], x)[0]) for theta in run.theta]
    np.testing.assert_allclose(np.tanh(outputs(net, run.theta, x)), one, atol=1e-14)
    assert loss(net, run.theta[2], x, Y) == pytest.approx(float(0.5 * np.mean((one[2] - Y) ** 2)))


def test_a_dead_neuron_of_the_first_layer_stays_as_it_is_and_a_later_one_may_come_back() -> None:
    """Plain full-batch descent. Weight decay moves even the first: it shrinks what no gradient reaches."""
    net, theta = Network(hidden=(3, 2), f="relu"), np.array(COMES_BACK)
    first, later = net.layers(theta)[0][2].copy(), []
    for _ in range(120):
        theta = theta - 0.1 * backward(net, theta, X, Y)
        z = forward(net, theta, X).z
        assert (z[0][:, 2] < 0).all() and (net.layers(theta)[0][2] == first).all()
        later.append(bool((z[1][:, 1] > 0).any()))
    assert not any(later[:5]) and all(later[10:])
    decayed = theta - 0.1 * (backward(net, theta, X, Y) + 0.01 * theta * net.is_weight())
    assert (np.abs(net.layers(decayed)[0][2, :2]) < np.abs(first[:2])).all()


def test_divergence_keeps_the_finite_part_and_names_the_layer() -> None:
    run = train(Plan(Network(f="relu", head="regression"), "hills", lr=3.0))
    assert run.diverged is not None and "overflowed" in run.where
    assert np.isfinite(run.theta).all() and len(run.theta) == len(run.epochs) <= run.diverged
    assert train(Plan(epochs=2)).diverged is None


def test_long_runs_are_thinned_to_a_bounded_number_of_states() -> None:
    run = train(Plan(n=50, batch=0, epochs=700))
    assert len(run.epochs) <= 301 and run.epochs[0] == 0 and run.epochs[-1] == 700


@pytest.mark.parametrize("name", pointsets.POINT_SETS)
def test_point_sets_lie_in_the_window_and_depend_on_the_seed(name: str) -> None:
    points = pointsets.sample(name, 200, 0.0, 1)
    assert points.x.shape == (len(points.y), 2)
    assert np.abs(points.x).max() < 6.0
    assert points.regression == (name in pointsets.REGRESSION)
    if not points.regression:
        assert set(points.y) == {-1.0, 1.0} and len(points.classes) == 2
    same = (pointsets.sample(name, 200, 0.0, 2).x == points.x).all()
    assert same == (name in ("breast_cancer", "iris", "spiral"))  # a spiral without noise has nothing random


def test_noise_mixes_the_labels_of_a_circle() -> None:
    clean, noisy = pointsets.sample("circle", 400, 0.0, 0), pointsets.sample("circle", 400, 0.5, 0)
    inside = np.linalg.norm(clean.x, axis=1) < 2.6
    assert (inside == (clean.y > 0)).all()
    assert ((np.linalg.norm(noisy.x, axis=1) < 2.6) != (noisy.y > 0)).any()


def test_the_three_parts_share_no_point() -> None:
    parts = sets(Plan())
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together) == list(range(500))
    assert [len(parts.train), len(parts.validation), len(parts.test)] == [300, 100, 100]


def test_own_points_survive_the_way_through_an_address() -> None:
    code = pointsets.encode_own(X, Y)
    points = pointsets.own(code)
    np.testing.assert_allclose(points.x, X, atol=0.002)
    assert (points.y == Y).all() and code == pointsets.encode_own(points.x, points.y)
    assert len(pointsets.own("").x) == 0


@pytest.mark.parametrize("text", ["A", "AAAAX", "AA<AP", "AAAAP" * 151, "ÄÄÄÄP", "\x00" * 5])
def test_garbage_in_place_of_own_points_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match="address"):
        pointsets.own(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Network(()),
        lambda: Network(("x1", "x1")),
        lambda: Network(("x9",)),
        lambda: Network(hidden=(9,)),
        lambda: Network(hidden=(1,) * 7),
        lambda: Network(f="nonsense"),
        lambda: Plan(lr=float("nan")),
        lambda: Plan(lr=float("inf")),
        lambda: Plan(lr=-1.0),
        lambda: Plan(epochs=10**9),
        lambda: Plan(optimizer="<script>"),
        lambda: train(Plan(points="nowhere")),
        lambda: train(Plan(points="own")),
        lambda: train(Plan(points="plane")),
        lambda: train(Plan(noise=0.9)),
    ],
)
def test_bad_plans_are_refused_with_a_sentence(make) -> None:
    with pytest.raises(BadInput):
        make()
