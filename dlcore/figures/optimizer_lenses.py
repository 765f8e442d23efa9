"""What the race looks like from afar: shares, basins, the learning-rate lens, noise, stability, cost."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.figures import marks, palette
from dlcore.figures.optimizer_ground import landmarks
from dlcore.figures.optimizers import LOOK, plain_axis
from dlcore.figures.palette import Look
from dlcore.figures.prebuilt import Prebuilt, typed
from dlcore.optimizers.basins import DIVERGED, Endings
from dlcore.optimizers.fair import Fair
from dlcore.optimizers.learning_rates import Sweep
from dlcore.optimizers.newton_cost import StepCost
from dlcore.optimizers.noise import GradientNoise
from dlcore.optimizers.surfaces import Array
from dlcore.optimizers.terrain import Terrain

POWERS: dict[str, Any] = {"log": True, "dtick": 1, "tickfont": {"size": 12}}
OUTCOMES = (
    ("global minimum", palette.POSITIVE),
    ("another minimum", palette.NEGATIVE),
    ("unfinished", palette.MUTED),
    ("left the map for good", palette.DANGER),
)


def shares(fair: Fair, random_starts: bool) -> go.Figure:
    """For every rule, the share of starts at the global minimum, elsewhere, unfinished and diverged.

    Args:
        random_starts: draw Wilson's 95 % interval; on a grid it would have no meaning.
    """
    labels = [each.rule.title for each in fair.endings]
    parts = np.array([[e.reached, e.elsewhere, e.unfinished, e.diverged] for e in fair.endings])
    low, high = np.array([each.share.interval for each in fair.endings]).T if random_starts else (None, None)
    bars = [
        marks.bars(
            labels,
            share,
            colour,
            name,
            low=low if name == "global minimum" else None,
            high=high,
            bar_colour="#FFFFFF",
            hover="%{y}: %{x:.3f} " + name + "<extra></extra>",
            text=[f"{value:.2f}" if value >= 0.06 else "" for value in share],
            textposition="inside",
            insidetextanchor="middle",
        )
        for share, (name, colour) in zip(parts.T, OUTCOMES, strict=True)
    ]
    layout = palette.layout(
        height=120 + 44 * len(labels),
        barmode="stack",
        xaxis=marks.axis("share of starts", range=[0, 1]),
        yaxis=marks.axis(autorange="reversed"),
    )
    layout["legend"] = layout["legend"] | {"traceorder": "normal"}
    return go.Figure(bars, layout)


def basin_map(endings: Endings, terrain: Terrain, n: int) -> Prebuilt:
    """Start → where it ends: one pixel per start of an n × n grid, one colour per minimum."""
    codes = np.where(endings.label >= 0, endings.label + 2, endings.label - DIVERGED).reshape(n, n)
    used = max(int(codes.max()), 2) + 1
    names = ["diverged", "unfinished", *(f"({x:.2f}, {y:.2f})" for x, y in endings.minima[: used - 2])]
    legend = min(used, 8)  # more than six minima would need more names than a scale can hold
    heat = marks.cells(
        typed(codes, "uint8"),
        _one_colour_each(used),
        (-0.5, used - 0.5),
        bar=marks.colour_bar("ends at", tickvals=list(range(legend)), ticktext=names[:legend], thickness=12),
        x=typed(np.linspace(terrain.x[0], terrain.x[-1], n)),
        y=typed(np.linspace(terrain.y[0], terrain.y[-1], n)),
    )
    layout = palette.layout(
        height=460,
        uirevision=terrain.title,
        xaxis=plain_axis(f"start {terrain.axes[0]}", terrain.x),
        yaxis=plain_axis(f"start {terrain.axes[1]}", terrain.y),
    )
    return Prebuilt({"data": [heat, landmarks(terrain)], "layout": layout})


def _one_colour_each(used: int) -> list[tuple[float, str]]:
    """A colour scale in steps: diverged, unfinished, then a colour per minimum."""
    minima = [palette.CATEGORIES[k % len(palette.CATEGORIES)] for k in range(used - 2)]
    picked = [palette.DANGER, palette.MUTED, *minima]
    return [(edge / used, picked[k]) for k in range(used) for edge in (k, k + 1)]


def learning_rates(sweep: Sweep) -> go.Figure:
    """Loss after n steps against the learning rate: the stall on the left, the sweet spot, the cliff."""
    bounded = np.isfinite(sweep.lowest)
    losses = np.maximum(sweep.losses - sweep.lowest, 1e-15) if bounded else sweep.losses
    told = ": rate %{x:.2g}, loss %{y:.2g}<extra></extra>"
    traces = [
        marks.line(sweep.rates, row, LOOK[rule.name], rule.title, width=2.2, hover=rule.title + told)
        for rule, row in zip(sweep.rules, losses, strict=True)
    ]
    height = f"{'f − f*' if bounded else 'f'} after {sweep.steps} steps"
    layout = palette.layout(
        height=440,
        xaxis=marks.axis("learning rate η", **POWERS),
        yaxis=marks.axis(height, **(POWERS if bounded else {})),
    )
    return go.Figure(traces, layout)


def noise_arrows(noise: GradientNoise, k: int, most: int = 300) -> go.Figure:
    """Mini-batch gradients of the k-th batch size as dots, the full gradient as an arrow."""
    drawn = noise.gradients[k, :most]
    reach = 2.5 * float(np.sqrt(noise.variance[0]))  # the same for every b, so that the cloud shrinks
    hover = "(%{x:.3f}, %{y:.3f})<extra></extra>"
    name = f"gradients of {len(drawn)} batches, b = {int(noise.batches[k])}"
    batches = Look(palette.NEGATIVE)
    cloud = marks.dots(drawn[:, 0], drawn[:, 1], batches, name, size=5, opacity=0.45, hover=hover)
    arrow = {"symbol": "arrow", "angleref": "previous", "size": 14}
    x, y = ([0, end] for end in noise.full)
    full = marks.line(x, y, "positive", "full gradient", width=4, size=14, hover=hover)
    layout = palette.layout(
        height=420,
        xaxis=marks.axis("∂L/∂w₁", range=[-reach, reach]),
        yaxis=marks.axis("∂L/∂w₂", range=[-reach, reach]),
    )
    return go.Figure([cloud, full | {"marker": arrow}], layout)


def noise_against_batch(noise: GradientNoise) -> go.Figure:
    """Variance of the mini-batch gradient against b, measured and in closed form, on log-log axes."""
    seen, positive = noise.variance > 1e-20, noise.predicted > 0
    law = "trace Σ / b" if noise.replace else "trace Σ / b · (N − b)/(N − 1)"
    traces = [
        marks.line(noise.batches[positive], noise.predicted[positive], "reference", law, width=2),
        marks.dots(noise.batches[seen], noise.variance[seen], "ours", "measured"),
    ]
    layout = palette.layout(
        height=420,
        xaxis=marks.axis("batch size b", log=True, tickvals=noise.batches),
        yaxis=marks.axis("variance of the gradient", **POWERS),
    )
    return go.Figure(traces, layout)


def stability_map(alpha: Array, beta: Array, rate: Array, boundary: Array, here: Sequence[float]) -> Prebuilt:
    """Long-run shrinkage of momentum per step over (αλ, β), with its closed-form boundary.

    Args:
        alpha: αλ, (a,).
        beta: (b,).
        rate: (b, a).
        boundary: rows (β, largest stable αλ, αλ of critical damping).
        here: (αλ, β) of the racer.
    """
    heat = marks.cells(
        typed(np.minimum(rate, 1.2)),
        palette.SEQUENTIAL,
        (0, 1.2),
        bar=marks.colour_bar("factor"),
        hover="αλ %{x:.2f}, β %{y:.2f}: × %{z:.3f} a step<extra></extra>",
        x=typed(alpha),
        y=typed(beta),
    )
    lines = [
        marks.line(typed(boundary[:, column]), typed(boundary[:, 0]), look, name, width=3)
        for column, name, look in (
            (1, "αλ = 2 + 2β: beyond it diverges", Look(palette.DANGER)),
            (2, "β = (1 − √αλ)²: fastest", Look("#FFFFFF", "dash")),
        )
    ]
    rim = {"line": {"color": "white", "width": 2}}
    name = "your momentum, steepest direction"
    dot = marks.dots([here[0]], [here[1]], Look(palette.ACCENT), name, size=13, marker=rim)
    layout = palette.layout(
        height=440,
        xaxis=plain_axis("αλ, learning rate times curvature", alpha),
        yaxis=plain_axis("β", beta),
    )
    return Prebuilt({"data": [heat, *lines, dot], "layout": layout})


def _median_line(x: Array, rounds: Array, look: Look, name: str) -> dict[str, Any]:
    """The median of (n, rounds) measurements at every x, with the middle half of them."""
    low, middle, high = np.quantile(rounds, (0.25, 0.5, 0.75), axis=1)
    return marks.line(x, middle, look, name, size=6, low=low, high=high)


def newton_cost(cost: StepCost) -> go.Figure:
    """Median seconds of one step against the number of parameters, on log-log axes; bars hold half of the rounds."""
    traces = [
        _median_line(cost.dimensions, rounds * 1e3, LOOK[rule], name)
        for rounds, name, rule in (
            (cost.gradient_rounds, "gradient step", "gradient_descent"),
            (cost.newton_rounds, "Newton step", "newton"),
        )
    ]
    layout = palette.layout(
        height=400,
        xaxis=marks.axis("parameters n", log=True, tickvals=cost.dimensions),
        yaxis=marks.axis("one step", "ms", **POWERS),
    )
    return go.Figure(traces, layout)
