"""Second opinions on the surfaces: their printed formula read again, slopes and curvatures, stability."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.optimizers.catalogue import SURFACES
from dlcore.oracles.optimizers import EPS, formula

Array = NDArray[np.float64]
SPELLED = (
    (r"^f = ", ""),
    (r"\\,|\\bigl|\\bigr", ""),
    (r"\\t?frac(\d)(\d)", r"(\1/\2) "),
    (r"\\cos 2\\pi ([xy])", r"cos(2*pi*\1)"),
    (r"\bxy\b|xy(?=\^)", "x*y"),
)


def spelled(latex: str) -> str:
    """A surface's printed formula as the parser of learners' formulas reads it; e^{…} becomes exp(…)."""
    for pattern, text in SPELLED:
        latex = re.sub(pattern, text, latex)
    while (start := latex.find("e^{")) >= 0:
        depth, end = 1, start + 3
        while depth:
            depth += {"{": 1, "}": -1}.get(latex[end], 0)
            end += 1
        latex = f"{latex[:start]}exp({latex[start + 3 : end - 1]}){latex[end:]}"
    return latex


def printed_value(latex: str, points: ArrayLike) -> Array:
    """f at points (n, 2) by the formula as it stands on the page, read by the parser of learners' formulas."""
    from dlcore.formulas.dual_numbers import value
    from dlcore.formulas.expressions import parse

    tree = parse(spelled(latex), ("x", "y"))
    x, y = np.asarray(points, dtype=np.float64).T
    return np.asarray(value(tree, {"x": x, "y": y}), dtype=np.float64)


def values(name: str, points: ArrayLike, condition: float = 10.0) -> Array:
    """f at points (n, 2) by torch, from the formula written down a second time."""
    import torch

    x, y = torch.tensor(np.asarray(points, dtype=np.float64)).T
    return np.asarray(formula(name, condition)(x, y).numpy())


def slope_and_rounding(name: str, latex: str, point: ArrayLike) -> tuple[Array, float]:
    """∇f (2,) at a point without torch, and how far rounding may part two right programs.

    By dual numbers through the printed formula; of the logistic loss, of which the page prints a mean over data, by
    its own derivative with SciPy's σ. A last place of θ moves the gradient by ε |∇²f| |θ|, and the terms of which a
    gradient is the sum are no larger than |∇f| + |∇²f| (|θ| + 1) up to a factor; 64 ε of that are allowed, so that
    nothing passes for a gradient of another size, however flat the ground.
    """
    at = np.asarray(point, dtype=np.float64)
    slope = _logistic_slope if name == "logistic" else _slope_of(spelled(latex) if name in SURFACES else name)
    g, h = slope(at), 1e-4 * (1 + float(np.abs(at).max()))
    bends = [slope(at + step) - slope(at - step) for step in h * np.eye(2)]
    size = float(np.abs(bends).max()) / (2 * h) * (float(np.abs(at).max()) + 1)
    return g, 64 * EPS * (float(np.abs(g).max()) + size)


def _slope_of(text: str) -> Callable[[Array], Array]:
    from dlcore.formulas.dual_numbers import value_and_slope
    from dlcore.formulas.expressions import parse

    tree = parse(text, ("x", "y"))

    def slope(at: Array) -> Array:
        x, y = at
        return np.array([float(value_and_slope(tree, {"x": x, "y": y}, by)[1]) for by in ("x", "y")])

    return slope


def _logistic_slope(at: Array) -> Array:
    from scipy.special import expit

    from dlcore.data import table

    data = table("breast_cancer")
    u = data.x[:, [data.names.index(column) for column in ("mean radius", "mean texture")]]
    u = (u - u.mean(axis=0)) / u.std(axis=0)
    return np.asarray((expit(u @ at) - data.y) @ u / len(u) + 0.001 * at)


def curvature(name: str, point: ArrayLike, condition: float = 10.0) -> Array:
    """∇²f (2, 2) at a point by torch.autograd."""
    import torch

    f = formula(name, condition)
    at = torch.tensor(np.asarray(point, dtype=np.float64))
    return np.asarray(torch.autograd.functional.hessian(lambda p: f(p[0], p[1]), at).numpy())


def eigenvalues(name: str, point: ArrayLike, condition: float = 10.0) -> Array:
    """(2,) eigenvalues of torch's Hessian by SciPy, the smaller first."""
    from scipy.linalg import eigh

    return np.asarray(eigh(curvature(name, point, condition), eigvals_only=True))


def heavy_ball_spectral_radius(alpha: ArrayLike, beta: ArrayLike) -> Array:
    """The largest |eigenvalue| of one step of momentum on f = x²/2, (x, v) → (x − α (β v + x), β v + x)."""
    alpha, beta = np.broadcast_arrays(np.asarray(alpha, float), np.asarray(beta, float))
    step = np.stack([np.stack([1 - alpha, -alpha * beta], -1), np.stack([np.ones_like(beta), beta], -1)], -2)
    return np.asarray(np.abs(np.linalg.eigvals(step)).max(axis=-1))


def reached(found: Any, radius: float) -> float:
    """The share of ends within `radius` of a global minimum, which is the nearest, by SciPy's tree."""
    from scipy.spatial import KDTree

    finite = np.isfinite(found.ends).all(axis=1)
    distance, nearest = KDTree(found.minima).query(np.where(finite[:, None], found.ends, 1e300))
    return float((finite & (distance <= radius) & (nearest < found.best)).mean())


def basins(ends: Array, minima: Array, radius: float) -> NDArray[np.int64]:
    """(s,) the minimum (k, 2) within `radius` of each end (s, 2), by SciPy's nearest neighbours; −1 far from all,
    −2 where there is no end."""
    from scipy.spatial import KDTree

    finite = np.asarray(np.isfinite(ends).all(axis=1))
    label = np.where(finite, -1, -2)
    if len(minima):
        away, nearest = KDTree(minima).query(np.where(finite[:, None], ends, 1e9))
        label = np.where(finite & (away < radius), nearest, label)
    return label
