"""One class against the rest, with a threshold: ROC, precision-recall, and the counts at one threshold.

At threshold t an image is called positive when its score is ≥ t. numpy only; works on labels and on scores, which
are log-odds (logits.class_scores) or probabilities.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.arguments import BadInput, real_numbers, truths
from dlcore.evaluation.intervals import Share
from dlcore.metrics import auc
from dlcore.shown import Shown


def _judged(scores: Any, positive: Any) -> tuple[NDArray, NDArray[np.bool_]]:
    """Scores (n,) and truths (n,), whatever they came as."""
    values = real_numbers(scores, "scores")
    if not len(values) or np.isnan(values).any():
        raise BadInput("There are no scores, or some are NaN: images cannot be put in order by them.")
    return values, truths(positive, "labels", len(values))


def _called(
    scores: NDArray, positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Every distinct score as a threshold, highest first; positives found by it; images called positive."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # equal scores move together
    return scores[order][ends], np.cumsum(positive[order])[ends], ends + 1


@dataclass(frozen=True, eq=False, repr=False)
class Roc(Shown):
    """The ROC curve of one class against the rest: (thresholds,) rates, highest threshold first.

    >>> found = roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> found.auc, found.false_positive_rate.tolist()
    (0.75, [0.0, 0.0, 0.5, 0.5, 1.0])
    """

    thresholds: NDArray[np.float64]
    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    auc: float | None


def roc(scores: Any, positive: Any) -> Roc:
    """Both rates of every rule "positive when the score is at least t".

    >>> roc([0.1, 0.4, 0.8], [0, 1, 1]).true_positive_rate.tolist()
    [0.0, 0.5, 1.0, 1.0]

    Args:
        scores: (n,) of the class: log-odds, or probabilities.
        positive: (n,) whether an image is of the class: True and False, or 1 and 0.

    Raises:
        dlcore.data.BadInput: labels that are neither, not one for each score, or scores that are NaN.
    """
    scores, positive = _judged(scores, positive)
    thresholds, hits, called = _called(scores, positive)
    alarms = called - hits
    return Roc(
        thresholds=np.concatenate([[np.inf], thresholds]),
        false_positive_rate=np.concatenate([[0.0], alarms / max(1, (~positive).sum())]),
        true_positive_rate=np.concatenate([[0.0], hits / max(1, positive.sum())]),
        auc=auc(scores, positive),
    )


@dataclass(frozen=True, eq=False, repr=False)
class PrecisionRecall(Shown):
    """Precision and recall (thresholds,) of one class at every threshold, highest threshold first.

    `average_precision` is Σ (R_i − R_{i−1}) P_i, the mean precision over the positives as they are found;
    guessing reaches the prevalence.

    >>> found = precision_recall([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> found.precision.round(4).tolist(), found.recall.tolist(), found.prevalence
    ([1.0, 0.5, 0.6667, 0.5], [0.5, 0.5, 1.0, 1.0], 0.5)
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    average_precision: float
    prevalence: float


def precision_recall(scores: Any, positive: Any) -> PrecisionRecall:
    """Precision TP/(TP + FP) and recall TP/(TP + FN) of every rule "positive when the score is at least t".

    >>> round(precision_recall([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).average_precision, 4)
    0.8333

    Args:
        scores: (n,) of the class: log-odds, or probabilities.
        positive: (n,) whether an image is of the class; at least one is.

    Raises:
        dlcore.data.BadInput: as `roc`, or no image is of the class.
    """
    scores, positive = _judged(scores, positive)
    if not positive.any():
        raise BadInput("No image is positive, so there is nothing that could be recalled.")
    thresholds, hits, called = _called(scores, positive)
    precision, recall = hits / called, hits / positive.sum()
    area = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    return PrecisionRecall(thresholds, precision, recall, area, float(positive.mean()))


@dataclass(frozen=True)
class AtThreshold:
    """The four counts of a rule, and what a clinician asks of it.

    >>> rule = AtThreshold(true_positive=9, false_positive=5, true_negative=95, false_negative=1)
    >>> rule.sensitivity.value, rule.specificity.value
    (0.9, 0.95)
    """

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int

    @property
    def sensitivity(self) -> Share:
        """Share of the positives that are found (recall)."""
        return Share(self.true_positive, self.true_positive + self.false_negative)

    @property
    def specificity(self) -> Share:
        """Share of the negatives that are left alone."""
        return Share(self.true_negative, self.true_negative + self.false_positive)

    @property
    def precision(self) -> Share:
        """Share of the alarms that are right; it depends on how common the class is."""
        return Share(self.true_positive, self.true_positive + self.false_positive)


def at_threshold(scores: Any, positive: Any, threshold: float) -> AtThreshold:
    """The counts when everything scoring at least the threshold is called positive.

    >>> print(at_threshold([0.1, 0.4, 0.8], [0, 1, 1], 0.5).specificity.value)
    1.0

    Args:
        scores: (n,) probabilities of the class; positive: (n,) whether an image is of the class.

    Raises:
        dlcore.data.BadInput: as `roc`.
    """
    scores, positive = _judged(scores, positive)
    called = scores >= threshold
    return AtThreshold(
        int((called & positive).sum()),
        int((called & ~positive).sum()),
        int((~called & ~positive).sum()),
        int((~called & positive).sum()),
    )


def odds(p: float) -> float:
    """p / (1 − p) of a probability below 1.

    >>> odds(0.75)
    3.0
    """
    return p / (1 - p)


def threshold_of(cost: float, prevalence: float, learned: float) -> float:
    """The probability from which calling an image positive costs less on average than not doing so.

    A probability p that was learned where the share of positives was π₀ means, where it is π, the odds
    p/(1 − p) · [π/(1 − π)] / [π₀/(1 − π₀)]; positive is cheaper once these exceed 1 / cost (Elkan 2001). Only for
    probabilities that are calibrated where they were learned.

    >>> threshold_of(cost=4.0, prevalence=0.3, learned=0.3)
    0.2

    Args:
        cost: how many false alarms a missed positive is worth, > 0.
        prevalence: π, share of positives where the rule will be used, in (0, 1).
        learned: π₀, in (0, 1).
    """
    o = odds(learned) / odds(prevalence) / cost
    return o / (1 + o)


def cost_per_image(at: AtThreshold, cost: float, prevalence: float) -> float:
    """π (1 − sensitivity) · cost + (1 − π)(1 − specificity), in false alarms, where the share of positives is π.

    >>> rule = AtThreshold(true_positive=9, false_positive=5, true_negative=95, false_negative=1)
    >>> round(cost_per_image(rule, cost=10.0, prevalence=0.1), 3)
    0.145
    """
    missed, alarmed = 1 - at.sensitivity.value, 1 - at.specificity.value
    return prevalence * missed * cost + (1 - prevalence) * alarmed
