"""Second opinions on one neuron: torch's activations under autograd, scikit-learn's regressions."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.neuron import ACTIVATIONS

Array = NDArray[np.float64]

H = 1e-6  # step of the central difference, near the bottom of its error curve
KINKS = ("step", "relu", "leaky_relu")  # no slope at z = 0


def central_difference(name: str, z: float) -> float:
    """(f(z + h) - f(z - h)) / 2h."""
    f = ACTIVATIONS[name].f
    return float(f(z + H) - f(z - H)) / (2 * H)


def torch_activation(name: str) -> Callable:
    """torch's own function for an activation of dlcore.neuron.one_neuron, on float64 tensors."""
    import torch
    from torch.nn import functional

    return {
        "identity": lambda z: z * 1.0,
        "step": lambda z: torch.heaviside(z.detach(), torch.zeros((), dtype=z.dtype)),
        "relu": functional.relu,
        "leaky_relu": functional.leaky_relu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        # torch's softplus is the identity above a threshold, 2e-9 off at its default of 20.
        "softplus": lambda z: functional.softplus(z, threshold=40.0),
        "elu": functional.elu,
        "silu": functional.silu,
        "gelu": functional.gelu,
    }[name]


def activation(name: str, z: ArrayLike) -> tuple[Array, Array]:
    """f(z) by torch, and f'(z) by its autograd (0 for the step, which autograd does not follow)."""
    import torch

    leaf = torch.tensor(np.atleast_1d(np.asarray(z, dtype=np.float64)), requires_grad=True)
    a = torch_activation(name)(leaf if name != "step" else leaf.detach())
    if name == "step":
        return a.numpy(), np.zeros(leaf.shape)
    (slope,) = torch.autograd.grad(a.sum(), leaf)
    return a.detach().numpy(), slope.numpy()


def logistic_regression(x: Array, y: Array, l2: float) -> tuple[Array, float]:
    """(w, b) of scikit-learn's LogisticRegression with penalty l2/2 |w|² beside the mean cross-entropy."""
    from sklearn.linear_model import LogisticRegression

    # scikit-learn minimises C Σ loss + |w|²/2; dividing by C n gives l2 = 1 / (C n).
    C = np.inf if l2 == 0 else 1.0 / (l2 * len(y))
    model = LogisticRegression(C=C, tol=1e-10, max_iter=10_000).fit(x, y)
    return model.coef_[0], float(model.intercept_[0])


def linear_regression(x: Array, y: Array, l2: float) -> tuple[Array, float]:
    """(w, b) of scikit-learn's LinearRegression or Ridge, penalty l2/2 |w|² beside half the mean square."""
    from sklearn.linear_model import LinearRegression, Ridge

    model = (LinearRegression() if l2 == 0 else Ridge(alpha=l2 * len(y), tol=1e-12)).fit(x, y)
    return model.coef_, float(model.intercept_)


def softmax(z: ArrayLike, temperature: float) -> Array:
    """SciPy's softmax of z / T."""
    from scipy.special import softmax as reference

    return reference(np.asarray(z, dtype=np.float64) / temperature)
