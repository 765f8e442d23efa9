"""The bug zoo: backpropagation with mistakes people have published, and the checks that may catch them.

The network has n inputs and m hidden neurons, so that mistakes which need width can show; with n = m = 1 it
is the 2-neuron network of backprop.py.

    z1 = W1 x + b1 (m),  h = ReLU(z1) (m),  z2 = w2ᵀ h + b2,  y_hat = σ(z2),  L = cross-entropy
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from dlcore.backprop import cross_entropy
from dlcore.neuron import d_relu, relu, sigmoid
from dlcore.number_text import digits


@dataclass(frozen=True)
class Bug:
    """One mistake: what it does, and how the line looks right and wrong."""

    name: str
    story: str
    right: str
    wrong: str


BUGS: Mapping[str, Bug] = {
    bug.name: bug
    for bug in (
        Bug(
            "extra σ′",
            "The error signal of cross-entropy gets the σ′ that only squared error has. Learning still "
            "works, only slowly, so it survives: it is printed in tutorials.",
            "delta2 = y_hat - y",
            "delta2 = (y_hat - y) * y_hat * (1 - y_hat)",
        ),
        Bug(
            "slope at the activation",
            "The derivative is taken at h instead of at z1, with ≥. A dead ReLU has h = 0, so it counts as "
            "open.",
            "delta1 = w2 * delta2 * (z1 > 0)",
            "delta1 = w2 * delta2 * (h >= 0)",
        ),
        Bug(
            "bias once per weight",
            "The bias update stands inside the loop over the incoming weights, and so happens once for each "
            "of them: 8 times in a layer with 8 inputs.",
            "b1_gradient = delta1",
            "b1_gradient = n_inputs * delta1",
        ),
        Bug(
            "w2 updated too early",
            "w2 takes its step before the error has traveled back through it, so w1 and b1 see the new w2.",
            "delta1 = w2 * delta2 * (z1 > 0)",
            "delta1 = (w2 - eta * w2_gradient) * delta2 * (z1 > 0)",
        ),
    )
}


@dataclass(frozen=True)
class Wide:
    """A network with n inputs and m hidden neurons, and one sample.

    Attributes:
        W1: (m, n). b1: (m,). w2: (m,). b2: a number. x: (n,). y: 0 or 1.
    """

    W1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: float
    x: np.ndarray
    y: float

    def loss(self) -> float:
        """The cross-entropy of this sample."""
        return float(cross_entropy(self.w2 @ relu(self.W1 @ self.x + self.b1) + self.b2, self.y))

    def theta(self) -> np.ndarray:
        """All parameters in one vector: W1 row by row, b1, w2, b2."""
        return np.concatenate([self.W1.ravel(), self.b1, self.w2, [self.b2]])

    def moved_to(self, theta: np.ndarray) -> "Wide":
        """The same network and sample with these parameters."""
        m, n = self.W1.shape
        W1, b1, w2, b2 = np.split(theta, np.cumsum([m * n, m, m]))
        return Wide(W1.reshape(m, n), b1, w2, float(b2[0]), self.x, self.y)


def two_neurons(params: Mapping[str, float], x: float, y: float) -> Wide:
    """The 2-neuron network as a network with one input and one hidden neuron."""
    w1, b1, w2 = (np.array([params[name]]) for name in ("w1", "b1", "w2"))
    return Wide(w1[:, None], b1, w2, params["b2"], np.array([x]), y)


def random_network(n: int, m: int, rng: np.random.Generator) -> Wide:
    """A network whose hidden neurons are partly open, partly dead."""
    w = rng.uniform(-1.5, 1.5, (m, n))
    b, w2 = rng.uniform(-1, 1, m), rng.uniform(-1.5, 1.5, m)
    return Wide(w, b, w2, float(rng.uniform(-1, 1)), rng.uniform(-2, 2, n), float(rng.integers(2)))


def gradient(net: Wide, bugs: Collection[str] = (), eta: float = 0.5) -> np.ndarray:
    """∂L/∂θ in the order of Wide.theta, with the mistakes named in `bugs` (keys of BUGS).

    Args:
        eta: learning rate; only the early update of w2 depends on it.
    """
    z1 = net.W1 @ net.x + net.b1
    h = relu(z1)
    y_hat = sigmoid(net.w2 @ h + net.b2)
    delta2 = y_hat - net.y
    if "extra σ′" in bugs:
        delta2 = delta2 * y_hat * (1 - y_hat)
    w2_gradient = delta2 * h
    w2 = net.w2 - eta * w2_gradient if "w2 updated too early" in bugs else net.w2
    is_open = (h >= 0).astype(float) if "slope at the activation" in bugs else d_relu(z1)
    delta1 = w2 * delta2 * is_open  # (m,)
    b1_gradient = delta1 * (net.x.size if "bias once per weight" in bugs else 1)
    return np.concatenate([np.outer(delta1, net.x).ravel(), b1_gradient, w2_gradient, [delta2]])


def differences(net: Wide, h: float = 1e-6) -> np.ndarray:
    """Central differences of the loss by every parameter, in the order of Wide.theta."""
    theta = net.theta()
    steps = h * np.eye(theta.size)
    right = np.array([net.moved_to(theta + row).loss() for row in steps])
    left = np.array([net.moved_to(theta - row).loss() for row in steps])
    return (right - left) / (2 * h)


@dataclass(frozen=True)
class Outcome:
    """What one check found: whether it objects, and the number it objects to."""

    caught: bool
    finding: str


def _compared(nets: Collection[Wide], bugs: Collection[str], eta: float) -> Outcome:
    worst = max(float(np.max(np.abs(gradient(net, bugs, eta) - differences(net)))) for net in nets)
    return Outcome(worst > 1e-6, f"largest difference {digits(worst, 2)}")


def loss_falls(net: Wide, bugs: Collection[str], eta: float) -> Outcome:
    """Does a small step against the gradient lower the loss? The check most people stop at."""
    before, slope = net.loss(), gradient(net, bugs, eta)
    change = net.moved_to(net.theta() - 1e-3 * slope).loss() - before
    return Outcome(change > 0, f"the loss changes by {change:+.1e} after a step of η = 0.001")


def differences_here(net: Wide, bugs: Collection[str], eta: float) -> Outcome:
    """Central differences at the point on the graph."""
    return _compared([net], bugs, eta)


def differences_at_random(net: Wide, bugs: Collection[str], eta: float) -> Outcome:
    """Central differences at 50 random points of the 2-neuron network."""
    rng = np.random.default_rng(0)
    return _compared(_smooth([random_network(1, 1, rng) for _ in range(50)]), bugs, eta)


def differences_wide(net: Wide, bugs: Collection[str], eta: float) -> Outcome:
    """Central differences at 10 random points of a wider network: 3 inputs, 4 hidden neurons."""
    rng = np.random.default_rng(1)
    return _compared(_smooth([random_network(3, 4, rng) for _ in range(10)]), bugs, eta)


def _smooth(nets: list[Wide]) -> list[Wide]:
    """Without the networks that stand on a kink, where differences must disagree."""
    return [net for net in nets if np.min(np.abs(net.W1 @ net.x + net.b1)) > 1e-3]


CHECKS: Mapping[str, Callable[[Wide, Collection[str], float], Outcome]] = {
    "the loss falls": loss_falls,
    "differences at this point": differences_here,
    "differences at 50 random points": differences_at_random,
    "differences on a wider network": differences_wide,
}


def run_checks(net: Wide, bugs: Collection[str], eta: float) -> dict[str, Outcome]:
    """What every check says about a backward pass with these bugs."""
    return {name: check(net, bugs, eta) for name, check in CHECKS.items()}
