"""A small dense network on points of the plane: forward, loss, backpropagation written out.

All parameters lie in one vector theta: layer by layer, neuron by neuron, its weights and then its bias.
Knows nothing of training (trajectory.py), of data sets or of torch. Everything random comes from the generator that
the browser has too: its streams are WEIGHTS and ORDERS of a network's seed, and POINTS of the seed of its points.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dlcore import philox
from dlcore.data import BadInput
from dlcore.neuron import ACTIVATIONS, d_tanh, identity, sigmoid, softplus, tanh

Array = NDArray[np.float64]

FEATURES: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "x1": lambda x: x[:, 0],
        "x2": lambda x: x[:, 1],
        "x1sq": lambda x: x[:, 0] ** 2,
        "x2sq": lambda x: x[:, 1] ** 2,
        "x1x2": lambda x: x[:, 0] * x[:, 1],
        "sinx1": lambda x: np.sin(x[:, 0]),
        "sinx2": lambda x: np.sin(x[:, 1]),
    }
)
MOST_LAYERS, MOST_NEURONS = 6, 8
WEIGHTS, ORDERS, POINTS = 0, 1, 2  # streams of dlcore.philox


@dataclass(frozen=True)
class Head:
    """The output neuron's activation together with the loss, as functions of its pre-activation z.

    >>> head = HEADS["cross-entropy"]
    >>> head.out(np.zeros(1)).tolist(), head.loss(np.zeros(1), np.ones(1)).round(4).tolist()
    ([0.5], [0.6931])

    Attributes:
        out: z -> y_hat.
        loss: (z, y) -> loss of each sample, y = -1 or +1 (or a number, for regression).
        delta: (z, y) -> ∂loss/∂z.
        middle: the y_hat at which the two classes meet.
    """

    out: Callable[[Array], Array]
    loss: Callable[[Array, Array], Array]
    delta: Callable[[Array, Array], Array]
    middle: float = 0.0


def _squared_delta(z: Array, y: Array) -> Array:
    return (np.tanh(z) - y) * d_tanh(z)


HEADS: Mapping[str, Head] = MappingProxyType(
    {
        # With t = (y + 1)/2: -[t ln y_hat + (1 - t) ln(1 - y_hat)], and y_hat - t, without overflow and with
        # their tails: ln(1 + e^z) - z would be 0 from z = 37 on.
        "cross-entropy": Head(
            sigmoid,
            lambda z, y: 0.5 * ((1.0 + y) * softplus(-z) + (1.0 - y) * softplus(z)),
            lambda z, y: 0.5 * ((1.0 - y) * sigmoid(z) - (1.0 + y) * sigmoid(-z)),
            0.5,
        ),
        "squared-error": Head(tanh, lambda z, y: 0.5 * (np.tanh(z) - y) ** 2, _squared_delta),
        "regression": Head(identity, lambda z, y: 0.5 * (z - y) ** 2, lambda z, y: z - y),
    }
)


@dataclass(frozen=True)
class Network:
    """What the network looks like.

    >>> net = Network(features=("x1", "x2", "x1x2"), hidden=(4,))
    >>> net.shapes, net.size
    (((4, 4), (1, 5)), 21)

    Attributes:
        features: keys of FEATURES, the inputs of the first layer; at least one.
        hidden: number of neurons in each hidden layer, 0 to 6 layers of 1 to 8.
        f: activation of the hidden neurons, a key of ACTIVATIONS.
        head: output activation and loss, a key of HEADS.
    """

    features: tuple[str, ...] = ("x1", "x2")
    hidden: tuple[int, ...] = (4, 2)
    f: str = "tanh"
    head: str = "squared-error"

    def __post_init__(self) -> None:
        known = [name for name in self.features if name in FEATURES]
        if not known or len(set(known)) != len(self.features):
            raise BadInput("A network needs at least one of the seven features, each at most once.")
        if len(self.hidden) > MOST_LAYERS or not all(1 <= m <= MOST_NEURONS for m in self.hidden):
            raise BadInput(f"At most {MOST_LAYERS} hidden layers of 1 to {MOST_NEURONS} neurons.")
        if self.f not in ACTIVATIONS or self.head not in HEADS:
            raise BadInput("There is no such activation or loss.")

    @cached_property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(neurons, inputs + 1) of every layer; the last column holds the biases."""
        sizes = (len(self.features), *self.hidden, 1)
        return tuple((m, n + 1) for n, m in itertools.pairwise(sizes))

    @cached_property
    def size(self) -> int:
        """Number of parameters."""
        return sum(m * n for m, n in self.shapes)

    def layers(self, theta: Array) -> list[Array]:
        """Views (m, n + 1) into theta (..., p), one for each layer.

        >>> net = Network(hidden=(1,))
        >>> [W.tolist() for W in net.layers(np.arange(5.0))]
        [[[0.0, 1.0, 2.0]], [[3.0, 4.0]]]
        """
        views, at = [], 0
        for m, n in self.shapes:
            views.append(theta[..., at : at + m * n].reshape(*theta.shape[:-1], m, n))
            at += m * n
        return views

    def inputs(self, x: Array) -> Array:
        """The features of points x (n, 2) -> (n, d).

        >>> Network(features=("x1", "x1x2")).inputs(np.array([[2.0, 3.0]])).tolist()
        [[2.0, 6.0]]
        """
        return np.stack([FEATURES[name](x) for name in self.features], axis=1)

    def start(self, seed: int, bias: float = 0.1) -> Array:
        """Initial theta: weights uniform in [-0.5, 0.5), all biases equal; parameter k has the k-th number.

        >>> theta = Network(hidden=(1,)).start(seed=0)
        >>> theta[[2, 4]].tolist(), bool((abs(theta) <= 0.5).all())
        ([0.1, 0.1], True)
        """
        theta = philox.uniforms(seed, self.size, WEIGHTS) - 0.5
        for W in self.layers(theta):
            W[:, -1] = bias
        return theta

    def is_weight(self) -> Array:
        """1 where theta holds a weight, 0 where it holds a bias: penalties leave biases alone.

        >>> Network(hidden=(1,)).is_weight().tolist()
        [1.0, 1.0, 0.0, 1.0, 0.0]
        """
        mask = np.ones(self.size)
        for W in self.layers(mask):
            W[:, -1] = 0.0
        return mask


