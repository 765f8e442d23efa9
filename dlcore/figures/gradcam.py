"""The Grad-CAM page's pictures: the image, heat maps on one signed scale, the probabilities."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.figures import marks, palette, panels
from dlcore.figures.panels import SIGNED_LOGITS, heat, outline, photograph
from dlcore.figures.prebuilt import Prebuilt

# Over an image, colour appears only where the map is far from zero.
OVERLAY = (
    (0.0, "rgba(168,79,6,0.95)"),
    (0.25, "rgba(217,115,26,0.6)"),
    (0.5, "rgba(237,237,237,0.0)"),
    (0.75, "rgba(42,134,199,0.6)"),
    (1.0, "rgba(11,84,136,0.95)"),
)
PAIR = panels.places(2)


def image_and_overlay(
    image: NDArray[np.uint8], shown: NDArray[np.floating], limit: float, mask: NDArray[np.bool_] | None
) -> Prebuilt:
    """The image, and the heat map over it; the mask of what decides the class outlined where it is known.

    Args:
        image: uint8 (h, w) or (h, w, 3).
        shown: (h, w) in logit units.
        limit: |value| at both ends of the colour scale.
        mask: bool (h, w).
    """
    h, w = shown.shape
    traces = [photograph(image, place) for place in PAIR]
    traces.append(heat(shown, (h, w), limit, "2", OVERLAY, SIGNED_LOGITS))
    if mask is not None:
        traces += [outline(mask, place) for place in PAIR]
    title = "Image" if mask is None else "Image and truth"
    return panels.grid(traces, (h, w), (title, "Heat map over it"), 2)


def raw_and_smoothed(
    raw: NDArray[np.floating], shown: NDArray[np.floating], limit: float, sigma: float
) -> Prebuilt:
    """The heat map as the layer gives it, cell by cell, beside the one drawn over the image.

    Args:
        raw: (rows, cols) in logit units.
        shown: (h, w), upsampled and smoothed.
        sigma: of the smoothing, in image pixels.
    """
    size = shown.shape
    traces = [heat(raw, size, limit, ""), heat(shown, size, limit, "2", bar=SIGNED_LOGITS)]
    smoothing = f"σ = {sigma:g} px" if sigma else "not smoothed"
    titles = (f"Raw: {raw.shape[0]} × {raw.shape[1]}", f"Enlarged, {smoothing}")
    return panels.grid(traces, size, titles, 2)


def probabilities(
    p: NDArray[np.floating], class_names: Sequence[str], explained: int, true: int | None
) -> go.Figure:
    """What the network answers, one bar per class; predicted and true class are named at their bars.

    Args:
        p: (classes,) probabilities.
        explained: the class whose heat map is shown; its name is set in bold.
        true: the true class, where it is known.
    """
    roles = {int(np.argmax(p)): ["predicted"]}
    if true is not None:
        roles.setdefault(true, []).append("true")
    names = [f"<b>{name}</b>" if k == explained else name for k, name in enumerate(class_names)]
    ticks = [f"{name}<br>{' and '.join(roles[k])}" if k in roles else name for k, name in enumerate(names)]
    colour = {k: palette.PREDICTED if "predicted" in role else palette.TRUE for k, role in roles.items()}
    bars = marks.bars(
        np.arange(len(p)),
        p,
        [colour.get(k, palette.MUTED) for k in range(len(p))],
        texts=[f"{value:.3f}" for value in p],
        customdata=class_names,
        hover="%{customdata}: %{x:.4f}<extra></extra>",
    )
    layout = palette.layout(
        height=60 + 36 * len(p),
        showlegend=False,
        bargap=0.3,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis=marks.axis("probability", range=[0, 1.35], tickvals=[0, 0.5, 1]),
        yaxis=marks.named_axis(ticks, down=True, tickfont={"size": 12}),
    )
    return go.Figure([bars], layout)
