"""When a step is too long: closed forms on a quadratic, and the bias that Adam corrects."""

import numpy as np
from numpy.typing import ArrayLike

from dlcore.optimizers.rules import Rule
from dlcore.optimizers.surfaces import Array


def largest_step(rule: Rule) -> float:
    """ηλ from which on a rule no longer converges on a quadratic of curvature λ; NaN where no such number is known.

    2 for gradient descent, 2 (1 + β) for momentum, 2 (1 + β) / (1 + 2β) for Nesterov: where a root of the step's
    characteristic polynomial reaches −1. Newton divides by λ itself, so its ηλ is η: 2 without a line search.
    """
    beta = getattr(rule, "beta", 0.0)
    if rule.name == "nesterov":
        return 2 * (1 + beta) / (1 + 2 * beta)
    if rule.name in ("gradient_descent", "sgd", "minibatch", "momentum"):
        return 2 * (1 + beta)
    return 2.0 if rule.name == "newton" and not getattr(rule, "line_search", False) else float("nan")


def heavy_ball_rate(alpha: ArrayLike, beta: ArrayLike, eigenvalue: float = 1.0) -> Array:
    """Factor by which momentum shrinks the error per step, in the long run; 1 and above does not converge.

    The larger root of r² − (1 + β − αλ) r + β = 0, in absolute value: of v ← β v + λ x, x ← x − α v.
    alpha and beta are scalars or arrays; the answer has their common shape.
    """
    alpha, beta = np.asarray(alpha, float), np.asarray(beta, float)
    half = (1 + beta - alpha * eigenvalue) / 2
    root = np.sqrt((half * half - beta).astype(complex))
    return np.maximum(np.abs(half + root), np.abs(half - root))


def critical_beta(alpha: ArrayLike, eigenvalue: float = 1.0) -> Array:
    """The β of the fastest momentum, (1 − √(αλ))², for αλ < 4. Up to αλ = 1 it damps critically: less does not
    overshoot but crawls, more oscillates. Beyond, every β oscillates.

    alpha is a scalar or an array; the answer has its shape.
    """
    return (1 - np.sqrt(np.asarray(alpha, float) * eigenvalue)) ** 2
