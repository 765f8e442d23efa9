"""What a split owes to the deal: class shares, and twins on both sides, over many seeds of the same set.

Describes splits; no model is trained or scored. numpy only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data import ImageSet, Split, split
from dlcore.data.families import families
from dlcore.data.leakage import across, twin_pairs

Fractions = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class ClassShares:
    """The validation part's class shares over many deals.

    Attributes:
        class_names: one per column.
        stratified, by_chance: (deals, classes) shares, dealt with and without a look at the classes.
        whole: (classes,) shares of the whole set.
        expected: (classes,) standard deviation that chance gives a share, in closed form.
        size: images of the validation part.
    """

    class_names: tuple[str, ...]
    stratified: NDArray[np.float64]
    by_chance: NDArray[np.float64]
    whole: NDArray[np.float64]
    expected: NDArray[np.float64]
    size: int


def class_shares(
    labels: NDArray[np.int64], class_names: tuple[str, ...], fractions: Fractions, deals: int = 100
) -> ClassShares:
    """The class shares of validation, dealt with seeds 0, 1, … both ways.

    Without strata the validation part is m of N images drawn without replacement: the count of a class is
    hypergeometric, and its share p has the standard deviation √(p (1 − p) / m · (N − m) / (N − 1)).

    Args:
        labels: (N,) classes of all images.
    """
    classes = len(class_names)

    def shares(stratified: bool) -> NDArray[np.float64]:
        dealt = (split(labels, fractions, seed, stratified=stratified).validation for seed in range(deals))
        return np.array([np.bincount(labels[i], minlength=classes) / len(i) for i in dealt])

    n, m = len(labels), len(split(labels, fractions, 0, stratified=False).validation)
    p = np.bincount(labels, minlength=classes) / n
    return ClassShares(
        class_names, shares(True), shares(False), p, np.sqrt(p * (1 - p) / m * (n - m) / (n - 1)), m
    )


@dataclass(frozen=True, eq=False)
class TwinsAcross:
    """How many validation and test images have a near-duplicate in training, by the way the set is dealt.

    Attributes:
        official: (validation, test) in the set's own split, None where it has none; `official_sizes` of the parts.
        anew: (deals, 2) dealt anew with seeds 0, 1, …; `sizes` of the parts.
        together: (validation, test) dealt anew with every family of near-duplicates kept on one side.
        pairs: near-duplicate pairs in the whole set.
    """

    official: tuple[int, int] | None
    official_sizes: tuple[int, int] | None
    anew: NDArray[np.int64]
    together: tuple[int, int]
    sizes: tuple[int, int]
    pairs: int


def twins_across(imageset: ImageSet, fractions: Fractions, deals: int = 20) -> TwinsAcross:
    """The counts for the official split, for `deals` fresh ones, and for one dealt by families.

    Raises:
        BadInput: too many images to compare every pair.
    """
    groups = families(imageset)
    pairs = twin_pairs(imageset)
    fresh = [split(imageset.labels, fractions, seed) for seed in range(deals)]
    own = imageset.official_split
    return TwinsAcross(
        official=across(pairs, own) if own else None,
        official_sizes=held_out(own) if own else None,
        anew=np.array([across(pairs, one) for one in fresh]),
        together=across(pairs, split(imageset.labels, fractions, 0, groups)),
        sizes=held_out(fresh[0]),
        pairs=len(pairs),
    )


def held_out(parts: Split) -> tuple[int, int]:
    """How many validation and how many test images there are."""
    return len(parts.validation), len(parts.test)
