"""Regions of a picture where the object usually is not: its frame and its corners; and how one is exchanged."""

import cv2
import numpy as np
from numpy.typing import NDArray

FRAME = 2  # pixels
HALO = 2  # pixels around the object's mask that still show some of it
CORNER = 0.18  # of the shorter side


def regions(h: int, w: int) -> dict[str, NDArray[np.bool_]]:
    """Name -> bool (h, w): the border and the four corners, at least three pixels a side.

    >>> {name: int(region.sum()) for name, region in regions(28, 28).items()}["top left corner"]
    25
    """
    frame = np.ones((h, w), bool)
    frame[FRAME:-FRAME, FRAME:-FRAME] = False
    found, side = {"border": frame}, max(3, round(min(h, w) * CORNER))
    for name, rows, cols in (
        ("top left corner", slice(0, side), slice(0, side)),
        ("top right corner", slice(0, side), slice(-side, None)),
        ("bottom left corner", slice(-side, None), slice(0, side)),
        ("bottom right corner", slice(-side, None), slice(-side, None)),
    ):
        found[name] = np.zeros((h, w), bool)
        found[name][rows, cols] = True
    return found


def grown(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Masks (n, h, w) with the halo that an object's edge leaves."""
    kernel = np.ones((2 * HALO + 1, 2 * HALO + 1), np.uint8)
    return np.stack([cv2.dilate(mask.astype(np.uint8), kernel) for mask in masks]).astype(bool)


def exchanged(
    images: NDArray[np.uint8],
    region: NDArray[np.bool_],
    masks: NDArray[np.bool_] | None = None,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Copies (n, h, w[, 3]) in which a region shows what it shows in another image, drawn at random.

    What the region says about the class is lost, and every pixel is still one that such images have there (the
    importance of a variable by permutation, Breiman 2001).

    >>> two = np.stack([np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint8)])
    >>> exchanged(two, np.eye(4, dtype=bool)).sum(axis=(1, 2)).tolist()
    [4, 12]

    Args:
        region: (h, w).
        masks: (n, h, w) the object; where it reaches into the region, in either image, nothing is exchanged.
    """
    order = np.random.default_rng(seed).permutation(len(images))
    donor = np.empty_like(order)
    donor[order] = np.roll(order, 1)  # nobody is their own
    where = np.broadcast_to(region, images.shape[:3]).copy()
    if masks is not None:
        near = grown(masks)
        where &= ~(near | near[donor])
    return np.where(where if images.ndim == 3 else where[..., None], images[donor], images)
