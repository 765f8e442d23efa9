"""Leaks: images of the test or validation part that the model has, nearly, already seen in training."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet
from dlcore.data.splits import Indices, Split
from dlcore.shown import Shown

QUERIES, KEYS = 1024, 8192  # rows of one block of correlations: 32 MB


@dataclass(frozen=True, eq=False, repr=False)
class Leaks(Shown):
    """What of an image set's test and validation part is known from training. All indices are the set's own.

    >>> images = np.random.default_rng(0).integers(0, 256, (5, 4, 4), np.uint8)[[0, 1, 2, 3, 0]]
    >>> five = ImageSet("five", images, [0, 1, 0, 1, 0], ("a", "b"))
    >>> leaks(five, split=Split([0, 1, 2], [3], [4])).exact.tolist()
    [[4, 0]]

    Attributes:
        threshold: correlations above it count as near.
        test_near: test images with a training twin, sorted.
        pairs: (m, 2), each of them with its most similar training image.
        correlations: (m,), Pearson's correlation of the pixels of each pair.
        validation_near, validation_pairs, validation_correlations: the same for the validation part.
        exact: (e, 2), test and validation images whose pixels all equal those of a training image, with the
            first such image; constant images have no correlation but are found here.
        exact_agrees: (e,), whether the two carry the same label.
    """

    threshold: float
    test_near: Indices
    pairs: Indices
    correlations: NDArray[np.float64]
    validation_near: Indices
    validation_pairs: Indices
    validation_correlations: NDArray[np.float64]
    exact: Indices
    exact_agrees: NDArray[np.bool_]

    def above(self, threshold: float) -> "Leaks":
        """The same with a higher threshold, without comparing a pixel again.

        >>> found = leaks(dlcore.load("digits"), threshold=0.98)
        >>> len(found.test_near) > len(found.above(0.995).test_near)
        True

        Raises:
            BadInput: below the threshold these were found with: the pairs in between are not known.
        """
        if not self.threshold <= threshold <= 1:
            raise BadInput(f"The threshold must lie between {self.threshold} and 1, not at {threshold}.")
        near, validation_near = self.correlations > threshold, self.validation_correlations > threshold
        return replace(
            self,
            threshold=float(threshold),
            test_near=self.test_near[near],
            pairs=self.pairs[near],
            correlations=self.correlations[near],
            validation_near=self.validation_near[validation_near],
            validation_pairs=self.validation_pairs[validation_near],
            validation_correlations=self.validation_correlations[validation_near],
        )


def leaks(imageset: ImageSet, threshold: float = 0.99, split: Split | None = None) -> Leaks:
    """The near and exact duplicates between training and the other parts.

    r(a, b) = sum (a - mean a)(b - mean b) / (|a - mean a| |b - mean b|) over all pixels and channels.

    >>> leaks(dlcore.load("digits"), threshold=0.99).test_near.tolist()
    [1648]

    Args:
        imageset: with its official split, or else split 60/20/20 with seed 0.
        threshold: a number from -1 to 1; a twin's correlation is greater.
        split: another split than the set's own.
    """
    if not isinstance(imageset, ImageSet):
        raise BadInput("Needed is an image set. Two arrays are compared by dlcore.leaks(X_train, X_test).")
    if not -1 <= threshold <= 1:  # also refuses NaN
        raise BadInput(f"The threshold must lie between -1 and 1, not at {threshold}.")
    train, validation, test = split or imageset.split_for()
    pixels = imageset.images.reshape(len(imageset), -1)
    test_twin, test_r = nearest(pixels, test, train)
    validation_twin, validation_r = nearest(pixels, validation, train)
    near, validation_near = test_r > threshold, validation_r > threshold
    exact = duplicates(pixels, np.concatenate([validation, test]), train)
    return Leaks(
        threshold=float(threshold),
        test_near=test[near],
        pairs=np.stack([test[near], test_twin[near]], axis=1),
        correlations=test_r[near],
        validation_near=validation[validation_near],
        validation_pairs=np.stack([validation[validation_near], validation_twin[validation_near]], axis=1),
        validation_correlations=validation_r[validation_near],
        exact=exact,
        exact_agrees=imageset.labels[exact[:, 0]] == imageset.labels[exact[:, 1]],
    )


def nearest(
    pixels: NDArray[np.uint8], queries: Indices, keys: Indices
) -> tuple[Indices, NDArray[np.float64]]:
    """For each query image the key image of highest correlation, and that correlation, (q,) each.

    Works in blocks, so that no (q, k) matrix exists. The blocks find the nearest in float32; its correlation
    is then computed in float64. An image without contrast has correlation 0 with every other.
    """
    best = np.full(len(queries), -np.inf, dtype=np.float32)
    twin = np.full(len(queries), keys[0], dtype=np.int64)
    for k in range(0, len(keys), KEYS):
        key_block = standardised(pixels[keys[k : k + KEYS]], np.float32)
        for q in range(0, len(queries), QUERIES):
            rows = slice(q, q + QUERIES)
            r = standardised(pixels[queries[rows]], np.float32) @ key_block.T  # (QUERIES, KEYS)
            column = r.argmax(axis=1)
            highest = r[np.arange(len(r)), column]
            better = highest > best[rows]
            best[rows] = np.where(better, highest, best[rows])
            twin[rows] = np.where(better, keys[k + column], twin[rows])
    return twin, correlations(pixels, queries, twin)


def correlations(pixels: NDArray[np.uint8], a: Indices, b: Indices) -> NDArray[np.float64]:
    """Pearson's correlation of image a[i] with image b[i], (m,), in float64."""
    r = np.empty(len(a))
    for i in range(0, len(a), QUERIES):
        rows = slice(i, i + QUERIES)
        product = standardised(pixels[a[rows]], np.float64) * standardised(pixels[b[rows]], np.float64)
        r[rows] = product.sum(axis=1)
    return np.clip(r, -1, 1)


