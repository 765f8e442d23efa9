"""What is drawn inside a panel of a still picture: curves, points, error bars, fields of numbers and their edges."""

import base64
import re
from collections.abc import Mapping
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from plotly.colors import get_colorscale

from dlcore.figures.numbers_behind import plain, values
from dlcore.figures.palette import MUTED
from dlcore.figures.prebuilt import data_address, png
from dlcore.number_text import digits
from ui.site.still_axes import Axis, words

Numbers = NDArray[np.float64]
DASHES = {"dot": "2 4", "dash": "8 5", "dashdot": "8 4 2 4", "longdash": "12 5"}
# A mark of radius 1 as a path that begins in its middle; a circle and a square are the caps of a line of no length.
SHAPES = {
    "diamond": "m0-1.3l1.3 1.3-1.3 1.3-1.3-1.3z",
    "x": "m-1-1l2 2m0-2l-2 2",
    "triangle-up": "m0-1.2l1.2 2h-2.4z",
    "square": "m-.9-.9h1.8v1.8h-1.8z",
    "arrow": "m-1-1l1 1-1 1",
}
SCALE = 48  # height of a color scale with its title
CLOSE = 0.6  # points of a curve that lie closer on the paper are one


def numbers(of: Any) -> Numbers:
    """Plotly's list or packed array; NaN for what is missing."""
    return np.array(
        [
            [np.nan if v is None else v for v in row] if isinstance(row, list) else row
            for row in (np.nan if v is None else v for v in values(of))
        ],
        dtype=np.float64,
    )


def extent(one: Mapping[str, Any]) -> tuple[Numbers, Numbers]:
    """The x and the y that a trace needs room for."""
    if one.get("type", "scatter") != "scatter":
        across, up = _sides(one)
        return np.array(across), np.array(up)
    x, y = numbers(one["x"]), numbers(one["y"])
    error = one.get("error_y") or {}
    if error.get("array") is not None:
        above, below = numbers(error["array"]), numbers(error.get("arrayminus", error["array"]))
        y = np.concatenate([y - below, y + above])
    return x, y


def curve(one: Mapping[str, Any], x: Axis, y: Axis) -> str:
    """A line, points or words at points."""
    at_x, at_y = x.at(numbers(one["x"])), y.at(numbers(one["y"]))
    mode, made = str(one.get("mode", "lines")), ""
    if "text" in mode:
        size = float((one.get("textfont") or {}).get("size", 12))
        for px, py, text in zip(at_x, at_y, values(one["text"]), strict=True):
            lines = [plain(line) for line in str(text).split("<br>")]
            made += words(px, py - 4 * (len(lines) - 1), lines, size=size)
    if one.get("error_y"):
        made += _errors(one, at_x, y)
    if "lines" in mode:
        made += _stroked(_path(at_x, at_y), one.get("line") or {})
    if "markers" in mode:
        made += _marked(one, at_x, at_y)
    opacity = one.get("opacity", 1)
    return f'<g opacity="{opacity:g}">{made}</g>' if opacity != 1 else made


def _path(x: Numbers, y: Numbers) -> str:
    steps, last = [], (np.inf, np.inf)
    here = np.isfinite(x) & np.isfinite(y)
    x, y = np.clip(x, -2000, 4000), np.clip(y, -2000, 4000)
    for k, (px, py) in enumerate(zip(x, y, strict=True)):
        if not here[k]:
            last = (np.inf, np.inf)
        elif not np.isfinite(last[0]):
            steps.append(f"M{px:.1f} {py:.1f}")
            last = (px, py)
        elif max(abs(px - last[0]), abs(py - last[1])) >= CLOSE or k == len(x) - 1:
            steps.append(f"L{px:.1f} {py:.1f}")
            last = (px, py)
    return "".join(steps)


def _stroked(path: str, line: Mapping[str, Any]) -> str:
    dash = DASHES.get(str(line.get("dash", "solid")), "")
    broken = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{path}" fill="none" stroke="{line.get("color", "currentColor")}" '
        f'stroke-width="{line.get("width", 2):g}" stroke-linejoin="round"{broken}/>'
    )


