"""The minima and saddles of a formula in x and y: Newton's method on its gradient, from a grid of starts."""

import numpy as np
from numpy.typing import NDArray

from dlcore.formulas.dual_numbers import Expression
from dlcore.formulas.second_order import jet

Array = NDArray[np.float64]
Point = tuple[float, float]
SIDE = 31  # starts along a side of the grid
STEPS = 25  # of Newton's method from each
MOST = 40  # points that are marked


def stationary(tree: Expression, view: tuple[Point, Point]) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """The minima, lowest first, and the saddles in view that Newton's method finds from a grid of starts.

    Points where the Hessian is singular (a valley of minima, a kink) are not among them.
    """
    (x0, x1), (y0, y1) = view
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(x0, x1, SIDE), np.linspace(y0, y1, SIDE)))
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            _, gx, gy, xx, xy, yy = jet(tree, x, y, 2)
            det = xx * yy - xy * xy
            x, y = x - (yy * gx - xy * gy) / det, y - (xx * gy - xy * gx) / det
        f, gx, gy, xx, xy, yy = jet(tree, x, y, 2)
        det, size = xx * yy - xy * xy, np.abs(xx) + np.abs(xy) + np.abs(yy)
        inside = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1) & np.isfinite(f)
        flat = np.hypot(gx, gy) <= 1e-9 * np.maximum(size, 1e-300)
        bent = np.abs(det) > 1e-9 * size**2
    there = inside & flat & bent
    low = np.flatnonzero(there & (det > 0) & (xx > 0))
    minima = _different(x, y, low[np.argsort(f[low], kind="stable")])
    return minima, _different(x, y, np.flatnonzero(there & (det < 0)))


def _different(x: Array, y: Array, chosen: np.ndarray) -> tuple[Point, ...]:
    """The chosen points (n,), in their order, without those that are near an earlier one; at most MOST."""
    found: list[Point] = []
    for u, v in zip(x[chosen], y[chosen], strict=True):
        if len(found) < MOST and all(np.hypot(u - p, v - q) > 1e-4 for p, q in found):
            found.append((float(u) + 0.0, float(v) + 0.0))
    return tuple(found)
