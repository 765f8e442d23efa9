"""The experiments' figures: seeds as dots, accuracy against shift, folds, deals, sizes, and a class's challenge."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.evaluation.challenge import Entry, Outcome
from dlcore.evaluation.fold_luck import Partitions
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.nested_cross_validation import Optimism
from dlcore.experiments.groups import Folds
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look

# Colour by model, dash and cross where the pixels have been moved.
ARMS = {
    "CNN": Look(palette.CATEGORIES[0]),
    "MLP": Look(palette.CATEGORIES[1]),
    "CNN permuted": Look(palette.CATEGORIES[0], "dot", "x"),
    "MLP permuted": Look(palette.CATEGORIES[1], "dot", "x"),
}
OF_DEALS = Look(palette.VALIDATION)  # many deals of the validation part, as dots
BY_THEORY = Look(palette.REFERENCE)
WINNER, NESTED = Look(palette.NEGATIVE), Look(palette.POSITIVE)


def _look(arm: str) -> Look:
    return ARMS.get(arm, palette.LOOKS["muted"])


def seeds(arms: Mapping[str, Sequence[Share]]) -> go.Figure:
    """Validation accuracy of every seed as a dot, the mean of each arm as a bar across.

    Args:
        arms: "CNN", "MLP", "CNN permuted", "MLP permuted" -> one share per finished seed.
    """
    traces = []
    for place, (name, shares) in enumerate(arms.items()):
        value = np.array([share.value for share in shares])
        x = place + np.linspace(-0.12, 0.12, max(2, len(value)))[: len(value)]
        across = ([place - 0.28, place + 0.28], [value.mean()] * 2) if len(value) else ([], [])
        solid = _look(name)._replace(dash="solid")
        traces.append(marks.line(*across, solid, width=3, hover=""))
        traces.append(marks.dots(x, value, solid, hover=[f"{name}: {share}" for share in shares]))
    ticks = [name.replace(" permuted", "<br>pixels permuted") for name in arms]
    layout = palette.layout(
        height=340,
        xaxis=marks.named_axis(ticks, range=[-0.6, len(ticks) - 0.4]),
        yaxis=marks.axis("validation accuracy", tickformat=".1%"),
    )
    return go.Figure(data=traces, layout=layout)


def by_shift(arms: Mapping[str, Sequence[Sequence[Share]]]) -> go.Figure:
    """Validation accuracy against the shift in pixels: a thin line per seed, a thick one for the mean.

    Args:
        arms: name -> per seed, one share per distance 0, 1, 2 ….
    """
    traces = []
    for name, lines in arms.items():
        values = np.array([[share.value for share in line] for line in lines])  # (seeds, distances)
        pixels = np.arange(values.shape[1])
        traces += [marks.line(pixels, seed, _look(name), width=0.8, hover="") for seed in values]
        hover = f"{name}, %{{x}} pixels: %{{y:.1%}}<extra></extra>"
        traces.append(
            marks.line(pixels, values.mean(axis=0), _look(name), name, width=3, size=6, hover=hover)
        )
    layout = palette.layout(
        height=340,
        xaxis=marks.axis("shift of the validation images", "pixels", dtick=1),
        yaxis=marks.axis("validation accuracy", tickformat=".0%"),
    )
    return go.Figure(data=traces, layout=layout)


def fold_dots(found: Folds) -> go.Figure:
    """Every fold a dot, their mean a line, and the binomial standard error of all images a band around it."""
    mean, se = found.pooled.value, found.binomial_of_all
    ends, numbers = [0.5, found.k + 0.5], [i + 1 for i in found.folds]
    spread = "± binomial standard error of all"
    hover = [f"fold {n}: {share}" for n, share in zip(numbers, found.folds.values(), strict=True)]
    traces = [
        marks.band(ends, [mean - se] * 2, [mean + se] * 2, "validation", spread),
        marks.line(ends, [mean, mean], "validation", f"mean {mean:.1%}", hover=""),
        marks.shares(
            numbers,
            list(found.folds.values()),
            "validation",
            "one fold, with its 95% interval",
            size=12,
            thickness=1,
            hover=hover,
        ),
    ]
    layout = palette.layout(
        height=340,
        xaxis=marks.axis("fold held out", range=ends, dtick=1),
        yaxis=marks.axis("accuracy on the fold held out", tickformat=".1%"),
    )
    return go.Figure(data=traces, layout=layout)


def _spread(
    value: float, height: float, half: float, look: Look, name: str, hover: str, **more: Any
) -> dict[str, Any]:
    """A lying bar of value ± half at this height."""
    low, high = [value - half], [value + half]
    more |= {"low": low, "high": high, "lying": True, "thickness": 3}
    return marks.dots([value], [height], look, name, hover=hover, **more)


def deals(found: Partitions) -> go.Figure:
    """Above: single folds of many deals. Below: the k-fold means. Each with its spread and binomial error."""
    traces = []
    for values, noise, binomial, height in (
        (found.accuracies.ravel(), found.noise_of_a_fold, found.binomial_of_a_fold, 1.0),
        (found.means, found.partition_noise, found.binomial_of_all, 0.0),
    ):
        legend: dict[str, Any] = {"showlegend": height == 1}
        places = height + marks.scattered(len(values))
        hover = "%{x:.1%}<extra></extra>"
        points = marks.dots(values, places, OF_DEALS, "measured", size=6, opacity=0.5, hover=hover)
        traces.append(points | legend)
        for name, half, look, below in (
            ("standard deviation over the deals", noise, OF_DEALS, 0.2),
            ("binomial standard error", binomial, BY_THEORY, 0.32),
        ):
            hover = f"{name}: ± {half:.3f}<extra></extra>"
            mean = float(values.mean())
            traces.append(_spread(mean, height - below, half, look, name, hover, size=7, **legend))
    k = found.accuracies.shape[1]
    rows = [f"mean of {k} folds<br>(n = {found.samples})", f"one fold<br>(n = {found.samples // k})"]
    layout = palette.layout(
        height=340,
        xaxis=marks.axis("accuracy of the linear model", tickformat=".0%"),
        yaxis=marks.named_axis(rows, range=[-0.5, 1.3]),
    )
    return go.Figure(data=traces, layout=layout)


def by_size(sizes: Sequence[int], train: Sequence[float], validation: Sequence[Share]) -> go.Figure:
    """Accuracy against the number of training images: the gap between the two lines is the overfitting."""
    low, high = np.array([share.interval for share in validation]).T
    value = np.array([share.value for share in validation])
    hover = "%{{x:,}} images, {}: %{{y:.1%}}<extra></extra>"
    traces = [
        marks.line(sizes, train, "train", "train", size=8, hover=hover.format("train")),
        marks.line(
            sizes,
            value,
            "validation",
            "validation",
            size=8,
            low=low,
            high=high,
            hover=hover.format("validation"),
        ),
    ]
    ticks = {"tickvals": list(sizes), "ticktext": [f"{n:,}" for n in sizes]}
    layout = palette.layout(
        height=340,
        xaxis=marks.axis("training images", log=True, **ticks),
        yaxis=marks.axis("accuracy at the kept epoch", tickformat=".0%", range=[0, 1.03]),
    )
    return go.Figure(data=traces, layout=layout)


def excess(found: Optimism) -> go.Figure:
    """By how much the winner's own score and the nested score miss the truth: a dot per draw, means with errors."""
    traces: list[dict[str, Any]] = []
    for name, label, look, height in (
        ("winner", "the winner's own score", WINNER, 1.0),
        ("nested", "nested", NESTED, 0.0),
    ):
        values = getattr(found, name) - found.truth
        mean = found.excess(name)
        hover = f"{label}: %{{x:+.1%}}<extra></extra>"
        places = height + marks.scattered(len(values))
        traces.append(marks.dots(values, places, look, size=7, opacity=0.55, hover=hover))
        hover = f"{label}, mean: {mean.points}<extra></extra>"
        bold = look._replace(symbol="diamond")
        traces.append(_spread(mean.value, height - 0.28, mean.high - mean.value, bold, "", hover, size=9))
    layout = palette.layout(
        height=320,
        xaxis=marks.axis("score minus the accuracy on all other rows", tickformat="+.0%", zerolinewidth=2),
        yaxis=marks.named_axis(
            ["nested<br>cross-validation", "the winner's<br>own score"], range=[-0.6, 1.4]
        ),
    )
    return go.Figure(data=traces, layout=layout)


