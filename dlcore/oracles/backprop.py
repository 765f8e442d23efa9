"""Second opinions on the gradients of dlcore.backprop: torch.autograd and central differences.

PyTorch is imported inside the function that needs it, so that differences alone cost nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.backprop import PARAMETERS, Gradients, backward, forward
from dlcore.backprop.matrix_form import Parameters, run

STEP_SIZES = tuple(10.0**-exponent for exponent in range(1, 14))


def autograd(params: Mapping[str, float], x: Any, y: Any, loss: str = "cross-entropy") -> Gradients:
    """The gradients by torch.autograd in float64, from PyTorch's own relu, sigmoid and losses.

    At z1 = 0 PyTorch takes the subgradient 0, as the text does.
    """
    import torch

    leaves = {
        name: torch.tensor(float(params[name]), dtype=torch.float64, requires_grad=True)
        for name in PARAMETERS
    }
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    z2 = leaves["w2"] * torch.relu(leaves["w1"] * x + leaves["b1"]) + leaves["b2"]
    if loss == "cross-entropy":
        value = torch.nn.functional.binary_cross_entropy_with_logits(z2, y)
    else:
        value = torch.nn.functional.mse_loss(torch.sigmoid(z2), y) / 2
    return Gradients(*(float(slope) for slope in torch.autograd.grad(value, list(leaves.values()))))


def central_difference(
    params: Mapping[str, float], x: Any, y: Any, loss: str = "cross-entropy", h: float = 1e-6
) -> Gradients:
    """(L(θ + h) − L(θ − h)) / 2h for each parameter; error about L''' h²/6 + ε|L|/h, ε = 1.1e-16."""

    def slope(name: str) -> float:
        right, left = ({**params, name: params[name] + side * h} for side in (1, -1))
        return float(np.mean(forward(right, x, y, loss).loss - forward(left, x, y, loss).loss) / (2 * h))

    return Gradients(*(slope(name) for name in PARAMETERS))


def largest_difference(left: Gradients, right: Gradients) -> float:
    """The largest absolute difference between two opinions on the four gradients."""
    return max(abs(float(getattr(left, name)) - float(getattr(right, name))) for name in PARAMETERS)


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


def layer_differences(
    parameters: Parameters, x: np.ndarray, y: float, f: str, h: float = 1e-6
) -> list[tuple[np.ndarray, np.ndarray]]:
    """∂L/∂W and ∂L/∂b of every layer by central differences, each of its parameter's shape."""

    def slope(layer: int, part: int, index: tuple[int, ...]) -> float:
        losses = []
        for side in (h, -h):
            moved = [(W.copy(), b.copy()) for W, b in parameters]
            moved[layer][part][index] += side
            losses.append(run(moved, x, y, f).loss)
        return (losses[0] - losses[1]) / (2 * h)

    def slopes(layer: int, part: int) -> np.ndarray:
        shape = parameters[layer][part].shape
        return np.array([slope(layer, part, index) for index in np.ndindex(shape)]).reshape(shape)

    return [(slopes(layer, 0), slopes(layer, 1)) for layer in range(len(parameters))]
