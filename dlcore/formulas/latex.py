"""A formula's tree in LaTeX, as it was typed: fractions as fractions, brackets only where they are needed.

Each part of the tree is written once, so the cost is bounded by the formula's.
"""

import re

from dlcore.formulas.dual_numbers import Expression

# How tightly a part holds together: what is looser than its place asks for gets brackets.
SUM, SIGNED, PRODUCT, POWER, WHOLE = range(5)
SIGNS = ("+", "-", "*", "/", "**", "neg")
SYMBOLS = {
    "pi": r"\pi",
    "sigmoid": r"\sigma",
    "relu": r"\operatorname{ReLU}",
    "softplus": r"\operatorname{softplus}",
}


def latex(expression: Expression) -> str:
    """The formula in LaTeX, with w_{1} for w1 and a hat for names that end in _hat."""
    return _written(expression)[0]


def _written(expression: Expression) -> tuple[str, int]:
    """LaTeX of a part, and how tightly it holds together."""
    match expression:
        case float():
            return _number(expression)
        case str():
            return _name(expression), WHOLE
        case (operation, *inner):
            written = [_written(part) for part in inner]
            return _sign(operation, written) if operation in SIGNS else _function(operation, written)
    raise TypeError(f"not a formula: {expression!r}")


def _number(value: float) -> tuple[str, int]:
    shown = f"{value:.10g}"
    if "e" in shown:
        mantissa, power = shown.split("e")
        return rf"{mantissa} \cdot 10^{{{int(power)}}}", PRODUCT
    return shown, WHOLE


def _name(name: str) -> str:
    """ŷ for y_hat, w with a lowered 1 for w1; names of several letters stand upright."""
    plain = name.removesuffix("_hat")
    stem = plain.rstrip("0123456789")
    lowered = plain.removeprefix(stem)
    symbol = SYMBOLS.get(stem, stem if len(stem) == 1 else rf"\mathrm{{{stem}}}".replace("_", r"\_"))
    symbol = rf"\hat {symbol}" if name.endswith("_hat") else symbol
    return rf"{symbol}_{{{lowered}}}" if lowered else symbol


def _sign(sign: str, inner: list[tuple[str, int]]) -> tuple[str, int]:
    left, right = inner[0], inner[-1]
    match sign:
        case "neg":
            return f"-{_held(left, PRODUCT)}", SIGNED
        case "*":
            factor = _held(right, PRODUCT)
            times = r" \cdot " if re.match(r"[0-9]|\\frac", factor) else r"\,"
            return f"{_held(left, SIGNED)}{times}{factor}", min(PRODUCT, max(SIGNED, left[1]))
        case "/":
            return rf"\frac{{{left[0]}}}{{{right[0]}}}", PRODUCT
        case "**":
            return rf"{_held(left, WHOLE)}^{{{right[0]}}}", POWER
    return f"{left[0]} {sign} {_held(right, PRODUCT)}", SUM


def _held(part: tuple[str, int], least: int) -> str:
    text, hold = part
    return text if hold >= least else rf"\left({text}\right)"


def _function(name: str, inner: list[tuple[str, int]]) -> tuple[str, int]:
    arguments = ", ".join(text for text, _ in inner)
    match name:
        case "exp":
            return rf"e^{{{arguments}}}", POWER
        case "sqrt":
            return rf"\sqrt{{{arguments}}}", WHOLE
        case "abs":
            return rf"\left|{arguments}\right|", WHOLE
        case "step":
            return rf"\mathbf{{1}}\left[{arguments} > 0\right]", WHOLE
    symbol = SYMBOLS.get(name, f"\\{name}")  # LaTeX knows log, ln, sin, cos, tan, sinh, cosh, tanh, max, min
    return rf"{symbol}\left({arguments}\right)", POWER
