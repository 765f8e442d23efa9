"""The lenses' figures: a result against one setting, range tests, the gap under each remedy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.experiments.hyperparameters import Point, RangeTest
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look

ARMS = [
    Look(colour, ("solid", "dash", "dot")[i % 3], ("circle", "diamond", "square")[i % 3])
    for i, colour in enumerate(palette.CATEGORIES)
]
STEEPEST = Look(palette.ACCENT, "dash")


def against(
    arms: Mapping[str, Sequence[Point]],
    x: str,
    y: str,
    *,
    log: bool = True,
    percent: bool = False,
    band: tuple[float, float, str] | None = None,
) -> go.Figure:
    """One dot per seed against the setting, a line through the means; an × on top where a seed diverged.

    Args:
        arms: name -> points in rising order.
        x, y: titles of the axes, with their units.
        log: whether the settings lie on a log axis.
        band: two settings and a name, a grey stripe behind everything.
    """
    traces = [
        trace
        for look, (name, points) in zip(ARMS, arms.items(), strict=False)
        if points
        for trace in _arm(look, name, points)
    ]
    every = [point for points in arms.values() for point in points]
    places, lost = (sorted({point.x for point in some}) for some in (every, [p for p in every if p.lost]))
    at = np.log10 if log else float  # where Plotly wants a label on this axis
    labels = [marks.label(at(place), 1, "× diverged", palette.DANGER, size=12) for place in lost]
    if band:
        middle = (at(band[0]) + at(band[1])) / 2
        labels.append(marks.label(middle, 0, band[2], size=12, yanchor="bottom"))
    ticks = [f"{place:,.0%}" if percent else f"{place:,g}" for place in places]
    layout = palette.layout(
        height=360,
        xaxis=marks.axis(x, log=log, tickvals=places, ticktext=ticks),
        yaxis=marks.axis(y, tickformat=".1%" if "accuracy" in y else None),
        shapes=[marks.stripe(band[0], band[1])] if band else [],
        annotations=labels,
    )
    return go.Figure(data=traces, layout=layout)


def _arm(look: Look, name: str, points: Sequence[Point]) -> list[dict[str, Any]]:
    """The seeds' dots and the line of the means of one arm."""
    whole = [point for point in points if point.values]
    means = [point.mean for point in whole]
    dots = marks.dots(
        [point.x for point in whole for _ in point.values],
        [value for point in whole for value in point.values],
        look,
        size=8,
        opacity=0.75,
        hover=f"{name}, one seed: %{{y:.3g}}<extra></extra>",
    )
    hover = f"{name}, mean: %{{y:.3g}}<extra></extra>"
    return [marks.line([point.x for point in whole], means, look, name, hover=hover), dots]


def range_test(found: RangeTest) -> go.Figure:
    """Training loss against the rising rate; the steepest fall and the divergence marked by vertical lines."""
    hover = "η = %{x:.2g}: loss %{y:.3g}<extra></extra>"
    dots = marks.dots(
        found.rates, found.losses, "train", "one rate, a few steps", size=5, opacity=0.5, hover=hover
    )
    line = marks.line(found.rates, found.smooth, "train", "averaged over five rates", hover="")
    seen = [(found.steepest, "steepest fall", STEEPEST, "right")]
    if found.diverges is not None:
        seen.append((found.diverges, "diverges", palette.LOOKS["danger"], "left"))
    top = 1.35 * float(max(found.losses[0], found.smooth[0]))
    layout = palette.layout(
        height=360,
        xaxis=marks.axis("learning rate η, rising from epoch to epoch", log=True, dtick=1),
        yaxis=marks.axis("training loss at this rate", range=[0, top]),
        shapes=[marks.upright(rate, look) for rate, _, look, _ in seen],
        annotations=[
            marks.label(
                float(np.log10(rate)),
                1,
                f" {name} {rate:.2g} ",
                look.colour,
                yanchor="top",
                xanchor=side,
            )
            for rate, name, look, side in seen
        ],
    )
    return go.Figure(data=[dots, line], layout=layout)


def gaps(arms: Mapping[str, Sequence[tuple[float, float]]]) -> go.Figure:
    """For every remedy the accuracy on train and on validation, seed by seed, joined by a line: the gap.

    Args:
        arms: name -> (train, validation) accuracy per seed.
    """
    seeds = max(len(pairs) for pairs in arms.values())
    apart = np.linspace(-0.15, 0.15, seeds) if seeds > 1 else np.zeros(1)
    y = np.array([i + apart[s] for i, pairs in enumerate(arms.values()) for s in range(len(pairs))])
    both = np.array([pair for pairs in arms.values() for pair in pairs]).reshape(-1, 2)
    pen_up = np.full(len(both), np.nan)  # between two seeds
    joined = marks.line(
        np.column_stack([both, pen_up]).ravel(), np.repeat(y, 3), "muted", "the gap", width=1.5, hover=""
    )
    dots = [
        marks.dots(both[:, column], y, part, part, hover=f"{part}: %{{x:.1%}}<extra></extra>")
        for column, part in enumerate(("train", "validation"))
    ]
    layout = palette.layout(
        height=120 + 58 * len(arms),
        xaxis=marks.axis("accuracy of the kept weights, images unchanged", tickformat=".0%"),
        yaxis=marks.named_axis(list(arms), down=True),
    )
    return go.Figure(data=[joined, *dots], layout=layout)
