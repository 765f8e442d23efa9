"""A surface of one's own: from a formula as text, or from a function with its gradient, which is checked.

The derivatives of a formula are exact (second-order dual numbers), those of a function central differences unless
they are given. Knows no surface by name.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dlcore.arguments import BadInput
from dlcore.formulas.dual_numbers import Expression
from dlcore.formulas.expressions import parse
from dlcore.formulas.latex import latex
from dlcore.formulas.second_order import jet
from dlcore.formulas.spelling import BadExpression
from dlcore.optimizers.stationary_points import stationary

Array = NDArray[np.float64]
Point = tuple[float, float]
View = tuple[Point, Point]
TOLERANCE = 1e-4  # of a gradient against central differences, relative to its largest value in view
POINTS = 64
VIEW: View = ((-5.0, 5.0), (-5.0, 5.0))


def tree_of(text: str) -> Expression:
    """The formula in x and y as plain data.

    Raises:
        BadExpression: with a sentence that says what is wrong.
    """
    return parse(text, ("x", "y"))


class OwnSurface:
    """How Surface is made of what a caller brings along."""

    @classmethod
    def from_expression(
        cls,
        text: str,
        *,
        view: View = VIEW,
        start: Point | None = None,
        minima: tuple[Point, ...] | None = None,
        name: str = "",
    ) -> Self:
        """The surface f(x, y) that a text says, such as "(1 - x)^2 + 100 (y - x^2)^2", with exact derivatives.

        >>> from dlcore.optimizers import Surface
        >>> Surface.from_expression("x^2 + 3 y^2").grad([1.0, 2.0]).tolist()
        [2.0, 12.0]

        Args:
            view: ((x low, x high), (y low, y high)) of pictures.
            start: where a race starts unless told otherwise; None: a corner of the view.
            minima: None: those that Newton's method finds in view, and the saddles with them.

        Raises:
            BadInput: no formula of x and y, or one that has a value nowhere in view.
        """
        try:
            tree = tree_of(text)
        except BadExpression as refusal:
            raise BadInput(str(refusal)) from None
        x, y = _places(view)
        if not np.isfinite(jet(tree, x, y, 0)[0]).any():
            raise BadInput("f(x, y) is a finite number nowhere in view; give another view=((x, x), (y, y)).")
        found, saddles = stationary(tree, view) if minima is None else (minima, ())
        return cls(  # type: ignore[call-arg]
            name=name or text,
            title=name or "Your own f",
            formula=f"f = {latex(tree)}",
            value=lambda x, y, m: jet(tree, x, y, 0)[0],
            slope=lambda x, y, m: jet(tree, x, y, 1)[1:],
            curvature=lambda x, y, m: jet(tree, x, y, 2)[3:],
            view=view,
            start=start or _corner(view),
            minima=found,
            saddles=saddles,
        )

    @classmethod
    def from_callable(
        cls,
        f: Callable[[Any, Any], Any],
        grad: Callable[[Any, Any], Any] | None = None,
        *,
        check_grad: bool = True,
        view: View = VIEW,
        start: Point | None = None,
        minima: tuple[Point, ...] = (),
        name: str = "own surface",
    ) -> Self:
        """The surface of a function of x and y, which are numbers or numpy arrays of one shape.

        >>> from dlcore.optimizers import Surface
        >>> Surface.from_callable(lambda x, y: x**2 + 3 * y**2, lambda x, y: (2 * x, 6 * y)).f([1.0, 2.0]).item()
        13.0

        Args:
            grad: (x, y) -> (∂f/∂x, ∂f/∂y); None: central differences.
            check_grad: hold `grad` against central differences at POINTS places in view.
            view, start, minima: as of `from_expression`.

        Raises:
            BadInput: a function that fails or gives no numbers in view, or a gradient that is not its own.
        """

        def value(x: Any, y: Any, m: Any) -> Any:
            return f(x, y)

        def differences(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
            return _differences(f, x, y)

        def given(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
            assert grad is not None
            dx, dy = grad(x, y)
            return dx, dy

        slope = differences if grad is None else given

        def curvature(x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
            (xx, xy), (_, yy) = _jacobian(lambda a, b: slope(a, b, m), x, y)
            return xx, xy, yy

        _check_values(f, view)
        if grad is not None and check_grad:
            _check_gradient(f, grad, view)
        return cls(  # type: ignore[call-arg]
            name, name, "f(x, y)", value, slope, curvature, view, start or _corner(view), minima
        )


def _corner(view: View) -> Point:
    """A point near the upper left corner."""
    return (view[0][0] * 0.9 + view[0][1] * 0.1, view[1][0] * 0.1 + view[1][1] * 0.9)


def _check_values(f: Callable[[Any, Any], Any], view: View) -> None:
    x, y = _places(view)
    try:
        seen = np.asarray(f(x, y), dtype=np.float64) + 0 * x
    except (TypeError, ValueError, ArithmeticError) as problem:
        raise BadInput(
            f"f(x, y) fails where x and y are arrays ({problem}). Write it with numpy: np.exp, np.where."
        ) from None
    if seen.shape != x.shape or not np.isfinite(seen).all():
        raise BadInput(
            "f(x, y) is not a finite number everywhere in view; give another view=((x, x), (y, y))."
        )


def _places(view: View) -> tuple[Array, Array]:
    """POINTS places in view, the same ones every time."""
    (x0, x1), (y0, y1) = view
    if not (x0 < x1 and y0 < y1):
        raise BadInput("The view is ((x low, x high), (y low, y high)).")
    u = np.random.default_rng(0).random((2, POINTS))
    return x0 + (x1 - x0) * u[0], y0 + (y1 - y0) * u[1]


def _step(x: Any) -> Any:
    """h of a central difference, whose error ~ h² + ε/h is least near ε^(1/3)."""
    return 6e-6 * (1 + np.abs(x))


def _differences(f: Callable[[Any, Any], Any], x: Any, y: Any) -> tuple[Any, Any]:
    """(∂f/∂x, ∂f/∂y) ≈ (f(x + h) − f(x − h)) / 2h."""
    h, k = _step(x), _step(y)
    return (f(x + h, y) - f(x - h, y)) / (2 * h), (f(x, y + k) - f(x, y - k)) / (2 * k)


def _jacobian(
    slope: Callable[[Any, Any], tuple[Any, Any]], x: Any, y: Any
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Second derivatives, ((xx, xy), (yx, yy)), as central differences of the first."""
    h, k = 10 * _step(x), 10 * _step(y)  # wider: the slope may itself be a difference
    right, left, up, down = slope(x + h, y), slope(x - h, y), slope(x, y + k), slope(x, y - k)
    xx, yy = (right[0] - left[0]) / (2 * h), (up[1] - down[1]) / (2 * k)
    xy = ((right[1] - left[1]) / (2 * h) + (up[0] - down[0]) / (2 * k)) / 2
    return (xx, xy), (xy, yy)


def _check_gradient(f: Callable[[Any, Any], Any], grad: Callable[[Any, Any], Any], view: View) -> None:
    x, y = _places(view)
    try:
        given = np.stack(np.broadcast_arrays(*(np.asarray(part, float) + 0 * x for part in grad(x, y))))
    except (TypeError, ValueError) as problem:
        raise BadInput(
            f"grad(x, y) must give two numbers or arrays (∂f/∂x, ∂f/∂y); it fails: {problem}"
        ) from None
    if len(given) != 2:
        raise BadInput(f"grad(x, y) must give (∂f/∂x, ∂f/∂y); it gives {len(given)} parts.")
    expected = np.stack(_differences(f, x, y))
    off = np.abs(given - expected).max(axis=0)
    worst = int(off.argmax())
    if not off[worst] <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
        at, ours, theirs = (
            f"({a:.4g}, {b:.4g})" for a, b in ((x[worst], y[worst]), given[:, worst], expected[:, worst])
        )
        raise BadInput(
            f"grad is not the gradient of f: at {at} it gives {ours}, differences of f give {theirs}."
        )
