"""What the race looks like from afar: shares, basins, the learning-rate lens, noise, stability, cost."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dlcore.figures import palette
from dlcore.figures.optimizer_ground import landmarks
from dlcore.figures.optimizers import LOOK, plain_axis
from dlcore.figures.prebuilt import Prebuilt, typed
from dlcore.optimizers.basins import DIVERGED, Endings
from dlcore.optimizers.fair import Fair
from dlcore.optimizers.learning_rates import Sweep
from dlcore.optimizers.newton_cost import StepCost
from dlcore.optimizers.noise import GradientNoise
from dlcore.optimizers.surfaces import Array
from dlcore.optimizers.terrain import Terrain

POWERS = {"type": "log", "dtick": 1, "exponentformat": "power", "tickfont": {"size": 12}}
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
    labels = [f"{each.rule.title}" for each in fair.endings]
    parts = np.array([[e.reached, e.elsewhere, e.unfinished, e.diverged] for e in fair.endings])
    intervals = np.array([each.share.interval for each in fair.endings])
    bars = [
        go.Bar(
            y=labels,
            x=parts[:, k],
            orientation="h",
            name=name,
            marker={"color": colour},
            text=[f"{share:.2f}" if share >= 0.06 else "" for share in parts[:, k]],
            textposition="inside",
            insidetextanchor="middle",
            hovertemplate="%{y}: %{x:.3f} " + name + "<extra></extra>",
        )
        for k, (name, colour) in enumerate(OUTCOMES)
    ]
    if random_starts:
        bars[0].error_x = {
            "type": "data",
            "symmetric": False,
            "array": intervals[:, 1] - parts[:, 0],
            "arrayminus": parts[:, 0] - intervals[:, 0],
            "color": "#FFFFFF",
            "thickness": 2,
        }
    layout = palette.layout(height=120 + 44 * len(labels), barmode="stack")
    layout["xaxis"] = {**layout["xaxis"], "title": {"text": "share of starts"}, "range": [0, 1]}
    layout["yaxis"] = {**layout["yaxis"], "autorange": "reversed"}
    layout["legend"] = {**layout["legend"], "traceorder": "normal"}
    return go.Figure(bars, layout)


def basin_map(endings: Endings, terrain: Terrain, n: int) -> Prebuilt:
    """Start → where it ends: one pixel per start of an n × n grid, one colour per minimum."""
    codes = np.where(endings.label >= 0, endings.label + 2, endings.label - DIVERGED).reshape(n, n)
    used = max(int(codes.max()), 2) + 1
    colours = [palette.DANGER, palette.MUTED, *palette.CATEGORIES]
    picked = [colours[k] if k < 2 else colours[2 + (k - 2) % len(palette.CATEGORIES)] for k in range(used)]
    scale = [(edge / used, picked[k]) for k in range(used) for edge in (k, k + 1)]
    names = ["diverged", "unfinished", *(f"({x:.2f}, {y:.2f})" for x, y in endings.minima[: used - 2])]
    legend = min(used, 8)  # more than six minima would need more names than a scale can hold
    heat = {
        "type": "heatmap",
        "x": typed(np.linspace(terrain.x[0], terrain.x[-1], n)),
        "y": typed(np.linspace(terrain.y[0], terrain.y[-1], n)),
        "z": typed(codes, "uint8"),
        "zmin": -0.5,
        "zmax": used - 0.5,
        "colorscale": scale,
        "colorbar": {
            "tickvals": list(range(legend)),
            "ticktext": names[:legend],
            "thickness": 12,
            "outlinewidth": 0,
            "title": {"text": "ends at", "side": "top"},
        },
        "hoverinfo": "skip",
    }
    layout = palette.layout(height=460, uirevision=terrain.title)
    layout |= {
        "xaxis": plain_axis(f"start {terrain.axes[0]}", terrain.x),
        "yaxis": plain_axis(f"start {terrain.axes[1]}", terrain.y),
    }
    return Prebuilt({"data": [heat, landmarks(terrain)], "layout": layout})


def learning_rates(sweep: Sweep) -> go.Figure:
    """Loss after n steps against the learning rate: the stall on the left, the sweet spot, the cliff."""
    bounded = np.isfinite(sweep.lowest)
    losses = np.maximum(sweep.losses - sweep.lowest, 1e-15) if bounded else sweep.losses
    traces = [
        go.Scatter(
            x=sweep.rates,
            y=row,
            mode="lines",
            name=rule.title,
            line={"color": LOOK[rule.name][0], "dash": LOOK[rule.name][1], "width": 2.2},
            hovertemplate=rule.title + ": rate %{x:.2g}, loss %{y:.2g}<extra></extra>",
        )
        for rule, row in zip(sweep.rules, losses, strict=True)
    ]
    layout = palette.layout(height=440)
    layout["xaxis"] = {**layout["xaxis"], "title": {"text": "learning rate η"}, **POWERS}
    layout["yaxis"] = {
        **layout["yaxis"],
        "title": {"text": f"{'f − f*' if bounded else 'f'} after {sweep.steps} steps"},
        **(POWERS if bounded else {}),
    }
    return go.Figure(traces, layout)


def noise_arrows(noise: GradientNoise, k: int, most: int = 300) -> go.Figure:
    """Mini-batch gradients of the k-th batch size as dots, the full gradient as an arrow."""
    drawn = noise.gradients[k, :most]
    b = int(noise.batches[k])
    reach = 2.5 * float(np.sqrt(noise.variance[0]))  # the same for every b, so that the cloud shrinks
    cloud = go.Scatter(
        x=drawn[:, 0],
        y=drawn[:, 1],
        mode="markers",
        marker={"size": 5, "color": palette.NEGATIVE, "opacity": 0.45},
        name=f"gradients of {len(drawn)} batches, b = {b}",
        hovertemplate="(%{x:.3f}, %{y:.3f})<extra></extra>",
    )
    full = go.Scatter(
        x=[0, noise.full[0]],
        y=[0, noise.full[1]],
        mode="lines+markers",
        line={"color": palette.POSITIVE, "width": 4},
        marker={"symbol": "arrow", "angleref": "previous", "size": 14},
        name="full gradient",
        hovertemplate="(%{x:.3f}, %{y:.3f})<extra></extra>",
    )
    layout = palette.layout(height=420)
    layout["xaxis"] = {**layout["xaxis"], "title": {"text": "∂L/∂w₁"}, "range": [-reach, reach]}
    layout["yaxis"] = {**layout["yaxis"], "title": {"text": "∂L/∂w₂"}, "range": [-reach, reach]}
    return go.Figure([cloud, full], layout)


def noise_against_batch(noise: GradientNoise) -> go.Figure:
    """Variance of the mini-batch gradient against b, measured and in closed form, on log-log axes."""
    seen = noise.variance > 1e-20
    measured = go.Scatter(
        x=noise.batches[seen],
        y=noise.variance[seen],
        mode="markers",
        marker={"size": 10, "color": palette.OURS},
        name="measured",
    )
    positive = noise.predicted > 0
    predicted = go.Scatter(
        x=noise.batches[positive],
        y=noise.predicted[positive],
        mode="lines",
        line={"color": palette.REFERENCE, "dash": "dot", "width": 2},
        name="trace Σ / b" if noise.replace else "trace Σ / b · (N − b)/(N − 1)",
    )
    layout = palette.layout(height=420)
    sizes = {"type": "log", "tickvals": noise.batches, "title": {"text": "batch size b"}}
    layout["xaxis"] = {**layout["xaxis"], **sizes}
    layout["yaxis"] = {**layout["yaxis"], **POWERS, "title": {"text": "variance of the gradient"}}
    return go.Figure([predicted, measured], layout)


def stability_map(alpha: Array, beta: Array, rate: Array, boundary: Array, here: Sequence[float]) -> Prebuilt:
    """Long-run shrinkage of momentum per step over (αλ, β), with its closed-form boundary.

    Args:
        alpha: αλ, (a,).
        beta: (b,).
        rate: (b, a).
        boundary: rows (β, largest stable αλ, αλ of critical damping).
        here: (αλ, β) of the racer.
    """
    heat = {
        "type": "heatmap",
        "x": typed(alpha),
        "y": typed(beta),
        "z": typed(np.minimum(rate, 1.2)),
        "zmin": 0,
        "zmax": 1.2,
        "colorscale": palette.SEQUENTIAL,
        "colorbar": {"title": {"text": "factor", "side": "top"}, "thickness": 10, "outlinewidth": 0},
        "hovertemplate": "αλ %{x:.2f}, β %{y:.2f}: × %{z:.3f} a step<extra></extra>",
    }
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": typed(boundary[:, column]),
            "y": typed(boundary[:, 0]),
            "name": name,
            "line": {"color": colour, "dash": dash, "width": 3},
        }
        for column, name, colour, dash in (
            (1, "αλ = 2 + 2β: beyond it diverges", palette.DANGER, "solid"),
            (2, "β = (1 − √αλ)²: fastest", "#FFFFFF", "dash"),
        )
    ]
    dot = {
        "type": "scatter",
        "mode": "markers",
        "x": [here[0]],
        "y": [here[1]],
        "marker": {"size": 13, "color": palette.ACCENT, "line": {"color": "white", "width": 2}},
        "name": "your momentum, steepest direction",
    }
    layout = palette.layout(height=440)
    layout |= {
        "xaxis": plain_axis("αλ, learning rate times curvature", alpha),
        "yaxis": plain_axis("β", beta),
    }
    return Prebuilt({"data": [heat, *lines, dot], "layout": layout})


def newton_cost(cost: StepCost) -> go.Figure:
    """Median seconds of one step against the number of parameters, on log-log axes; bars hold half of the rounds."""
    traces = [
        go.Scatter(
            x=cost.dimensions,
            y=(middle := np.median(rounds, axis=1) * 1e3),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": np.quantile(rounds, 0.75, axis=1) * 1e3 - middle,
                "arrayminus": middle - np.quantile(rounds, 0.25, axis=1) * 1e3,
            },
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5},
        )
        for rounds, name, colour in (
            (cost.gradient_rounds, "gradient step", LOOK["gradient_descent"][0]),
            (cost.newton_rounds, "Newton step", LOOK["newton"][0]),
        )
    ]
    layout = palette.layout(height=400)
    sizes = {"type": "log", "tickvals": cost.dimensions, "title": {"text": "parameters n"}}
    layout["xaxis"] = {**layout["xaxis"], **sizes}
    layout["yaxis"] = {**layout["yaxis"], **POWERS, "title": {"text": "milliseconds a step"}}
    return go.Figure(traces, layout)
