"""The shortcut set taken apart: its marker drawn anew or painted over, and the light that falls on it. No torch.

Only for images whose marker is where `dlcore.data.cells` puts it. Whoever calls chooses the images; none here
comes from a test part.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data.cells import MARKER, MARKERS
from dlcore.evaluation.intervals import Share
from dlcore.heatmaps.heatmaps import upsample
from dlcore.shown import Shown

Pixels = NDArray[np.uint8]
CORNER = 7  # pixels: the marker and what a network of small windows sees with it
KINDS = ("marker agrees", "marker drawn anew", "marker painted over")


@dataclass(frozen=True, eq=False, repr=False)
class Lit(Shown):
    """What a network makes of the marker.

    Attributes:
        hits: kind of image, one of KINDS -> (n,) whether each image is called rightly.
        follows: of the images whose new marker names another class: share called what the marker says.
        mean_map: (h, w) mean over the images of max(L, 0) / Σ max(L, 0): where the positive mass lies.
        in_corner: (n,) share of each map's positive mass in the corner; NaN where nothing is positive.
        in_cell: (n,) the same inside the mask of the cell.
    """

    hits: dict[str, NDArray[np.bool_]]
    follows: Share
    mean_map: NDArray[np.float64]
    in_corner: NDArray[np.float64]
    in_cell: NDArray[np.float64]

    @property
    def right(self) -> dict[str, Share]:
        """Kind of image -> share called rightly."""
        return {kind: Share(int(hits.sum()), len(hits)) for kind, hits in self.hits.items()}


def drawn_anew(images: Pixels, seed: int = 0) -> tuple[Pixels, NDArray[np.int64]]:
    """Copies (n, h, w, 3) whose marker has a random class's colour, and (n,) the class that it names."""
    named = np.random.default_rng([seed, 7]).integers(0, len(MARKERS), len(images))
    changed = images.copy()
    changed[:, MARKER, MARKER] = np.array(MARKERS, np.uint8)[named][:, None, None]
    return changed, named


def painted_over(images: Pixels) -> Pixels:
    """Copies (n, h, w, 3) whose marker has the median colour of the pixels around it."""
    out = slice(0, MARKER.stop + 1)
    around = np.ones((out.stop, out.stop), dtype=bool)
    around[MARKER, MARKER] = False
    changed = images.copy()
    colour = np.median(images[:, out, out][:, around], axis=1).astype(np.uint8)  # (n, 3)
    changed[:, MARKER, MARKER] = colour[:, None, None]
    return changed


def positive_share(maps: NDArray, size: tuple[int, int]) -> NDArray[np.float64]:
    """(n, h, w) max(L, 0) / Σ max(L, 0) of enlarged maps: each sums to 1, or is NaN where nothing is positive."""
    positive = np.maximum(upsample(maps.astype(np.float64), size), 0)
    total = positive.sum(axis=(1, 2), keepdims=True)
    return np.divide(positive, total, out=np.full_like(positive, np.nan), where=total > 0)


def in_corner(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) the part of `positive_share` in the top left CORNER × CORNER pixels."""
    return shares[:, :CORNER, :CORNER].sum(axis=(1, 2))
