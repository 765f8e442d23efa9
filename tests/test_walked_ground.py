"""The plane a training walked in: its loss, its projections, and what is left out of it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dlcore.data import BadInput
from dlcore.network import Network, loss
from dlcore.network.trajectory import Plan, sets, train
from dlcore.network.walked_ground import EDGE, walked_ground

PLAN = Plan(Network(hidden=(3,)), n=80, epochs=25, lr=0.1)
NAMES = ("momentum", "sgd", "adam")
RUNS = {name: train(replace(PLAN, optimizer=name)) for name in NAMES}
GROUND = walked_ground(RUNS, 9)


def test_the_map_is_the_training_loss_at_its_places() -> None:
    parts = sets(PLAN)
    x, y = PLAN.net.inputs(parts.points.x[parts.train]), parts.points.y[parts.train]
    for i, j in ((0, 0), (4, 7), (8, 2)):
        place = GROUND.origin + GROUND.a[j] * GROUND.directions[0] + GROUND.b[i] * GROUND.directions[1]
        assert GROUND.loss[i, j] == pytest.approx(loss(PLAN.net, place, x, y), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_in_the_plane_and_away_from_it_make_the_whole_distance(name: str) -> None:
    whole = np.linalg.norm(RUNS[name].theta - GROUND.origin, axis=1)
    within = np.linalg.norm(GROUND.paths[name], axis=1)
    np.testing.assert_allclose(np.hypot(within, GROUND.away[name]), whole, rtol=1e-9, atol=1e-12)


def test_no_other_plane_through_the_end_holds_more_of_the_path() -> None:
    steps = RUNS["momentum"].theta - GROUND.origin
    np.testing.assert_allclose(GROUND.directions @ GROUND.directions.T, np.eye(2), atol=1e-12)
    ours = np.sum((steps @ GROUND.directions.T) ** 2) / np.sum(steps**2)
    assert ours == pytest.approx(GROUND.explained.sum(), rel=1e-9)
    rng = np.random.default_rng(5)
    for _ in range(200):
        other = np.linalg.qr(GROUND.directions.T + rng.normal(0, 0.3, (len(GROUND.origin), 2)))[0]
        assert np.sum((steps @ other) ** 2) / np.sum(steps**2) <= ours


def test_a_network_of_two_parameters_never_leaves_its_plane() -> None:
    plan = Plan(Network(("x1",), (), head="regression"), points="plane", n=60, epochs=20, lr=0.02)
    found = walked_ground({"sgd": train(plan)}, 5)
    assert found.explained.sum() == pytest.approx(1)
    assert found.away["sgd"].max() < 1e-12 and found.lies("sgd") < 1e-12


def test_a_path_that_has_not_moved_has_no_plane() -> None:
    with pytest.raises(BadInput, match="second direction"):
        walked_ground({"sgd": train(replace(PLAN, epochs=0))})


def test_a_path_that_leaves_is_followed_as_far_as_it_can_be_drawn() -> None:
    net = Network(hidden=(2,), head="regression")
    steep = Plan(net, points="plane", n=60, epochs=20, lr=10.0, seed=1)
    runs = {name: train(replace(steep, optimizer=name)) for name in ("adam", "sgd")}
    assert np.abs(runs["sgd"].theta).max() > EDGE
    found = walked_ground(runs, 5)
    assert len(found.paths["sgd"]) <= len(runs["sgd"].theta) and np.isfinite(found.lies("adam"))
    assert all(np.isfinite(found.paths[name]).all() and np.isfinite(found.away[name]).all() for name in runs)
    assert found.explained.sum() <= 1 + 1e-12


def test_a_path_that_left_at_once_is_said_to_be_its_start(app: Callable) -> None:
    test = app("home")
    address = {"data": "regression: plane", "layers": "none", "lr": "10", "batch": "1", "opt": "Adam"}
    for name, value in address.items():
        test.query_params[f"network_{name}"] = value
    test.switch_page("pages/network.py").run()
    test.session_state["network_ground"] = True
    test.run()
    assert not test.exception
    assert any("In its first epoch SGD and momentum 0.9 left" in each.value for each in test.warning)
    assert not any("inf" in caption.value or "nan" in caption.value for caption in test.caption)


def test_the_page_shows_the_ground_and_says_how_much_of_the_path_it_holds(app: Callable) -> None:
    test = app("network")
    test.session_state["network_ground"] = True
    test.run()
    assert not test.exception and not test.error
    assert any("principal directions of SGD’s path" in caption.value for caption in test.caption)
