"""Which images a recipe learns from, and what is done to them beforehand: parts, label noise, permuted pixels.

Knows recipes and image sets; no torch: pages describe a recipe's parts without waiting for it.
"""

import dataclasses

import numpy as np

from dlcore.data import ImageSet, Split, folds, split
from dlcore.data.families import families
from dlcore.runs import Recipe


def parts(recipe: Recipe, imageset: ImageSet) -> Split:
    """Indices of the recipe's train, validation and test images.

    The official split where the set has one and the recipe wants it, otherwise the recipe's fractions. With
    folds, train + validation are dealt anew and fold number `recipe.fold` is held out; test stays as it was.

    Raises:
        dlcore.data.BadInput: the set cannot be split as the recipe says.
    """
    groups = families(imageset) if recipe.grouped else imageset.groups
    official = imageset.official_split if recipe.official_split else None
    whole = official or split(
        imageset.labels, recipe.fractions, recipe.split_seed, groups, stratified=recipe.stratified
    )
    train, validation = whole.train, whole.validation
    if recipe.folds:
        pool = np.concatenate([train, validation])
        held_out = folds(
            imageset.labels[pool],
            recipe.folds,
            recipe.split_seed,
            None if groups is None else groups[pool],
            stratified=recipe.stratified,
        )[recipe.fold]
        validation = pool[held_out]
        train = np.delete(pool, held_out)
    if recipe.subset is not None and recipe.subset < len(train):
        order = np.random.default_rng([recipe.split_seed, 1]).permutation(len(train))
        train = train[order[: recipe.subset]]  # smaller subsets are contained in larger ones
    return dataclasses.replace(whole, train=train, validation=validation)


def noisy(labels: np.ndarray, share: float, classes: int, seed: int) -> np.ndarray:
    """Labels of which `share` are replaced by another class, drawn uniformly."""
    rng = np.random.default_rng([seed, 2])
    wrong = rng.permutation(len(labels))[: round(share * len(labels))]
    labels = labels.copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return labels


def permuted(images: np.ndarray, seed: int | None) -> np.ndarray:
    """Images whose pixels have all been moved by one and the same permutation; None leaves them in place."""
    if seed is None:
        return images
    n, h, w = images.shape[:3]
    order = np.random.default_rng([seed, 3]).permutation(h * w)
    return images.reshape(n, h * w, -1)[:, order].reshape(images.shape)
