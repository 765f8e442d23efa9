"""Surfaces against autograd, rules against torch.optim, published shares, closed forms."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, root
from scipy.stats import binomtest

from dlcore import runs
from dlcore.optimizers import RULES, SURFACES, Surface, plain, race
from dlcore.optimizers.basins import endings, grid, run_to_end
from dlcore.optimizers.fair import BUDGETS, fair_race
from dlcore.optimizers.learning_rates import sweep
from dlcore.optimizers.mistakes import MultipliedAdam, UncorrectedAdam
from dlcore.optimizers.newton_cost import gradient as cost_gradient
from dlcore.optimizers.newton_cost import newton_step, step_cost
from dlcore.optimizers.noise import error_of_variance, gradient_noise
from dlcore.optimizers.replay import replay
from dlcore.optimizers.stability import critical_beta, heavy_ball_rate
from dlcore.optimizers.surfaces import bowl
from dlcore.optimizers.terrain import descent_field
from dlcore.oracles import optimizers as oracle
from dlcore.runs import Recipe
from dlcore.schedules import OVER_EPOCHS, SCHEDULES
from dlcore.training import learning_rate

pytestmark = pytest.mark.delicate

TORCH_TWINS = [name for name in RULES if name != "newton"]
PLANE = Surface(
    name="plane",
    title="Plane",
    formula="f = x",
    value=lambda x, y, m: x,
    slope=lambda x, y, m: (1.0 + 0.0 * x, 0.0 * x),
    curvature=lambda x, y, m: (0.0 * x, 0.0 * x, 0.0 * x),
    view=((0.0, 1.0), (0.0, 1.0)),
    start=(0.0, 0.0),
)
POINTS = np.random.default_rng(0).uniform(-2, 2, (40, 2))


def test_the_package_loads_without_torch() -> None:
    code = "import sys, dlcore.optimizers; assert 'torch' not in sys.modules and 'sklearn' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SURFACES)
def test_gradients_match_autograd_of_an_independent_formula(name: str) -> None:
    ours, theirs = SURFACES[name].grad(POINTS), oracle.gradient(name, POINTS)
    assert np.abs(ours - theirs).max() < 1e-12 * max(1, np.abs(theirs).max())


@pytest.mark.parametrize("name", SURFACES)
def test_hessians_match_autograd(name: str) -> None:
    for point in POINTS[:5]:
        ours, theirs = SURFACES[name].hessian(point), oracle.hessian(name, point)
        assert np.abs(ours - theirs).max() < 1e-11 * max(1, np.abs(theirs).max())


def test_another_surfaces_gradient_does_not_match() -> None:
    assert np.abs(SURFACES["beale"].grad(POINTS) - oracle.gradient("rosenbrock", POINTS)).max() > 1


@pytest.mark.parametrize("name", SURFACES)
def test_gradients_match_central_differences(name: str) -> None:
    surface, h = SURFACES[name], 1e-6
    for i, unit in enumerate(np.eye(2)):
        difference = (surface.f(POINTS + h * unit) - surface.f(POINTS - h * unit)) / (2 * h)
        assert np.allclose(difference, surface.grad(POINTS)[:, i], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", SURFACES)
def test_minima_and_saddles_are_what_they_say(name: str) -> None:
    surface = SURFACES[name]
    for minimum in surface.minima:
        assert np.abs(surface.grad(minimum)).max() < 1e-10
        assert np.linalg.eigvalsh(surface.hessian(minimum)).min() > 0
    for saddle in surface.saddles:
        assert np.abs(surface.grad(saddle)).max() < 1e-10
        assert np.linalg.eigvalsh(surface.hessian(saddle)).min() <= 0
    if surface.minima:
        assert surface.f(grid(surface.view, 41)).min() >= surface.f(surface.minima[0]) - 1e-12


def stationary_points(surface: Any, n: int) -> np.ndarray:
    """Every stationary point in view that SciPy's root finder reaches from n × n starts, each once, (k, 2)."""
    low, high = np.array(surface.view).T
    found: list[np.ndarray] = []
    for start in grid(surface.view, n):
        end = root(surface.grad, start, jac=surface.hessian, tol=1e-12).x
        inside = (
            (end >= low - 1e-9).all()
            and (end <= high + 1e-9).all()
            and np.abs(surface.grad(end)).max() < 1e-9
        )
        if inside and (not found or np.hypot(*(np.array(found) - end).T).min() > 1e-3):
            found.append(end)
    return np.array(found)


