"""One neuron fitted to a table by gradient descent: a generalized linear model.

With f = sigmoid and cross-entropy it is logistic regression, with f = identity and squared error linear
regression. Knows nothing of scikit-learn, which fits the same two models by other means.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore import data
from dlcore.data import BadInput
from dlcore.neuron import ACTIVATIONS

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Columns:
    """Standardised columns of a table.

    Attributes:
        x: (n, d), mean 0 and standard deviation 1 in every column.
        y: (n,), 0 or 1 for classes, a number in its own unit for regression.
        names: of the d columns and, last, of y.
        classes: names of y = 0 and y = 1; empty for regression.
    """

    x: Array
    y: Array
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted neuron and the way it took.

    Attributes:
        theta: (d + 1,) weights and bias.
        steps: (T,) the steps recorded.
        path: (T, d + 1) theta after each of them.
        arrived: whether the gradient is smaller than 1e-9.
    """

    theta: Array
    steps: NDArray[np.int64]
    path: Array
    arrived: bool


def _standardised(x: Array) -> Array:
    return (x - x.mean(axis=0)) / x.std(axis=0)


def classification(first: int, second: int) -> Columns:
    """Two columns of breast_cancer; y = 1 is benign.

    Raises:
        BadInput: not two different columns of the table.
    """
    table = data.table("breast_cancer")
    if first == second or not all(0 <= c < len(table.names) for c in (first, second)):
        raise BadInput("Choose two different columns.")
    x = _standardised(table.x[:, [first, second]])
    names = (table.names[first], table.names[second], "y")
    return Columns(x, table.y.astype(np.float64), names, table.class_names)


def regression(first: int, target: int) -> Columns:
    """One column of iris to predict another.

    Raises:
        BadInput: not two different columns of the table.
    """
    table = data.table("iris")
    if first == target or not all(0 <= c < len(table.names) for c in (first, target)):
        raise BadInput("Choose two different columns.")
    return Columns(
        _standardised(table.x[:, [first]]), table.x[:, target], (table.names[first], table.names[target])
    )


def gradient(theta: Array, x1: Array, y: Array, f: str, l2: float) -> Array:
    """∇L of the mean loss plus l2/2 |w|²: (1/n) Σ (a - y) x for both models, x1 = (x, 1).

    The sigmoid's cross-entropy and the identity's half squared error have the same ∂L/∂z = a - y.
    """
    a = ACTIVATIONS[f].f(x1 @ theta)
    g = x1.T @ (a - y) / len(y)
    g[:-1] += l2 * theta[:-1]  # the bias is not penalised
    return g


def fit(columns: Columns, l2: float = 0.0, most_steps: int = 5000) -> Fit:
    """The neuron that gradient descent finds from theta = 0 with full batches.

    The rate is 1/(2L), L the largest curvature of the loss: half of the longest step that is safe everywhere,
    so that a single column does not arrive at once.
    """
    f = "sigmoid" if columns.classes else "identity"
    x1 = np.column_stack([columns.x, np.ones(len(columns.y))])
    curvature = float(np.linalg.eigvalsh(x1.T @ x1 / len(x1))[-1])
    eta = 0.5 / (curvature * (0.25 if f == "sigmoid" else 1.0) + l2)
    theta, path, arrived = np.zeros(x1.shape[1]), [], False
    for _ in range(most_steps + 1):
        path.append(theta)
        g = gradient(theta, x1, columns.y, f, l2)
        if arrived := bool(np.abs(g).max() < 1e-9):
            break
        theta = theta - eta * g
    steps = np.unique(np.geomspace(1, len(path), 200).astype(np.int64)) - 1
    return Fit(path[-1], steps, np.array(path)[steps], arrived)
