"""What a finished run makes of other images than its own: validation images moved, training images unchanged."""

import numpy as np

from dlcore import models
from dlcore.data import ImageSet
from dlcore.data.recipe_images import parts, permuted
from dlcore.evaluation.intervals import Share
from dlcore.runs import Run
from dlcore.training import predict

FARTHEST = 6  # pixels
DIRECTIONS = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])  # right, left, down, up


def shifted(images: np.ndarray, pixels: int, seed: int = 0) -> np.ndarray:
    """Every image moved by so many pixels in one of four directions drawn for it; the edges repeat.

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3).
        seed: of the directions: the same for every distance and every network.
    """
    n, h, w = images.shape[:3]
    step = DIRECTIONS[np.random.default_rng(seed).integers(0, 4, n)] * pixels  # (n, 2)
    rows = (np.arange(h) - step[:, :1]).clip(0, h - 1)  # (n, h)
    columns = (np.arange(w) - step[:, 1:]).clip(0, w - 1)  # (n, w)
    return images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


def accuracy_by_shift(run: Run, imageset: ImageSet) -> tuple[Share, ...]:
    """Accuracy of the kept weights on validation images moved by 0, 1, 2, … pixels, at most half an image.

    The permutation of a run that has one comes after the shift: the object moves, then the pixels are mixed.

    Raises:
        ValueError: the run kept no weights.
    """
    model = models.load(run)
    images, labels = imageset.images[run.val_index], imageset.labels[run.val_index]
    found = []
    for pixels in range(min(FARTHEST, images.shape[1] // 2) + 1):
        x = permuted(shifted(images, pixels), run.recipe.pixel_permutation)
        called = models.probabilities(predict(model, x)).numpy().argmax(axis=1)
        found.append(Share(int((called == labels).sum()), len(labels)))
    return tuple(found)


def accuracy_on_training(run: Run, imageset: ImageSet) -> Share:
    """Accuracy of the kept weights on the images they were learned from, without dropout or random changes.

    The training accuracy that an epoch records is taken while the weights move and the images are changed; only
    this one can be held against validation. Labels are the true ones, also for a run that learned from wrong ones.

    Raises:
        ValueError: the run kept no weights.
    """
    index = parts(run.recipe, imageset).train
    x = permuted(imageset.images[index], run.recipe.pixel_permutation)
    called = models.probabilities(predict(models.load(run), x)).numpy().argmax(axis=1)
    return Share(int((called == imageset.labels[index]).sum()), len(index))
