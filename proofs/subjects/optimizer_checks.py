"""The race's cards against torch stay green for right rules and turn red for wrong ones, whatever the page is asked.

Every rule on every surface, at the end points of its numbers and between them, rates from 0 to 1000, with and without
noise, under every schedule. Each mistake is raced as its rule and judged by the card of that rule.
"""

from typing import Any

import numpy as np

from dlcore import schedules
from dlcore.optimizers import RULES, SURFACES, rules, second_order
from dlcore.optimizers.mistakes import MultipliedAdam, UncorrectedAdam
from dlcore.optimizers.rules import Adam, Momentum, NAdam, Nesterov, RMSprop
from dlcore.oracles import optimizers as oracle
from dlcore.schedules import SCHEDULES
from ui.frame.fields import OnOff, Real, Whole
from ui.optimizers import checks, race
from ui.optimizers.race import Plan

COVERS = (rules, second_order, schedules, oracle, checks, race)
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


MISTAKES = (NoCorrection, Multiplied, WrongPower, Uphill, Twice, Forgotten, Unweighted)


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


def sample(seed: int) -> None:
    """Two races of every rule."""
    sweep(2, np.random.default_rng(seed))


def prove() -> str:
    """Four hundred of every rule."""
    return sweep(400, np.random.default_rng(0))