@pytest.mark.parametrize("name", [name for name in SURFACES if name != "monkey_saddle"])
def test_a_root_finder_meets_no_minimum_or_saddle_that_is_not_marked(name: str) -> None:
    surface = SURFACES[name]
    if name == "rastrigin":  # separable: what holds on a part of the lattice holds on the whole
        surface = replace(surface, view=((-1.3, 1.3), (-1.3, 1.3)))
    points = stationary_points(surface, 24 if name == "rastrigin" else 12)
    curvature = np.linalg.eigvalsh(surface.hessian(points))
    low, high = np.array(surface.view).T
    for marked, here in (
        (surface.minima, curvature[:, 0] > 0),
        (surface.saddles, (curvature[:, 0] < 0) & (curvature[:, 1] > 0)),
    ):
        known = np.array(marked).reshape(-1, 2)
        known = known[((known >= low) & (known <= high)).all(1)]
        assert len(known) == here.sum()
        assert all(np.hypot(*(known - point).T).min() < 1e-3 for point in points[here])


def test_rastrigin_has_121_minima_and_220_saddles_in_view() -> None:
    surface = SURFACES["rastrigin"]
    assert (len(set(surface.minima)), len(set(surface.saddles))) == (121, 220)


def test_surfaces_broadcast_over_any_leading_shape() -> None:
    for surface in SURFACES.values():
        points = POINTS.reshape(2, 4, 5, 2)
        assert surface.f(points).shape == (2, 4, 5)
        assert surface.grad(points).shape == points.shape
        assert surface.hessian(points).shape == (2, 4, 5, 2, 2)
        assert surface.f((0.5, 0.5)).shape == ()


def test_the_condition_number_is_that_of_the_hessian() -> None:
    assert np.linalg.cond(bowl(37.0).hessian((1.0, 2.0))) == pytest.approx(37.0)
    for bad in (0.5, 1e9, float("nan"), "10"):
        with pytest.raises(ValueError, match="condition number"):
            bowl(bad)  # type: ignore[arg-type]


def test_points_need_two_coordinates() -> None:
    with pytest.raises(ValueError, match="two coordinates"):
        SURFACES["beale"].f([1.0, 2.0, 3.0])


@pytest.mark.parametrize("name", TORCH_TWINS)
@pytest.mark.parametrize("surface", ["beale", "rosenbrock", "rastrigin", "two_wells", "logistic"])
def test_one_step_from_equal_state_equals_torch(name: str, surface: str) -> None:
    rule = RULES[name](lr=1e-3) if name != "lbfgs" else RULES[name](lr=0.5)
    start = SURFACES[surface].start
    ours = race(surface, [rule], [start], 100)
    told = replay(surface, rule, ours.paths[0, 0])
    theirs = oracle.steps_along(rule, ours.paths[0, 0], told.gradients)
    allowed = oracle.rounding_along(rule, ours.paths[0, 0], told.gradients)
    assert (np.abs(theirs - ours.paths[0, 0, 1:]) <= allowed).all()
    assert allowed.max() < (1e-8 if name == "nadam" else 1e-6 if name == "lbfgs" else 1e-11)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_one_step_from_equal_state_equals_torch_under_every_schedule(schedule: str) -> None:
    rule = RULES["adam"](lr=0.05, beta1=0.7, schedule=schedule)
    path = race("beale", [rule], [(1.0, 1.6)], 60, noise=0.3, seed=4).paths[0, 0]
    theirs = oracle.steps_along(rule, path, replay("beale", rule, path, noise=0.3, seed=4).gradients)
    assert np.abs(theirs - path[1:]).max() < 1e-12


@pytest.mark.parametrize("name", [n for n in SURFACES if n != "monkey_saddle"])
def test_whole_paths_of_adam_equal_torch(name: str) -> None:
    rule, start = RULES["adam"](lr=0.01), SURFACES[name].start
    ours = race(name, [rule], [start], 300).paths[0, 0]
    assert np.abs(ours - oracle.whole_path(name, rule, start, 300)).max() < 1e-10


@pytest.mark.parametrize("mistake", [UncorrectedAdam, MultipliedAdam])
def test_adam_with_a_famous_mistake_differs_from_torch(mistake: type) -> None:
    rule = mistake(lr=0.01)
    path = race("beale", [rule], [(1.0, 1.6)], 30).paths[0, 0]
    right = RULES["adam"](lr=0.01)
    theirs = oracle.steps_along(right, path, replay("beale", rule, path).gradients)
    assert np.abs(theirs - path[1:]).max() > 0.01


