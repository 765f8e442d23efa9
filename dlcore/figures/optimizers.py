"""The race as a film, played in the browser: racers on the map, their losses below, one set of frames."""

from typing import Any

import numpy as np

from dlcore.figures import palette
from dlcore.figures.optimizer_ground import (
    arrow_traces,
    click_grid,
    ground_image,
    heads_trace,
    landmarks,
    path_trace,
)
from dlcore.figures.prebuilt import Prebuilt, typed
from dlcore.optimizers.racing import Race
from dlcore.optimizers.terrain import Terrain

MOST_FRAMES = 90
TAILS = 120  # steps that all racers together draw behind themselves while the film runs
FLOOR = 1e-15  # differences of f below are rounding; a log axis needs something above zero

_BLUE, _ORANGE, _GREEN, _PINK, _OLIVE, _VIOLET, _ROSE, _LEAF, _BROWN, _ = palette.CATEGORIES
# One hue per family, one dash per member: the eye groups them, and colour never stands alone.
LOOK = {
    "gradient_descent": (_BLUE, "solid"),
    "sgd": (_BLUE, "dot"),
    "minibatch": (_BLUE, "dash"),
    "momentum": (_ORANGE, "solid"),
    "nesterov": (_ORANGE, "dash"),
    "adagrad": (_BROWN, "solid"),
    "rmsprop": (_GREEN, "solid"),
    "adam": (_PINK, "solid"),
    "adamw": (_PINK, "dash"),
    "nadam": (_PINK, "dot"),
    "lbfgs": (_VIOLET, "solid"),
    "newton": (_LEAF, "solid"),
    "uncorrected_adam": (palette.DANGER, "dash"),
    "multiplied_adam": (palette.DANGER, "dot"),
}


def race_map(
    race: Race, terrain: Terrain, arrows: bool = False, picture: dict[str, Any] | None = None
) -> Prebuilt:
    """The map with every racer's path from the first start, and f − f* against the step below, as one film.

    Args:
        race: from one start (others are not drawn).
        terrain: the ground under it.
        arrows: draw the direction of steepest descent.
        picture: ground_image(terrain), if it has been made before.
    """
    paths, losses = race.paths[:, 0], np.maximum(race.losses[:, 0] - terrain.lowest, FLOOR)
    bounded = len(terrain.minima) > 0
    if not bounded:
        losses = race.losses[:, 0]  # nothing to measure the height from
    looks = [LOOK[rule.name] for rule in race.rules]
    ground = [*(arrow_traces(terrain) if arrows else []), click_grid(terrain)]
    full = [path_trace(path, look, opacity=0.35, width=1.5) for path, look in zip(paths, looks, strict=True)]
    curves = [
        {
            **path_trace(np.stack([np.arange(len(loss)), loss], -1), look, opacity=0.9, width=2),
            "xaxis": "x2",
            "yaxis": "y2",
        }
        for loss, look in zip(losses, looks, strict=True)
    ]
    tails = [
        {
            **path_trace(path, look, opacity=1, width=2.5),
            "name": rule.title,
            "showlegend": True,
            "legendgroup": rule.name,
        }
        for path, look, rule in zip(paths, looks, race.rules, strict=True)
    ]
    colours = [colour for colour, _ in looks]
    heads = heads_trace(paths[:, -1], colours, size=12)
    loss_heads = heads_trace(
        np.stack([np.full(len(paths), paths.shape[1] - 1), losses[:, -1]], -1), colours, 8
    )
    loss_heads |= {"xaxis": "x2", "yaxis": "y2", "cliponaxis": False}
    still = [*ground, *full, landmarks(terrain)]
    data = [*curves, *still, *tails, heads, loss_heads]
    # A click on the map fails in Plotly while a trace there has not been drawn by the last frame: name them all.
    drawn = list(range(len(curves), len(data)))
    frames = [frame(t, paths, losses, len(still), drawn) for t in frame_steps(paths.shape[1] - 1)]
    layout = palette.layout(
        height=690,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        uirevision=terrain.title,
        hovermode="closest",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0, "font": {"size": 13}},
        xaxis=plain_axis(terrain.axes[0], terrain.x, domain=[0, 1], anchor="y"),
        yaxis=plain_axis(terrain.axes[1], terrain.y, domain=[0.46, 1], anchor="x"),
        xaxis2=plain_axis("", [0, paths.shape[1] - 1], domain=[0, 1], anchor="y2"),
        yaxis2=loss_axis(losses, bounded),
        images=[picture or ground_image(terrain)],
        updatemenus=[play_buttons()],
        sliders=[scrubber(frames)],
    )
    return Prebuilt({"data": data, "layout": layout, "frames": frames})


