"""The lenses' figures: a result against one setting, range tests, the gap under each remedy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.experiments.hyperparameters import Point, RangeTest
from dlcore.figures import palette

SYMBOLS = ("circle", "diamond", "square")
DASHES = ("solid", "dash", "dot")


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": title}, "gridcolor": palette.GRID, "automargin": True, **more}


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
        trace for i, (name, points) in enumerate(arms.items()) if points for trace in _arm(i, name, points)
    ]
    places = sorted({point.x for points in arms.values() for point in points})
    lost = sorted({point.x for points in arms.values() for point in points if point.lost})
    stripe = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0}, "layer": "below"}
    layout = palette.layout(
        height=360,
        xaxis=_axis(
            x,
            type="log" if log else "linear",
            tickvals=places,
            ticktext=[f"{place:,.0%}" if percent else f"{place:,g}" for place in places],
        ),
        yaxis=_axis(y, tickformat=".1%" if "accuracy" in y else None),
        shapes=[stripe | {"x0": band[0], "x1": band[1], "fillcolor": palette.GRID}] if band else [],
        annotations=[
            {
                "x": np.log10(place) if log else place,
                "y": 1,
                "yref": "paper",
                "text": "× diverged",
                "showarrow": False,
                "font": {"color": palette.DANGER, "size": 12},
            }
            for place in lost
        ]
        + (_named(band) if band else []),
    )
    return go.Figure(data=traces, layout=layout)


def _named(band: tuple[float, float, str]) -> list[dict[str, Any]]:
    return [
        {
            "x": (band[0] + band[1]) / 2,
            "y": 0,
            "yref": "paper",
            "yanchor": "bottom",
            "text": band[2],
            "showarrow": False,
            "font": {"color": palette.MUTED, "size": 12},
        }
    ]


def _arm(i: int, name: str, points: Sequence[Point]) -> list[dict[str, Any]]:
    """The seeds' dots and the line of the means of one arm."""
    colour = palette.CATEGORIES[i]
    whole = [point for point in points if point.values]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [point.x for point in whole],
            "y": [point.mean for point in whole],
            "name": name,
            "line": {"color": colour, "width": 2.5, "dash": DASHES[i % 3]},
            "hovertemplate": f"{name}, mean: %{{y:.3g}}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [point.x for point in whole for _ in point.values],
            "y": [value for point in whole for value in point.values],
            "name": f"{name}, one seed",
            "showlegend": False,
            "marker": {"color": colour, "size": 8, "symbol": SYMBOLS[i % 3], "opacity": 0.75},
            "hovertemplate": f"{name}, one seed: %{{y:.3g}}<extra></extra>",
        },
    ]


def range_test(found: RangeTest) -> go.Figure:
    """Training loss against the rising rate; the steepest fall and the divergence marked by vertical lines."""
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": found.rates,
        "y": found.losses,
        "name": "one rate, a few steps",
        "marker": {"color": palette.TRAIN, "size": 5, "opacity": 0.5},
        "hovertemplate": "η = %{x:.2g}: loss %{y:.3g}<extra></extra>",
    }
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": found.rates,
        "y": found.smooth,
        "name": "averaged over five rates",
        "line": {"color": palette.TRAIN, "width": 2.5},
        "hoverinfo": "skip",
    }
    marks = [(found.steepest, "steepest fall", palette.ACCENT, "dash")]
    if found.diverges is not None:
        marks.append((found.diverges, "diverges", palette.DANGER, "dot"))
    top = 1.35 * float(max(found.losses[0], found.smooth[0]))
    layout = palette.layout(
        height=360,
        xaxis=_axis(
            "learning rate η, rising from epoch to epoch", type="log", dtick=1, exponentformat="power"
        ),
        yaxis=_axis("training loss at this rate", range=[0, top]),
        shapes=[
            {
                "type": "line",
                "x0": rate,
                "x1": rate,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": colour, "width": 2, "dash": dash},
            }
            for rate, _, colour, dash in marks
        ],
        annotations=[
            {
                "x": np.log10(rate),
                "y": 1,
                "yref": "paper",
                "yanchor": "top",
                "xanchor": "right" if name == "steepest fall" else "left",
                "text": f" {name} {rate:.2g} ",
                "showarrow": False,
                "font": {"color": colour},
            }
            for rate, name, colour, _ in marks
        ],
    )
    return go.Figure(data=[dots, line], layout=layout)


def gaps(arms: Mapping[str, Sequence[tuple[float, float]]]) -> go.Figure:
    """For every remedy the accuracy on train and on validation, seed by seed, joined by a line: the gap.

    Args:
        arms: name -> (train, validation) accuracy per seed.
    """
    place = np.arange(len(arms), dtype=float)
    seeds = max(len(pairs) for pairs in arms.values())
    apart = np.linspace(-0.15, 0.15, seeds) if seeds > 1 else np.zeros(1)
    y = [place[i] + apart[s] for i, pairs in enumerate(arms.values()) for s in range(len(pairs))]
    both = np.array([pair for pairs in arms.values() for pair in pairs]).reshape(-1, 2)
    joined = {
        "type": "scatter",
        "mode": "lines",
        "x": np.column_stack([both, np.full(len(both), np.nan)]).ravel(),
        "y": np.repeat(y, 3),
        "line": {"color": palette.MUTED, "width": 1.5},
        "name": "the gap",
        "hoverinfo": "skip",
    }
    dots = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": both[:, column],
            "y": y,
            "name": part,
            "marker": {
                "color": palette.SPLIT[part],
                "size": 10,
                "symbol": "circle" if part == "train" else "diamond",
            },
            "hovertemplate": f"{part}: %{{x:.1%}}<extra></extra>",
        }
        for column, part in enumerate(("train", "validation"))
    ]
    layout = palette.layout(
        height=120 + 58 * len(arms),
        xaxis=_axis("accuracy of the kept weights, images unchanged", tickformat=".0%"),
        yaxis={
            "tickvals": place,
            "ticktext": list(arms),
            "autorange": "reversed",
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
    return go.Figure(data=[joined, *dots], layout=layout)
