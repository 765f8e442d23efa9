"""A learner's formula: text -> Python's syntax tree -> whitelist -> SymPy. Nothing is ever evaluated as code.

SymPy's own parser calls eval, and its lambdify calls exec; neither is used here. Every size is bounded: the
text, the tree, the exponents, the numbers. Knows nothing of networks or surfaces: the names are the caller's.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import sympy
from sympy.printing.latex import LatexPrinter

MAX_CHARACTERS = 200
MAX_NODES = 120
MAX_DEPTH = 25
MAX_EXPONENT = 20  # of one power
MAX_DEGREE = 100  # of powers of powers
MAX_NUMBER = 10**15  # also of numerators and denominators

# What people type and paste instead of Python's own signs.
TYPED = str.maketrans(
    {"·": "*", "×": "*", "−": "-", "–": "-", "÷": "/", "²": "**2", "³": "**3"}
    | {subscript: str(digit) for digit, subscript in enumerate("₀₁₂₃₄₅₆₇₈₉")}
    | {"σ": "sigmoid", "ŷ": "y_hat"}
)
# On nested max, abs and divisions SymPy compares infinities with each other, and says so in these ways.
SYMPY_GIVES_UP = (ValueError, TypeError, AttributeError, NotImplementedError, RecursionError)
CONSTANTS = {"pi": float(np.pi), "e": float(np.e)}


class BadExpression(ValueError):  # noqa: N818 (it describes the text, as BadInput describes a file)
    """The text is not a formula that this module reads; the message is a sentence for the learner."""


def _unevaluated(function: Any) -> Callable[..., Any]:
    # SymPy would try to decide by itself which argument is larger, and may think about it for seconds.
    return lambda *arguments: function(*arguments, evaluate=False)


# name -> (SymPy's form, NumPy's form, least and most arguments)
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], Callable[..., Any], int, int]] = {
    "exp": (sympy.exp, np.exp, 1, 1),
    "log": (sympy.log, np.log, 1, 1),
    "ln": (sympy.log, np.log, 1, 1),
    "sqrt": (sympy.sqrt, np.sqrt, 1, 1),
    "sin": (sympy.sin, np.sin, 1, 1),
    "cos": (sympy.cos, np.cos, 1, 1),
    "tan": (sympy.tan, np.tan, 1, 1),
    "sinh": (sympy.sinh, np.sinh, 1, 1),
    "cosh": (sympy.cosh, np.cosh, 1, 1),
    "tanh": (sympy.tanh, np.tanh, 1, 1),
    "abs": (_unevaluated(sympy.Abs), np.abs, 1, 1),
    "max": (_unevaluated(sympy.Max), np.maximum, 2, 2),
    "min": (_unevaluated(sympy.Min), np.minimum, 2, 2),
    "relu": (lambda z: sympy.Max(0, z, evaluate=False), lambda z: np.maximum(0.0, z), 1, 1),
    "step": (lambda z: sympy.Heaviside(z, 0), lambda z: np.heaviside(z, 0.0), 1, 1),
    "sigmoid": (lambda z: 1 / (1 + sympy.exp(-z)), lambda z: 1 / (1 + np.exp(-z)), 1, 1),
    "softplus": (lambda z: sympy.log(1 + sympy.exp(z)), lambda z: np.logaddexp(0.0, z), 1, 1),
}
OPERATORS: Mapping[type[ast.operator], tuple[Callable[..., Any], str]] = {
    ast.Add: (operator.add, "+"),
    ast.Sub: (operator.sub, "-"),
    ast.Mult: (operator.mul, "*"),
    ast.Div: (operator.truediv, "/"),
    ast.Pow: (operator.pow, "**"),
}


def symbol(name: str) -> sympy.Symbol:
    """The real variable of this name, as every expression of this module holds it."""
    return sympy.Symbol(name, real=True)


def parse(text: str, names: Iterable[str]) -> sympy.Expr:
    """The formula that a text says, as a SymPy expression in real variables.

    Numbers, `names`, pi, e, + - * / **, and the functions of FUNCTIONS; nothing else. Constant parts are
    folded to numbers at once, so the result stays small whatever is typed.

    Args:
        text: as typed; at most 200 characters. "·", "−", "²" and subscripts are understood.
        names: the variables that may occur.

    Raises:
        BadExpression: with a sentence that says what is wrong.
    """
    text = text.strip().translate(TYPED)
    if not text:
        raise BadExpression("There is no formula yet: type one.")
    if len(text) > MAX_CHARACTERS:
        raise BadExpression(f"This formula has {len(text)} characters; {MAX_CHARACTERS} are enough here.")
    tree = _syntax_tree(text)
    expression = _build(tree, frozenset(names))
    if expression.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        raise BadExpression("Somewhere in this formula something is divided by zero.")
    if expression.has(sympy.I):
        raise BadExpression("Somewhere in this formula a root of a negative number is taken.")
    return expression


def _syntax_tree(text: str) -> ast.expr:
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        place = f" near character {error.offset}" if error.offset else ""
        raise BadExpression(
            f"This is not a complete formula{place}. Check brackets and signs; write 2*x, not 2x."
        ) from None
    except (ValueError, MemoryError, RecursionError):
        raise BadExpression("This formula is nested too deeply or holds a number that is too long.") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES or _depth(tree) > MAX_DEPTH:
        raise BadExpression("This formula is too large or nested too deeply; a shorter one will do.")
    return tree


def _depth(node: ast.AST) -> int:
    depth, layer = 0, [node]
    while layer:
        depth, layer = depth + 1, [child for parent in layer for child in ast.iter_child_nodes(parent)]
    return depth


def _build(node: ast.AST, names: frozenset[str]) -> sympy.Expr:
    match node:
        case ast.Constant(value=bool()):
            raise BadExpression("True and False are not numbers here.")
        case ast.Constant(value=int() | float() as value):
            return _number(value)
        case ast.Name(id=name):
            return _name(name, names)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _small(-_build(operand, names))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _build(operand, names)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            return _operation(type(sign), _build(left, names), _build(right, names))
        case ast.BinOp(op=ast.BitXor()):
            raise BadExpression("Write a power as x**2; the sign ^ means something else in Python.")
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, [_build(argument, names) for argument in arguments], names)
    raise BadExpression("Only numbers, names, + - * / ** and functions such as exp(…) belong in a formula.")


def _name(name: str, names: frozenset[str]) -> sympy.Expr:
    if name in names:
        return symbol(name)
    if name in CONSTANTS:
        return _number(CONSTANTS[name])
    if name in FUNCTIONS:
        raise BadExpression(f"{name} is a function: write {name}(…).")
    known = ", ".join(sorted(names))
    raise BadExpression(f"The name {name[:20]} is not known here. Known names: {known}.")


def _operation(sign: type[ast.operator], left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    apply, _ = OPERATORS[sign]
    if sign is ast.Div and right.is_zero:
        raise BadExpression("Somewhere in this formula something is divided by zero.")
    if sign is ast.Pow:
        return _power(left, right)
    if left.is_Number and right.is_Number:
        return _number(apply(float(left), float(right)))
    return _small(apply(left, right))


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if not exponent.is_Number:
        if base.is_Number and base > 0:
            return _small(sympy.exp(_number(float(np.log(float(base)))) * exponent))
        raise BadExpression("An exponent must be a number; for e to the power of something write exp(…).")
    if abs(exponent) > MAX_EXPONENT:
        raise BadExpression(f"Exponents stay between −{MAX_EXPONENT} and {MAX_EXPONENT} here.")
    if base.is_zero and exponent < 0:
        raise BadExpression("Somewhere in this formula something is divided by zero.")
    if base.is_Number:
        with np.errstate(all="ignore"):
            return _number(float(np.power(float(base), float(exponent))))
    return _small(base**exponent)


def _call(name: str, arguments: list[sympy.Expr], names: frozenset[str]) -> sympy.Expr:
    if name not in FUNCTIONS:
        if name in names:
            raise BadExpression(f"{name} is a variable, not a function: write {name}*(…).")
        known = ", ".join(FUNCTIONS)
        raise BadExpression(f"The function {name[:20]} is not known here. Known functions: {known}.")
    symbolic, numeric, least, most = FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        raise BadExpression(f"{name} takes {least} argument{'s' * (least > 1)}, not {len(arguments)}.")
    if all(argument.is_Number for argument in arguments):
        with np.errstate(all="ignore"):
            return _number(float(numeric(*(float(argument) for argument in arguments))))
    return _small(symbolic(*arguments))


def _number(value: float) -> sympy.Number:
    """The value as SymPy writes it best: an integer, a short fraction, or else a float."""
    if not np.isfinite(float(value) if abs(value) < 1e300 else np.inf):
        raise BadExpression("A part of this formula is too large, or is not a real number.")
    if abs(value) > MAX_NUMBER:
        raise BadExpression("Numbers stay below 10**15 here.")
    fraction = Fraction(value).limit_denominator(1000)
    if float(fraction) == value:
        return sympy.Rational(fraction.numerator, fraction.denominator)
    return sympy.Float(value)


def _small(expression: sympy.Expr) -> sympy.Expr:
    """The expression itself, if its numbers are small; what lost all its variables becomes a number."""
    for number in expression.atoms(sympy.Rational):
        if abs(number.p) > MAX_NUMBER or number.q > MAX_NUMBER:
            raise BadExpression("Numbers stay below 10**15 here.")
    if any(abs(number) > MAX_NUMBER for number in expression.atoms(sympy.Float)):
        raise BadExpression("Numbers stay below 10**15 here.")
    for power in expression.atoms(sympy.Pow):
        if power.exp.is_Number and abs(power.exp) > MAX_DEGREE:
            raise BadExpression(f"Powers of powers stay below the {MAX_DEGREE}th here.")
    if not expression.free_symbols and not expression.is_Number:
        return _number(float(as_function(expression, ())()))
    return expression


def derivative(expression: sympy.Expr, name: str) -> sympy.Expr:
    """The partial derivative with respect to one variable; kinks get the usual one-sided conventions.

    Raises:
        BadExpression: SymPy finds none.
    """
    try:
        return sympy.diff(expression, symbol(name))
    except SYMPY_GIVES_UP:
        raise BadExpression("This formula has no derivative that can be computed here.") from None


# SymPy's class -> NumPy's function, for all that parse and derivative can produce.
EVALUATED: Mapping[Any, Callable[..., Any]] = {
    sympy.exp: np.exp,
    sympy.log: np.log,
    sympy.sin: np.sin,
    sympy.cos: np.cos,
    sympy.tan: np.tan,
    sympy.sinh: np.sinh,
    sympy.cosh: np.cosh,
    sympy.tanh: np.tanh,
    sympy.Abs: np.abs,
    sympy.sign: np.sign,
    sympy.Max: lambda *values: reduce(np.maximum, values),
    sympy.Min: lambda *values: reduce(np.minimum, values),
    sympy.Add: lambda *values: reduce(np.add, values),
    sympy.Mul: lambda *values: reduce(np.multiply, values),
    sympy.Pow: np.power,
    sympy.Heaviside: lambda z, at_zero=0.5: np.heaviside(z, at_zero),
    sympy.DiracDelta: lambda z, *_order: np.zeros_like(z),
}


def as_function(expression: sympy.Expr, names: Sequence[str]) -> Callable[..., np.ndarray]:
    """The expression as a function of float64 arrays, one argument per name, broadcast against each other.

    Built from closures, not from generated code. Outside its domain the value is nan or inf; no
    warning is given.

    Raises:
        BadExpression: the expression holds something that parse and derivative do not produce.
    """
    compiled = _compile(expression)

    def evaluate(*values: Any) -> np.ndarray:
        arrays = [np.asarray(value, dtype=np.float64) for value in values]
        with np.errstate(all="ignore"):
            result = compiled(dict(zip(names, arrays, strict=True)))
        return np.broadcast_to(result, np.broadcast_shapes(*(array.shape for array in arrays))).copy()

    return evaluate


def _compile(expression: sympy.Basic) -> Callable[[Mapping[str, np.ndarray]], Any]:
    if expression.is_Symbol:
        name = str(expression)
        return lambda values: values[name]
    if expression.is_number and not expression.args:
        constant = np.float64(expression)
        return lambda values: constant
    function = EVALUATED.get(expression.func)
    if function is None:
        raise BadExpression("This formula has no derivative that can be computed here.")
    parts = [_compile(argument) for argument in expression.args]
    return lambda values: function(*(part(values) for part in parts))


class _Printer(LatexPrinter):
    def _print_Heaviside(self, expression: Any, exp: Any = None) -> str:
        shown = rf"\mathbf{{1}}\left[{self._print(expression.args[0])} > 0\right]"
        return shown if exp is None else rf"{shown}^{{{exp}}}"


def latex(expression: sympy.Expr) -> str:
    """The expression in LaTeX, with w_1 for w1 and a hat for names that end in _hat; never raises."""
    hats = {
        variable: rf"\hat {str(variable).removesuffix('_hat')}"
        for variable in expression.free_symbols
        if str(variable).endswith("_hat")
    }
    try:
        return _Printer({"symbol_names": hats}).doprint(expression)
    except SYMPY_GIVES_UP:
        return r"\text{(too intricate to typeset)}"
