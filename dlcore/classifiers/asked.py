"""A classifier asked for logits of images as they are stored: whose scaling it is is said, and nothing is changed."""

from typing import Any

import torch
from torch import nn

from dlcore import models
from dlcore.arguments import BadInput
from dlcore.classifiers.class_scores import as_rows
from dlcore.classifiers.map_layers import as_input
from dlcore.classifiers.twin import Twin


def as_taken(model: nn.Module, images: Any, preprocess: models.Preprocess | None) -> torch.Tensor:
    """The images (n, c, h, w) as this model takes them.

    Args:
        images: uint8 (n, h, w) or (n, h, w, c); of a network that is not the lab's without `preprocess`, its own
            input: floats (n, c, h, w).
        preprocess: from these images, as a tensor, to the model's input; None: the lab's scaling, for the lab's own
            networks.

    Raises:
        BadInput: whole numbers for a network that is not the lab's, and nobody says how it takes them.
    """
    if preprocess is not None:
        x = preprocess(models.as_tensor(images))
        if not isinstance(x, torch.Tensor) or x.ndim != 4 or len(x) != len(images):
            shape = tuple(x.shape) if hasattr(x, "shape") else type(x).__name__
            raise BadInput(
                f"preprocess gives {shape} for {len(images)} images; needed is a tensor (n, channels, rows, "
                "columns). It gets all images at once, as a uint8 tensor (n, rows, columns[, 3])."
            )
        return as_input(model, x)
    if isinstance(model, models.Network):
        return as_input(model, models.preprocess(images))
    x = models.as_tensor(images)
    if x.is_floating_point() and x.ndim == 4:
        return as_input(model, x)
    raise BadInput(
        "This network is not one of the lab's, so the lab does not know how it takes pictures. Say it: "
        "preprocess=a function from a uint8 tensor (n, rows, columns[, 3]) to a tensor (n, channels, rows, columns). "
        "The lab's own scaling is dlcore.models.preprocess."
    )


class Asked:
    """A model as after .eval(), also if it is in training mode: then a private twin answers."""

    def __init__(self, model: nn.Module, preprocess: models.Preprocess | None = None) -> None:
        if not isinstance(model, nn.Module):
            raise BadInput(
                f"A network is a torch.nn.Module, not {type(model).__name__}. Of a run it is run.model."
            )
        self.model, self.preprocess = model, preprocess
        is_training = any(module.training for module in model.modules())
        self.asked = Twin(model).model if is_training else model

    def __call__(self, images: Any) -> torch.Tensor:
        """Logits (n, 1 or classes) on the CPU; see `as_taken` for the images."""
        logits = self.asked(as_taken(self.model, images, self.preprocess))
        return as_rows(logits, len(images)).cpu()
