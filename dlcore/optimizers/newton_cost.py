"""Why the Hessian of a million parameters is out of reach: one step's cost as the dimension grows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dlcore.neuron import sigmoid
from dlcore.optimizers.surfaces import Array

DIMENSIONS = (2, 8, 32, 64, 128, 256, 384)
SAMPLES = 512
ROUNDS = 15
RIDGE = 1e-3  # keeps H invertible where there are fewer samples than features


@dataclass(frozen=True)
class StepCost:
    """Seconds of one step of logistic regression on n features, and bytes of its Hessian.

    Attributes:
        dimensions: n, (k,).
        gradient_rounds: seconds of one gradient, each time it was measured, (k, rounds).
        newton_rounds: seconds of gradient, Hessian and solve, (k, rounds).
    """

    dimensions: np.ndarray
    gradient_rounds: Array
    newton_rounds: Array

    @property
    def gradient(self) -> Array:
        """The median over the rounds, (k,)."""
        return np.median(self.gradient_rounds, axis=1)

    @property
    def newton(self) -> Array:
        """The median over the rounds, (k,)."""
        return np.median(self.newton_rounds, axis=1)

    @property
    def spread(self) -> float:
        """The upper over the lower quartile of the rounds where that is widest; 1 is perfect quiet."""
        rounds = np.concatenate([self.gradient_rounds, self.newton_rounds])
        low, high = np.quantile(rounds, (0.25, 0.75), axis=1)
        return float((high / low).max())

    @property
    def exponent(self) -> float:
        """Growth of Newton's step between the two largest dimensions: seconds ∝ n to this power."""
        return float(
            np.log(self.newton[-1] / self.newton[-2]) / np.log(self.dimensions[-1] / self.dimensions[-2])
        )


def gradient(x: Array, w: Array) -> Array:
    """∇ of mean log(1 + e^{−x·w}) at w (n,): logistic regression of samples x (samples, n), all of class 1."""
    return -sigmoid(-(x @ w)) @ x / len(x)


def newton_step(x: Array, w: Array) -> Array:
    """(H + RIDGE · I)⁻¹ ∇ of the same, H its Hessian, (n,)."""
    p = sigmoid(x @ w)
    H = (x.T * (p * (1 - p))) @ x / len(x) + RIDGE * np.eye(len(w))
    return np.asarray(np.linalg.solve(H, gradient(x, w)))


def step_cost(
    dimensions: Sequence[int] = DIMENSIONS,
    rounds: int = ROUNDS,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> StepCost:
    """Seconds of one gradient step and one Newton step on logistic regression, measured `rounds` times.

    Both take turns, round by round, so that a neighbour who is busy for a moment disturbs both, and few rounds.
    """
    rng = np.random.default_rng(seed)
    taken = np.empty((2, len(dimensions), rounds))
    for k, n in enumerate(dimensions):
        x, w = rng.standard_normal((SAMPLES, n)), np.zeros(n)
        newton_step(x, w)  # warms up both
        for r in range(rounds):
            for kind, work in enumerate((gradient, newton_step)):
                begin = clock()
                work(x, w)
                taken[kind, k, r] = clock() - begin
    return StepCost(np.array(dimensions), *taken)
