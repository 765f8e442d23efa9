"""The lab's own CNN and MLP brought as weights: which recipe, and which pictures, their tensors are of."""

import functools
from collections.abc import Iterator, Mapping

import torch

from dlcore import models
from dlcore.data import BadInput
from dlcore.runs import Recipe

SIDES = (28, 64, 128, 8)  # pixels; a pooled head fits several: the first is taken
Shapes = Mapping[str, tuple[int, ...]]
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
    rows = shapes[_head(shapes)][0]
    if _is_flat(shapes):
        raise BadInput(
            "This is an MLP of the lab. No layer of it has rows and columns, so it has no Grad-CAM; what Grad-CAM is "
            "to a CNN, the brush and the methods by input pixels are to it. Its file from “Take it home” comes back "
            "as a run on the training page."
        )
    classes = 2 if rows == 1 else rows
    made = [(recipe, shape, classes) for recipe, shape in _candidates(shapes, told)]
    if not made:
        raise BadInput("This looks like a CNN of the lab, but its first layer is no 3 × 3 convolution of it.")
    for one in made:
        if _names(*one) == dict(shapes):
            return one
    nearest = max(made, key=lambda one: len(_names(*one).items() & shapes.items()))
    wanted = _names(*nearest)
    odd = next((name for name in wanted if shapes.get(name) != wanted[name]), None)
    if odd is None:
        odd = next(name for name in shapes if name not in wanted)
        raise BadInput(f"This looks like a CNN of the lab, but it has no “{shown(odd)}”.")
    found = f"has the shape {shapes[odd]} instead of {wanted[odd]}" if odd in shapes else "is missing"
    raise BadInput(f"This looks like a CNN of the lab, but “{odd}” {found}.")


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


def shown(text: str) -> str:
    """A name from a file, as a sentence may show it: a file may call its tensors anything.

    >>> shown("head.<b>3</b>")
    'head. b 3  b '
    """
    return "".join(sign if sign.isalnum() or sign in "._-" else " " for sign in text)[:60]
