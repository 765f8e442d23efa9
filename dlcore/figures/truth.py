"""The figures of "is the map true?": scores with intervals, scores against smoothing, deletion curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.evaluation.intervals import Mean
from dlcore.figures import palette
from dlcore.heatmaps.erasing import Curves

AXES = {
    "pointing_hit": "maximum in the truth (share of images)",
    "mass_inside": "positive mass in the truth (share)",
    "iou": "IoU with the truth at equal area",
    "auc": "AUC: a pixel of the truth above one outside",
}
MODE_LOOKS = {"nearest": "solid", "bilinear": "dash", "bicubic": "dot"}
ORDER_LOOKS = {"centre": (palette.CATEGORIES[1], "dash"), "random": (palette.REFERENCE, "dot")}


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis of these figures; `more` overrides it."""
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
    layout["xaxis"] = axis(AXES[measure], range=[-0.02, 1.05], tickvals=[0, 0.25, 0.5, 0.75, 1])
    layout["yaxis"] = axis(
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
        xaxis=axis("smoothing σ (image pixels)", range=[-0.15, max(sigmas) + 0.15], zeroline=False),
        yaxis=axis(AXES[measure], tickformat=".2f"),
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
        xaxis=axis(f"share of pixels {what}", tickformat=".0%", range=[-0.02, 1.02], zeroline=False),
        yaxis=axis("probability of the class", range=[-0.03, 1.03], tickformat=".2f"),
    )
    return go.Figure(traces, layout)
