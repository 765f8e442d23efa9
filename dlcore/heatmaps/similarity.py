"""How alike two heat maps are: rank correlation and structural similarity; results of the sanity check. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.heatmaps.heatmaps import upsample
from dlcore.heatmaps.truth import ranks
from dlcore.shown import Shown

ALIKE = ("spearman", "absolute", "ssim")
HALF = 0.5  # of a likeness: above it a map of forgotten weights is still the same map
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Cascade(Shown):
    """How alike the maps stay while a network forgets from its head downwards.

    Attributes:
        stages: what has been drawn anew at each depth; the first is "nothing".
        alike: one of ALIKE -> (seeds, stages), means over the images.
        right: (seeds, stages) share of the images still called rightly.
        n: how many images.
    """

    stages: tuple[str, ...]
    alike: Mapping[str, Values]
    right: Values
    n: int

    def at_the_end(self, alike: str = ALIKE[0]) -> tuple[float, float]:
        """Mean and standard deviation over the seeds once everything is drawn anew.

        >>> alike = {"spearman": np.array([[1.0, 0.25], [1.0, 0.75]])}
        >>> Cascade(("nothing", "head"), alike, np.ones((2, 2)), 9).at_the_end()[0]
        0.5
        """
        last = self.alike[alike][:, -1]
        return float(last.mean()), float(last.std(ddof=1))

    def depends(self, alike: str = ALIKE[0]) -> bool | None:
        """Whether the map depends on what was learned: two standard deviations on one side of 0.5; None: in between.

        >>> alike = {"spearman": np.array([[1.0, 0.1], [1.0, 0.2]])}
        >>> Cascade(("nothing", "head"), alike, np.ones((2, 2)), 9).depends()
        True
        """
        mean, spread = self.at_the_end(alike)
        return True if mean + 2 * spread < HALF else False if mean - 2 * spread > HALF else None


def spearman(a: NDArray, b: NDArray) -> Values:
    """(n,) correlation of the ranks of two stacks of maps (n, rows, cols); NaN where a map is constant.

    ρ = Σ (r − r̄)(s − s̄) / √(Σ (r − r̄)² Σ (s − s̄)²), ties sharing their mean rank (Spearman 1904).
    """
    r, s = (ranks(maps.reshape(len(maps), -1)) for maps in (a, b))
    r, s = r - r.mean(axis=1, keepdims=True), s - s.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((r * s).sum(axis=1) / np.sqrt((r**2).sum(axis=1) * (s**2).sum(axis=1)))


def ssim(a: NDArray, b: NDArray, window: int = 7) -> Values:
    """(n,) mean structural similarity of two stacks (n, h, w), each map first divided by its largest |value|.

    SSIM = (2 μ_a μ_b + C₁)(2 σ_ab + C₂) / ((μ_a² + μ_b² + C₁)(σ_a² + σ_b² + C₂)) in windows of 7 × 7 pixels,
    C₁ = (.01 L)², C₂ = (.03 L)², L = 2, the range of values; windows that leave the picture are left out
    (Wang et al. 2004, doi:10.1109/TIP.2003.819861). NaN where a map is zero.

    Args:
        window: odd, at most the shorter side.
    """
    return np.array([_ssim(_to_one(p), _to_one(q), window) for p, q in zip(a, b, strict=True)])


def _to_one(h: NDArray) -> Values:
    top = np.abs(h).max()
    return h.astype(np.float64) / top if top > 0 else np.full(h.shape, np.nan)


def _ssim(a: Values, b: Values, window: int) -> float:
    def local(values: Values) -> Values:
        return np.asarray(cv2.boxFilter(values, cv2.CV_64F, (window, window)), np.float64)

    unbiased = window**2 / (window**2 - 1)
    m_a, m_b = local(a), local(b)
    v_a, v_b = unbiased * (local(a * a) - m_a**2), unbiased * (local(b * b) - m_b**2)
    v_ab = unbiased * (local(a * b) - m_a * m_b)
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    found = (2 * m_a * m_b + c1) * (2 * v_ab + c2) / ((m_a**2 + m_b**2 + c1) * (v_a + v_b + c2))
    edge = window // 2
    return float(found[edge : a.shape[0] - edge, edge : a.shape[1] - edge].mean())


def likeness(a: NDArray, b: NDArray, size: tuple[int, int]) -> dict[str, Values]:
    """The three similarities of two stacks of maps: ranks cell by cell, structure at the images' size.

    Args:
        a, b: (n, rows, cols), signed.
        size: (h, w) of the images.
    """
    window = min(7, min(size) // 2 * 2 - 1)
    return {
        "spearman": spearman(a, b),
        "absolute": spearman(np.abs(a), np.abs(b)),
        "ssim": ssim(upsample(a, size), upsample(b, size), window),
    }
