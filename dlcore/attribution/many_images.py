"""The maps of many images: one network, one method, one layer, a bounded number of images at a time."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dlcore import models
from dlcore.attribution.comparison import ASK, passes
from dlcore.classifiers.asked import as_taken
from dlcore.data import ImageSet
from dlcore.evaluation.intervals import Share
from dlcore.heatmaps import erasing, shortcut, truth
from dlcore.heatmaps.heatmaps import upsample
from dlcore.runs import Run
from dlcore.training import permuted, predict

CHUNK = 100  # images at a time: what lies between them and their maps takes a few hundred kilobytes each
FEW = 100  # images that a slow method is asked about
ERASED = 48  # images for the mean curves of erasing
GRADCAM = "Grad-CAM"
Tell = Callable[[float], None]


def quiet(_: float) -> None:
    """Nobody wants to know how far it is."""


def some(run: Run, n: int, seed: int) -> NDArray[np.int64]:
    """At most n positions of validation images in the set, drawn at random."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.choice(run.val_index, min(n, len(run.val_index)), replace=False))


def shown(run: Run, imageset: ImageSet, index: NDArray) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """Images and masks at these positions as the network of this run takes them: a permutation moves both."""
    seed = run.recipe.pixel_permutation
    masks = None if imageset.masks is None else permuted(imageset.masks[index], seed)
    return permuted(imageset.images[index], seed), masks


def predicted(
    model: nn.Module, images: NDArray[np.uint8], preprocess: models.Preprocess | None = None
) -> NDArray[np.int64]:
    """(n,) the class that the network calls most probable."""
    return models.probabilities(predict(model, images, preprocess)).numpy().argmax(axis=1)


def maps_of(
    model: nn.Module,
    images: NDArray[np.uint8],
    classes: NDArray[np.int64],
    layer: str,
    method: str = GRADCAM,
    tell: Tell = quiet,
    preprocess: models.Preprocess | None = None,
) -> NDArray[np.floating]:
    """(n, rows, cols) the map of one class per image, at the layer's own size, signed.

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3).
        classes: (n,) which class of each image is explained.
        method: a name from `dlcore.heatmaps.methods.METHODS`; those that look at the pixels give maps of their size.
        tell: told the share done, after every chunk.
        preprocess: how a network that is not the lab's takes images, here and below; see `as_taken`.
    """
    found = []
    for start in range(0, len(images), CHUNK):
        part = slice(start, start + CHUNK)
        x = as_taken(model, images[part], preprocess)
        found.append(ASK[method](model, x, classes[part, None], layer, 0.0)[:, 0].cpu().numpy())
        tell(min(1.0, (start + CHUNK) / len(images)))
    return np.concatenate(found)


def is_slow(method: str, size: tuple[int, int]) -> bool:
    """Whether one map takes so many passes that only FEW images are asked about."""
    return sum(passes(method, size)) > 10


def scored(
    model: nn.Module,
    images: NDArray[np.uint8],
    masks: NDArray[np.bool_],
    labels: NDArray[np.int64],
    layer: str,
    methods: tuple[str, ...] = (GRADCAM,),
    tell: Tell = quiet,
    preprocess: models.Preprocess | None = None,
) -> truth.Truth:
    """Every method and every baseline scored on every image; explained is the class predicted.

    Maps are enlarged bilinearly and not smoothed. Slow methods are asked about FEW images drawn at random; the
    values of the others are NaN.
    """
    called, size = predicted(model, images, preprocess), masks.shape[1:]
    few = np.sort(np.random.default_rng(2).permutation(len(images))[:FEW])
    values = {}
    for i, name in enumerate(methods):

        def further(share: float, done: int = i) -> None:
            tell((done + share) / len(methods))

        asked = few if is_slow(name, size) else np.arange(len(images))
        maps = maps_of(model, images[asked], called[asked], layer, name, further, preprocess)
        values[name] = np.full((len(images), len(truth.MEASURES)), np.nan)
        values[name][asked] = truth.score_all(upsample(maps, size), masks[asked])
    for name in truth.BASELINES:
        values[name] = truth.score_all(truth.baseline(name, images), masks)
    return truth.Truth(values, truth.BASELINES, called == labels, float(masks.mean()))


def erased(
    model: nn.Module,
    images: NDArray[np.uint8],
    classes: NDArray[np.int64],
    layer: str,
    fill: str,
    method: str = GRADCAM,
    tell: Tell = quiet,
    preprocess: models.Preprocess | None = None,
) -> erasing.Curves:
    """Deletion and insertion curves of these images: in the order of the map, at random, from the centre out."""
    n, h, w = images.shape[:3]
    maps = upsample(maps_of(model, images, classes, layer, method, preprocess=preprocess), (h, w))
    middle, each = truth.centre(1, h, w)[0], []
    for i in range(n):
        orders = {
            method: erasing.order_of(maps[i], i),
            "centre": erasing.order_of(middle, i),
            "random": erasing.order_of(np.zeros((h, w)), i),
        }

        def answer(stack: NDArray[np.uint8], k: int = int(classes[i])) -> NDArray:
            return models.probabilities(predict(model, stack, preprocess)).numpy()[:, k]

        each.append(erasing.curves_of(answer, images[i], orders, fill))
        tell((i + 1) / n)
    return erasing.together(each)


def lit(
    model: nn.Module,
    images: NDArray[np.uint8],
    masks: NDArray[np.bool_],
    labels: NDArray[np.int64],
    layer: str,
    tell: Tell = quiet,
) -> shortcut.Lit:
    """What a network makes of images with a marker in their corner; the maps explain the class predicted.

    Args:
        images: uint8 (n, h, w, 3), the marker agreeing with the class.
    """
    anew, named = shortcut.drawn_anew(images)
    stacks = (images, anew, shortcut.painted_over(images))
    called = {kind: predicted(model, x) for kind, x in zip(shortcut.KINDS, stacks, strict=True)}
    lies = named != labels
    follows = Share(int((called[shortcut.KINDS[1]] == named)[lies].sum()), int(lies.sum()))
    maps = maps_of(model, images, called[shortcut.KINDS[0]], layer, tell=tell)
    shares = shortcut.positive_share(maps, masks.shape[1:])
    return shortcut.Lit(
        {kind: c == labels for kind, c in called.items()},
        follows,
        np.nanmean(shares, axis=0),
        shortcut.in_corner(shares),
        np.where(masks, shares, 0).sum(axis=(1, 2)) + 0 * shares[:, 0, 0],
    )
