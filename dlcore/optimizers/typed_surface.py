"""A learner's own surface: f(x, y) as typed, its derivatives by second-order dual numbers, its minima by search."""

import numpy as np

from dlcore.formulas.dual_numbers import Expression
from dlcore.formulas.expressions import parse
from dlcore.formulas.latex import latex
from dlcore.formulas.second_order import jet
from dlcore.optimizers.surfaces import Array, Point, Surface

VIEW: tuple[Point, Point] = ((-5.0, 5.0), (-5.0, 5.0))
START: Point = (-4.0, 3.5)
SIDE = 31  # points along a side of the grid from which stationary points are looked for
STEPS = 25  # of Newton's method from each
MOST = 40  # points that are marked


def tree_of(text: str) -> Expression:
    """The formula in x and y as plain data.

    Raises:
        BadExpression: with a sentence that says what is wrong.
    """
    return parse(text, ("x", "y"))


def typed_surface(text: str) -> Surface:
    """The surface of a typed formula over [−5, 5]².

    Raises:
        BadExpression: with a sentence that says what is wrong.
    """
    tree = tree_of(text)
    minima, saddles = stationary(tree)
    return Surface(
        name=text,
        title="Your own f",
        formula=f"f = {latex(tree)}",
        value=lambda x, y, m: jet(tree, x, y, 0)[0],
        slope=lambda x, y, m: jet(tree, x, y, 1)[1:],
        curvature=lambda x, y, m: jet(tree, x, y, 2)[3:],
        view=VIEW,
        start=START,
        minima=minima,
        saddles=saddles,
    )


def stationary(tree: Expression) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """The minima, lowest first, and the saddles in view that Newton's method finds from a grid of starts.

    Points where the Hessian is singular (a valley of minima, a kink) are not among them.
    """
    (x0, x1), (y0, y1) = VIEW
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
