"""The losses' figure: loss above and gradient below, against the margin, with a network's predictions on them."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.experiments.losses import FAR, LOSSES, Judged, band
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look

# The two losses, here and in the stepper's figure.
LOOKS = {
    "cross_entropy": Look(palette.CATEGORIES[0]),
    "squared_error": Look(palette.CATEGORIES[1], "dash"),
}
NAMES = {"cross_entropy": "cross-entropy", "squared_error": "squared error"}
GRID = np.linspace(-FAR, FAR, 241)


def curves(classes: int, judged: Judged | None = None) -> go.Figure:
    """Both losses and the strength of their pull as functions of the margin; dots are predictions.

    Args:
        classes: with more than two, squared error lies in a band.
        judged: predictions of a run; None draws the curves alone.
    """
    traces: list[dict[str, Any]] = []
    for name, loss in LOSSES.items():
        low, high = band(GRID, classes)
        is_band = name == "squared_error" and classes > 2
        if is_band:
            traces.append(marks.band(GRID, low, high, LOOKS[name]))
        hover = f"{NAMES[name]} at m = %{{x:.1f}}: %{{y:.3g}}<extra></extra>"
        value = loss.of(GRID) if name == "cross_entropy" else high
        label = NAMES[name] + (" (at most)" if is_band else "")
        traces.append(marks.line(GRID, value, LOOKS[name], label, hover=hover, yaxis="y"))
        traces.append(marks.line(GRID, -loss.slope(GRID), LOOKS[name], hover=hover, yaxis="y2"))
        if judged is not None:
            traces += [
                _predictions(name, judged, judged.losses[name], "y"),
                _predictions(name, judged, judged.pulls[name], "y2"),
            ]
    if judged is not None:
        traces.append(_rug(judged))
    return go.Figure(data=traces, layout=_layout())


def _layout() -> dict[str, Any]:
    return palette.layout(
        height=560,
        xaxis=marks.axis("margin m = log(ŷ<sub>y</sub> / (1 − ŷ<sub>y</sub>))", anchor="y2"),
        yaxis=marks.axis("loss L", "nats; ½ error²", domain=[0.47, 1], range=[-0.35, 6]),
        yaxis2=marks.axis("pull −∂L/∂z<sub>y</sub>", domain=[0, 0.41], range=[-0.04, 1.08]),
        shapes=[marks.upright(0, Look(palette.MUTED, "dot"), width=1)],
    )


def _predictions(name: str, judged: Judged, y: np.ndarray, axis: str) -> dict[str, Any]:
    return marks.dots(
        judged.margins.clip(-FAR, FAR),
        y,
        LOOKS[name],
        size=5,
        opacity=0.55,
        marker={"symbol": np.where(judged.right, "circle", "x").tolist()},
        hover=f"{NAMES[name]}, m = %{{x:.2f}}: %{{y:.3g}}<extra></extra>",
        yaxis=axis,
    )


def _rug(judged: Judged) -> dict[str, Any]:
    """Every prediction as a short line at the foot of the picture, the wrong ones as crosses."""
    look = {
        "symbol": np.where(judged.right, "line-ns-open", "x").tolist(),
        "color": np.where(judged.right, palette.VALIDATION, palette.DANGER).tolist(),
    }
    foot = np.full(len(judged.margins), -0.2)
    name = "validation images (× called wrongly)"
    x = judged.margins.clip(-FAR, FAR)
    return marks.dots(x, foot, "validation", name, size=8, marker=look, hover="")
