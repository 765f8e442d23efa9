"""A stack of layers beside the one affine map that its matrices multiply to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.neuron import collapse, random_layers, stack

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Layers in a row, and the single map W x + b of the same matrices.

    Attributes:
        x, stacked, affine: (n,) input, output of the layers, output of the single map.
        W, b: the single map's two numbers.
        difference: largest |stacked - affine|.
    """

    x: Array
    stacked: Array
    affine: Array
    W: float
    b: float
    difference: float


def compare(depth: int, width: int, f: str, seed: int) -> Comparison:
    """A random stack of `depth` layers from one number to one number, f between them, against its product.

    Args:
        depth: 1 to 6 layers, hence depth - 1 places for f.
        width: neurons of the layers in between.
        f: key of ACTIVATIONS.
    """
    layers = random_layers([1, *[width] * (depth - 1), 1], seed)
    x = np.linspace(-4.0, 4.0, 401)
    W, b = collapse(layers)
    stacked = stack(layers, x[:, None], f)[:, 0]
    affine = W[0, 0] * x + b[0]
    return Comparison(x, stacked, affine, float(W[0, 0]), float(b[0]), float(np.abs(stacked - affine).max()))