def validation_against_test(found: Outcome) -> go.Figure:
    """Every run of a challenge: test against validation accuracy with both intervals; below the diagonal it fell."""
    ends = np.array(
        [share.interval for entry in found.runs for share in (entry.on_validation, entry.on_test)]
    )
    low, high = float(ends.min()) - 0.01, min(float(ends.max()) + 0.01, 1.005)
    diagonal = marks.line([low, high], [low, high], "reference", "validation = test", width=1.5, hover="")
    others = [entry for entry in found.runs if entry.key != found.highest.key]
    traces = [
        diagonal,
        _entries(others, "muted", "the other runs", opacity=0.75),
        _entries([found.highest], "accent", "highest on validation", size=14),
    ]
    layout = palette.layout(
        height=400,
        xaxis=marks.axis("validation accuracy", tickformat=".0%", range=[low, high]),
        yaxis=marks.axis("test accuracy", tickformat=".0%", range=[low, high]),
    )
    return go.Figure(data=traces, layout=layout)


def _entries(entries: Sequence[Entry], meaning: str, name: str, **more: Any) -> dict[str, Any]:
    """Dots of validation and test accuracy, with the 95 % interval of each."""
    x, y = (np.array([getattr(entry, of).value for entry in entries]) for of in ("on_validation", "on_test"))
    lying, upright = (
        np.array([getattr(entry, of).interval for entry in entries]).reshape(-1, 2).T
        for of in ("on_validation", "on_test")
    )
    thin: dict[str, Any] = {"color": palette.translucent(marks.look(meaning).colour, 0.45), "thickness": 1.2}
    hover = [f"{escape(e.name)}<br>validation {e.on_validation}<br>test {e.on_test}" for e in entries]
    drawn = marks.dots(x, y, meaning, name, hover=hover, **more)
    drawn["error_x"] = marks.interval(x, *lying, **thin)
    drawn["error_y"] = marks.interval(y, *upright, **thin)
    return drawn


def winners_curse(found: Outcome) -> go.Figure:
    """Of the run that is highest on validation: the fall that luck alone predicts, and the observed one."""
    m, gap = len(found.runs), found.highest.gap
    rows = [
        f"luck of {m} equal and<br>independent runs",
        f"luck of {m} equal runs,<br>as alike as these",
        f"luck of {m} runs as good<br>as they look",
        "observed",
    ]
    theory = [found.most, found.expected, found.luck]
    traces = [
        marks.dots(theory, [0, 1, 2], "reference", size=12, hover="%{x:.1%}<extra></extra>"),
        marks.dots(
            [gap.value], [3], "accent", size=14, low=[gap.low], high=[gap.high], lying=True, hover=[str(gap)]
        ),
    ]
    layout = palette.layout(
        height=250,
        xaxis=marks.axis("validation minus test accuracy", tickformat="+.0%", zerolinewidth=2),
        yaxis=marks.named_axis(rows, range=[3.5, -0.5]),
        showlegend=False,
    )
    return go.Figure(data=traces, layout=layout)
