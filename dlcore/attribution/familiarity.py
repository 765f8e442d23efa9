"""Does an image look like those a network has learned from? Asked before anybody believes its answer.

A classifier has no class "something else": it puts noise and holiday photographs into one of its own. So each
image is summed up by what the network's blocks make of it, and its distance from the training images is
compared with the distances of the validation images, which the network has not learned from either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from dlcore import models
from dlcore.data import ImageSet
from dlcore.runs import Run

SHRINKAGE = 0.01
MOST = 2000  # training images, and validation images, that are looked at
BATCH = 256

Points = NDArray[np.float64]
ByLayer: TypeAlias = Sequence[NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Familiar:
    """The training images as Gaussian clouds of one shape, one per class, and how far validation images lie.

    Attributes:
        means: (K, d) centre of each class.
        precision: (d, d) inverse of the shared, shrunk covariance.
        distances: (n,) of the validation images, ascending.
    """

    means: Points
    precision: Points
    distances: Points

    def distance(self, h: Points) -> Points:
        """(n,) Mahalanobis distance to the nearest centre, min_k √((h − μ_k)ᵀ Σ⁻¹ (h − μ_k))."""
        away = h[:, None] - self.means  # (n, K, d)
        squares = np.einsum("nkd,de,nke->nk", away, self.precision, away)
        return np.sqrt(np.maximum(squares.min(axis=1), 0))

    def share_nearer(self, distance: float) -> float:
        """Share of the validation images that lie nearer than this: of an ordinary image anything is likely."""
        return float(np.searchsorted(self.distances, distance) / len(self.distances))


def familiar_with(train: Points, labels: NDArray[np.integer], validation: Points) -> Familiar:
    """Centres and shared covariance of the training images, and the validation images' distances.

        Σ = (1 − s) S + s tr(S)/d I,    S = 1/n Σ_i (h_i − μ_{y_i}) (h_i − μ_{y_i})ᵀ,    s = 0.01

    Shrinking (s) keeps directions in which nothing varies, such as dead channels, from deciding alone. After
    Lee et al. 2018 (arXiv:1807.03888).

    Args:
        train: (n, d) summaries of training images; labels: (n,) their classes.
        validation: (m, d) summaries of images not learned from.
    """
    numbers, y = np.unique(labels, return_inverse=True)
    means = np.stack([train[y == k].mean(axis=0) for k in range(len(numbers))])
    away = train - means[y]
    S = away.T @ away / len(away)
    d = len(S)
    spread = float(np.trace(S)) / d or 1.0  # all images alike: any shape will do
    precision = np.linalg.inv((1 - SHRINKAGE) * S + SHRINKAGE * spread * np.eye(d))
    cloud = Familiar(means, precision, np.empty(0))
    return Familiar(means, precision, np.sort(cloud.distance(validation)))


def summary(network: models.Network, images: NDArray[np.uint8]) -> Points:
    """(n, d) the mean over positions of every map that the blocks of `features` give, one after the other.

    The last block alone would not do: what it ignores it cannot find strange.

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3), of the network's size.
    """
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            h = models.preprocess(images[start : start + BATCH])
            means = []
            for block in network.features:
                h = block(h)
                means.append(h.mean(dim=(2, 3)))
            found.append(torch.cat(means, dim=1).double().numpy())
    return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class Apart:
    """How far each of n + 1 pictures stands from the one nearest to it: n references, and the one asked about.

    Attributes:
        references: (n,) their distances.
        asked: that of the picture asked about.
    """

    references: Points
    asked: float

    @property
    def share(self) -> float:
        """Share of the n + 1 pictures that stand at least as far apart, the one asked about among them.

        If it comes from where the references come from, all n + 1 in any order alike, this is at most α with
        probability at most α, for every α and every network: a p-value (Vovk et al. 2005, conformal prediction).
        """
        return float((1 + np.count_nonzero(self.references >= self.asked)) / (1 + len(self.references)))


def apart(references: Sequence[ByLayer], asked: ByLayer) -> Apart:
    """Distances to the nearest other picture; each layer is scaled by its spread over all n + 1 pictures.

        a_i = min_{j ≠ i} √(Σ_l ‖h_il − h_jl‖² / s_l²),    s_l² = Σ_i ‖h_il − mean_i h_il‖²

    The picture asked about takes part like any other, in s and as a neighbour, so that none is treated apart.

    >>> apart([[np.array([0.0])], [np.array([1.0])], [np.array([2.0])]], [np.array([9.0])]).share
    0.25

    Args:
        references: of each picture that is as the network's own, by layer (channels,) what the layer makes of it.
        asked: the same of the picture asked about.
    """
    scaled = []
    for each in zip(*references, asked, strict=True):
        h = np.stack(each).astype(np.float64)
        h -= h.mean(axis=0)
        spread = np.sqrt(np.square(h).sum())
        scaled.append(h / (spread or 1.0))
    points = np.hstack(scaled)
    squares = np.square(points).sum(axis=1)
    away = np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0)
    np.fill_diagonal(away, np.inf)
    nearest = np.sqrt(away.min(axis=1))
    return Apart(nearest[:-1], float(nearest[-1]))


def of_run(run: Run, network: models.Network, imageset: ImageSet, train: NDArray[np.integer]) -> Familiar:
    """How far the validation images of a run lie from its training images; at most 2,000 of each are asked.

    Args:
        train: positions of the training images in the set.
    """
    rng = np.random.default_rng(run.recipe.seed)
    few, others = (_some(index, rng) for index in (train, run.val_index))
    return familiar_with(
        summary(network, imageset.images[few]),
        imageset.labels[few],
        summary(network, imageset.images[others]),
    )


def _some(index: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.integer]:
    return np.sort(rng.choice(index, MOST, replace=False)) if len(index) > MOST else index
