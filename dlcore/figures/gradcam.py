"""The Grad-CAM page's pictures: the image, heat maps on one signed scale, the probabilities."""

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from dlcore.figures import palette
from dlcore.figures.prebuilt import Prebuilt, typed

# Over an image, colour appears only where the map is far from zero.
OVERLAY = (
    (0.0, "rgba(168,79,6,0.95)"),
    (0.25, "rgba(217,115,26,0.6)"),
    (0.5, "rgba(237,237,237,0.0)"),
    (0.75, "rgba(42,134,199,0.6)"),
    (1.0, "rgba(11,84,136,0.95)"),
)
HEIGHT = 340
PLACES = ("", "2")  # the two panels of a pair


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
    traces = [_photograph(image, place) for place in PLACES]
    traces.append(_map(shown, (h, w), limit, "2", OVERLAY))
    if mask is not None:
        traces += [_outline(mask, place) for place in PLACES]
    title = "Image" if mask is None else "Image and truth"
    return _pair(traces, (h, w), (title, "Heat map over it"))


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
    traces = [_map(raw, size, limit, "", palette.DIVERGING), _map(shown, size, limit, "2", palette.DIVERGING)]
    smoothing = f"σ = {sigma:g} px" if sigma else "not smoothed"
    return _pair(traces, size, (f"Raw: {raw.shape[0]} × {raw.shape[1]}", f"Enlarged, {smoothing}"))


def probabilities(
    p: NDArray[np.floating], class_names: Sequence[str], explained: int, true: int | None
) -> go.Figure:
    """What the network answers, one bar per class; predicted and true class are named at their bars.

    Args:
        explained: the class whose heat map is shown; its name is set in bold.
        true: the true class, where it is known.
    """
    roles = {int(np.argmax(p)): ["predicted"]}
    if true is not None:
        roles.setdefault(true, []).append("true")
    colour = {k: palette.PREDICTED if "predicted" in role else palette.TRUE for k, role in roles.items()}
    names = [f"<b>{name}</b>" if k == explained else name for k, name in enumerate(class_names)]
    ticks = [f"{name}<br>{' and '.join(roles[k])}" if k in roles else name for k, name in enumerate(names)]
    bars = go.Bar(
        x=p,
        y=np.arange(len(p)),
        orientation="h",
        marker_color=[colour.get(k, palette.MUTED) for k in range(len(p))],
        text=[f"{value:.3f}" for value in p],
        textposition="outside",
        cliponaxis=False,
        customdata=class_names,
        hovertemplate="%{customdata}: %{x:.4f}<extra></extra>",
    )
    layout = palette.layout(height=60 + 36 * len(p), showlegend=False, bargap=0.3)
    layout["margin"] = {"l": 8, "r": 8, "t": 8, "b": 8}
    layout["xaxis"] = {**layout["xaxis"], "range": [0, 1.35], "tickvals": [0, 0.5, 1], "title": "probability"}
    layout["yaxis"] = {**layout["yaxis"], "autorange": "reversed", "showgrid": False, "zeroline": False}
    layout["yaxis"] |= {"tickvals": np.arange(len(p)), "ticktext": ticks, "tickfont": {"size": 12}}
    return go.Figure([bars], layout)


def _pair(traces: list[dict[str, Any]], size: tuple[int, int], titles: tuple[str, str]) -> Prebuilt:
    """Two panels in image pixels, side by side above one colour scale; y points down, as in images."""
    h, w = size
    layout = palette.layout(height=HEIGHT, showlegend=False)
    layout["margin"] = {"l": 4, "r": 4, "t": 28, "b": 4}
    plain = {
        "showgrid": False,
        "zeroline": False,
        "showticklabels": False,
        "ticks": "",
        "constrain": "domain",
    }
    for place, domain, title in zip(PLACES, ((0.0, 0.485), (0.515, 1.0)), titles, strict=True):
        layout[f"xaxis{place}"] = {
            **plain,
            "range": [-0.5, w - 0.5],
            "domain": domain,
            "anchor": f"y{place}",
            "side": "top",
            "title": {"text": title, "standoff": 4},
        }
        layout[f"yaxis{place}"] = {
            **plain,
            "range": [h - 0.5, -0.5],
            "anchor": f"x{place}",
            "scaleanchor": f"x{place}",
            "constraintoward": "bottom",
        }
    return Prebuilt({"data": traces, "layout": layout})


def _photograph(image: NDArray[np.uint8], place: str) -> dict[str, Any]:
    coded = BytesIO()
    Image.fromarray(image).convert("RGB").save(coded, "PNG")
    source = "data:image/png;base64," + base64.b64encode(coded.getvalue()).decode("ascii")
    return {
        "type": "image",
        "source": source,
        "xaxis": f"x{place}",
        "yaxis": f"y{place}",
        "hoverinfo": "skip",
    }


def _map(
    values: NDArray[np.floating], size: tuple[int, int], limit: float, place: str, colours: Sequence[Any]
) -> dict[str, Any]:
    """A heat map stretched over an image of this size; its colour bar belongs to the second panel."""
    (rows, cols), (h, w) = values.shape, size
    return {
        "type": "heatmap",
        "z": typed(values),
        "x0": w / cols / 2 - 0.5,
        "dx": w / cols,
        "y0": h / rows / 2 - 0.5,
        "dy": h / rows,
        "zmin": -limit,
        "zmax": limit,
        "colorscale": colours,
        "showscale": place == "2",
        "colorbar": {
            "orientation": "h",
            "title": {"text": "− against the class · logits · for the class +", "side": "bottom"},
            "thickness": 10,
            "len": 1.0,
            "xpad": 0,
            "y": -0.02,
            "yanchor": "top",
            "tickformat": ".2~g",
        },
        "xaxis": f"x{place}",
        "yaxis": f"y{place}",
        "hovertemplate": "row %{y:.0f}, column %{x:.0f}: %{z:.3g} logits<extra></extra>",
    }


def _outline(mask: NDArray[np.bool_], place: str) -> dict[str, Any]:
    return {
        "type": "contour",
        "z": typed(mask, "uint8"),
        "autocontour": False,
        "contours": {"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
        "line": {"color": palette.TRUE, "width": 2.5},
        "showscale": False,
        "hoverinfo": "skip",
        "xaxis": f"x{place}",
        "yaxis": f"y{place}",
    }
