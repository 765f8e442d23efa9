"""The race's engine in the browser beside dlcore: single steps from equal states, whole paths, formulas, chance."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from conftest import in_browser

from dlcore.arguments import BadInput
from dlcore.optimizers import RULES, SURFACES, race, symbolic
from dlcore.optimizers.learning_rates import RATES, sweep
from dlcore.optimizers.replay import replay
from dlcore.optimizers.stability import largest_step
from dlcore.optimizers.surfaces import Surface, bowl
from proofs import race_states

COUNT = int(os.environ.get("RACE_STATES", "2"))  # of each rule on each surface; the proof takes 200
BOUND = 1e-12


def test_both_files_of_formulas_are_what_the_command_prints() -> None:
    for path, text in symbolic.printed().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"python -m dlcore.optimizers.symbolic prints {path.name}"
        )


@pytest.mark.browser
@pytest.mark.timeout(3600)  # 200 states each
@pytest.mark.parametrize("place", race_states.PLACES)
def test_a_step_in_the_browser_equals_dlcores_from_equal_states_of_every_rule(
    blank: object, place: str
) -> None:
    rng = np.random.default_rng([20, race_states.PLACES.index(place)])
    cases = race_states.states(place, COUNT, rng)
    found = in_browser(blank, race_states.MODULES, race_states.RUN, [told for _, told, _ in cases])
    largest: dict[str, float] = {}
    for (name, told, ours), theirs in zip(cases, found, strict=True):
        off = race_states.apart(ours, theirs)
        largest[name] = max(largest.get(name, 0.0), off)
        assert off <= BOUND * told["slack"], json.dumps([name, off, {**told, "surface": place}, ours, theirs])
    print("largest differences:", json.dumps(largest))


PATHS = """(m, cases) => cases.map(({ surface, rule, start, plan }) => {
  const { path, losses, gone } = m.raced(m.surfaceOf(surface), rule, start, plan);
  return [[...path], [...losses], gone];
})"""
STABLE = {
    "gradient_descent": 0.005,
    "momentum": 0.001,
    "nesterov": 0.001,
    "adagrad": 0.1,
    "adam": 0.02,
}


@pytest.mark.browser
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_whole_paths_in_the_browser_equal_dlcores_where_the_rate_is_stable(
    blank: object, noise: float
) -> None:
    places = ("bowl", "beale", "himmelblau", "logistic", race_states.TYPED[0])
    pairs = [(place, RULES[name](lr=lr)) for place in places for name, lr in STABLE.items()]
    pairs += [(place, RULES["newton"](lr=1.0)) for place in ("bowl", "himmelblau")]
    pairs += [("logistic", RULES[name](lr=0.05)) for name in ("sgd", "minibatch")]
    starts = [race_states.ground_of(place).start for place, _ in pairs]
    sent = [
        {
            "surface": race_states.as_sent(place),
            "rule": {**vars(rule), "name": rule.name},
            "start": start,
            "plan": {"steps": 120, "noise": noise, "seed": 4},
        }
        for (place, rule), start in zip(pairs, starts, strict=True)
    ]
    found = in_browser(blank, race_states.MODULES, PATHS, sent)
    for (place, rule), start, (path, losses, gone) in zip(pairs, starts, found, strict=True):
        ours = race(race_states.ground_of(place), [rule], [start], 120, noise, 4)
        theirs = np.reshape(path, (-1, 2))
        assert gone == ours.diverged_at[0, 0], (place, rule)
        assert np.abs(theirs - ours.paths[0, 0]).max() <= 1e-9, (place, rule)
        assert np.allclose(losses, ours.losses[0, 0], rtol=1e-9, atol=1e-9)


ACCOUNTS = """(m, cases) => cases.map(({ surface, rule, start, plan, t }) => {
  const ground = m.surfaceOf(surface);
  const a = m.account(ground, rule, start, plan, t);
  return [a.eta, a.before, a.after, a.g, a.memory, m.linesOf(rule, a).map(([, of]) => [of(0), of(1)])];
})"""
REMEMBERED = ("m", "v")  # by name; Nadam remembers a third, of no coordinate


@pytest.mark.browser
@pytest.mark.parametrize("place", ["beale", "logistic"])
def test_the_account_of_a_step_is_what_the_racer_saw_and_remembered(blank: object, place: str) -> None:
    """Gradient, memory and step in slow motion, beside dlcore's replay of the recorded path."""
    start, steps, noise, seed = race_states.ground_of(place).start, 20, 0.1, 6
    names = RULES if place == "beale" else ("sgd", "minibatch", "adam")
    rules = [RULES[name](lr=0.003, schedule="cosine") for name in names]
    cases = [(rule, t) for rule in rules for t in (1, 2, 17)]
    sent = [
        {
            "surface": race_states.as_sent(place),
            "rule": {**vars(rule), "name": rule.name},
            "start": start,
            "plan": {"steps": steps, "noise": noise, "seed": seed},
            "t": t,
        }
        for rule, t in cases
    ]
    modules = (*race_states.MODULES, "race/account.js")
    found = in_browser(blank, modules, ACCOUNTS, sent)
    paths = race(race_states.ground_of(place), rules, [start], steps, noise, seed).paths[:, 0]
    replays = {
        rule: (path, replay(place, rule, path, noise, seed)) for rule, path in zip(rules, paths, strict=True)
    }
    for (rule, t), (eta, before, after, g, memory, lines) in zip(cases, found, strict=True):
        path, told = replays[rule]
        now, step = told.gradients[t - 1], told.moves[t - 1]
        pairs = [(eta, told.eta[t - 1]), ([before, after, g], [path[t - 1], path[t], now])]
        pairs += [([lines[0], lines[-1]], [now, step])]
        remembered = [name for name in told.memory if name in REMEMBERED]
        pairs += [
            ([each[k] for each in memory], told.memory[name][t - 1]) for k, name in enumerate(remembered)
        ]
        for theirs, ours in pairs:
            np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-12, err_msg=f"{rule} {t}")


