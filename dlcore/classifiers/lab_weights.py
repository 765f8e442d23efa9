"""The lab's own CNN brought as weights: which recipe, and which pictures, its tensors are of."""

import functools
from collections.abc import Iterator

import torch

from dlcore import models
from dlcore.classifiers.tensor_shapes import Shapes, refuse_misfit, shared, shown
from dlcore.data import BadInput
from dlcore.runs import Recipe

OURS = "CNN of the lab"
MOST_CLASSES = 1000
SIDES = (28, 64, 128, 8)  # pixels; a pooled head fits several: the first is taken
Made = tuple[Recipe, tuple[int, int, int], int]  # a recipe, (rows, columns, channels), classes


def is_ours(shapes: Shapes) -> bool:
    """Whether the names are those of a network of the lab: `features`, and a `head` that ends in a linear layer.

    >>> is_ours({"features.1.weight": (128, 784), "head.1.weight": (10, 128), "head.1.bias": (10,)})
    True
    """
    return any(name.startswith("features.") for name in shapes) and _head(shapes) != ""


def recipe_of(shapes: Shapes, told: int = SIDES[0]) -> Made:
    """The recipe, the shape of an image and the number of classes whose network has tensors of these shapes.

    What leaves no trace in the weights, such as dropout, keeps its default.

    >>> recipe, shape, classes = recipe_of({k: s for k, (s, _) in models.shapes(Recipe(), (64, 64, 3), 5).items()})
    >>> recipe.model, recipe.width, recipe.depth, shape, classes
    ('cnn', 16, 3, (64, 64, 3), 5)

    Args:
        told: the side that is tried first, in pixels; one of SIDES.

    Raises:
        BadInput: none has; the first tensor that does not fit the nearest is named. Or it is an MLP.
    """
    head = _head(shapes)
    rows = shapes[head][0]
    if _is_flat(shapes):
        raise BadInput(
            "This is an MLP of the lab. No layer of it has rows and columns, so it has no Grad-CAM. Its file from "
            "“Take it home” comes back as a run on the training page."
        )
    if rows > MOST_CLASSES:
        raise BadInput(
            f"This looks like a {OURS}, but “{shown(head)}” is no head with 1 to {MOST_CLASSES} rows."
        )
    classes = 2 if rows == 1 else rows
    made = [(recipe, shape, classes) for recipe, shape in _candidates(shapes, told)]
    if not made:
        raise BadInput(f"This looks like a {OURS}, but its first layer is no 3 × 3 convolution of it.")
    nearest = max(made, key=lambda one: shared(shapes, _names(*one)))
    refuse_misfit(shapes, _names(*nearest), f"a {OURS}")
    return nearest


def network(made: Made) -> models.Network:
    """The network of a recipe for images of a shape (rows, columns, channels), without values, in evaluation mode."""
    recipe, (rows, columns, channels), classes = made
    empty = models.empty(recipe, (channels, rows, columns), classes, torch.Generator())
    return empty.eval()


def _head(shapes: Shapes) -> str:
    """The name of the weights whose rows are the classes; "" where there are none."""
    heads = [
        name for name, shape in shapes.items() if name.startswith("head.") and len(shape) == 2 and shape[0]
    ]
    return max(heads, default="")


def _is_flat(shapes: Shapes) -> bool:
    return all(len(shape) < 4 for shape in shapes.values())


def _candidates(shapes: Shapes, told: int) -> Iterator[tuple[Recipe, tuple[int, int, int]]]:
    """Every recipe and size that the first layer allows."""
    first = shapes.get("features.0.0.weight", ())
    if len(first) != 4 or first[1] not in (1, 3):
        return
    for depth in range(1, 7):
        for head in ("pooled", "flatten"):
            for side in sorted(SIDES, key=lambda side: side != told):
                try:
                    recipe = Recipe(model="cnn", width=first[0], depth=depth, head=head)
                except ValueError:
                    return  # a width that no recipe may have
                yield recipe, (side, side, first[1])


@functools.lru_cache(maxsize=256)
def _names(recipe: Recipe, shape: tuple[int, int, int], classes: int) -> dict[str, tuple[int, ...]]:
    return {name: size for name, (size, _) in models.shapes(recipe, shape, classes).items()}
