"""What "equally long" means: equal steps, equal gradients, equal seconds, or each rule at its best rate."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore.optimizers.basins import Endings, endings
from dlcore.optimizers.learning_rates import sweep
from dlcore.optimizers.racing import find, race
from dlcore.optimizers.rules import Rule
from dlcore.optimizers.surfaces import Array

BUDGETS = ("steps", "gradients", "seconds", "best rate")
MOST_STEPS = 20_000


@dataclass(frozen=True)
class Fair:
    """Results of rules that were given the same budget.

    Attributes:
        budget: one of BUDGETS.
        endings: where each rule's starts end.
        steps: steps each rule could afford.
        cost: full gradients each rule spends per step, on average (a mini-batch costs b/N).
        seconds: measured time of one step of one racer; NaN unless the budget is time.
        capped: whether a rule could have afforded more than MOST_STEPS.
    """

    budget: str
    endings: tuple[Endings, ...]
    steps: tuple[int, ...]
    cost: tuple[float, ...]
    seconds: tuple[float, ...]
    capped: bool


def fair_race(
    surface: Any,
    rules: Sequence[Rule],
    starts: ArrayLike,
    steps: int,
    budget: str,
    radius: float,
    seed: int = 0,
) -> Fair:
    """Where the same starts end under each rule, when all may spend what `steps` gradient steps cost.

    Args:
        starts: (starts, 2).
        budget: "steps", "gradients" (full ones), "seconds" (measured here and now), or "best rate":
            equal steps, each rule at the rate that is best for it after as many steps.
        radius: how near a minimum counts as arrived.

    Raises:
        ValueError: the budget has no such name; or as race().
    """
    if budget not in BUDGETS:
        raise ValueError(f"A budget is one of {', '.join(BUDGETS)}; got {budget!r}.")
    surface = find(surface)
    starts = np.asarray(starts, dtype=np.float64)
    cost = tuple(cost_per_step(surface, rule, starts[:16], steps) for rule in rules)
    seconds = tuple(float("nan") for _ in rules)
    wanted = [float(steps)] * len(rules)
    if budget == "best rate":
        best = sweep(surface, rules, starts[:16], steps).best()
        rules = [replace(rule, lr=float(lr)) for rule, lr in zip(rules, best, strict=True)]
    elif budget == "gradients":
        wanted = [steps / each for each in cost]
    elif budget == "seconds":
        seconds = seconds_per_step(surface, rules, starts[:1])
        wanted = [steps * min(seconds) / each for each in seconds]
    afforded = tuple(int(np.clip(round(each), 1, MOST_STEPS)) for each in wanted)
    ended = tuple(
        endings(surface, rule, starts, n, radius, seed=seed) for rule, n in zip(rules, afforded, strict=True)
    )
    return Fair(budget, ended, afforded, cost, seconds, max(wanted) > MOST_STEPS)


def cost_per_step(surface: Any, rule: Rule, starts: Array, steps: int) -> float:
    """Full gradients a step spends from starts (n, 2): 1, more for second-order rules, b/N for mini-batches."""
    if rule.batch is not None and hasattr(surface, "samples"):
        return rule.batch / surface.samples
    spent = race(surface, [rule], starts, min(steps, 100)).spent
    return float(spent.sum() / max(1, np.count_nonzero(spent)))  # who has diverged spends nothing any more


def seconds_per_step(surface: Any, rules: Sequence[Rule], start: Array, steps: int = 50) -> tuple[float, ...]:
    """Measured seconds of one step from one start (1, 2): the median of five rounds, the rules taking turns."""
    rounds = np.empty((5, len(rules)))
    for k in range(len(rounds)):
        for r, rule in enumerate(rules):
            begin = time.perf_counter()
            race(surface, [rule], start, steps)
            rounds[k, r] = (time.perf_counter() - begin) / steps
    return tuple(float(each) for each in np.median(rounds, axis=0))
