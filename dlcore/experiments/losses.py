"""Losses as functions of one number, the margin m = log(ŷ_y / (1 − ŷ_y)): how sure the network is of the truth.

m > 0: the true class has more than half of the probability; m = 0: exactly half; m ≪ 0: a confident mistake.
With one logit z and y in {0, 1} the margin is m = (2y − 1) z, and ŷ_y = σ(m) for any number of classes.
Knows logits, probabilities and labels only, no network. numpy only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.logits import class_scores
from dlcore.logits import probabilities as of_logits
from dlcore.neuron import sigmoid, softplus

Array = NDArray[np.float64]
FAR = 12.0  # margins beyond are drawn at this border: 6 in a million


@dataclass(frozen=True)
class MarginLoss:
    """A loss of the margin, and its slope.

    Attributes:
        of: L(m).
        slope: dL/dm, the gradient with respect to the true class's logit; for one logit its sign turns with y.
        formula: of the loss in ŷ, for LaTeX.
    """

    of: Callable[[ArrayLike], Array]
    slope: Callable[[ArrayLike], Array]
    formula: str


def _cross_entropy(m: ArrayLike) -> Array:
    return softplus(-np.asarray(m, dtype=np.float64))  # −log σ(m) = log(1 + e^(−m))


def _cross_entropy_slope(m: ArrayLike) -> Array:
    return -sigmoid(-np.asarray(m, dtype=np.float64))  # σ(m) − 1: ŷ − y


def _squared_error(m: ArrayLike) -> Array:
    return sigmoid(-np.asarray(m, dtype=np.float64)) ** 2  # ½ [(1 − σ(m))² + (0 − σ(−m))²]


def _squared_error_slope(m: ArrayLike) -> Array:
    m = np.asarray(m, dtype=np.float64)
    return -2 * sigmoid(-m) ** 2 * sigmoid(m)  # 2 (ŷ − y) · σ′(m): the factor σ′ vanishes at both ends


# For two classes. With more, cross-entropy is the same function of m; squared error lies in a band, see `band`.
LOSSES: Mapping[str, MarginLoss] = {
    "cross_entropy": MarginLoss(_cross_entropy, _cross_entropy_slope, r"-\log \hat y_y"),
    "squared_error": MarginLoss(
        _squared_error, _squared_error_slope, r"\tfrac12 \sum_c (\hat y_c - [c = y])^2"
    ),
}


def band(m: ArrayLike, classes: int) -> tuple[Array, Array]:
    """Least and greatest squared error ½ Σ_c (ŷ_c − [c = y])² at this margin, with K classes.

    The true class misses q = σ(−m); the others share q. Shared evenly, ½ q² (1 + 1/(K − 1)); all on one wrong
    class, q². For two classes both are equal.
    """
    q2 = sigmoid(-np.asarray(m, dtype=np.float64)) ** 2
    return 0.5 * q2 * (1 + 1 / (classes - 1)), q2


# --- of a network's own predictions ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Judged:
    """What each prediction costs, and how hard it pulls, (n,) each.

    Attributes:
        margins: m; the wrong class is favoured where it is negative (for two classes).
        losses: loss name -> L.
        pulls: loss name -> −∂L/∂z_y, how strongly a step would raise the true class's logit; ≥ 0.
        right: whether the most probable class is the true one.
    """

    margins: Array
    losses: Mapping[str, Array]
    pulls: Mapping[str, Array]
    right: NDArray[np.bool_]

    def share_of_worst(self, loss: str, share: float = 0.1) -> float:
        """Which part of the sum of this loss comes from the `share` of the images with the largest loss."""
        values = np.sort(self.losses[loss])[::-1]
        worst = max(1, round(share * len(values)))
        return float(values[:worst].sum() / max(values.sum(), 1e-300))


def judge(
    probabilities: ArrayLike | None, labels: NDArray[np.int64], logits: ArrayLike | None = None
) -> Judged:
    """Margins, losses and gradients of predictions.

    Args:
        probabilities: (n, classes), rows adding up to 1; not looked at where there are logits.
        labels: (n,) true classes.
        logits: (n, 1 or classes), from which nothing is lost by rounding.

    Raises:
        ValueError: neither is given.
    """
    if logits is None:
        if probabilities is None:
            raise ValueError("Losses are judged from probabilities or from logits.")
        logits = np.log(np.maximum(np.asarray(probabilities, np.float64), np.finfo(np.float64).tiny))
    p, m = of_logits(logits), class_scores(logits)  # (n, classes) each
    rows = np.arange(len(p))
    m = m[rows, labels]
    truth = np.zeros_like(p)
    truth[rows, labels] = 1.0
    r = p - truth  # (n, classes)
    r[rows, labels] = -sigmoid(-m)  # ŷ_y − 1, which keeps its digits where ŷ_y is nearly 1
    # ∂L/∂z_y = Σ_c r_c ∂ŷ_c/∂z_y = ŷ_y (r_y − Σ_c r_c ŷ_c), by the softmax's ∂ŷ_c/∂z_y = ŷ_c ([c = y] − ŷ_y)
    squared_pull = -p[rows, labels] * (r[rows, labels] - (r * p).sum(axis=1))
    return Judged(
        margins=m,
        losses={"cross_entropy": _cross_entropy(m), "squared_error": 0.5 * (r**2).sum(axis=1)},
        pulls={"cross_entropy": -r[rows, labels], "squared_error": squared_pull},
        right=p.argmax(axis=1) == labels,
    )
