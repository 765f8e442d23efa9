"""The figures of "is the map true?": scores with intervals, scores against smoothing, deletion curves."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dlcore.evaluation.intervals import Mean
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look
from dlcore.heatmaps.erasing import Curves

AXES = {
    "pointing_hit": "maximum in the truth (share of images)",
    "mass_inside": "positive mass in the truth (share)",
    "iou": "IoU with the truth at equal area",
    "auc": "AUC: a pixel of the truth above one outside",
}
MODE_LOOKS = {
    mode: Look(palette.OURS, dash)
    for mode, dash in zip(("nearest", "bilinear", "bicubic"), ("solid", "dash", "dot"), strict=True)
}
ORDER_LOOKS = {"centre": Look(palette.CATEGORIES[1], "dash"), "random": Look(palette.REFERENCE, "dot")}


def method_scores(means: Mapping[str, Mean], baselines: Sequence[str], measure: str) -> go.Figure:
    """One row per method, its mean a dot with its interval; baselines, which ask no network, are open diamonds.

    Args:
        means: name -> mean, in the order of the rows from the top.
        measure: one of truth.MEASURES.
    """
    names = list(means)
    traces = []
    for is_baseline in (False, True):
        rows = [name for name in names if (name in baselines) == is_baseline and means[name].n]
        shown = [means[name] for name in rows]
        meaning = "reference" if is_baseline else "ours"
        colour = palette.LOOKS[meaning].colour
        dots = marks.dots(
            np.array([mean.value for mean in shown]),
            [names.index(name) for name in rows],
            meaning,
            low=[mean.low for mean in shown],
            high=[mean.high for mean in shown],
            lying=True,
            size=12,
            hover=[f"{name}: {means[name]}" for name in rows],
            marker={"line": {"width": 2, "color": colour}},
        )
        texts = [f"{mean.value:.3f}" for mean in shown]
        above = {"mode": "markers+text", "textposition": "top center", "cliponaxis": False}
        traces.append(dots | above | {"text": texts})
    ticks = [f"{name}<br>asks no network" if name in baselines else f"<b>{name}</b>" for name in names]
    layout = palette.layout(
        height=90 + 52 * len(names),
        showlegend=False,
        xaxis=marks.axis(AXES[measure], range=[-0.02, 1.05], tickvals=[0, 0.25, 0.5, 0.75, 1]),
        yaxis=marks.named_axis(ticks, range=[len(names) - 0.5, -0.7], showgrid=True),
    )
    return go.Figure(traces, layout)


def by_smoothing(means: Mapping[str, Sequence[Mean]], sigmas: Sequence[float], measure: str) -> go.Figure:
    """The mean score against σ, one line per way of enlarging; the raw map stands out at σ = 0.

    Args:
        means: mode -> one mean per σ.
        sigmas: in image pixels, rising.
    """
    traces = [
        marks.line(
            sigmas,
            np.array([mean.value for mean in means_of_mode]),
            MODE_LOOKS[mode],
            mode,
            width=2,
            size=5,
            low=[mean.low for mean in means_of_mode],
            high=[mean.high for mean in means_of_mode],
            hover=[f"{mode}, σ = {s:g} px: {m}" for s, m in zip(sigmas, means_of_mode, strict=True)],
        )
        for mode, means_of_mode in means.items()
    ]
    raw = means["nearest"][0]
    square = marks.dots([sigmas[0]], [raw.value], "accent", size=13, hover=[f"raw map: {raw}"])
    beside = {"mode": "markers+text", "textposition": "middle right", "cliponaxis": False}
    traces.append(square | beside | {"text": [f"  raw map {raw.value:.3f}"]})
    layout = palette.layout(
        height=320,
        xaxis=marks.axis("smoothing σ", "image pixels", range=[-0.15, max(sigmas) + 0.15], zeroline=False),
        yaxis=marks.axis(AXES[measure], tickformat=".2f"),
    )
    return go.Figure(traces, layout)


def erased(curves: Curves, kind: str) -> go.Figure:
    """Mean probability of the class against the share of pixels deleted or inserted, one line per order.

    Args:
        kind: "deletion" or "insertion".
    """
    traces = [
        marks.line(
            curves.shares,
            lines.mean(axis=0),
            ORDER_LOOKS.get(name, "ours"),
            f"{name}: area {curves.area(kind, name).value:.3f}",
            hover=f"{name}, %{{x:.0%}} of the pixels: %{{y:.3f}}<extra></extra>",
        )
        for name, lines in getattr(curves, kind).items()
    ]
    what = "taken away" if kind == "deletion" else "given back"
    layout = palette.layout(
        height=340,
        xaxis=marks.axis(f"share of pixels {what}", tickformat=".0%", range=[-0.02, 1.02], zeroline=False),
        yaxis=marks.axis("probability of the class", range=[-0.03, 1.03], tickformat=".2f"),
    )
    return go.Figure(traces, layout)
