"""One neuron: z = w·x + b, a = f(z), the pairs {f, f'} to choose from, and softmax.

Knows nothing of data, losses or training. Every activation is a pair {f, f'}, so that the chain rule can be
read off the code that uses it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEAK = 0.01  # slope of leaky ReLU below zero, torch's default


@dataclass(frozen=True)
class Activation:
    """A function of the pre-activation and its derivative.

    >>> sigmoid_pair = ACTIVATIONS["sigmoid"]
    >>> float(sigmoid_pair.f(0.0)), float(sigmoid_pair.df(0.0))
    (0.5, 0.25)

    Attributes:
        f: z -> a, element by element, float64, without overflow for any finite z.
        df: z -> f'(z); at a kink the value that torch's autograd returns there.
        formula: LaTeX of f.
        monotone: whether a larger z never gives a smaller a (GELU and SiLU dip below zero).
        note: what to know about it, in a sentence.
    """

    f: Callable[[ArrayLike], Array]
    df: Callable[[ArrayLike], Array]
    formula: str
    monotone: bool
    note: str


def _array(z: ArrayLike) -> Array:
    return np.asarray(z, dtype=np.float64)


def identity(z: ArrayLike) -> Array:
    """f(z) = z.

    >>> identity([-2.0, 3.0]).tolist()
    [-2.0, 3.0]
    """
    return _array(z) + 0.0


def d_identity(z: ArrayLike) -> Array:
    """f′(z) = 1.

    >>> d_identity([-2.0, 3.0]).tolist()
    [1.0, 1.0]
    """
    return np.ones_like(_array(z))


def step(z: ArrayLike) -> Array:
    """f(z) = [z > 0], the perceptron's.

    >>> step([-2.0, 0.0, 3.0]).tolist()
    [0.0, 0.0, 1.0]
    """
    return np.where(_array(z) > 0, 1.0, 0.0)


def d_step(z: ArrayLike) -> Array:
    """f′(z) = 0, also at the jump.

    >>> d_step([-2.0, 0.0, 3.0]).tolist()
    [0.0, 0.0, 0.0]
    """
    return np.zeros_like(_array(z))  # flat on both sides of the jump: gradient descent cannot move it


def relu(z: ArrayLike) -> Array:
    """f(z) = max(0, z).

    >>> relu([-2.0, 0.0, 3.0]).tolist()
    [0.0, 0.0, 3.0]
    """
    return np.maximum(_array(z), 0.0)


def d_relu(z: ArrayLike) -> Array:
    """f′(z) = [z > 0]; 0 at the kink.

    >>> d_relu([-2.0, 0.0, 3.0]).tolist()
    [0.0, 0.0, 1.0]
    """
    return step(z)  # ReLU'(0) = 0: one of the subgradients [0, 1], the one torch takes


def leaky_relu(z: ArrayLike) -> Array:
    """f(z) = max(z, 0.01 z).

    >>> leaky_relu([-2.0, 3.0]).tolist()
    [-0.02, 3.0]
    """
    z = _array(z)
    return np.where(z > 0, z, LEAK * z)


def d_leaky_relu(z: ArrayLike) -> Array:
    """f′(z) = 1 above zero, 0.01 elsewhere.

    >>> d_leaky_relu([-2.0, 3.0]).tolist()
    [0.01, 1.0]
    """
    return np.where(_array(z) > 0, 1.0, LEAK)


def sigmoid(z: ArrayLike) -> Array:
    """σ(z) = 1/(1 + e^−z), with both tails: σ(−40) = 4.25e-18, not 0. The only sigmoid of this package.

    >>> sigmoid([-np.log(3), 0.0, np.log(3)]).round(12).tolist()
    [0.25, 0.5, 0.75]
    """
    z = _array(z)
    shrunk = np.exp(-np.abs(z))  # in [0, 1], whatever the sign: nothing overflows, nothing cancels
    return np.where(z >= 0, 1.0, shrunk) / (1.0 + shrunk)


def d_sigmoid(z: ArrayLike) -> Array:
    """σ′(z) = σ(z) σ(−z) = e^−|z| / (1 + e^−|z|)². Not σ (1 − σ): that is 0 as soon as σ(z) rounds to 1.

    >>> d_sigmoid([0.0, np.log(3)]).round(12).tolist()
    [0.25, 0.1875]
    """
    shrunk = np.exp(-np.abs(_array(z)))
    return shrunk / (1.0 + shrunk) ** 2


def tanh(z: ArrayLike) -> Array:
    """f(z) = tanh z = 2 σ(2z) − 1.

    >>> tanh([-np.log(2), 0.0, np.log(2)]).round(12).tolist()
    [-0.6, 0.0, 0.6]
    """
    return np.tanh(_array(z))


def d_tanh(z: ArrayLike) -> Array:
    """f′(z) = 1/cosh² z = 1 − tanh² z.

    >>> d_tanh([0.0, np.log(2)]).round(12).tolist()
    [1.0, 0.64]
    """
    return 4.0 * d_sigmoid(2.0 * _array(z))  # 1/cosh²(z); 1 − tanh² would be 0 from |z| = 19 on


def softplus(z: ArrayLike) -> Array:
    """f(z) = ln(1 + e^z), a smooth ReLU.

    >>> softplus([-1000.0, np.log(np.e - 1), 1000.0]).round(12).tolist()
    [0.0, 1.0, 1000.0]
    """
    return np.logaddexp(0.0, _array(z))


def d_softplus(z: ArrayLike) -> Array:
    """f′(z) = σ(z).

    >>> d_softplus([0.0, np.log(3)]).round(12).tolist()
    [0.5, 0.75]
    """
    return sigmoid(z)


def elu(z: ArrayLike) -> Array:
    """f(z) = z above zero, e^z − 1 elsewhere.

    >>> elu([-np.log(2), 3.0]).round(12).tolist()
    [-0.5, 3.0]
    """
    z = _array(z)
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


def d_elu(z: ArrayLike) -> Array:
    """f′(z) = 1 above zero, e^z elsewhere.

    >>> d_elu([-np.log(2), 3.0]).round(12).tolist()
    [0.5, 1.0]
    """
    return np.exp(np.minimum(_array(z), 0.0))


def silu(z: ArrayLike) -> Array:
    """f(z) = z σ(z), also called swish.

    >>> silu([0.0, np.log(3)]).round(4).tolist()
    [0.0, 0.824]
    """
    return _array(z) * sigmoid(z)


def d_silu(z: ArrayLike) -> Array:
    """f′(z) = σ(z) (1 + z σ(−z)); 0 where SiLU is lowest.

    >>> abs(d_silu([0.0, -1.2784645])).round(6).tolist()
    [0.5, 0.0]
    """
    z = _array(z)
    return sigmoid(z) * (1.0 + z * sigmoid(-z))


_erfc = np.frompyfunc(math.erfc, 1, 1)  # no scipy to import; 1 + erf would lose the left tail


def normal_cdf(z: ArrayLike) -> Array:
    """Φ(z), the distribution function of the standard normal.

    >>> normal_cdf([0.0, 1.959963985]).round(6).tolist()
    [0.5, 0.975]
    """
    return 0.5 * np.asarray(_erfc(-_array(z) / math.sqrt(2.0)), dtype=np.float64)


def gelu(z: ArrayLike) -> Array:
    """f(z) = z Φ(z), with Φ of the standard normal.

    >>> gelu([-1.0, 0.0, 1.0]).round(4).tolist()
    [-0.1587, 0.0, 0.8413]
    """
    return _array(z) * normal_cdf(z)


def d_gelu(z: ArrayLike) -> Array:
    """f′(z) = Φ(z) + z φ(z).

    >>> d_gelu([-1.0, 0.0, 1.0]).round(4).tolist()
    [-0.0833, 0.5, 1.0833]
    """
    z = _array(z)
    return normal_cdf(z) + z * np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "identity": Activation(
            identity, d_identity, r"f(z) = z", True, "Nothing is bent: the neuron is an affine map."
        ),
        "step": Activation(
            step,
            d_step,
            r"f(z) = [z > 0]",
            True,
            "The perceptron. Its slope is 0: nothing learns.",
        ),
        "relu": Activation(
            relu, d_relu, r"f(z) = \max(0, z)", True, "Below zero its slope is 0: a neuron can die there."
        ),
        "leaky_relu": Activation(
            leaky_relu, d_leaky_relu, r"f(z) = \max(z, 0.01\,z)", True, "Keeps a slope of 0.01 below zero."
        ),
        "sigmoid": Activation(
            sigmoid, d_sigmoid, r"f(z) = \frac{1}{1 + e^{-z}}", True, "Squashes to (0, 1); slope at most 1/4."
        ),
        "tanh": Activation(tanh, d_tanh, r"f(z) = \tanh z", True, "Squashes to (−1, 1); slope at most 1."),
        "softplus": Activation(
            softplus, d_softplus, r"f(z) = \ln(1 + e^z)", True, "A smooth ReLU; its slope is the sigmoid."
        ),
        "elu": Activation(
            elu, d_elu, r"f(z) = z \text{ for } z > 0,\ e^z - 1 \text{ else}", True, "Falls to −1 below zero."
        ),
        "silu": Activation(
            silu, d_silu, r"f(z) = z\,\sigma(z)", False, "Also called swish; dips to −0.278 at z = −1.28."
        ),
        "gelu": Activation(
            gelu,
            d_gelu,
            r"f(z) = z\,\Phi(z)",
            False,
            "Φ: the normal distribution; dips to −0.170.",
        ),
    }
)


def pre_activation(w: ArrayLike, x: ArrayLike, b: float) -> Array:
    """z = w·x + b, the linear combination before f.

    >>> pre_activation([2.0, -1.0], [[1.0, 1.0], [0.0, 3.0]], b=0.5).tolist()
    [1.5, -2.5]

    Args:
        w: weights (n,).
        x: one input (n,) or many (..., n).
        b: bias.
    """
    return _array(x) @ _array(w) + b


def neuron(w: ArrayLike, x: ArrayLike, b: float, f: str) -> Array:
    """a = f(w·x + b), the neuron's output for one input (n,) or many (..., n).

    >>> neuron([2.0, -1.0], [[1.0, 1.0], [0.0, 3.0]], b=0.5, f="relu").tolist()
    [1.5, 0.0]

    Raises:
        KeyError: f is not in ACTIVATIONS.
    """
    return ACTIVATIONS[f].f(pre_activation(w, x, b))


@dataclass(frozen=True)
class Hyperplane:
    """The set {x : w·x + b = 0}.

    >>> line = hyperplane([3.0, 4.0], b=-10.0)
    >>> line.normal, line.foot
    ((0.6, 0.8), (1.2, 1.6))

    Attributes:
        normal: w / |w|, the direction in which z grows; None when w = 0 and there is no hyperplane.
        foot: the point of the hyperplane nearest to the origin, -b w / |w|²; None when w = 0.
    """

    normal: tuple[float, ...] | None
    foot: tuple[float, ...] | None


def hyperplane(w: ArrayLike, b: float) -> Hyperplane:
    """The hyperplane a neuron's weights and bias define. The signed distance of x from it is z / |w|.

    >>> hyperplane([0.0, 2.0], b=-6.0)
    Hyperplane(normal=(0.0, 1.0), foot=(0.0, 3.0))
    """
    w = _array(w)
    length = float(np.linalg.norm(w))
    if length == 0.0:
        return Hyperplane(None, None)
    normal = w / length
    return Hyperplane(tuple(normal.tolist()), tuple((-b / length * normal).tolist()))


def softmax(z: ArrayLike, temperature: float = 1.0) -> Array:
    """p_k = e^(z_k/T) / Σ_j e^(z_j/T) along the last axis.

    Adding a constant to every score changes nothing, so the largest is subtracted first: nothing overflows.
    Two classes: p_1 = σ((z_1 - z_2)/T).

    >>> softmax([0.0, np.log(2), np.log(5)]).round(12).tolist()
    [0.125, 0.25, 0.625]

    Raises:
        ValueError: the temperature T is not a positive number.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError("the temperature must be a positive number")
    z = _array(z)
    e = np.exp((z - z.max(axis=-1, keepdims=True)) / temperature)
    return e / e.sum(axis=-1, keepdims=True)
