"""The race's cards against torch stay green for right rules and turn red for wrong ones, whatever the page is asked.

Every rule on every surface, at the end points of its numbers and between them, rates from 0 to 1000, with and without
noise, under every schedule. Each mistake is raced as its rule and judged by the card of that rule. The card of the
gradient noise is red at 1 % of the seeds at most, and for every wrong law of how the variance falls with the batch.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore import schedules
from dlcore.optimizers import RULES, SURFACES, noise, rules, second_order
from dlcore.optimizers.mistakes import MultipliedAdam, UncorrectedAdam
from dlcore.optimizers.rules import Adam, Momentum, NAdam, Nesterov, RMSprop
from dlcore.optimizers.second_order import LBFGS
from dlcore.oracles import optimizers as oracle
from dlcore.schedules import SCHEDULES
from ui.frame.fields import OnOff, Real, Whole
from ui.optimizers import checks, race, tabs
from ui.optimizers.race import Plan

COVERS = (rules, second_order, schedules, noise, oracle, checks, race, tabs)
RATES = (0.0, 1e-4, 10.0, 1000.0)


class NoCorrection(UncorrectedAdam):
    name = "adam"


class Multiplied(MultipliedAdam):
    name = "adam"


class Uphill(Momentum):
    """The sign of β is wrong."""

    def step(self, theta: Any, g: Any, state: Any, t: int, eta: Any) -> Any:
        v = -self.beta * state[0] + g
        return theta - eta * v, (v,)


class Twice(Nesterov):
    """A factor of 2 in front of what looks ahead."""

    def step(self, theta: Any, g: Any, state: Any, t: int, eta: Any) -> Any:
        v = self.beta * state[0] + g
        return theta - eta * (g + 2 * self.beta * v), (v,)


class Forgotten(NAdam):
    """The product of the μ is that of the last step only."""

    def step(self, theta: Any, g: Any, state: Any, t: int, eta: Any) -> Any:
        return super().step(theta, g, (*state[:2], 1.0), t, eta)


class Unweighted(RMSprop):
    """g² enters without its 1 − β₂."""

    def step(self, theta: Any, g: Any, state: Any, t: int, eta: Any) -> Any:
        v = self.beta2 * state[0] + g * g
        return theta - eta * g / (v**0.5 + self.eps), (v,)


class WrongPower(Adam):
    """β₁ where β₁ᵗ belongs."""

    def step(self, theta: Any, g: Any, state: Any, t: int, eta: Any) -> Any:
        moved, memory = super().step(0.0, g, state, t, eta)
        return theta + moved * (1 - self.beta1**t) / (1 - self.beta1), memory


class Ascending(LBFGS):
    """H g where −H g belongs, from the second step on."""

    def direction(self, x: Any, y: Any, g: Any, curvature: Any, state: Any, m: Any) -> Any:
        (dx, dy), factor, memory = super().direction(x, y, g, curvature, state, m)
        return ((-dx, -dy) if state[2] else (dx, dy)), factor, memory


MISTAKES = (NoCorrection, Multiplied, WrongPower, Uphill, Twice, Forgotten, Unweighted, Ascending)


def somewhere(name: str, surface: str, rng: np.random.Generator) -> Plan:
    """A race of one rule as the page may be asked for it: about half of its numbers are end points."""
    given: dict[str, Any] = {}
    for key, default in race.shown_numbers(RULES[name]).items():
        field = race.one_field(RULES[name], key, default)
        if isinstance(field, OnOff):
            given[key] = False  # no card with a line search
            continue
        assert isinstance(field, Real | Whole)
        between = rng.uniform(field.low, field.high)
        choices = (default, field.low, field.high, int(between) if isinstance(field, Whole) else between)
        given[key] = choices[rng.integers(4)]
    lr = RATES[rng.integers(4)] if rng.random() < 0.4 else float(10 ** rng.uniform(-5, 1.5))
    rule = RULES[name](lr=lr, schedule=list(SCHEDULES)[rng.integers(len(SCHEDULES))], **given)
    x, y = rng.uniform(-10, 10, 2).round(3)
    start = (SURFACES[surface].start, (float(x), float(y)), (10.0, 0.0))[rng.integers(3)]
    noise = (0.0, 5.0, float(rng.uniform(0, 5)))[rng.integers(3)]
    return Plan(surface, 10.0, (rule,), start, int(rng.choice([10, 60, 150])), noise, int(rng.integers(9999)))


def red(plan: Plan) -> list[dict[str, Any]]:
    """The cards of a race that do not hold."""
    return [row for row in checks.rows(plan) if not row["difference"] <= row["tolerance"]]


def sweep(places: int, rng: np.random.Generator) -> str:
    """So many races of every rule on surfaces drawn at random, and every mistake on every surface."""
    plans = [somewhere(name, str(rng.choice(list(SURFACES))), rng) for name in RULES for _ in range(places)]
    wrong = [(plan, row["difference"]) for plan in plans for row in red(plan)]
    assert not wrong, f"{len(wrong)} of {len(plans)} red, such as {wrong[0]}"
    for mistake in MISTAKES:
        for surface in SURFACES.values():
            rule = mistake(lr=float(10 ** rng.uniform(-4, -1)))
            assert red(Plan(surface.name, 10.0, (rule,), surface.start, 10, 0.0, 0)), (mistake, surface.name)
    return f"{len(plans)} races green; {len(MISTAKES)} mistakes red on each of {len(SURFACES)} surfaces"


WRONG_LAWS: dict[str, Callable[[Any], Any]] = {
    "without the factor of a finite population": lambda found: found.predicted * 568 / (569 - found.batches),
    "1/√b for 1/b": lambda found: found.predicted * np.sqrt(found.batches),
    "1/b² for 1/b": lambda found: found.predicted / found.batches,
    "a single coordinate": lambda found: found.predicted / 2,
}


def noise_card(seed: int, replace: bool) -> noise.GradientNoise:
    """What the card of the gradient noise judges, at another seed than the page's."""
    some = np.random.default_rng(seed).uniform(-2, 2, 2)
    repeats = 2000 if replace else 800
    return noise.gradient_noise(SURFACES["logistic"], some, tabs.SIZES, repeats, replace, seed)


def noise_sweep(seeds: range) -> str:
    """The card at so many seeds, with and without replacement."""
    false = 0
    for seed in seeds:
        for replace in (True, False):
            found = noise_card(seed, replace)
            false += int(found.off.max() > tabs.ALLOWED_ERRORS)
            for law, wrong in WRONG_LAWS.items():
                if replace and "factor" in law:
                    continue  # there is none with replacement
                off = np.abs(found.variance - wrong(found)) / found.error
                assert off.max() > tabs.ALLOWED_ERRORS, (law, seed)
    assert false <= max(0.01 * 2 * len(seeds), int(len(seeds) < 50)), f"{false} of {2 * len(seeds)} red"
    return f"noise: {false} of {2 * len(seeds)} red, {len(WRONG_LAWS)} wrong laws red at each"


def sample(seed: int) -> None:
    """Two races of every rule, one seed of the noise."""
    sweep(2, np.random.default_rng(seed))
    noise_sweep(range(seed, seed + 1))


def prove() -> str:
    """Four hundred races of every rule, 200 seeds of the noise."""
    return f"{sweep(400, np.random.default_rng(0))}; {noise_sweep(range(200))}"
