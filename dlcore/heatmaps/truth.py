"""Many heat maps against the masks of what decides: means with intervals, and baselines that ask no network.

numpy and OpenCV only. The measures are those of `heatmaps.score`, for all maps at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.evaluation.intervals import Mean, bootstrap, wilson
from dlcore.heatmaps.heatmaps import MODES, smooth, upsample
from dlcore.shown import Shown

MEASURES = ("pointing_hit", "mass_inside", "iou", "auc")
BASELINES = ("centre", "edges", "random")
SIGMAS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)  # pixels
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Truth(Shown):
    """Every image's scores, by method and by baseline.

    Attributes:
        values: name -> (n, 4), one column per entry of MEASURES, NaN where the formula is 0/0.
        baselines: which of the names ask no network.
        right: (n,) whether the network's prediction is the true class.
        area: share of an image's pixels that lie in its mask, on average.
    """

    values: Mapping[str, Values]
    baselines: tuple[str, ...]
    right: NDArray[np.bool_]
    area: float


# --- all maps at once --------------------------------------------------------------------------------------


def score_all(heatmaps: NDArray, masks: NDArray[np.bool_]) -> Values:
    """(n, 4) what `heatmaps.score` gives each map: pointing hit, mass inside, IoU at equal area, AUC.

    Args:
        heatmaps: (n, h, w), finite.
        masks: (n, h, w); whatever is not zero belongs to it.

    Raises:
        ValueError: shapes that differ, or a map with NaN or infinity.
    """
    if heatmaps.shape != masks.shape or heatmaps.ndim != 3:
        raise ValueError(f"Maps {heatmaps.shape} and masks {masks.shape} must have one shape (n, h, w).")
    if not np.isfinite(heatmaps).all():
        raise ValueError("A heat map contains NaN or infinity: it has no maximum and no order.")
    h = heatmaps.reshape(len(heatmaps), -1).astype(np.float64)  # (n, pixels)
    inside = np.asarray(masks).reshape(h.shape) != 0
    with np.errstate(invalid="ignore", divide="ignore"):  # 0/0 is the NaN that is promised
        columns = (_hits(h, inside), _mass(h, inside), _iou(h, inside), _auc(h, inside))
    return np.stack(columns, axis=1)


def _hits(h: Values, inside: NDArray[np.bool_]) -> Values:
    top = h == h.max(axis=1, keepdims=True)
    return (top & inside).sum(axis=1) / top.sum(axis=1)


def _mass(h: Values, inside: NDArray[np.bool_]) -> Values:
    # Scaled first: tiny maps must not underflow.
    positive = np.maximum(h, 0) / np.maximum(h.max(axis=1, keepdims=True), np.finfo(float).tiny)
    return (positive * inside).sum(axis=1) / positive.sum(axis=1)


def _iou(h: Values, inside: NDArray[np.bool_]) -> Values:
    area = inside.sum(axis=1)
    place = np.minimum(h.shape[1] - area, h.shape[1] - 1)
    threshold = np.take_along_axis(np.sort(h, axis=1), place[:, None], axis=1)  # the area-th highest value
    above, tied = h > threshold, h == threshold
    share = (tied & inside).sum(axis=1) / tied.sum(axis=1)
    intersection = (above & inside).sum(axis=1) + (area - above.sum(axis=1)) * share
    return np.where(area > 0, intersection / (2 * area - intersection), np.nan)


def _auc(h: Values, inside: NDArray[np.bool_]) -> Values:
    """(R − n₊(n₊ + 1)/2) / (n₊ n₋) per row, R the sum of the ranks of the mask's pixels."""
    positive = inside.sum(axis=1)
    R = (ranks(h) * inside).sum(axis=1)
    return (R - positive * (positive + 1) / 2) / (positive * (h.shape[1] - positive))


