"""Image sets as arrays, with masks where the truth is known; tables, splits, leaks, uploads. No torch."""

from pathlib import Path

from dlcore.data.embedded import digits, table
from dlcore.data.gates import BadInput, Unavailable
from dlcore.data.imagesets import ImageSet, Table
from dlcore.data.splits import Split, folds, split

__all__ = ["BadInput", "ImageSet", "Split", "Table", "Unavailable", "folds", "load", "split", "table"]


def load(name: str, root: str | Path | None = None) -> ImageSet:
    """The image set of this name: "cells", "cells-shortcut", "digits", a MedMNIST set or "upload:<sha256>".

    Raises:
        BadInput: no set has this name.
        Unavailable: it cannot be had now (offline, cut, wrong content).
    """
    from dlcore.data import cells, medmnist_sets

    if name == "cells":
        return cells.cells()
    if name == "cells-shortcut":
        return cells.cells_shortcut()
    if name == "digits":
        return digits()
    if name in (*medmnist_sets.NAMES, "chestmnist"):
        return medmnist_sets.load_official(name, root)
    raise BadInput(f"There is no image set {str(name)[:40]!r}.")
