"""The second opinions of the Grad-CAM page not in view: scores, smoothing, likeness, erasing."""

from collections.abc import Callable

import numpy as np

from dlcore.heatmaps import erasing, heatmaps, similarity
from ui.frame import frame

SIGMAS = (0.5, 2.0, 6.0)


def other_checks(
    raw: np.ndarray, mask: np.ndarray | None, size: tuple[int, int], card: Callable[..., None] = frame.check
) -> None:
    """Enlarging, smoothing, the four scores against the mask, the likeness of two maps, areas under curves.

    Args:
        raw: (rows, cols) the heat map of the class, as the layer gives it.
        mask: (h, w) what decides, where it is known.
        size: (h, w) of the image.
        card: what shows a comparison: claim, ours, reference, difference, tolerance, name.
    """
    from dlcore.oracles import heatmaps as oracle  # imports torch

    raw = raw.astype(np.float64)
    top = float(np.abs(raw).max())
    large = heatmaps.upsample(raw, size)
    _many(card, "the map enlarged to the image", large, oracle.enlarged(raw, size), 1e-12 * top, "torch")
    for sigma in SIGMAS:
        theirs = oracle.smoothed(large, sigma)
        claim = f"the map smoothed with σ = {sigma:g}"
        _many(card, claim, heatmaps.smooth(large, sigma), theirs, 1e-10 * top, "scipy.ndimage")

    if mask is not None and mask.any():
        found, theirs_scores = heatmaps.score(raw, mask), oracle.scores(large, mask != 0)
        for name, title in (
            ("pointing_hit", "maximum inside the mask"),
            ("mass_inside", "mass inside the mask"),
            ("iou", "IoU at equal area"),
            ("auc", "AUC of the pixels"),
        ):
            mine, other = getattr(found, name), theirs_scores[name]
            if mine is not None and not np.isnan(other):
                card(title, mine, other, abs(mine - other), 1e-9, "scikit-learn and numpy")

    other_map = np.roll(large, 3, axis=1) + 0.1 * large[::-1]
    window = min(7, min(size) // 2 * 2 - 1)
    mine = similarity.ssim(large[None], other_map[None], window)[0]
    said = oracle.structural_similarity(large, other_map, window)
    if np.isfinite(mine):
        card(
            "SSIM of this map with a moved one",
            mine,
            said,
            abs(mine - said),
            1e-9,
            "windows by numpy, np.cov",
        )
        rank, spearman = similarity.spearman(large[None], other_map[None])[0], oracle.ranks(large, other_map)
        card("their rank correlation", rank, spearman, abs(rank - spearman), 1e-9, "SciPy")

    order = erasing.order_of(raw)
    said_order = oracle.falls_along(raw, order)
    card("cells that stand in the wrong order of erasing", 0, said_order, said_order, 0, "numpy.lexsort")
    shares = np.linspace(0, 1, 29)
    end, start = np.random.default_rng(1).integers(1, 256, (2, *raw.shape), np.uint8)
    film = erasing.steps_between(start, end, order, shares)
    wrong = int((film != oracle.erased(start, end, order, shares)).sum())
    claim = "pixels of 29 pictures on the way from one image to another (how many differ)"
    card(claim, 0, wrong, wrong, 0, "a loop over the pixels")
    curves = np.random.default_rng(0).random((5, 29))
    ours, theirs = erasing.areas(curves, shares), oracle.areas(curves, shares)
    _many(card, "areas under five curves of erasing", ours, theirs, 1e-12, "scipy.integrate")


def _many(
    card: Callable[..., None], claim: str, ours: np.ndarray, theirs: np.ndarray, allowed: float, name: str
) -> None:
    """Many numbers on one card, by their sums and the largest difference."""
    off = float(np.abs(ours - theirs).max())
    card(f"{claim} (sum)", float(ours.sum()), float(theirs.sum()), off, allowed, name)