@dataclass(frozen=True, eq=False)
class Pass:
    """One forward pass: h[0] the features, h[l] the output of hidden layer l, z[l] what f was applied to.

    >>> net = Network(hidden=(1,), f="relu", head="regression")
    >>> [h.tolist() for h in forward(net, np.array([1.0, 1.0, -4.0, 2.0, 0.5]), np.array([[2.0, 3.0]])).h]
    [[[2.0, 3.0]], [[1.0]]]
    """

    h: tuple[Array, ...]
    z: tuple[Array, ...]
    y_hat: Array


RUNAWAY = np.errstate(over="ignore", invalid="ignore")  # weights that run away give inf and NaN, not warnings


@RUNAWAY
def forward(net: Network, theta: Array, x: Array) -> Pass:
    """Every pre-activation and activation for features x (n, d); y_hat (n,).

    >>> net = Network(hidden=(1,), f="relu", head="regression")
    >>> forward(net, np.array([1.0, 1.0, -4.0, 2.0, 0.5]), np.array([[2.0, 3.0], [0.0, 0.0]])).y_hat.tolist()
    [2.5, 0.5]
    """
    h, z = [x], []
    for W in net.layers(theta):
        z.append(h[-1] @ W[:, :-1].T + W[:, -1])  # (n, m)
        h.append(ACTIVATIONS[net.f].f(z[-1]))
    return Pass(tuple(h[:-1]), tuple(z), HEADS[net.head].out(z[-1][:, 0]))


@RUNAWAY
def loss(net: Network, theta: Array, x: Array, y: Array) -> float:
    """Mean loss of features x (n, d) and targets y (n,), without penalties.

    >>> net = Network(hidden=(), head="regression")
    >>> loss(net, np.array([1.0, 2.0, 0.0]), np.array([[1.0, 1.0]]), np.array([1.0]))
    2.0
    """
    return float(HEADS[net.head].loss(forward(net, theta, x).z[-1][:, 0], y).mean())


@RUNAWAY
def backward(net: Network, theta: Array, x: Array, y: Array) -> Array:
    """∇L, the gradient of the mean loss with respect to theta, by the chain rule from the last layer back.

    delta_L = ∂loss/∂z_L;  ∂L/∂W_l = delta_lᵀ h_l;  ∂L/∂b_l = Σ delta_l;
    delta_(l-1) = (delta_l W_l) ⊙ f'(z_(l-1)).

    >>> net, theta = Network(hidden=(), head="regression"), np.array([1.0, 2.0, 0.0])
    >>> backward(net, theta, np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([1.0, 0.0])).tolist()
    [1.0, 1.0, 1.0]
    """
    run = forward(net, theta, x)
    gradient = np.empty(net.size)
    W, G, df = net.layers(theta), net.layers(gradient), ACTIVATIONS[net.f].df
    delta = HEADS[net.head].delta(run.z[-1][:, 0], y)[:, None] / len(y)  # (n, 1)
    for i in reversed(range(len(W))):
        G[i][:, :-1] = delta.T @ run.h[i]
        G[i][:, -1] = delta.sum(axis=0)
        if i > 0:
            delta = (delta @ W[i][:, :-1]) * df(run.z[i - 1])  # (n, m)
    return gradient
