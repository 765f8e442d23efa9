"""Second opinion on a small network: the same layers, loss and optimizer in PyTorch, float64."""

import itertools

import numpy as np
import torch
from numpy.typing import NDArray

from dlcore.network import Network, backward
from dlcore.network.trajectory import Plan, orders, sets, slices
from dlcore.oracles.neuron import torch_activation

Array = NDArray[np.float64]


def module(net: Network, theta: Array) -> list[torch.nn.Linear]:
    """torch's linear layers, carrying the parameters of theta."""
    layers = []
    for W in net.layers(np.asarray(theta, dtype=np.float64)):
        layer = torch.nn.Linear(W.shape[1] - 1, W.shape[0], dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(W[:, :-1]))
            layer.bias.copy_(torch.tensor(W[:, -1]))
        layers.append(layer)
    return layers


def logits(net: Network, layers: list[torch.nn.Linear], x: torch.Tensor) -> torch.Tensor:
    """z of the output neuron, (n,)."""
    f = torch_activation(net.f)
    for layer in layers[:-1]:
        x = f(layer(x))
    return layers[-1](x)[:, 0]


def mean_loss(net: Network, layers: list[torch.nn.Linear], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean loss, by torch's own activations and losses."""
    z = logits(net, layers, x)
    if net.head == "cross-entropy":
        return torch.nn.functional.binary_cross_entropy_with_logits(z, (y + 1) / 2)
    return 0.5 * torch.nn.functional.mse_loss(torch.tanh(z) if net.head == "squared-error" else z, y)


def flat(layers: list[torch.nn.Linear], gradient: bool = False) -> Array:
    """Parameters (or their gradients) in theta's order."""
    rows = []
    for layer in layers:
        w, b = (layer.weight.grad, layer.bias.grad) if gradient else (layer.weight, layer.bias)
        assert w is not None and b is not None
        rows.append(torch.cat([w, b[:, None]], dim=1).detach().numpy().ravel())
    return np.concatenate(rows)


def loss_and_gradient(net: Network, theta: Array, x: Array, y: Array) -> tuple[float, Array]:
    """L, and ∇L by autograd, for features x (n, d) and targets y (n,)."""
    layers = module(net, theta)
    loss = mean_loss(net, layers, torch.tensor(x), torch.tensor(y))
    loss.backward()
    return loss.item(), flat(layers, gradient=True)


def gradient(net: Network, theta: Array, x: Array, y: Array) -> Array:
    """∇L alone."""
    return loss_and_gradient(net, theta, x, y)[1]


def gradient_difference(plan: Plan, theta: Array) -> float:
    """Largest difference of our gradient from autograd's, relative to it, over states theta (T, p)."""
    parts = sets(plan)
    x, y = plan.net.inputs(parts.points.x)[parts.train], parts.points.y[parts.train]
    worst = 0.0
    for state in theta:
        reference = gradient(plan.net, state, x, y)
        if not np.isfinite(reference).all():  # weights about to overflow: there is no gradient to compare
            continue
        difference = np.abs(backward(plan.net, state, x, y) - reference).max()
        worst = max(worst, float(difference / max(1.0, np.abs(reference).max())))
    return worst


def scores(plan: Plan, theta: Array) -> dict[str, tuple[float, float]]:
    """(mean loss, accuracy) of each set, by torch and by scikit-learn of torch's signs; NaN for regression."""
    from sklearn.metrics import accuracy_score

    parts, layers = sets(plan), module(plan.net, theta)
    found = {}
    for kind in ("train", "validation", "test"):
        rows = getattr(parts, kind)
        x, y = torch.tensor(plan.net.inputs(parts.points.x)[rows]), parts.points.y[rows]
        with torch.no_grad():
            loss, z = (
                float(mean_loss(plan.net, layers, x, torch.tensor(y))),
                logits(plan.net, layers, x).numpy(),
            )
        right = np.nan if parts.points.regression else float(accuracy_score(y > 0, z > 0))
        found[kind] = loss, right
    return found


def train(plan: Plan, epochs: int | None = None) -> Array:
    """theta after each epoch (epochs + 1, p), by torch.optim on the same batches."""
    parts = sets(plan)
    x = torch.tensor(plan.net.inputs(parts.points.x)[parts.train])
    y = torch.tensor(parts.points.y[parts.train])
    layers = module(plan.net, plan.net.start(plan.seed))
    parameters = list(itertools.chain.from_iterable(layer.parameters() for layer in layers))
    optimizer = {
        "sgd": lambda: torch.optim.SGD(parameters, lr=plan.lr),
        "momentum": lambda: torch.optim.SGD(parameters, lr=plan.lr, momentum=0.9),
        "adam": lambda: torch.optim.Adam(parameters, lr=plan.lr),
    }[plan.optimizer]()
    path = [flat(layers)]
    for order in orders(len(y), plan.epochs if epochs is None else epochs, plan.seed):
        for part in slices(len(y), plan.batch):
            chosen = order[part]
            optimizer.zero_grad()
            loss = mean_loss(plan.net, layers, x[chosen], y[chosen])
            for layer in layers:
                loss = loss + plan.l1 * layer.weight.abs().sum() + plan.l2 / 2 * (layer.weight**2).sum()
            loss.backward()
            optimizer.step()
        path.append(flat(layers))
    return np.array(path)
