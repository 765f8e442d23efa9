"""numpy's names for single numbers: with m = numpy or m = plain, one formula serves arrays and floats."""

from math import cos, exp, sin
from typing import Any

__all__ = ["any", "cos", "exp", "sin", "where"]

any = bool


def where(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, `no` elsewhere."""
    return yes if condition else no
