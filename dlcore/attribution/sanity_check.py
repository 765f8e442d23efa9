"""A sanity check of heat maps: draw the network's weights anew, layer by layer from the head, and look again.

A map that stays the same while the network forgets what it has learned was not a map of what it has learned
(Adebayo et al. 2018, arXiv:1810.03292). Every network here is a private copy.
"""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dlcore import models
from dlcore.arguments import BadInput
from dlcore.attribution.many_images import GRADCAM, Tell, maps_of, predicted, quiet
from dlcore.heatmaps.similarity import ALIKE, Cascade, likeness

DRAWN = (nn.Conv2d, nn.Linear)  # what `models.initialise` draws
FEW = 3
MANY, SEEDS = 100, 5  # images, and how often everything is drawn anew
RESET = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


def parts(model: nn.Module) -> dict[str, nn.Module]:
    """What is drawn anew, one after the other, by name: the head first, then the blocks from the last to the first.

    Of a network that is not the lab's: its children that hold weights, in reverse; those within a sequence count for
    themselves where there are few, as in `features` and `classifier`.
    """
    if isinstance(model, models.Network):
        blocks = list(enumerate(model.features, 1))
        return {"head": model.head, **{f"block {i}": block for i, block in reversed(blocks)}}
    found = _with_weights(dict(model.named_children()))
    if len(found) <= FEW:
        for name, child in list(found.items()):
            if isinstance(child, nn.Sequential):
                inner = _with_weights({f"{name}.{i}": each for i, each in child.named_children()})
                place = list(found).index(name)
                items = [*found.items()]
                found = dict([*items[:place], *inner.items(), *items[place + 1 :]])
    return dict(reversed(found.items()))


def _with_weights(children: dict[str, nn.Module]) -> dict[str, nn.Module]:
    return {name: child for name, child in children.items() if next(child.parameters(), None) is not None}


def stages(model: nn.Module) -> tuple[str, ...]:
    """The names of the stages: nothing, then what is drawn anew, one after the other (see `parts`)."""
    return ("nothing", *parts(model))


def redraw(part: nn.Module, generator: torch.Generator) -> None:
    """New random weights for everything in this part, as before any training.

    Raises:
        BadInput: it holds weights of a kind that nobody here knows how to draw.
    """
    for name, module in part.named_modules():
        if isinstance(module, RESET):
            module.reset_parameters()
        elif next(module.parameters(recurse=False), None) is not None and not isinstance(module, DRAWN):
            kind = type(module).__name__
            raise BadInput(
                f"The layer {name or kind} is a {kind}: how its weights are drawn anew is not known here."
            )
    models.initialise(part, generator)


def forget(model: nn.Module, depth: int, seed: int) -> nn.Module:
    """A copy of the network whose top `depth` stages have new random weights, as before any training.

    The stages are drawn from one generator in their order, so that a deeper copy agrees with a shallower one
    in all that both have drawn.

    Raises:
        BadInput: as `redraw`.
    """
    private = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(seed)
    for part in list(parts(private).values())[:depth]:
        redraw(part, generator)
    return private.eval()


def cascade(
    model: nn.Module,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    layer: str,
    method: str = GRADCAM,
    seeds: int = SEEDS,
    tell: Tell = quiet,
    preprocess: models.Preprocess | None = None,
) -> Cascade:
    """How alike the maps of the forgetting network are to those of the trained one, at every depth.

    Explained is always the class that the trained network predicts.

    Args:
        images: uint8 (n, h, w[, 3]).
        seeds: how many times everything is drawn anew.
        preprocess: how a network that is not the lab's takes images: from uint8 (n, h, w[, c]) to its own input.
    """
    names, size = stages(model), images.shape[1:3]
    called = predicted(model, images, preprocess)
    before = maps_of(model, images, called, layer, method, preprocess=preprocess)
    alike = {name: np.ones((seeds, len(names))) for name in ALIKE}
    right = np.full((seeds, len(names)), (called == labels).mean())
    for seed in range(seeds):
        for depth in range(1, len(names)):
            forgetful = forget(model, depth, seed)
            maps = maps_of(forgetful, images, called, layer, method, preprocess=preprocess)
            for name, values in likeness(before, maps, size).items():
                alike[name][seed, depth] = np.nanmean(values)
            right[seed, depth] = (predicted(forgetful, images, preprocess) == labels).mean()
            tell((seed * (len(names) - 1) + depth) / (seeds * (len(names) - 1)))
    return Cascade(names, alike, right, len(images))


def maps_while_forgetting(
    model: nn.Module,
    image: NDArray[np.uint8],
    k: int,
    layer: str,
    method: str = GRADCAM,
    seed: int = 0,
    preprocess: models.Preprocess | None = None,
) -> NDArray[np.floating]:
    """(stages, rows, cols) one image's map of class k at every depth; the first is the trained network's."""
    networks = (forget(model, depth, seed) for depth in range(len(stages(model))))
    found = (maps_of(m, image[None], np.array([k]), layer, method, preprocess=preprocess) for m in networks)
    return np.stack([maps[0] for maps in found])


def alike_to(
    model: nn.Module,
    other: nn.Module,
    images: NDArray[np.uint8],
    layer: str,
    method: str = GRADCAM,
    preprocess: models.Preprocess | None = None,
) -> dict[str, float]:
    """How alike two networks' maps are, on average, of the class that the first predicts: one number per ALIKE."""
    called = predicted(model, images, preprocess)
    a, b = (maps_of(m, images, called, layer, method, preprocess=preprocess) for m in (model, other))
    return {name: float(np.nanmean(v)) for name, v in likeness(a, b, images.shape[1:3]).items()}
