"""The image sets by name, wherever they come from."""

from collections.abc import Callable
from pathlib import Path

from dlcore.data import medmnist_sets
from dlcore.data.cells import cells, cells_shortcut
from dlcore.data.downloads import data_folder, download
from dlcore.data.embedded import digits
from dlcore.data.gates import BadInput, Unavailable
from dlcore.data.imagesets import ImageSet
from dlcore.data.uploads import load_upload

EMBEDDED: dict[str, Callable[[], ImageSet]] = {
    "cells": cells,
    "cells-shortcut": cells_shortcut,
    "digits": digits,
}
NAMES = (*EMBEDDED, *medmnist_sets.NAMES)
KNOWN = ", ".join((*EMBEDDED, *medmnist_sets.SETS)) + medmnist_sets.ALSO


def load(name: str, root: str | Path | None = None) -> ImageSet:
    """The image set of this name: one of `NAMES`, or `upload:<sha256>` as `remember_upload` has given it.

    >>> load("digits").images.shape
    (1797, 8, 8)

    A MedMNIST set that is not in the data folder, or is broken there, is downloaded first.

    Args:
        name: for example "cells" or "breastmnist".
        root: the data folder; by default the environment's DLCORE_DATA, else a folder in the user's cache.

    Raises:
        BadInput: no set has this name, or its kind cannot be used here (ChestMNIST).
        Unavailable: the set cannot be had now (offline, cut, wrong content).
    """
    if not isinstance(name, str):
        raise BadInput("The name of an image set is a text.")
    if name in EMBEDDED:
        return _marked(EMBEDDED[name](), name)
    if name.startswith("upload:"):
        return _marked(load_upload(name, data_folder(root)), name)
    if name in (*medmnist_sets.NAMES, *medmnist_sets.TOO_LARGE, "chestmnist"):
        return _marked(medmnist_sets.read_official(download(name, root), name), name)
    if name.startswith("own:"):
        raise Unavailable(
            "This set was made by hand and is not kept here. Pass it along: fit(recipe, imageset)."
        )
    raise BadInput(f"There is no image set {name[:40]!r}; there are {KNOWN}.")


def _marked(imageset: ImageSet, name: str) -> ImageSet:
    """The set, which from now on says under which name it was found; a changed copy of it does not."""
    object.__setattr__(imageset, "loaded_as", name)
    return imageset
