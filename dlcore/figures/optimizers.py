"""The race as a figure: paths on the map, losses below; and a network's paths on the plane it walked in."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlcore.figures import marks, palette
from dlcore.figures.optimizer_ground import (
    arrow_traces,
    ground_image,
    heads_trace,
    landmarks,
    path_trace,
    start_mark,
)
from dlcore.figures.palette import Look
from dlcore.figures.prebuilt import Prebuilt
from dlcore.network.walked_ground import WalkedGround
from dlcore.optimizers.racing import Race
from dlcore.optimizers.terrain import Terrain, drawn_height

HEIGHT = 560  # pixels
FLOOR = 1e-15  # differences of f below are rounding; a log axis needs something above zero

_BLUE, _ORANGE, _GREEN, _PINK, _OLIVE, _VIOLET, _ROSE, _LEAF, _BROWN, _ = palette.CATEGORIES
# One hue and one symbol per family, one dash per member: the eye groups them, and colour never stands alone.
LOOK = {
    "gradient_descent": Look(_BLUE, "solid", "circle"),
    "sgd": Look(_BLUE, "dot", "circle"),
    "minibatch": Look(_BLUE, "dash", "circle"),
    "momentum": Look(_ORANGE, "solid", "square"),
    "nesterov": Look(_ORANGE, "dash", "square"),
    "adagrad": Look(_BROWN, "solid", "triangle-down"),
    "rmsprop": Look(_GREEN, "solid", "hexagon"),
    "adam": Look(_PINK, "solid", "triangle-up"),
    "adamw": Look(_PINK, "dash", "triangle-up"),
    "nadam": Look(_PINK, "dot", "triangle-up"),
    "lbfgs": Look(_VIOLET, "solid", "diamond"),
    "newton": Look(_LEAF, "solid", "cross"),
    "uncorrected_adam": Look(palette.DANGER, "dash", "triangle-up"),
    "multiplied_adam": Look(palette.DANGER, "dot", "triangle-up"),
}
BELOW = {"xaxis": "x2", "yaxis": "y2"}  # the panel of the losses


def race_map(race: Race, terrain: Terrain, arrows: bool = False) -> Prebuilt:
    """The map with every racer's path from the first start, and f − f* against the step below.

    Args:
        race: from one start (others are not drawn).
        terrain: the ground under it.
        arrows: draw the direction of steepest descent.
    """
    paths, losses = race.paths[:, 0], np.maximum(race.losses[:, 0] - terrain.lowest, FLOOR)
    bounded = len(terrain.minima) > 0
    if not bounded:
        losses = race.losses[:, 0]  # nothing to measure the height from
    still = arrow_traces(terrain) if arrows else []
    racers = [*_paths(race, paths), *_heads(race, paths[:, -1], losses[:, -1])]
    data = [*_curves(race, losses), *still, *racers, landmarks(terrain), start_mark(paths[0, 0])]
    layout = palette.layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        uirevision=terrain.title,
        hovermode="closest",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0, "font": {"size": 13}},
        xaxis=plain_axis(terrain.axes[0], terrain.x, domain=[0, 1], anchor="y"),
        yaxis=plain_axis(terrain.axes[1], terrain.y, domain=[0.36, 1], anchor="x"),
        xaxis2=plain_axis("step", [0, paths.shape[1] - 1], domain=[0, 1], anchor="y2"),
        yaxis2=loss_axis(losses, bounded),
        images=[ground_image(terrain)],
    )
    return Prebuilt({"data": data, "layout": layout})


def _curves(race: Race, losses: np.ndarray) -> list[dict[str, Any]]:
    """Every racer's loss (racers, steps + 1) over the steps, in the panel below."""
    points = [np.stack([np.arange(len(loss)), loss], -1) for loss in losses]
    return [
        path_trace(each, LOOK[r.name], 0.9, 2) | BELOW for each, r in zip(points, race.rules, strict=True)
    ]


def _paths(race: Race, paths: np.ndarray) -> list[dict[str, Any]]:
    """Every racer's way (racers, steps + 1, 2), named in the legend."""
    return [
        path_trace(path, LOOK[rule.name], opacity=1, width=2.5)
        | {"name": rule.title, "showlegend": True, "legendgroup": rule.name}
        for path, rule in zip(paths, race.rules, strict=True)
    ]


def _heads(race: Race, ends: np.ndarray, losses: np.ndarray) -> list[dict[str, Any]]:
    """A mark per racer where it ended (racers, 2), and one on its loss (racers,) below."""
    looks = [LOOK[rule.name] for rule in race.rules]
    below = np.stack([np.full(len(losses), race.losses.shape[-1] - 1), losses], -1)
    return [heads_trace(ends, looks, 12), heads_trace(below, looks, 8) | BELOW | {"cliponaxis": False}]


def walked_map(ground: WalkedGround, titles: Mapping[str, str]) -> Prebuilt:
    """A network's paths over the loss in the plane of the first one, whose end is the origin.

    Args:
        titles: name of a run -> what the legend calls it; the names are rules of the race.
    """
    lowest = float(ground.loss.min())
    unit = max(float(np.quantile(ground.loss - lowest, 0.1)), 1e-9)
    empty = np.empty((0, 2))
    height = drawn_height(ground.loss, lowest, unit)
    axes = ("first direction", "second direction")
    terrain = Terrain("", axes, ground.a, ground.b, ground.loss, height, empty, 0, empty, lowest, empty)
    looks = {name: LOOK["gradient_descent" if name == "sgd" else name] for name in titles}
    data = [
        path_trace(ground.paths[name], looks[name], opacity=1, width=2.5)
        | {"name": title, "showlegend": True, "legendgroup": name}
        for name, title in titles.items()
    ]
    ends = np.stack([ground.paths[name][-1] for name in titles])
    data += [heads_trace(ends, list(looks.values()), 12), start_mark(next(iter(ground.paths.values()))[0])]
    layout = palette.layout(
        height=420,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hovermode="closest",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0, "font": {"size": 13}},
        xaxis=plain_axis(axes[0], ground.a, constrain="domain"),
        yaxis=plain_axis(axes[1], ground.b, scaleanchor="x", constrain="domain"),
        images=[ground_image(terrain)],
    )
    return Prebuilt({"data": data, "layout": layout})


def plain_axis(title: str, values: Any, **more: Any) -> dict[str, Any]:
    """A linear axis over a fixed range."""
    ends = [float(values[0]), float(values[-1])]
    return marks.axis(title={"text": title, "standoff": 4}, range=ends, zeroline=False) | more


def loss_axis(losses: np.ndarray, bounded: bool) -> dict[str, Any]:
    """Height above the minimum on a log axis; f itself, linear, without one; losses are (racers, steps + 1)."""
    place: dict[str, Any] = {
        "zeroline": False,
        "tickfont": {"size": 12},
        "domain": [0, 0.24],
        "anchor": "x2",
    }
    lowest, highest = float(losses.min()), float(losses.max())
    if not bounded:
        return marks.axis("f", range=[max(lowest, -20.0), highest], **place)
    low, high = np.log10(max(lowest, 1e-12)), np.log10(max(highest, FLOOR))
    ends = [min(low, high - 1.5) - 0.3, min(high, 6.0) + 0.3]
    return marks.axis(
        "f − f*", log=True, range=ends, dtick=max(1, round((min(high, 6.0) - low) / 4)), **place
    )
