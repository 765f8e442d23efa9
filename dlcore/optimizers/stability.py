"""When a step is too long: closed forms on a quadratic, and the bias that Adam corrects."""

import numpy as np
from numpy.typing import ArrayLike

from dlcore.optimizers.surfaces import Array


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