def _marked(one: Mapping[str, Any], x: Numbers, y: Numbers) -> str:
    marker = one.get("marker") or {}
    here = np.isfinite(x) & np.isfinite(y)
    varied = [name for name in ("color", "symbol") if isinstance(marker.get(name), list)]
    if varied:  # each mark by itself
        return "".join(
            _marked(
                {"marker": {**marker, **{name: marker[name][k] for name in varied}}},
                x[k : k + 1],
                y[k : k + 1],
            )
            for k in range(len(x))
        )
    color = marker.get("color") or (one.get("line") or {}).get("color", "currentColor")
    size = marker.get("size", 6)
    sizes = numbers(size) if isinstance(size, list | dict) else np.full(len(x), float(size))
    symbol, opacity = str(marker.get("symbol", "circle")), marker.get("opacity", 1)
    if symbol == "arrow":
        return _arrow(x, y, str(color), float(sizes[0]))
    shape, hollow = symbol.removesuffix("-open"), symbol.endswith("-open")
    seen = f' opacity="{opacity:g}"' if opacity != 1 else ""
    if shape not in SHAPES and not hollow:
        path = "".join(f"M{px:.1f} {py:.1f}h0" for px, py in zip(x[here], y[here], strict=True))
        look = f'fill="none" stroke="{color}" stroke-width="{sizes[0]:g}" stroke-linecap="round"'
        return f'<path d="{path}" {look}{seen}/>'
    path = "".join(
        f"M{px:.1f} {py:.1f}{_scaled(SHAPES.get(shape, SHAPES['diamond']), r / 2)}"
        for px, py, r in zip(x[here], y[here], sizes[here], strict=True)
    )
    open_look = f'fill="none" stroke="{color}" stroke-width="1.5"'
    look = open_look if hollow or shape == "x" else f'fill="{color}"'
    return f'<path d="{path}" {look}{seen}/>'


def _scaled(path: str, by: float) -> str:
    return re.sub(r"-?(?:\d+\.?\d*|\.\d+)", lambda found: f" {float(found[0]) * by:.2g}", path)


def _arrow(x: Numbers, y: Numbers, color: str, size: float) -> str:
    """The head of an arrow at the end of a line."""
    way = np.array([x[-1] - x[-2], y[-1] - y[-2]])
    along = way / (np.hypot(*way) or 1.0) * size
    aside = np.array([-along[1], along[0]]) * 0.4
    tip = np.array([x[-1], y[-1]])
    corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in (tip, tip - along + aside, tip - along - aside))
    return f'<polygon points="{corners}" fill="{color}"/>'


def _errors(one: Mapping[str, Any], at_x: Numbers, y: Axis) -> str:
    error, value = one["error_y"], numbers(one["y"])
    above, below = numbers(error["array"]), numbers(error.get("arrayminus", error["array"]))
    ends = zip(at_x, y.at(value - below), y.at(value + above), strict=True)
    path = "".join(f"M{px:.1f} {a:.1f}V{b:.1f}m-3 0h6M{px - 3:.1f} {a:.1f}h6" for px, a, b in ends)
    return _stroked(path, {"color": error.get("color", "currentColor"), "width": error.get("thickness", 2)})


# --- fields -------------------------------------------------------------------------------------------------


def field(one: Mapping[str, Any], x: Axis, y: Axis) -> str:
    """A heat map or an image."""
    across, up = _sides(one)
    if one["type"] == "image":
        return placed(one["source"], across, up, x, y)
    colored = _colored(one)
    up_on_paper = float(y.at(up[0])) > float(y.at(up[1]))  # the first row lies below
    return placed(
        data_address(png(np.ascontiguousarray(colored[::-1] if up_on_paper else colored))), across, up, x, y
    )


def placed(source: str, across: tuple[float, float], up: tuple[float, float], x: Axis, y: Axis) -> str:
    """A picture between two x and two y, in the units of the axes."""
    (left, right), (top, bottom) = sorted(x.at(across)), sorted(y.at(up))
    return (
        f'<image href="{escape(source, quote=True)}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}" preserveAspectRatio="none"/>'
    )


def _sides(one: Mapping[str, Any]) -> tuple[tuple[float, float], tuple[float, float]]:
    if one["type"] == "image":
        with Image.open(BytesIO(base64.b64decode(one["source"].partition(",")[2]))) as picture:
            columns, rows = picture.size
    else:
        rows, columns = numbers(one["z"]).shape
    return _side(one, "x", columns), _side(one, "y", rows)


def _side(one: Mapping[str, Any], name: str, count: int) -> tuple[float, float]:
    if one.get(name) is not None:
        at = numbers(one[name])
        half = (at[-1] - at[0]) / max(1, len(at) - 1) / 2
        return float(at[0] - half), float(at[-1] + half)
    start, step = float(one.get(f"{name}0", 0)), float(one.get(f"d{name}", 1))
    return start - step / 2, start + step * (count - 0.5)


