"""A sanity check of heat maps: draw the network's weights anew, layer by layer from the head, and look again.

A map that stays the same while the network forgets what it has learned was not a map of what it has learned
(Adebayo et al. 2018, arXiv:1810.03292). Every network here is a private copy.
"""

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from dlcore import models
from dlcore.attribution.many_images import GRADCAM, Tell, maps_of, predicted, quiet
from dlcore.heatmaps.similarity import ALIKE, Cascade, likeness


def stages(model: models.Network) -> tuple[str, ...]:
    """What is drawn anew, one after the other: nothing, then the head, then the blocks from the last to the first."""
    return ("nothing", "head", *(f"block {i}" for i in range(len(model.features), 0, -1)))


def forget(model: models.Network, depth: int, seed: int) -> models.Network:
    """A copy of the network whose top `depth` stages have new random weights, as before any training.

    The stages are drawn from one generator in their order, so that a deeper copy agrees with a shallower one
    in all that both have drawn.
    """
    private = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(seed)
    parts = [private.head, *reversed(list(private.features))]
    for part in parts[:depth]:
        models.initialise(part, generator)
    return private.eval()


def cascade(
    model: models.Network,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    layer: str,
    method: str = GRADCAM,
    seeds: int = 5,
    tell: Tell = quiet,
) -> Cascade:
    """How alike the maps of the forgetting network are to those of the trained one, at every depth.

    Explained is always the class that the trained network predicts.

    Args:
        images: uint8 (n, h, w[, 3]).
        seeds: how many times everything is drawn anew.
    """
    names, size = stages(model), images.shape[1:3]
    called = predicted(model, images)
    before = maps_of(model, images, called, layer, method)
    alike = {name: np.ones((seeds, len(names))) for name in ALIKE}
    right = np.full((seeds, len(names)), (called == labels).mean())
    for seed in range(seeds):
        for depth in range(1, len(names)):
            forgetful = forget(model, depth, seed)
            maps = maps_of(forgetful, images, called, layer, method)
            for name, values in likeness(before, maps, size).items():
                alike[name][seed, depth] = np.nanmean(values)
            right[seed, depth] = (predicted(forgetful, images) == labels).mean()
            tell((seed * (len(names) - 1) + depth) / (seeds * (len(names) - 1)))
    return Cascade(names, alike, right, len(images))


def maps_while_forgetting(
    model: models.Network, image: NDArray[np.uint8], k: int, layer: str, method: str = GRADCAM, seed: int = 0
) -> NDArray[np.floating]:
    """(stages, rows, cols) one image's map of class k at every depth; the first is the trained network's."""
    networks = (forget(model, depth, seed) for depth in range(len(stages(model))))
    return np.stack([maps_of(m, image[None], np.array([k]), layer, method)[0] for m in networks])


def alike_to(
    model: models.Network, other: models.Network, images: NDArray[np.uint8], layer: str, method: str = GRADCAM
) -> dict[str, float]:
    """How alike two networks' maps are, on average, of the class that the first predicts: one number per ALIKE."""
    called = predicted(model, images)
    a, b = (maps_of(m, images, called, layer, method) for m in (model, other))
    return {name: float(np.nanmean(v)) for name, v in likeness(a, b, images.shape[1:3]).items()}
