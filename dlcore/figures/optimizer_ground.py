"""The ground of the race: heights in bands, landmarks, arrows."""

from typing import Any

import numpy as np
from PIL import Image

from dlcore.figures import marks, palette
from dlcore.figures.palette import Look
from dlcore.figures.prebuilt import data_address, png_of, typed
from dlcore.optimizers.terrain import Terrain

BANDS = 16  # of height


def path_trace(path: np.ndarray, look: Look, opacity: float, width: float) -> dict[str, Any]:
    """A line through points (n, 2); width in pixels."""
    return marks.line(typed(path[:, 0]), typed(path[:, 1]), look, width=width, hover="", opacity=opacity)


def heads_trace(points: np.ndarray, looks: list[Look], size: int) -> dict[str, Any]:
    """One mark per racer at points (racers, 2); size in pixels."""
    colours, symbols = [look.colour for look in looks], [look.symbol for look in looks]
    rim = {"color": colours, "symbol": symbols, "line": {"color": "white", "width": 1.5}}
    return marks.dots(typed(points[:, 0]), typed(points[:, 1]), "muted", size=size, hover="", marker=rim)


def ground_image(terrain: Terrain) -> dict[str, Any]:
    """The heights as a picture behind the axes, in bands: the higher, the denser.

    The picture is a few kilobytes; light and dark shine through.
    """
    picture = _banded(terrain.height)
    opacity = [palette.GROUND_DENSITY * k / BANDS for k in range(BANDS)] + [0.75]
    file = png_of(picture, transparency=bytes(round(255 * each) for each in opacity))
    # Heights belong to the middle of a pixel, so the picture is one pixel wider than the grid.
    (x0, dx), (y1, dy) = (
        (axis[end], (axis[-1] - axis[0]) / (len(axis) - 1)) for axis, end in ((terrain.x, 0), (terrain.y, -1))
    )
    return {
        "source": data_address(file),
        "xref": "x",
        "yref": "y",
        "x": float(x0 - dx / 2),
        "y": float(y1 + dy / 2),
        "sizex": float(dx * len(terrain.x)),
        "sizey": float(dy * len(terrain.y)),
        "sizing": "stretch",
        "layer": "below",
    }


def _banded(height: np.ndarray) -> Image.Image:
    """Heights (rows, cols), y up, as a picture of bands 0 to BANDS − 1; BANDS is the line between two of them."""
    scaled = (height - height.min()) / max(float(np.ptp(height)), 1e-12)
    fine = Image.fromarray(scaled[::-1].astype(np.float32)).resize((600, 600), Image.Resampling.BICUBIC)
    bands = np.clip(np.asarray(fine) * BANDS, 0, BANDS - 1).astype(np.uint8)
    corner, below, beside = bands[:-1, :-1], bands[1:, :-1], bands[:-1, 1:]
    edges = (corner != below) | (corner != beside)
    corner[edges] = BANDS
    picture = Image.fromarray(bands)
    picture.putpalette(list(palette.GROUND) * (BANDS + 1))
    return picture


def landmarks(terrain: Terrain) -> dict[str, Any]:
    """Minima and saddles, one trace."""
    symbols = ["star" if k < terrain.best else "circle-open" for k in range(len(terrain.minima))]
    points = np.concatenate([terrain.minima, terrain.saddles])
    labels = [
        *("global minimum" if k < terrain.best else "local minimum" for k in range(len(terrain.minima))),
        *("saddle" for _ in terrain.saddles),
    ]
    symbol = {
        "symbol": [*symbols, *("x-thin-open" for _ in terrain.saddles)],
        "line": {"width": 1.5, "color": palette.LANDMARK},
    }
    return marks.dots(
        typed(points[:, 0]),
        typed(points[:, 1]),
        Look(palette.LANDMARK),
        size=13 if len(points) < 30 else 6,
        marker=symbol,
        text=labels,
        hover="%{text} (%{x:.3f}, %{y:.3f})<extra></extra>",
    )


def start_mark(start: np.ndarray) -> dict[str, Any]:
    """Where all racers (2,) start."""
    symbol = {"symbol": "diamond-open", "line": {"width": 2, "color": palette.LANDMARK}}
    x, y = typed(start[:1]), typed(start[1:])
    look = Look(palette.LANDMARK)
    return marks.dots(x, y, look, size=12, marker=symbol, hover="start (%{x:.3f}, %{y:.3f})<extra></extra>")


def arrow_traces(terrain: Terrain) -> list[dict[str, Any]]:
    """The direction of steepest descent: lines from foot to head, all in one trace, and the heads."""
    gaps = np.full((len(terrain.field), 1, 2), np.nan)
    line = np.concatenate([terrain.field, gaps], axis=1).reshape(-1, 2)
    shaft = path_trace(line, palette.LOOKS["muted"], opacity=0.8, width=1.2)
    tips = terrain.field[:, 1]
    return [shaft, marks.dots(typed(tips[:, 0]), typed(tips[:, 1]), "muted", size=4, hover="")]
