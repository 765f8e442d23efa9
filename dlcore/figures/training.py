"""The training page's figures: learning curves, a mosaic of predictions, the confusion matrix."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from dlcore.figures import palette
from dlcore.runs import Epoch

CURVES = (("loss", "y"), ("accuracy", "y2"))


def learning_curves(
    epochs: Sequence[Epoch], total: int, best: int = 0, others: Mapping[str, Sequence[Epoch]] | None = None
) -> go.Figure:
    """Loss above, accuracy below, train and validation over the epochs; other runs thin, by their validation.

    Args:
        total: epochs the recipe asks for: the axis has its full length from the start.
        best: number of the kept epoch, marked; 0 for none.
        others: label -> epochs of runs to compare with.
    """
    traces = [
        _curve(epochs, split, quantity, axis)
        for quantity, axis in CURVES
        for split in ("train", "validation")
    ]
    for place, (label, other) in enumerate((others or {}).items()):
        colour = palette.CATEGORIES[(place + 3) % len(palette.CATEGORIES)]
        traces += [_other(other, label, quantity, axis, colour) for quantity, axis in CURVES]
    if best:
        traces += [_kept(epochs[best - 1], quantity, axis) for quantity, axis in CURVES]
    x = {"title": {"text": "epoch"}, "range": [0.5, total + 0.5], "domain": [0, 1], "anchor": "y2"}
    layout = palette.layout(
        height=460,
        xaxis={"gridcolor": palette.GRID, "automargin": True, **x},
        yaxis=_axis("loss (nats per image)", [0.54, 1.0]),
        yaxis2=_axis("accuracy", [0.0, 0.46]) | {"range": [0, 1.02], "tickformat": ".0%"},
        hovermode="x unified",
        uirevision="curves",
    )
    return go.Figure(data=traces, layout=layout)


def _axis(title: str, domain: list[float]) -> dict[str, Any]:
    return {"title": {"text": title}, "domain": domain, "gridcolor": palette.GRID, "automargin": True}


def _values(epochs: Sequence[Epoch], split: str, quantity: str) -> list[float]:
    prefix = "train" if split == "train" else "val"
    return [getattr(epoch, f"{prefix}_{quantity}") for epoch in epochs]


def _curve(epochs: Sequence[Epoch], split: str, quantity: str, axis: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [epoch.number for epoch in epochs],
        "y": _values(epochs, split, quantity),
        "yaxis": axis,
        "name": split,
        "legendgroup": split,
        "showlegend": axis == "y",
        "line": {"color": palette.SPLIT[split], "dash": palette.DASH[split], "width": 2.5},
        "marker": {"size": 5, "symbol": "circle" if split == "train" else "diamond"},
        "hovertemplate": "%{y:.1%}" if quantity == "accuracy" else "%{y:.3g}",
    }


def _other(epochs: Sequence[Epoch], label: str, quantity: str, axis: str, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [epoch.number for epoch in epochs],
        "y": _values(epochs, "validation", quantity),
        "yaxis": axis,
        "name": f"validation of {label}",
        "legendgroup": label,
        "showlegend": axis == "y",
        "line": {"color": colour, "dash": palette.DASH["validation"], "width": 1.5},
        "hovertemplate": "%{y:.1%}" if quantity == "accuracy" else "%{y:.3g}",
    }


def _kept(epoch: Epoch, quantity: str, axis: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [epoch.number],
        "y": _values([epoch], "validation", quantity),
        "yaxis": axis,
        "name": "kept epoch (best validation AUC)",
        "legendgroup": "kept",
        "showlegend": axis == "y",
        "marker": {"size": 13, "symbol": "circle-open", "line": {"width": 2.5}, "color": palette.ACCENT},
        "hoverinfo": "skip",
    }


def gallery(
    images: np.ndarray,
    captions: Sequence[str],
    columns: int = 4,
    colours: Sequence[str] | None = None,
    hover: Sequence[str] | None = None,
) -> go.Figure:
    """Images side by side, each with a caption under it; one picture, however many tiles.

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3).
        captions: n short texts.
        colours: of the captions; None: all alike.
        hover: what a caption says when pointed at; None: itself.
    """
    n, h, w = images.shape[:3]
    columns = min(columns, 8)
    rows = -(-n // columns)
    gap = w // 4
    step_x, step_y = w + gap, h + 2 * gap  # room for two lines of text under each
    sheet = np.zeros((rows * step_y, columns * step_x, 4), np.uint8)
    for i in range(n):
        y, x = (i // columns) * step_y, (i % columns) * step_x
        sheet[y : y + h, x : x + w, :3] = images[i] if images.ndim == 4 else images[i][..., None]
        sheet[y : y + h, x : x + w, 3] = 255
    text = {
        "type": "scatter",
        "mode": "text",
        "x": [(i % columns) * step_x + w / 2 for i in range(n)],
        "y": [(i // columns) * step_y + h + gap * 0.9 for i in range(n)],
        "text": list(captions),
        "textfont": {"size": 11, "color": list(colours) if colours else palette.MUTED},
        "hovertext": list(hover or captions),
        "hoverinfo": "text",
    }
    hidden = {"visible": False, "fixedrange": True}
    layout = palette.layout(
        height=24 + round(rows * 640 / columns * step_y / step_x),
        xaxis=hidden | {"range": [-gap / 2, columns * step_x - gap / 2]},
        yaxis=hidden | {"range": [rows * step_y, -1], "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        showlegend=False,
    )
    return go.Figure(
        data=[{"type": "image", "source": _png(sheet), "hoverinfo": "skip"}, text], layout=layout
    )


def mosaic(
    images: np.ndarray, true: Sequence[str], predicted: Sequence[str], confidence: Sequence[float]
) -> go.Figure:
    """Images with their predicted class under them, and the true one where they differ.

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3).
        confidence: probability of the predicted class, 0 to 1.
    """
    right = [t == p for t, p in zip(true, predicted, strict=True)]
    return gallery(
        images,
        [f"✓ {p}" if ok else f"✗ {p}<br>is {t}" for t, p, ok in zip(true, predicted, right, strict=True)],
        colours=[palette.MUTED if ok else palette.DANGER for ok in right],
        hover=[f"{p} with {c:.0%}; is {t}" for t, p, c in zip(true, predicted, confidence, strict=True)],
    )


def _png(pixels: np.ndarray) -> str:
    """The picture as a data address: a tenth of what its numbers would take as JSON."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def confusion(counts: np.ndarray, class_names: Sequence[str]) -> go.Figure:
    """True classes as rows, predicted as columns; each cell holds its count, shaded by its share of the row.

    Args:
        counts: (classes, classes) integers.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    heat = {
        "type": "heatmap",
        "z": shares,
        "x": list(class_names),
        "y": list(class_names),
        "text": counts,
        "texttemplate": "%{text}",
        "colorscale": palette.SEQUENTIAL,
        "zmin": 0,
        "zmax": 1,
        "showscale": False,  # the hover says the share, and the numbers are in the cells
        "hovertemplate": "is %{y}, called %{x}<br>%{text} images, %{z:.1%} of %{y}<extra></extra>",
    }
    layout = palette.layout(
        height=400,
        xaxis={"title": {"text": "predicted"}, "automargin": True},
        yaxis={"title": {"text": "true"}, "autorange": "reversed", "automargin": True},
    )
    return go.Figure(data=[heat], layout=layout)
