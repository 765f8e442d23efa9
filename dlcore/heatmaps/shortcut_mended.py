"""A repaired image set: the marker painted over everywhere, then kept like an upload so that recipes can name it."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from dlcore.data import ImageSet, Split
from dlcore.data.downloads import data_folder
from dlcore.data.uploads import digest, keep_set
from dlcore.heatmaps.shortcut import painted_over


def mended(imageset: ImageSet) -> ImageSet:
    """The set with its marker painted over, its parts one after the other: train, validation, test."""
    parts = imageset.split_for()
    order = np.concatenate(list(parts))
    ends = np.cumsum([0, *(len(part) for part in parts)])
    return ImageSet(
        name="mended",
        images=painted_over(imageset.images[order]),
        labels=imageset.labels[order],
        class_names=imageset.class_names,
        official_split=Split(*(np.arange(a, b) for a, b in pairwise(ends))),
    )


def name_of(repaired: ImageSet) -> str:
    """The name "upload:<sha256>" under which a recipe finds it, once it is kept."""
    return f"upload:{digest(repaired)}"


def keep(repaired: ImageSet, root: str | Path | None = None) -> str:
    """Its name, after it has been put among the uploads.

    Raises:
        dlcore.data.Unavailable: it cannot be written.
    """
    return keep_set(repaired, data_folder(root))
