"""Second opinions on heat maps as arrays: torch's enlarging, SciPy's smoothing, scikit-learn's scores."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def enlarged(heatmap: Array, size: tuple[int, int]) -> Array:
    """(h, w) by torch's bilinear interpolation."""
    import torch

    x = torch.from_numpy(np.ascontiguousarray(heatmap))[None, None]
    return np.asarray(
        torch.nn.functional.interpolate(x, size, mode="bilinear", align_corners=False)[0, 0].numpy()
    )


def smoothed(heatmap: Array, sigma: float) -> Array:
    """(h, w) by SciPy's Gaussian filter, cut off at 4σ, the border mirrored."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(heatmap, sigma, mode="reflect", truncate=4.0))


def scores(heatmap: Array, mask: NDArray[np.bool_]) -> dict[str, float]:
    """Pointing hit, mass inside, IoU at equal area and AUC of one map against a mask, both (h, w).

    Where cells tie at the edge of the area, or at the maximum, the mean over all ways to choose among them.
    """
    from sklearn.metrics import jaccard_score, roc_auc_score

    h, inside = heatmap.ravel(), mask.ravel()
    area, light = int(inside.sum()), np.clip(h, 0, None)
    edge = np.sort(h)[::-1][area - 1]
    sure, tied = h > edge, np.flatnonzero(h == edge)
    if len(tied) == area - sure.sum():
        iou = jaccard_score(inside, h >= edge)
    else:  # expected, as the intersection is linear in what is chosen
        common = (inside & sure).sum() + (area - sure.sum()) * inside[tied].mean()
        iou = common / (2 * area - common)
    return {
        "pointing_hit": float(np.mean([inside[i] for i in np.flatnonzero(h == h.max())])),
        "mass_inside": float(np.average(inside, weights=light)) if light.any() else float("nan"),
        "iou": float(iou),
        "auc": float(roc_auc_score(inside, h)) if 0 < area < len(h) else float("nan"),
    }


def structural_similarity(a: Array, b: Array, window: int) -> float:
    """SSIM of two maps (h, w), each divided by its largest |value|: every window cut out, its moments by np.cov."""
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    cut = [
        np.lib.stride_tricks.sliding_window_view(x, (window, window)).reshape(-1, window**2) for x in (a, b)
    ]
    found = []
    for p, q in zip(*cut, strict=True):
        (v_p, v_pq), (_, v_q) = np.cov(p, q)
        m_p, m_q, c1, c2 = p.mean(), q.mean(), 0.02**2, 0.06**2
        found.append((2 * m_p * m_q + c1) * (2 * v_pq + c2) / ((m_p**2 + m_q**2 + c1) * (v_p + v_q + c2)))
    return float(np.mean(found))


def ranks(a: Array, b: Array) -> float:
    """Spearman's correlation by SciPy."""
    from scipy.stats import spearmanr

    return float(spearmanr(a.ravel(), b.ravel())[0])


def falls_along(heatmap: Array, order: NDArray[np.int64]) -> int:
    """How many cells of an order (cells,) do not fall along it, or are missing."""
    along = heatmap.ravel()[order]
    best = heatmap.ravel()[np.lexsort((heatmap.ravel(),))[::-1]]
    return int((along != best).sum()) + int(heatmap.size - len(np.unique(order)))


def areas(curves: Array, shares: Array) -> Array:
    """(n,) areas under curves (n, steps) by SciPy."""
    from scipy.integrate import trapezoid

    return np.asarray(trapezoid(curves, shares, axis=1))


def erased(
    start: NDArray[np.uint8], end: NDArray[np.uint8], order: NDArray[np.int64], shares: Array
) -> NDArray[np.uint8]:
    """(m, h, w) the start image (h, w) after each share of its pixels, first of `order` first, is the end's."""
    now, done, pictures = start.copy(), 0, []
    for share in shares:
        while done < round(float(share) * start.size):
            row, column = divmod(int(order[done]), start.shape[1])
            now[row, column] = end[row, column]
            done += 1
        pictures.append(now.copy())
    return np.stack(pictures)
