"""The convolution page's pictures: stages of one layer, change under shifts, maps, filters, receptive fields."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.convolution.kernels import EdgeLikeness
from dlcore.convolution.translation_invariance import SHIFTS, Invariance
from dlcore.figures import marks, palette, panels
from dlcore.figures.palette import Look

STAGE_LOOKS = {
    "pixels": Look(palette.MUTED, "dot", "circle"),
    "ReLU(z)": Look(palette.CATEGORIES[1], "solid", "square"),
    "average pooling": Look(palette.CATEGORIES[2], "dash", "diamond"),
    "max pooling": Look(palette.CATEGORIES[0], "solid", "triangle-up"),
    "max of the whole map": Look(palette.CATEGORIES[5], "dashdot", "x"),
}
HIDDEN: dict[str, Any] = {"visible": False, "fixedrange": True}


def stages(x: NDArray, maps: Sequence[tuple[str, NDArray]]) -> go.Figure:
    """The image in grey, then maps on one signed scale, side by side; coarser maps have larger cells.

    Args:
        x: (rows, cols) in [0, 1].
        maps: (title, (rows', cols')) in the order of computation.
    """
    limit = max(float(np.abs(a).max()) for _, a in maps) or 1.0
    shown = [("x", x), *maps]
    wide = 1 / len(shown)
    traces, titles = [], []
    layout: dict[str, Any] = {}
    for i, (place, (title, a)) in enumerate(zip(panels.places(len(shown)), shown, strict=True)):
        # every panel is one unit wide, whatever its number of cells
        here = {"xaxis": f"x{place}", "yaxis": f"y{place}", "x0": 0.5, "dx": 1, "y0": 0.5, "dy": 1}
        scale, ends = (palette.DIVERGING, (-limit, limit)) if i else (palette.GREY, (0, 1))
        bar = _bar("value") if i == len(shown) - 1 else None
        traces.append(_cells(a, title, scale, ends, bar) | here)
        layout |= _panel(place, [i * wide, i * wide + wide * 0.94], a.shape)
        titles.append(_title(i * wide + wide * 0.47, f"{title}<br>{a.shape[0]} × {a.shape[1]}"))
    margin = {"l": 0, "r": 0, "t": 52, "b": 8}
    return go.Figure(traces, palette.layout(height=270, margin=margin, annotations=titles, **layout))


def _panel(place: str, domain: list[float], shape: tuple[int, ...]) -> dict[str, Any]:
    """The axes of one panel, in its cells, y down."""
    across = HIDDEN | {"domain": domain, "range": [0, shape[1]], "anchor": f"y{place}"}
    fixed = {"scaleanchor": f"x{place}", "constrain": "domain", "constraintoward": "top"}
    down = HIDDEN | {"range": [shape[0], 0], "anchor": f"x{place}"} | fixed
    return {f"xaxis{place}": across, f"yaxis{place}": down}


def _bar(title: str) -> dict[str, Any]:
    return marks.colour_bar(len=1.0, title={"text": title, "font": {"size": 12}})


def _cells(
    a: NDArray, name: str, scale: Any, ends: tuple[float, float] | None, bar: dict[str, Any] | None
) -> dict[str, Any]:
    hover = "%{z:.3g}<extra>" + name + "</extra>"
    return marks.cells(np.asarray(a, dtype=np.float32), scale, ends, bar=bar, hover=hover, name=name)


def _title(x: float, text: str) -> dict[str, Any]:
    """A title above a panel; x is a share of the picture's width."""
    return marks.label(x, 1.0, text, xref="paper", xanchor="center", yanchor="bottom", font={"size": 13})


def change_under_shifts(found: Invariance) -> go.Figure:
    """Change of every stage over the shift in pixels, with the 95 % interval of its mean."""
    traces = [
        marks.line(
            list(SHIFTS),
            change,
            STAGE_LOOKS[name],
            name,
            width=2.2,
            size=8,
            low=change - half,
            high=change + half,
            hover="%{y:.3f}",
        )
        for name, change, half in zip(found.stages, found.change, found.interval, strict=True)
    ]
    layout = palette.layout(
        height=380,
        hovermode="x unified",
        xaxis=marks.axis("shift of the image", "pixels", dtick=1),
        yaxis=marks.axis("change (1 = another image)", rangemode="tozero"),
    )
    return go.Figure(data=traces, layout=layout)


