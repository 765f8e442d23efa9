"""What pooling buys: how much a feature map changes under shifts of the image, measured. No torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.convolution.sliding import Geometry, convolve, pool
from dlcore.evaluation.intervals import half_width

Array = NDArray[np.float64]

SHIFTS = (0, 1, 2, 3, 4)  # pixels
ROOM = max(SHIFTS)


@dataclass(frozen=True, eq=False)
class Invariance:
    """Change of each stage under shifts, in units of the distance between two different images.

    Attributes:
        stages: names, from the pixels on.
        change: (stages, shifts) mean over the images: 0 is invariant, 1 is as different as another image.
        interval: (stages, shifts) half of the 95 % interval of that mean.
        same: (shifts,) share of the max-pooled cells that kept their value exactly.
        zeros: (shifts,) share of the max-pooled cells that are 0 before and after: part of `same`.
        positive: (shifts,) share of the cells that were positive that kept their value exactly.
        n: images measured.
    """

    stages: tuple[str, ...]
    change: Array
    interval: Array
    same: Array
    zeros: Array
    positive: Array
    n: int


def shifted(x: Array, t: int, axis: int) -> Array:
    """The middle of images (n, rows, cols) after a shift by t pixels; no pixel is invented."""
    starts = [ROOM, ROOM]
    starts[axis] -= t
    rows, cols = (side - 2 * ROOM for side in x.shape[1:])
    return x[:, starts[0] : starts[0] + rows, starts[1] : starts[1] + cols]


def stages(x: Array, w: Array, window: int) -> dict[str, Array]:
    """Name -> maps of one layer: pixels, ReLU(z), both poolings, the maximum of the whole map."""
    a = np.maximum(0.0, convolve(x, w, Geometry(k=len(w))))
    return {
        "pixels": x,
        "ReLU(z)": a,
        "average pooling": pool(a, window, "average"),
        "max pooling": pool(a, window, "max"),
        "max of the whole map": a.max(axis=(1, 2))[:, None, None],
    }


def measure(images: ArrayLike, w: ArrayLike, window: int = 2) -> Invariance:
    """How much each stage changes when images are shifted by 0 to 4 pixels to the right, and down.

    change = ‖h(shifted) − h‖ / mean ‖h(another image) − h‖, averaged over images and both directions.

    Args:
        images: (n, rows, cols) in [0, 1], n ≥ 2; sides below 16 are first continued with their border.
        w: (k, k).
        window: side of the pooling window.
    """
    x, w = np.asarray(images, dtype=np.float64), np.asarray(w, dtype=np.float64)
    if min(x.shape[1:]) < 16:
        x = np.pad(x, ((0, 0), (ROOM, ROOM), (ROOM, ROOM)), mode="edge")
    still = stages(shifted(x, 0, 0), w, window)
    # Distance to the next image in the list, so that a coarser or smoother map gains nothing by being so.
    scale = {name: max(float(_norm(np.roll(h, 1, axis=0) - h).mean()), 1e-300) for name, h in still.items()}
    change = np.zeros((len(still), len(SHIFTS)))
    half, (same, zeros, positive) = np.zeros_like(change), np.zeros((3, len(SHIFTS)))
    for column, t in enumerate(SHIFTS):
        moved = [stages(shifted(x, t, axis), w, window) for axis in (0, 1)]
        for row, (name, h) in enumerate(still.items()):
            each = np.mean([_norm(m[name] - h) for m in moved], axis=0) / scale[name]  # (n,)
            change[row, column], half[row, column] = each.mean(), half_width(each)
        h = still["max pooling"]
        kept = np.isclose([m["max pooling"] for m in moved], h, rtol=0, atol=1e-12)  # (2, n, rows, cols)
        same[column], zeros[column] = kept.mean(), (kept & (h == 0)).mean()
        positive[column] = kept[:, h > 0].mean() if (h > 0).any() else np.nan
    return Invariance(tuple(still), change, half, same, zeros, positive, len(x))


def _norm(h: Array) -> Array:
    return np.sqrt((h**2).sum(axis=(1, 2)))
