"""A sealed challenge after the seal is broken: validation against test, the winner's curse, the honest winner.

numpy only. Every learner's score was fair; the winner's is not, because it was chosen for being the highest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from dlcore.evaluation import optimism
from dlcore.evaluation.intervals import RESAMPLES, Difference, Mean, Share, newcombe, normal_mean
from dlcore.runs import Recipe

# Fields of a recipe that decide which images validate and test it; the second group only where images are dealt.
ALWAYS, WHERE_DEALT = (
    ("official_split", "folds", "fold"),
    ("fractions", "split_seed", "stratified", "grouped"),
)


def has_usual_split(recipe: Recipe, is_official: bool) -> bool:
    """Whether a recipe is validated and tested on the images that its data set's default recipe is.

    >>> has_usual_split(Recipe("digits", seed=3, subset=100), is_official=False)
    True
    >>> has_usual_split(Recipe("digits", split_seed=3), is_official=False)
    False

    Args:
        is_official: the set comes with a split of its own.
    """
    usual = Recipe(recipe.dataset, recipe.model)
    names = ALWAYS if is_official and recipe.official_split else ALWAYS + WHERE_DEALT
    return all(getattr(recipe, name) == getattr(usual, name) for name in names)


def agreement(right: NDArray[np.bool_]) -> float:
    """How alike runs call images: the mean correlation of two runs' right calls over all pairs, in [0, 1].

    Runs that are right everywhere or nowhere vary with nobody and are left out; fewer than two runs: 0.

    >>> agreement(np.array([[True, True, False, False], [True, True, False, False]]))
    1.0

    Args:
        right: (m, n) whether each of m runs calls each of n images rightly.
    """
    centred = right - right.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred**2).sum(axis=1))
    unit = centred[norms > 0] / norms[norms > 0, None]
    m = len(unit)
    if m < 2:
        return 0.0
    pairs = (float((unit.sum(axis=0) ** 2).sum()) - m) / (m * (m - 1))  # Σ_{i ≠ j} r_ij / pairs
    return min(max(pairs, 0.0), 1.0)


def luck_of_choice(right: NDArray[np.bool_], resamples: int = RESAMPLES, seed: int = 0) -> float:
    """By how much the best of m runs looks too good, if the runs are as good as their scores say.

    The bootstrap's optimism of the winner (Efron 1983): n images are drawn again with replacement, the best run on
    them is chosen, and its score there is held against its score on all n; the mean over all draws. Luck has moved
    the scores further apart than the true accuracies are, so it is rather too small; with equal runs by about √2.

    >>> luck_of_choice(np.array([[True] * 9 + [False]]))  # nothing to choose from
    0.0

    Args:
        right: (m, n) as for `agreement`.
    """
    n = right.shape[1]
    if len(right) < 2:
        return 0.0
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), resamples)
    scores = drawn.astype(np.float32) @ right.T.astype(np.float32) / n  # (resamples, m)
    chosen = scores.argmax(axis=1)
    return float((scores.max(axis=1) - right.mean(axis=1)[chosen]).mean())


@dataclass(frozen=True)
class Entry:
    """A submitted run whose test score is known.

    Attributes:
        key: of the run; who submits the same run again has entered no other one.
        name: for a reader.
        on_validation, on_test: images called rightly.
        knew: who submitted it had opened the test set before.
    """

    key: str
    name: str
    on_validation: Share
    on_test: Share
    knew: bool = False

    @property
    def gap(self) -> Difference:
        """Validation minus test accuracy, which are measured on different images."""
        return newcombe(self.on_validation, self.on_test)


@dataclass(frozen=True)
class Outcome:
    """All entries of a challenge, highest validation accuracy first, and what luck in choosing explains.

    Attributes:
        entries: at least one.
        agreement, luck: of the different runs, on the validation images; see `agreement` and `luck_of_choice`.
    """

    entries: tuple[Entry, ...]
    agreement: float
    luck: float

    @property
    def runs(self) -> tuple[Entry, ...]:
        """One entry for every different run."""
        return tuple({entry.key: entry for entry in reversed(self.entries)}.values())[::-1]

    @property
    def highest(self) -> Entry:
        """Of the highest validation accuracy."""
        return self.entries[0]

    @property
    def honest_winner(self) -> Entry | None:
        """The run that validation chooses, of somebody who had not opened the test set; None if all had.

        Its test accuracy chose nothing, so it is not too good on average.
        """
        return next((entry for entry in self.entries if not entry.knew), None)

    @property
    def best_on_test(self) -> Entry:
        """Of the highest test accuracy: chosen by that score, which is therefore too good."""
        return max(self.entries, key=lambda entry: entry.on_test.value)

    @property
    def is_reversed(self) -> bool:
        """Whether another run overtakes the highest one on the test images."""
        return self.best_on_test.on_test.value > self.highest.on_test.value

    @property
    def most(self) -> float:
        """E[max of m] · SE: how far luck alone lifts the best of m equally good and independent runs."""
        runs = self.runs
        mean = float(np.mean([entry.on_validation.value for entry in runs]))
        return optimism.optimism(mean, self.highest.on_validation.n, len(runs))

    @property
    def expected(self) -> float:
        """E[max of m] · SE · √(1 − ρ): the same for equally good runs that call images as alike as these.

        What all runs share lifts every score alike and decides nothing: only the rest, a share 1 − ρ of the
        variance, is chosen from.
        """
        return self.most * float(np.sqrt(1 - self.agreement))

    @property
    def mean_gap(self) -> Mean:
        """Validation minus test accuracy, the mean over all different runs; NaN where there is only one."""
        gaps = np.array([entry.gap.value for entry in self.runs])
        nobody = float("nan")
        return normal_mean(gaps) if len(gaps) > 1 else Mean(nobody, nobody, nobody, len(gaps))


def ordered(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Highest validation accuracy first, equal ones in the order given."""
    return tuple(sorted(entries, key=lambda entry: -entry.on_validation.value))


def simulated(
    rng: np.random.Generator,
    runs: int = 20,
    validation: int = 200,
    test: int = 200,
    mean: float = 0.85,
    spread: float = 0.02,
    alike: float = 0.5,
) -> Outcome:
    """A challenge between networks whose true accuracies are known.

    Run i is right on image j where √a d_j + √(1 − a) e_ij < Φ⁻¹(p_i): d_j is how hard the image is for all, e_ij for
    this run alone, both standard normal, p_i its true accuracy.

    Args:
        runs, validation, test: how many runs and images, at least one each.
        mean, spread: of the true accuracies, drawn from a normal law, in (0, 1).
        alike: a, in [0, 1].
    """
    true = np.clip(rng.normal(mean, spread, runs), 0.01, 0.99)
    threshold = np.array([NormalDist().inv_cdf(p) for p in true])[:, None]
    images = validation + test
    hard = np.sqrt(alike) * rng.standard_normal(images)
    right = hard + np.sqrt(1 - alike) * rng.standard_normal((runs, images)) < threshold
    k, of_test = right[:, :validation].sum(axis=1), right[:, validation:].sum(axis=1)
    entries = [
        Entry(str(i), f"run {i + 1}", Share(int(k[i]), validation), Share(int(of_test[i]), test))
        for i in range(runs)
    ]
    calls = right[:, :validation]
    return Outcome(ordered(entries), agreement(calls), luck_of_choice(calls, 100, int(rng.integers(2**31))))
