"""The race as a film, played in the browser: racers on the map, their losses below, one set of frames."""

from typing import Any

import numpy as np

from dlcore.figures import marks, palette
from dlcore.figures.optimizer_ground import (
    arrow_traces,
    click_grid,
    ground_image,
    heads_trace,
    landmarks,
    path_trace,
    start_mark,
)
from dlcore.figures.palette import Look
from dlcore.figures.prebuilt import Prebuilt, typed
from dlcore.optimizers.racing import Race
from dlcore.optimizers.terrain import Terrain

MOST_FRAMES = 90
HEIGHT = 620  # pixels: map, losses and buttons in the first view
TAILS = 120  # steps that all racers together draw behind themselves while the film runs
FLOOR = 1e-15  # differences of f below are rounding; a log axis needs something above zero

_BLUE, _ORANGE, _GREEN, _PINK, _OLIVE, _VIOLET, _ROSE, _LEAF, _BROWN, _ = palette.CATEGORIES
# One hue per family, one dash per member: the eye groups them, and colour never stands alone.
LOOK = {
    "gradient_descent": Look(_BLUE, "solid"),
    "sgd": Look(_BLUE, "dot"),
    "minibatch": Look(_BLUE, "dash"),
    "momentum": Look(_ORANGE, "solid"),
    "nesterov": Look(_ORANGE, "dash"),
    "adagrad": Look(_BROWN, "solid"),
    "rmsprop": Look(_GREEN, "solid"),
    "adam": Look(_PINK, "solid"),
    "adamw": Look(_PINK, "dash"),
    "nadam": Look(_PINK, "dot"),
    "lbfgs": Look(_VIOLET, "solid"),
    "newton": Look(_LEAF, "solid"),
    "uncorrected_adam": Look(palette.DANGER, "dash"),
    "multiplied_adam": Look(palette.DANGER, "dot"),
}
BELOW = {"xaxis": "x2", "yaxis": "y2"}  # the panel of the losses


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
    still = [*(arrow_traces(terrain) if arrows else []), click_grid(terrain)]
    still += [path_trace(path, LOOK[r.name], 0.35, 1.5) for path, r in zip(paths, race.rules, strict=True)]
    curves, above = _curves(race, losses), [landmarks(terrain), start_mark(paths[0, 0])]
    racers = [*_tails(race, paths), *_heads(race, paths[:, -1], losses[:, -1])]
    data = [*curves, *still, *racers, *above]
    # A click on the map fails in Plotly while a trace there has not been drawn by the last frame: name them all.
    drawn = list(range(len(curves), len(data)))
    times = frame_steps(paths.shape[1] - 1)
    frames = [frame(t, paths, losses, (len(still), len(above)), drawn) for t in times]
    layout = palette.layout(
        height=HEIGHT,
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


def _curves(race: Race, losses: np.ndarray) -> list[dict[str, Any]]:
    """Every racer's loss (racers, steps + 1) over the steps, in the panel below."""
    points = [np.stack([np.arange(len(loss)), loss], -1) for loss in losses]
    return [
        path_trace(each, LOOK[r.name], 0.9, 2) | BELOW for each, r in zip(points, race.rules, strict=True)
    ]


def _tails(race: Race, paths: np.ndarray) -> list[dict[str, Any]]:
    """What the racers draw behind themselves, named in the legend."""
    return [
        path_trace(path, LOOK[rule.name], opacity=1, width=2.5)
        | {"name": rule.title, "showlegend": True, "legendgroup": rule.name}
        for path, rule in zip(paths, race.rules, strict=True)
    ]


def _heads(race: Race, ends: np.ndarray, losses: np.ndarray) -> list[dict[str, Any]]:
    """A dot per racer where it ended (racers, 2), and one on its loss (racers,) below."""
    colours = [LOOK[rule.name].colour for rule in race.rules]
    below = np.stack([np.full(len(losses), race.losses.shape[-1] - 1), losses], -1)
    return [heads_trace(ends, colours, 12), heads_trace(below, colours, 8) | BELOW | {"cliponaxis": False}]


def frame_steps(steps: int) -> list[int]:
    """The steps that get a frame: all of them, or evenly spaced ones, the first and the last among them."""
    return sorted({round(t) for t in np.linspace(0, steps, min(steps, MOST_FRAMES) + 1)})


def frame(
    t: int, paths: np.ndarray, losses: np.ndarray, still: tuple[int, int], drawn: list[int]
) -> dict[str, Any]:
    """Heads at step t and the last steps behind them, between traces that stay as they are.

    Args:
        paths: (racers, steps + 1, 2); losses: (racers, steps + 1).
        still: traces between the curves and the tails, and after the heads.
        drawn: numbers of the traces that the frame names.
    """
    first = 0 if t == paths.shape[1] - 1 else max(0, t - max(8, TAILS // len(paths)))
    tails = [{"x": typed(path[first : t + 1, 0]), "y": typed(path[first : t + 1, 1])} for path in paths]
    heads = {"x": typed(paths[:, t, 0]), "y": typed(paths[:, t, 1])}
    loss_heads = {"x": typed(np.full(len(paths), t)), "y": typed(losses[:, t])}
    below, above = still
    data = [*[{}] * below, *tails, heads, loss_heads, *[{}] * above]
    return {"name": str(t), "data": data, "traces": drawn}


def plain_axis(title: str, values: Any, **more: Any) -> dict[str, Any]:
    """A linear axis over a fixed range, so that nothing jumps while the film runs."""
    ends = [float(values[0]), float(values[-1])]
    return marks.axis(title={"text": title, "standoff": 4}, range=ends, zeroline=False) | more


def loss_axis(losses: np.ndarray, bounded: bool) -> dict[str, Any]:
    """Height above the minimum on a log axis; f itself, linear, without one; losses are (racers, steps + 1)."""
    place: dict[str, Any] = {
        "zeroline": False,
        "tickfont": {"size": 12},
        "domain": [0.2, 0.38],
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


def play_buttons() -> dict[str, Any]:
    """Play, play slowly, pause; all in the browser."""

    def run(label: str, milliseconds: int) -> dict[str, Any]:
        options = {
            "frame": {"duration": milliseconds, "redraw": False},
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
        **CONTROL | LIVE,
    }


LIVE = {"bgcolor": "rgba(0,114,178,0.22)", "bordercolor": palette.ACCENT}  # what can be pressed
CONTROL = {"bgcolor": "rgba(124,136,150,0.12)", "bordercolor": palette.MUTED, "borderwidth": 1}


def scrubber(frames: list[dict[str, Any]]) -> dict[str, Any]:
    """A slider through the frames, standing at the end, where the figure starts."""
    instant = {"duration": 0, "redraw": False}
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
