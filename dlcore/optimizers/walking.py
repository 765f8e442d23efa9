"""One rule under way: from many starts at once in arrays, or from one start in plain floats."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from dlcore.optimizers import plain
from dlcore.optimizers.chance import Chance
from dlcore.optimizers.rules import Rule, State
from dlcore.optimizers.second_order import SecondOrder
from dlcore.optimizers.surfaces import Array
from dlcore.schedules import SCHEDULES

EDGE = 1e6  # a racer whose next point lies beyond has diverged, and stays where it was


class Stop(NamedTuple):
    """Everyone after a step: θ (2, s), the gradient that led there, the memory, the cost, who still runs."""

    theta: Array
    g: Array
    state: State
    spent: Any
    running: np.ndarray


def walk(
    surface: Any,
    rule: Rule,
    theta: Array,
    steps: int,
    noise: float = 0.0,
    seed: int = 0,
    rates: Array | None = None,
) -> Iterator[Stop]:
    """Every stop of one rule from all starts θ (2, s) at once.

    Args:
        rates: an own learning rate for every start, (s,), in place of rule.lr.
    """
    rng = Chance(seed)
    schedule = SCHEDULES[rule.schedule]
    lr: Any = rule.lr if rates is None else rates
    state = rule.initial()
    running = np.ones(theta.shape[1], bool)
    for t in range(1, steps + 1):
        # Whoever leaves for infinity overflows on the way; that is found below, not announced by a warning.
        with np.errstate(all="ignore"):
            g = gradient(surface, rule, theta, noise, rng)
            new, state, spent = move(surface, rule, theta, g, state, t, lr * schedule(t, steps))
            # |θ|² of everyone together is one cheap pass; False for NaN as well.
            if not np.vdot(new, new) <= EDGE:
                inside = (np.abs(new) <= EDGE).all(0)
                if (running & ~inside).any():
                    running = running & inside
                new = np.where(running, new, theta)
            elif not running.all():
                new = np.where(running, new, theta)
        theta = new
        yield Stop(theta, g, state, spent, running)


def gradient(surface: Any, rule: Rule, theta: Array, noise: float, rng: Chance) -> Array:
    """What this rule sees of the slope at θ (2, s): full, or of a mini-batch of the data; with noise."""
    if rule.batch is not None and hasattr(surface, "sample_gradient"):
        g = surface.sample_gradient(theta.T, rule.batch, rng).T
    elif hasattr(surface, "slope"):
        g = np.empty_like(theta)
        g[0], g[1] = surface.slope(theta[0], theta[1], np)
    else:
        g = np.ascontiguousarray(np.asarray(surface.grad(theta.T), dtype=np.float64).T)
    if noise:
        g = g + noise / math.sqrt(rule.batch or 1) * rng.standard_normal(theta.T.shape).T
    return g


def move(
    surface: Any, rule: Rule, theta: Array, g: Array, state: State, t: int, eta: Any
) -> tuple[Array, State, Any]:
    """θ (2, s) after one step, the memory, and the gradients spent."""
    if not isinstance(rule, SecondOrder):
        return *rule.step(theta, g, state, t, eta), 1
    curvature = None
    if rule.needs_hessian:
        H = surface.hessian(theta.T)
        curvature = H[:, 0, 0], H[:, 0, 1], H[:, 1, 1]
    x, y, state, spent = rule.move_both(
        lambda x, y: surface.f(np.stack([x, y], -1)),
        theta[0],
        theta[1],
        (g[0], g[1]),
        curvature,
        state,
        eta,
        np,
    )
    return np.stack([x, y]), state, spent


def follow(
    slope: Any, rule: Rule, start: Array, eta: list[float], shocks: list[list[float]]
) -> tuple[list[float], int]:
    """The path x₀, y₀, x₁, y₁, … of a first-order rule from start (2,), and the step of divergence or −1."""
    x, y = start.tolist()
    state_x = state_y = rule.initial()
    step, edge, walked = rule.step, EDGE, [x, y]
    for t, rate in enumerate(eta, 1):
        try:
            gx, gy = slope(x, y, plain)
            if shocks[0]:
                gx, gy = gx + shocks[t - 1][0], gy + shocks[t - 1][1]
            x, state_x = step(x, gx, state_x, t, rate)
            y, state_y = step(y, gy, state_y, t, rate)
        except (OverflowError, ValueError):  # math's way of saying infinity, and cos(infinity)
            return walked, t
        if not (-edge <= x <= edge and -edge <= y <= edge):
            return walked, t
        walked.append(x)
        walked.append(y)
    return walked, -1


def follow_both(
    surface: Any, rule: SecondOrder, start: Array, eta: list[float], shocks: list[list[float]]
) -> tuple[list[float], list[float], int]:
    """The path of a second-order rule from start (2,), what its steps spent, and the step of divergence or −1."""
    x, y = start.tolist()
    state, walked = rule.initial(), [x, y]
    costs: list[float] = []
    for t, rate in enumerate(eta, 1):
        before = x, y
        try:
            g = surface.slope(x, y, plain)
            if shocks[0]:
                g = g[0] + shocks[t - 1][0], g[1] + shocks[t - 1][1]
            curvature = surface.curvature(x, y, plain) if rule.needs_hessian else None
            x, y, state, spent = rule.move_both(
                lambda x, y: surface.value(x, y, plain), x, y, g, curvature, state, rate, plain
            )
        except (OverflowError, ValueError):
            return walked, costs, t
        if not (-EDGE <= x <= EDGE and -EDGE <= y <= EDGE):
            return walked, costs, t
        walked += x, y
        costs.append(spent)
        if before == (x, y) and not shocks[0] and rule.schedule == "constant":
            # At rest for good: every further step would spend the same and stay.
            return walked, costs + [spent] * (len(eta) - t), -1
    return walked, costs, -1
