"""A race in slow motion: gradient, memory and numbers of every step of one racer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore.optimizers.chance import Chance
from dlcore.optimizers.racing import find
from dlcore.optimizers.rules import Rule
from dlcore.optimizers.second_order import SecondOrder
from dlcore.optimizers.surfaces import Array
from dlcore.optimizers.walking import gradient
from dlcore.schedules import SCHEDULES


@dataclass(frozen=True)
class Replay:
    """One racer; row t of gradients, memory and eta belongs to the step from path[t] to path[t + 1].

    Attributes:
        rule: the racer.
        path: (steps + 1, 2).
        losses: f along the path, (steps + 1,).
        distances: to the nearest global minimum, (steps + 1,); NaN where the surface has none.
        gradients: what the racer saw, (steps, 2).
        memory: m, v … after each step, each (steps, 2); empty for second-order rules.
        eta: the learning rate of each step, (steps,).
    """

    rule: Rule
    path: Array
    losses: Array
    distances: Array
    gradients: Array
    memory: Mapping[str, Array]
    eta: Array

    @property
    def moves(self) -> Array:
        """θ_{t+1} − θ_t, (steps, 2)."""
        return np.diff(self.path, axis=0)


def replay(surface: Any, rule: Rule, path: ArrayLike, noise: float = 0.0, seed: int = 0) -> Replay:
    """What a racer saw and remembered along a recorded path (steps + 1, 2) of a race from one start.

    Noise and mini-batches come out as in the race: they are drawn in the same order from the same seed.
    """
    surface, path = find(surface), np.asarray(path, dtype=np.float64)
    steps, rng, state = len(path) - 1, Chance(seed), rule.initial()
    eta = np.array([rule.lr * SCHEDULES[rule.schedule](t, steps) for t in range(1, steps + 1)])
    gradients = np.empty((steps, 2))
    memory = {name: np.empty((steps, 2)) for name in rule.memory if not isinstance(rule, SecondOrder)}
    with np.errstate(all="ignore"):
        for t in range(steps):
            theta = path[t][:, None]
            g = gradient(surface, rule, theta, noise, rng)
            gradients[t] = g[:, 0]
            if memory:
                _, state = rule.step(theta, g, state, t + 1, eta[t])
                for name, value in zip(memory, state, strict=True):
                    memory[name][t] = np.broadcast_to(value, (2, 1))[:, 0]
    minima = np.array(surface.global_minima() if hasattr(surface, "global_minima") else surface.minima)
    distances = np.full(steps + 1, np.nan)
    if len(minima):
        distances = np.linalg.norm(path[:, None] - minima, axis=-1).min(1)
    return Replay(rule, path, surface.f(path), distances, gradients, memory, eta)
