"""Neurons in layers, a <- f(W a + b), and what layers without f amount to: one affine map. Knows no training."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from dlcore.neuron.one_neuron import ACTIVATIONS, Array

Layer = tuple[Array, Array]  # W (m, n), b (m,)


def stack(layers: Sequence[Layer], x: ArrayLike, f: str = "identity") -> Array:
    """The output of layers in a row, a <- f(W a + b), the last one without f.

    >>> W, b = np.array([[1.0, -1.0]]), np.array([0.0])
    >>> stack([(W, b), (2 * np.eye(1), b + 1)], [[5.0, 2.0], [2.0, 5.0]], f="relu").tolist()
    [[7.0], [1.0]]

    Args:
        layers: pairs (W, b).
        x: inputs (..., n).
    """
    a = np.asarray(x, dtype=np.float64)
    for W, b in layers[:-1]:
        a = ACTIVATIONS[f].f(a @ W.T + b)
    W, b = layers[-1]
    return a @ W.T + b


def collapse(layers: Sequence[Layer]) -> Layer:
    """The one affine map that layers without activation amount to: W = W_L ⋯ W_1, b = W_L(⋯) + b_L.

    >>> W, b = collapse([(2 * np.eye(2), np.ones(2)), (np.array([[1.0, 3.0]]), np.zeros(1))])
    >>> W.tolist(), b.tolist()
    ([[2.0, 6.0]], [4.0])
    """
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, W_next @ b + b_next
    return W, b


def random_layers(sizes: Sequence[int], seed: int) -> tuple[Layer, ...]:
    """Layers with Gaussian weights of variance 1/n and Gaussian biases; sizes = (n, ..., m).

    >>> [(W.shape, b.shape) for W, b in random_layers((2, 4, 1), seed=0)]
    [((4, 2), (4,)), ((1, 4), (1,))]
    """
    rng = np.random.default_rng(seed)
    return tuple(
        (rng.normal(0.0, n**-0.5, (m, n)), rng.normal(0.0, 0.5, m)) for n, m in itertools.pairwise(sizes)
    )