def ranks(values: NDArray) -> Values:
    """(n, m) the rank of each value in its row, from 1; equal values share the mean of their ranks."""
    n, m = values.shape
    order = np.argsort(values, axis=1, kind="stable")
    in_order = np.take_along_axis(values, order, axis=1)
    starts = np.ones((n, m), dtype=bool)  # a new row or a new value begins a new group of ties
    starts[:, 1:] = in_order[:, 1:] != in_order[:, :-1]
    group = np.cumsum(starts.ravel()) - 1
    place = np.tile(np.arange(1.0, m + 1), n)
    mean_rank = np.bincount(group, weights=place) / np.bincount(group)
    found = np.empty((n, m))
    np.put_along_axis(found, order, mean_rank[group].reshape(n, m), axis=1)
    return found


# --- what asks no network ----------------------------------------------------------------------------------


def centre(n: int, h: int, w: int) -> Values:
    """(n, h, w) a Gaussian in the middle, σ a quarter of the shorter side: photographers centre their subject."""
    y, x = np.mgrid[:h, :w]
    away = (y - (h - 1) / 2) ** 2 + (x - (w - 1) / 2) ** 2
    return np.repeat(np.exp(-away / (2 * (min(h, w) / 4) ** 2))[None], n, axis=0)


def edges(images: NDArray[np.uint8]) -> Values:
    """(n, h, w) strength of the edges: |(∂x, ∂y)| of the grey image by Sobel's 3 × 3 filters."""
    grey = images.astype(np.float64)
    grey = grey @ np.array([0.299, 0.587, 0.114]) if images.ndim == 4 else grey  # ITU-R BT.601
    return np.stack([np.hypot(cv2.Sobel(g, cv2.CV_64F, 1, 0), cv2.Sobel(g, cv2.CV_64F, 0, 1)) for g in grey])


def baseline(name: str, images: NDArray[np.uint8], seed: int = 0) -> Values:
    """(n, h, w) maps of one of BASELINES for these images."""
    n, h, w = images.shape[:3]
    if name == "centre":
        return centre(n, h, w)
    return edges(images) if name == "edges" else np.random.default_rng(seed).random((n, h, w))


# --- means with intervals ----------------------------------------------------------------------------------


def mean_of(values: Values, measure: str, seed: int = 0) -> Mean:
    """The mean of one measure over images (n,), NaN left out, with a 95 % interval.

    Wilson's for pointing hits; for the others the percentile bootstrap over the images.
    """
    known = values[np.isfinite(values)]
    if measure == "pointing_hit" and len(known):
        low, high = wilson(known.sum(), len(known))
        return Mean(float(known.mean()), float(low), float(high), len(known))
    return bootstrap(known, seed)


def difference(a: Values, b: Values) -> Mean:
    """How much higher a (n,) is than b (n,) on the same images, on average: a paired bootstrap."""
    d = a - b
    return bootstrap(d[np.isfinite(d)])


# --- does it get truer when it looks better? ---------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Smoothing:
    """Scores of the same maps enlarged in three ways and smoothed: values (modes, sigmas, n, 4).

    Not smoothed and enlarged by "nearest" it is the raw map, cell by cell.
    """

    modes: tuple[str, ...]
    sigmas: tuple[float, ...]
    values: Values


def by_smoothing(
    raw: NDArray,
    masks: NDArray[np.bool_],
    sigmas: Sequence[float] = SIGMAS,
    modes: Sequence[str] = MODES,
    tell: Callable[[float], None] = lambda share: None,
) -> Smoothing:
    """The scores of raw maps against the mode of enlarging and the σ of smoothing.

    Args:
        raw: (n, rows, cols), at the layer's own size.
        masks: bool (n, h, w).
        sigmas: in image pixels.
        tell: told the share done, after every combination.
    """
    values = np.empty((len(modes), len(sigmas), len(masks), len(MEASURES)))
    for i, mode in enumerate(modes):
        enlarged = upsample(raw, masks.shape[1:], mode)
        for j, sigma in enumerate(sigmas):
            values[i, j] = score_all(smooth(enlarged, sigma), masks)
            tell((i * len(sigmas) + j + 1) / (len(modes) * len(sigmas)))
    return Smoothing(tuple(modes), tuple(sigmas), values)