JETS = """(m, { surface, points }) => {
  const s = m.surfaceOf(surface);
  return points.map(([x, y]) => [s.value(x, y), ...s.slope(x, y), ...s.curvature(x, y)]);
}"""
EVERY = (
    "x/y + 3^y - x*y + (x² + 1)^0.7",
    "exp(-x²) + ln(y² + 1) + log(x² + 2)",
    "sqrt(x² + y² + 1) + sin(x y) - cos(x) + tan(y/9)",
    "sinh(x/3) + cosh(y/3) + tanh(x y)",
    "sigmoid(x y) + softplus(x - y)",
    "abs(x) * y + relu(y) * x² + step(x) + max(x, y)² - min(x, y²)",
    "pi x² + e y³ - (-x)",
)


@pytest.mark.browser
@pytest.mark.parametrize("place", [*SURFACES, *EVERY])
def test_value_slope_and_curvature_in_the_browser_are_dlcores(blank: object, place: str) -> None:
    ground = race_states.ground_of(place)
    low, high = np.array(ground.view).T
    points = np.random.default_rng(3).uniform(low, high, (40, 2))
    sent = {"surface": race_states.as_sent(place), "points": points.tolist()}
    theirs = np.array(in_browser(blank, race_states.MODULES, JETS, sent), dtype=float)
    H = ground.hessian(points)
    ours = np.column_stack([ground.f(points), ground.grad(points), H[:, 0, 0], H[:, 0, 1], H[:, 1, 1]])
    assert (np.isfinite(ours) == np.isfinite(theirs)).all()
    seen = np.isfinite(ours)
    assert (np.abs(ours - theirs)[seen] <= 1e-12 * np.maximum(1, np.abs(ours[seen]))).all()


