"""Training a small network and keeping every state it went through: parameters, not pictures.

The fast loop below takes the same steps as dlcore.network.network.backward, the readable form, to rounding.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore import data, philox
from dlcore.data import BadInput
from dlcore.network import HEADS, Network, pointsets
from dlcore.network.network import ORDERS
from dlcore.network.pointsets import Points
from dlcore.neuron import ACTIVATIONS
from dlcore.shown import Shown

Array = NDArray[np.float64]
MOST_FRAMES = 301
MOST_EPOCHS = 999_999
# What a hand has changed: after that many epochs, the parameter of this index was set to this value.
Edits = tuple[tuple[int, int, float], ...]
DEFAULT_NETWORK = Network()


@dataclass(frozen=True)
class Plan:
    """Everything that decides a trajectory; equal plans give equal trajectories, to the last bit.

    Attributes:
        net: the network.
        points: a key of POINT_SETS, or "own" with the points written out in `own`.
        n, noise, data_seed: size, noise and seed of a generated set.
        optimizer: "sgd", "momentum" (0.9) or "adam" (0.9, 0.999, 1e-8), as torch defines them.
        lr: learning rate η.
        l1, l2: penalties l1 Σ|w| + l2/2 Σ w² on the weights, not on the biases.
        batch: samples per step; 0 takes all of them.
        epochs: passes through the training set.
        seed: of the initial weights and of the order of the batches.
        fractions: shares of train, validation and test.
    """

    net: Network = DEFAULT_NETWORK
    points: str = "circle"
    own: str = ""
    n: int = 500
    noise: float = 0.0
    data_seed: int = 0
    optimizer: str = "sgd"
    lr: float = 0.03
    l1: float = 0.0
    l2: float = 0.0
    batch: int = 10
    epochs: int = 300
    seed: int = 0
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2)

    def __post_init__(self) -> None:
        numbers = (self.lr, self.l1, self.l2, self.noise, *self.fractions)
        if not np.isfinite(numbers).all() or self.lr <= 0 or min(self.l1, self.l2) < 0:
            raise BadInput("Learning rate and penalties must be positive numbers.")
        if self.optimizer not in RULES:
            raise BadInput(f"There is no optimizer {self.optimizer[:40]!r}.")
        if not 0 <= self.epochs <= MOST_EPOCHS or self.batch < 0:
            raise BadInput(f"Train 0 to {MOST_EPOCHS} epochs, with batches of 0 (all) or more samples.")


@dataclass(frozen=True, eq=False)
class Sets:
    """The points of a plan and who belongs where: indices train, validation, test."""

    points: Points
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def sets(plan: Plan) -> Sets:
    """The points of a plan, split.

    Raises:
        BadInput: points that do not exist, or too few to split.
    """
    if plan.points == "own":
        points = pointsets.own(plan.own)
    else:
        points = pointsets.sample(plan.points, plan.n, plan.noise, plan.data_seed)
    if points.regression != (plan.net.head == "regression"):
        raise BadInput("A regression needs the loss “regression”, classes need one of the other two.")
    classes = (
        np.zeros(len(points.y), dtype=np.int64) if points.regression else (points.y > 0).astype(np.int64)
    )
    return Sets(points, *data.split(classes, plan.fractions, plan.data_seed))


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory(Shown):
    """All recorded states of one training run.

    Attributes:
        epochs: (T,) the epochs recorded, from 0 (the initial weights) on.
        theta: (T, p) the parameters after each of them.
        loss: per split, (T,) mean loss without penalties.
        accuracy: per split, (T,) share of right answers; NaN for regression.
        diverged: the epoch in which a parameter stopped being a finite number, or None.
        where: for a diverged run, a sentence naming the layer; "" otherwise.
    """

    plan: Plan
    epochs: NDArray[np.int64]
    theta: Array
    loss: dict[str, Array]
    accuracy: dict[str, Array]
    diverged: int | None = None
    where: str = ""


Step = Callable[[Array, Array], None]


def sgd(lr: float, p: int) -> Step:
    """theta <- theta - η g"""

    def step(theta: Array, g: Array) -> None:
        theta -= lr * g

    return step


def momentum(lr: float, p: int, beta: float = 0.9) -> Step:
    """v <- β v + g; theta <- theta - η v"""
    v = np.zeros(p)

    def step(theta: Array, g: Array) -> None:
        v[:] = beta * v + g
        theta -= lr * v

    return step


def adam(lr: float, p: int, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Step:
    """m <- β₁m + (1-β₁)g; v <- β₂v + (1-β₂)g²; theta <- theta - η m̂/(√v̂ + ε)"""
    m, v, t = np.zeros(p), np.zeros(p), 0

    def step(theta: Array, g: Array) -> None:
        nonlocal t
        t += 1
        m[:] = beta1 * m + (1 - beta1) * g
        v[:] = beta2 * v + (1 - beta2) * g * g
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta -= lr * m_hat / (np.sqrt(v_hat) + eps)

    return step


RULES: dict[str, Callable[[float, int], Step]] = {"sgd": sgd, "momentum": momentum, "adam": adam}


def orders(n: int, epochs: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """The order in which an epoch visits the samples: a new random one each time."""
    for epoch in range(epochs):
        yield philox.permutation(seed, n, ORDERS, epoch * n)


def slices(n: int, batch: int) -> list[slice]:
    """Where the batches of an epoch begin and end in its order; batch 0 is one batch of all."""
    size = n if batch == 0 else min(batch, n)
    return [slice(i, min(i + size, n)) for i in range(0, n, size)]


# f' from a = f(z) where that is possible: one operation instead of a second tanh, right to 1e-16 absolutely (what is
# lost in the tails is smaller than the rounding of the sums it enters).
SLOPE_OF_OUTPUT: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda a: 1.0 - a * a,
    "sigmoid": lambda a: a * (1.0 - a),
    "relu": lambda a: np.where(a > 0.0, 1.0, 0.0),
}
IN_PLACE: dict[str, Callable[[Array, Array], object]] = {
    "tanh": np.tanh,
    "relu": lambda z, out: np.maximum(z, 0.0, out=out),
}


class FastGradient:
    """Gradients of one network, equal to dlcore.network.network.backward, without allocating anything twice.

    A column of ones beside every h makes the bias one more weight: one product per layer and direction.
    Called with features that have that column, x1 (size, d + 1), and targets (size, 1).
    """

    def __init__(self, net: Network, theta: Array, size: int) -> None:
        self.f, self.df = ACTIVATIONS[net.f].f, ACTIVATIONS[net.f].df
        self.slope, self.in_place = SLOPE_OF_OUTPUT.get(net.f), IN_PLACE.get(net.f)
        self.delta = HEADS[net.head].delta
        self.gradient = np.empty(net.size)
        self.G = net.layers(self.gradient)
        W = net.layers(theta)
        self.WT = [w.T for w in W]
        self.W = [w[:, :-1] for w in W]
        self.h1 = [np.ones((size, n)) for _, n in net.shapes]
        self.h = [h[:, :-1] for h in self.h1]
        self.last = len(W) - 1
        self.z = [np.empty((size, m)) for m, _ in net.shapes]
        self.size = size

    def __call__(self, x1: Array, y: Array) -> Array:
        h, h1, z, last, dot, slope = self.h, self.h1, self.z, self.last, np.dot, self.slope
        h1[0] = x1
        for i in range(last):
            dot(h1[i], self.WT[i], z[i])
            if self.in_place:
                self.in_place(z[i], h[i + 1])
            else:
                h[i + 1][:] = self.f(z[i])
        dot(h1[last], self.WT[last], z[last])
        delta = self.delta(z[last], y) / self.size
        for i in range(last, 0, -1):
            dot(delta.T, h1[i], self.G[i])
            delta = dot(delta, self.W[i])
            delta *= slope(h[i]) if slope else self.df(z[i - 1])
        dot(delta.T, h1[0], self.G[0])
        return self.gradient


def run_epochs(plan: Plan, theta: Array, x: Array, y: Array) -> Iterator[Array]:
    """theta after every epoch (the same array each time), from features x (n, d) and targets y (n,)."""
    step = RULES[plan.optimizer](plan.lr, len(theta))
    mask = plan.net.is_weight()
    parts = slices(len(y), plan.batch)
    sizes = {part.stop - part.start for part in parts}  # the last batch may be smaller
    fast = {size: FastGradient(plan.net, theta, size) for size in sizes}
    batches = [(part, fast[part.stop - part.start]) for part in parts]
    x1, column = np.column_stack([x, np.ones(len(y))]), y[:, None]
    for order in orders(len(y), plan.epochs, plan.seed):
        x_epoch, y_epoch = x1[order], column[order]  # one gather an epoch
        for part, gradient in batches:
            g = gradient(x_epoch[part], y_epoch[part])
            if plan.l2:
                g += plan.l2 * mask * theta
            if plan.l1:
                g += plan.l1 * mask * np.sign(theta)
            step(theta, g)
        yield theta


def outputs(net: Network, thetas: Array, x: Array) -> Array:
    """The last pre-activation z of many parameter vectors at once: (T, p), features (n, d) -> (T, n)."""
    h = np.ascontiguousarray(x.T)  # (d, n), then (T, m, n)
    for i, W in enumerate(net.layers(thetas)):
        z = W[..., :-1] @ h + W[..., -1:]
        h = ACTIVATIONS[net.f].f(z) if i < len(net.shapes) - 1 else z
    return h[:, 0, :]


def overflowed(net: Network, theta: Array) -> list[int]:
    """The layers, from 0, that hold a parameter which is no finite number."""
    return [i for i, W in enumerate(net.layers(theta)) if not np.isfinite(W).all()]


def where_overflowed(net: Network, bad: Sequence[int]) -> str:
    """Where the weights of layers `bad`, at least one, overflowed: half a sentence."""
    name = "the output neuron" if bad[0] == len(net.shapes) - 1 else f"hidden layer {bad[0] + 1}"
    return f"weights of {name} overflowed" + (" first in the row" if len(bad) > 1 else "")


def _apply(edits: Edits, epoch: int, theta: Array) -> None:
    for after, index, value in edits:
        if after == epoch:
            theta[index] = value


def train(plan: Plan, theta: Array | None = None, edits: Edits = ()) -> Trajectory:
    """The whole trajectory of a plan, from its own initial weights or from a given theta.

    An edited parameter is set once; training goes on from there, with the optimizer's means as they were. A run
    whose parameters stop being finite numbers ends there; its finite part is kept.

    Raises:
        BadInput: points that cannot be had.
    """
    parts = sets(plan)
    x, y = plan.net.inputs(parts.points.x), parts.points.y
    theta = plan.net.start(plan.seed) if theta is None else theta.copy()
    _apply(edits, 0, theta)
    every = -(-plan.epochs // (MOST_FRAMES - 1))
    epochs, kept, diverged, where = [0], [theta.copy()], None, ""
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch, _ in enumerate(run_epochs(plan, theta, x[parts.train], y[parts.train]), start=1):
            if not np.isfinite(theta).all():
                diverged, where = epoch, where_overflowed(plan.net, overflowed(plan.net, theta))
                break
            _apply(edits, epoch, theta)
            if epoch % every == 0 or epoch == plan.epochs:
                epochs.append(epoch)
                kept.append(theta.copy())
        return _with_scores(plan, parts, np.array(epochs), np.array(kept), diverged, where)


def _with_scores(
    plan: Plan, parts: Sets, epochs: NDArray[np.int64], theta: Array, diverged: int | None, where: str
) -> Trajectory:
    x, y = plan.net.inputs(parts.points.x), parts.points.y
    z = outputs(plan.net, theta, x)  # (T, n)
    losses = HEADS[plan.net.head].loss(z, y)
    right = np.where((z > 0) == (y > 0), 1.0, 0.0)
    if parts.points.regression:
        right[:] = np.nan
    members = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    return Trajectory(
        plan,
        epochs,
        theta,
        {name: losses[:, rows].mean(axis=1) for name, rows in members.items()},
        {name: right[:, rows].mean(axis=1) for name, rows in members.items()},
        diverged,
        where,
    )