def test_momentum_on_rastrigin_is_chaos_and_not_a_bug() -> None:
    rule = RULES["momentum"](lr=0.01)
    ours = race("rastrigin", [rule], [(-3.4, 2.3)], 300).paths[0, 0]
    theirs = oracle.whole_path("rastrigin", rule, (-3.4, 2.3), 300)
    assert np.abs(ours[:5] - theirs[:5]).max() < 1e-10
    assert np.abs(ours - theirs).max() > 0.1


def test_adams_first_step_is_the_learning_rate() -> None:
    starts = POINTS[np.abs(SURFACES["beale"].grad(POINTS)).min(1) > 0.01]
    steps = np.diff(race("beale", [RULES["adam"](lr=0.03)], starts, 1).paths[0, :, :2], axis=1)
    assert np.allclose(np.abs(steps), 0.03, rtol=1e-6)


def test_without_bias_correction_the_first_step_is_9_5_times_the_rate() -> None:
    for beta1, times in ((0.7, 9.5), (0.9, 3.16)):
        starts = POINTS[np.abs(SURFACES["two_wells"].grad(POINTS)).min(1) > 0.01]
        path = race("two_wells", [UncorrectedAdam(lr=0.01, beta1=beta1, eps=1e-8)], starts, 1).paths[0]
        assert np.median(np.abs(np.diff(path, axis=1))) / 0.01 == pytest.approx(times, rel=0.005)


def test_multiplying_by_the_correction_inflates_the_steps_as_published() -> None:
    published = {1: 10.0, 2: 18.06, 5: 33.61, 10: 42.61, 20: 38.95, 100: 10.5, 1000: 1.58}
    # On a plane the gradient is constant, so right and wrong Adam have the same m and v at every step.
    wrong, right = (
        np.diff(race(PLANE, [rule], [(0.0, 0.0)], 1000).paths[0, 0, :, 0])
        for rule in (MultipliedAdam(lr=1e-3), RULES["adam"](lr=1e-3))
    )
    for k, factor in published.items():
        assert wrong[k - 1] / right[k - 1] == pytest.approx(factor, rel=2e-3)


def test_gradient_descent_shrinks_each_eigendirection_by_its_own_factor() -> None:
    path = race(bowl(10.0), [RULES["gradient_descent"](lr=0.05)], [(1.0, 1.0)], 20).paths[0, 0]
    assert np.allclose(path[:, 0], (1 - 0.05) ** np.arange(21), rtol=1e-12)
    assert np.allclose(path[:, 1], (1 - 0.5) ** np.arange(21), rtol=1e-12)


def test_newton_solves_a_quadratic_in_one_step() -> None:
    paths = race(bowl(1000.0), [RULES["newton"]()], POINTS, 1).paths[0]
    assert np.abs(paths[:, 1]).max() < 1e-12


def test_newtons_direction_equals_a_linear_solve_with_autograds_hessian() -> None:
    for start in POINTS[:5]:
        step = np.diff(race("beale", [RULES["newton"]()], [start], 1).paths[0, 0], axis=0)[0]
        solved = -np.linalg.solve(oracle.hessian("beale", start), oracle.gradient("beale", start))
        assert np.allclose(step, solved, rtol=1e-9, atol=1e-12)


def test_newton_climbs_to_a_saddle_and_a_line_search_prevents_it() -> None:
    plain, searching = race(
        "saddle", [RULES["newton"](), RULES["newton"](line_search=True)], [(-0.5, 0.2)], 40
    ).paths[:, 0, -1]
    assert np.allclose(plain, (0.0, 0.0), atol=1e-8)
    assert np.allclose(np.abs(searching), (0.0, 1.0), atol=1e-6)


@pytest.mark.parametrize("name", ["rosenbrock", "beale", "himmelblau", "two_wells", "logistic"])
def test_lbfgs_with_a_line_search_ends_where_scipys_does(name: str) -> None:
    surface = SURFACES[name]
    start = np.add(surface.minima[0], (0.4, 0.3))
    ends = race(name, [RULES["lbfgs"](line_search=True)], [start], 100).paths[0, 0, -1]
    theirs = minimize(surface.f, start, jac=surface.grad, method="L-BFGS-B", options={"gtol": 1e-10}).x
    assert np.allclose(ends, theirs, atol=1e-5)