LENS = """(m, { surface, rule, start, plan, minima }) => {
  const s = m.surfaceOf(surface);
  const losses = m.lossesAt(s, rule, start, plan);
  const limit = m.limitOf(rule, m.steepest(s, minima, start));
  return [m.RATES, losses.map((f) => (Number.isFinite(f) ? f : -1)), m.bestOf(losses), limit];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "nesterov", "adam", "newton"])
def test_the_marks_of_the_rate_are_those_of_the_lens_and_of_the_closed_forms(
    blank: object, name: str
) -> None:
    ground, rule = SURFACES["beale"], RULES[name]()
    lens = sweep(ground, [rule], [ground.start], 60, RATES[8:])
    sent = {
        "surface": race_states.as_sent("beale"),
        "rule": {**vars(rule), "name": name},
        "start": ground.start,
        "plan": {"steps": 60, "noise": 0, "seed": 0},
        "minima": ground.minima,
    }
    rates, losses, best, limit = in_browser(blank, (*race_states.MODULES, "race/rates.js"), LENS, sent)
    assert np.allclose(rates, RATES[8:], rtol=1e-12)
    # A roundoff aside decides where some of Newton's paths end: those say nothing, on whatever processor.
    aside = sweep(ground, [rule], [(ground.start[0] * (1 + 1e-13), ground.start[1])], 60, RATES[8:])
    theirs, beside = (np.nan_to_num(each.losses[0], nan=-1.0) for each in (lens, aside))
    settled = np.isclose(theirs, beside, rtol=1e-7, atol=1e-10)
    assert settled.mean() > 0.8 and np.allclose(
        np.array(losses)[settled], theirs[settled], rtol=1e-6, atol=1e-9
    )
    assert best == pytest.approx(lens.best()[0])
    steepest = 1.0 if name == "newton" else float(np.linalg.eigvalsh(ground.hessian(ground.minima[0])).max())
    wanted = largest_step(rule) / steepest
    assert (limit is None or np.isnan(limit)) if np.isnan(wanted) else limit == pytest.approx(wanted)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "nesterov", "newton"])
def test_a_quadratic_holds_a_racer_below_the_largest_step_and_no_longer_above_it(
    name: str, beta: float
) -> None:
    rule = RULES[name](**({"beta": beta} if name in ("momentum", "nesterov") else {}))
    ground = bowl(25.0)
    rate = largest_step(rule) / (1.0 if name == "newton" else 25.0)
    start = [(0.3, 0.4)]
    below, above = (
        race(ground, [replace(rule, lr=share * rate)], start, 3000).losses[0, 0, -1] for share in (0.98, 1.02)
    )
    assert below < 1e-6 < 1e3 < above


def test_an_own_surface_marks_the_minima_and_saddles_that_it_has() -> None:
    ground = Surface.from_expression("(x² - 4)² / 4 + y²")
    assert np.allclose(sorted(ground.minima), [(-2, 0), (2, 0)])
    assert np.allclose(ground.saddles, [(0, 0)])
    assert Surface.from_expression("x + y").minima == ()
    tilted = Surface.from_expression("2 x^2 + x y + 3 y^2 - x")
    assert np.allclose(tilted.minima, [np.linalg.solve([[4, 1], [1, 6]], [1, 0])])


def test_no_more_points_are_marked_than_can_be_told_apart_and_a_race_starts_at_the_upper_left() -> None:
    ground = Surface.from_expression("sin(5 x) sin(5 y)", view=((-4.0, 4.0), (-3.0, 5.0)))
    assert len(ground.minima) == len(ground.saddles) == 40
    assert np.allclose(ground.start, (-3.2, 4.2))


def test_a_gradient_is_taken_if_it_is_the_functions_own() -> None:
    def f(x: float, y: float) -> float:
        return x * x + 3 * x * y

    assert Surface.from_callable(f, lambda x, y: (2 * x + 3 * y, 3 * x)).grad([1.0, 2.0]).tolist() == [8, 3]
    with pytest.raises(BadInput, match="gives 3 parts"):
        Surface.from_callable(f, lambda x, y: (2 * x + 3 * y, 3 * x, 0))
    with pytest.raises(BadInput, match="not the gradient of f"):
        Surface.from_callable(f, lambda x, y: (2 * x + 3 * y, 3 * y))


def test_a_surface_without_derivatives_gets_them_by_differences() -> None:
    ground = Surface.from_callable(lambda x, y: x**3 * y**2 + 2 * x * y)
    x, y = 1.5, -0.7
    assert np.allclose(ground.grad([x, y]), [3 * x**2 * y**2 + 2 * y, 2 * x**3 * y + 2 * x], rtol=1e-7)
    mixed = 6 * x**2 * y + 2
    assert np.allclose(ground.hessian([x, y]), [[6 * x * y**2, mixed], [mixed, 2 * x**3]], rtol=1e-4)


@pytest.mark.parametrize("place", EVERY)
def test_own_surfaces_have_the_slope_and_curvature_of_torch(place: str) -> None:
    from dlcore.oracles import optimizers as torchs
    from dlcore.oracles import surfaces as oracle

    ground = Surface.from_expression(place)
    points = np.random.default_rng(5).uniform(0.5, 2.5, (5, 2))
    assert np.allclose(ground.f(points), oracle.values(place, points), rtol=1e-12)
    assert np.allclose(ground.grad(points), torchs.gradient(place, points), rtol=1e-10, atol=1e-12)
    for point in points:
        assert np.allclose(ground.hessian(point), oracle.curvature(place, point), rtol=1e-9, atol=1e-11)
