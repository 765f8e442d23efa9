"""Dual numbers: a value and its slope, carried through a formula together (forward-mode differentiation).

Every function stands beside its partial derivatives, as an activation is a pair {f, f'}; one chain rule serves
them all. Works on whole arrays, element by element. Knows nothing of text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore import neuron

Array: TypeAlias = NDArray[np.float64] | np.float64
# A formula as plain data: a number, a name, or an operation with its parts, ("*", 2.0, ("exp", "x")).
Expression: TypeAlias = float | str | tuple[Any, ...]
# math.e in digits: mypy, without a cache, takes np.e for the `e` of an `except … as e` elsewhere.
CONSTANTS = {"pi": float(np.pi), "e": 2.718281828459045}

# name -> (f, (∂f/∂first argument, ∂f/∂second argument)). Conventions at kinks are made here and nowhere else:
# what jumps or bends takes the slope that torch takes. relu'(0) = step'(0) = abs'(0) = 0; where the arguments
# of max or min are equal, each counts half.
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], tuple[Callable[..., Any], ...]]] = {
    "+": (np.add, (lambda a, b: 1.0, lambda a, b: 1.0)),
    "-": (np.subtract, (lambda a, b: 1.0, lambda a, b: -1.0)),
    "*": (np.multiply, (lambda a, b: b, lambda a, b: a)),
    "/": (np.divide, (lambda a, b: 1.0 / b, lambda a, b: -a / b / b)),
    "**": (np.power, (lambda a, n: n * np.power(a, n - 1.0), lambda a, n: np.power(a, n) * np.log(a))),
    "neg": (np.negative, (lambda z: -1.0,)),
    "exp": (np.exp, (np.exp,)),
    "log": (np.log, (lambda z: 1.0 / z,)),
    "ln": (np.log, (lambda z: 1.0 / z,)),
    "sqrt": (np.sqrt, (lambda z: 0.5 / np.sqrt(z),)),
    "sin": (np.sin, (np.cos,)),
    "cos": (np.cos, (lambda z: -np.sin(z),)),
    "tan": (np.tan, (lambda z: 1.0 + np.tan(z) ** 2,)),
    "sinh": (np.sinh, (np.cosh,)),
    "cosh": (np.cosh, (np.sinh,)),
    "tanh": (neuron.tanh, (neuron.d_tanh,)),
    "sigmoid": (neuron.sigmoid, (neuron.d_sigmoid,)),
    "softplus": (neuron.softplus, (neuron.d_softplus,)),
    "abs": (np.abs, (np.sign,)),
    "relu": (neuron.relu, (neuron.d_relu,)),
    "step": (lambda z: np.heaviside(z, 0.0), (neuron.d_step,)),  # heaviside, because a nan stays one
    "max": (np.maximum, (lambda a, b: np.heaviside(a - b, 0.5), lambda a, b: np.heaviside(b - a, 0.5))),
    "min": (np.minimum, (lambda a, b: np.heaviside(b - a, 0.5), lambda a, b: np.heaviside(a - b, 0.5))),
}


@dataclass(frozen=True)
class Dual:
    """value + slope·ε, where ε² = 0. A slope of None is exactly zero: this part does not move."""

    value: Array
    slope: Array | None = None


def apply(name: str, *arguments: Dual) -> Dual:
    """f(arguments) by the chain rule: the slope is Σ ∂f/∂argument · slope of the argument."""
    f, partials = FUNCTIONS[name]
    at = [argument.value for argument in arguments]
    pairs = zip(partials, arguments, strict=True)
    moving = [
        _times(partial(*at), argument.slope) for partial, argument in pairs if argument.slope is not None
    ]
    return Dual(f(*at), sum(moving[1:], moving[0]) if moving else None)


def _times(steepness: Array, slope: Array) -> Array:
    # Where the argument stands still, an infinite ∂f plays no part: √relu(x) is flat for x < 0, and √(x²) has
    # slope 0 at 0, as |x| has.
    return np.where(slope == 0, 0.0, steepness * slope)


def evaluate(expression: Expression, values: Mapping[str, Dual]) -> Dual:
    """The formula's value and slope; every operation of the tree is carried out once."""
    match expression:
        case float():
            return Dual(np.float64(expression))
        case str():
            return values[expression] if expression in values else Dual(np.float64(CONSTANTS[expression]))
        case (operation, *inner):
            return apply(operation, *(evaluate(part, values) for part in inner))
    raise TypeError(f"not a formula: {expression!r}")


def value(expression: Expression, values: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """The formula at every point, broadcast over `values`; nan or inf outside its domain, without a warning."""
    return value_and_slope(expression, values, None)[0]


def value_and_slope(
    expression: Expression, values: Mapping[str, ArrayLike], by: str | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The formula and its partial derivative ∂/∂by at every point.

    Args:
        expression: as dlcore.formulas.expressions.parse returns it.
        values: name -> numbers, shapes that broadcast; at least the names that occur.
        by: the name that moves.

    Returns:
        Two float64 arrays of the broadcast shape. Where there is no finite value, the slope is nan.
    """
    arrays = {name: np.asarray(given, dtype=np.float64) for name, given in values.items()}
    one = np.float64(1.0)
    with np.errstate(all="ignore"):
        found = evaluate(expression, {n: Dual(a, one if n == by else None) for n, a in arrays.items()})
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    slope = np.float64(0.0) if found.slope is None else found.slope
    slope = np.where(np.isfinite(found.value), slope, np.nan)
    return np.broadcast_to(found.value, shape).copy(), np.broadcast_to(slope, shape).copy()
