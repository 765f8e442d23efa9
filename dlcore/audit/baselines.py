"""What a number has to beat, and how exactly so few images can tell one network from another."""

import math

import numpy as np
from numpy.typing import NDArray

from dlcore.audit.findings import Finding
from dlcore.data import ImageSet, Leaks, Split
from dlcore.evaluation import logistic
from dlcore.evaluation.intervals import Share, Z
from dlcore.number_text import percent

MOST = 3_000  # training images of the regression
COMPONENTS = 30
L2 = 1e-2
HALF_WIDTH = 0.02  # of the interval that is aimed at


def baselines(imageset: ImageSet, split: Split, found: Leaks) -> list[Finding]:
    """Majority, nearest neighbour and logistic regression, scored on the validation part; test stays closed.

    Args:
        found: every validation image's most similar training image, as `twins.compared` gives it.
    """
    labels, n = imageset.labels, len(split.validation)
    common = int(np.bincount(labels[split.train]).argmax())
    majority = Share(int((labels[split.validation] == common).sum()), n)
    pairs = found.validation_pairs
    neighbour = Share(int((labels[pairs[:, 0]] == labels[pairs[:, 1]]).sum()), len(pairs))
    predicted = regression(imageset, split)
    linear = Share(int((predicted == labels[split.validation]).sum()), n)
    rows = (
        (
            "majority",
            majority,
            "Always the commonest class",
            "An accuracy below this is worse than not looking.",
        ),
        (
            "nearest",
            neighbour,
            "The label of the most similar training image",
            "A network that is no better has learned to remember, no more; where twins leak, this is too good.",
        ),
        (
            "logistic",
            linear,
            f"Logistic regression on {COMPONENTS} principal components of the pixels",
            "What a network adds to this is what its layers are for.",
        ),
    )
    return [
        Finding(
            "Baselines",
            key,
            f"{words}: validation accuracy {share}.",
            share.value,
            share.n,
            share.interval,
            None,
            advice=advice,
        )
        for key, share, words, advice in rows
    ]


def regression(imageset: ImageSet, split: Split) -> NDArray[np.int64]:
    """The classes that a logistic regression predicts for the validation images, (n_val,)."""
    train = np.sort(np.random.default_rng(0).permutation(split.train)[:MOST])
    x, x_new = (_coarse(imageset.images[part]) for part in (train, split.validation))
    mean = x.mean(axis=0)
    axes = principal_axes(x - mean)
    z, z_new = (x - mean) @ axes, (x_new - mean) @ axes
    spread = np.maximum(z.std(axis=0), 1e-9)
    scores = np.full((len(x_new), len(imageset.class_names)), -np.inf)
    for c in np.unique(imageset.labels[train]):
        y = (imageset.labels[train] == c).astype(float)
        theta = logistic.minimum((z / spread)[None], y, np.array([L2]))[0]
        scores[:, c] = z_new / spread @ theta[:-1] + theta[-1]
    return scores.argmax(axis=1)


def principal_axes(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """(d, COMPONENTS) directions of largest variance of centred rows (n, d), by subspace iteration.

    Q ← orth(Xᵀ X Q) from a random start (Halko, Martinsson and Tropp 2011): a fraction of a whole decomposition.
    """
    q = np.random.default_rng(0).normal(size=(x.shape[1], min(COMPONENTS + 10, *x.shape)))
    for _ in range(6):
        q, _ = np.linalg.qr(x.T @ (x @ q))
    return np.asarray(np.linalg.svd(x @ q, full_matrices=False)[2][:COMPONENTS] @ q.T).T


def _coarse(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Rows of at most about 800 numbers from 0 to 1: large images averaged over squares."""
    x = images.reshape(*images.shape[:3], -1).astype(float) / 255
    while x.shape[1] * x.shape[2] * x.shape[3] > 800 and min(x.shape[1:3]) >= 16:
        h, w = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
        x = x[:, :h, :w].reshape(len(x), h // 2, 2, w // 2, 2, -1).mean(axis=(2, 4))
    return x.reshape(len(x), -1)


def size(split: Split, accuracy: float) -> Finding:
    """How wide the interval of an accuracy is on this test part, and how many images ± 2 points would take.

    Args:
        accuracy: the best baseline's, which a network is expected to reach at least.
    """
    n = len(split.test)
    p = min(max(accuracy, 0.5), 0.99)
    low, high = Share(round(p * n), n).interval
    needed = math.ceil(Z**2 * p * (1 - p) / HALF_WIDTH**2)
    text = (
        f"An accuracy of {percent(p, 0)} on the {n:,} test images has a 95% interval from {percent(low)} to "
        f"{percent(high)}. "
        f"For ± {100 * HALF_WIDTH:.0f} points about {needed:,} test images are needed."
    )
    advice = "" if n >= needed else "Do not rank networks whose intervals overlap; add folds or images."
    return Finding("Size", "width", text, high - low, n, (low, high), None, advice=advice)
