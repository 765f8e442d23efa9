"""The small network's two backpropagations equal torch's autograd, for weights from tiny to saturated.

Every activation that autograd can follow, every head, random layers and features, parameters scaled by 10⁻³ … 30.
What arithmetic can tell: δ is a difference ŷ − y (times 1 − ŷ², another difference), so each sample carries an error
of some ε (|ŷ| + |y|) |∂z/∂θ|. The largest coordinate of their mean is the yardstick. Where all samples are saturated
the gradient itself is below it, and a zero would pass as well; how often that happens is counted, and bounded.
"""

from dataclasses import replace

import numpy as np

from dlcore import network, neuron
from dlcore.network import FEATURES, HEADS, Network, trajectory
from dlcore.oracles import network as oracle

COVERS = (network, neuron, trajectory, oracle)
SMOOTH = tuple(f for f in neuron.ACTIVATIONS if f != "step")  # autograd does not follow a jump
SCALES = (1e-3, 0.1, 1.0, 5.0, 30.0)
BOUND = 1e-12  # some thousand roundings: hidden slopes are differences too, and sums of eight terms follow each other
MOST_BLIND = 0.15


def yardstick(net: Network, theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """Largest coordinate of the mean over the samples of (|ŷ| + |y|) |∂z/∂θ|."""
    run, plain = network.forward(net, theta, x), replace(net, head="regression")
    z = run.z[-1][:, 0]
    slopes = [
        network.backward(plain, theta, x[i : i + 1], z[i : i + 1] - 1.0) for i in range(len(y))
    ]  # δ = 1
    return float(((np.abs(run.y_hat) + np.abs(y))[:, None] * np.abs(slopes)).mean(axis=0).max())


def compare(f: str, head: str, scale: float, rng: np.random.Generator) -> tuple[float, bool]:
    """Largest difference of both gradients of a random network from autograd's, and whether zeros would pass."""
    features = tuple(rng.permutation(list(FEATURES))[: rng.integers(1, len(FEATURES) + 1)])
    net = Network(features, tuple(int(m) for m in rng.integers(1, 9, rng.integers(0, 4))), f, head)
    theta = scale * rng.normal(size=net.size)
    x, y = net.inputs(rng.uniform(-6, 6, (12, 2))), rng.choice([-1.0, 1.0], 12)
    reference, unit = oracle.gradient(net, theta, x, y), yardstick(net, theta, x, y)
    fast = trajectory.FastGradient(net, theta, 12)(np.column_stack([x, np.ones(12)]), y[:, None])
    off = max(np.abs(ours - reference).max() for ours in (network.backward(net, theta, x, y), fast))
    return float(off / unit), bool(np.abs(reference).max() <= BOUND * unit)


def sweep(networks: int, rng: np.random.Generator) -> str:
    """So many networks of each kind; what was found, in words."""
    kinds = [(f, head, scale) for f in SMOOTH for head in HEADS for scale in SCALES] * networks
    found = [(*compare(*kind, rng), kind) for kind in kinds]
    most, _, where = max(found)
    blind = sum(is_blind for _, is_blind, _ in found)
    assert most <= BOUND, f"{most:.1e} with {where}"
    assert blind <= MOST_BLIND * len(found), f"{blind} of {len(found)} gradients are below what can be told"
    return (
        f"{len(found):,} gradients, largest difference {most:.1e} of {BOUND:.0e} allowed, {blind} too small"
    )


def sample(seed: int) -> None:
    """One network of each kind."""
    sweep(1, np.random.default_rng(seed))


def prove() -> str:
    """A hundred of each kind."""
    return sweep(100, np.random.default_rng(0))
