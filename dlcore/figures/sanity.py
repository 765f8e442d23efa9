"""The figures of the sanity check and the shortcut lab: falling similarity, maps in a row, who is deceived."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.evaluation.intervals import Share
from dlcore.figures import marks, overlay, palette, panels
from dlcore.figures.palette import Look
from dlcore.figures.prebuilt import Prebuilt, typed
from dlcore.heatmaps.similarity import Cascade
from dlcore.number_text import typeset

ALIKE_AXES = {
    "spearman": "rank correlation with the trained map",
    "absolute": "rank correlation of |values|",
    "ssim": "structural similarity (SSIM)",
}
KINDS = (Look(palette.VALIDATION), Look(palette.DANGER, symbol="x"), palette.LOOKS["reference"])


def falling(found: Cascade, alike: str, others: Mapping[str, float]) -> go.Figure:
    """Similarity to the trained map against what has been forgotten: thin lines per seed, a thick mean.

    Args:
        alike: one of similarity.ALIKE.
        others: other networks, by name, and how alike their maps are; drawn at the right.
    """
    values = found.alike[alike]  # (seeds, stages)
    stages = len(found.stages)
    x = list(range(stages))
    traces = [marks.line(x, seed, "ours", width=0.8, hover="") for seed in values]
    bold = {"width": 3, "size": 9}
    for y, meaning, name in (
        (values.mean(axis=0), "ours", f"heat map, mean of {len(values)} seeds"),
        (np.ones(stages), "reference", "edge detector"),
    ):
        traces.append(marks.line(x, y, meaning, name, hover=f"{name}: %{{y:.3f}}<extra></extra>", **bold))
    for i, (name, value) in enumerate(others.items()):
        hover = f"{name}: %{{y:.3f}}<extra></extra>"
        square = marks.dots([stages + i], [value], "accent", size=9, hover=hover)
        above = {"mode": "markers+text", "textposition": "top center"}
        traces.append(square | above | {"text": [typeset(f"{value:.2f}")]})
    ticks = [stage if i < 2 else f"+ {stage}" for i, stage in enumerate(found.stages)]
    ticks += [name.replace(" ", "<br>") for name in others]
    ends = [-0.4, len(ticks) - 0.4]
    title = {"text": "drawn anew, from the head down"}
    layout = palette.layout(
        height=380,
        xaxis=marks.named_axis(ticks, range=ends, title=title, showgrid=True),
        yaxis=marks.axis(ALIKE_AXES[alike], range=[-1.08 if values.min() < -0.08 else -0.15, 1.08]),
    )
    return go.Figure(traces, layout)


def row_of_maps(
    maps: Mapping[str, NDArray[np.floating]], signed: bool = True, marker: tuple[float, float] | None = None
) -> Prebuilt:
    """Maps side by side. Signed maps have a scale of their own each, unsigned ones share one from zero.

    Args:
        maps: title -> (rows, cols).
        signed: diverging around zero, or magnitudes.
        marker: first and last row and column of a square at the top left that is outlined, as share of a side.
    """
    top = max((float(np.nanmax(values)) for values in maps.values()), default=1.0) or 1.0
    layout = palette.layout(height=180, showlegend=False, margin={"l": 2, "r": 2, "t": 44, "b": 4})
    traces: list[dict[str, Any]] = []
    for i, (place, (title, values)) in enumerate(zip(panels.places(len(maps)), maps.items(), strict=True)):
        here: dict[str, Any] = {"xaxis": f"x{place}", "yaxis": f"y{place}"}
        limit = float(np.abs(values).max()) or 1.0
        scale = palette.DIVERGING if signed else palette.SEQUENTIAL
        ends = (-limit, limit) if signed else (0.0, top)
        hover = "%{z:.3g}<extra></extra>"
        traces.append(marks.cells(typed(values), scale, ends, hover=hover, **here))
        if marker is not None:
            low, high = (share * len(values) - 0.5 for share in marker)
            x, y = [low, high, high, low, low], [low, low, high, high, low]
            traces.append(marks.line(x, y, Look(palette.NEGATIVE), width=2, hover="", **here))
        layout |= _panel(place, i, len(maps), title, values.shape)
    return Prebuilt({"data": traces, "layout": layout})


def _panel(place: str, i: int, n: int, title: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """The axes of the i-th of n maps, in its pixels, y down."""
    rows, cols = shape
    across = marks.unseen_axis(
        constrain="domain",
        domain=[i / n + 0.005, (i + 1) / n - 0.005],
        range=[-0.5, cols - 0.5],
        anchor=f"y{place}",
        side="top",
        title={"text": title, "standoff": 2, "font": {"size": 12}},
    )
    down = marks.unseen_axis(
        constrain="domain",
        range=[rows - 0.5, -0.5],
        anchor=f"x{place}",
        scaleanchor=f"x{place}",
        constraintoward="top",
    )
    return {f"xaxis{place}": across, f"yaxis{place}": down}


def deceived(right: Mapping[str, Mapping[str, Share]]) -> go.Figure:
    """Share called rightly, per network and per kind of image, with Wilson's interval.

    Args:
        right: network -> kind of image -> share.
    """
    names = list(right)
    traces: list[dict[str, Any]] = []
    for j, kind in enumerate(next(iter(right.values()), {})):
        found = [right[name][kind] for name in names]
        rows = [i + 0.24 * (j - 1) for i in range(len(names))]
        hover = [f"{name}, {kind}: {share}" for name, share in zip(names, found, strict=True)]
        traces.append(marks.shares(rows, found, KINDS[j], kind, lying=True, hover=hover, thickness=1.5))
        before = np.array([share.interval[0] for share in found]) - 0.005
        beside: dict[str, Any] = {"textposition": "middle left", "cliponaxis": False, "textfont": {}}
        traces.append(marks.written(before, rows, [f"{share.value:.1%}" for share in found], **beside))
    ticks = [name.replace(", ", ",<br>") for name in names]
    layout = palette.layout(
        height=120 + 74 * len(names),
        xaxis=marks.axis("validation images called rightly", range=[0, 1.03], tickformat=".0%"),
        yaxis=marks.named_axis(ticks, range=[len(names) - 0.5, -0.5]),
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
