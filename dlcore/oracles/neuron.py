"""Second opinions on one neuron: torch's activations under autograd, scikit-learn's regressions."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.neuron import ACTIVATIONS

Array = NDArray[np.float64]

H = 1e-6  # step of the central difference, near the bottom of its error curve
TOLERANCE = 1e-12  # relative; some thousand roundings
GELU_ENDS = -36.0  # z below which GELU and its slope are smaller than float64 holds in full
KINKS = ("step", "relu", "leaky_relu")  # no slope at z = 0


def central_difference(name: str, z: float) -> float:
    """(f(z + h) - f(z - h)) / 2h."""
    f = ACTIVATIONS[name].f
    return float(f(z + H) - f(z - H)) / (2 * H)


def value(name: str, z: float) -> tuple[float, float]:
    """f(z) by SciPy's special functions, and how far from it a right f(z) may be: relative, so 0 never passes."""
    from scipy import special

    a = {
        "identity": lambda: z,
        "step": lambda: np.heaviside(z, 0.0),
        "relu": lambda: (abs(z) + z) / 2,
        "leaky_relu": lambda: 0.505 * z + 0.495 * abs(z),
        "sigmoid": lambda: special.expit(z),
        "tanh": lambda: np.sinh(z) / np.cosh(z),
        "softplus": lambda: -special.log_expit(-z),
        "elu": lambda: special.expm1(z) if z < 0 else z,
        "silu": lambda: z * special.expit(z),
        "gelu": lambda: z * special.ndtr(z),
    }[name]()
    # e^−z² and, in leaky ReLU, a difference of near numbers lose digits in proportion.
    loss = {"gelu": 1 + z * z, "leaky_relu": 100.0}.get(name, 1.0)
    return float(a), TOLERANCE * loss * abs(float(a))


def slope(name: str, z: float) -> tuple[float, float]:
    """f'(z) as Im f(z + ih)/h, which takes no difference, and how far from it a right f'(z) may be.

    f is written anew for complex z (SciPy's erfc for GELU). Only SiLU's and GELU's slopes are sums of terms of two
    signs: there the larger term is the measure.
    """
    from scipy import special

    h = 1e-12  # an error of (h z)², no less, so that h times a tiny slope stays a full number
    at = complex(z, h)
    shrunk = np.exp(at if z < 0 else -at)
    sigma = (shrunk if z < 0 else 1.0) / (1.0 + shrunk)
    phi = 0.5 * special.erfc(-at / np.sqrt(2))
    f = {
        "identity": lambda: at,
        "step": lambda: complex(z > 0),
        "relu": lambda: at if z > 0 else 0j,
        "leaky_relu": lambda: at if z > 0 else 0.01 * at,
        "sigmoid": lambda: sigma,
        "tanh": lambda: np.tanh(at),
        "softplus": lambda: np.log1p(shrunk) + (0 if z < 0 else at),
        "elu": lambda: at if z > 0 else np.expm1(at),
        "silu": lambda: at * sigma,
        "gelu": lambda: at * phi,
    }[name]
    found = float(np.imag(f()) / h)
    terms = {
        "silu": abs(sigma) + abs(z) * abs(shrunk) / abs(1 + shrunk) ** 2,
        "gelu": (abs(phi) + abs(z) * np.exp(-z * z / 2)) * (1 + z * z),
    }.get(name, abs(found))
    return found, TOLERANCE * float(terms)


def nearest_to_origin(w: ArrayLike, b: float) -> Array:
    """The shortest x with w·x = −b, by LAPACK's least squares through a singular value decomposition."""
    return np.linalg.lstsq(np.atleast_2d(np.asarray(w, dtype=np.float64)), np.array([-b]), rcond=None)[0]


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