def test_lbfgs_and_newton_spend_more_than_one_gradient_a_step() -> None:
    rules = [RULES["adam"](), RULES["newton"](), RULES["lbfgs"](line_search=True)]
    spent = race("rosenbrock", rules, [(-1.2, 1.0)], 20).evaluations
    assert spent.shape == (3, 20)
    assert (spent[0] == 1).all() and (spent[1] == 3).all() and (spent[2] >= 3).all()


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("adam", {"lr": -1.0}),
        ("adam", {"lr": float("nan")}),
        ("adam", {"lr": 1e9}),
        ("adam", {"lr": "fast"}),
        ("adam", {"lr": None}),
        ("adam", {"beta1": 1.0}),
        ("adam", {"beta2": -0.1}),
        ("adam", {"eps": 0.0}),
        ("adamw", {"weight_decay": 1e9}),
        ("momentum", {"beta": 1.5}),
        ("nadam", {"momentum_decay": float("inf")}),
        ("lbfgs", {"history": 0}),
        ("lbfgs", {"history": 2.5}),
        ("minibatch", {"batch": 0}),
        ("sgd", {"batch": "all"}),
        ("adam", {"schedule": "sometimes"}),
    ],
)
def test_bad_hyper_parameters_get_a_sentence(name: str, bad: dict) -> None:
    with pytest.raises(ValueError, match=r"\w+ .*; got "):
        RULES[name](**bad)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_defaults_a_title_and_a_formula(name: str) -> None:
    rule = RULES[name]()
    assert rule.name == name and rule.title and rule.formula and hash(rule)
    assert type(rule).__doc__


def test_a_race_records_every_path() -> None:
    rules = {name: rule(lr=0.01) for name, rule in RULES.items()}
    result = race("two_wells", rules, POINTS[:6], 25, noise=0.1, seed=3)
    assert result.paths.shape == (12, 6, 26, 2) and result.paths.dtype == np.float64
    assert result.evaluations.shape == (12, 25)
    assert np.allclose(result.paths[:, :, 0], POINTS[:6])
    assert np.allclose(result.losses, SURFACES["two_wells"].f(result.paths))


def test_one_racer_in_floats_and_many_as_arrays_walk_the_same_path() -> None:
    rules = [rule(lr=0.01) for rule in RULES.values()]
    rules += [RULES["newton"](line_search=True), RULES["lbfgs"](line_search=True)]
    many = race("beale", rules, POINTS[:9] * 0.5, 40, noise=0.0)
    for s in range(9):
        alone = race("beale", rules, [POINTS[s] * 0.5], 40)
        assert np.abs(alone.paths[:, 0] - many.paths[:, s]).max() < 1e-9
        assert (alone.spent[:, 0] == many.spent[:, s]).all()


def test_the_same_seed_gives_the_same_race_and_another_seed_another() -> None:
    rules = [RULES["sgd"](lr=0.1), RULES["minibatch"](lr=0.1), RULES["adam"](lr=0.1, batch=8)]
    for surface, noise in (("logistic", 0.0), ("beale", 0.5)):
        first, same, other = (race(surface, rules, [(1.0, 1.0)], 20, noise, seed).paths for seed in (1, 1, 2))
        assert (first == same).all()
        assert np.abs(first[:, :, 1:] - other[:, :, 1:]).min() > 0


def test_without_data_or_noise_sgd_is_gradient_descent() -> None:
    result = race(
        "beale", [RULES[name](lr=1e-3) for name in ("gradient_descent", "sgd", "minibatch")], [(1, 1)], 50
    )
    assert (result.paths[0] == result.paths[1]).all() and (result.paths[0] == result.paths[2]).all()


def test_noise_averages_out_over_a_batch() -> None:
    many = np.zeros((4000, 2))
    rules = [RULES["sgd"](lr=1.0), RULES["minibatch"](lr=1.0, batch=25)]
    ends = race("bowl", rules, many, 1, noise=2.0).paths[:, :, 1]
    assert np.allclose(ends.std(axis=1), [[2.0, 2.0], [0.4, 0.4]], rtol=0.05)


@pytest.mark.parametrize("starts", [[(-3.5, 1.5)], np.full((9, 2), 1.5)])
def test_divergence_stays_finite_and_is_said(starts: object) -> None:
    rules = [
        RULES["gradient_descent"](lr=900.0),
        RULES["momentum"](lr=50.0),
        RULES["gradient_descent"](lr=0.01),
    ]
    for surface in ("bowl", "beale", "rastrigin", "monkey_saddle", "two_wells"):
        result = race(surface, rules, starts, 400)
        assert np.isfinite(result.paths).all() and np.isfinite(result.losses).all()
        assert np.abs(result.paths).max() <= 1e6
    bowled = race("bowl", rules, starts, 400)
    assert (bowled.diverged_at[0] > 0).all() and (bowled.diverged_at[2] == -1).all()
    left = bowled.diverged_at[0, 0]
    assert (bowled.paths[0, 0, left:] == bowled.paths[0, 0, left - 1]).all()
    assert bowled.spent[0, 0, left:].sum() == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"surface": "moon"},
        {"surface": 3},
        {"rules": []},
        {"rules": ["adam"]},
        {"starts": [1.0, 2.0, 3.0]},
        {"starts": [(float("nan"), 0.0)]},
        {"starts": [(1e9, 0.0)]},
        {"starts": "here"},
        {"steps": -1},
        {"steps": 2.5},
        {"steps": 10**9},
        {"noise": -1.0},
        {"noise": float("nan")},
        {"seed": -1},
        {"starts": np.zeros((20_000, 2)), "steps": 90_000},
    ],
)
def test_a_race_that_cannot_be_run_gets_a_sentence(bad: dict) -> None:
    plan = {"surface": "beale", "rules": [RULES["adam"]()], "starts": [(0.0, 0.0)], "steps": 5}
    with pytest.raises(ValueError, match=r"\.$|; got "):
        race(**{**plan, **bad})


