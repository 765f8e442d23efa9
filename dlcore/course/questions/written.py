"""Numbers as learners write them: fractions, a decimal comma, any minus sign, spaces and grouped thousands."""

import math
import re

MINUS_SIGNS = str.maketrans(dict.fromkeys("−–—‐‑‒﹣－", "-"))
DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?"
LONGEST = 60


def read_number(text: str, whole: bool = False) -> float | None:
    """The number that a text means; None where it is none.

    −3/8, 1 3/8, 0,375 (a decimal comma) and .375 are numbers. With `whole`, 1,600 and 1.600 are thousands.

    Args:
        text: what was typed.
        whole: whether a whole number is asked for: three digits after a comma or a point then are a group.
    """
    text = re.sub(r"\s+", " ", text.translate(MINUS_SIGNS)).strip().lower()
    if not text or len(text) > LONGEST or not text.isascii():
        return None
    text = re.sub(r"^([+-]) ", r"\1", text)
    if mixed := re.fullmatch(r"([+-]?)(\d+) (\d+) ?/ ?(\d+)", text):
        part = _quotient(mixed[3], mixed[4])
        return None if part is None else (-1 if mixed[1] == "-" else 1) * (int(mixed[2]) + part)
    if whole and re.fullmatch(r"[+-]?\d{1,3}([,.' ]\d{3})+", text):
        return float(re.sub(r"[,.' ]", "", text))
    above, slash, below = text.replace(",", ".").partition("/")
    if slash:
        return _quotient(above.strip(), below.strip())
    return _decimal(above)


def _decimal(text: str) -> float | None:
    value = float(text) if re.fullmatch(DECIMAL, text) else math.nan
    return value if math.isfinite(value) else None


def _quotient(above: str, below: str) -> float | None:
    top, bottom = _decimal(above), _decimal(below)
    return None if top is None or not bottom else top / bottom
