"""The gradient-noise lens: how far a mini-batch's gradient lies from the full one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.optimizers.surfaces import Array


@dataclass(frozen=True)
class GradientNoise:
    """Mini-batch gradients at one point.

    Attributes:
        point: θ.
        full: the gradient over all samples, (2,).
        batches: batch sizes b, (k,).
        gradients: (k, repeats, 2).
        variance: trace of the covariance of the mini-batch gradient for every b, (k,).
        predicted: the same in closed form, trace(Σ)/b, times (N − b)/(N − 1) without replacement, (k,).
        error: standard error of `variance` as an estimate from so many repeats, (k,); see `error_of_variance`.
        replace: whether a batch may hold a sample twice.
    """

    point: tuple[float, float]
    full: Array
    batches: np.ndarray
    gradients: Array
    variance: Array
    predicted: Array
    error: Array
    replace: bool

    @property
    def off(self) -> Array:
        """(k,) how many standard errors the measured variances lie from the closed form."""
        return np.abs(self.variance - self.predicted) / self.error

    @property
    def slope(self) -> float:
        """Slope of log variance against log b: −1 with replacement."""
        seen = self.variance > 0
        if seen.sum() < 2:
            return float("nan")
        return float(np.polyfit(np.log(self.batches[seen]), np.log(self.variance[seen]), 1)[0])


def gradient_noise(
    surface: Any,
    point: ArrayLike,
    batches: ArrayLike = (1, 2, 4, 8, 16, 32, 64, 128, 256),
    repeats: int = 2000,
    replace: bool = True,
    seed: int = 0,
) -> GradientNoise:
    """Mini-batch gradients at θ against the full gradient, for several batch sizes.

    Cov(g_b) = Σ/b with replacement, Σ/b · (N − b)/(N − 1) without, Σ the covariance of one sample's gradient.

    Args:
        surface: one made of data, with sample_gradient.
        point: θ, (2,).
        batches: (sizes,) whole numbers.

    Raises:
        ValueError: the surface has no samples, or a batch is larger than the data.
    """
    if not hasattr(surface, "sample_gradient"):
        raise ValueError("A surface given by a formula has no samples to draw; take the logistic regression.")
    rng, N = np.random.default_rng(seed), surface.samples
    theta = np.asarray(point, dtype=np.float64)
    sizes = np.asarray(batches, dtype=int)
    many = np.broadcast_to(theta, (repeats, 2))
    gradients = np.stack([surface.sample_gradient(many, int(b), rng, replace=replace) for b in sizes])
    variance = gradients.var(axis=1, ddof=1).sum(-1)
    each = surface.per_sample_gradients(theta)  # (N, 2)
    f = np.ones(len(sizes)) if replace else (N - sizes) / (N - 1)
    predicted = each.var(axis=0).sum() / sizes * f  # trace of Σ over the finite data
    return GradientNoise(
        (float(theta[0]), float(theta[1])),
        surface.grad(theta),
        sizes,
        gradients,
        variance,
        predicted,
        # where every batch is the whole set nothing varies but roundoff
        error_of_variance(each, sizes, f, repeats) + np.finfo(np.float64).eps * (each**2).sum(1).mean(),
        replace,
    )


def error_of_variance(each: Array, b: NDArray[np.int64], f: Array, repeats: int) -> Array:
    """(k,) the standard error of the trace s² of the covariance of `repeats` mini-batch gradients.

        Var s² = (K f / b³ + 2 trace(Σ²) f² / b²) / repeats,      K = E‖X‖⁴ − trace(Σ)² − 2 trace(Σ²)

    X is one sample's gradient minus the mean and K what its fourth moment has beyond a normal's; exact to first
    order in 1 / repeats with replacement, where f = 1; with f = (N − b)/(N − 1) a very good approximation.

    Args:
        each: (N, 2) gradients of single samples.
        b, f: (k,).
    """
    X = each - each.mean(axis=0)
    sigma = X.T @ X / len(X)
    spread = 2 * (sigma**2).sum()  # 2 trace(Σ²)
    K = ((X**2).sum(axis=1) ** 2).mean() - np.trace(sigma) ** 2 - spread
    b = b.astype(np.float64)
    return np.asarray(np.sqrt(np.maximum(K * f / b**3 + spread * (f / b) ** 2, 0) / repeats))
