"""The 2-neuron network x -> ReLU -> h -> sigmoid -> y_hat: forward pass, gradients, one step of SGD.

    z1 = w1 x + b1,  h = max(0, z1),  z2 = w2 h + b2,  y_hat = 1 / (1 + exp(-z2))

Every argument may be a number or an array (a batch of x and y, a grid of w1): NumPy broadcasts. Knows nothing
of drawing, of data sets, or of any second opinion: those are in oracles/backprop.py.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.neuron import d_relu, d_sigmoid, relu, sigmoid, softplus

Number = np.float64 | np.ndarray
PARAMETERS = ("w1", "b1", "w2", "b2")


@dataclass(frozen=True)
class Pass:
    """Every value of a forward pass, float64, each of the shape of x (per sample).

    >>> forward({"w1": 1.0, "b1": 0.0, "w2": 2.0, "b2": -2.0}, x=1.0, y=1.0).y_hat.item()
    0.5
    """

    z1: Number
    h: Number
    z2: Number
    y_hat: Number
    loss: Number


@dataclass(frozen=True)
class Gradients:
    """The derivative of the loss by each parameter, float64.

    >>> g = Gradients(w1=1.0, b1=0.0, w2=0.5, b2=-2.0)
    >>> step({"w1": 1.0, "b1": 1.0, "w2": 1.0, "b2": 1.0}, g, eta=0.5)
    {'w1': 0.5, 'b1': 1.0, 'w2': 0.75, 'b2': 2.0}
    """

    w1: float
    b1: float
    w2: float
    b2: float


@dataclass(frozen=True)
class Loss:
    """A loss as a pair: its value, and its slope at the logit z2 (the error signal that flows back).

    Both take (z2, y). The slope is the chain rule over the sigmoid, ∂L/∂z2 = ∂L/∂y_hat · σ'(z2).

    >>> squared = LOSSES["squared error"]
    >>> float(squared.value(0.0, 1)), float(squared.slope(0.0, 1))
    (0.125, -0.125)
    """

    name: str
    value: Callable[[Any, Any], Any]
    slope: Callable[[Any, Any], Any]


def cross_entropy(z2: Any, y: Any) -> Any:
    """L = −[y log ŷ + (1 − y) log(1 − ŷ)] from the logit: y softplus(−z2) + (1 − y) softplus(z2).

    The same number, but finite for every z2, where log(1 − ŷ) is log 0 as soon as ŷ rounds to 1.

    >>> cross_entropy([0.0, 1000.0], y=0).round(6).tolist()
    [0.693147, 1000.0]
    """
    z2 = np.asarray(z2)
    return y * softplus(-z2) + (1 - y) * softplus(z2)


def error_signal(z2: Any, y: Any) -> Any:
    """ŷ − y, the slope of cross-entropy by z2, written (1 − y) σ(z2) − y σ(−z2): σ(40) − 1 would be 0.

    >>> error_signal([0.0, np.log(3)], y=1).round(12).tolist()
    [-0.5, -0.25]
    """
    z2 = np.asarray(z2)
    return (1 - y) * sigmoid(z2) - y * sigmoid(-z2)


def naive_cross_entropy(y_hat: Any, y: Any) -> Any:
    """L = −[y log ŷ + (1 − y) log(1 − ŷ)] exactly as written: inf or nan once ŷ has rounded to 0 or 1.

    >>> naive_cross_entropy(np.array([0.5, 1.0]), y=0).round(6).tolist()
    [0.693147, inf]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(y * np.log(y_hat) + (1 - y) * np.log(1 - np.asarray(y_hat)))


LOSSES: Mapping[str, Loss] = {
    # ∂L/∂ŷ = (ŷ − y) / (ŷ (1 − ŷ)), and σ' = ŷ (1 − ŷ) cancels its denominator
    "cross-entropy": Loss("cross-entropy", cross_entropy, error_signal),
    # ∂L/∂ŷ = ŷ − y: nothing cancels σ', which vanishes where the sigmoid is flat
    "squared error": Loss(
        "squared error",
        lambda z2, y: 0.5 * error_signal(z2, y) ** 2,
        lambda z2, y: error_signal(z2, y) * d_sigmoid(z2),
    ),
}


