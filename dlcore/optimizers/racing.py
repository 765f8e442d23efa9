"""A race: every rule walks from every start. The path is recorded, and what each step cost."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore.optimizers.catalogue import SURFACES
from dlcore.optimizers.chance import Chance
from dlcore.optimizers.rules import Rule
from dlcore.optimizers.second_order import SecondOrder
from dlcore.optimizers.surfaces import Array, Surface
from dlcore.optimizers.walking import EDGE, follow, follow_both, walk
from dlcore.schedules import SCHEDULES
from dlcore.shown import Shown, frame

MOST_NUMBERS = 50_000_000  # in one recorded race: 400 MB


@dataclass(frozen=True, eq=False, repr=False)
class Race(Shown):
    """What happened.

    >>> walked = race("bowl", [RULES["gradient_descent"](lr=0.1)], [(1.0, 1.0)], steps=2)
    >>> walked.paths[0, 0].round(4).tolist()
    [[1.0, 1.0], [0.9, 0.0], [0.81, 0.0]]

    Attributes:
        surface: its name.
        rules: the racers.
        paths: float64 (rules, starts, steps + 1, 2), always finite; a racer that diverges stays at its last
            point within 10⁶ of the origin.
        losses: f along the paths, (rules, starts, steps + 1).
        spent: gradients each racer spent at each step, (rules, starts, steps); 0 after diverging.
        diverged_at: the step at which a racer left for infinity, (rules, starts); −1 where it did not.
    """

    surface: str
    rules: tuple[Rule, ...]
    paths: Array
    losses: Array
    spent: Array
    diverged_at: np.ndarray

    @cached_property
    def evaluations(self) -> Array:
        """Gradients spent per rule and step (rules, steps): the mean over the starts."""
        return self.spent.mean(1)

    def to_frame(self) -> Any:
        """The paths as a pandas DataFrame, a row for every rule, start and step: rule, start, step, x, y, f.

        >>> walked = race("bowl", [RULES["newton"]()], [(1.0, 2.0)], steps=1)
        >>> walked.to_frame().f.tolist()
        [20.5, 0.0]
        """
        r, s, t = np.indices(self.losses.shape)
        names = np.array(
            [f"{rule.title} {i}" if twice else rule.title for i, rule, twice in self._numbered()]
        )
        columns = {"rule": names[r], "start": s, "step": t, "x": self.paths[..., 0], "y": self.paths[..., 1]}
        return frame({name: values.ravel() for name, values in {**columns, "f": self.losses}.items()})

    def _numbered(self) -> list[tuple[int, Rule, bool]]:
        titles = [rule.title for rule in self.rules]
        return [(i, rule, titles.count(rule.title) > 1) for i, rule in enumerate(self.rules, 1)]


def race(
    surface: Any,
    rules: Sequence[Rule] | Mapping[str, Rule],
    starts: ArrayLike,
    steps: int,
    noise: float = 0.0,
    seed: int = 0,
) -> Race:
    """The race of `rules` on a surface, from every start.

    >>> from dlcore.optimizers import RULES
    >>> race("bowl", [RULES["newton"]()], [(1.0, 2.0)], steps=3).losses[0, 0].tolist()
    [20.5, 0.0, 0.0, 0.0]

    θ_{t+1} = rule(θ_t, g_t), with g_t = ∇f(θ_t) + σ ε_t / √b, ε_t standard normal and the same for all rules.
    On a surface made of data, a rule with a batch size draws mini-batches instead of the full gradient.

    Args:
        surface: a key of SURFACES, a formula in x and y, or anything with f, grad and (for Newton) hessian on
            points (..., 2).
        rules: the racers, e.g. [RULES["adam"](lr=.1)].
        starts: shape (starts, 2).
        steps: at most 100,000.
        noise: σ, the standard deviation of the gradient of one sample, per coordinate.
        seed: decides noise and mini-batches.

    Raises:
        ValueError: an argument is not what it should be; the sentence says which.
    """
    surface = find(surface)
    racers = tuple(rules.values()) if isinstance(rules, Mapping) else tuple(rules)
    theta = checked_starts(starts)
    check_plan(racers, steps, noise, seed)
    size = len(racers) * theta.shape[1] * (steps + 1)
    if 4 * size > MOST_NUMBERS:
        raise ValueError(f"{size:,} points are too many to record; take fewer starts or steps.")
    paths = np.empty((len(racers), theta.shape[1], steps + 1, 2))
    spent = np.ones((len(racers), theta.shape[1], steps))
    diverged_at = np.empty(paths.shape[:2], np.int64)
    for r, rule in enumerate(racers):
        if theta.shape[1] <= 4 and hasattr(surface, "slope"):
            diverged_at[r] = walk_one_by_one(surface, rule, theta, paths[r], spent[r], noise, seed)
        else:
            diverged_at[r] = record(surface, rule, theta, paths[r], spent[r], noise, seed)
        for s in np.flatnonzero(diverged_at[r] >= 0):
            spent[r, s, diverged_at[r, s] :] = 0
    return Race(
        surface=getattr(surface, "name", "own surface"),
        rules=racers,
        paths=paths,
        losses=np.asarray(surface.f(paths), dtype=np.float64),
        spent=spent,
        diverged_at=diverged_at,
    )


def record(
    surface: Any, rule: Rule, theta: Array, path: Array, spent: Array, noise: float, seed: int
) -> np.ndarray:
    """Fill path (starts, steps + 1, 2) and spent (starts, steps); returns the steps of divergence."""
    steps = path.shape[1] - 1
    path[:, 0] = theta.T
    diverged_at = np.full(theta.shape[1], -1)
    running = np.ones(theta.shape[1], bool)
    for t, stop in enumerate(walk(surface, rule, theta, steps, noise, seed), 1):
        path[:, t] = stop.theta.T
        spent[:, t - 1] = stop.spent
        if stop.running is not running:
            diverged_at[running & ~stop.running] = t
            running = stop.running
    return diverged_at


def walk_one_by_one(
    surface: Any, rule: Rule, theta: Array, path: Array, spent: Array, noise: float, seed: int
) -> np.ndarray:
    """As `record`, in plain floats: tens of times faster for a handful of racers.

    The formulas are the same; numpy's overhead on an array of two numbers is larger than the arithmetic.

    Args:
        theta: (2, starts); path: (starts, steps + 1, 2) and spent: (starts, steps) are filled in.
    """
    steps = path.shape[1] - 1
    eta = [rule.lr * SCHEDULES[rule.schedule](t, steps) for t in range(1, steps + 1)]
    shocks = np.zeros((steps, theta.shape[1], 0))
    if noise:
        size = (steps, theta.shape[1], 2)
        shocks = noise / math.sqrt(rule.batch or 1) * Chance(seed).standard_normal(size)
    diverged_at = np.empty(theta.shape[1], np.int64)
    for s, path[s, 0] in enumerate(theta.T):
        if isinstance(rule, SecondOrder):
            walked, costs, diverged_at[s] = follow_both(surface, rule, path[s, 0], eta, shocks[:, s].tolist())
            spent[s, : len(costs)] = costs
        else:
            walked, diverged_at[s] = follow(surface.slope, rule, path[s, 0], eta, shocks[:, s].tolist())
        path[s].reshape(-1)[: len(walked)] = walked
        path[s, len(walked) // 2 :] = walked[-2:]
    return diverged_at


def find(surface: Any) -> Any:
    """A surface by name, that of a formula in x and y, or the surface itself.

    Raises:
        ValueError: no surface has this name, the formula is none, or the thing has no f and grad.
    """
    if isinstance(surface, str):
        if surface not in SURFACES and not (surface.isidentifier() and surface not in "xy"):
            return Surface.from_expression(surface)
        if surface not in SURFACES:
            raise ValueError(f"There is no surface {surface[:40]!r}; there are {', '.join(SURFACES)}.")
        return SURFACES[surface]
    if not (hasattr(surface, "f") and hasattr(surface, "grad")):
        raise ValueError("A surface is a name, or has the methods f and grad.")
    return surface


def checked_starts(starts: ArrayLike) -> Array:
    """Starts of shape (s, 2) as an array (2, s), each coordinate contiguous.

    Raises:
        ValueError: another shape, not finite, or beyond 10⁶.
    """
    try:
        theta = np.array(starts, dtype=np.float64, ndmin=2)
    except (TypeError, ValueError) as problem:
        raise ValueError("Starts are pairs of numbers (x, y).") from problem
    if theta.ndim != 2 or theta.shape[1] != 2 or not len(theta):
        raise ValueError(f"Starts are pairs (x, y), so their shape is (starts, 2); got {theta.shape}.")
    if not (np.abs(theta) <= EDGE).all():
        raise ValueError("Every start lies between −1,000,000 and 1,000,000.")
    return np.ascontiguousarray(theta.T)


def check_plan(rules: Sequence[Any], steps: int, noise: float, seed: int) -> None:
    """Refuse a race that cannot be run, with a sentence.

    Raises:
        ValueError: which of the four cannot be, and what it may be.
    """
    if not rules or not all(isinstance(rule, Rule) for rule in rules):
        raise ValueError('Rules are instances such as RULES["adam"](lr=0.1), at least one.')
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or not 0 <= steps <= 100_000:
        raise ValueError(f"A race has 0 to 100,000 steps; got {steps!r}.")
    if isinstance(noise, bool) or not isinstance(noise, int | float | np.floating) or not 0 <= noise <= 1000:
        raise ValueError(f"The noise is a number from 0 to 1000; got {noise!r}.")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"A seed is a whole number, 0 or above; got {seed!r}.")
