"""The splits' figures: class proportions with intervals, how alike the nearest images are, accuracies."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.data.leakage import Leaks
from dlcore.evaluation.composition import PARTS, Composition
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.near_against_clean import NearAgainstClean
from dlcore.evaluation.split_luck import ClassShares
from dlcore.figures import palette
from dlcore.figures.prebuilt import Prebuilt

SYMBOLS = {"train": "circle", "validation": "diamond", "test": "square"}
APART = 0.2  # of the distance between two classes, so that the three intervals stand side by side


def _bars(value: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """Error bars from value down to low and up to high."""
    return {"type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low, "width": 5}


def proportions(found: Composition) -> Prebuilt:
    """The share of every class in train, validation and test, with 95 % intervals; prevalence shifts show."""
    low, high = found.intervals
    place = np.arange(len(found.class_names))
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": place + (i - 1) * APART,
            "y": found.shares[i],
            "error_y": _bars(found.shares[i], low[i], high[i]),
            "name": f"{part} ({found.sizes[i]:,} images)",
            "marker": {"color": palette.SPLIT[part], "symbol": SYMBOLS[part], "size": 9},
            "text": [f"{n:,} of {found.sizes[i]:,}" for n in found.counts[i]],
            "customdata": list(found.class_names),
            "hovertemplate": f"%{{customdata}} in {part}: %{{y:.1%}}, %{{text}} images<extra></extra>",
        }
        for i, part in enumerate(PARTS)
    ]
    layout = palette.layout(
        height=340,
        xaxis={"tickvals": place, "ticktext": list(found.class_names), "automargin": True, "showgrid": False},
        yaxis={
            "title": {"text": "share of the part"},
            "tickformat": ".0%",
            "rangemode": "tozero",
            "gridcolor": palette.GRID,
            "automargin": True,
        },
    )
    return Prebuilt({"data": traces, "layout": layout})


def class_spread(found: ClassShares) -> go.Figure:
    """The validation part's share of every class over many deals: left to chance, and stratified.

    Every deal is a dot; the bar is one standard deviation as the hypergeometric law has it.
    """
    place = np.arange(len(found.class_names), dtype=float)
    wobble = np.random.default_rng(0).uniform(-0.12, 0.12, found.by_chance.shape)  # keeps equal dots apart
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": shares.ravel(),
            "y": (place + shift + wobble).ravel(),
            "name": name,
            "marker": {"color": colour, "size": 5, "opacity": 0.5, "symbol": symbol},
            "hovertemplate": f"{name}: %{{x:.1%}}<extra></extra>",
        }
        for name, shares, shift, colour, symbol in (
            ("left to chance", found.by_chance, -0.2, palette.NEGATIVE, "circle"),
            ("stratified", found.stratified, 0.2, palette.VALIDATION, "diamond"),
        )
    ]
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": found.whole,
            "y": place - 0.2,
            "error_x": {
                "type": "data",
                "array": found.expected,
                "thickness": 3,
                "width": 7,
                "color": palette.REFERENCE,
            },
            "marker": {"color": palette.REFERENCE, "size": 7},
            "name": "whole set, ± standard deviation by theory",
            "hovertemplate": "%{x:.1%}<extra></extra>",
        }
    )
    layout = palette.layout(
        height=120 + 62 * len(place),
        xaxis={
            "title": {"text": "share of the validation part"},
            "tickformat": ".0%",
            "gridcolor": palette.GRID,
            "automargin": True,
        },
        yaxis={
            "tickvals": place,
            "ticktext": list(found.class_names),
            "autorange": "reversed",
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
    return go.Figure(data=traces, layout=layout)


def likeness(found: Leaks, threshold: float) -> go.Figure:
    """How many images have a training image at least so alike, for every likeness from 0.5 to 1.

    Args:
        found: leaks with a threshold below 0.5, so that every image's nearest is known.
    """
    grid = np.linspace(0.5, 1, 251)
    traces = []
    for part, r in (("validation", found.validation_correlations), ("test", found.correlations)):
        count = len(r) - np.searchsorted(np.sort(r), grid, side="right")
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": grid,
                "y": count / max(1, len(r)),
                "text": [f"{c:,} of {len(r):,}" for c in count],
                "name": part,
                "line": {"color": palette.SPLIT[part], "dash": palette.DASH[part], "width": 2.5},
                "hovertemplate": f"%{{text}} {part} images above %{{x:.3f}}<extra></extra>",
            }
        )
    layout = palette.layout(
        height=300,
        xaxis={
            "title": {"text": "correlation with the most similar training image"},
            "gridcolor": palette.GRID,
            "range": [0.5, 1.003],
        },
        yaxis={
            "title": {"text": "share of images above"},
            "tickformat": ".0%",
            "range": [0, 1.02],
            "gridcolor": palette.GRID,
            "automargin": True,
        },
        shapes=[
            {
                "type": "line",
                "x0": threshold,
                "x1": threshold,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": palette.ACCENT, "width": 2},
            }
        ],
    )
    return go.Figure(data=traces, layout=layout)


def accuracies(found: NearAgainstClean) -> go.Figure:
    """Accuracy on near-duplicates and on clean images with 95 % intervals: all together, then by class."""
    names = ["all classes", *found.class_names]
    groups = {
        "near-duplicate in training": ([found.near, *(n for n, _ in found.by_class)], palette.NEGATIVE, 0.12),
        "clean": ([found.clean, *(c for _, c in found.by_class)], palette.POSITIVE, -0.12),
    }
    traces = [
        _dots(shares, np.arange(len(names)) + shift, name, colour)
        for name, (shares, colour, shift) in groups.items()
    ]
    layout = palette.layout(
        height=110 + 58 * len(names),
        xaxis={
            "title": {"text": "accuracy on validation images"},
            "tickformat": ".0%",
            "range": [0, 1.04],
            "gridcolor": palette.GRID,
        },
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "autorange": "reversed",
            "automargin": True,
            "showgrid": False,
        },
    )
    return go.Figure(data=traces, layout=layout)


def _dots(shares: list[Share], y: np.ndarray, name: str, colour: str) -> dict[str, Any]:
    """One group's dots, lying down; a class the group does not hold has none."""
    known = [i for i, share in enumerate(shares) if share.n]
    value = np.array([shares[i].value for i in known])
    low, high = np.array([shares[i].interval for i in known]).reshape(-1, 2).T
    return {
        "type": "scatter",
        "mode": "markers",
        "x": value,
        "y": y[known],
        "error_x": _bars(value, low, high),
        "name": name,
        "marker": {"color": colour, "size": 10, "symbol": "diamond" if name == "clean" else "circle"},
        "hovertext": [f"{name}: {shares[i]}" for i in known],
        "hoverinfo": "text",
    }
