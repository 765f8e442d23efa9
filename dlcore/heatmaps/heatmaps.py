"""Heat maps as plain arrays: enlarge, smooth, and score against a known truth. Knows no model and no torch.

Every function takes arrays or tensors whose last two axes are rows and columns.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.metrics import auc
from dlcore.shown import Shown

MODES = ("nearest", "bilinear", "bicubic")


@dataclass(frozen=True, repr=False)
class Scores(Shown):
    """How well a heat map agrees with the mask of what decides the class.

    A value is None exactly where its formula is 0/0.

    >>> score([[0.0, 1.0], [0.0, 3.0]], mask=[[0, 0], [0, 1]])
    Scores(pointing_hit=1, mass_inside=0.75, iou=1, auc=1)

    Attributes:
        pointing_hit: 1.0 if the map's maximum lies in the mask, else 0.0 (the pointing game; Zhang et al.
            2016, arXiv:1608.00507, without their tolerance of 15 pixels). Of several equal maxima: the share
            that does.
        mass_inside: Σ_mask max(h, 0) / Σ max(h, 0), in [0, 1]; None if nothing in the map is positive.
        iou: |T ∩ M| / |T ∪ M|, in [0, 1], for T the |M| pixels where the map is highest, so that neither area
            nor scale of the map matters; of pixels tied for the last places each counts in proportion.
            None for an empty mask.
        auc: probability that a pixel of the mask has a higher value than one outside, ties counted half.
            None for an empty and for a full mask: there is no pair to compare.
    """

    pointing_hit: float
    mass_inside: float | None
    iou: float | None
    auc: float | None


@dataclass(frozen=True, eq=False, repr=False)
class Look(Shown):
    """What a network answers to one image, and where each answer comes from.

    >>> digits = dlcore.load("digits")
    >>> one = look(dlcore.models.build(dlcore.Recipe("digits"), digits), digits.images[0])
    >>> one.layer, one.heatmaps.shape
    ('features', (10, 2, 2))

    Attributes:
        layer: dotted name of the layer looked at.
        scores: (K,) z, one per class, before softmax; of a one-logit network −z and z.
        probabilities: (K,).
        maps: (c, rows, cols) A, the layer's feature maps.
        alpha: (K, c) mean over rows and columns of ∂z / ∂A.
        heatmaps: (K, rows, cols) Σ_c alpha_c A_c, signed, in logit units.
    """

    layer: str
    scores: NDArray[np.floating]
    probabilities: NDArray[np.floating]
    maps: NDArray[np.floating]
    alpha: NDArray[np.floating]
    heatmaps: NDArray[np.floating]


def upsample(heatmaps: Any, size: tuple[int, int], mode: str = "bilinear") -> NDArray[Any]:
    """The maps at another size, leading axes kept.

    Both axes are interpolated one after the other, h' = R h Cᵀ, and pixels count as squares: equal to
    torch.nn.functional.interpolate(…, align_corners=False).

    >>> upsample([[0.0, 4.0]], (1, 4)).tolist(), upsample([[0.0, 4.0]], (1, 4), "nearest").tolist()
    ([[0.0, 1.0, 3.0, 4.0]], [[0.0, 0.0, 4.0, 4.0]])

    Args:
        heatmaps: (…, rows, cols), array or tensor.
        size: (rows, cols) wanted, a smaller one works as well.
        mode: "nearest", "bilinear" or "bicubic" (a = −0.75; may overshoot the values given).

    Raises:
        ValueError: an unknown mode, a size below 1, or fewer than two axes.
    """
    maps = _maps(heatmaps)
    if mode not in MODES:
        raise ValueError(f"There is no mode {mode!r}; it can be {', '.join(MODES)}.")
    rows, cols = (int(length) for length in size)
    if min(rows, cols, *maps.shape[-2:]) < 1:
        raise ValueError(f"A map of {maps.shape[-2]} × {maps.shape[-1]} cannot become {rows} × {cols}.")
    if mode == "nearest":
        return maps[..., _nearest(maps.shape[-2], rows)[:, None], _nearest(maps.shape[-1], cols)]
    R, C = _interpolation(maps.shape[-2], rows, mode), _interpolation(maps.shape[-1], cols, mode)
    return (R @ maps.astype(np.float64) @ C.T).astype(_float_type(maps))


def smooth(heatmaps: Any, sigma: float) -> NDArray[Any]:
    """The maps convolved with a Gaussian, G(x) ∝ exp(−x² / 2σ²) in both directions, cut off at 4σ.

    Beyond its border a map goes on as its mirror image (d c b a | a b c d | d c b a): no value leaks out, the
    sum stays the same. Equals scipy.ndimage.gaussian_filter(…, mode="reflect").

    >>> smooth([[0.0, 0.0, 1.0, 0.0, 0.0]], sigma=0.5).round(4).tolist()
    [[0.0003, 0.1065, 0.7866, 0.1065, 0.0003]]

    Args:
        heatmaps: (…, rows, cols), array or tensor.
        sigma: in pixels of the maps given, ≥ 0; 0 leaves them unchanged.

    Raises:
        ValueError: sigma is negative or not finite, or fewer than two axes.
    """
    maps = _maps(heatmaps)
    if not (np.isfinite(sigma) and sigma >= 0):
        raise ValueError(f"sigma is {sigma}; it is a number of pixels, 0 or more.")
    sigma = min(sigma, 3 * max(maps.shape[-2:]))  # by then the map is its mean, to 1e-5 of its values
    radius = int(4 * sigma + 0.5)
    if radius == 0 or maps.size == 0:
        return maps.astype(_float_type(maps))
    kernel = cv2.getGaussianKernel(2 * radius + 1, sigma, cv2.CV_64F)
    flat = maps.astype(np.float64).reshape(-1, *maps.shape[-2:])
    blurred = [cv2.sepFilter2D(h, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REFLECT) for h in flat]
    return np.reshape(blurred, maps.shape).astype(_float_type(maps))


def score(heatmap: Any, mask: Any) -> Scores:
    """How well one heat map finds the mask: pointing game, mass inside, IoU at equal area, AUC.

    A heat map of another size is first upsampled to the mask, bilinearly. The map is read signed: a constant
    one scores what chance would (AUC ½), an all-negative one still has a maximum and an order but no mass.

    >>> score([[4.0, 3.0], [-2.0, 1.0]], mask=[[1, 0], [0, 1]])
    Scores(pointing_hit=1, mass_inside=0.625, iou=0.333333, auc=0.75)

    Args:
        heatmap: (rows, cols), finite, array or tensor.
        mask: (rows, cols); whatever is not zero belongs to it.

    Raises:
        ValueError: not one map and one mask, or the map contains NaN or infinity.
    """
    h, inside = _maps(heatmap), _maps(mask) != 0
    if h.ndim != 2 or inside.ndim != 2 or 0 in h.shape or 0 in inside.shape:
        raise ValueError(f"One map and one mask are compared, not shapes {h.shape} and {inside.shape}.")
    h = h.astype(np.float64)
    if not np.isfinite(h).all():
        raise ValueError("The heat map contains NaN or infinity: it has no maximum and no order.")
    if h.shape != inside.shape:
        h = upsample(h, inside.shape, "bilinear")
    return Scores(
        _pointing_hit(h, inside), _mass_inside(h, inside), _iou(h, inside), auc(h.ravel(), inside.ravel())
    )


def _pointing_hit(h: NDArray[np.float64], inside: NDArray[np.bool_]) -> float:
    return float(inside[h == h.max()].mean())


def _mass_inside(h: NDArray[np.float64], inside: NDArray[np.bool_]) -> float | None:
    positive = np.maximum(h, 0) / max(h.max(), np.finfo(float).tiny)  # tiny maps must not underflow
    return float(positive[inside].sum() / positive.sum()) if positive.any() else None


def _iou(h: NDArray[np.float64], inside: NDArray[np.bool_]) -> float | None:
    area = int(inside.sum())
    if area == 0:
        return None
    threshold = np.partition(h.ravel(), h.size - area)[h.size - area]  # the area-th highest value
    above, tied = h > threshold, h == threshold
    intersection = inside[above].sum() + (area - above.sum()) * inside[tied].mean()
    return float(intersection / (2 * area - intersection))


def _maps(values: Any) -> NDArray[Any]:
    """values as a numpy array, also from a tensor, without importing torch."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.float() if str(values.dtype) == "torch.bfloat16" else values  # numpy has no bfloat16
    maps = np.asarray(values)
    if maps.ndim < 2:
        raise ValueError(f"A heat map has rows and columns; this has shape {maps.shape}.")
    return maps


