"""The figures of "is the map true?": scores with intervals, deletion curves, falling similarity, lit corners."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.erasing import Curves
from dlcore.evaluation import Share
from dlcore.figures import overlay, palette
from dlcore.figures.prebuilt import Prebuilt, typed
from dlcore.similarity import Cascade
from dlcore.truth import Mean

AXES = {
    "pointing_hit": "maximum in the truth (share of images)",
    "mass_inside": "positive mass in the truth (share)",
    "iou": "IoU with the truth at equal area",
    "auc": "AUC: a pixel of the truth above one outside",
}
MODE_LOOKS = {"nearest": "solid", "bilinear": "dash", "bicubic": "dot"}
ORDER_LOOKS = {"centre": (palette.CATEGORIES[1], "dash"), "random": (palette.REFERENCE, "dot")}
ALIKE_AXES = {
    "spearman": "rank correlation with the trained map",
    "absolute": "rank correlation of |values|",
    "ssim": "structural similarity (SSIM)",
}


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": title}, "gridcolor": palette.GRID, "automargin": True, **more}


def scores(means: Mapping[str, Mean], baselines: Sequence[str], measure: str) -> go.Figure:
    """One row per method, its mean a dot with its interval; baselines, which ask no network, are open diamonds.

    Args:
        means: name -> mean, in the order of the rows from the top.
        measure: one of truth.MEASURES.
    """
    names = list(means)
    traces = []
    for is_baseline in (False, True):
        rows = [name for name in names if (name in baselines) == is_baseline and means[name].n]
        colour = palette.REFERENCE if is_baseline else palette.OURS
        value = np.array([means[name].value for name in rows])
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": value,
                "y": [names.index(name) for name in rows],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": np.array([means[name].high for name in rows]) - value,
                    "arrayminus": value - np.array([means[name].low for name in rows]),
                    "color": colour,
                    "thickness": 2,
                    "width": 5,
                },
                "marker": {
                    "color": colour,
                    "size": 12,
                    "symbol": "diamond-open" if is_baseline else "circle",
                    "line": {"width": 2, "color": colour},
                },
                "text": [f"{means[name].value:.3f}" for name in rows],
                "textposition": "top center",
                "cliponaxis": False,
                "hovertext": [f"{name}: {means[name]}" for name in rows],
                "hoverinfo": "text",
            }
        )
    ticks = [f"{name}<br>asks no network" if name in baselines else f"<b>{name}</b>" for name in names]
    layout = palette.layout(height=90 + 52 * len(names), showlegend=False)
    layout["xaxis"] = _axis(AXES[measure], range=[-0.02, 1.05], tickvals=[0, 0.25, 0.5, 0.75, 1])
    layout["yaxis"] = _axis(
        "", tickvals=list(range(len(names))), ticktext=ticks, range=[len(names) - 0.5, -0.7], zeroline=False
    )
    return go.Figure(traces, layout)


def by_smoothing(means: Mapping[str, Sequence[Mean]], sigmas: Sequence[float], measure: str) -> go.Figure:
    """The mean score against σ, one line per way of enlarging; the raw map stands out at σ = 0.

    Args:
        means: mode -> one mean per σ.
    """
    traces: list[dict[str, Any]] = []
    for mode, line in means.items():
        value = np.array([mean.value for mean in line])
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": sigmas,
                "y": value,
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": np.array([mean.high for mean in line]) - value,
                    "arrayminus": value - np.array([mean.low for mean in line]),
                    "thickness": 1,
                    "width": 2,
                },
                "line": {"color": palette.OURS, "dash": MODE_LOOKS[mode], "width": 2},
                "marker": {"color": palette.OURS, "size": 5},
                "name": mode,
                "hovertext": [f"{mode}, σ = {s:g} px: {mean}" for s, mean in zip(sigmas, line, strict=True)],
                "hoverinfo": "text",
            }
        )
    raw = means["nearest"][0]
    traces.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [sigmas[0]],
            "y": [raw.value],
            "marker": {"color": palette.ACCENT, "size": 13, "symbol": "square"},
            "text": [f"  raw map {raw.value:.3f}"],
            "textposition": "middle right",
            "cliponaxis": False,
            "showlegend": False,
            "hovertext": [f"raw map: {raw}"],
            "hoverinfo": "text",
        }
    )
    layout = palette.layout(
        height=320,
        xaxis=_axis("smoothing σ (image pixels)", range=[-0.15, max(sigmas) + 0.15], zeroline=False),
        yaxis=_axis(AXES[measure], tickformat=".2f"),
    )
    return go.Figure(traces, layout)


def erased(curves: Curves, kind: str) -> go.Figure:
    """Mean probability of the class against the share of pixels deleted or inserted, one line per order.

    Args:
        kind: "deletion" or "insertion".
    """
    traces = []
    for name, lines in getattr(curves, kind).items():
        colour, dash = ORDER_LOOKS.get(name, (palette.OURS, "solid"))
        area = curves.area(kind, name)
        label = f"{name}: area {area.value:.3f}"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": curves.shares,
                "y": lines.mean(axis=0),
                "name": label,
                "line": {"color": colour, "dash": dash, "width": 2.5},
                "hovertemplate": f"{name}, %{{x:.0%}} of the pixels: %{{y:.3f}}<extra></extra>",
            }
        )
    what = "taken away" if kind == "deletion" else "given back"
    layout = palette.layout(
        height=340,
        xaxis=_axis(f"share of pixels {what}", tickformat=".0%", range=[-0.02, 1.02], zeroline=False),
        yaxis=_axis("probability of the class", range=[-0.03, 1.03], tickformat=".2f"),
    )
    return go.Figure(traces, layout)


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
            {**mark, "showlegend": False, "mode": "markers+text", "text": [f"{value:.2f}".replace("-", "−")]}
        )
    ticks = [stage if i < 2 else f"+ {stage}" for i, stage in enumerate(found.stages)]
    ticks += [name.replace(" ", "<br>") for name in others]
    layout = palette.layout(height=380)
    layout["xaxis"] = _axis(
        "drawn anew, from the head down",
        tickvals=list(range(len(ticks))),
        ticktext=ticks,
        range=[-0.4, len(ticks) - 0.4],
        zeroline=False,
    )
    layout["yaxis"] = _axis(ALIKE_AXES[alike], range=[-1.08 if values.min() < -0.08 else -0.15, 1.08])
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
    layout["xaxis"] = _axis("validation images called rightly", range=[0, 1.03], tickformat=".0%")
    layout["yaxis"] = _axis(
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
