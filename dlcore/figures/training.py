"""The training page's pictures of images: a gallery, predictions under their images, the confusion matrix."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dlcore.figures import marks, palette
from dlcore.figures.prebuilt import Prebuilt, data_address, png


def gallery(
    images: np.ndarray,
    captions: Sequence[str],
    columns: int = 4,
    colours: Sequence[str] | None = None,
    hover: Sequence[str] | None = None,
    width: int = 600,
) -> Prebuilt:
    """Images side by side, each with a caption under it; one picture, however many tiles.

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3).
        captions: n short texts.
        colours: of the captions; None: all alike.
        hover: what a caption says when pointed at; None: itself.
        width: pixels that the picture will have on a wide screen; narrower, it leaves space below.
    """
    n, h, w = images.shape[:3]
    columns = min(columns, 8)
    rows, gap = -(-n // columns), w // 4
    step_x, step_y = w + gap, h + 2 * gap  # room for two lines of text under each
    text = marks.written(
        [(i % columns) * step_x + w / 2 for i in range(n)],
        [(i // columns) * step_y + h + gap for i in range(n)],
        captions,
        hover=list(hover or captions),
        textfont={"size": 11, **({"color": list(colours)} if colours else {})},  # else the page's own: 4.5:1
    )
    hidden = {"visible": False, "fixedrange": True}
    in_view = {"scaleanchor": "x", "constrain": "domain", "constraintoward": "top"}
    layout = palette.layout(
        height=24 + round(rows * width / columns * step_y / step_x),
        xaxis=hidden | {"range": [-gap / 2, columns * step_x - gap / 2]},
        yaxis=hidden | {"range": [rows * step_y, -1]} | in_view,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        showlegend=False,
    )
    image = {"type": "image", "source": data_address(png(_sheet(images, columns, gap))), "hoverinfo": "skip"}
    return Prebuilt({"data": [image, text], "layout": layout})


def _sheet(images: np.ndarray, columns: int, gap: int) -> np.ndarray:
    """The tiles in rows, uint8 (height, width, 4); what lies between them is transparent."""
    n, h, w = images.shape[:3]
    step_x, step_y = w + gap, h + 2 * gap
    sheet = np.zeros((-(-n // columns) * step_y, columns * step_x, 4), np.uint8)
    for i in range(n):
        y, x = (i // columns) * step_y, (i % columns) * step_x
        sheet[y : y + h, x : x + w, :3] = images[i] if images.ndim == 4 else images[i][..., None]
        sheet[y : y + h, x : x + w, 3] = 255
    return sheet


def mosaic(
    images: np.ndarray,
    true: Sequence[str],
    predicted: Sequence[str],
    confidence: Sequence[float],
    columns: int = 4,
    width: int = 600,
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
        columns=columns,
        width=width,
        colours=[palette.MUTED if ok else palette.DANGER for ok in right],
        hover=[f"{p} with {c:.0%}; is {t}" for t, p, c in zip(true, predicted, confidence, strict=True)],
    )


def confusion(counts: np.ndarray, class_names: Sequence[str]) -> go.Figure:
    """True classes as rows, predicted as columns; each cell holds its count, shaded by its share of the row.

    Args:
        counts: (classes, classes) integers.
    """
    n = len(class_names)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # no colour bar: the hover says the share, and the numbers are in the cells
    heat = marks.cells(shares, palette.SEQUENTIAL, (0, 1), x=list(class_names), y=list(class_names))
    heat |= {"text": counts, "texttemplate": "%{text}"}
    cells = marks.click_targets(
        list(class_names) * n,
        [name for name in class_names for _ in range(n)],
        size=30,
        customdata=np.stack([counts, 100 * shares], axis=-1).reshape(n * n, 2),
        hover="is %{y}, called %{x}<br>%{customdata[0]} images, %{customdata[1]:.1f}% of %{y}<extra></extra>",
    )
    layout = palette.layout(
        height=400,
        xaxis=marks.axis("predicted", range=[-0.5, n - 0.5]),
        yaxis=marks.axis("true", range=[n - 0.5, -0.5]),
        showlegend=False,
        hoverdistance=-1,
    )
    return go.Figure(data=[heat, cells], layout=layout)
