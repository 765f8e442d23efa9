"""A finished run asked in a notebook: its network, and what that says of other pictures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore import models
from dlcore.arguments import BadInput
from dlcore.data.own_arrays import as_pictures
from dlcore.data.recipe_images import permuted
from dlcore.logits import probabilities
from dlcore.runs import Run
from dlcore.training import predict


def run_logits(run: Run, images: Any) -> NDArray[np.float32]:
    """(n, 1 or classes) what the run's kept network says of these pictures.

    Args:
        images: of the size and colours that it has learned from; what ImageSet.from_arrays takes.

    Raises:
        BadInput: another size, or grey for coloured.
    """
    pictures, _ = as_pictures(images)
    rows, columns, channels = run.image_shape
    if models.shape_of(pictures) != (channels, rows, columns):
        given, grey = models.shape_of(pictures), {1: "grey", 3: "coloured"}
        raise BadInput(
            f"These pictures are {given[1]} × {given[2]}, {grey[given[0]]}; the network has learned from "
            f"{rows} × {columns}, {grey[channels]}. Make them alike first."
        )
    return predict(models.load(run), permuted(pictures, run.recipe.pixel_permutation)).numpy()


def run_probabilities(run: Run, images: Any) -> NDArray[np.float64]:
    """(n, classes) the same as probabilities."""
    return probabilities(run_logits(run, images))
