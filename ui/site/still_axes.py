"""The axes of a still picture: where a value lies on the paper, what is written beside it. One axis pair a panel."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.figures.numbers_behind import plain, values
from dlcore.number_text import digits, percent

EDGE, TICKS, TITLE, LINE = 6, 22, 20, 16  # of the paper in pixels; room for numbers, a title, a line of text
WIDE = 44  # room for the numbers of an upright axis
SMALL = 13  # height of the writing


@dataclass(frozen=True)
class Axis:
    """One axis of a panel.

    Attributes:
        low, high: the values at its begin and end; their exponents where `log`. Reversed where low > high.
        begin, end: where these lie on the paper; y grows downwards.
    """

    low: float
    high: float
    begin: float
    end: float
    log: bool
    told: Mapping[str, Any]

    def at(self, of: ArrayLike) -> NDArray[np.float64]:
        """Where values lie on the paper; NaN for what a logarithm does not know."""
        v = np.asarray(of, dtype=np.float64)
        if self.log:
            v = np.log10(np.where(v > 0, v, np.nan))
        return self.begin + (v - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self) -> list[tuple[float, str]]:
        """Values with what is written there."""
        if not self.is_written:
            return []
        low, high = sorted((self.low, self.high))
        if self.told.get("tickvals") is not None:
            at = [float(v) for v in values(self.told["tickvals"])]
            texts = self.told.get("ticktext")
            return list(zip(at, map(plain, values(texts)) if texts else map(self._text, at), strict=True))
        if self.log:
            decades = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
            each = max(1, -(-len(decades) // 7))
            return [(10.0**k, self._text(10.0**k)) for k in decades[::each]]
        step = _step(high - low)
        at = [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        return [(v, self._text(v)) for v in at]

    def _text(self, value: float) -> str:
        if "%" in str(self.told.get("tickformat", "")):
            return percent(value, 0)
        return digits(float(f"{value:.6g}"), 3)

    @property
    def is_written(self) -> bool:
        """Whether it has numbers."""
        return is_written(self.told)


def is_written(told: Mapping[str, Any]) -> bool:
    """Whether an axis of a layout has numbers."""
    return bool(told.get("visible", True) and told.get("showticklabels", True))


def _step(length: float) -> float:
    """About five steps of 1, 2 or 5 times a power of ten."""
    rough = length / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(m for m in (1, 2, 5, 10) if m * power >= rough * 0.999)


def title_of(told: Mapping[str, Any]) -> list[str]:
    """The lines of an axis's title."""
    title = told.get("title") or {}
    text = str((title.get("text") if isinstance(title, Mapping) else title) or "")
    return [plain(line) for line in text.split("<br>")] if text and told.get("visible", True) else []


def limits(
    told: Mapping[str, Any], data: Iterable[NDArray[np.float64]], padded: bool
) -> tuple[float, float, bool]:
    """The ends of an axis and whether it is logarithmic: as its layout says, else around the data."""
    log = told.get("type") == "log"
    if told.get("range") is not None:
        low, high = (float(v) for v in values(told["range"]))
        return low, high, log
    parts = [np.asarray(one, dtype=np.float64).ravel() for one in data]
    all_values = np.concatenate(parts) if parts else np.array([0.0, 1.0])
    if log:
        all_values = np.log10(all_values[all_values > 0])
    all_values = all_values[np.isfinite(all_values)]
    low, high = (float(all_values.min()), float(all_values.max())) if len(all_values) else (0.0, 1.0)
    room = 0.05 * (high - low or 1.0) if padded or low == high else 0.0
    if told.get("rangemode") == "tozero":
        return min(0.0, low - (room if low < 0 else 0)), high + room, log
    return low - room, high + room, log


def square(x: Axis, y: Axis, toward: str) -> tuple[Axis, Axis]:
    """Both axes shortened until one unit is as long along x as along y."""
    across, up = abs(x.end - x.begin), abs(y.end - y.begin)
    unit = min(across / abs(x.high - x.low), up / abs(y.high - y.low))
    wide, high = unit * abs(x.high - x.low), unit * abs(y.high - y.low)
    left = x.begin + (across - wide) / 2
    bottom = {"bottom": y.begin, "top": y.end + high}.get(toward, y.begin - (up - high) / 2)
    return (
        Axis(x.low, x.high, left, left + wide, x.log, x.told),
        Axis(y.low, y.high, bottom, bottom - high, y.log, y.told),
    )


def drawn(x: Axis, y: Axis) -> str:
    """Grid, numbers and titles of a panel."""
    made: list[str] = []
    for value, text in x.ticks():
        at = float(x.at(value))
        if not x.begin - 1 <= at <= x.end + 1:
            continue
        if x.told.get("showgrid", True):
            made.append(_line(at, y.begin, at, y.end, value == 0 and x.told.get("zeroline", True)))
        made.append(words(at, y.begin + 17, [text]))
    for value, text in y.ticks():
        at = float(y.at(value))
        if not y.end - 1 <= at <= y.begin + 1:
            continue
        if y.told.get("showgrid", True):
            made.append(_line(x.begin, at, x.end, at, value == 0 and y.told.get("zeroline", True)))
        made.append(words(x.begin - 6, at + 4, [text], "end"))
    return "".join(made) + _titles(x, y)


def _titles(x: Axis, y: Axis) -> str:
    made = ""
    middle, half = (x.begin + x.end) / 2, (y.begin + y.end) / 2
    if lines := title_of(x.told):
        if x.told.get("side") == "top":
            made += words(middle, y.end - 6 - LINE * (len(lines) - 1), lines)
        else:
            made += words(middle, y.begin + (TICKS if x.is_written else 0) + 14, lines)
    if lines := title_of(y.told):
        at = x.begin - (WIDE if y.is_written else 0) - 4
        made += words(at, half, lines, turned=True)
    return made


def _line(x0: float, y0: float, x1: float, y1: float, zero: bool) -> str:
    look = "zero" if zero else "grid"
    return f'<path class="{look}" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"/>'


def words(
    x: float,
    y: float,
    lines: Sequence[str],
    anchor: str = "middle",
    *,
    size: float = SMALL,
    turned: bool = False,
) -> str:
    """Lines of text, the first at a point of the paper."""
    how = f' transform="rotate(-90 {x:.0f} {y:.0f})"' if turned else ""
    small = f' font-size="{size:g}"' if size != SMALL else ""
    kept = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return "".join(
        f'<text x="{x:.0f}" y="{y + LINE * k:.0f}"{kept}{small}{how}>{escape(line)}</text>'
        for k, line in enumerate(lines)
    )
