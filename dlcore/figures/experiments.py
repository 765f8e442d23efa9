"""The experiments' figures: seeds as dots, accuracy against shift, folds, deals, and size of the training set."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.evaluation.fold_luck import Partitions
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.nested_cross_validation import Optimism
from dlcore.experiments.groups import Folds
from dlcore.figures import palette

ARMS = {"CNN": palette.CATEGORIES[0], "MLP": palette.CATEGORIES[1]}
DASHES = {"": "solid", " permuted": "dot"}


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": title}, "gridcolor": palette.GRID, "automargin": True, **more}


def _look(arm: str) -> tuple[str, str]:
    """Colour by model, dash by whether the pixels have been moved."""
    return ARMS.get(arm[:3], palette.MUTED), DASHES.get(arm[3:], "solid")


def seeds(arms: Mapping[str, Sequence[Share]]) -> go.Figure:
    """Validation accuracy of every seed as a dot, the mean of each arm as a bar across.

    Args:
        arms: "CNN", "MLP", "CNN permuted", "MLP permuted" -> one share per finished seed.
    """
    names = list(arms)
    traces = []
    for place, (name, shares) in enumerate(arms.items()):
        colour, _ = _look(name)
        value = np.array([share.value for share in shares])
        mean = (
            {"x": [place - 0.28, place + 0.28], "y": [value.mean()] * 2} if len(value) else {"x": [], "y": []}
        )
        traces += [
            {
                "type": "scatter",
                "mode": "lines",
                **mean,
                "line": {"color": colour, "width": 3},
                "hoverinfo": "skip",
                "showlegend": False,
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": place + np.linspace(-0.12, 0.12, max(2, len(value)))[: len(value)],
                "y": value,
                "marker": {"color": colour, "size": 10, "symbol": "circle" if "perm" not in name else "x"},
                "hovertext": [f"{name}: {share}" for share in shares],
                "hoverinfo": "text",
                "showlegend": False,
            },
        ]
    layout = palette.layout(
        height=340,
        xaxis={
            "tickvals": list(range(len(names))),
            "ticktext": [n.replace(" permuted", "<br>pixels permuted") for n in names],
            "range": [-0.6, len(names) - 0.4],
            "showgrid": False,
        },
        yaxis=_axis("validation accuracy", tickformat=".1%"),
    )
    return go.Figure(data=traces, layout=layout)


def by_shift(arms: Mapping[str, Sequence[Sequence[Share]]]) -> go.Figure:
    """Validation accuracy against the shift in pixels: a thin line per seed, a thick one for the mean.

    Args:
        arms: name -> per seed, one share per distance 0, 1, 2 ….
    """
    traces = []
    for name, lines in arms.items():
        colour, dash = _look(name)
        values = np.array([[share.value for share in line] for line in lines])  # (seeds, distances)
        pixels = np.arange(values.shape[1])
        for y, width, label in [*((y, 0.8, "") for y in values), (values.mean(axis=0), 3, name)]:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers" if label else "lines",
                    "x": pixels,
                    "y": y,
                    "name": label,
                    "showlegend": bool(label),
                    "line": {"color": colour, "width": width, "dash": dash},
                    "hovertemplate": f"{label}, %{{x}} pixels: %{{y:.1%}}<extra></extra>" if label else None,
                    "hoverinfo": None if label else "skip",
                }
            )
    layout = palette.layout(
        height=340,
        xaxis=_axis("shift of the validation images (pixels)", dtick=1),
        yaxis=_axis("validation accuracy", tickformat=".0%"),
    )
    return go.Figure(data=traces, layout=layout)


def fold_dots(found: Folds) -> go.Figure:
    """Every fold a dot, their mean a line, and the binomial standard error of all images a band around it."""
    mean, se = found.pooled.value, found.binomial_of_all
    numbers = [i + 1 for i in found.folds]
    low, high = np.array([share.interval for share in found.folds.values()]).T
    ends = [0.5, found.k + 0.5]
    band = {
        "type": "scatter",
        "mode": "lines",
        "x": [*ends, *ends[::-1]],
        "y": [mean - se] * 2 + [mean + se] * 2,
        "fill": "toself",
        "fillcolor": "rgba(21,154,124,0.18)",
        "line": {"width": 0},
        "name": "± binomial standard error of all",
        "hoverinfo": "skip",
    }
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": ends,
        "y": [mean, mean],
        "line": {"color": palette.VALIDATION, "width": 2.5, "dash": palette.DASH["validation"]},
        "name": f"mean {mean:.1%}",
        "hoverinfo": "skip",
    }
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": numbers,
        "y": found.values,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": high - found.values,
            "arrayminus": found.values - low,
            "thickness": 1,
        },
        "marker": {"color": palette.VALIDATION, "size": 12, "symbol": "diamond"},
        "name": "one fold, with its 95% interval",
        "hovertext": [f"fold {n}: {share}" for n, share in zip(numbers, found.folds.values(), strict=True)],
        "hoverinfo": "text",
    }
    layout = palette.layout(
        height=340,
        xaxis=_axis("fold held out", range=ends, dtick=1),
        yaxis=_axis("accuracy on the fold held out", tickformat=".1%"),
    )
    return go.Figure(data=[band, line, dots], layout=layout)


def deals(found: Partitions) -> go.Figure:
    """Above: single folds of many deals. Below: the k-fold means. Each with its spread and binomial error."""
    single, means = found.accuracies.ravel(), found.means
    rows = (
        (single, found.noise_of_a_fold, found.binomial_of_a_fold, 1.0),
        (means, found.partition_noise, found.binomial_of_all, 0.0),
    )
    traces = []
    for values, noise, binomial, height in rows:
        wobble = np.random.default_rng(0).uniform(-0.08, 0.08, len(values))  # keeps equal dots apart
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": values,
                "y": height + wobble,
                "marker": {"color": palette.VALIDATION, "size": 6, "opacity": 0.5},
                "name": "measured",
                "showlegend": height == 1,
                "hovertemplate": "%{x:.1%}<extra></extra>",
            }
        )
        for name, size, colour, below in (
            ("standard deviation over the deals", noise, palette.VALIDATION, 0.2),
            ("binomial standard error", binomial, palette.REFERENCE, 0.32),
        ):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": [values.mean()],
                    "y": [height - below],
                    "error_x": {"type": "data", "array": [size], "width": 6, "thickness": 3, "color": colour},
                    "marker": {"color": colour, "size": 7},
                    "name": name,
                    "showlegend": height == 1,
                    "hovertemplate": f"{name}: ± {size:.3f}<extra></extra>",
                }
            )
    k = found.accuracies.shape[1]
    layout = palette.layout(
        height=340,
        xaxis=_axis("accuracy of the linear model", tickformat=".0%"),
        yaxis={
            "tickvals": [1, 0],
            "ticktext": [
                f"one fold<br>(n = {found.samples // k})",
                f"mean of {k} folds<br>(n = {found.samples})",
            ],
            "range": [-0.5, 1.3],
            "showgrid": False,
            "automargin": True,
        },
    )
    return go.Figure(data=traces, layout=layout)


def by_size(sizes: Sequence[int], train: Sequence[float], validation: Sequence[Share]) -> go.Figure:
    """Accuracy against the number of training images: the gap between the two lines is the overfitting."""
    low, high = np.array([share.interval for share in validation]).T
    value = np.array([share.value for share in validation])
    error = {
        "type": "data",
        "symmetric": False,
        "array": high - value,
        "arrayminus": value - low,
        "thickness": 1,
    }
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": list(sizes),
            "y": list(y),
            "name": part,
            "line": {"color": palette.SPLIT[part], "dash": palette.DASH[part], "width": 2.5},
            "marker": {"size": 8, "symbol": "circle" if part == "train" else "diamond"},
            "hovertemplate": f"%{{x:,}} images, {part}: %{{y:.1%}}<extra></extra>",
            **({"error_y": error} if part == "validation" else {}),
        }
        for part, y in (("train", train), ("validation", value))
    ]
    layout = palette.layout(
        height=340,
        xaxis=_axis("training images", type="log", tickvals=list(sizes), ticktext=[f"{n:,}" for n in sizes]),
        yaxis=_axis("accuracy at the kept epoch", tickformat=".0%", range=[0, 1.03]),
    )
    return go.Figure(data=traces, layout=layout)


def excess(found: Optimism) -> go.Figure:
    """By how much the winner's own score and the nested score miss the truth: a dot per draw, means with errors."""
    rows = (
        ("winner", "the winner's own score", palette.NEGATIVE, 1.0),
        ("nested", "nested", palette.POSITIVE, 0.0),
    )
    rng = np.random.default_rng(0)
    traces: list[dict[str, Any]] = []
    for name, label, colour, height in rows:
        values = getattr(found, name) - found.truth
        mean = found.excess(name)
        traces += [
            {
                "type": "scatter",
                "mode": "markers",
                "x": values,
                "y": height + rng.uniform(-0.12, 0.12, len(values)),
                "marker": {"color": colour, "size": 7, "opacity": 0.55},
                "name": f"{label}, one draw of rows",
                "showlegend": False,
                "hovertemplate": f"{label}: %{{x:+.1%}}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": [mean.value],
                "y": [height - 0.28],
                "error_x": {
                    "type": "data",
                    "array": [mean.high - mean.value],
                    "width": 7,
                    "thickness": 3,
                    "color": colour,
                },
                "marker": {"color": colour, "size": 9, "symbol": "diamond"},
                "name": "mean, 95% interval",
                "showlegend": False,
                "hovertemplate": f"{label}, mean: {mean.points}<extra></extra>",
            },
        ]
    layout = palette.layout(
        height=320,
        xaxis=_axis(
            "score minus the accuracy on all other rows",
            tickformat="+.0%",
            zerolinecolor=palette.MUTED,
            zerolinewidth=2,
        ),
        yaxis={
            "tickvals": [1, 0],
            "ticktext": ["the winner's<br>own score", "nested<br>cross-validation"],
            "range": [-0.6, 1.4],
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
    )
    return go.Figure(data=traces, layout=layout)
