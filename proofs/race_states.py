"""States of racers, and the step that dlcore takes from each: what the race in the browser is held to."""

import base64
import functools
import math
from dataclasses import asdict
from typing import Any

import numpy as np

from dlcore.optimizers import RULES, SURFACES, Rule, plain
from dlcore.optimizers.chance import SAMPLES, SHOCKS, Chance
from dlcore.optimizers.own_surface import tree_of
from dlcore.optimizers.second_order import SecondOrder
from dlcore.optimizers.surfaces import Surface
from dlcore.optimizers.walking import gradient
from dlcore.schedules import SCHEDULES

TYPED = (
    "x²/4 + y² + sin(3x)·cos(2y)",
    "log(1 + x^2) + tanh(x y)/2 + abs(y)",
    "sqrt(1 + x²) + 2^(y/3) + max(x, y)²",
)
PLACES = (*SURFACES, *TYPED)
STEPS = 200
STRETCH = 1.2  # starts lie up to so many views from the middle


@functools.cache
def ground_of(place: str) -> Any:
    """A surface by its name or formula."""
    return SURFACES[place] if place in SURFACES else Surface.from_expression(place)


def as_sent(place: str) -> dict[str, Any]:
    """A surface as the component receives it."""
    sent: dict[str, Any] = {"name": place, "kappa": 10.0}
    if place == "logistic":
        values = np.ascontiguousarray(SURFACES[place].signed, dtype="<f8").tobytes()  # type: ignore[union-attr]
        sent |= {"signed": base64.b64encode(values).decode(), "ridge": SURFACES[place].ridge}  # type: ignore[union-attr]
    return sent if place in SURFACES else sent | {"tree": tree_of(place)}


def some_rule(kind: type[Rule], rng: np.random.Generator) -> Rule:
    """Any setting of the page: a rate from 1e-4 to 10, β from 0 to 0.99, each schedule."""
    more: dict[str, Any] = {
        name: float(rng.uniform(0, 0.99)) for name in ("beta", "beta1") if hasattr(kind, name)
    }
    if issubclass(kind, SecondOrder):
        more["line_search"] = bool(rng.integers(2))
    return kind(lr=float(10 ** rng.uniform(-4, 1)), schedule=str(rng.choice(list(SCHEDULES))), **more)


def some_state(place: str, kind: type[Rule], rng: np.random.Generator) -> tuple[dict[str, Any], list[float]]:
    """A racer a few steps on its way from a random place, for the browser to take up; and where dlcore goes."""
    ground = ground_of(place)
    while True:
        rule, noise, seed = some_rule(kind, rng), float(rng.choice([0.0, 0.5])), int(rng.integers(10_000))
        middle, half = np.mean(ground.view, 1), np.ptp(ground.view, 1) / 2
        theta = middle + STRETCH * half * rng.uniform(-1, 1, 2)
        state = (rule.initial(), rule.initial())
        first = int(rng.integers(1, 150))
        last = first + int(rng.integers(0, 6))
        for t in range(first, last + 1):
            before, held = theta, state
            theta, state = one_step(ground, rule, theta, state, t, noise, seed)
            if not (np.abs(theta) < 1e6).all():
                break
        else:
            told = {
                "surface": as_sent(place),
                "rule": asdict(rule) | {"name": rule.name},
                "at": before.tolist(),
            }
            plan = {"steps": STEPS, "noise": noise, "seed": seed}
            memory = memory_of(rule, held)
            slack = slack_of(seen(ground, rule, before, last, noise, seed), memory["both"]["g"])
            return told | {"memory": memory, "t": last, "plan": plan, "slack": slack}, theta.tolist()


def seen(ground: Any, rule: Rule, theta: np.ndarray, t: int, noise: float, seed: int) -> list[float]:
    """The gradient that a racer sees at step t."""
    chance, b = Chance(seed), rule.batch or 0
    chance.drawn = {SHOCKS: 2 * (t - 1), SAMPLES: b * (t - 1)}
    with np.errstate(all="ignore"):
        return [float(each) for each in gradient(ground, rule, theta[:, None], noise, chance)[:, 0]]


def slack_of(g: list[float], last: list[float] | None) -> float:
    """How much L-BFGS magnifies the rounding of g: it divides by y = g − g′, a difference that may cancel."""
    if last is None:
        return 1.0
    return max(1.0, math.hypot(*g) / max(math.hypot(g[0] - last[0], g[1] - last[1]), 1e-300))


def one_step(
    ground: Any, rule: Rule, theta: np.ndarray, state: tuple, t: int, noise: float, seed: int
) -> tuple[np.ndarray, tuple]:
    """θ (2,) after step t of dlcore's rule in plain floats, and both memories."""
    with np.errstate(all="ignore"):
        g = seen(ground, rule, theta, t, noise, seed)
        eta = rule.lr * SCHEDULES[rule.schedule](t, STEPS)
        x, y = theta.tolist()
        try:
            if isinstance(rule, SecondOrder):
                H = ground.hessian(theta)
                curvature = tuple(float(each) for each in (H[0, 0], H[0, 1], H[1, 1]))
                value = lambda x, y: float(ground.f((x, y)))  # noqa: E731
                x, y, memory, _ = rule.move_both(value, x, y, (g[0], g[1]), curvature, state[0], eta, plain)
                return np.array([x, y]), (memory, memory)
            (x, left), (y, right) = (
                rule.step(at, slope, kept, t, eta) for at, slope, kept in zip((x, y), g, state, strict=True)
            )
            return np.array([x, y]), (left, right)
        except (OverflowError, ValueError, ZeroDivisionError):
            return np.array([np.inf, np.inf]), state


def memory_of(rule: Rule, state: tuple) -> dict[str, Any]:
    """What is remembered, as the browser keeps it."""
    both: dict[str, Any] = {"pairs": [], "scale": 1.0, "g": None, "s": []}
    if rule.name == "lbfgs" and state[0][2]:
        pairs, scale, (g, s) = state[0]
        both = {"pairs": [list(pair) for pair in pairs], "scale": float(scale), "g": list(g), "s": list(s)}
    first = not isinstance(rule, SecondOrder)
    return {"x": list(state[0]) if first else [], "y": list(state[1]) if first else [], "both": both}


RUN = """(m, cases) => {
  const grounds = {};
  return cases.map(({ surface, rule, at, memory, t, plan }) => {
    const ground = (grounds[surface.name] ??= m.surfaceOf(surface));
    const eta = rule.lr * m.SCHEDULES[rule.schedule](t, plan.steps);
    return m.stepped(ground, rule, at, memory, t, eta, m.drawnFor(ground, rule, plan));
  });
}"""
MODULES = ("race/racing.js", "race/surfaces.js", "race/rules.js")


def states(place: str, count: int, rng: np.random.Generator) -> list[tuple[str, dict[str, Any], list[float]]]:
    """So many states of each rule on a surface, and after each of them dlcore's step."""
    return [(name, *some_state(place, kind, rng)) for name, kind in RULES.items() for _ in range(count)]


def apart(ours: list[float], theirs: list[float]) -> float:
    """How far two points are apart, beside max(1, |θ|)."""
    size = max(1.0, float(math.hypot(*ours)))
    return float(np.max(np.abs(np.subtract(ours, theirs)))) / size
