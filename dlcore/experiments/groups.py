"""Experiments: small groups of recipes whose results are read together. No torch, no training here.

Every group is bounded: at most LIMIT recipes, and those of more than a handful are small (see hyperparameters.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dlcore.evaluation.intervals import Share, standard_error
from dlcore.experiments import costs
from dlcore.runs import Recipe, Run

LIMIT = 30
SIZES = 6  # of the training set, in the overfitting lens
CLOSE = 0.05  # relative difference of two parameter counts that still counts as equal
Shape = tuple[int, int, int]  # (rows, columns, channels) of an image


@dataclass(frozen=True)
class Experiment:
    """Arms of recipes: what is compared -> the recipes that measure it.

    Raises:
        ValueError: more than LIMIT recipes.
    """

    arms: Mapping[str, tuple[Recipe, ...]]

    def __post_init__(self) -> None:
        if len(self.recipes) > LIMIT:
            raise ValueError(
                f"An experiment has at most {LIMIT} trainings; this one has {len(self.recipes)}."
            )

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """All of them once, the arms taking turns, so that a first comparison is there early."""
        longest = max((len(arm) for arm in self.arms.values()), default=0)
        turns = (arm[i] for i in range(longest) for arm in self.arms.values() if i < len(arm))
        return tuple(dict.fromkeys(turns))


def is_of_an_experiment(recipe: Recipe) -> bool:
    """Whether such a recipe is only trained to be read beside others: a fold, a range test, moved pixels."""
    return recipe.folds > 1 or recipe.schedule == "rising" or recipe.pixel_permutation is not None


# --- MLP against CNN ---------------------------------------------------------------------------------------


def matched_mlp(cnn: Recipe, shape: Shape, classes: int) -> Recipe:
    """The CNN's recipe as an MLP whose width brings its parameter count nearest to the CNN's.

    Same data, optimizer, epochs and seed; no augmentation for either would be the caller's choice.

    Raises:
        ValueError: no width comes within 5 %.
    """
    goal = costs.parameters(cnn, shape, classes)
    candidates = [replace(cnn, model="mlp", width=width, depth=2) for width in range(1, 1025)]
    best = min(candidates, key=lambda mlp: abs(costs.parameters(mlp, shape, classes) - goal))
    found = costs.parameters(best, shape, classes)
    if abs(found - goal) > CLOSE * goal:
        raise ValueError(
            f"No MLP with two hidden layers has about the CNN's {goal:,} parameters on these images: the nearest "
            f"has {found:,}. A wider CNN can be matched."
        )
    return best


def like_for_like(
    base: Recipe, shape: Shape, classes: int, seeds: int, permutation: int | None = None
) -> Experiment:
    """A CNN and an MLP with equal data, budget and parameter count, k seeds each.

    Args:
        base: decides data, optimizer, rate, batch and epochs; augmentation is off in both arms, because random
            shifts are a knowledge of space that only one of the two would use well.
        seeds: k, 1 to 3; they start at the seed of `base`.
        permutation: seed of one fixed permutation of all pixels, the same in every run; None: pixels in place.
    """
    usual = Recipe(dataset=base.dataset, model="cnn")
    same = {"width": usual.width, "depth": usual.depth, "head": "pooled", "augmentation": "none"}
    cnn = replace(base, model="cnn", pixel_permutation=permutation, **same)  # type: ignore[arg-type]
    mlp = matched_mlp(cnn, shape, classes)
    return Experiment(
        {
            arm.model.upper(): tuple(replace(arm, seed=base.seed + s) for s in range(seeds))
            for arm in (cnn, mlp)
        }
    )


# --- k folds ---------------------------------------------------------------------------------------------


def k_folds(base: Recipe, k: int) -> Experiment:
    """One recipe per fold: train + validation dealt into k parts, each held out once."""
    return Experiment({f"{k} folds": tuple(replace(base, folds=k, fold=i) for i in range(k))})


@dataclass(frozen=True)
class Folds:
    """The validation results of the folds that are done.

    Attributes:
        folds: right and all images of every finished fold, by its number.
        k: how many folds there are.
    """

    folds: Mapping[int, Share]
    k: int

    @property
    def values(self) -> NDArray[np.float64]:
        return np.array([share.value for share in self.folds.values()])

    @property
    def pooled(self) -> Share:
        """All held-out images together: every image is predicted once, by a network that has not seen it."""
        return Share(sum(s.k for s in self.folds.values()), sum(s.n for s in self.folds.values()))

    @property
    def spread(self) -> float:
        """Standard deviation of the folds' accuracies, n − 1 in the denominator; NaN with fewer than two."""
        return float(self.values.std(ddof=1)) if len(self.folds) > 1 else float("nan")

    @property
    def binomial_of_a_fold(self) -> float:
        """√(p (1 − p) / n_fold): how much the folds would differ if only the draw of their images did."""
        return standard_error(self.pooled.value, self.pooled.n / len(self.folds))

    @property
    def binomial_of_all(self) -> float:
        """√(p (1 − p) / n) with all n images: how far the mean may be from the truth for other images."""
        return standard_error(self.pooled.value, self.pooled.n)


def folds_of(runs: Sequence[Run]) -> Folds:
    """The folds' accuracies, each at its kept epoch."""
    done = {run.recipe.fold: right(run) for run in runs if run.best_epoch is not None}
    return Folds(dict(sorted(done.items())), runs[0].recipe.folds if runs else 0)


def right(run: Run) -> Share:
    """How many validation images the kept weights call rightly."""
    assert run.best_epoch is not None
    n = len(run.val_index)
    return Share(round(run.best_epoch.val_accuracy * n), n)


# --- how many images ---------------------------------------------------------------------------------------


def subsets(base: Recipe, train_size: int) -> Experiment:
    """The recipe on 20 … all training images, each subset contained in the next, about evenly in log."""
    sizes = np.unique(np.geomspace(min(20, train_size), train_size, SIZES).round().astype(int))
    recipes = [replace(base, subset=int(n) if n < train_size else None) for n in sizes]
    return Experiment({"training images": tuple(recipes)})
