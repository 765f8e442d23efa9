"""What a first training of an image set usually takes, by the set's name: epochs, random changes. Knows no recipe."""

import re

# Epochs that a first try deserves: enough to converge, short enough to watch. Sets not named here get 20.
DEFAULT_EPOCHS = {"cells": 5, "cells-shortcut": 5, "digits": 30, "breastmnist": 32, "retinamnist": 30}
# Cells, tissue and skin have no left and right, a mirrored eye is the other eye. Mirrored digits, organs and chests
# are something else, and of the rest nobody has said.
MIRROR_SAFE = (
    "cells",
    "cells-shortcut",
    "bloodmnist",
    "dermamnist",
    "pathmnist",
    "retinamnist",
    "tissuemnist",
)


def usual_epochs(dataset: str) -> int:
    """Epochs that a first try of this set gets, at whichever size.

    >>> usual_epochs("digits"), usual_epochs("breastmnist_64"), usual_epochs("pathmnist")
    (30, 32, 20)
    """
    return DEFAULT_EPOCHS.get(unsized(dataset), 20)


def default_augmentation(dataset: str) -> str:
    """Shifts, and flips where the images may be mirrored. The same for every model: or none could be compared.

    >>> print(default_augmentation("cells"), default_augmentation("digits"))
    shifts_flips shifts
    """
    return "shifts_flips" if is_mirror_safe(dataset) else "shifts"


def is_mirror_safe(dataset: str) -> bool:
    """Whether images of this set may be mirrored, at whichever size.

    >>> is_mirror_safe("bloodmnist_64"), is_mirror_safe("digits")
    (True, False)
    """
    return unsized(dataset) in MIRROR_SAFE


def unsized(dataset: str) -> str:
    """The set's name without the size that MedMNIST+ writes behind it.

    >>> unsized("breastmnist_64"), unsized("cells-shortcut")
    ('breastmnist', 'cells-shortcut')
    """
    return re.sub(r"mnist_(64|128)$", "mnist", dataset) if isinstance(dataset, str) else dataset