def test_a_surface_of_ones_own_needs_only_f_and_grad() -> None:
    class Cone:
        def f(self, points: np.ndarray) -> np.ndarray:
            return (np.asarray(points) ** 2).sum(-1)

        def grad(self, points: np.ndarray) -> np.ndarray:
            return 2 * np.asarray(points)

    path = race(Cone(), [RULES["gradient_descent"](lr=0.25)], [(1.0, -2.0)], 3).paths[0, 0]
    assert np.allclose(path, np.outer(0.5 ** np.arange(4), (1.0, -2.0)))


PUBLISHED_SHARES = [  # rule, steps, share of an 81 x 81 grid that ends within .15 of (-1, 0)
    (RULES["sgd"](lr=0.02), 500, 0.548),
    (RULES["momentum"](lr=0.01, beta=0.8), 200, 0.591),
    (RULES["rmsprop"](lr=0.01, beta2=0.99, eps=1e-6), 300, 0.654),
    (UncorrectedAdam(lr=0.01, beta1=0.7, beta2=0.999, eps=1e-6), 100, 0.668),
    (RULES["adam"](lr=0.01, beta1=0.7, beta2=0.999, eps=1e-6), 100, 0.299),
    (RULES["adam"](lr=0.01, beta1=0.7, beta2=0.999, eps=1e-6), 500, 0.649),
    (RULES["rmsprop"](lr=0.01, beta2=0.99, eps=1e-6), 500, 0.655),
]


@pytest.mark.parametrize(
    ("rule", "steps", "share"), PUBLISHED_SHARES, ids=lambda case: getattr(case, "name", str(case))
)
def test_published_shares_of_the_two_wells_are_reproduced(rule: object, steps: int, share: float) -> None:
    starts = grid(((-2.0, 2.0), (-2.0, 2.0)), 81)
    found = endings("two_wells", rule, starts, steps, minima=[(-1.0, 0.0)])
    assert found.reached == pytest.approx(share, abs=0.01)


def test_corrected_adam_is_still_on_its_way_after_a_hundred_steps() -> None:
    rule = RULES["adam"](lr=0.01, beta1=0.7, beta2=0.999, eps=1e-6)
    found = endings("two_wells", rule, grid(((-2.0, 2.0), (-2.0, 2.0)), 81), 100)
    assert found.unfinished == pytest.approx(0.47, abs=0.02)
    assert found.reached + found.elsewhere + found.unfinished + found.diverged == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["momentum", "rmsprop", "adam", "nadam"])
def test_many_starts_end_where_batched_torch_ends(name: str) -> None:
    starts = grid(SURFACES["himmelblau"].view, 12)
    ours, _, spent = run_to_end("himmelblau", RULES[name](lr=1e-3), starts, 40)
    assert np.abs(ours - oracle.endpoints("himmelblau", RULES[name](lr=1e-3), starts, 40)).max() < 1e-7
    assert spent == 40


def test_chunks_do_not_change_where_starts_end() -> None:
    starts, rule = grid(SURFACES["two_wells"].view, 70), RULES["lbfgs"](line_search=True)
    ends = run_to_end("two_wells", rule, starts, 8)[0]
    assert np.allclose(ends[-5:], run_to_end("two_wells", rule, starts[-5:], 8)[0], atol=1e-12)


def test_starts_that_leave_for_infinity_are_counted_as_diverged() -> None:
    found = endings("monkey_saddle", RULES["gradient_descent"](lr=0.1), POINTS, 200)
    assert found.diverged > 0.9 and found.reached == 0.0


