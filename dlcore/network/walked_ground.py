"""The plane in which a training walked: the loss there, and every path projected onto it, with its distance.

The plane of the two principal directions of a path, from its end (Li et al. 2018, arXiv:1712.09913, section 7;
Lorch 2016). What lies outside of it is not drawn: `away` says how far that is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data import BadInput
from dlcore.network.network import HEADS
from dlcore.network.trajectory import Trajectory, outputs, sets

Array = NDArray[np.float64]
EDGE = 1e6  # a path is followed as far as no parameter is larger: beyond, squares of distances overflow
WIDEST = 3.0  # the map is at most so many times as wide as the path that chose the plane


@dataclass(frozen=True, eq=False)
class WalkedGround:
    """The loss over a plane of parameters, and paths over it.

    Attributes:
        origin: (p,) the end of the path that chose the plane.
        directions: (2, p) orthonormal; along the first, that path is longest.
        explained: (2,) share of the path's squared distances from its end along each of them.
        a, b: (n,) coordinates of the map, in the units of the parameters.
        loss: (n, n) mean training loss without penalties; loss[i, j] at origin + a[j] u + b[i] v.
        paths: of every run, (T, 2) its coordinates.
        away: of every run, (T,) its distance from the plane.
    """

    origin: Array
    directions: Array
    explained: Array
    a: Array
    b: Array
    loss: Array
    paths: Mapping[str, Array]
    away: Mapping[str, Array]

    def lies(self, name: str) -> float:
        """The largest distance of a path from the plane, in lengths of that path's own box in it.

        Infinite for a path of one point, whose run left for infinity in its first epoch.
        """
        extent = float(np.linalg.norm(np.ptp(self.paths[name], axis=0)))
        return float(self.away[name].max()) / extent if extent else float("inf")


def walked_ground(runs: Mapping[str, Trajectory], n: int = 49) -> WalkedGround:
    """The ground of the first run's path, with the paths of all, which are of one network on the same points.

    Raises:
        BadInput: the first run has not moved along two directions.
    """
    first = next(iter(runs.values()))
    walks = {name: _followed(run.theta) for name, run in runs.items()}
    origin = next(iter(walks.values()))[-1].copy()
    steps = next(iter(walks.values())) - origin
    lengths, directions = np.linalg.svd(steps, full_matrices=False)[1:]
    if len(lengths) < 2 or lengths[1] <= 1e-12 * max(lengths[0], 1e-300):
        raise BadInput("This path has no second direction yet: let it train for a few epochs.")
    plane = directions[:2]
    paths = {name: (theta - origin) @ plane.T for name, theta in walks.items()}
    away = {
        name: np.linalg.norm(theta - origin - paths[name] @ plane, axis=1) for name, theta in walks.items()
    }
    a, b = _window(list(paths.values()), n)
    places = origin + a[None, :, None] * plane[0] + b[:, None, None] * plane[1]
    return WalkedGround(
        origin,
        plane,
        lengths[:2] ** 2 / np.sum(lengths**2),
        a,
        b,
        training_loss(first, places.reshape(n * n, -1)).reshape(n, n),
        paths,
        away,
    )


def _followed(theta: Array) -> Array:
    """A path (T, p) until a parameter is too large to be drawn."""
    too_far = np.abs(theta).max(axis=1) > EDGE
    return theta[: int(np.argmax(too_far))] if too_far.any() else theta


def training_loss(run: Trajectory, thetas: Array) -> Array:
    """The mean loss over the run's training points of many parameter vectors: (T, p) -> (T,)."""
    parts, net = sets(run.plan), run.plan.net
    x, y = net.inputs(parts.points.x[parts.train]), parts.points.y[parts.train]
    return np.concatenate(
        [HEADS[net.head].loss(outputs(net, some, x), y).mean(axis=1) for some in np.array_split(thetas, 16)]
    )


def _window(paths: list[Array], n: int) -> tuple[Array, Array]:
    """The map's coordinates: a square around all paths, as far as they stay near the first."""
    low, high = paths[0].min(0), paths[0].max(0)
    side = float(np.max(high - low))
    every = np.concatenate(paths)
    low, high = (
        np.clip(extreme, low - WIDEST * side, high + WIDEST * side)
        for extreme in (every.min(0), every.max(0))
    )
    half = 0.65 * max(float(np.max(high - low)), 1e-9)
    first, second = (np.linspace(middle - half, middle + half, n) for middle in (low + high) / 2)
    return first, second
