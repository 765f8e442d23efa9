"""The evaluation's figures: best of many looks, ROC, calibration, classes with intervals, confusion matrix."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.evaluation.calibration import Calibration
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.optimism import Guesses
from dlcore.evaluation.thresholds import PrecisionRecall, Roc
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look

ENDS = np.array([0, 1])
OF_WORLDS = Look(palette.TEST)  # one line for the mean of many test sets, solid among the pale worlds


def best_of_many(found: Guesses) -> go.Figure:
    """The best accuracy so far against the number of looks: some worlds, their mean, what is expected."""
    best = found.best_so_far  # (worlds, looks)
    m = best.shape[1]
    looks = np.arange(1, m + 1)
    gap = np.full((len(best), 1), np.nan)  # lifts the pen between two worlds
    x, y = np.tile(np.append(looks, m), len(best)), np.concatenate([best, gap], axis=1).ravel()
    worlds = marks.line(x, y, "muted", f"{len(best)} worlds of coin tosses", width=0.7, hover="", opacity=0.5)
    worlds["line"]["shape"] = "hv"
    told = ", m = %{x}: %{y:.1%}<extra></extra>"
    mean = marks.line(looks, best.mean(axis=0), OF_WORLDS, "their mean", hover="their mean" + told)
    law = "½ + E[max of m] · SE"
    expected = marks.line(looks, found.expected, "reference", law, hover=law + told)
    layout = palette.layout(
        height=340,
        xaxis=marks.axis("models scored on the same test set, m"),
        yaxis=marks.axis("best accuracy seen", tickformat=".0%"),
    )
    return go.Figure(data=[worlds, mean, expected], layout=layout)


def roc(
    curve: Roc, threshold: float, name: str, score: float | None = None, shown: np.ndarray | None = None
) -> go.Figure:
    """True against false positive rate of one class, with the point of the threshold and the diagonal of chance.

    Args:
        threshold: probabilities from here on are called positive.
        name: of the class.
        score: the score of this probability, where images are ranked by something else.
        shown: (m,) the probabilities of the curve's thresholds, likewise.
    """
    at = int((curve.thresholds >= (threshold if score is None else score)).sum()) - 1
    shown = curve.thresholds if shown is None else shown
    fpr, tpr = curve.false_positive_rate, curve.true_positive_rate
    hover = "1 − specificity %{x:.1%}, sensitivity %{y:.1%}, threshold %{text}<extra></extra>"
    line = marks.line(fpr, tpr, "validation", f"“{name}”", hover=hover)
    line["text"] = ["none", *(f"{t:.3f}" for t in shown[1:])]
    layout = palette.layout(
        height=380,
        xaxis=_rate("false positive rate, 1 − specificity"),
        yaxis=_rate("true positive rate, sensitivity"),
    )
    return go.Figure(data=[_guessing(ENDS), line, _point(fpr[at], tpr[at], threshold)], layout=layout)


def precision_recall(
    curve: PrecisionRecall,
    threshold: float,
    name: str,
    score: float | None = None,
    shown: np.ndarray | None = None,
) -> go.Figure:
    """Precision against recall of one class, with the point of the threshold and the level that guessing reaches.

    Args:
        threshold: probabilities from here on are called positive; above all nothing is, and no point is drawn.
        name: of the class.
        score, shown: (m,) as for `roc`.
    """
    at = int((curve.thresholds >= (threshold if score is None else score)).sum()) - 1
    shown = curve.thresholds if shown is None else shown
    hover = "recall %{x:.1%}, precision %{y:.1%}, threshold %{text}<extra></extra>"
    line = marks.line(curve.recall, curve.precision, "validation", f"“{name}”", hover=hover)
    line["line"]["shape"] = "vh"  # between two thresholds the precision is that of the lower one: steps
    line["text"] = [f"{t:.3f}" for t in shown]
    points = [_point(curve.recall[at], curve.precision[at], threshold)] if at >= 0 else []
    layout = palette.layout(height=380, xaxis=_rate("recall, sensitivity"), yaxis=_rate("precision"))
    guessing = _guessing(np.full(2, curve.prevalence))
    return go.Figure(data=[guessing, line, *points], layout=layout)


def _rate(title: str) -> dict[str, Any]:
    return marks.axis(title, range=[-0.02, 1.02], tickformat=".0%")


def _guessing(y: np.ndarray) -> dict[str, Any]:
    return marks.line(ENDS, y, "reference", "guessing", hover="guessing: %{y:.1%}<extra></extra>")


def _point(x: float, y: float, threshold: float) -> dict[str, Any]:
    """The ring at the threshold that is set."""
    ring = {"symbol": "circle-open", "line": {"width": 3}}
    name = f"threshold {threshold:.2f}"
    return marks.dots(
        [float(x)], [float(y)], "accent", name, size=13, hover="", marker=ring, cliponaxis=False
    )


def beside_base_rate(accuracy: Share, base: Share, base_name: str) -> go.Figure:
    """Two bars with 95 % intervals: what the network gets right, and what always naming one class would."""
    measured = (base, accuracy)
    low, high = np.array([share.interval for share in measured]).T
    bars = marks.bars(
        [f"always “{base_name}”", "this network"],
        np.array([share.value for share in measured]),
        [palette.REFERENCE, palette.VALIDATION],
        low=low,
        high=high,
        hover=[str(share) for share in measured],
    )
    bars["marker"]["opacity"] = 0.75
    layout = palette.layout(
        height=130,
        xaxis=marks.axis(range=[0, 1.02], tickformat=".0%"),
        yaxis=marks.axis(),
        margin={"l": 8, "r": 8, "t": 4, "b": 4},
        bargap=0.35,
        showlegend=False,
    )
    return go.Figure(data=[bars], layout=layout)


def calibration(found: Calibration) -> go.Figure:
    """Share of right predictions against confidence, with intervals; on the diagonal the network knows itself."""
    diagonal = marks.line(ENDS, ENDS, "reference", "calibrated", hover="")
    dots = marks.shares(found.confidence, found.right, "validation", "validation images, by confidence")
    layout = palette.layout(
        height=380,
        xaxis=marks.axis("confidence: probability of the predicted class", range=[0, 1.02], tickformat=".0%"),
        yaxis=marks.axis("share that is right", range=[0, 1.02], tickformat=".0%"),
    )
    return go.Figure(data=[diagonal, dots], layout=layout)


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