def test_the_share_that_arrives_has_the_one_wilson_interval() -> None:
    found = endings("rosenbrock", RULES["adam"](lr=0.05), POINTS, 100)
    n = len(found.label)
    theirs = binomtest(round(found.reached * n), n).proportion_ci(method="wilson")
    assert found.share.value == found.reached
    assert found.share.interval == pytest.approx((theirs.low, theirs.high), abs=1e-14)


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_fair_race_gives_everyone_the_same_budget(budget: str) -> None:
    rules = [RULES["adam"](lr=0.05), RULES["newton"](), RULES["lbfgs"](line_search=True)]
    starts = POINTS
    result = fair_race("two_wells", rules, starts, 60, budget, 0.15)
    if budget == "gradients":
        assert result.steps[0] == 60 and result.steps[1] == 20 and result.steps[2] <= 30
    if budget == "best rate":
        assert result.endings[0].rule.lr != 0.05
        assert result.steps == (60, 60, 60)
    if budget == "seconds":
        assert max(result.steps) == 60 and min(result.seconds) > 0


def test_a_mini_batch_costs_its_share_of_the_data() -> None:
    rules = [RULES["gradient_descent"](lr=1.0), RULES["minibatch"](lr=1.0, batch=57)]
    result = fair_race("logistic", rules, [(0.0, 0.0), (1.0, 1.0)], 20, "gradients", 0.3)
    assert result.cost == (1.0, pytest.approx(57 / 569))
    assert result.steps == (20, 200)
    ends = [
        fair_race("logistic", rules[1:], [(0.0, 0.0)], 20, "steps", 0.3, seed=seed).endings[0].ends
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(ends[0], ends[1]) and not np.array_equal(ends[0], ends[2])  # other batches
    with pytest.raises(ValueError, match="budget"):
        fair_race("bowl", rules, [(0.0, 0.0)], 20, "luck", 0.3)


def test_the_learning_rate_lens_finds_the_cliff_of_gradient_descent() -> None:
    result = sweep(bowl(10.0), [RULES["gradient_descent"]()], [(1.0, 1.0)], 400)
    start, cliff = float(bowl(10.0).f((1.0, 1.0))), 2 / 10
    below, above = result.rates < 0.98 * cliff, result.rates > 1.02 * cliff
    assert (result.losses[0, below] < start).all()
    assert not (result.losses[0, above] < start).any()
    assert result.best()[0] == pytest.approx(
        2 / 11, rel=0.2
    )  # the optimum 2 / (1 + 10), to the grid's spacing


def test_the_lens_agrees_with_a_race_at_that_rate() -> None:
    rates = np.array([1e-3, 1e-2])
    rules = [RULES["adam"](), RULES["rmsprop"](), RULES["lbfgs"]()]
    result = sweep("beale", rules, [(1.0, 1.6)], 50, rates)
    for r, rule in enumerate(rules):
        for k, rate in enumerate(rates):
            alone = race("beale", [type(rule)(lr=rate)], [(1.0, 1.6)], 50).losses[0, 0, -1]
            assert result.losses[r, k] == pytest.approx(alone, rel=1e-9)


def test_heavy_ball_converges_exactly_inside_its_closed_form_boundary() -> None:
    rng = np.random.default_rng(0)
    for alpha, beta in zip(rng.uniform(0.01, 4.5, 60), rng.uniform(0, 0.99, 60), strict=True):
        if abs(alpha - (2 + 2 * beta)) < 0.05:
            continue
        rule = RULES["momentum"](lr=float(alpha), beta=float(beta))
        last = np.abs(race(bowl(1.0), [rule], [(1.0, 1.0)], 4000).paths[0, 0, -1]).max()
        inside = alpha < 2 + 2 * beta  # 0 < αλ < 2 + 2β and 0 ≤ β < 1 (Polyak 1964), λ = 1
        assert (last < 1e-3) == inside
        assert (heavy_ball_rate(alpha, beta) < 1) == inside


def test_the_heavy_ball_is_fastest_at_critical_damping() -> None:
    alpha = 0.3
    betas = np.linspace(0, 0.99, 2000)
    assert betas[np.argmin(heavy_ball_rate(alpha, betas))] == pytest.approx(critical_beta(alpha), abs=1e-3)


def test_gradient_noise_falls_as_one_over_b_with_replacement() -> None:
    seen = gradient_noise(SURFACES["logistic"], (1.0, 1.0))
    assert seen.slope == pytest.approx(-1.0, abs=0.03)
    assert np.allclose(seen.variance, seen.predicted, rtol=0.15)
    assert np.allclose(seen.gradients.mean(1), seen.full, atol=0.05)


def test_without_replacement_the_covariance_has_the_finite_population_factor() -> None:
    batches = (1, 64, 285, 512, 569)
    without = gradient_noise(SURFACES["logistic"], (1.0, 1.0), batches, repeats=1500, replace=False)
    assert np.allclose(without.variance[:-1], without.predicted[:-1], rtol=0.15)
    assert without.variance[-1] < 1e-25 and without.predicted[-1] == 0
    with_ = gradient_noise(SURFACES["logistic"], (1.0, 1.0), batches, repeats=1500)
    assert np.allclose(without.variance[2] / with_.variance[2], (569 - 285) / 568, rtol=0.15)
    assert without.off[-1] < 1e-6 and (without.off < 5).all()  # nothing varies where all are taken
    with pytest.raises(ValueError, match="samples to draw"):
        gradient_noise(SURFACES["beale"], (1.0, 1.0))
    with pytest.raises(ValueError, match="batch holds"):
        gradient_noise(SURFACES["logistic"], (1.0, 1.0), (570,), replace=False)


def test_the_error_of_a_variance_is_that_of_many_measured_ones() -> None:
    rng = np.random.default_rng(4)
    each = rng.exponential(size=(9, 2)) ** 2 * [1.0, 3.0]  # far from normal: K counts
    for b in (1, 3):
        batches = each[rng.integers(9, size=(4000, 60, b))].mean(axis=2)  # 4000 times 60 batch gradients
        measured = batches.var(axis=1, ddof=1).sum(-1)
        (error,) = error_of_variance(each, np.array([b]), np.ones(1), 60)
        assert measured.std() == pytest.approx(error, rel=0.06)


def test_a_batch_is_drawn_for_every_point_whatever_shape_they_have() -> None:
    points = np.arange(12.0).reshape(2, 3, 2)
    drawn = SURFACES["logistic"].sample_gradient(points, 569, np.random.default_rng(0), replace=False)
    assert np.allclose(drawn, SURFACES["logistic"].grad(points), atol=1e-12)


def test_a_grid_of_starts_runs_row_by_row_from_the_lower_left() -> None:
    starts = grid(((-1.0, 3.0), (5.0, 6.0)), 3)
    assert starts[[0, 1, 2, 3, 8]].tolist() == [[-1, 5], [1, 5], [3, 5], [-1, 5.5], [3, 6]]


def test_a_newton_step_solves_the_differences_of_the_gradient() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(50, 4)), rng.normal(size=4)
    H = np.column_stack(
        [(cost_gradient(x, w + h) - cost_gradient(x, w - h)) / 2e-5 for h in 1e-5 * np.eye(4)]
    )
    assert np.allclose(
        H @ newton_step(x, w), cost_gradient(x, w), atol=0.02 * np.abs(cost_gradient(x, w)).max()
    )