@dataclass(frozen=True)
class LossCurves:
    """Both losses and their slopes over the logit, for one target.

    >>> curves = loss_curves(y=1.0, span=2.0, n=3)
    >>> curves.z2.tolist(), curves.slopes["cross-entropy"].round(4).tolist()
    ([-2.0, 0.0, 2.0], [-0.8808, -0.5, -0.1192])

    Attributes:
        z2: (n,). y: the target. values, slopes: by name of the loss, (n,) each.
    """

    z2: np.ndarray
    y: float
    values: Mapping[str, np.ndarray]
    slopes: Mapping[str, np.ndarray]


def loss_curves(y: float, span: float = 8.0, n: int = 241) -> LossCurves:
    """L and ∂L/∂z2 of every loss for z2 from −span to span.

    >>> loss_curves(y=1.0, span=2.0, n=3).values["cross-entropy"].round(4).tolist()
    [2.1269, 0.6931, 0.1269]
    """
    z2 = np.linspace(-span, span, n)
    return LossCurves(
        z2,
        y,
        {name: loss.value(z2, y) for name, loss in LOSSES.items()},
        {name: loss.slope(z2, y) for name, loss in LOSSES.items()},
    )


def forward(params: Mapping[str, Any], x: Any, y: Any, loss: str = "cross-entropy") -> Pass:
    """The forward pass.

    >>> values = forward({"w1": 2.0, "b1": -1.0, "w2": 1.0, "b2": -1.0}, x=1.0, y=0.0)
    >>> [round(float(v), 6) for v in (values.z1, values.h, values.z2, values.y_hat, values.loss)]
    [1.0, 1.0, 0.0, 0.5, 0.693147]

    Args:
        params: w1, b1, w2, b2.
        x, y: a number, or a batch of them, of one shape; y in [0, 1].
        loss: a key of LOSSES.

    Raises:
        KeyError: a parameter or the loss is missing.
    """
    x, y = np.float64(x), np.float64(y)
    z1 = np.float64(params["w1"]) * x + params["b1"]
    h = relu(z1)
    z2 = np.float64(params["w2"]) * h + params["b2"]
    return Pass(z1, h, z2, np.float64(sigmoid(z2)), np.float64(LOSSES[loss].value(z2, y)))


def backward(params: Mapping[str, Any], x: Any, y: Any, loss: str = "cross-entropy") -> Gradients:
    """The gradient of the loss by the chain rule; over a batch the mean (1/b) Σ of the samples' gradients.

        ∂L/∂w2 = δ h          ∂L/∂b2 = δ                with δ = ∂L/∂z2, which is ŷ − y for cross-entropy
        ∂L/∂w1 = δ w2 ReLU'(z1) x     ∂L/∂b1 = δ w2 ReLU'(z1)

    Arguments as in forward, the parameters being numbers.

    >>> g = backward({"w1": 2.0, "b1": -1.0, "w2": 1.0, "b2": -1.0}, x=1.0, y=0.0)
    >>> float(g.w1), float(g.b1), float(g.w2), float(g.b2)
    (0.5, 0.5, 0.5, 0.5)
    """
    values = forward(params, x, y, loss)
    delta2 = LOSSES[loss].slope(values.z2, np.float64(y))
    delta1 = delta2 * params["w2"] * d_relu(values.z1)
    return Gradients(
        w1=np.mean(delta1 * x),
        b1=np.mean(delta1),
        w2=np.mean(delta2 * values.h),
        b2=np.mean(delta2),
    )


def step(
    params: Mapping[str, float], gradients: Gradients, eta: float, frozen: Collection[str] = ()
) -> dict[str, float]:
    """The parameters after one step of SGD, θ ← θ − η ∂L/∂θ; those named in `frozen` stay as they are.

    >>> params = {"w1": 2.0, "b1": -1.0, "w2": 1.0, "b2": -1.0}
    >>> step(params, backward(params, x=1.0, y=0.0), eta=1.0, frozen=["w1"])
    {'w1': 2.0, 'b1': -1.5, 'w2': 0.5, 'b2': -1.5}
    """
    return {
        name: float(params[name] - (name not in frozen) * eta * getattr(gradients, name))
        for name in PARAMETERS
    }


def projected_loss(loss: float, gradients: Gradients, eta: float, frozen: Collection[str] = ()) -> float:
    """What the tangent promises for the loss after that step: L − η Σ (∂L/∂θ)², right to first order in η.

    >>> projected_loss(1.0, Gradients(w1=1.0, b1=0.0, w2=2.0, b2=0.0), eta=0.1)
    0.5
    """
    return float(loss - eta * sum(getattr(gradients, name) ** 2 for name in PARAMETERS if name not in frozen))
