"""The convolution page's pictures: stages of one layer, change under shifts, maps, filters, receptive fields."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.convolution.kernels import EdgeLikeness
from dlcore.convolution.translation_invariance import SHIFTS, Invariance
from dlcore.figures import palette

STAGE_STYLE = {
    "pixels": (palette.MUTED, "dot", "circle"),
    "ReLU(z)": (palette.CATEGORIES[1], "solid", "square"),
    "average pooling": (palette.CATEGORIES[2], "dash", "diamond"),
    "max pooling": (palette.CATEGORIES[0], "solid", "triangle-up"),
    "max of the whole map": (palette.CATEGORIES[5], "dashdot", "x"),
}
COLORBAR = {"thickness": 10, "len": 1.0}
HIDDEN: dict[str, Any] = {"visible": False, "fixedrange": True}
GREY_SCALE = ((0.0, "#000000"), (1.0, "#FFFFFF"))


def stages(x: NDArray, maps: Sequence[tuple[str, NDArray]]) -> go.Figure:
    """The image in grey, then maps on one signed scale, side by side; coarser maps have larger cells.

    Args:
        x: (rows, cols) in [0, 1].
        maps: (title, (rows', cols')) in the order of computation.
    """
    limit = max(float(np.abs(a).max()) for _, a in maps) or 1.0
    panels = [("x", x), *maps]
    wide = 1 / len(panels)
    traces, layout = [], {}
    for place, (title, a) in enumerate(panels):
        suffix = str(place + 1) if place else ""
        look = {"colorscale": GREY_SCALE, "zmin": 0, "zmax": 1} if not place else _signed(limit)
        traces.append(_cells(a, title) | look | {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"})
        # every panel is one unit wide, whatever its number of cells
        traces[-1] |= {"x0": 0.5, "dx": 1, "y0": 0.5, "dy": 1, "showscale": place == len(panels) - 1}
        layout[f"xaxis{suffix}"] = HIDDEN | {
            "domain": [place * wide, place * wide + wide * 0.94],
            "range": [0, a.shape[1]],
            "anchor": f"y{suffix}",
        }
        layout[f"yaxis{suffix}"] = HIDDEN | {
            "range": [a.shape[0], 0],
            "anchor": f"x{suffix}",
            "scaleanchor": f"x{suffix}",
            "constrain": "domain",
            "constraintoward": "top",
        }
    notes = [
        _note(place * wide + wide * 0.47, 1.0, f"{title}<br>{a.shape[0]} × {a.shape[1]}")
        for place, (title, a) in enumerate(panels)
    ]
    return go.Figure(
        data=traces,
        layout=palette.layout(
            height=270, margin={"l": 0, "r": 0, "t": 52, "b": 8}, annotations=notes, **layout
        ),
    )


def _signed(limit: float) -> dict[str, Any]:
    bar = COLORBAR | {"title": {"text": "value", "font": {"size": 12}}}
    return {"colorscale": palette.DIVERGING, "zmin": -limit, "zmax": limit, "colorbar": bar}


def _cells(a: NDArray, name: str) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": np.asarray(a, dtype=np.float32),
        "name": name,
        "hovertemplate": "%{z:.3g}<extra>" + name + "</extra>",
    }


def _note(x: float, y: float, text: str, **more: Any) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom"}
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": {"size": 13}, **place, **more}


def change_under_shifts(found: Invariance) -> go.Figure:
    """Change of every stage over the shift in pixels, with the 95 % interval of its mean."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": list(SHIFTS),
            "y": found.change[row],
            "error_y": {"type": "data", "array": found.interval[row], "thickness": 1.2, "width": 3},
            "name": name,
            "line": {"color": STAGE_STYLE[name][0], "dash": STAGE_STYLE[name][1], "width": 2.2},
            "marker": {"symbol": STAGE_STYLE[name][2], "size": 8},
            "hovertemplate": "%{y:.3f}",
        }
        for row, name in enumerate(found.stages)
    ]
    layout = palette.layout(
        height=380,
        hovermode="x unified",
        xaxis={"title": {"text": "shift of the image (pixels)"}, "dtick": 1, "gridcolor": palette.GRID},
        yaxis={
            "title": {"text": "change (1 = another image)"},
            "rangemode": "tozero",
            "gridcolor": palette.GRID,
            "automargin": True,
        },
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
    numbers = range(n) if numbers is None else numbers
    columns = min(6 if n <= 12 else 8, n)
    lines = -(-n // columns)
    gap = max(1, round(cols / 7))
    step_x, step_y = cols + gap, rows + 2 * gap
    limits = np.abs(maps).max(axis=(1, 2), keepdims=True)
    limits = np.where(limits > 0, limits, 1.0) if per_map else np.full_like(limits, limits.max() or 1.0)
    tiles, true = (np.full((lines * step_y, columns * step_x), np.nan, np.float32) for _ in range(2))
    for k in range(n):
        y, x = (k // columns) * step_y + 2 * gap, (k % columns) * step_x
        tiles[y : y + rows, x : x + cols] = maps[k] / limits[k]
        true[y : y + rows, x : x + cols] = maps[k]
    limit = 1.0 if per_map else float(limits.max())
    heat = {
        "type": "heatmap",
        "z": tiles if per_map else true,
        "customdata": true,
        "colorscale": palette.DIVERGING,
        "zmin": -limit,
        "zmax": limit,
        "hoverongaps": False,
        "hovertemplate": "%{customdata:.3g}<extra></extra>",
        "colorbar": {
            **COLORBAR,
            "title": {"text": "share of each<br>map's largest" if per_map else "value", "font": {"size": 12}},
        },
    }
    written = {
        "type": "scatter",
        "mode": "text",
        "x": [(k % columns) * step_x + (cols - 1) / 2 for k in range(n)],
        "y": [(k // columns) * step_y + gap for k in range(n)],
        "text": [str(number) for number in numbers],
        "textfont": {"size": 11, "color": palette.MUTED},
        "hovertext": [f"{name} {number}" for number in numbers],
        "hoverinfo": "text",
    }
    layout = palette.layout(
        height=60 + round(min(760, 95 * columns) / columns * step_y / step_x * lines),
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        xaxis=HIDDEN | {"range": [-0.5, columns * step_x - gap + 0.5]},
        yaxis=HIDDEN | {"range": [lines * step_y - 0.5, -0.5], "scaleanchor": "x", "constraintoward": "top"},
        showlegend=False,
    )
    return go.Figure(data=[heat, written], layout=layout)


def receptive(
    x: NDArray, sensitivity: NDArray, rows: tuple[int, int], cols: tuple[int, int], title: str
) -> go.Figure:
    """The image with a cell's receptive field framed, and beside it the pixels the cell answers to here.

    Args:
        x: (h, w) in [0, 1].
        sensitivity: (h, w) |∂ a / ∂ x|.
        rows, cols: first pixel of the field and the one after the last.
    """
    h, w = x.shape
    seen = _cells(x, "x") | {"colorscale": GREY_SCALE, "zmin": 0, "zmax": 1, "showscale": False}
    felt = _cells(sensitivity, "|∂a/∂x|") | {
        "colorscale": palette.SEQUENTIAL,
        "zmin": 0,
        "xaxis": "x2",
        "yaxis": "y2",
        "colorbar": COLORBAR | {"title": {"text": "|∂a/∂x|", "font": {"size": 12}}},
    }
    frame = {
        "type": "rect",
        "x0": cols[0] - 0.5,
        "x1": cols[1] - 0.5,
        "y0": rows[0] - 0.5,
        "y1": rows[1] - 0.5,
        "line": {"color": palette.ACCENT, "width": 3},
    }
    across, down = HIDDEN | {"range": [-0.7, w - 0.3]}, HIDDEN | {"range": [h - 0.3, -0.7]}
    layout = palette.layout(
        height=360,
        margin={"l": 0, "r": 0, "t": 34, "b": 4},
        xaxis=across | {"domain": [0, 0.47]},
        yaxis=down | {"scaleanchor": "x"},
        xaxis2=across | {"domain": [0.53, 1], "anchor": "y2"},
        yaxis2=down | {"scaleanchor": "x2", "anchor": "x2"},
        shapes=[frame, frame | {"xref": "x2", "yref": "y2"}],
        annotations=[_note(0.235, 1.0, title), _note(0.765, 1.0, "Pixels it answers to, here")],
    )
    return go.Figure(data=[seen, felt], layout=layout)


def edge_likeness(before: EdgeLikeness, after: EdgeLikeness) -> go.Figure:
    """Cosine of each filter with its best oriented edge, before and after training, beside random filters."""
    n = len(after.cosine)
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": list(range(n)),
            "y": found.cosine,
            "name": name,
            "marker": {"size": 11, "symbol": symbol, "color": colour, "line": {"width": 2}},
            "customdata": found.angle,
            "hovertemplate": "filter %{x}: %{y:.3f}, edge at %{customdata}°",
        }
        for found, name, symbol, colour in (
            (before, "before training", "circle-open", palette.MUTED),
            (after, "after training", "circle", palette.OURS),
        )
    ]
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [-0.5, n - 0.5],
            "y": [value, value],
            "name": name,
            "line": {"color": palette.REFERENCE, "dash": dash, "width": 1.8},
            "hovertemplate": "%{y:.3f}",
        }
        for value, name, dash in (
            (after.random_mean, "random filters, mean", "dot"),
            (after.random_95, "95% of random filters lie below", "dash"),
        )
    ]
    layout = palette.layout(
        height=340,
        xaxis={"title": {"text": "filter of the first layer"}, "dtick": max(1, n // 12), "showgrid": False},
        yaxis={
            "title": {"text": "|cosine| with the best edge"},
            "range": [0, 1.02],
            "gridcolor": palette.GRID,
            "automargin": True,
        },
    )
    return go.Figure(data=[*lines, *traces], layout=layout)
