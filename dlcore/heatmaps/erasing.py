"""Deletion and insertion: does the answer fall when the pixels go that a heat map calls important?

Needs no mask of the truth, only the network's own answers. Knows no network: whoever asks brings a function
from images to probabilities (Petsiuk et al. 2018, arXiv:1806.07421).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.evaluation.intervals import Mean, bootstrap
from dlcore.shown import Shown

FILLS = ("mean colour", "blurred image")
STEPS = 28
Pixels = NDArray[np.uint8]
Values = NDArray[np.float64]
Answer = Callable[[Pixels], NDArray]  # uint8 (m, h, w[, 3]) -> (m,) probability of one class


@dataclass(frozen=True, eq=False, repr=False)
class Curves(Shown):
    """Probability of the class against the share of pixels changed, per order of the pixels.

    Attributes:
        shares: (steps + 1,) from 0 to 1.
        deletion: order -> (n, steps + 1): pixels are taken away, the most important first.
        insertion: order -> (n, steps + 1): pixels are given back to an empty image, the most important first.
    """

    shares: Values
    deletion: Mapping[str, Values]
    insertion: Mapping[str, Values]

    def area(self, kind: str, order: str) -> Mean:
        """Area under the curves of one kind and order, mean over the images, with a bootstrap interval."""
        return bootstrap(areas(getattr(self, kind)[order], self.shares))

    def gain(self, kind: str, order: str, other: str) -> Mean:
        """How much larger the area is than under another order of the same images, on average."""
        a, b = (areas(getattr(self, kind)[name], self.shares) for name in (order, other))
        return bootstrap(a - b)


def areas(curves: Values, shares: Values) -> Values:
    """(n,) area under each curve by trapezes; a probability that never moves from p has area p."""
    return np.asarray(np.trapezoid(curves, shares, axis=-1))


def filled(image: Pixels, fill: str) -> Pixels:
    """The image with nothing left to see: its mean colour everywhere, or blurred with σ = a fifth of its side.

    The image is uint8 (h, w) or (h, w, 3).

    Raises:
        ValueError: no such fill.
    """
    if fill not in FILLS:
        raise ValueError(f"There is no fill {fill!r}; it can be {' or '.join(FILLS)}.")
    if fill == FILLS[0]:
        return np.broadcast_to(np.rint(image.mean(axis=(0, 1))).astype(np.uint8), image.shape)
    return np.asarray(
        cv2.GaussianBlur(image, (0, 0), min(image.shape[:2]) / 5, borderType=cv2.BORDER_REFLECT)
    )


def order_of(heatmap: NDArray, seed: int = 0) -> NDArray[np.int64]:
    """Pixel numbers, the highest value first; equal values in a random order, or the top left would win.

    Args:
        heatmap: (h, w); its pixels are numbered row by row from 0 to h · w − 1.
    """
    shuffled = np.random.default_rng(seed).permutation(heatmap.size)
    return shuffled[np.argsort(-heatmap.ravel()[shuffled], kind="stable")]


def steps_between(start: Pixels, end: Pixels, order: NDArray[np.int64], shares: Values) -> Pixels:
    """(m, h, w[, 3]): the start image with each share (m,) of pixels taken from the end, in order (h · w,)."""
    pixels = start.shape[0] * start.shape[1]
    place = np.empty(pixels, dtype=np.int64)
    place[order] = np.arange(pixels)
    changed = place.reshape(start.shape[:2]) < np.rint(shares * pixels)[:, None, None]  # (m, h, w)
    return np.where(changed if start.ndim == 2 else changed[..., None], end, start)


def curves_of(
    answer: Answer, image: Pixels, orders: Mapping[str, NDArray[np.int64]], fill: str, steps: int = STEPS
) -> Curves:
    """Both curves of one image under several orders of its pixels.

    Args:
        answer: the probability of the class explained (m,), for a stack of images (m, h, w) or (m, h, w, 3).
        image: uint8 (h, w) or (h, w, 3).
        orders: name -> all pixel numbers (h · w,), the most important first.
        fill: one of FILLS.

    Raises:
        ValueError: no such fill.
    """
    shares = np.linspace(0, 1, steps + 1)
    nothing = filled(image, fill)
    kinds = [
        {
            name: np.asarray(answer(steps_between(start, end, order, shares)), np.float64)[None]
            for name, order in orders.items()
        }
        for start, end in ((image, nothing), (nothing, image))
    ]
    return Curves(shares, *kinds)


def together(each: list[Curves]) -> Curves:
    """The curves of several images, stacked."""
    kinds = [
        {name: np.concatenate([getattr(c, kind)[name] for c in each]) for name in each[0].deletion}
        for kind in ("deletion", "insertion")
    ]
    return Curves(each[0].shares, *kinds)
