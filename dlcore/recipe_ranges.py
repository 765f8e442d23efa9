"""Between which numbers the fields of a recipe lie: refused with a sentence otherwise. Knows no recipe."""

import math
from typing import Any

import numpy as np

# name -> (whole number?, smallest, largest); None is allowed where the field allows it.
RANGES = {
    "learning_rate": (False, 1e-7, 10.0),
    "batch_size": (True, 1, 4096),
    "epochs": (True, 1, 500),
    "seed": (True, 0, 2**31 - 1),
    "width": (True, 1, 1024),
    "depth": (True, 1, 6),
    "momentum": (False, 0.0, 0.9999),
    "weight_decay": (False, 0.0, 10.0),
    "dropout": (False, 0.0, 0.95),
    "patience": (True, 0, 500),
    "split_seed": (True, 0, 2**31 - 1),
    "folds": (True, 0, 50),
    "fold": (True, 0, 49),
    "subset": (True, 2, 10**9),
    "label_noise": (False, 0.0, 1.0),
    "pixel_permutation": (True, 0, 2**31 - 1),
}
OPTIONAL = ("subset", "pixel_permutation")


def check_ranges(recipe: Any) -> None:
    """Refuse a recipe with a number out of range, and give each of its numbers one spelling.

    Raises:
        ValueError: the message is a sentence for the learner.
    """
    for name, (whole, low, high) in RANGES.items():
        value = getattr(recipe, name)
        if value is None and name in OPTIONAL:
            continue
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float | np.number)
            or not math.isfinite(value)
        ):
            raise ValueError(f"{name} is {value!r}; it is a number from {low:g} to {high:g}.")
        if whole and value != int(value):
            raise ValueError(f"{name} is {value!r}; it is a whole number.")
        if not low <= value <= high:
            raise ValueError(f"{name} is {value!r}; it lies between {low:g} and {high:g}.")
        # One spelling per value: 1 and 1.0 must not give two keys.
        object.__setattr__(recipe, name, int(value) if whole else float(value))
    if len(recipe.fractions) != 3 or not all(0 < share < 1 for share in recipe.fractions):
        raise ValueError("The fractions are three shares between 0 and 1: train, validation, test.")
    if abs(sum(recipe.fractions) - 1) > 1e-9:
        raise ValueError(f"The fractions add up to {sum(recipe.fractions):g}; they must add up to 1.")
    if (
        recipe.folds == 1
        or (recipe.folds and recipe.fold >= recipe.folds)
        or (not recipe.folds and recipe.fold)
    ):
        raise ValueError("With k folds (k at least 2) the fold held out is numbered 0 to k − 1.")
    for name in ("official_split", "stratified", "grouped"):
        if not isinstance(getattr(recipe, name), bool):
            raise ValueError(f"{name} is True or False.")
