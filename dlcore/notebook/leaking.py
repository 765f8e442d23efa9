"""Leaks between one's own arrays: images or rows of the one that are, nearly, in the other."""

from typing import Any

import numpy as np

from dlcore.arguments import BadInput, as_array
from dlcore.data import ImageSet, Leaks, Split
from dlcore.data.leakage import duplicates
from dlcore.data.leakage import leaks as leaks_of
from dlcore.data.own_arrays import as_pictures
from dlcore.data.splits import Indices

NOTHING = np.empty(0, np.int64)


def _counted_anew(pairs: Indices, n: int) -> Indices:
    """Pairs (test, training), the test rows counted from 0: joined, they follow n training rows."""
    return np.stack([pairs[:, 0] - n, pairs[:, 1]], axis=1)


def leaks(train: Any, test: Any = None, threshold: float = 0.99) -> Leaks:
    """The near and exact duplicates of test in train; of an image set those between its parts.

    >>> X = np.random.default_rng(0).random((10, 5, 5))
    >>> leaks(X[:8], X[6:]).test_near.tolist()
    [0, 1]

    Args:
        train: an ImageSet alone; or images as of ImageSet.from_arrays, or a table (n, d) of which only rows that are
            equal number by number are found: how near two rows are depends on the units of the columns.
        test: as train. The answer's pairs are (index in test, index in train).
        threshold: pixel correlation above which two images are near.

    Raises:
        BadInput: arrays of different kinds or sizes.
    """
    if isinstance(train, ImageSet):
        if test is not None:
            raise BadInput("An image set has its parts within it; leaks(imageset) alone compares them.")
        return leaks_of(train, threshold)
    if test is None:
        raise BadInput("Leaks lie between two arrays: leaks(X_train, X_test), or leaks(imageset).")
    if as_array(train, "training images").ndim == 2:
        return _of_tables(as_array(train, "training rows"), as_array(test, "test rows"), threshold)
    (seen, _), (new, _) = as_pictures(train), as_pictures(test)
    if seen.shape[1:] != new.shape[1:]:
        raise BadInput(
            f"Images of {seen.shape[1:]} and of {new.shape[1:]} cannot be compared pixel by pixel."
        )
    n, m = len(seen), len(new)
    both = np.concatenate([seen, new])
    parts = Split(np.arange(n), NOTHING, np.arange(n, n + m))
    found = leaks_of(ImageSet("both", both, np.arange(n + m) % 2, ("a", "b")), threshold, parts)
    return _renumbered(found, n)


def _renumbered(found: Leaks, n: int) -> Leaks:
    """The same in the indices of the two arrays; labels are not known."""
    return Leaks(
        found.threshold,
        found.test_near - n,
        _counted_anew(found.pairs, n),
        found.correlations,
        NOTHING,
        NOTHING.reshape(0, 2),
        np.empty(0),
        _counted_anew(found.exact, n),
        np.ones(len(found.exact), bool),
    )


def _of_tables(train: Any, test: Any, threshold: float) -> Leaks:
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1]:
        raise BadInput(f"Tables of {train.shape} and {test.shape} do not have the same columns.")
    rows: Any = np.concatenate([train, test])
    rows = rows + 0.0 if rows.dtype.kind == "f" else rows  # −0 and 0 are one number
    n = len(train)
    exact = _counted_anew(duplicates(rows, np.arange(n, len(rows)), np.arange(n)), n)
    empty = NOTHING.reshape(0, 2)
    ones = np.ones(len(exact))
    return Leaks(threshold, exact[:, 0], exact, ones, NOTHING, empty, np.empty(0), exact, ones.astype(bool))
