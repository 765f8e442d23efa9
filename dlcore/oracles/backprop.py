"""Second opinions on the gradients of dlcore.backprop: complex steps, torch.autograd and central differences.

PyTorch is imported inside the function that needs it, so that differences alone cost nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.backprop import PARAMETERS, Gradients, backward, forward
from dlcore.backprop.matrix_form import LayeredPass, Parameters

TOLERANCE = 1e-12  # relative; some thousand roundings
H = 1e-12  # imaginary step: an error of (h w2 x)², no less, so that h times a tiny slope stays a full number
LEAST = 1e-290  # below it float64 loses digits, and then holds only 0
STEP_SIZES = tuple(10.0**-exponent for exponent in range(1, 14))


def complex_error_signal(z: Any, y: Any) -> Any:
    """ŷ − y = 1/(1 + e^−z) − y for complex z, from whichever side of the sigmoid is the small one."""
    negative = np.real(z) < 0
    shrunk = np.exp(np.where(negative, z, -z))
    small = shrunk / (1 + shrunk)  # σ(−|z|)
    return np.where(negative, small - y, (1 - y) - small)


def complex_loss(z: Any, y: Any, loss: str) -> Any:
    """The loss of a logit z for complex z, written down here once more: nothing of dlcore.backprop is used."""
    if loss == "squared error":
        return complex_error_signal(z, y) ** 2 / 2
    negative = np.real(z) < 0
    tail = np.log1p(np.exp(np.where(negative, z, -z)))  # log(1 + e^−|z|)
    return tail + np.where(negative, -y * z, (1 - y) * z)


def complex_step(
    params: Mapping[str, float], x: float, y: float, loss: str = "cross-entropy", h: float = H
) -> Gradients:
    """Im L(θ + ih)/h for each parameter of one sample: no difference is taken, so no digit is lost.

    L is analytic where z1 ≠ 0, so this is ∂L/∂θ + O(h²). At the kink it takes ReLU(z1) = 0, as backward does.
    Squire and Trapp (1998), "Using complex variables to estimate derivatives of real functions".
    """

    def slope(name: str) -> float:
        theta = {key: complex(params[key]) for key in PARAMETERS}
        theta[name] += 1j * h
        z1 = theta["w1"] * x + theta["b1"]
        z2 = theta["w2"] * (z1 if z1.real > 0 else 0) + theta["b2"]
        return float(np.imag(complex_loss(z2, y, loss)) / h)

    return Gradients(*(slope(name) for name in PARAMETERS))


def yardstick(params: Mapping[str, float], x: float, y: float, loss: str = "cross-entropy") -> Gradients:
    """The size of the terms that each derivative is the difference of: what its rounding is measured by.

    |y σ(−z2)| + |(1 − y) σ(z2)| in place of ŷ − y, times the other factors' absolute values. 0 where the derivative
    is 0 because a factor is: there every opinion must say 0 as well.
    """
    run = forward(params, x, y, loss)
    small = 1 / (1 + np.exp(min(abs(float(run.z2)), 700.0)))
    up, down = (1 - small, small) if run.z2 >= 0 else (small, 1 - small)  # σ(z2), σ(−z2)
    signal = ((1 - y) * up + y * down) * (1.0 if loss == "cross-entropy" else up * down)
    back = signal * abs(params["w2"]) * float(run.z1 > 0)
    return Gradients(back * abs(x), back, signal * float(run.h), signal)


def is_too_small(unit: Gradients) -> bool:
    """Whether a derivative's terms are below what float64 holds in full: then 0 and the truth look alike."""
    return any(0 < getattr(unit, name) < LEAST for name in PARAMETERS)


def relative_difference(ours: Gradients, other: Gradients, unit: Gradients) -> float:
    """The largest difference of the four, each in its own yardstick; ∞ where that is 0 and they differ."""
    found = [0.0]
    for name in PARAMETERS:
        gap = abs(float(getattr(ours, name)) - float(getattr(other, name)))
        size = float(getattr(unit, name))
        found.append(gap / size if size else (np.inf if gap else 0.0))
    return max(found)


def autograd(params: Mapping[str, float], x: Any, y: Any, loss: str = "cross-entropy") -> Gradients:
    """The gradients by torch.autograd in float64, from PyTorch's own relu and logsigmoid.

    At z1 = 0 PyTorch takes the subgradient 0, as the text does.
    """
    import torch

    leaves = {
        name: torch.tensor(float(params[name]), dtype=torch.float64, requires_grad=True)
        for name in PARAMETERS
    }
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    z2 = leaves["w2"] * torch.relu(leaves["w1"] * x + leaves["b1"]) + leaves["b2"]
    up, down = torch.nn.functional.logsigmoid(z2), torch.nn.functional.logsigmoid(-z2)
    if (
        loss == "cross-entropy"
    ):  # binary_cross_entropy_with_logits has the gradient ŷ − y, which loses its tail
        value = -(y * up + (1 - y) * down).mean()
    else:
        value = (((1 - y) * up.exp() - y * down.exp()) ** 2).mean() / 2
    return Gradients(*(float(slope) for slope in torch.autograd.grad(value, list(leaves.values()))))


