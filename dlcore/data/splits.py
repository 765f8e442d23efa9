"""Train, validation and test: who goes where. Stratified by class, and no group (patient) in two parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.arguments import as_array, one_each
from dlcore.data.gates import BadInput
from dlcore.number_text import digits
from dlcore.shown import Shown

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Split(Shown):
    """Index arrays train, validation, test, sorted where `split` has made them; no index is in two of them.

    >>> [part.tolist() for part in Split(train=[0, 1, 2], validation=[3], test=[4, 5])]
    [[0, 1, 2], [3], [4, 5]]
    >>> Split([0, 1], [1], [2])
    Traceback (most recent call last):
        ...
    dlcore.arguments.BadInput: train and validation have 1 images in common, first number 1: ...

    Raises:
        BadInput: an index is in two parts or twice in one, below 0, or no whole number.
    """

    train: Indices
    validation: Indices
    test: Indices

    def __post_init__(self) -> None:
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        for name, part in parts.items():
            parts[name] = _indices(part, name)
            object.__setattr__(self, name, parts[name])
        everything = np.concatenate(list(parts.values()))
        if len(everything) and np.bincount(everything).max() > 1:
            raise BadInput(_twice(parts))

    def __iter__(self) -> Iterator[Indices]:
        return iter((self.train, self.validation, self.test))


def _indices(values: Any, name: str) -> Indices:
    """The indices, as a view that cannot be written to; the caller's array stays as it is."""
    array = one_each(values, f"indices of {name}") if np.size(values) else np.empty(0, np.int64)
    if array.dtype.kind == "b":
        raise BadInput(f"The indices of {name} are True and False; needed are positions: np.flatnonzero(…).")
    if array.dtype.kind not in "iu" or (len(array) and array.min() < 0):
        raise BadInput(f"The indices of {name} must be whole numbers from 0 on: positions in the image set.")
    view = np.ascontiguousarray(array, dtype=np.int64).view()
    view.setflags(write=False)
    return view


def _twice(parts: dict[str, Indices]) -> str:
    """Which index stands where twice, in a sentence."""
    names = list(parts)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            if len(both := np.intersect1d(parts[a], parts[b])):
                return (
                    f"{a} and {b} have {len(both):,} images in common, first number {both[0]}: what is measured "
                    "there is no answer about new images. Every image belongs to one part."
                )
    return "An image stands twice in the same part. Every image belongs to one part, once."


def split(
    labels: ArrayLike,
    fractions: Sequence[float] = (0.6, 0.2, 0.2),
    seed: int = 0,
    groups: ArrayLike | None = None,
    *,
    stratified: bool = True,
) -> Split:
    """Train, validation and test indices: every index once, each class in the same proportions.

    >>> [len(part) for part in split([0, 1] * 50)]
    [60, 20, 20]

    Args:
        labels: (n,), one class per sample.
        fractions: three positive shares that sum to 1.
        seed: of the random order; the same arguments give the same split.
        groups: (n,), for example patients; all samples of a group stay in one part. Proportions then hold
            only as closely as whole groups allow.
        stratified: False deals without a look at the classes: their proportions are left to chance.

    Raises:
        BadInput: fractions, labels or groups that cannot be split, in a sentence.
    """
    shares = _shares(fractions)
    if len(shares) != 3:
        raise BadInput("A split needs three fractions: train, validation and test.")
    return Split(*_deal(labels, shares, seed, groups, stratified))


def folds(
    labels: ArrayLike, k: int, seed: int = 0, groups: ArrayLike | None = None, *, stratified: bool = True
) -> tuple[Indices, ...]:
    """The k validation folds: sorted index arrays that partition all samples, stratified by class.

    >>> [len(part) for part in folds([0, 1] * 50, 5, groups=[i // 4 for i in range(100)])]
    [20, 20, 20, 20, 20]

    Fold i is validated by a model trained on all the others; sizes differ by one at most (without groups).
    stratified=False leaves the classes' proportions to chance.

    Raises:
        BadInput: k below 2, or fewer samples of a class (or fewer groups) than folds.
    """
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 2:
        raise BadInput(f"The number of folds must be a whole number from 2 on, not {k!r}.")
    return tuple(_deal(labels, np.full(int(k), 1 / int(k)), seed, groups, stratified))


