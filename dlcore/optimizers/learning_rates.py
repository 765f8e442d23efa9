"""The learning-rate lens: the loss after n steps, as a function of the rate alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore.optimizers.racing import check_plan, checked_starts, find
from dlcore.optimizers.rules import Rule
from dlcore.optimizers.second_order import SecondOrder
from dlcore.optimizers.surfaces import Array
from dlcore.optimizers.walking import walk

RATES = np.geomspace(1e-5, 10.0, 49)  # eight per decade


@dataclass(frozen=True)
class Sweep:
    """Loss against learning rate.

    Attributes:
        rules: the racers.
        rates: (k,).
        losses: median over the starts of the loss after the race, (rules, k); NaN where most starts diverge.
        steps: n.
        lowest: the surface's minimum, which a loss cannot pass; NaN where it has none.
        began: height of the (median) start above `lowest`.
    """

    rules: tuple[Rule, ...]
    rates: Array
    losses: Array
    steps: int
    lowest: float
    began: float

    def best(self) -> Array:
        """The rate with the lowest loss for each rule, (rules,); the first rate where all of them diverge."""
        return self.rates[np.argmin(np.where(np.isfinite(self.losses), self.losses, np.inf), axis=1)]

    def regimes(self) -> Array:
        """Three rates for each rule, (rules, 3): too small, good, too large.

        Good is a third of the way into the rates that come as low as the best one, up to a factor of three and
        a ten-thousandth of the descent; too small is a thirtieth of it; too large is the next rate that ends
        above where it began, or thirty times the good one where there is none. A second-order rule has the
        natural rate 1, and overshoots a quadratic for ever above 2.
        """
        rows = []
        for rule, losses in zip(self.rules, self.losses, strict=True):
            if isinstance(rule, SecondOrder):
                rows.append((0.05, 1.0, 2.2))
            elif not np.isfinite(self.lowest):
                rows.append((rule.lr / 30, rule.lr, rule.lr * 30))
            else:
                rows.append(self.regime(np.where(np.isfinite(losses), losses - self.lowest, np.inf)))
        return np.array(rows)

    def regime(self, height: Array) -> tuple[float, float, float]:
        """Too small, good, too large, for the heights (rates,) above the minimum at each rate."""
        fair = np.flatnonzero(height <= max(3 * height.min(), 1e-4 * self.began))
        good = int(fair[len(fair) // 3])
        beyond = np.flatnonzero((height > self.began) & (np.arange(len(height)) > good))
        large = self.rates[beyond[0]] if len(beyond) else 30 * self.rates[good]
        return float(self.rates[good] / 30), float(self.rates[good]), float(large)


def sweep(
    surface: Any,
    rules: Sequence[Rule],
    starts: ArrayLike,
    steps: int,
    rates: Array = RATES,
    noise: float = 0.0,
    seed: int = 0,
) -> Sweep:
    """The loss after `steps` for every rule and every rate; all rates walk at once.

    Args:
        starts: (starts, 2).
        rates: (rates,), rising.

    Raises:
        ValueError: as race().
    """
    surface, theta = find(surface), checked_starts(starts)
    check_plan(rules, steps, noise, seed)
    s = theta.shape[1]
    everyone = np.ascontiguousarray(np.repeat(theta, len(rates), axis=1))  # each start with every rate
    losses = np.full((len(rules), len(rates)), np.nan)
    for r, rule in enumerate(rules):
        end, runs = everyone, np.ones(everyone.shape[1], bool)
        for stop in walk(surface, rule, everyone, steps, noise, seed, rates=np.tile(rates, s)):
            end, runs = stop.theta, stop.running
        f = np.where(runs, surface.f(end.T), np.inf).reshape(s, len(rates))
        middle = np.sort(f, axis=0)[(s - 1) // 2]  # the lower median: a loss that some start really has
        losses[r] = np.where(np.isfinite(middle), middle, np.nan)
    lowest = float(np.min(surface.f(np.array(surface.minima)))) if len(surface.minima) else float("nan")
    began = float(np.median(surface.f(theta.T))) - lowest
    return Sweep(tuple(rules), np.asarray(rates), losses, steps, lowest, began)
