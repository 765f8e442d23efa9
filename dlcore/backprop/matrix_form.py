"""Backpropagation in matrix form, layer by layer, for a chain or a small MLP of any depth.

    forward   z_l = W_l a_{l−1} + b_l,   a_l = f(z_l)
    backward  δ_L = y_hat − y,   δ_l = (W_{l+1}ᵀ δ_{l+1}) ⊙ f'(z_l),   ∂L/∂W_l = δ_l a_{l−1}ᵀ,   ∂L/∂b_l = δ_l

The output is one sigmoid with cross-entropy. δ_l is the product of the Jacobians of all later layers with the
error signal: it vanishes or explodes with their norms.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dlcore.backprop import cross_entropy, error_signal
from dlcore.neuron import ACTIVATIONS, sigmoid

MOST_DEPTH, MOST_WIDTH = 60, 128

# Standard deviation of a weight between n inputs and m outputs.
# Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks";
# He et al. (2015), "Delving deep into rectifiers".
INITIALISATIONS: Mapping[str, str] = {"Glorot": "√(2/(n + m))", "He": "√(2/n)"}


def weight_scale(n: int, m: int, scheme: str) -> float:
    """Standard deviation of the initial weights; a key of INITIALISATIONS."""
    return {"Glorot": (2 / (n + m)) ** 0.5, "He": (2 / n) ** 0.5}[scheme]


@dataclass(frozen=True)
class Layer:
    """One layer of one pass: its parameters, its values, and what flows back.

    Attributes:
        W: (m, n). b: (m,). input: a of the layer before, (n,). z, a: (m,).
        slope: f'(z), (m,); 1 in the last layer, whose δ is ŷ − y already.
        delta: ∂L/∂z, (m,). W_gradient: (m, n). b_gradient: (m,).
    """

    W: np.ndarray
    b: np.ndarray
    input: np.ndarray
    z: np.ndarray
    a: np.ndarray
    slope: np.ndarray
    delta: np.ndarray
    W_gradient: np.ndarray
    b_gradient: np.ndarray

    @property
    def jacobian(self) -> np.ndarray:
        """∂a/∂input = diag(f'(z)) W, (m, n); in the last layer ∂z/∂input = W."""
        return self.slope[:, None] * self.W


@dataclass(frozen=True)
class LayeredPass:
    """A forward and a backward pass through all layers, and the loss."""

    layers: tuple[Layer, ...]
    y_hat: float
    loss: float


Parameters = Sequence[tuple[np.ndarray, np.ndarray]]


def initial_parameters(
    widths: Sequence[int], scheme: str, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(W, b) of each layer: normal weights of the scheme's scale, zero biases.

    Args:
        widths: numbers of neurons from the input to the output, (depth + 1,).
    """
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, weight_scale(n, m, scheme), (m, n)), np.zeros(m))
        for n, m in itertools.pairwise(widths)
    ]


def run(parameters: Parameters, x: np.ndarray, y: float, f: str) -> LayeredPass:
    """Forward and backward through every layer; hidden layers use the activation f, the last one the sigmoid.

    Args:
        x: (n,). y: in [0, 1]. f: a key of neuron.ACTIVATIONS.
    """
    activation, values, a = ACTIVATIONS[f], [], np.asarray(x, dtype=np.float64)
    for index, (W, b) in enumerate(parameters):
        z = W @ a + b
        is_last = index == len(parameters) - 1
        slope = np.ones_like(z) if is_last else activation.df(z)
        values.append((a, z, slope))
        a = sigmoid(z) if is_last else activation.f(z)
    layers: list[Layer] = []
    y_hat, delta = a, error_signal(values[-1][1], y)  # ŷ − y, with its tails
    for (W, b), (a_in, z, slope) in zip(reversed(parameters), reversed(values), strict=True):
        delta = delta * slope
        out = y_hat if not layers else layers[-1].input
        layers.append(Layer(W, b, a_in, z, out, slope, delta, np.outer(delta, a_in), delta))
        delta = W.T @ delta
    loss = float(np.mean(cross_entropy(layers[0].z, y)))
    return LayeredPass(tuple(reversed(layers)), float(y_hat[0]), loss)


def output_jacobian(passed: LayeredPass, layer: int) -> np.ndarray:
    """∂z_L/∂a_l, the product of the Jacobians of all layers after layer l (counted from 0), (1, m).

    δ_l = f'(z_l) ⊙ (∂z_L/∂a_l)ᵀ (y_hat − y).
    """
    product = np.eye(passed.layers[layer].a.size)
    for later in passed.layers[layer + 1 :]:
        product = later.jacobian @ product
    return product


@dataclass(frozen=True)
class Norms:
    """Size of the error signal per layer, averaged over several initialisations.

    Attributes:
        label: activation and initialisation, as "tanh, Glorot".
        delta: root mean square of δ_l over neurons and seeds, first to last hidden layer, (depth,).
    """

    label: str
    delta: np.ndarray


def gradient_norms(
    f: str, scheme: str, depth: int = 20, width: int = 32, seeds: int = 8, seed: int = 0
) -> Norms:
    """How the error signal shrinks or grows on its way back through `depth` hidden layers of equal width."""
    depth, width = min(max(depth, 1), MOST_DEPTH), min(max(width, 1), MOST_WIDTH)
    squares = np.zeros(depth)
    for one in range(seeds):
        rng = np.random.default_rng([seed, one])
        parameters = initial_parameters([width] * (depth + 1) + [1], scheme, seed=int(rng.integers(2**31)))
        passed = run(parameters, rng.normal(size=width), 1.0, f)
        squares += [np.mean(layer.delta**2) / seeds for layer in passed.layers[:-1]]
    return Norms(f"{f}, {scheme}", np.sqrt(squares))


# A sigmoid neuron that gives back its own input, 1/2, where its slope is largest: δ is doubled on the way back.
DOUBLING = {"w": 8.0, "b": -4.0, "x": 0.5}


def doubling_chain(depth: int) -> Norms:
    """δ in a chain of `depth` sigmoid neurons with w = 8, b = −4, fed with 1/2: w σ'(0) = 2 at every neuron."""
    depth = min(max(depth, 1), MOST_DEPTH)
    neuron = np.array([[DOUBLING["w"]]]), np.array([DOUBLING["b"]])
    passed = run([neuron] * (depth + 1), np.array([DOUBLING["x"]]), 1.0, "sigmoid")
    delta = np.array([abs(layer.delta.item()) for layer in passed.layers[:-1]])
    return Norms("sigmoid, large weights", delta)
