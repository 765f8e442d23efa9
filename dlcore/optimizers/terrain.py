"""A surface as a picture needs it: heights on a grid, a scale that shows valley and slope, a field."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.optimizers.racing import find
from dlcore.optimizers.surfaces import Array


@dataclass(frozen=True)
class Terrain:
    """A surface over its view.

    Attributes:
        title: the surface's.
        axes: what the two parameters are called.
        x: (n,).
        y: (n,).
        f: values, (n, n), row by row from below.
        height: what is drawn, (n, n): log₁₀(1 + (f − lowest) / unit), with unit the lowest tenth of f − lowest; or f.
        minima: (k, 2).
        best: how many of them are global.
        saddles: (k, 2).
        lowest: f at the global minimum; the lowest f in view where there is none.
        field: arrows of the descent direction, (a, 2, 2): foot and head.
    """

    title: str
    axes: tuple[str, str]
    x: Array
    y: Array
    f: Array
    height: Array
    minima: Array
    best: int
    saddles: Array
    lowest: float
    field: Array


def drawn_height(f: Array, lowest: float, unit: float) -> Array:
    """log₁₀(1 + (f − lowest) / unit) in the shape of f, or f itself if unit is 0."""
    return np.log10(1 + np.maximum(f - lowest, 0) / unit) if unit else np.asarray(f)


def terrain(surface: Any, n: int = 81, log: bool = True) -> Terrain:
    """The surface over its view on n × n points."""
    surface = find(surface)
    (x0, x1), (y0, y1) = surface.view
    x, y = np.linspace(x0, x1, n), np.linspace(y0, y1, n)
    f = surface.f(np.stack(np.meshgrid(x, y), -1))
    minima = np.array(surface.minima).reshape(-1, 2)
    lowest = float(surface.f(minima).min()) if len(minima) else float(f.min())
    unit = max(float(np.quantile(f - lowest, 0.1)), 1e-9) if log else 0.0
    return Terrain(
        title=surface.title,
        axes=surface.axes,
        x=x,
        y=y,
        f=f,
        height=drawn_height(f, lowest, unit),
        minima=minima,
        best=len(surface.global_minima()),
        saddles=np.array(surface.saddles).reshape(-1, 2),
        lowest=lowest,
        field=descent_field(surface, 17),
    )


def descent_field(surface: Any, n: int) -> Array:
    """Arrows −∇f/|∇f| on n × n points, as long as two thirds of their spacing: (n², 2, 2)."""
    (x0, x1), (y0, y1) = surface.view
    spacing = np.array([(x1 - x0) / n, (y1 - y0) / n])
    feet = np.stack(
        np.meshgrid(x0 + spacing[0] * (np.arange(n) + 0.5), y0 + spacing[1] * (np.arange(n) + 0.5)), -1
    ).reshape(-1, 2)
    g = surface.grad(feet)
    direction = -g / np.maximum(np.linalg.norm(g, axis=-1, keepdims=True), 1e-300) * spacing.min()
    return np.stack([feet - direction / 3, feet + direction / 3], axis=1)
