"""A learner's formula: text -> Python's syntax tree -> whitelist -> a small tree of our own, as plain data.

Nothing is ever evaluated as code, and no algebra system sees it: every size is bounded (text, tree, exponents,
constants), so the cost of whatever is typed is bounded too. Knows nothing of networks or surfaces: the names
are the caller's.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dlcore.formulas.dual_numbers import CONSTANTS, FUNCTIONS, Expression, value
from dlcore.formulas.spelling import ONLY, BadExpression, python_spelling

MAX_NODES = 120  # of Python's syntax tree, which holds two or three for each operation of ours
MAX_DEPTH = 25
MAX_EXPONENT = 100  # also of powers of powers
MAX_NUMBER = 10**15  # of typed numbers and of every constant part
BY_ZERO = "Somewhere in this formula something is divided by zero."

OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
CALLED = {
    name: len(partials) for name, (_, partials) in FUNCTIONS.items() if name.isalpha() and name != "neg"
}


@dataclass(frozen=True)
class _Part:
    """A part that has been read.

    Attributes:
        tree: as it was typed.
        constant: its value if no variable occurs in it.
        degree: |exponent| if it is a power, that of powers of powers multiplied up.
    """

    tree: Expression
    constant: float | None = None
    degree: float = 1.0


ZERO, ONE = _Part(0.0, 0.0), _Part(1.0, 1.0)


def parse(text: str, names: Iterable[str]) -> Expression:
    """The formula that a text says, as plain data: nested tuples, each an operation and its parts.

    Numbers, `names`, pi, e, + - * / **, and the functions of dual_numbers.FUNCTIONS; nothing else. What
    dlcore.formulas.spelling understands may be typed: 2x, x², ŷ, ^. Kept as it was typed, except that 0·t,
    t − t and equal factors of a fraction are cleared away, as a learner would.

    Args:
        text: as typed; at most 200 characters.
        names: the variables that may occur.

    Raises:
        BadExpression: with a sentence that says what is wrong.
    """
    return _build(_syntax_tree(python_spelling(text)), frozenset(names)).tree


def _syntax_tree(text: str) -> ast.expr:
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        near = _quoted(text[max(0, (error.offset or 0) - 6) : (error.offset or 0) + 3])
        raise BadExpression(f"This is not a complete formula{near}. Check brackets and signs.") from None
    except (ValueError, MemoryError, RecursionError):
        raise BadExpression(
            "This formula is nested too deeply or holds a sign that is no sign here."
        ) from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES or _depth(tree) > MAX_DEPTH:
        raise BadExpression("This formula is too large or nested too deeply; a shorter one will do.")
    return tree


def _quoted(place: str) -> str:
    """Where it went wrong, if it holds no sign that could act as markup on a page."""
    shown = place.strip().replace("**", "^").replace("*", "·")
    return f" near “{shown}”" if re.fullmatch(r"[0-9A-Za-z .,=()/+·^-]+", shown) else ""


def _depth(node: ast.AST) -> int:
    depth, layer = 0, [node]
    while layer:
        depth, layer = depth + 1, [child for parent in layer for child in ast.iter_child_nodes(parent)]
    return depth


def _build(node: ast.AST, names: frozenset[str]) -> _Part:
    match node:
        case ast.Constant(value=bool()):
            raise BadExpression("True and False are not numbers here.")
        case ast.Constant(value=int() | float() as number):
            return _checked(_Part(float(number), float(number)))
        case ast.Name(id=name):
            return _name(name, names)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _operation("neg", _build(operand, names))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _build(operand, names)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            return _binary(OPERATORS[type(sign)], _build(left, names), _build(right, names))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, [_build(argument, names) for argument in arguments], names)
        case ast.Tuple():
            raise BadExpression("A comma only separates the arguments of max and min: write 0.5, not 0,5.")
    raise BadExpression(ONLY)


def _name(name: str, names: frozenset[str]) -> _Part:
    if name in names:
        return _Part(name)
    if name in CONSTANTS:
        return _Part(name, CONSTANTS[name])
    if name in CALLED:
        raise BadExpression(f"{name} is a function: write {name}(…).")
    if product := _run_together(name, names):
        raise BadExpression(f"The name {name[:20]} is not known here; a product is written {product}.")
    known = ", ".join(sorted(names))
    raise BadExpression(f"The name {name[:20]} is not known here. Known names: {known}.")


def _run_together(name: str, names: frozenset[str]) -> str:
    """x*y for xy: the known names that it is made of, the longest first; "" if it is not."""
    factors, rest = [], name[:20]
    while rest:
        factor = max((known for known in names if rest.startswith(known)), key=len, default="")
        if not factor:
            return ""
        factors.append(factor)
        rest = rest.removeprefix(factor)
    return "*".join(factors) if len(name) <= 20 else ""


def _binary(sign: str, left: _Part, right: _Part) -> _Part:
    if sign == "**":
        return _power(left, right)
    if sign == "/" and right.constant == 0:
        raise BadExpression(BY_ZERO)
    if sign == "-" and left.tree == right.tree:
        return ZERO
    if sign in ("*", "/") and (left.constant == 0 or (sign == "*" and right.constant == 0)):
        return ZERO
    if sign == "/" and (left_over := _without(left.tree, right.tree)) is not None:
        return _checked(_Part(left_over, None if _variables(left_over) else float(value(left_over, {}))))
    return _operation(sign, left, right)


def _without(product: Expression, factor: Expression) -> Expression | None:
    """The product without one such factor; None if it has none."""
    if product == factor:
        return 1.0
    match product:
        case ("neg", inner):
            rest = _without(inner, factor)
            return None if rest is None else ("neg", rest)
        case ("/", above, below):
            rest = _without(above, factor)
            return None if rest is None else ("/", rest, below)
        case ("*", left, right):
            if (rest := _without(right, factor)) is not None:
                return left if rest == 1.0 else ("*", left, rest)
            if (rest := _without(left, factor)) is not None:
                return right if rest == 1.0 else ("*", rest, right)
    return None


def _variables(expression: Expression) -> bool:
    if isinstance(expression, tuple):
        return any(_variables(part) for part in expression[1:])
    return isinstance(expression, str) and expression not in CONSTANTS


def _power(base: _Part, exponent: _Part) -> _Part:
    if exponent.constant is None:
        if base.constant is not None and base.constant > 0:
            return _operation("**", base, exponent)
        raise BadExpression("An exponent must be a number; for e to the power of something write exp(…).")
    degree = base.degree * abs(exponent.constant)
    if abs(exponent.constant) > MAX_EXPONENT:
        raise BadExpression(f"Exponents stay between −{MAX_EXPONENT} and {MAX_EXPONENT} here.")
    if degree > MAX_EXPONENT:
        raise BadExpression(f"Powers of powers stay below the {MAX_EXPONENT}th here.")
    if base.constant == 0 and exponent.constant < 0:
        raise BadExpression(BY_ZERO)
    if exponent.constant == 0:
        return ONE
    power = _operation("**", base, exponent)
    return _Part(power.tree, power.constant, degree)


def _call(name: str, arguments: list[_Part], names: frozenset[str]) -> _Part:
    if name not in CALLED:
        if name in names:
            raise BadExpression(f"{name} is a variable, not a function: write {name}*(…).")
        known = ", ".join(CALLED)
        raise BadExpression(f"The function {name[:20]} is not known here. Known functions: {known}.")
    takes = CALLED[name]
    if len(arguments) != takes:
        comma = len(arguments) > takes and any(isinstance(part.tree, float) for part in arguments)
        hint = " A decimal number is written with a point: 0.5, not 0,5." if comma else ""
        raise BadExpression(f"{name} takes {takes} argument{'s' * (takes > 1)}, not {len(arguments)}.{hint}")
    return _operation(name, *arguments)


def _operation(name: str, *inner: _Part) -> _Part:
    """The operation as it was typed; of constants alone, its value is checked at once."""
    tree = (name, *(part.tree for part in inner))
    constants = [part.constant for part in inner if part.constant is not None]
    if len(constants) < len(inner):
        return _Part(tree)
    return _checked(_Part(tree, float(value((name, *constants), {}))))


def _checked(part: _Part) -> _Part:
    if part.constant is not None and not np.isfinite(part.constant):
        raise BadExpression("A part of this formula is too large, or is not a real number.")
    if part.constant is not None and abs(part.constant) > MAX_NUMBER:
        raise BadExpression("Numbers stay below 10**15 here.")
    return part
