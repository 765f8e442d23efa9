"""How numbers are written on screen: digits, percentages, powers of ten, the minus sign, one thing or many.

No numpy, no Streamlit: figures, pages and the course write their numbers with these.
"""

import math

MINUS = "−"
MOST_DIGITS = 15  # float64 holds about 15.95 decimal digits
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def typeset(text: str) -> str:
    """A written number with a true minus sign instead of a hyphen."""
    return text.replace("-", MINUS)


def percent(share: float, decimals: int = 1) -> str:
    """85.0% for .85, closed up; what is not 0 or all never reads as 0% or 100%: .9998 is 99.98%.

    Args:
        share: between −1 and 1, or any ratio; not a number is written "none".
        decimals: after the point; more where they are needed to tell the share from 0 and from 1.
    """
    if math.isnan(share):
        return "none"
    while decimals < MOST_DIGITS and (
        (share != 0 and float(f"{100 * share:.{decimals}f}") == 0)
        or (abs(share) != 1 and abs(float(f"{100 * share:.{decimals}f}")) == 100)
    ):
        decimals += 1
    return typeset(f"{100 * share:.{decimals}f}%")


def points(difference: float, decimals: int = 1) -> str:
    """+1.3 for a difference of .013 between two shares: percentage points, with their sign."""
    return typeset(f"{100 * difference:+.{decimals}f}")


def digits(x: float, keep: int = 3) -> str:
    """x with this many significant digits: 0.0123, −1.1, 4.67·10⁻⁴, 1.5·10⁶.

    Powers of ten begin below a thousandth and at a hundred thousand, where zeros would have to be counted.
    """
    mantissa, exponent = _parts(x, keep)
    return mantissa if exponent is None else _power(mantissa, str(exponent).translate(SUPERSCRIPTS), "·")


def latex(x: float, keep: int = 3) -> str:
    r"""As `digits`, for a formula: 4.67 \cdot 10^{-4}."""
    mantissa, exponent = _parts(x, keep)
    if not math.isfinite(x):
        return r"\text{undefined}" if math.isnan(x) else r"\infty" if x > 0 else r"-\infty"
    mantissa = mantissa.replace(MINUS, "-")
    return mantissa if exponent is None else _power(mantissa, f"^{{{exponent}}}", r" \cdot ")


def latex_factor(x: float, keep: int = 3) -> str:
    """As `latex`, a negative number in parentheses: what a minus sign or a dot may stand before."""
    return rf"({latex(x, keep)})" if x < 0 else latex(x, keep)


def _power(mantissa: str, raised: str, times: str) -> str:
    """10⁻⁴ rather than 1·10⁻⁴."""
    if mantissa in ("1", "-1", f"{MINUS}1"):
        return f"{mantissa[:-1]}10{raised}"
    return f"{mantissa}{times}10{raised}"


def _parts(x: float, keep: int) -> tuple[str, int | None]:
    """The written number, or its mantissa and its exponent where a power of ten is wanted."""
    x = float(x)
    if not math.isfinite(x):
        return ("not a number" if math.isnan(x) else "∞" if x > 0 else f"{MINUS}∞"), None
    mantissa, power = f"{x:.{keep - 1}e}".split("e")
    exponent = int(power)
    if x and not -3 <= exponent < 5:
        return typeset(f"{float(mantissa):.{keep}g}"), exponent
    text = f"{float(f'{mantissa}e{power}'):.{max(0, keep - 1 - exponent)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("0" if text == "-0" else typeset(text)), None


def digits_apart(x: float, limits: tuple[float, ...] = (-1.0, 1.0), keep: int = 3) -> int:
    """How many significant digits show two digits of the distance to a limit: 5 for .999533, to tell it from 1.

    The usual number of digits where these do tell x from the limits, or where x equals one.
    """
    x = float(x)
    if not math.isfinite(x) or x in limits:
        return keep
    near = [abs(x - limit) for limit in limits if float(f"{x:.{keep - 1}e}") == limit]
    if not near:
        return keep
    decimals = 1 - math.floor(math.log10(near[0]))
    return min(decimals + math.floor(math.log10(abs(x))) + 1, 17)


def apart(x: float, limits: tuple[float, ...] = (-1.0, 1.0), keep: int = 3) -> str:
    """x with as many digits as tell it from the limits that it only approaches: 0.99953, never 1."""
    return digits(x, digits_apart(x, limits, keep))


def count(n: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 step, 2,000 steps, 0 classes.

    Args:
        one: the noun for one thing.
        many: for any other number; an s is added where nothing is given.
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"
