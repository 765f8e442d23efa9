"""The marks that all figures are made of: axes, lines, dots and bars with intervals, bands, labels, cells.

Each is written as a plain dictionary of Plotly's, so a figure can be a go.Figure or a Prebuilt of the same marks.
A mark is told what it means ("train", "reference" …: palette.LOOKS), and looks the same in every figure. `hover` is
Plotly's template, or one text per point; "" keeps silent, None leaves it to Plotly. Whatever else a mark should
have is given as in Plotly, and wins. Nothing is computed here, and nothing is known of what is drawn.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.evaluation.intervals import Share
from dlcore.figures import palette
from dlcore.figures.palette import Look

Mark = dict[str, Any]
Meaning = str | Look
Hover = str | Sequence[str] | None

APART = 0.12  # half the room that equal dots are scattered over, in distances between two rows


def look(meaning: Meaning) -> Look:
    """Colour, dash and symbol of a meaning; a Look of a figure's own is taken as it is.

    Raises:
        KeyError: no entry of palette.LOOKS has this name.
    """
    return palette.LOOKS[meaning] if isinstance(meaning, str) else meaning


# --- axes --------------------------------------------------------------------------------------------------


def axis(title: str = "", unit: str = "", /, *, log: bool = False, **more: Any) -> Mark:
    """An axis with its title and unit; on a log axis the ticks are written as powers of ten.

    Args:
        unit: in words or as a symbol, "" where there is none.
    """
    text = f"{title} ({unit})" if unit else title
    kind = {"type": "log", "exponentformat": "power"} if log else {}
    return {"title": {"text": text}} | palette.AXIS | kind | more


def named_axis(names: Sequence[str], *, down: bool = False, **more: Any) -> Mark:
    """An axis of things, not of numbers: the i-th name stands at i.

    Args:
        down: the first name at the top, for rows.
    """
    order = {"autorange": "reversed"} if down and "range" not in more else {}
    places = {"tickvals": list(range(len(names))), "ticktext": list(names)}
    return palette.AXIS | {"showgrid": False, "zeroline": False} | places | order | more


def unseen_axis(**more: Any) -> Mark:
    """An axis in image pixels, which the image itself explains."""
    return {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""} | more


# --- lines and dots ----------------------------------------------------------------------------------------


def line(
    x: Any,
    y: Any,
    meaning: Meaning,
    name: str = "",
    *,
    width: float = 2.5,
    size: float = 0,
    hover: Hover = None,
    low: Any = None,
    high: Any = None,
    **more: Any,
) -> Mark:
    """A line in the colour and dash of its meaning; without a name it stays out of the legend.

    Args:
        x, y: (n,) in data units, as an array, a list or a typed array.
        width: pixels.
        size: pixels of a marker at every point; 0 draws none.
        low, high: (n,) ends of an interval around every y, in data units; None for none.
    """
    as_line = {"line": {"color": look(meaning).colour, "dash": look(meaning).dash, "width": width}}
    marker = {"marker": _marker(meaning, size)} if size else {}
    bars = {} if low is None else {"error_y": interval(y, low, high, thickness=1, width=3)}
    return _scatter("lines+markers" if size else "lines", x, y, name, hover) | as_line | marker | bars | more


def dots(
    x: Any,
    y: Any,
    meaning: Meaning,
    name: str = "",
    *,
    size: float = 10,
    opacity: float = 1.0,
    hover: Hover = None,
    low: Any = None,
    high: Any = None,
    lying: bool = False,
    thickness: float = 2,
    marker: Mapping[str, Any] | None = None,
    **more: Any,
) -> Mark:
    """Dots in the colour and symbol of their meaning, with an interval through each where one is given.

    Args:
        x, y: (n,) in data units.
        size, thickness: pixels, of the marker and of the interval's line.
        low, high: (n,) ends of the intervals in data units; None for none.
        lying: the intervals run along x, not along y.
        marker: what else the marker should have, as in Plotly.
    """
    drawn = {"marker": _marker(meaning, size, opacity) | dict(marker or {})}
    if low is not None:
        ends = interval(x if lying else y, low, high, color=look(meaning).colour, thickness=thickness)
        drawn["error_x" if lying else "error_y"] = ends
    return _scatter("markers", x, y, name, hover) | drawn | more


def shares(
    places: Any, found: Sequence[Share], meaning: Meaning, name: str, *, lying: bool = False, **more: Any
) -> Mark:
    """A dot per measured share with its 95 % interval; what is hovered over says k, n and interval in words.

    Args:
        places: (n,) where the shares stand on the other axis.
        lying: the shares run along x, the places down y.
    """
    value = np.array([share.value for share in found])
    low, high = np.array([share.interval for share in found]).reshape(-1, 2).T
    x, y = (value, places) if lying else (places, value)
    given: Mark = {"hover": [str(share) for share in found], "low": low, "high": high} | more
    return dots(x, y, meaning, name, lying=lying, **given)


def written(x: Any, y: Any, texts: Sequence[str], *, size: int = 11, hover: Hover = "", **more: Any) -> Mark:
    """Texts at their places (n,), in data units; `size` in pixels."""
    font = {"text": list(texts), "textfont": {"size": size, "color": palette.MUTED}}
    return _scatter("text", x, y, "", hover) | font | more


def click_targets(x: Any, y: Any, *, size: float, hover: Hover, **more: Any) -> Mark:
    """Unseen squares at points (n,): the cells of a heat map and the lines of a contour answer to no click."""
    unseen = {"marker": {"opacity": 0}}
    square = {
        "marker": {"size": size, "symbol": "square", "opacity": 0},
        "selected": unseen,
        "unselected": unseen,
    }
    return _scatter("markers", x, y, "", hover) | square | more


def scattered(shape: int | tuple[int, ...]) -> NDArray[np.float64]:
    """Small distances from a row, the same every time, of the given shape: they keep equal dots apart."""
    return np.random.default_rng(0).uniform(-APART, APART, shape)


def _scatter(mode: str, x: Any, y: Any, name: str, hover: Hover) -> Mark:
    named = {"name": name} if name else {"showlegend": False}
    return {"type": "scatter", "mode": mode, "x": x, "y": y} | named | _said(hover)


def _marker(meaning: Meaning, size: float, opacity: float = 1.0) -> Mark:
    pale = {"opacity": opacity} if opacity < 1 else {}
    return {"color": look(meaning).colour, "symbol": look(meaning).symbol, "size": size} | pale


def _said(hover: Hover) -> Mark:
    if hover is None:
        return {}
    if isinstance(hover, str):
        return {"hovertemplate": hover} if hover else {"hoverinfo": "skip"}
    return {"hovertext": list(hover), "hoverinfo": "text"}


# --- intervals, bars, bands --------------------------------------------------------------------------------


def interval(value: ArrayLike, low: ArrayLike, high: ArrayLike, **more: Any) -> Mark:
    """Error bars from every value (n,) down to low (n,) and up to high (n,), all in data units."""
    at = np.asarray(value, float)
    up, down = np.asarray(high, float) - at, at - np.asarray(low, float)
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "width": 5} | more


def bars(
    places: Any,
    values: ArrayLike,
    colours: str | Sequence[str],
    name: str = "",
    *,
    lying: bool = True,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    bar_colour: str = palette.ACCENT,
    texts: Sequence[str] | None = None,
    hover: Hover = None,
    **more: Any,
) -> Mark:
    """Bars, each with its interval where one is given, and with its number at its end.

    Args:
        places: (n,) numbers or names.
        values: (n,) lengths, in data units.
        colours: one for all, or n.
        lying: they grow to the right from their rows, not up.
        low, high: (n,) ends of the intervals; None for none.
        bar_colour: of the intervals.
        texts: n texts at the bars' ends; None for none.
    """
    x, y = (values, places) if lying else (places, values)
    drawn: Mark = {"type": "bar", "x": x, "y": y, "orientation": "h" if lying else "v"}
    drawn |= {"marker": {"color": colours}} | ({"name": name} if name else {"showlegend": False})
    if low is not None and high is not None:
        ends = interval(values, low, high, color=bar_colour, thickness=2)
        drawn["error_x" if lying else "error_y"] = ends
    if texts is not None:
        drawn |= {"text": list(texts), "textposition": "outside", "cliponaxis": False}
    return drawn | _said(hover) | more


def band(x: ArrayLike, low: ArrayLike, high: ArrayLike, meaning: Meaning, name: str = "") -> Mark:
    """The area between low (n,) and high (n,) over x (n,), all in data units; what lies behind shines through."""
    there, back = np.asarray(x), np.asarray(x)[::-1]
    return _scatter(
        "lines", np.concatenate([there, back]), np.concatenate([high, np.flip(low)]), name, ""
    ) | {
        "fill": "toself",
        "fillcolor": palette.translucent(look(meaning).colour, 0.2),
        "line": {"width": 0},
    }


def stripe(x0: float, x1: float) -> Mark:
    """A grey shape over the whole height behind everything, from x0 to x1 in data units."""
    area = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0}, "layer": "below"}
    return area | {"x0": x0, "x1": x1, "fillcolor": palette.GRID}


# --- what is said beside them ------------------------------------------------------------------------------


def upright(x: float, meaning: Meaning, *, width: float = 2, **more: Any) -> Mark:
    """A shape: the reference line at x, in data units, from the bottom of the picture to its top."""
    drawn = {"color": look(meaning).colour, "dash": look(meaning).dash, "width": width}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": drawn} | more


def label(x: float, y: float, text: str, colour: str = palette.MUTED, *, size: int = 0, **more: Any) -> Mark:
    """An annotation without an arrow, in the colour of what it names.

    Args:
        x: in data units; on a log axis the logarithm to base ten, as Plotly has it.
        y: share of the picture's height, unless `yref` says otherwise.
        size: pixels; 0 leaves it to the figure.
    """
    font = {"color": colour} | ({"size": size} if size else {})
    return {"x": x, "y": y, "yref": "paper", "text": text, "showarrow": False, "font": font} | more


# --- cells -------------------------------------------------------------------------------------------------


def colour_bar(title: str = "", /, **more: Any) -> Mark:
    """The thin bar that explains a colour scale."""
    return {"title": {"text": title, "side": "top"}, "thickness": 10, "outlinewidth": 0} | more


def cells(
    z: NDArray | Mark,
    scale: Any,
    limits: tuple[float, float] | None = None,
    *,
    bar: Mark | None = None,
    hover: Hover = "",
    **more: Any,
) -> Mark:
    """A heat map of cells (rows, cols), or of a typed array of them.

    Args:
        scale: a colour scale of palette.
        limits: values at the two ends of the scale; None: the smallest and the largest.
        bar: of `colour_bar`; None for none.
    """
    ends = {} if limits is None else {"zmin": limits[0], "zmax": limits[1]}
    shown = {"showscale": bar is not None} | ({"colorbar": bar} if bar else {})
    return {"type": "heatmap", "z": z, "colorscale": scale} | ends | shown | _said(hover) | more