def central_difference(
    params: Mapping[str, float], x: Any, y: Any, loss: str = "cross-entropy", h: float = 1e-6
) -> Gradients:
    """(L(θ + h) − L(θ − h)) / 2h for each parameter; error about L''' h²/6 + ε|L|/h, ε = 1.1e-16."""

    def slope(name: str) -> float:
        right, left = ({**params, name: params[name] + side * h} for side in (1, -1))
        return float(np.mean(forward(right, x, y, loss).loss - forward(left, x, y, loss).loss) / (2 * h))

    return Gradients(*(slope(name) for name in PARAMETERS))


THIRD = {"cross-entropy": 0.0963, "squared error": 0.102}  # sup |∂³L/∂z2³| over all z2 and y in [0, 1]


def difference_bound(params: Mapping[str, float], x: float, y: float, loss: str, h: float) -> Gradients:
    """What a central difference may be off by, away from the kink: h² sup|L‴|/6 + 8 ε (terms of L)/h."""
    run = forward(params, x, y, loss)
    terms = abs(params["w2"]) * (abs(params["w1"] * x) + abs(params["b1"])) + abs(params["b2"])
    rounding = 8 * np.finfo(float).eps * (float(run.loss) + terms) / h
    back = params["w2"] * float(run.z1 > 0)
    steepness = Gradients(back * x, back, float(run.h), 1.0)  # ∂z2/∂θ, constant between the kinks
    return Gradients(
        *(h**2 / 6 * THIRD[loss] * abs(getattr(steepness, name)) ** 3 + rounding for name in PARAMETERS)
    )


@dataclass(frozen=True)
class DifferenceErrors:
    """The error of central differences against the closed form, over the step size.

    Attributes:
        h: step sizes, (n,).
        errors: per parameter, absolute errors (n,); 0 where the two agree to the last bit.
    """

    h: np.ndarray
    errors: dict[str, np.ndarray]


def difference_errors(
    params: Mapping[str, float],
    x: float,
    y: float,
    loss: str = "cross-entropy",
    h: Sequence[float] = STEP_SIZES,
) -> DifferenceErrors:
    """How far central differences lie from the closed form, for each h: V-shaped on a log-log plot.

    Large h: the Taylor series is cut off, h² f‴/6 (f″ cancels between the two sides). Small h: the two losses agree
    in nearly all digits, and their difference keeps only the rounding (error ~ ε/h).
    """
    exact = backward(params, x, y, loss)
    opinions = [central_difference(params, x, y, loss, size) for size in h]
    return DifferenceErrors(
        np.array(h),
        {
            name: np.array([abs(getattr(opinion, name) - getattr(exact, name)) for opinion in opinions])
            for name in PARAMETERS
        },
    )


def kink_distance(params: Mapping[str, float], x: Any) -> float:
    """How far z1 is from ReLU's kink at 0; differences with a step that reaches over it must disagree."""
    return float(np.min(np.abs(params["w1"] * np.asarray(x, dtype=np.float64) + params["b1"])))


def complex_logit(parameters: Parameters, a: np.ndarray, f: str) -> Any:
    """The logit of a network with complex parameters; f is "relu", "tanh" or "sigmoid"."""
    bends: Mapping[str, Callable[[Any], Any]] = {
        "relu": lambda z: np.where(np.real(z) > 0, z, 0),
        "tanh": np.tanh,
        "sigmoid": lambda z: complex_error_signal(z, 0.0),
    }
    bend = bends[f]
    for W, b in parameters[:-1]:
        a = bend(W @ a + b)
    return (parameters[-1][0] @ a + parameters[-1][1])[0]


def layer_complex_steps(
    parameters: Parameters, x: np.ndarray, y: float, f: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    """∂L/∂W and ∂L/∂b of every layer by complex steps (see complex_step), each of its parameter's shape."""

    def slope(layer: int, part: int, index: tuple[int, ...]) -> float:
        moved = [(W.astype(complex), b.astype(complex)) for W, b in parameters]
        moved[layer][part][index] += 1j * H
        return float(np.imag(complex_loss(complex_logit(moved, x, f), y, "cross-entropy")) / H)

    def slopes(layer: int, part: int) -> np.ndarray:
        shape = parameters[layer][part].shape
        return np.array([slope(layer, part, index) for index in np.ndindex(shape)]).reshape(shape)

    return [(slopes(layer, 0), slopes(layer, 1)) for layer in range(len(parameters))]


def layer_yardsticks(passed: LayeredPass, y: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """The sizes of the terms that ∂L/∂W and ∂L/∂b of every layer are sums of: all factors' absolute values."""
    z = float(passed.layers[-1].z[0])
    small = 1 / (1 + np.exp(min(abs(z), 700.0)))
    up, down = (1 - small, small) if z >= 0 else (small, 1 - small)
    delta = np.array([(1 - y) * up + y * down])
    found = []
    for layer in reversed(passed.layers):
        delta = delta * np.abs(layer.slope)
        found.append((np.outer(delta, np.abs(layer.input)), delta))
        delta = np.abs(layer.W).T @ delta
    return found[::-1]


def relative_layer_difference(
    ours: Sequence[np.ndarray], other: Sequence[np.ndarray], unit: Sequence[np.ndarray]
) -> float:
    """The largest difference of two lists of arrays, each number in its own yardstick; ∞ where that is 0."""
    worst = 0.0
    for left, right, size in zip(ours, other, unit, strict=True):
        gap = np.abs(left - right)
        with np.errstate(divide="ignore", invalid="ignore"):
            worst = max(worst, float(np.where(gap > 0, gap / size, 0.0).max()))
    return worst