def _colored(one: Mapping[str, Any]) -> NDArray[np.uint8]:
    """uint8 (rows, columns, 4)."""
    z = numbers(one["z"])
    low, high = (
        float(one.get(name, edge)) for name, edge in (("zmin", np.nanmin(z)), ("zmax", np.nanmax(z)))
    )
    at = np.clip((z - low) / (high - low or 1.0), 0, 1)
    stops = _stops(one)
    channels = [np.interp(at, stops[:, 0], stops[:, k]) for k in range(1, 5)]
    return np.rint(np.where(np.isnan(at)[..., None], 0, np.dstack(channels))).astype(np.uint8)


def _stops(one: Mapping[str, Any]) -> Numbers:
    """(n, 5): place, red, green, blue, opacity, the last four up to 255."""
    given = one["colorscale"]
    return np.array(
        [[at, *_color(color)] for at, color in (get_colorscale(given) if isinstance(given, str) else given)]
    )


def _color(text: str) -> tuple[float, float, float, float]:
    if text.startswith("#"):
        red, green, blue = (int(text[k : k + 2], 16) for k in (1, 3, 5))
        return red, green, blue, 255
    r, g, b, *rest = (float(v) for v in re.findall(r"[\d.]+", text))
    return r, g, b, 255 * rest[0] if rest else 255


def contour(one: Mapping[str, Any], x: Axis, y: Axis) -> str:
    """Where a field passes its level, cell by cell: between two neighbors in the straight line."""
    z, level = numbers(one["z"]), float(one["contours"]["start"])
    made = []
    for i in range(z.shape[0] - 1):
        for j in range(z.shape[1] - 1):
            crossed = _crossings(z[i : i + 2, j : j + 2] - level, i, j)
            for (r0, c0), (r1, c1) in zip(crossed[::2], crossed[1::2], strict=False):
                px, py = x.at([c0, c1]), y.at([r0, r1])
                made.append(f"M{px[0]:.1f} {py[0]:.1f}L{px[1]:.1f} {py[1]:.1f}")
    return _stroked("".join(made), one.get("line") or {})


def _crossings(corner: Numbers, i: int, j: int) -> list[tuple[float, float]]:
    """Row and column of the places on the four sides of a cell where its values change their sign."""
    around = [(0, 0), (0, 1), (1, 1), (1, 0)]
    found = []
    for a, b in zip(around, around[1:] + around[:1], strict=True):
        if (corner[a] > 0) != (corner[b] > 0):
            t = corner[a] / (corner[a] - corner[b])
            found.append((i + a[0] + t * (b[0] - a[0]), j + a[1] + t * (b[1] - a[1])))
    return found


# --- what explains them -------------------------------------------------------------------------------------


def sample(one: Mapping[str, Any], x: float, y: float) -> str:
    """A piece of a curve, for the legend."""
    mode, made = str(one.get("mode", "lines")), ""
    if "lines" in mode:
        line = one.get("line") or {}
        if str(line.get("color")).upper() == "#FFFFFF":  # it lies on a dark field, the legend on the page
            made += f'<rect x="{x:.0f}" y="{y - 5:.0f}" width="22" height="10" fill="{MUTED}"/>'
        made += _stroked(f"M{x:.0f} {y:.0f}h22", line)
    if "markers" in mode and (one.get("marker") or {}).get("symbol") != "arrow":
        marker = dict(one.get("marker") or {}, opacity=1)
        marker["size"] = 8
        made += _marked({**one, "marker": marker}, np.array([x + 11]), np.array([y]))
    return made


def scale(one: Mapping[str, Any], title: str, height: float) -> str:
    """The color scale of a field with its ends, along the lower edge of the paper."""
    stops = _stops(one)
    at = np.linspace(0, 1, 60)
    row = np.dstack([np.interp(at, stops[:, 0], stops[:, k]) for k in range(1, 5)])
    source = data_address(png(np.rint(row).astype(np.uint8)))
    low, high = (digits(float(one[name]), 2) for name in ("zmin", "zmax"))
    bar = f'<image href="{source}" x="60" y="{height - 38}" width="440" height="10" preserveAspectRatio="none"/>'
    return (
        bar
        + words(54, height - 29, [low], "end")
        + words(506, height - 29, [high], "start")
        + words(280, height - 8, [title])
    )
