"""What a recipe costs before it is trained: layers, parameters, multiplications, seconds. No torch."""

import itertools
import math
from dataclasses import dataclass

from dlcore.blocks import blocks, last_size
from dlcore.runs import Recipe

# Measured on one core of a 2.5 GHz server with torch 2.14: what a step of training achieves, and what every
# image costs besides its multiplications. They only feed the sentence "about 12 s".
MULTIPLICATIONS_PER_SECOND = 2.5e10
SECONDS_PER_IMAGE = 6e-5
SECONDS_PER_PIXEL = 1.7e-7  # of a CNN, beyond 28 × 28: normalizing and pooling large maps wait for memory
START_SECONDS = 1.5


@dataclass(frozen=True)
class Layer:
    """One layer with weights: its name in words, the numbers it learns, and multiplications per image."""

    name: str
    parameters: int
    multiplications: int


def planned_layers(recipe: Recipe, shape: tuple[int, int, int], classes: int) -> tuple[Layer, ...]:
    """The layers that `models.build` makes of this recipe.

    Args:
        shape: (rows, columns, channels) of an image.
        classes: two classes need one output, k > 2 need k.
    """
    outputs = 1 if classes == 2 else classes
    return (_cnn if recipe.model == "cnn" else _mlp)(recipe, shape, outputs)


def _dense(n_in: int, n_out: int) -> Layer:
    return Layer(f"linear {n_in} → {n_out}", (n_in + 1) * n_out, n_in * n_out)


def _mlp(recipe: Recipe, shape: tuple[int, int, int], outputs: int) -> tuple[Layer, ...]:
    assert recipe.width is not None and recipe.depth is not None
    sizes = [math.prod(shape)] + [recipe.width] * recipe.depth + [outputs]
    return tuple(_dense(n_in, n_out) for n_in, n_out in itertools.pairwise(sizes))


def _cnn(recipe: Recipe, shape: tuple[int, int, int], outputs: int) -> tuple[Layer, ...]:
    rows, columns, channels = shape
    last = last_size(recipe, rows, columns)
    found: list[Layer] = []
    for block in blocks(recipe, rows, columns):
        for _ in range(block.convolutions):
            weights = 9 * channels * block.width
            # batch normalisation learns a scale and an offset per channel
            name = f"3×3 convolution {channels} → {block.width}"
            found.append(Layer(name, weights + 2 * block.width, weights * rows * columns))
            channels = block.width
        if block.is_halving:
            rows, columns = rows // 2, columns // 2
    cells = 1 if recipe.head == "pooled" else math.prod(last)
    return (*found, _dense(channels * cells, outputs))


def parameters(recipe: Recipe, shape: tuple[int, int, int], classes: int) -> int:
    """How many numbers the recipe's model learns."""
    return sum(layer.parameters for layer in planned_layers(recipe, shape, classes))


def updates_per_epoch(train_size: int, batch_size: int) -> int:
    """Steps of one epoch: ⌈n / b⌉, one less where a last batch of a single image joins its neighbour."""
    lonely = train_size > batch_size > 1 and train_size % batch_size == 1
    return math.ceil(train_size / batch_size) - lonely


def expected_seconds(recipe: Recipe, shape: tuple[int, int, int], classes: int, train_size: int) -> float:
    """Seconds a training will take on one core, roughly: backward costs twice what forward does."""
    assert recipe.epochs is not None
    multiplications = 3 * sum(layer.multiplications for layer in planned_layers(recipe, shape, classes))
    per_image = multiplications / MULTIPLICATIONS_PER_SECOND + SECONDS_PER_IMAGE
    if recipe.model == "cnn":
        per_image += max(0, shape[0] * shape[1] - 28**2) * SECONDS_PER_PIXEL
    return START_SECONDS + recipe.epochs * train_size * per_image


def roughly(seconds: float) -> str:
    """A duration as one says it: "about 12 s", "about 3 min"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min"
