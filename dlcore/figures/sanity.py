"""The figures of the sanity check and the shortcut lab: falling similarity, maps in a row, who is deceived."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.evaluation.intervals import Share
from dlcore.figures import overlay, palette
from dlcore.figures.prebuilt import Prebuilt, typed
from dlcore.figures.truth import axis
from dlcore.heatmaps.similarity import Cascade
from dlcore.number_text import typeset

ALIKE_AXES = {
    "spearman": "rank correlation with the trained map",
    "absolute": "rank correlation of |values|",
    "ssim": "structural similarity (SSIM)",
}


def falling(found: Cascade, alike: str, others: Mapping[str, float]) -> go.Figure:
    """Similarity to the trained map against what has been forgotten: thin lines per seed, a thick mean.

    Args:
        alike: one of similarity.ALIKE.
        others: other networks, by name, and how alike their maps are; drawn at the right.
    """
    values = found.alike[alike]  # (seeds, stages)
    x = list(range(len(found.stages)))
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": line,
            "line": {"color": palette.OURS, "width": 0.8},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for line in values
    ]
    mean, seeds = values.mean(axis=0), len(values)
    traces.append(_line(x, mean, palette.OURS, "solid", f"heat map, mean of {seeds} seeds", "circle"))
    traces.append(_line(x, np.ones(len(x)), palette.REFERENCE, "dot", "edge detector", "diamond-open"))
    for i, (name, value) in enumerate(others.items()):
        mark = _line([len(x) + i], np.array([value]), palette.ACCENT, "solid", name, "square")
        traces.append(
            {**mark, "showlegend": False, "mode": "markers+text", "text": [typeset(f"{value:.2f}")]}
        )
    ticks = [stage if i < 2 else f"+ {stage}" for i, stage in enumerate(found.stages)]
    ticks += [name.replace(" ", "<br>") for name in others]
    layout = palette.layout(height=380)
    layout["xaxis"] = axis(
        "drawn anew, from the head down",
        tickvals=list(range(len(ticks))),
        ticktext=ticks,
        range=[-0.4, len(ticks) - 0.4],
        zeroline=False,
    )
    layout["yaxis"] = axis(ALIKE_AXES[alike], range=[-1.08 if values.min() < -0.08 else -0.15, 1.08])
    return go.Figure(traces, layout)


def _line(
    x: Sequence[float], y: NDArray[np.floating], colour: str, dash: str, name: str, symbol: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 3, "dash": dash},
        "marker": {"color": colour, "size": 9, "symbol": symbol},
        "name": name,
        "textposition": "top center",
        "hovertemplate": f"{name}: %{{y:.3f}}<extra></extra>",
    }


def row_of_maps(
    maps: Mapping[str, NDArray[np.floating]], signed: bool = True, marker: tuple[float, float] | None = None
) -> Prebuilt:
    """Maps side by side. Signed maps have a scale of their own each, unsigned ones share one from zero.

    Args:
        maps: title -> (rows, cols).
        signed: diverging around zero, or magnitudes.
        marker: first and last row and column of a square at the top left that is outlined, as share of a side.
    """
    n = len(maps)
    top = max((float(np.nanmax(values)) for values in maps.values()), default=1.0) or 1.0
    layout = palette.layout(height=180, showlegend=False)
    layout["margin"] = {"l": 2, "r": 2, "t": 44, "b": 4}
    traces: list[dict[str, Any]] = []
    hidden = {
        "showgrid": False,
        "zeroline": False,
        "showticklabels": False,
        "ticks": "",
        "constrain": "domain",
    }
    for i, (title, values) in enumerate(maps.items()):
        place = "" if i == 0 else str(i + 1)
        rows, cols = values.shape
        limit = float(np.abs(values).max()) or 1.0
        traces.append(
            {
                "type": "heatmap",
                "z": typed(values),
                "zmin": -limit if signed else 0.0,
                "zmax": limit if signed else top,
                "colorscale": palette.DIVERGING if signed else palette.SEQUENTIAL,
                "showscale": False,
                "xaxis": f"x{place}",
                "yaxis": f"y{place}",
                "hovertemplate": "%{z:.3g}<extra></extra>",
            }
        )
        if marker is not None:
            low, high = marker[0] * rows - 0.5, marker[1] * rows - 0.5
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [low, high, high, low, low],
                    "y": [low, low, high, high, low],
                    "line": {"color": palette.NEGATIVE, "width": 2},
                    "xaxis": f"x{place}",
                    "yaxis": f"y{place}",
                    "hoverinfo": "skip",
                }
            )
        layout[f"xaxis{place}"] = {
            **hidden,
            "domain": [i / n + 0.005, (i + 1) / n - 0.005],
            "range": [-0.5, cols - 0.5],
            "anchor": f"y{place}",
            "side": "top",
            "title": {"text": title, "standoff": 2, "font": {"size": 12}},
        }
        layout[f"yaxis{place}"] = {
            **hidden,
            "range": [rows - 0.5, -0.5],
            "anchor": f"x{place}",
            "scaleanchor": f"x{place}",
            "constraintoward": "top",
        }
    return Prebuilt({"data": traces, "layout": layout})


def deceived(right: Mapping[str, Mapping[str, Share]]) -> go.Figure:
    """Share called rightly, per network and per kind of image, with Wilson's interval.

    Args:
        right: network -> kind of image -> share.
    """
    symbols = ("circle", "x", "diamond-open")
    names = list(right)
    kinds = list(next(iter(right.values()), {}))
    traces: list[dict[str, Any]] = []
    for j, kind in enumerate(kinds):
        shares = [right[name][kind] for name in names]
        value = np.array([share.value for share in shares])
        low, high = np.array([share.interval for share in shares]).reshape(-1, 2).T
        colour = (palette.VALIDATION, palette.DANGER, palette.REFERENCE)[j]
        rows = [i + 0.24 * (j - 1) for i in range(len(names))]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": value,
                "y": rows,
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": high - value,
                    "arrayminus": value - low,
                    "color": colour,
                    "thickness": 1.5,
                },
                "marker": {"color": colour, "size": 10, "symbol": symbols[j]},
                "name": kind,
                "hovertext": [f"{name}, {kind}: {s}" for name, s in zip(names, shares, strict=True)],
                "hoverinfo": "text",
            }
        )
        traces.append(
            {
                "type": "scatter",
                "mode": "text",
                "x": low - 0.005,
                "y": rows,
                "text": [f"{v:.1%}" for v in value],
                "textposition": "middle left",
                "cliponaxis": False,
                "showlegend": False,
                "hoverinfo": "skip",
            }
        )
    layout = palette.layout(height=120 + 74 * len(names))
    layout["xaxis"] = axis("validation images called rightly", range=[0, 1.03], tickformat=".0%")
    layout["yaxis"] = axis(
        "",
        tickvals=list(range(len(names))),
        ticktext=[name.replace(", ", ",<br>") for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return go.Figure(traces, layout)


def examples(images: NDArray[np.uint8], maps: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Images in a row, and below each its heat map laid over it, as pixels; every map has a scale of its own.

    Args:
        images: uint8 (n, h, w, 3).
        maps: (n, h, w), signed.
    """
    over = [overlay.tinted(x, m, float(np.abs(m).max()) or 1.0) for x, m in zip(images, maps, strict=True)]
    return overlay.enlarged(overlay.sheet([*images, *over], len(images)), 1400)