def _shares(fractions: Sequence[float]) -> NDArray[np.float64]:
    try:
        shares = np.asarray(fractions, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise BadInput("The fractions must be numbers, for example 0.6, 0.2 and 0.2.") from None
    if not np.isfinite(shares).all() or (shares <= 0).any():
        raise BadInput("Each fraction must be a number greater than 0: every part needs samples.")
    if abs(shares.sum() - 1) > 1e-6:
        raise BadInput(f"The fractions must sum to 1; these sum to {digits(shares.sum())}.")
    return shares


def _codes(values: ArrayLike, what: str) -> NDArray[np.int64]:
    """Values numbered 0, 1, ... in sorted order, (n,); refuses what has no clear identity."""
    array = as_array(values, what)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "biufUS":
        raise BadInput(f"The {what} must be one value per sample.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadInput(f"The {what} contain NaN or infinity: some samples have no value.")
    return np.unique(array, return_inverse=True)[1].astype(np.int64)


def _deal(
    labels: ArrayLike, shares: NDArray[np.float64], seed: int, groups: ArrayLike | None, stratified: bool
) -> list[Indices]:
    """Sorted indices of each part, dealt out by shares (which sum to 1)."""
    classes = _codes(labels, "labels")
    if not stratified:
        classes = np.zeros_like(classes)  # all alike: nothing to keep in proportion
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise BadInput(f"The seed must be a whole number from 0 on, not {seed!r}.")
    if len(classes) < len(shares):
        raise BadInput(f"{len(classes)} samples are too few for {len(shares)} parts.")
    rng = np.random.default_rng(seed)
    if groups is None:
        part = _deal_samples(classes, shares, rng)
    else:
        members = _codes(groups, "groups")
        if len(members) != len(classes):
            raise BadInput(f"There are {len(classes)} labels but {len(members)} groups.")
        part = _deal_groups(classes, members, shares, rng)
    return [np.flatnonzero(part == p) for p in range(len(shares))]


def _deal_samples(
    classes: NDArray[np.int64], shares: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Part of each sample, (n,): each class is shuffled and cut at its quotas."""
    counts = np.bincount(classes)
    if counts.min() < len(shares):
        raise BadInput(
            f"A class has only {counts.min()} sample{'s' * int(counts.min() > 1)}; "
            f"to have it in each of {len(shares)} parts it needs at least {len(shares)}."
        )
    part = np.empty(len(classes), dtype=np.int64)
    for c, row in enumerate(_quotas(counts, shares)):
        part[rng.permutation(np.flatnonzero(classes == c))] = np.repeat(np.arange(len(shares)), row)
    return part


def _quotas(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Samples of each class in each part, (classes, parts): at least one, else as near as can be.

    What rounding down leaves over goes to the parts that are furthest behind over all classes so far, so that
    the sizes of the parts are right as well.
    """
    exact = counts[:, None] * shares
    quotas = np.maximum(np.floor(exact), 1).astype(np.int64)
    behind = np.zeros(len(shares))
    for c, count in enumerate(counts):
        behind += exact[c] - quotas[c]
        while (left := count - quotas[c].sum()) != 0:
            step = int(np.sign(left))
            # to take one away (small classes only): from the part that is furthest ahead and has two or more
            able = behind * step if step > 0 else np.where(quotas[c] > 1, -behind, -np.inf)
            p = int(np.argmax(able))
            quotas[c, p] += step
            behind[p] -= step
    return quotas


def _deal_groups(
    classes: NDArray[np.int64],
    members: NDArray[np.int64],
    shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Part of each sample, (n,), whole groups only: the largest first, each to the part it brings nearest.

    Nearest means least growth of sum over classes of (count - target)**2 / target, as scikit-learn's
    StratifiedGroupKFold does for equal parts.
    """
    size, parts = members.max() + 1, len(shares)
    if size < parts:
        raise BadInput(f"{size} groups cannot fill {parts} parts: no group may be in two of them.")
    content = np.zeros((size, classes.max() + 1))
    np.add.at(content, (members, classes), 1)
    target = shares[:, None] * content.sum(axis=0)  # (parts, classes)
    count = np.zeros_like(target)
    part_of_group = np.empty(size, dtype=np.int64)
    order = rng.permutation(size)
    order = order[np.argsort(-content[order].sum(axis=1), kind="stable")]
    for done, g in enumerate(order):
        growth = (content[g] * (2 * (count - target) + content[g]) / target).sum(axis=1)
        empty = count.sum(axis=1) == 0
        if size - done <= empty.sum():  # the last groups go to parts that would stay empty
            growth[~empty] = np.inf
        p = int(np.argmin(growth))
        part_of_group[g] = p
        count[p] += content[g]
    return part_of_group[members]
