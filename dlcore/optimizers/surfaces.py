"""Surfaces to descend on: a formula with its slope, curvature, minima and saddles. Knows no rule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.optimizers import formulas
from dlcore.optimizers.own_surface import OwnSurface

Array = NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True)
class Surface(OwnSurface):
    """A function of two parameters, with its first and second derivatives written out; one's own by `from_expression`
    and `from_callable`.

    >>> SURFACES["rosenbrock"].minima, SURFACES["rosenbrock"].start
    (((1.0, 1.0),), (-1.2, 1.0))

    Attributes:
        name: key in SURFACES, or a name of your own.
        title: as the page says it.
        formula: LaTeX of f(x, y).
        value: (x, y, m) -> f; m is numpy for arrays of points, dlcore.optimizers.plain for one point.
        slope: (x, y, m) -> (∂f/∂x, ∂f/∂y).
        curvature: (x, y, m) -> (∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y²).
        minima: all minima in view, lowest first; empty where the surface has none.
        saddles: all saddles in view.
        view: ((x low, x high), (y low, y high)).
        start: where a race starts unless told otherwise.
        axes: what the two parameters are called.
    """

    name: str
    title: str
    formula: str
    value: Callable[[Any, Any, Any], Any]
    slope: Callable[[Any, Any, Any], tuple[Any, Any]]
    curvature: Callable[[Any, Any, Any], tuple[Any, Any, Any]]
    view: tuple[Point, Point]
    start: Point
    minima: tuple[Point, ...] = ()
    saddles: tuple[Point, ...] = ()
    axes: tuple[str, str] = ("x", "y")

    def f(self, points: ArrayLike) -> Array:
        """Values at points of shape (..., 2): shape (...).

        >>> SURFACES["rosenbrock"].f([[1.0, 1.0], [0.0, 0.0]]).tolist()
        [0.0, 1.0]
        """
        x, y = split(points)
        return self.value(x, y, np) + np.zeros_like(x)

    def grad(self, points: ArrayLike) -> Array:
        """Gradients at points of shape (..., 2): the same shape.

        >>> Surface.from_expression("x^2 + 3 y^2").grad([[1.0, 2.0], [0.0, 0.0]]).tolist()
        [[2.0, 12.0], [0.0, 0.0]]
        """
        x, y = split(points)
        return np.stack(np.broadcast_arrays(*self.slope(x, y, np), x)[:2], axis=-1)

    def hessian(self, points: ArrayLike) -> Array:
        """Hessian matrices at points of shape (..., 2): shape (..., 2, 2).

        >>> Surface.from_expression("x^2 + x y").hessian([1.0, 2.0]).tolist()
        [[2.0, 1.0], [1.0, 0.0]]
        """
        x, y = split(points)
        xx, xy, yy, _ = np.broadcast_arrays(*self.curvature(x, y, np), x)
        return np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)

    def global_minima(self) -> tuple[Point, ...]:
        """Those minima that share the lowest value (to 1e-9).

        >>> SURFACES["himmelblau"].global_minima()[0], len(SURFACES["himmelblau"].global_minima())
        ((3.0, 2.0), 4)
        """
        if not self.minima:
            return ()
        values = self.f(np.array(self.minima))
        return tuple(point for point, f in zip(self.minima, values, strict=True) if f <= values.min() + 1e-9)


def split(points: ArrayLike) -> tuple[Array, Array]:
    """The two coordinates of points of shape (..., 2).

    Raises:
        ValueError: the last axis does not have length 2.
    """
    array = np.asarray(points, dtype=np.float64)
    if array.ndim == 0 or array.shape[-1] != 2:
        raise ValueError(f"Points have two coordinates, so their shape ends in 2; got {array.shape}.")
    return array[..., 0], array[..., 1]


def polished(slope: Callable, curvature: Callable, guesses: tuple[Point, ...]) -> tuple[Point, ...]:
    """Stationary points to full precision: a few Newton steps from guesses of two digits."""
    points = np.array(guesses, dtype=np.float64)
    for _ in range(8):
        x, y = points.T
        (gx, gy), (xx, xy, yy) = slope(x, y, np), curvature(x, y, np)
        points -= np.stack([yy * gx - xy * gy, xx * gy - xy * gx], -1) / (xx * yy - xy * xy)[:, None]
    return tuple((float(x), float(y)) for x, y in points)


def bowl(condition: float = 10.0) -> Surface:
    """The elliptic bowl f = (x² + κ y²) / 2; κ, its condition number, decides how hard it is.

    Raises:
        ValueError: κ is not between 1 and 10,000.
    """
    if not (isinstance(condition, int | float) and 1 <= condition <= 1e4):
        raise ValueError(f"The condition number lies between 1 and 10,000; got {condition!r}.")
    kappa = float(condition)
    return Surface(
        name="bowl",
        title="Bowl",
        formula=rf"f = \tfrac12\,(x^2 + {kappa:g}\,y^2)",
        value=lambda x, y, m: formulas.bowl(x, y, m, kappa),
        slope=lambda x, y, m: formulas.bowl_slope(x, y, m, kappa),
        curvature=lambda x, y, m: formulas.bowl_curvature(x, y, m, kappa),
        minima=((0.0, 0.0),),
        view=((-4.0, 4.0), (-3.0, 3.0)),
        start=(-3.5, 1.5),
    )


def _rastrigin_lattice() -> tuple[Point, ...]:
    guesses = [(0.995 * i, 0.995 * j) for i in range(-5, 6) for j in range(-5, 6)]
    return tuple(sorted(guesses, key=lambda point: point[0] ** 2 + point[1] ** 2))


def _rastrigin_passes() -> tuple[Point, ...]:
    """Where one coordinate is in a dip and the other on a crest, half way between two dips."""
    dips, crests = [0.995 * i for i in range(-5, 6)], [1.005 * (i + 0.5) for i in range(-5, 5)]
    across = [(dip, crest) for dip in dips for crest in crests]
    return (*across, *((crest, dip) for dip, crest in across))


CLOSED_FORMS = (
    bowl(),
    Surface(
        name="saddle",
        title="Saddle",
        formula=r"f = \tfrac12\,(x^2 - y^2) + \tfrac14\,y^4",
        value=formulas.saddle,
        slope=formulas.saddle_slope,
        curvature=formulas.saddle_curvature,
        minima=((0.0, 1.0), (0.0, -1.0)),
        saddles=((0.0, 0.0),),
        view=((-2.0, 2.0), (-1.8, 1.8)),
        start=(-1.6, 0.01),
    ),
    Surface(
        name="beale",
        title="Beale",
        formula=r"f = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
        value=formulas.beale,
        slope=formulas.beale_slope,
        curvature=formulas.beale_curvature,
        minima=((3.0, 0.5),),
        saddles=((0.0, 1.0),),
        view=((-4.5, 4.5), (-2.5, 2.5)),
        start=(1.0, 1.6),
    ),
    Surface(
        name="rosenbrock",
        title="Rosenbrock",
        formula=r"f = (1 - x)^2 + 100\,(y - x^2)^2",
        value=formulas.rosenbrock,
        slope=formulas.rosenbrock_slope,
        curvature=formulas.rosenbrock_curvature,
        minima=((1.0, 1.0),),
        view=((-2.0, 2.0), (-1.0, 3.0)),
        start=(-1.2, 1.0),
    ),
    Surface(
        name="himmelblau",
        title="Himmelblau",
        formula=r"f = (x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        value=formulas.himmelblau,
        slope=formulas.himmelblau_slope,
        curvature=formulas.himmelblau_curvature,
        minima=polished(
            formulas.himmelblau_slope,
            formulas.himmelblau_curvature,
            ((3.0, 2.0), (-2.81, 3.13), (-3.78, -3.28), (3.58, -1.85)),
        ),
        saddles=polished(
            formulas.himmelblau_slope,
            formulas.himmelblau_curvature,
            ((0.09, 2.88), (3.39, 0.07), (-0.13, -1.95), (-3.07, -0.08)),
        ),
        view=((-5.0, 5.0), (-5.0, 5.0)),
        start=(-0.5, -0.6),
    ),
    Surface(
        name="rastrigin",
        title="Rastrigin",
        formula=r"f = 20 + x^2 + y^2 - 10\,(\cos 2\pi x + \cos 2\pi y)",
        value=formulas.rastrigin,
        slope=formulas.rastrigin_slope,
        curvature=formulas.rastrigin_curvature,
        minima=polished(formulas.rastrigin_slope, formulas.rastrigin_curvature, _rastrigin_lattice()),
        saddles=polished(formulas.rastrigin_slope, formulas.rastrigin_curvature, _rastrigin_passes()),
        view=((-5.12, 5.12), (-5.12, 5.12)),
        start=(-3.4, 2.3),
    ),
    Surface(
        name="two_wells",
        title="Two wells",
        formula=r"f = x^2 + y^2 - 2\,e^{-5((x-1)^2+y^2)} - 3\,e^{-5((x+1)^2+y^2)}",
        value=formulas.two_wells,
        slope=formulas.two_wells_slope,
        curvature=formulas.two_wells_curvature,
        minima=polished(formulas.two_wells_slope, formulas.two_wells_curvature, ((-0.94, 0.0), (0.91, 0.0))),
        saddles=polished(formulas.two_wells_slope, formulas.two_wells_curvature, ((0.07, 0.0),)),
        view=((-2.0, 2.0), (-2.0, 2.0)),
        start=(0.6, 1.4),
    ),
    Surface(
        name="plateau",
        title="Plateau",
        formula=r"f = 1 - e^{-\frac14 (x^2 + 4y^2)}",
        value=formulas.plateau,
        slope=formulas.plateau_slope,
        curvature=formulas.plateau_curvature,
        minima=((0.0, 0.0),),
        view=((-5.0, 5.0), (-3.0, 3.0)),
        start=(-4.0, 1.2),
    ),
    Surface(
        name="monkey_saddle",
        title="Monkey saddle",
        formula=r"f = x^3 - 3xy^2",
        value=formulas.monkey_saddle,
        slope=formulas.monkey_saddle_slope,
        curvature=formulas.monkey_saddle_curvature,
        saddles=((0.0, 0.0),),
        view=((-2.0, 2.0), (-2.0, 2.0)),
        start=(1.5, 0.001),
    ),
)
