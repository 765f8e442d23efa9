"""The evaluation's figures: the best of many looks, ROC with a threshold, calibration, classes with intervals."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.evaluation.calibration import Calibration
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.optimism import Guesses
from dlcore.evaluation.thresholds import PrecisionRecall, Roc
from dlcore.figures import palette


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": title}, "gridcolor": palette.GRID, "automargin": True, **more}


def best_of_many(found: Guesses) -> go.Figure:
    """The best accuracy so far against the number of looks: some worlds, their mean, what is expected."""
    best = found.best_so_far
    m = best.shape[1]
    looks = np.arange(1, m + 1)
    gap = np.full((len(best), 1), np.nan)  # lifts the pen between two worlds
    worlds = {
        "type": "scatter",
        "mode": "lines",
        "x": np.tile(np.append(looks, m), len(best)),
        "y": np.concatenate([best, gap], axis=1).ravel(),
        "name": f"{len(best)} worlds of coin tosses",
        "line": {"color": palette.MUTED, "width": 0.7, "shape": "hv"},
        "opacity": 0.5,
        "hoverinfo": "skip",
    }
    mean = _line(looks, best.mean(axis=0), "their mean", palette.TEST, "solid")
    expected = _line(looks, found.expected, "½ + E[max of m] · SE", palette.REFERENCE, "dot")
    layout = palette.layout(
        height=340,
        xaxis=_axis("models scored on the same test set, m"),
        yaxis=_axis("best accuracy seen", tickformat=".0%"),
    )
    return go.Figure(data=[worlds, mean, expected], layout=layout)


def _line(x: np.ndarray, y: np.ndarray, name: str, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "line": {"color": colour, "dash": dash, "width": 2.5},
        "hovertemplate": f"{name}, m = %{{x}}: %{{y:.1%}}<extra></extra>",
    }


def roc(curve: Roc, threshold: float, name: str) -> go.Figure:
    """True against false positive rate of one class, with the point of the threshold and the diagonal of chance.

    Args:
        threshold: scores from here on are called positive.
        name: of the class.
    """
    at = int((curve.thresholds >= threshold).sum()) - 1
    fpr, tpr = curve.false_positive_rate, curve.true_positive_rate
    line = _line(fpr, tpr, f"“{name}”", palette.VALIDATION, palette.DASH["validation"])
    line["line"]["shape"] = "linear"
    line["hovertemplate"] = "1 − specificity %{x:.1%}, sensitivity %{y:.1%}, threshold %{text}<extra></extra>"
    line["text"] = ["none" if np.isinf(t) else f"{t:.3f}" for t in curve.thresholds]
    chance = _line(np.array([0, 1]), np.array([0, 1]), "guessing", palette.REFERENCE, "dot")
    point = _point(float(fpr[at]), float(tpr[at]), threshold)
    layout = palette.layout(
        height=380,
        xaxis=_axis("false positive rate, 1 − specificity", range=[-0.02, 1.02], tickformat=".0%"),
        yaxis=_axis("true positive rate, sensitivity", range=[-0.02, 1.02], tickformat=".0%"),
    )
    return go.Figure(data=[chance, line, point], layout=layout)


def _point(x: float, y: float, threshold: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x],
        "y": [y],
        "name": f"threshold {threshold:.2f}",
        "marker": {"color": palette.ACCENT, "size": 13, "symbol": "circle-open", "line": {"width": 3}},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def precision_recall(curve: PrecisionRecall, threshold: float, name: str) -> go.Figure:
    """Precision against recall of one class, with the point of the threshold and the level that guessing reaches.

    Args:
        threshold: scores from here on are called positive; above every score nothing is, and no point is drawn.
        name: of the class.
    """
    at = int((curve.thresholds >= threshold).sum()) - 1
    line = _line(
        curve.recall,
        curve.precision,
        f"“{name}”",
        palette.VALIDATION,
        palette.DASH["validation"],
    )
    line["line"]["shape"] = "vh"  # between two thresholds the precision is that of the lower one: steps
    line["hovertemplate"] = "recall %{x:.1%}, precision %{y:.1%}, threshold %{text}<extra></extra>"
    line["text"] = [f"{t:.3f}" for t in curve.thresholds]
    p = curve.prevalence
    guessing = _line(np.array([0, 1]), np.array([p, p]), "guessing", palette.REFERENCE, "dot")
    points = [_point(float(curve.recall[at]), float(curve.precision[at]), threshold)] if at >= 0 else []
    layout = palette.layout(
        height=380,
        xaxis=_axis("recall, sensitivity", range=[-0.02, 1.02], tickformat=".0%"),
        yaxis=_axis("precision", range=[-0.02, 1.02], tickformat=".0%"),
    )
    return go.Figure(data=[guessing, line, *points], layout=layout)


def beside_base_rate(accuracy: Share, base: Share, base_name: str) -> go.Figure:
    """Two bars with 95 % intervals: what the network gets right, and what always naming one class would."""
    shares = (base, accuracy)
    low, high = np.array([share.interval for share in shares]).T
    value = np.array([share.value for share in shares])
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": value,
        "y": [f"always “{base_name}”", "this network"],
        "marker": {"color": [palette.REFERENCE, palette.VALIDATION], "opacity": 0.75},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": high - value,
            "arrayminus": value - low,
            "color": palette.ACCENT,
        },
        "hovertext": [str(share) for share in shares],
        "hoverinfo": "text",
    }
    layout = palette.layout(
        height=130,
        xaxis=_axis("", range=[0, 1.02], tickformat=".0%"),
        yaxis=_axis(""),
        margin={"l": 8, "r": 8, "t": 4, "b": 4},
        bargap=0.35,
        showlegend=False,
    )
    return go.Figure(data=[bars], layout=layout)


def calibration(found: Calibration) -> go.Figure:
    """Share of right predictions against confidence, with intervals; on the diagonal the network knows itself."""
    diagonal = _line(np.array([0, 1]), np.array([0, 1]), "calibrated", palette.REFERENCE, "dot")
    dots = _dots(found.confidence, found.right, "validation images, by confidence", palette.VALIDATION)
    layout = palette.layout(
        height=380,
        xaxis=_axis("confidence: probability of the predicted class", range=[0, 1.02], tickformat=".0%"),
        yaxis=_axis("share that is right", range=[0, 1.02], tickformat=".0%"),
    )
    return go.Figure(data=[diagonal, dots], layout=layout)


def _dots(x: np.ndarray, shares: tuple[Share, ...], name: str, colour: str) -> dict[str, Any]:
    value = np.array([share.value for share in shares])
    low, high = np.array([share.interval for share in shares]).T
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": value,
        "error_y": {"type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low},
        "name": name,
        "marker": {"color": colour, "size": 10, "symbol": "diamond"},
        "hovertext": [str(share) for share in shares],
        "hoverinfo": "text",
    }
