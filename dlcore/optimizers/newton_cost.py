"""Why the Hessian of a million parameters is out of reach: one step's cost as the dimension grows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.optimizers.regression import sigmoid
from dlcore.optimizers.surfaces import Array

DIMENSIONS = (2, 8, 32, 64, 128, 256, 384)
SAMPLES = 512


@dataclass(frozen=True)
class StepCost:
    """Seconds of one step of logistic regression on n features, and bytes of its Hessian.

    Attributes:
        dimensions: n, (k,).
        gradient: seconds of one gradient, (k,).
        newton: seconds of gradient, Hessian and solve, (k,).
    """

    dimensions: np.ndarray
    gradient: Array
    newton: Array

    @property
    def exponent(self) -> float:
        """Growth of Newton's step between the two largest dimensions: seconds ∝ n to this power."""
        return float(
            np.log(self.newton[-1] / self.newton[-2]) / np.log(self.dimensions[-1] / self.dimensions[-2])
        )


def step_cost(dimensions: Sequence[int] = DIMENSIONS, rounds: int = 5, seed: int = 0) -> StepCost:
    """Seconds of one gradient step and one Newton step on logistic regression, the quickest of `rounds`."""
    rng = np.random.default_rng(seed)
    taken = np.empty((len(dimensions), 2))
    for k, n in enumerate(dimensions):
        x, w = rng.standard_normal((SAMPLES, n)), np.zeros(n)

        def gradient(x: Array = x, w: Array = w) -> Array:
            return -sigmoid(-(x @ w)) @ x / SAMPLES

        def newton(x: Array = x, w: Array = w, n: int = n) -> Any:
            p = sigmoid(x @ w)
            H = (x.T * (p * (1 - p))) @ x / SAMPLES + 1e-3 * np.eye(n)
            return np.linalg.solve(H, gradient(x, w))

        taken[k] = [quickest(work, rounds) for work in (gradient, newton)]
    return StepCost(np.array(dimensions), taken[:, 0], taken[:, 1])


def quickest(work: Callable[[], Any], rounds: int) -> float:
    """Seconds of the quickest of several calls: whatever else the machine does can only add to it."""
    work()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)