def _float_type(maps: NDArray[Any]) -> np.dtype[Any]:
    return maps.dtype if np.issubdtype(maps.dtype, np.floating) else np.dtype(np.float64)


def _nearest(n: int, wanted: int) -> NDArray[np.int64]:
    """(wanted,) the index that each new pixel copies: ⌊i n / wanted⌋, rounded as torch rounds it."""
    # In single precision, where i n / wanted can miss a whole number by one bit, and with it a pixel.
    scale = np.float32(n) / np.float32(wanted)
    return np.minimum(np.floor(np.arange(wanted, dtype=np.float32) * scale).astype(int), n - 1)


def _interpolation(n: int, wanted: int, mode: str) -> NDArray[np.float64]:
    """(wanted, n) matrix whose row i holds the weights of the old pixels in new pixel i; rows sum to 1."""
    x = (np.arange(wanted) + 0.5) * n / wanted - 0.5  # centre of new pixel i on the old grid
    left = np.floor(x).astype(int)
    t = x - left
    taps = {0: 1 - t, 1: t} if mode == "bilinear" else {k: _keys(np.abs(t - k)) for k in (-1, 0, 1, 2)}
    matrix = np.zeros((wanted, n))
    for k, weight in taps.items():
        # Pixels beyond the border repeat it.
        np.add.at(matrix, (np.arange(wanted), np.clip(left + k, 0, n - 1)), weight)
    return matrix


def _keys(d: NDArray[np.float64], a: float = -0.75) -> NDArray[np.float64]:
    """Cubic convolution kernel at distance d (Keys 1981, doi:10.1109/TASSP.1981.1163711)."""
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))
