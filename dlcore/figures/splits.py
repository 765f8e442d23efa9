"""The splits' figures: class shares of many deals, how alike the nearest images are, accuracies."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.data.leakage import Leaks
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.near_against_clean import NearAgainstClean
from dlcore.evaluation.split_luck import ClassShares
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look

ASIDE = 0.2  # of the distance between two classes, so that the intervals stand side by side
DEALS = {"left to chance": Look(palette.NEGATIVE), "stratified": palette.LOOKS["validation"]}
NEAR, CLEAN = Look(palette.NEGATIVE), Look(palette.POSITIVE, symbol="diamond")


def class_spread(found: ClassShares) -> go.Figure:
    """The validation part's share of every class over many deals: left to chance, and stratified.

    Every deal is a dot; the bar is one standard deviation as the hypergeometric law has it.
    """
    place = np.arange(len(found.class_names), dtype=float)
    wobble = marks.scattered(found.by_chance.shape)
    traces = [
        marks.dots(
            shares.ravel(),
            (place + aside + wobble).ravel(),
            DEALS[name],
            name,
            size=5,
            opacity=0.5,
            hover=f"{name}: %{{x:.1%}}<extra></extra>",
        )
        for name, shares, aside in (
            ("left to chance", found.by_chance, -ASIDE),
            ("stratified", found.stratified, ASIDE),
        )
    ]
    theory = marks.dots(
        found.whole,
        place - ASIDE,
        Look(palette.REFERENCE),
        "whole set, ± standard deviation by theory",
        low=found.whole - found.expected,
        high=found.whole + found.expected,
        lying=True,
        thickness=3,
        size=7,
        hover="%{x:.1%}<extra></extra>",
    )
    layout = palette.layout(
        height=120 + 62 * len(place),
        xaxis=marks.axis("share of the validation part", tickformat=".0%"),
        yaxis=marks.named_axis(found.class_names, down=True),
    )
    return go.Figure(data=[*traces, theory], layout=layout)


def likeness(found: Leaks, threshold: float) -> go.Figure:
    """How many images have a training image at least so alike, for every likeness from 0.5 to 1.

    Args:
        found: leaks with a threshold below 0.5, so that every image's nearest is known.
        threshold: correlation from which on two images are called near-duplicates.
    """
    grid = np.linspace(0.5, 1, 251)
    traces = []
    for part, r in (("validation", found.validation_correlations), ("test", found.correlations)):
        count = len(r) - np.searchsorted(np.sort(r), grid, side="right")
        hover = f"%{{text}} {part} images above %{{x:.3f}}<extra></extra>"
        curve = marks.line(grid, count / max(1, len(r)), part, part, hover=hover)
        traces.append(curve | {"text": [f"{c:,} of {len(r):,}" for c in count]})
    layout = palette.layout(
        height=300,
        xaxis=marks.axis("correlation with the most similar training image", range=[0.5, 1.003]),
        yaxis=marks.axis("share of images above", tickformat=".0%", range=[0, 1.02]),
        shapes=[marks.upright(threshold, Look(palette.ACCENT))],
    )
    return go.Figure(data=traces, layout=layout)


def accuracies(found: NearAgainstClean) -> go.Figure:
    """Accuracy on near-duplicates and on clean images with 95 % intervals: all together, then by class."""
    names = ["all classes", *found.class_names]
    near, clean = (list(each) for each in zip(*found.by_class, strict=True)) if found.by_class else ([], [])
    traces = [
        _group([found.near, *near], 0.12, NEAR, "near-duplicate in training"),
        _group([found.clean, *clean], -0.12, CLEAN, "clean"),
    ]
    layout = palette.layout(
        height=110 + 58 * len(names),
        xaxis=marks.axis("accuracy on validation images", tickformat=".0%", range=[0, 1.04]),
        yaxis=marks.named_axis(names, down=True),
    )
    return go.Figure(data=traces, layout=layout)


def _group(shares: list[Share], aside: float, look: Look, name: str) -> dict[str, Any]:
    """One group's dots, lying down; a class the group does not hold has none."""
    known = {i + aside: share for i, share in enumerate(shares) if share.n}
    hover = [f"{name}: {share}" for share in known.values()]
    return marks.shares(list(known), list(known.values()), look, name, lying=True, hover=hover)