def sheet(
    maps: NDArray, per_map: bool, name: str = "channel", numbers: Sequence[int] | None = None
) -> go.Figure:
    """Maps tiled in one picture, each under its number; signed, blue above zero and orange below.

    Args:
        maps: (n, rows, cols).
        per_map: each divided by its own largest size; otherwise one scale for all.
        numbers: (n,) of the maps, where they are not 0 to n − 1.
    """
    n, rows, cols = maps.shape
    columns = min(6 if n <= 12 else 8, n)
    lines, gap = -(-n // columns), max(1, round(cols / 7))
    step = (rows + 2 * gap, cols + gap)
    sizes = np.abs(maps).max(axis=(1, 2), keepdims=True)
    limit = 1.0 if per_map else float(sizes.max()) or 1.0
    true = _tiled(maps, columns, step)
    z = _tiled(maps / np.where(sizes > 0, sizes, 1.0), columns, step) if per_map else true
    hover = "%{customdata:.3g}<extra></extra>"
    bar = _bar("share of each<br>map's largest" if per_map else "value")
    more = {"customdata": true, "hoverongaps": False}
    heat = marks.cells(z, palette.DIVERGING, (-limit, limit), bar=bar, hover=hover, **more)
    numbers = range(n) if numbers is None else numbers
    written = marks.written(
        [(k % columns) * step[1] + (cols - 1) / 2 for k in range(n)],
        [(k // columns) * step[0] + gap for k in range(n)],
        [str(number) for number in numbers],
        hover=[f"{name} {number}" for number in numbers],
    )
    layout = palette.layout(
        height=60 + round(min(760, 95 * columns) / columns * step[0] / step[1] * lines),
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        xaxis=HIDDEN | {"range": [-0.5, columns * step[1] - gap + 0.5]},
        yaxis=HIDDEN | {"range": [lines * step[0] - 0.5, -0.5], "scaleanchor": "x", "constraintoward": "top"},
        showlegend=False,
    )
    return go.Figure(data=[heat, written], layout=layout)


def _tiled(maps: NDArray, columns: int, step: tuple[int, int]) -> NDArray[np.float32]:
    """Maps (n, rows, cols) row by row, `step` apart, each at the bottom left of its place; NaN between them."""
    n, rows, cols = maps.shape
    high, wide = step
    tiles = np.full((-(-n // columns) * high, columns * wide), np.nan, np.float32)
    for k in range(n):
        y, x = (k // columns) * high + high - rows, (k % columns) * wide
        tiles[y : y + rows, x : x + cols] = maps[k]
    return tiles


def edge_likeness(before: EdgeLikeness, after: EdgeLikeness) -> go.Figure:
    """Cosine of each filter with its best oriented edge, before and after training, beside random filters."""
    n = len(after.cosine)
    hover = "filter %{x}: %{y:.3f}, edge at %{customdata}°"
    rim: dict[str, Any] = {"size": 11, "marker": {"line": {"width": 2}}}
    dots = [
        marks.dots(list(range(n)), found.cosine, look, name, hover=hover, customdata=found.angle, **rim)
        for found, name, look in (
            (before, "before training", Look(palette.MUTED, symbol="circle-open")),
            (after, "after training", palette.LOOKS["ours"]),
        )
    ]
    ends = [-0.5, n - 0.5]
    lines = [
        marks.line(ends, [value] * 2, Look(palette.REFERENCE, dash), name, width=1.8, hover="%{y:.3f}")
        for value, name, dash in (
            (after.random_mean, "random filters, mean", "dot"),
            (after.random_95, "95% of random filters lie below", "dash"),
        )
    ]
    layout = palette.layout(
        height=340,
        xaxis=marks.axis("filter of the first layer", dtick=max(1, n // 12), showgrid=False),
        yaxis=marks.axis("|cosine| with the best edge", range=[0, 1.02]),
    )
    return go.Figure(data=[*lines, *dots], layout=layout)