@pytest.mark.parametrize("rule", ["lbfgs", "newton", "adam"])
def test_a_racer_that_begins_at_the_minimum_stays_there(rule: str) -> None:
    for starts in ([(0.0, 0.0)], [(0.0, 0.0)] * 6):
        found = race(bowl(3.0), [RULES[rule]()], starts, 30)
        assert np.abs(found.paths).max() == 0 and (found.diverged_at == -1).all()


def test_a_surface_that_is_its_own_mirror_image_is_drawn_as_such() -> None:
    points = np.random.default_rng(0).uniform(0.1, 2, (20, 2))
    mirrored = 0
    for surface in SURFACES.values():
        for axis, (low, high) in enumerate(surface.view):
            sign = np.where(np.arange(2) == axis, -1, 1)
            if np.allclose(surface.f(points), surface.f(points * sign)):
                assert low == -high, (surface.name, axis)
                mirrored += 1
        marked = np.array([*surface.minima, *surface.saddles, surface.start]).reshape(-1, 2).T
        for (low, high), at in zip(surface.view, marked, strict=True):
            assert low <= at.min() and at.max() <= high, surface.name
    assert mirrored >= 6


def test_arrows_of_the_ground_are_centered_in_their_cells_and_point_downhill() -> None:
    surface, n = SURFACES["saddle"], 7  # its view is wider than high
    arrows = descent_field(surface, n)
    feet, along = arrows.mean(axis=1), arrows[:, 1] - arrows[:, 0]
    edges = [np.linspace(low, high, n + 1) for low, high in surface.view]
    centers = np.stack(np.meshgrid(*((e[1:] + e[:-1]) / 2 for e in edges)), -1).reshape(-1, 2)
    assert np.allclose(feet, centers)
    g = surface.grad(centers)
    assert np.allclose((along * g).sum(1), -np.linalg.norm(along, axis=1) * np.linalg.norm(g, axis=1))
    shorter = min(e[1] - e[0] for e in edges)
    assert np.allclose(np.linalg.norm(along, axis=1), shorter * 2 / 3)


