"""The losses' figure: loss above and gradient below, against the margin, with a network's predictions on them."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.experiments.losses import FAR, LOSSES, Judged, band
from dlcore.figures import palette

COLOURS = {"cross_entropy": palette.CATEGORIES[0], "squared_error": palette.CATEGORIES[1]}
DASH = {"cross_entropy": "solid", "squared_error": "dash"}
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
        value = loss.of(GRID) if name == "cross_entropy" else high
        if name == "squared_error" and classes > 2:
            traces.append(_stripe(low, high))
        traces += [_line(name, value, "y", classes), _line(name, -loss.slope(GRID), "y2", classes)]
        if judged is not None:
            m = judged.margins.clip(-FAR, FAR)
            traces += [
                _dots(name, m, judged.losses[name], "y", judged.right),
                _dots(name, m, judged.pulls[name], "y2", judged.right),
            ]
    if judged is not None:
        traces.append(_rug(judged))
    axis = {"gridcolor": palette.GRID, "automargin": True, "zerolinecolor": palette.MUTED}
    layout = palette.layout(
        height=560,
        xaxis=axis
        | {"title": {"text": "margin m = log(ŷ<sub>y</sub> / (1 − ŷ<sub>y</sub>))"}, "anchor": "y2"},
        yaxis=axis | {"title": {"text": "loss L"}, "domain": [0.47, 1], "range": [-0.35, 6]},
        yaxis2=axis
        | {"title": {"text": "pull −∂L/∂z<sub>y</sub>"}, "domain": [0, 0.41], "range": [-0.04, 1.08]},
        shapes=[
            {
                "type": "line",
                "x0": 0,
                "x1": 0,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": palette.MUTED, "width": 1, "dash": "dot"},
            }
        ],
    )
    return go.Figure(data=traces, layout=layout)


def _line(name: str, y: np.ndarray, axis: str, classes: int) -> dict[str, Any]:
    label = NAMES[name] + (" (at most)" if name == "squared_error" and classes > 2 else "")
    return {
        "type": "scatter",
        "mode": "lines",
        "x": GRID,
        "y": y,
        "yaxis": axis,
        "name": label,
        "showlegend": axis == "y",
        "line": {"color": COLOURS[name], "width": 2.5, "dash": DASH[name]},
        "hovertemplate": f"{NAMES[name]} at m = %{{x:.1f}}: %{{y:.3g}}<extra></extra>",
    }


def _stripe(low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.concatenate([GRID, GRID[::-1]]),
        "y": np.concatenate([low, high[::-1]]),
        "fill": "toself",
        "fillcolor": "rgba(217,115,26,0.22)",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _dots(name: str, m: np.ndarray, y: np.ndarray, axis: str, right: np.ndarray) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": m,
        "y": y,
        "yaxis": axis,
        "showlegend": False,
        "marker": {
            "color": COLOURS[name],
            "size": 5,
            "opacity": 0.55,
            "symbol": np.where(right, "circle", "x").tolist(),
        },
        "hovertemplate": f"{NAMES[name]}, m = %{{x:.2f}}: %{{y:.3g}}<extra></extra>",
    }


def _rug(judged: Judged) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": judged.margins.clip(-FAR, FAR),
        "y": np.full(len(judged.margins), -0.2),
        "name": "validation images (× called wrongly)",
        "marker": {
            "symbol": np.where(judged.right, "line-ns-open", "x").tolist(),
            "size": 8,
            "color": np.where(judged.right, palette.VALIDATION, palette.DANGER).tolist(),
        },
        "hoverinfo": "skip",
    }
