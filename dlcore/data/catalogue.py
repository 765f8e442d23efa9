"""The image sets by name, wherever they come from."""

from collections.abc import Callable
from pathlib import Path

from dlcore.data import medmnist_sets
from dlcore.data.cells import cells, cells_shortcut
from dlcore.data.downloads import data_folder, download
from dlcore.data.embedded import digits
from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet
from dlcore.data.uploads import load_upload

EMBEDDED: dict[str, Callable[[], ImageSet]] = {
    "cells": cells,
    "cells-shortcut": cells_shortcut,
    "digits": digits,
}
NAMES = (*EMBEDDED, *medmnist_sets.NAMES)


def load(name: str, root: str | Path | None = None) -> ImageSet:
    """The image set of this name: one of `NAMES`, or "upload:<sha256>" as `remember_upload` has given it.

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
        return EMBEDDED[name]()
    if name.startswith("upload:"):
        return load_upload(name, data_folder(root))
    if name in medmnist_sets.NAMES or name == "chestmnist":
        return medmnist_sets.read_official(download(name, root), name)
    raise BadInput(f"There is no image set {name[:40]!r}; there are {', '.join(NAMES)}.")