def test_the_mean_of_single_sample_gradients_is_the_gradient() -> None:
    surface = SURFACES["logistic"]
    assert np.allclose(
        surface.per_sample_gradients((1.0, -2.0)).mean(0), surface.grad((1.0, -2.0)), atol=1e-14
    )


def test_the_logistic_minimum_is_scikit_learns() -> None:
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    surface, data = SURFACES["logistic"], load_breast_cancer()
    model = LogisticRegression(C=1 / (surface.ridge * surface.samples), fit_intercept=False, tol=1e-12)
    model.fit(StandardScaler().fit_transform(data.data[:, :2]), data.target)
    assert np.allclose(model.coef_[0], surface.minima[0], atol=1e-5)


def test_a_replay_explains_the_race_step_by_step() -> None:
    rule = RULES["adam"](lr=0.1, batch=8)
    path = race("logistic", [rule], [(1.0, 1.0)], 12, noise=0.1, seed=5).paths[0, 0]
    told = replay("logistic", rule, path, noise=0.1, seed=5)
    t = 4
    m_hat = told.memory["m"][t] / (1 - 0.9 ** (t + 1))
    v_hat = told.memory["v"][t] / (1 - 0.999 ** (t + 1))
    assert np.allclose(told.moves[t], -told.eta[t] * m_hat / (np.sqrt(v_hat) + 1e-8), atol=1e-12)
    assert told.distances[0] == pytest.approx(np.hypot(*(path[0] - SURFACES["logistic"].minima[0])))


def test_a_newton_step_costs_more_and_more_than_a_gradient() -> None:
    cost = step_cost((4, 64, 128), rounds=3)
    assert (cost.newton > cost.gradient).all() and np.isfinite(cost.exponent)


def test_one_disturbed_round_moves_no_cost_and_a_disturbed_measurement_says_so() -> None:
    def ticks(seconds: list[float]) -> Iterator[float]:
        now = 0.0
        for each in seconds:
            yield now
            now += each
            yield now

    gradient_and_newton = [1.0, 4.0]
    quiet = step_cost((2, 4), 5, clock=ticks(gradient_and_newton * 10).__next__)
    once = ticks([900.0, 900.0, *gradient_and_newton * 9]).__next__
    assert step_cost((2, 4), 5, clock=once).newton.tolist() == quiet.newton.tolist() == [4.0, 4.0]
    assert quiet.spread == 1.0 and quiet.gradient.tolist() == [1.0, 1.0]
    busy = step_cost((2, 4), 5, clock=ticks([1.0, 4.0, 9.0, 4.0, 1.0, 4.0, 9.0, 4.0, 9.0, 4.0] * 2).__next__)
    assert busy.spread == pytest.approx(9.0)


def test_a_race_and_a_training_share_one_schedule() -> None:
    assert tuple(OVER_EPOCHS) == runs.SCHEDULES
    for name in OVER_EPOCHS.keys() & SCHEDULES.keys():
        for T in range(1, 13):
            recipe = Recipe(learning_rate=1.0, epochs=T, schedule=name)
            rates = [learning_rate(recipe, epoch) for epoch in range(T)]
            assert rates == [SCHEDULES[name](t, T) for t in range(1, T + 1)]
            assert rates[0] == 1.0  # a single step is taken at the whole rate
    assert [SCHEDULES["step"](t, 8) for t in range(1, 9)] == pytest.approx([1] * 4 + [0.1] * 2 + [0.01] * 2)


def test_newton_solves_also_where_the_determinant_underflows() -> None:
    """On a plateau the entries of a Hessian are 10⁻¹⁶⁹: their product is no number any more, the step is one."""
    newton = RULES["newton"](lr=1.0)
    for scale in (1.0, 1e-169, 1e-242):  # at the last the products of the gradient are no numbers either
        (dx, dy), factor, _ = newton.direction(
            0.0, 0.0, (scale * 1.0, scale * 2.0), (scale * 2.0, scale * 0.5, scale * 1.0), (), plain
        )
        assert factor == 1 and (dx, dy) == pytest.approx(
            tuple(-np.linalg.solve([[2, 0.5], [0.5, 1]], [1, 2]))
        )
    (dx, dy), _, _ = newton.direction(0.0, 0.0, (1e-300, 0.0), (1e-300, 0.0, 1e-300), (), plain)
    assert (dx, dy) == (-1e-300, 0.0)  # nothing left to divide by: downhill
