"""A figure of the lab as a still picture: Plotly's description drawn as SVG, as far as the lessons' figures go.

Plotly itself is larger than the whole static edition.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from dlcore.figures.numbers_behind import plain
from ui.site import still_marks as marks
from ui.site.still_axes import (
    EDGE,
    LINE,
    TICKS,
    TITLE,
    WIDE,
    Axis,
    drawn,
    is_written,
    limits,
    square,
    title_of,
    words,
)

WIDTH, USUAL_HEIGHT = 560, 400
KNOWN = {"scatter", "heatmap", "image", "contour"}


class UnknownFigureError(ValueError):
    """A kind of curve or field that no lesson has shown until now."""


def svg(figure: Mapping[str, Any], alt: str) -> str:
    """The figure as an <svg> element; its words and grid have the color of the text around it.

    Args:
        figure: `data` and `layout` as Plotly writes them.
        alt: what is to be seen in it.

    Raises:
        UnknownFigureError: something in it cannot be drawn here.
    """
    layout, data = figure["layout"], [one for one in figure["data"] if one.get("visible", True) is True]
    if unknown := {one.get("type", "scatter") for one in data} - KNOWN:
        raise UnknownFigureError(", ".join(sorted(unknown)))
    height = int(layout.get("height") or USUAL_HEIGHT)
    legend, legend_height = _legend(data, layout)
    top = layout.get("margin", {}).get("t", 28)
    top = EDGE + max(legend_height, top if not legend else 0)
    box = _box(data, layout, top, height)
    parts = [legend]
    for x_name, y_name in _panels(data):
        parts.append(_panel(x_name, y_name, data, layout, box))
    parts += [_bar(one, height) for one in data if one.get("showscale")]
    parts += [_note(one, box) for one in layout.get("annotations", ())]
    return (
        f'<svg class="still" role="img" aria-label="{escape(plain(alt), quote=True)}" '
        f'viewBox="0 0 {WIDTH} {height}">{"".join(parts)}</svg>'
    )


Box = tuple[
    tuple[float, float], tuple[float, float]
]  # left and right, bottom and top of all panels, on the paper


def _box(data: list[dict[str, Any]], layout: Mapping[str, Any], top: float, height: float) -> Box:
    axes = {name: one for name, one in layout.items() if "axis" in name}
    upright = [one for name, one in axes.items() if name.startswith("y")]
    lying = [one for name, one in axes.items() if name.startswith("x")]
    left = EDGE + max((WIDE * is_written(one) + TITLE * bool(title_of(one)) for one in upright), default=0)
    under = max(
        (TICKS * is_written(one) + TITLE * bool(title_of(one)) * (one.get("side") != "top") for one in lying),
        default=0,
    )
    under = max(under, layout.get("margin", {}).get("b", 0))
    if any(one.get("showscale") and (one.get("colorbar") or {}).get("yref") != "container" for one in data):
        under += marks.SCALE  # where Plotly lays the scale beside the panel
    return (left, WIDTH - EDGE - 8), (height - EDGE - under, top)


def _panels(data: list[dict[str, Any]]) -> list[tuple[str, str]]:
    pairs = [(str(one.get("xaxis") or "x"), str(one.get("yaxis") or "y")) for one in data]
    return list(dict.fromkeys(pairs))


def _panel(x_name: str, y_name: str, data: list[dict[str, Any]], layout: Mapping[str, Any], box: Box) -> str:
    own = [one for one in data if (one.get("xaxis") or "x", one.get("yaxis") or "y") == (x_name, y_name)]
    x_told, y_told = layout.get(f"xaxis{x_name[1:]}", {}), layout.get(f"yaxis{y_name[1:]}", {})
    x, y = _axes(x_told, y_told, own, box)
    below = [_picture(one, x, y) for one in layout.get("images", ()) if one.get("xref", "x") == x_name]
    fields = [marks.field(one, x, y) for one in own if one.get("type") in ("heatmap", "image")]
    curves = [marks.curve(one, x, y) for one in own if one.get("type", "scatter") == "scatter"]
    edges = [marks.contour(one, x, y) for one in own if one.get("type") == "contour"]
    wide, high = x.end - x.begin, y.begin - y.end
    inside = "".join([*below, *fields, *edges, *curves])
    clipped = (
        f'<svg x="{x.begin:.1f}" y="{y.end:.1f}" width="{wide:.1f}" height="{high:.1f}" '
        f'viewBox="{x.begin:.1f} {y.end:.1f} {wide:.1f} {high:.1f}">{inside}</svg>'
    )
    return drawn(x, y) + clipped if not fields else clipped + drawn(x, y)


def _axes(
    x_told: Mapping[str, Any], y_told: Mapping[str, Any], own: list[dict[str, Any]], box: Box
) -> tuple[Axis, Axis]:
    (left, right), (bottom, top) = box
    marked = any("markers" in str(one.get("mode", "")) for one in own)
    xs, ys = zip(*(marks.extent(one) for one in own), strict=True)
    x0, x1, x_log = limits(x_told, xs, marked)
    y0, y1, y_log = limits(y_told, ys, True)
    across, up = x_told.get("domain", (0, 1)), y_told.get("domain", (0, 1))
    x = Axis(x0, x1, left + across[0] * (right - left), left + across[1] * (right - left), x_log, x_told)
    y = Axis(y0, y1, bottom + up[0] * (top - bottom), bottom + up[1] * (top - bottom), y_log, y_told)
    if y_told.get("scaleanchor"):
        return square(x, y, y_told.get("constraintoward", "middle"))
    return x, y


def _legend(data: list[dict[str, Any]], layout: Mapping[str, Any]) -> tuple[str, float]:
    """The names of the curves, in rows; and how high they are."""
    named = [one for one in data if one.get("name") and one.get("showlegend", True) and "mode" in one]
    if layout.get("showlegend") is False or (len(named) < 2 and layout.get("showlegend") is not True):
        return "", 0
    made, at, row = [], float(EDGE), 0
    for one in named:
        name = plain(str(one["name"]))
        wide = 34 + 7.0 * len(name)
        if at + wide > WIDTH and at > EDGE:
            at, row = EDGE, row + 1
        y = 10 + row * 20
        made.append(marks.sample(one, at, y) + words(at + 28, y + 4, [name], "start"))
        at += wide + 10
    return "".join(made), (row + 1) * 20 + 8


def _bar(one: Mapping[str, Any], height: float) -> str:
    """The color scale of a field, below it."""
    title = (one.get("colorbar") or {}).get("title") or {}
    return marks.scale(one, plain(str(title.get("text", ""))), height)


def _note(one: Mapping[str, Any], box: Box) -> str:
    if one.get("xref", "paper") != "paper" or one.get("yref", "paper") != "paper":
        raise UnknownFigureError("a note inside a panel")
    (left, right), (bottom, top) = box
    lines = [plain(line) for line in str(one["text"]).split("<br>")]
    x, y = left + one["x"] * (right - left), bottom + one["y"] * (top - bottom)
    up = LINE * (len(lines) - 1) + 5 if one.get("yanchor") == "bottom" else 0
    anchor = {"left": "start", "right": "end"}.get(one.get("xanchor", "center"), "middle")
    return words(x, y - up, lines, anchor)


def _picture(one: Mapping[str, Any], x: Axis, y: Axis) -> str:
    ends = (one["x"], one["x"] + one["sizex"]), (one["y"] - one["sizey"], one["y"])
    return marks.placed(one["source"], ends[0], ends[1], x, y)
