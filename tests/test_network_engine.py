"""The small network's engine in the browser beside dlcore: initial weights, single updates, whole epochs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import in_browser

from dlcore.network import FEATURES, HEADS, Network, backward, pointsets
from dlcore.network.trajectory import RULES, Plan, sets, slices, train
from dlcore.neuron import ACTIVATIONS

pytestmark = pytest.mark.browser
ENGINE = ("network/engine.js",)
BOUND = 1e-12
RATES, PENALTIES = (0.0003, 0.003, 0.03, 0.3, 3.0), (0.0, 0.003, 0.3)


def as_sent(plan: Plan) -> dict[str, Any]:
    """A plan as the component receives it."""
    net = plan.net
    return {
        "net": {"features": net.features, "hidden": net.hidden, "f": net.f, "head": net.head},
        "optimizer": plan.optimizer,
        "lr": plan.lr,
        "l1": plan.l1,
        "l2": plan.l2,
        "batch": plan.batch,
        "seed": plan.seed,
    }


def some_plan(k: int, rng: np.random.Generator) -> Plan:
    """Any setting of the page; in turn every activation, head and optimizer."""
    features = tuple(np.array(list(FEATURES))[np.sort(rng.permutation(7)[: rng.integers(1, 8)])].tolist())
    hidden = tuple(rng.integers(1, 9, rng.integers(0, 7)).tolist())
    head, optimizer = list(HEADS)[k % 3], list(RULES)[k % 7 % 3]
    lr = float(rng.choice(RATES))
    if optimizer == "adam":  # divides by |g|: rounding of a small gradient is multiplied by η/|g|
        lr = min(lr, 0.03)
    return Plan(
        Network(features, hidden, list(ACTIVATIONS)[k % len(ACTIVATIONS)], head),
        str(rng.choice(pointsets.REGRESSION if head == "regression" else ["circle", "xor", "spiral"])),
        n=60,
        noise=0.1,
        data_seed=k,
        optimizer=optimizer,
        lr=lr,
        l1=float(rng.choice(PENALTIES)),
        l2=float(rng.choice(PENALTIES)),
        batch=int(rng.choice([1, 5, 10, 30, 0])),
        seed=int(rng.integers(10_000)),
    )


def one_update(plan: Plan, theta: np.ndarray, x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> list:
    """[θ, m, v, steps] before an update by dlcore, and θ after it; the moments are those of the update before."""
    step = RULES[plan.optimizer](plan.lr, len(theta))
    mask, path, gradients = plan.net.is_weight(), [theta.copy()], []
    for part in slices(len(rows), plan.batch)[:2]:
        g = backward(plan.net, theta, x[rows[part]], y[rows[part]])
        gradients.append(g + mask * (plan.l2 * theta + plan.l1 * np.sign(theta)))
        step(theta, gradients[-1])
        path.append(theta.copy())
    first = gradients[0] if len(gradients) > 1 else np.zeros(len(theta))
    share = 1.0 if plan.optimizer == "momentum" else 0.1
    return [path[-2], share * first, 0.001 * first * first, len(gradients) - 1, path[-1]]


UPDATE = """(m, cases) => cases.map(({ plan, x, y, from, to, theta, first, second, steps }) => {
    const points = m.pointsOf(plan.net, x.map((p) => p[0]), x.map((p) => p[1]), y);
    const kept = m.start(plan);
    const moment = (old, now) => (old.length ? Float64Array.from(now) : old);
    const moments = { m: moment(kept.m, first), v: moment(kept.v, second) };
    const state = { epoch: 0, steps, theta: Float64Array.from(theta), ...moments };
    m.trainerOf(plan, points).update(state, [...y.keys()], from, to);
    return [...state.theta];
})"""


def test_an_update_in_the_browser_equals_dlcores_from_equal_states_in_200_settings(blank: object) -> None:
    rng = np.random.default_rng(7)
    sent, expected, largest = [], [], 0.0
    for k in range(200):
        plan = some_plan(k, rng)
        parts = sets(plan)
        points, rows = parts.points, parts.train
        theta = rng.uniform(-1, 1, plan.net.size)
        before, first, second, steps, after = one_update(
            plan, theta, plan.net.inputs(points.x), points.y, rows
        )
        part = slices(len(rows), plan.batch)[steps]
        sent.append(
            {
                "plan": as_sent(plan),
                "x": points.x[rows].tolist(),
                "y": points.y[rows].tolist(),
                "from": part.start,
                "to": part.stop,
                "theta": before.tolist(),
                "first": first.tolist(),
                "second": second.tolist(),
                "steps": steps,
            }
        )
        expected.append(after)
        assert (after != before).any()
    for case, ours, theirs in zip(sent, expected, in_browser(blank, ENGINE, UPDATE, sent), strict=True):
        apart = np.abs(np.array(theirs) - ours) / np.maximum(1.0, np.abs(ours))
        largest = max(largest, float(apart.max()))
        assert apart.max() <= BOUND, case["plan"]
    print(f"largest difference of a parameter after an update: {largest:.1e}")


EPOCHS = """(m, { plan, x, y, epochs }) => {
    const points = m.pointsOf(plan.net, x.map((p) => p[0]), x.map((p) => p[1]), y);
    const state = m.start(plan), path = [[...state.theta]], trainer = m.trainerOf(plan, points);
    while (state.epoch < epochs) { trainer.epoch(state); path.push([...state.theta]); }
    return path;
}"""
STABLE = {
    "the page's own": Plan(epochs=40),
    "cross-entropy, momentum": Plan(Network(head="cross-entropy"), "moons", optimizer="momentum", lr=0.003),
    "GELU, Adam, penalties": Plan(Network(f="gelu"), "gauss", optimizer="adam", lr=0.003, l1=0.001, l2=0.01),
    "all points at once": Plan(Network(tuple(FEATURES), ()), "circle", batch=0, lr=0.001, seed=9999),
    "regression": Plan(Network(head="regression", f="softplus"), "plane", lr=0.003, batch=30),
    "real points": Plan(Network(f="silu", head="cross-entropy"), "breast_cancer", lr=0.01),
}


@pytest.mark.parametrize("case", STABLE)
def test_whole_epochs_in_the_browser_equal_dlcores_where_training_is_stable(case: str, blank: object) -> None:
    plan = replace(STABLE[case], epochs=20)
    parts = sets(plan)
    sent = {
        "plan": as_sent(plan),
        "x": parts.points.x[parts.train].tolist(),
        "y": parts.points.y[parts.train].tolist(),
        "epochs": plan.epochs,
    }
    path, ours = np.array(in_browser(blank, ENGINE, EPOCHS, sent)), train(plan).theta
    assert (path[0] == ours[0]).all()  # initial weights to the last bit
    print(f"{case}: {np.abs(path - ours).max():.1e}")
    np.testing.assert_allclose(path, ours, rtol=1e-10, atol=1e-10)
    another = train(replace(plan, seed=1)).theta
    assert np.abs(path - another).max() > 1e-3  # another order, other weights: the comparison sees it
