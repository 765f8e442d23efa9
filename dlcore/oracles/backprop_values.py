"""Second opinions on what the backprop page shows besides gradients, by PyTorch in float64 and SciPy."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from dlcore.backprop import PARAMETERS
from dlcore.backprop.bugs import Wide
from dlcore.backprop.matrix_form import initial_parameters
from dlcore.oracles.neuron import torch_activation


def _tensor(value: ArrayLike, grad: bool = False) -> torch.Tensor:
    return torch.tensor(np.asarray(value, dtype=np.float64), requires_grad=grad)


def _loss(z2: torch.Tensor, y: torch.Tensor, loss: str) -> torch.Tensor:
    # binary_cross_entropy_with_logits and mse_loss subtract, and lose the digits of a small loss.
    up, down = logsigmoid(z2), logsigmoid(-z2)
    if loss == "cross-entropy":
        return -(y * up + (1 - y) * down)
    return ((1 - y) * up.exp() - y * down.exp()) ** 2 / 2


def prediction_and_loss(params: Mapping[str, float], x: float, y: float, loss: str) -> tuple[float, float]:
    """ŷ and L of one sample, by torch.nn."""
    first, last = torch.nn.Linear(1, 1, dtype=torch.float64), torch.nn.Linear(1, 1, dtype=torch.float64)
    with torch.no_grad():
        for layer, names in ((first, ("w1", "b1")), (last, ("w2", "b2"))):
            layer.weight.fill_(params[names[0]])
            layer.bias.fill_(params[names[1]])
        z2 = last(torch.relu(first(_tensor([x]))))
        return float(torch.sigmoid(z2)), float(_loss(z2, _tensor([y]), loss))


def cross_entropy(z2: ArrayLike, y: float) -> np.ndarray:
    """−[y log σ(z) + (1 − y) log σ(−z)], by SciPy's log_expit."""
    from scipy.special import log_expit

    z2 = np.asarray(z2, dtype=np.float64)
    return -(y * log_expit(z2) + (1 - y) * log_expit(-z2))


def mean_loss(theta: torch.Tensor, x: np.ndarray, y: np.ndarray, loss: str) -> torch.Tensor:
    """The mean loss over samples (n,) for parameters (4, …)."""
    w1, b1, w2, b2 = (part[..., None] for part in theta)
    z2 = w2 * torch.relu(w1 * _tensor(x) + b1) + b2
    return _loss(z2, _tensor(y).expand_as(z2), loss).mean(-1)


def surface(theta: np.ndarray, x: np.ndarray, y: np.ndarray, loss: str) -> np.ndarray:
    """The mean loss at many parameters (4, …)."""
    return mean_loss(_tensor(theta), x, y, loss).numpy()


def tangent(params: Mapping[str, float], x: np.ndarray, y: np.ndarray, loss: str, eta: float) -> float:
    """L(θ) + d/ds L(θ − s η ∇L) at s = 0: the directional derivative, by autograd along the step."""
    theta = _tensor([params[name] for name in PARAMETERS], grad=True)
    value = mean_loss(theta, x, y, loss)
    (slope,) = torch.autograd.grad(value, theta)
    s = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (down,) = torch.autograd.grad(mean_loss(theta.detach() - s * eta * slope, x, y, loss), s)
    return float(value.detach() + down)


def error_norms(
    f: str, scheme: str, depth: int, width: int = 32, seeds: int = 8, seed: int = 0
) -> np.ndarray:
    """Root mean square of ∂L/∂z per hidden layer (depth,), by autograd on the same random networks."""
    squares = np.zeros(depth)
    for one in range(seeds):
        rng = np.random.default_rng([seed, one])
        parameters = initial_parameters([width] * (depth + 1) + [1], scheme, seed=int(rng.integers(2**31)))
        a, zs = _tensor(rng.normal(size=width)), []
        for W, b in parameters:
            zs.append((_tensor(W) @ a + _tensor(b)).requires_grad_(True))
            a = torch_activation(f)(zs[-1])
        loss = binary_cross_entropy_with_logits(zs[-1], torch.ones(1, dtype=torch.float64))
        squares += [float((g**2).mean()) / seeds for g in torch.autograd.grad(loss, zs[:-1])]
    return np.sqrt(squares)


def wide_gradient(net: Wide) -> np.ndarray:
    """∂L/∂θ of the bug zoo's network in the order of Wide.theta."""
    leaves = [_tensor(part, grad=True) for part in (net.W1, net.b1, net.w2, net.b2)]
    W1, b1, w2, b2 = leaves
    z2 = w2 @ torch.relu(W1 @ _tensor(net.x) + b1) + b2
    found = torch.autograd.grad(binary_cross_entropy_with_logits(z2, _tensor(net.y)), leaves)
    return np.concatenate([part.numpy().ravel() for part in found])
