"""From a network's logits to what they say: probabilities, and the scores by which a class is ranked.

Always in float64. As float32 every probability above 1 − 6e-8 is the same number, so that two images of which the
network is sure in different degrees would tie: ranks and losses are therefore taken from logits. numpy only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def probabilities(logits: ArrayLike) -> Array:
    """ŷ (n, classes): σ(−z) and σ(z) of one logit z, otherwise the softmax e^{z_c} / Σ_k e^{z_k}.

    Args:
        logits: (n, 1) for two classes, otherwise (n, classes).
    """
    z = np.asarray(logits, dtype=np.float64)
    if z.shape[1] == 1:
        z = np.hstack([-z / 2, z / 2])  # the same softmax: σ(z) = e^{z/2} / (e^{z/2} + e^{−z/2})
    e = np.exp(z - z.max(axis=1, keepdims=True, initial=-np.inf))
    return e / e.sum(axis=1, keepdims=True)


def class_scores(logits: ArrayLike) -> Array:
    """(n, classes): the log-odds of each class, log ŷ_c / (1 − ŷ_c) = z_c − log Σ_{k≠c} e^{z_k}; ±z of one logit.

    It ranks images as the probability of the class does, and does not saturate.

    Args:
        logits: (n, 1) for two classes, otherwise (n, classes).
    """
    z = np.asarray(logits, dtype=np.float64)
    if z.shape[1] == 1:
        return np.hstack([-z, z])
    rows, winner = np.arange(len(z)), z.argmax(axis=1)
    high = z[rows, winner]
    e = np.exp(z - high[:, None])
    others = e.sum(axis=1, keepdims=True) - e  # at least 1 for all but the winner: nothing cancels
    with np.errstate(divide="ignore"):
        scores = z - high[:, None] - np.log(others)
    rest = z.copy()
    rest[rows, winner] = -np.inf  # the winner's others are summed from their own largest
    second = rest.max(axis=1)
    scores[rows, winner] = high - second - np.log(np.exp(rest - second[:, None]).sum(axis=1))
    return scores


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network says of n images.

    Attributes:
        logits: (n, 1 or classes) as computed, float32; None of a run that version 1 of the code stored.
        rounded: (n, classes) the probabilities that such a run holds instead, rounded to float32.
    """

    logits: NDArray | None
    rounded: NDArray | None = None

    @property
    def probabilities(self) -> Array:
        """(n, classes)."""
        if self.logits is not None:
            return probabilities(self.logits)
        assert self.rounded is not None
        return np.asarray(self.rounded, dtype=np.float64)

    @property
    def scores(self) -> Array:
        """(n, classes), by which images are ranked: log-odds, or the rounded probabilities where nothing else is."""
        return self.probabilities if self.logits is None else class_scores(self.logits)

    def score_at(self, probability: float) -> float:
        """The score of a class that has this probability, 0 to 1: where a threshold lies among the scores."""
        if self.logits is None:
            return probability
        with np.errstate(divide="ignore"):
            return float(np.log(probability) - np.log1p(-probability))

    def probability_at(self, scores: ArrayLike) -> Array:
        """The probabilities that belong to scores of a class; the inverse of score_at."""
        s = np.asarray(scores, dtype=np.float64)
        if (
            self.logits is not None
        ):  # beyond ±800 every probability is 0 or 1, also where the score is infinite
            s = probabilities(np.clip(s, -800.0, 800.0).reshape(-1, 1))[:, 1].reshape(s.shape)
        return s