def frame_steps(steps: int) -> list[int]:
    """The steps that get a frame: all of them, or evenly spaced ones, the first and the last among them."""
    return sorted({round(t) for t in np.linspace(0, steps, min(steps, MOST_FRAMES) + 1)})


def frame(t: int, paths: np.ndarray, losses: np.ndarray, still: int, drawn: list[int]) -> dict[str, Any]:
    """Heads at step t and the last steps behind them, after traces that stay as they are."""
    first = 0 if t == paths.shape[1] - 1 else max(0, t - max(8, TAILS // len(paths)))
    tails = [{"x": typed(path[first : t + 1, 0]), "y": typed(path[first : t + 1, 1])} for path in paths]
    heads = {"x": typed(paths[:, t, 0]), "y": typed(paths[:, t, 1])}
    loss_heads = {"x": typed(np.full(len(paths), t)), "y": typed(losses[:, t])}
    return {"name": str(t), "data": [*[{}] * still, *tails, heads, loss_heads], "traces": drawn}


def plain_axis(title: str, values: Any, **more: Any) -> dict[str, Any]:
    """A linear axis over a fixed range, so that nothing jumps while the film runs."""
    low, high = float(values[0]), float(values[-1])
    return {
        "title": {"text": title, "standoff": 4},
        "range": [low, high],
        "gridcolor": palette.GRID,
        "zeroline": False,
        **more,
    }


def loss_axis(losses: np.ndarray, bounded: bool) -> dict[str, Any]:
    """Height above the minimum on a log axis; f itself, linear, on a surface without one."""
    axis = {
        "gridcolor": palette.GRID,
        "zeroline": False,
        "tickfont": {"size": 12},
        "domain": [0.2, 0.38],
        "anchor": "x2",
    }
    if not bounded:
        return {
            **axis,
            "title": {"text": "f"},
            "range": [max(float(losses.min()), -20.0), float(losses.max())],
        }
    low, high = np.log10(max(float(losses.min()), 1e-12)), np.log10(max(float(losses.max()), FLOOR))
    return {
        **axis,
        "title": {"text": "f − f*"},
        "type": "log",
        "range": [min(low, high - 1.5) - 0.3, min(high, 6.0) + 0.3],
        "exponentformat": "power",
        "dtick": max(1, round((min(high, 6.0) - low) / 4)),
    }


def play_buttons(redraw: bool = False) -> dict[str, Any]:
    """Play, play slowly, pause; all in the browser. Three dimensions need a redraw per frame."""

    def run(label: str, milliseconds: int) -> dict[str, Any]:
        options = {
            "frame": {"duration": milliseconds, "redraw": redraw},
            "transition": {"duration": 0},
            "fromcurrent": True,
            "mode": "immediate",
        }
        return {"label": label, "method": "animate", "args": [None, options]}

    stop = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate", "transition": {"duration": 0}}
    return {
        "type": "buttons",
        "direction": "left",
        "x": 0.0,
        "xanchor": "left",
        "y": 0.0,
        "yanchor": "bottom",
        "pad": {"t": 0, "r": 4},
        "showactive": False,
        "buttons": [
            run("Play", 40),
            run("Slow", 200),
            {"label": "Pause", "method": "animate", "args": [[None], stop]},
        ],
        **CONTROL,
    }


CONTROL = {"bgcolor": "rgba(124,136,150,0.12)", "bordercolor": palette.MUTED, "borderwidth": 1}


def scrubber(frames: list[dict[str, Any]], redraw: bool = False) -> dict[str, Any]:
    """A slider through the frames, standing at the end, where the figure starts."""
    instant = {"duration": 0, "redraw": redraw}
    options = {"mode": "immediate", "frame": instant, "transition": {"duration": 0}}
    return {
        "active": len(frames) - 1,
        "x": 0.0,
        "len": 1.0,
        "y": 0.05,
        "yanchor": "bottom",
        "pad": {"t": 0, "b": 0},
        "currentvalue": {
            "prefix": "step ",
            "xanchor": "right",
            "font": {"size": 13, "color": palette.MUTED},
        },
        "tickcolor": "rgba(0,0,0,0)",
        "font": {"color": "rgba(0,0,0,0)", "size": 1},
        "minorticklen": 0,
        "ticklen": 0,
        **CONTROL,
        "steps": [
            {"method": "animate", "label": each["name"], "args": [[each["name"]], options]} for each in frames
        ],
    }


def race_in_space(race: Race, terrain: Terrain) -> Prebuilt:
    """The same race on the surface itself; the camera stays where you turn it."""
    paths = race.paths[:, 0]
    x, y = paths[..., 0], paths[..., 1]
    in_view = (x >= terrain.x[0]) & (x <= terrain.x[-1]) & (y >= terrain.y[0]) & (y <= terrain.y[-1])
    heights = np.where(in_view, terrain.height_of(race.losses[:, 0]), np.nan)
    lines = [
        {
            "type": "scatter3d",
            "mode": "lines",
            "x": typed(path[:, 0]),
            "y": typed(path[:, 1]),
            "z": typed(height),
            "line": {"color": LOOK[rule.name][0], "width": 6},
            "name": rule.title,
        }
        for path, height, rule in zip(paths, heights, race.rules, strict=True)
    ]
    ground = {
        "type": "surface",
        "x": typed(terrain.x),
        "y": typed(terrain.y),
        "z": typed(terrain.height),
        "colorscale": palette.GROUND_3D,
        "showscale": False,
        "opacity": 0.9,
        "hoverinfo": "skip",
    }
    marks, levels = zip(*terrain.ticks, strict=True)
    scene = {
        "domain": {"x": [0, 1], "y": [0.12, 1]},
        "xaxis": {"title": {"text": terrain.axes[0]}, "range": [float(terrain.x[0]), float(terrain.x[-1])]},
        "yaxis": {"title": {"text": terrain.axes[1]}, "range": [float(terrain.y[0]), float(terrain.y[-1])]},
        "zaxis": {
            "title": {"text": "f"},
            "tickvals": list(levels),
            "ticktext": [f"{mark:.2g}" for mark in marks],
        },
        "camera": {"eye": {"x": 0.5, "y": -1.3, "z": 1.5}},
        "aspectratio": {"x": 1.2, "y": 1.2, "z": 0.7},
        "uirevision": terrain.title,
    }
    colours = [LOOK[rule.name][0] for rule in race.rules]
    heads = {
        "mode": "markers",
        "marker": {"color": colours, "size": 6, "line": {"color": "white", "width": 1}},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    points = np.stack([x, y, heights], -1)  # (racers, steps + 1, 3)
    frames = [
        {"name": str(t), "data": [at(points[:, t])], "traces": [1 + len(lines)]}
        for t in frame_steps(points.shape[1] - 1)
    ]
    layout = palette.layout(
        height=620,
        scene=scene,
        uirevision=terrain.title,
        updatemenus=[play_buttons(redraw=True)],
        sliders=[scrubber(frames, redraw=True)],
    )
    data = [ground, *lines, {**heads, **at(points[:, -1])}]
    return Prebuilt({"data": data, "layout": layout, "frames": frames})


def at(points: np.ndarray) -> dict[str, Any]:
    """x, y, z of points (n, 3)."""
    return {"type": "scatter3d", "x": typed(points[:, 0]), "y": typed(points[:, 1]), "z": typed(points[:, 2])}
