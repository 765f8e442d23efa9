"""What a trained network makes of images that have moved by some pixels. Validation images only."""

import numpy as np

from dlcore import models
from dlcore.data import ImageSet
from dlcore.dealing import permuted
from dlcore.evaluation import Share
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
