"""Pictures of a heat map's derivation, of all classes at once, and of several methods side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.figures import marks, palette, panels
from dlcore.figures.prebuilt import Prebuilt
from dlcore.heatmaps.methods import Derivation
from dlcore.number_text import digits

SCALES = {"signed": palette.DIVERGING, "share": panels.SHARE, "magnitude": palette.SEQUENTIAL}
NAMED = 1  # bars that carry their channel's number, at each end


@dataclass(frozen=True, eq=False)
class Panel:
    """One heat map and what stands above it.

    Attributes:
        values: (rows, cols), stretched over the image whatever its size.
        limit: |value| at the ends of its colour scale, > 0.
        scale: "signed", or from 0 on: "share" (of 1) or "magnitude".
    """

    title: str
    values: NDArray[np.floating]
    limit: float
    scale: str = "signed"


def side_by_side(
    shown: Sequence[Panel],
    size: tuple[int, int],
    columns: int,
    bar: str = "",
    image: NDArray[np.uint8] | None = None,
    mask: NDArray[np.bool_] | None = None,
    row_height: int = 215,
) -> Prebuilt:
    """Heat maps in rows, the image first where it is given; the truth outlined in every panel where it is known.

    Args:
        size: (h, w) of the image.
        bar: title of one colour bar for all; "" where each map has its own scale.
    """
    first = 0 if image is None else 1
    where = panels.places(len(shown) + first)
    traces = [] if image is None else [panels.photograph(image, "")]
    for i, (panel, place) in enumerate(zip(shown, where[first:], strict=True)):
        last = bar if i == len(shown) - 1 else ""
        signed = panel.scale == "signed"
        traces.append(panels.heat(panel.values, size, panel.limit, place, SCALES[panel.scale], last, signed))
    if mask is not None:
        traces += [panels.outline(mask, place) for place in where]
    titles = [panel.title for panel in shown]
    if image is not None:
        titles.insert(0, "Image" if mask is None else "Image and truth")
    return panels.grid(traces, size, titles, columns, row_height, panels.BAR_ROOM if bar else 8)


def score_bars(found: Derivation, class_names: Sequence[str]) -> go.Figure:
    """The score z of every class; the one explained stands out."""
    n = len(class_names)
    bars = marks.bars(
        np.arange(n),
        found.scores,
        [palette.ACCENT if i == found.k else palette.MUTED for i in range(n)],
        texts=[digits(z) for z in found.scores],
        customdata=found.probabilities,
        hover="z = %{x:.4g}, probability %{customdata:.4g}<extra></extra>",
    )
    names = [f"<b>{name}</b>" if i == found.k else name for i, name in enumerate(class_names)]
    reach = float(np.abs(found.scores).max()) * 1.25 or 1.0
    low = -reach if found.scores.min() < 0 else 0.0
    layout = palette.layout(
        height=90 + 34 * n,
        showlegend=False,
        bargap=0.3,
        xaxis=marks.axis("score z", "logits", range=[low, reach]),
        yaxis=marks.named_axis(names, down=True),
    )
    return go.Figure([bars], layout)


def weights(found: Derivation) -> go.Figure:
    """α of every channel, sorted; the outermost carry their channel's number."""
    order = np.argsort(-found.alpha, kind="stable")
    alpha = found.alpha[order]
    outer = set(range(NAMED)) | set(range(len(order) - NAMED, len(order)))
    bars = marks.bars(
        np.arange(len(order)),
        alpha,
        [palette.POSITIVE if a >= 0 else palette.NEGATIVE for a in alpha],
        lying=False,
        texts=[str(c) if i in outer else "" for i, c in enumerate(order)],
        textangle=0,
        constraintext="none",
        customdata=order,
        hover="channel %{customdata}: α = %{y:.4g}<extra></extra>",
    )
    layout = palette.layout(
        height=320,
        showlegend=False,
        bargap=0.15,
        xaxis=marks.axis("channels, sorted by weight", showticklabels=False, showgrid=False),
        yaxis=marks.axis("weight α", "logits per unit of A"),
    )
    return go.Figure([bars], layout)


def running_total(found: Derivation, m: int, size: tuple[int, int]) -> Prebuilt:
    """The m-th strongest term, the sum of the first m, and the whole sum, on one scale."""
    c, n = int(found.order[m - 1]), len(found.alpha)
    maps = (found.terms[c], found.partial(m), found.heatmap)
    titles = (f"α A of channel {c}", f"the strongest {m}" if m > 1 else "the strongest", f"all {n}")
    limit = float(max(np.abs(found.heatmap).max(), np.abs(maps[1]).max(), np.abs(maps[0]).max())) or 1.0
    shown = [Panel(title, values, limit) for title, values in zip(titles, maps, strict=True)]
    return side_by_side(shown, size, 3, panels.SIGNED_LOGITS, row_height=250)


def before_and_after(found: Derivation, size: tuple[int, int]) -> Prebuilt:
    """The heat map with its sign, and cut off below zero, on one scale."""
    L = found.heatmap
    limit = float(np.abs(L).max()) or 1.0
    shown = [
        Panel("L, as this lab draws it", L, limit),
        Panel("max(L, 0), as the paper does", np.maximum(L, 0), limit),
    ]
    return side_by_side(shown, size, 2, panels.SIGNED_LOGITS, row_height=280)


def standing_apart(references: NDArray[np.float64], asked: float) -> go.Figure:
    """Every reference picture (n,) at its distance to the nearest other one, and the one asked about among them."""
    hover = "%{x:.3g}<extra></extra>"
    up = marks.scattered(len(references))
    traces = [
        marks.dots(references, up, "ours", "reference pictures", size=8, opacity=0.7, hover=hover),
        marks.dots([asked], [0.0], "danger", "this picture", size=13, hover=hover),
    ]
    far = 1.1 * max(references.max(), asked)
    layout = palette.layout(
        height=200,
        xaxis=marks.axis("distance to the nearest other picture", range=[0, far]),
        yaxis=marks.unseen_axis(range=[-1, 1]),
        shapes=[marks.upright(asked, "danger")],
    )
    return go.Figure(traces, layout)
