"""Thousands of random formulas: each is read and differentiated in few operations, or refused with a sentence.

A seeded grammar writes each formula together with a function of mpmath numbers that means the same, so that
reading, value and slope have a second opinion that shares no line with ours. 20,000 formulas:
FORMULAS=20000 python -m pytest tests/test_formula_fuzz.py
"""

import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import mpmath
import numpy as np
import pytest

from dlcore.formulas import dual_numbers
from dlcore.formulas.dual_numbers import value, value_and_slope
from dlcore.formulas.expressions import MAX_NODES, BadExpression, parse
from dlcore.formulas.latex import latex

FORMULAS = int(os.environ.get("FORMULAS", "2000"))
NAMES = ("x", "y", "w1", "y_hat")
POINTS = {
    "x": np.array([0.7, -1.3, 0.0, 2.1]),
    "y": np.array([1.0, 0.4, 0.0, -0.6]),
    "w1": np.array([-0.5, 1.9, 0.0, 0.3]),
    "y_hat": np.array([0.2, 0.8, 0.0, 0.5]),
}
AT_ZERO = 2  # the point at which all names are 0
KINKS = ("max", "min", "abs", "relu", "step")
MOST_CALLS = 15_000  # of Python and C functions, for reading, value, four slopes and LaTeX together

Meaning = Callable[[dict[str, Any]], Any]


class NoValue(Exception):  # noqa: N818 (as BadExpression)
    """Outside the domain, or beyond what a float64 holds."""


def real(number: Any) -> Any:
    if isinstance(number, mpmath.mpc) or not mpmath.isfinite(number):
        raise NoValue
    if number and not 1e-290 < abs(number) < 1e290:
        raise NoValue
    return number


def exp(z: Any) -> Any:
    if abs(z) > 600:
        raise NoValue
    return mpmath.exp(z)


def periodic(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def bounded(z: Any) -> Any:
        if abs(z) > 1e4:  # a float64 no longer knows where in the period it is
            raise NoValue
        return f(z)

    return bounded


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": exp,
    "log": mpmath.log,
    "ln": mpmath.log,
    "sqrt": mpmath.sqrt,
    "sin": periodic(mpmath.sin),
    "cos": periodic(mpmath.cos),
    "tan": periodic(mpmath.tan),
    "sinh": lambda z: (exp(z) - exp(-z)) / 2,
    "cosh": lambda z: (exp(z) + exp(-z)) / 2,
    "tanh": mpmath.tanh,
    "abs": abs,
    "relu": lambda z: max(z, mpmath.mpf(0)),
    "step": lambda z: mpmath.mpf(z > 0),
    "sigmoid": lambda z: 1 / (1 + exp(-z)),
    "softplus": lambda z: mpmath.log(1 + exp(z)),
}


