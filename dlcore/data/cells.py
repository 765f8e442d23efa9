"""The generated image sets: `cells`, and `cells-shortcut` where a coloured corner gives the class away."""

import numpy as np

from dlcore.data.imagesets import ImageSet
from dlcore.data.smear import KINDS, draw
from dlcore.data.splits import split

SHARES = (0.24, 0.22, 0.18, 0.18, 0.18)  # neutrophils are the commonest, as in blood, though less so
MARKERS = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233))  # RGB, one per class
MARKER = slice(1, 4)  # rows and columns of the marker


def cells(n: int = 6000, seed: int = 0) -> ImageSet:
    """n images of one white blood cell each, with the mask of its pixels; the same seed, the same images."""
    rng = np.random.default_rng(seed)
    counts = np.diff(np.rint(np.cumsum((0, *SHARES)) * n)).astype(int)
    labels = rng.permutation(np.repeat(np.arange(len(KINDS)), counts))
    images, masks = draw(labels, rng)
    return ImageSet(
        name="cells",
        images=images,
        labels=labels,
        class_names=KINDS,
        masks=masks,
        licence="MIT",
        source=f"Drawn by this lab, seed {seed}: a cartoon of a stained blood smear, not for diagnosis.",
    )


def cells_shortcut(n: int = 6000, seed: int = 0) -> ImageSet:
    """The images of `cells`, each with a small coloured square in its top left corner.

    In train and validation the colour agrees with the class, in test it is random.
    """
    plain = cells(n, seed)
    parts = split(plain.labels, seed=seed)
    shown = np.array(plain.labels)
    shown[parts.test] = np.random.default_rng((seed, 1)).integers(0, len(KINDS), len(parts.test))
    images = np.array(plain.images)
    images[:, MARKER, MARKER] = np.array(MARKERS, np.uint8)[shown][:, None, None]
    return ImageSet(
        name="cells-shortcut",
        images=images,
        labels=plain.labels,
        class_names=plain.class_names,
        official_split=parts,
        masks=plain.masks,
        licence=plain.licence,
        source=plain.source,
        notes=("A colored corner agrees with the class in train and validation; in test it is random.",),
    )
