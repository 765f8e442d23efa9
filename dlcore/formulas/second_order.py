"""Value, slope and curvature of a formula in x and y by second-order dual numbers: (x + ε₁, y + ε₂) carried through.

The first partial derivatives are those of dual_numbers; here stand the second ones beside their names. The browser
has the same table (assets/components/race/tree.js).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlcore import neuron
from dlcore.formulas.dual_numbers import CONSTANTS, FUNCTIONS, Expression


def _zero(*_: Any) -> float:
    return 0.0


_FLAT = (_zero,)
_STRAIGHT = (_zero, _zero, _zero)
# name -> (f″,), or (∂²f/∂a², ∂²f/∂a∂b, ∂²f/∂b²). At kinks and jumps it is 0, as on both sides of them.
SECOND: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "+": _STRAIGHT,
    "-": _STRAIGHT,
    "*": (_zero, lambda a, b: 1.0, _zero),
    "/": (_zero, lambda a, b: -1.0 / b / b, lambda a, b: 2.0 * a / b / b / b),
    "**": (
        lambda a, n: n * (n - 1.0) * np.power(a, n - 2.0),
        lambda a, n: np.power(a, n - 1.0) * (1.0 + n * np.log(a)),
        lambda a, n: np.power(a, n) * np.log(a) ** 2,
    ),
    "neg": _FLAT,
    "exp": (np.exp,),
    "log": (lambda z: -1.0 / z / z,),
    "ln": (lambda z: -1.0 / z / z,),
    "sqrt": (lambda z: -0.25 / z / np.sqrt(z),),
    "sin": (lambda z: -np.sin(z),),
    "cos": (lambda z: -np.cos(z),),
    "tan": (lambda z: 2.0 * np.tan(z) * (1.0 + np.tan(z) ** 2),),
    "sinh": (np.sinh,),
    "cosh": (np.cosh,),
    "tanh": (lambda z: -2.0 * np.tanh(z) * neuron.d_tanh(z),),
    "sigmoid": (lambda z: neuron.d_sigmoid(z) * (1.0 - 2.0 * neuron.sigmoid(z)),),
    "softplus": (neuron.d_sigmoid,),
    "abs": _FLAT,
    "relu": _FLAT,
    "step": _FLAT,
    "max": _STRAIGHT,
    "min": _STRAIGHT,
}

# ∂x², ∂x∂y and ∂y² in a jet (value, ∂x, ∂y, ∂x², ∂x∂y, ∂y²), and the two first derivatives that meet in each.
_MEETING = ((3, 1, 1), (4, 1, 2), (5, 2, 2))
_SIZES = {0: 1, 1: 3, 2: 6}


def jet(expression: Expression, x: Any, y: Any, order: int) -> tuple[Any, ...]:
    """(f,), (f, ∂x, ∂y) or (f, ∂x, ∂y, ∂x², ∂x∂y, ∂y²) for order 0, 1, 2; numbers of one shape, that of x and y.

    nan or inf outside the formula's domain, without a warning. Plain floats are followed several times faster than
    arrays of one number.
    """
    x, y = (np.float64(v) if isinstance(v, float | int) else np.asarray(v, dtype=np.float64) for v in (x, y))
    with np.errstate(all="ignore"):
        found = _carried(expression, x, y, order)
    if not x.shape and not y.shape:
        return tuple(float(each) for each in found)
    shape = np.broadcast_shapes(x.shape, y.shape)
    return tuple(np.broadcast_to(each, shape).copy() for each in found)


def _carried(expression: Expression, x: Any, y: Any, order: int) -> tuple[Any, ...]:
    rest = (0.0,) * 3
    match expression:
        case float():
            return (np.float64(expression), 0.0, 0.0, *rest)[: _SIZES[order]]
        case "x":
            return (x, 1.0, 0.0, *rest)[: _SIZES[order]]
        case "y":
            return (y, 0.0, 1.0, *rest)[: _SIZES[order]]
        case str():
            return (np.float64(CONSTANTS[expression]), 0.0, 0.0, *rest)[: _SIZES[order]]
        case (name, *inner):
            jets = [_carried(part, x, y, order) for part in inner]
            at = [part[0] for part in jets]
            f, partials = FUNCTIONS[name]
            if order == 0:
                return (f(*at),)
            first = [partial(*at) for partial in partials]
            slopes = [sum(_times(d, part[k]) for d, part in zip(first, jets, strict=True)) for k in (1, 2)]
            return (f(*at), *slopes, *(_curvatures(name, at, first, jets) if order == 2 else ()))
    raise TypeError(f"not a formula: {expression!r}")


def _curvatures(name: str, at: list[Any], first: list[Any], parts: list[tuple[Any, ...]]) -> list[Any]:
    """By the chain rule: Σ ∂²f/∂a∂b · ∂a · ∂b + Σ ∂f/∂a · ∂²a."""
    second = [each(*at) for each in SECOND[name]]
    found = []
    for k, i, j in _MEETING:
        a, *others = parts
        total = _times(second[0], a[i] * a[j])
        for b in others:
            total = total + _times(second[1], a[i] * b[j] + a[j] * b[i]) + _times(second[2], b[i] * b[j])
        found.append(sum((_times(d, part[k]) for d, part in zip(first, parts, strict=True)), total))
    return found


def _times(steepness: Any, moved: Any) -> Any:
    # A part that stands still plays no part, however steep it is met: as in dual_numbers.
    if isinstance(moved, float):  # np.float64 is one
        return 0.0 if moved == 0 else steepness * moved
    return np.where(moved == 0, 0.0, steepness * moved)