class Grammar:
    """Writes formulas of all shapes, each with what it means."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def formula(self) -> tuple[str, Meaning]:
        if self.random.random() < 0.2:  # a tower, such as the one that kept SymPy busy for ever
            floors = self.random.sample(sorted(FUNCTIONS), 2)
            text, meaning = self.part(1)
            for _ in range(self.random.randint(3, 12)):
                for name in floors:
                    text, meaning = self.called(name, text, meaning)
            return text, meaning
        return self.part(self.random.randint(1, 5))

    def part(self, depth: int) -> tuple[str, Meaning]:
        if depth == 0 or self.random.random() < 0.1:
            return self.leaf()
        kind = self.random.choice((self.unary, self.unary, self.binary, self.binary, self.power))
        return kind(depth - 1)

    def leaf(self) -> tuple[str, Meaning]:
        if self.random.random() < 0.7:
            name = self.random.choice(NAMES)
            shown = {"y_hat": self.random.choice(("y_hat", "ŷ", "y\u0302")), "w1": "w₁"}.get(name, name)
            return shown, lambda at: at[name]
        number = self.random.choice(("2", "0.5", "3", "1e-3", "10", "π", "0"))
        constant = mpmath.pi if number == "π" else mpmath.mpf(float(number))
        return number, lambda at: +constant

    @staticmethod
    def called(name: str, text: str, meaning: Meaning) -> tuple[str, Meaning]:
        return f"{name}({text})", lambda at: real(FUNCTIONS[name](real(meaning(at))))

    def unary(self, depth: int) -> tuple[str, Meaning]:
        text, meaning = self.part(depth)
        if self.random.random() < 0.15:
            return f"(-{text})", lambda at: -meaning(at)
        return self.called(self.random.choice(sorted(FUNCTIONS)), text, meaning)

    def binary(self, depth: int) -> tuple[str, Meaning]:
        (a, f), (b, g) = self.part(depth), self.part(depth)
        forms: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
            (f"({a} + {b})", lambda u, v: u + v),
            (f"({a} − {b})", lambda u, v: u - v),
            (f"({a})({b})", lambda u, v: u * v),
            (f"({a}⋅{b})", lambda u, v: u * v),
            (f"({a})/({b})", lambda u, v: u / v),
            (f"max({a}, {b})", max),
            (f"min({a}, {b})", min),
        )
        text, join = self.random.choice(forms)

        def meaning(at: dict[str, Any]) -> Any:
            u, v = f(at), g(at)
            if join is forms[4][1] and v == 0:
                raise NoValue
            return real(join(u, v))

        return f"({text})", meaning

    def power(self, depth: int) -> tuple[str, Meaning]:
        text, meaning = self.part(depth)
        shown, n = self.random.choice(
            (("²", 2), ("⁻¹", -1), ("^0.5", 0.5), ("**3", 3), ("^-2", -2), ("¹²", 12))
        )

        def raised(at: dict[str, Any]) -> Any:
            base = meaning(at)
            if base == 0 and n < 0:
                raise NoValue
            return real(mpmath.power(base, n))

        if self.random.random() < 0.2:
            return f"(2^({text}))", lambda at: real(exp(mpmath.log(2) * meaning(at)))
        return f"(({text}){shown})", raised


def formulas(seed: int, count: int) -> Iterator[tuple[str, Meaning]]:
    grammar = Grammar(seed)
    return (grammar.formula() for _ in range(count))


def everything(text: str) -> None:
    """All that the lab does with a formula."""
    tree = parse(text, NAMES)
    value(tree, POINTS)
    for name in NAMES:
        value_and_slope(tree, POINTS, name)
    latex(tree)


def calls(action: Callable[[], None]) -> int:
    """How many functions, of Python and of C, are called meanwhile."""
    count = 0

    def watch(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


HOSTILE = (
    "sqrt(tanh(" * 11 + "x*y" + "))" * 11,
    "sqrt(" * 24 + "x" + ")" * 24,
    "exp(" * 20 + "x" + ")" * 20,
    "max(max(max(x,y),max(w1,x*y)),max(max(x-y,w1*x),max(y/x,x**3)))",
    "abs(abs(abs(abs(x-y)-w1)-x**2)-exp(x))",
    "(x+1)**20*(x+2)**20*(x+3)**20*(y+1)**20*(w1+x+y)**20",
    "((x*x*x*x*x*x)/x)/x/x/x/x/x/x/x/x/x/x/x/x/x",
    "(x-(y-(x-(y-(x-(y-x))))))-(x-(y-(x-(y-(x-(y-w1))))))",
    "(" * 200,
    "x " * 100,
    "x²" * 100,
    "-" * 200,
    "9" * 200,
    "9**" * 66 + "9",
    "x" * 200,
    "xy" * 100,
    "1e" * 100,
    "⁹" * 200,
    "\u0302" * 200,
    "ŷ" * 200,
    "(((((((((x)(y))(x))(y))(x))(y))(x))(y))(x))(y)",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_formula_ends_after_few_operations(text: str) -> None:
    def tried() -> None:
        with suppress(BadExpression):
            everything(text)

    assert calls(tried) < MOST_CALLS


def test_the_count_notices_a_cost_that_doubles_with_the_depth() -> None:
    def twice(depth: int) -> None:
        if depth:
            twice(depth - 1)
            twice(depth - 1)

    assert calls(lambda: twice(14)) > MOST_CALLS


def test_random_formulas_are_read_or_refused_in_few_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    applied, apply = [0], dual_numbers.apply

    def counted(*arguments: Any) -> Any:
        applied[0] += 1
        return apply(*arguments)

    monkeypatch.setattr(dual_numbers, "apply", counted)
    read = most = 0
    for k, (text, _) in enumerate(formulas(1, FORMULAS)):
        with suppress(BadExpression):
            tree = parse(text, NAMES)
            applied[0] = 0
            value_and_slope(tree, POINTS, "x")
            assert applied[0] <= MAX_NODES / 2, text
            assert len(latex(tree)) < 20 * len(text) + 20
            read += 1
        if k % 20 == 0:

            def tried(text: str = text) -> None:
                with suppress(BadExpression):
                    everything(text)

            most = max(most, calls(tried))
    assert read > FORMULAS / 2
    assert 1000 < most < MOST_CALLS


def test_values_and_slopes_are_those_of_mpmath() -> None:
    compared = slopes = 0
    for text, meaning in formulas(2, FORMULAS // 4):
        with suppress(BadExpression):
            tree = parse(text, NAMES)
            ours, slope = value_and_slope(tree, POINTS, "x")
            for k in range(4):
                with suppress(NoValue):
                    expected = well_conditioned(meaning, k)
                    assert ours[k] == pytest.approx(expected, rel=1e-8, abs=1e-8), text
                    compared += 1
                    expected = smooth_slope(meaning, k)
                    if k == AT_ZERO and (np.isnan(slope[k]) or any(kink in text for kink in KINKS)):
                        continue  # the conventions decide
                    assert slope[k] == pytest.approx(expected, rel=1e-6, abs=1e-6), text
                    slopes += 1
    assert compared > FORMULAS / 4 and slopes > FORMULAS / 5


def well_conditioned(meaning: Meaning, k: int) -> float:
    """The value at a point, from 60 digits; NoValue where 53 bits are too few for it."""
    rough = at_point(meaning, k, 16)
    exact = at_point(meaning, k, 60)
    if abs(rough - exact) > 1e-9 * (1 + abs(exact)):
        raise NoValue
    return float(exact)


def at_point(meaning: Meaning, k: int, digits: int, shift: str = "0") -> Any:
    with mpmath.workdps(digits):
        point = {name: mpmath.mpf(column[k]) for name, column in POINTS.items()}
        point["x"] += mpmath.mpf(shift)
        return meaning(point)


def smooth_slope(meaning: Meaning, k: int) -> float:
    """∂/∂x by central differences with 60 digits; NoValue on a kink, a pole, or where it changes at once."""
    with mpmath.workdps(60):
        here, h = at_point(meaning, k, 60), mpmath.mpf("1e-20")
        right = (at_point(meaning, k, 60, "1e-20") - here) / h
        left = (here - at_point(meaning, k, 60, "-1e-20")) / h
        nearby = (at_point(meaning, k, 60, "1e-13") - at_point(meaning, k, 60, "0.9999e-13")) / mpmath.mpf(
            "1e-17"
        )
        if abs(right - left) > 1e-9 * (1 + abs(right)) or abs(right - nearby) > 1e-7 * (1 + abs(right)):
            raise NoValue
        return float((right + left) / 2)
