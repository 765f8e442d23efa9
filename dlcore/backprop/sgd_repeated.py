"""The SGD step repeated: "for each batch, for each epoch", on a small data set, with the path recorded.

Knows the 2-neuron network through backprop.py only; draws nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from dlcore.backprop import PARAMETERS, backward, forward, step

MOST_STEPS = 2000
MOST_POINTS = 64


@dataclass(frozen=True)
class Descent:
    """What repeated steps did.

    Attributes:
        params: w1, b1, w2, b2 before the first and after every step, (steps + 1, 4).
        losses: mean loss over the whole data set at each of them, (steps + 1,).
        epoch_starts: index of the first step of each epoch.
        stopped: why it ended early, as a clause; "" if it did not.
    """

    params: np.ndarray
    losses: np.ndarray
    epoch_starts: tuple[int, ...]
    stopped: str = ""


@dataclass(frozen=True)
class LossSurface:
    """The mean loss over two of the four parameters, the other two held fixed.

    Attributes:
        names: the two parameters, for the columns and the rows.
        columns, rows: their values, (n,) each.
        loss: (n, n), row by row.
    """

    names: tuple[str, str]
    columns: np.ndarray
    rows: np.ndarray
    loss: np.ndarray


def samples(n: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A small data set: x uniform on [−2, 3], and y = 1 more often the smaller x is. Both (n,), float64."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.uniform(-2, 3, min(max(n, 1), MOST_POINTS)), 1)
    y = (rng.random(x.size) < 1 / (1 + np.exp(2 * (x - 0.5)))).astype(np.float64)
    return x, y


def descend(
    params: Mapping[str, float],
    x: np.ndarray,
    y: np.ndarray,
    eta: float,
    epochs: int,
    batch_size: int,
    loss: str = "cross-entropy",
    frozen: Collection[str] = (),
    seed: int = 0,
) -> Descent:
    """SGD from these parameters: every epoch shuffles the samples and takes one step per batch.

    Ends early after MOST_STEPS steps, or when a parameter leaves the numbers.

    Args:
        x, y: the data set, (n,).
        eta: learning rate.
        batch_size: samples per step, 1 … n; n gives full-batch gradient descent.
        frozen: parameters that stay as they are.
    """
    rng = np.random.default_rng(seed)
    path, epoch_starts, stopped = [dict(params)], [], ""
    for _ in range(epochs):
        if stopped:
            break
        epoch_starts.append(len(path) - 1)
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            theta = path[-1]
            theta = step(theta, backward(theta, x[batch], y[batch], loss), eta, frozen)
            if not all(np.isfinite(value) and abs(value) < 1e100 for value in theta.values()):
                stopped = "the parameters left the range of numbers"
            elif len(path) > MOST_STEPS:
                stopped = f"{MOST_STEPS} steps are the most shown here"
            if stopped:
                break
            path.append(theta)
    table = np.array([[theta[name] for name in PARAMETERS] for theta in path])
    return Descent(table, mean_loss(table.T, x, y, loss), tuple(epoch_starts), stopped)


def mean_loss(theta: np.ndarray, x: np.ndarray, y: np.ndarray, loss: str = "cross-entropy") -> np.ndarray:
    """L(θ) = (1/N) Σᵢ ℓ(f(xᵢ; θ), yᵢ) for many θ at once.

    Args:
        theta: w1, b1, w2, b2 along the first axis, (4, …).
    """
    grids = {name: values[..., None] for name, values in zip(PARAMETERS, theta, strict=True)}
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(forward(grids, x, y, loss).loss).mean(axis=-1)


def loss_surface(
    descent: Descent,
    names: tuple[str, str],
    x: np.ndarray,
    y: np.ndarray,
    loss: str = "cross-entropy",
    n: int = 61,
) -> LossSurface:
    """The slice of the loss over two parameters, wide enough for the whole path.

    The other two keep the values at which the path *ends*: unless they are frozen, the rest of the path lies
    above or below this slice.
    """
    columns, rows = (_span(descent.params[:, PARAMETERS.index(name)], n) for name in names)
    fixed = dict(zip(PARAMETERS, descent.params[-1], strict=True))
    grid = np.meshgrid(columns, rows)
    values = {name: np.full((n, n), fixed[name]) for name in PARAMETERS} | dict(zip(names, grid, strict=True))
    theta = np.array([values[name] for name in PARAMETERS])  # (4, n, n)
    return LossSurface(names, columns, rows, mean_loss(theta, x, y, loss))


def _span(values: np.ndarray, n: int) -> np.ndarray:
    least, most = float(values.min()), float(values.max())
    margin = max(0.35 * (most - least), 1.0)
    return np.linspace(least - margin, most + margin, n)