def standardised(pixels: NDArray[np.uint8], dtype: type[np.floating]) -> NDArray:
    """Each row minus its mean, divided by its length; a constant row becomes zeros."""
    x = pixels.astype(dtype)
    x -= x.mean(axis=1, keepdims=True)
    length = np.linalg.norm(x, axis=1, keepdims=True)
    constant = pixels.max(axis=1) == pixels.min(axis=1)
    x[constant], length[constant] = 0, 1
    return x / length


def duplicates(pixels: NDArray[np.uint8], queries: Indices, keys: Indices) -> Indices:
    """(e, 2): query images whose pixels all equal those of a key image, with the first such key."""
    first: dict[bytes, int] = {}
    for key in keys.tolist():
        first.setdefault(fingerprint(pixels[key]), key)
    found = [(query, first.get(fingerprint(pixels[query]), -1)) for query in queries.tolist()]
    return np.array([pair for pair in found if pair[1] >= 0], dtype=np.int64).reshape(-1, 2)


def fingerprint(image: NDArray[np.uint8]) -> bytes:
    """A digest that two images share only if all their pixels are equal."""
    return hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest()


def twin_pairs(imageset: ImageSet, threshold: float = 0.99) -> Indices:
    """(m, 2) all pairs i < j of near-duplicates, wherever they lie: pixel correlation above the threshold.

    Compares every pair of images in blocks; the same graph whose components are the families of families.py.
    """
    x = standardised(imageset.images.reshape(len(imageset), -1), np.float32)
    found = []
    for q in range(0, len(x), QUERIES):
        rows, columns = np.nonzero(x[q : q + QUERIES] @ x.T > threshold)
        later = columns > rows + q
        found.append(np.stack([rows[later] + q, columns[later]], axis=1))
    return np.concatenate(found).astype(np.int64)


def across(pairs: Indices, split: Split) -> tuple[int, int]:
    """How many validation and how many test images have one of these twins in training."""
    n = sum(len(part) for part in split)
    is_train = np.zeros(n, dtype=bool)
    is_train[split.train] = True
    has_twin = np.zeros(n, dtype=bool)
    for here, there in ((0, 1), (1, 0)):
        has_twin[pairs[is_train[pairs[:, there]], here]] = True
    return int(has_twin[split.validation].sum()), int(has_twin[split.test].sum())
