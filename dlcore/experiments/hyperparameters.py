"""Lenses: one setting of a recipe varied, everything else alike, on few images so that it takes seconds.

Recipes go out, finished runs come back as points with one value per seed. No torch, no training here.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore import schedules
from dlcore.blocks import blocks
from dlcore.convolution.receptive_field import Field, field_of
from dlcore.convolution.sliding import Geometry
from dlcore.experiments import costs
from dlcore.experiments.groups import Experiment, Shape
from dlcore.runs import Recipe, Run, is_mirror_safe

SMALL = 600  # images that a lens learns from, if there are so many
UPDATES = 120  # steps of one training
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
BATCHES = (8, 16, 32, 64, 128, 256, 512)
FEWER_BATCHES = (8, 32, 64, 128, 512)  # with three seeds of each: an experiment has at most 30 trainings
NOISES = (0.0, 0.1, 0.2, 0.4)
DEPTHS = (1, 2, 3)
WIDTH = 10  # of the deepest of them


def small(base: Recipe, train_size: int, images: int = SMALL, updates: int = UPDATES) -> Recipe:
    """The recipe on at most so many images, for as many epochs as give about so many updates."""
    n = min(images, train_size)
    batch = min(base.batch_size, n)
    epochs = max(3, min(60, round(updates / costs.updates_per_epoch(n, batch))))
    return replace(
        base,
        subset=n if n < train_size else None,
        batch_size=batch,
        epochs=epochs,
        patience=0,
        folds=0,
        fold=0,
    )


def over_seeds(recipe: Recipe, seeds: int) -> tuple[Recipe, ...]:
    """The recipe with k seeds, counted up from its own."""
    return tuple(replace(recipe, seed=recipe.seed + s) for s in range(seeds))


# --- points ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """What the runs at one setting reached: one value per finished seed; `lost` of them diverged."""

    x: float
    values: tuple[float, ...]
    lost: int = 0

    @property
    def mean(self) -> float:
        return float(np.mean(self.values)) if self.values else float("nan")

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds, n − 1 in the denominator; NaN with fewer than two."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else float("nan")


def last_loss(run: Run) -> float:
    """Validation loss after the last epoch: what the budget has led to, whatever was best in between."""
    return run.epochs[-1].val_loss


def kept_accuracy(run: Run) -> float:
    """Validation accuracy at the kept epoch."""
    assert run.best_epoch is not None
    return run.best_epoch.val_accuracy


def points(
    arms: Mapping[float, Sequence[Recipe]],
    done: Mapping[str, Run],
    measure: Callable[[Run], float] = last_loss,
) -> list[Point]:
    """One Point per setting of which a run has ended, in rising order.

    Args:
        arms: setting -> its recipes, one per seed.
        done: key -> finished run.
        measure: Run -> number.
    """
    found = []
    for x, recipes in sorted(arms.items()):
        runs = [done[recipe.key] for recipe in recipes if recipe.key in done]
        whole = [run for run in runs if run.status != "diverged" and run.best_epoch is not None]
        if runs:
            found.append(Point(x, tuple(measure(run) for run in whole), len(runs) - len(whole)))
    return found


# --- the learning rate -------------------------------------------------------------------------------------

RISE = 10.0**schedules.RISE  # from the first rate of a range test to its last
TESTED = 48  # rates of a range test, eight for every factor of ten
HIGHEST = {"sgd": 10.0, "momentum": 10.0, "nesterov": 10.0}  # others: 1


def range_test(base: Recipe, train_size: int, seeds: int) -> tuple[Recipe, ...]:
    """A training whose rate rises a millionfold, a few steps at each rate (Smith 2015, arXiv:1506.01186)."""
    few = small(base, train_size, images=4 * base.batch_size)
    rising = replace(few, schedule="rising", learning_rate=HIGHEST.get(base.optimizer, 1.0), epochs=TESTED)
    return over_seeds(rising, seeds)


def rates(base: Recipe, train_size: int, seeds: int) -> dict[float, tuple[Recipe, ...]]:
    """Constant rates a factor of about three apart, k seeds of each."""
    constant = replace(small(base, train_size), schedule="constant")
    return {rate: over_seeds(replace(constant, learning_rate=rate), seeds) for rate in RATES}


@dataclass(frozen=True, eq=False)
class RangeTest:
    """What a range test says.

    Attributes:
        rates, losses: (m,) of every epoch, the training loss while the rate was this.
        smooth: (m,) the losses averaged over neighbours.
        steepest: rate where the smoothed loss falls fastest per factor of ten.
        lowest: rate of its minimum.
        diverges: first rate after the minimum at which half of what had been won is lost again, there and at the
            next rate (one bad epoch is noise), or at which the loss ceased to be a number; None if neither came
            up to the last rate.
        falls: whether the loss falls by more than its own ups and downs: without that no rate is suggested.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smooth: NDArray[np.float64]
    steepest: float
    lowest: float
    diverges: float | None
    falls: bool


def read_range(
    rates: NDArray[np.float64], losses: NDArray[np.float64], ended: bool = True
) -> RangeTest | None:
    """Steepest fall and divergence of a loss recorded while the rate rose; None with fewer than 8 epochs.

    Args:
        rates: (m,) rising by the same factor.
        losses: (m,) finite.
        ended: False if the training diverged after the last of them.
    """
    if len(rates) < 8:
        return None
    smooth = averaged(losses)
    start = float(smooth[: start_of(len(smooth))].mean())
    lowest = int(np.argmin(smooth))
    slope = np.gradient(smooth, np.log10(rates))  # nats per factor of ten
    steepest = int(np.argmin(slope[: lowest + 1]))
    # not the smoothed loss: its explosion would reach back over its neighbours
    lost = losses[lowest:] > (start + smooth[lowest]) / 2
    back = np.flatnonzero(lost & np.append(lost[1:], not ended))
    diverges = float(rates[lowest + back[0]]) if len(back) else None
    if diverges is None and not ended:
        diverges = float(rates[-1] * rates[1] / rates[0])
    falls = chance_of_falling(losses) <= 0.05
    return RangeTest(rates, losses, smooth, float(rates[steepest]), float(rates[lowest]), diverges, falls)


def chance_of_falling(losses: NDArray[np.float64], orders: int = 1999) -> float:
    """The p-value of a fall: the share of random orders in which the loss falls as far beside its ups and downs.

    The fall is from the start to the least averaged loss, the ups and downs are the root of the summed squares of
    the steps from one loss to the next. Losses are cut at the median plus its distance from the least, so that
    an explosion does not hide what came before it; the cut is the same in every order, so the test is exact where
    the order means nothing.

    Args:
        losses: (m,) finite, m ≥ 8.
    """
    cut = np.minimum(losses, 2 * np.median(losses) - losses.min())
    average = np.array([averaged(unit) for unit in np.eye(len(cut))])  # (m, m): row i is what loss i adds
    drawn = np.random.default_rng(0).permuted(np.tile(cut, (orders + 1, 1)), axis=1)
    drawn[0] = cut
    smooth, ups_and_downs = drawn @ average, np.linalg.norm(np.diff(drawn), axis=1)
    fall = smooth[:, : start_of(len(cut))].mean(axis=1) - smooth.min(axis=1)
    as_far = fall * ups_and_downs[0] >= fall[0] * ups_and_downs - 1e-12 * np.abs(cut).max() ** 2
    return float(as_far.mean())


def start_of(m: int) -> int:
    """How many of m losses count as the start."""
    return max(2, m // 8)


def averaged(values: NDArray[np.float64], reach: int = 2) -> NDArray[np.float64]:
    """Each value's mean with up to `reach` neighbours on either side; fewer at the ends, evenly."""
    n = len(values)
    width = [min(reach, i, n - 1 - i) for i in range(n)]
    return np.array([values[i - w : i + w + 1].mean() for i, w in enumerate(width)])


def range_of(runs: Sequence[Run]) -> RangeTest | None:
    """The reading of the mean over the seeds, as far as all of them came."""
    if not runs:
        return None
    m = min(len(run.epochs) for run in runs)
    rate = np.array([epoch.learning_rate for epoch in runs[0].epochs[:m]])
    losses = np.array([[epoch.train_loss for epoch in run.epochs[:m]] for run in runs]).mean(axis=0)
    return read_range(rate, losses, all(run.status != "diverged" for run in runs))


# --- the batch size ----------------------------------------------------------------------------------------

EQUAL_EPOCHS, EQUAL_UPDATES = "equal epochs", "equal updates"


def batch_sizes(base: Recipe, train_size: int, seeds: int) -> dict[str, dict[float, tuple[Recipe, ...]]]:
    """Batches of 8 to 512 on 512 images (or the largest power of two there is): 8 epochs, or 64 updates.

    Both arms share one recipe: the batch of which 8 epochs are as many updates as the other arm makes.
    """
    n = 2 ** int(math.log2(min(512, train_size)))
    epochs = 8
    middle = max(8, n // 8)
    updates = epochs * n // middle
    common = replace(
        base, subset=n if n < train_size else None, schedule="constant", patience=0, folds=0, fold=0
    )
    sizes = [b for b in (BATCHES if seeds < 3 else FEWER_BATCHES) if b <= n]
    alike = {
        EQUAL_EPOCHS: dict.fromkeys(sizes, epochs),
        EQUAL_UPDATES: {b: max(1, updates * b // n) for b in sizes},
    }
    return {
        name: {
            float(b): over_seeds(replace(common, batch_size=b, epochs=e), seeds) for b, e in budget.items()
        }
        for name, budget in alike.items()
    }


# --- regularisation ----------------------------------------------------------------------------------------

NOTHING = "nothing"


def regularised(
    base: Recipe, train_size: int, seeds: int, images: int, decay: float, dropout: float
) -> dict[str, tuple[Recipe, ...]]:
    """The recipe on few images without anything, and with one remedy at a time."""
    plain = replace(small(base, train_size, images, 160), weight_decay=0.0, dropout=0.0, augmentation="none")
    arms = {
        NOTHING: plain,
        f"weight decay {decay:g}": replace(plain, weight_decay=decay),
        f"dropout {dropout:g}": replace(plain, dropout=dropout),
        "random shifts": replace(plain, augmentation="shifts"),
    }
    if is_mirror_safe(base.dataset):
        arms["shifts and flips"] = replace(plain, augmentation="shifts_flips")
    return {name: over_seeds(recipe, seeds) for name, recipe in arms.items()}


# --- wrong labels ------------------------------------------------------------------------------------------


def noise_levels(base: Recipe, train_size: int, seeds: int) -> dict[str, dict[float, tuple[Recipe, ...]]]:
    """Cross-entropy and squared error, learning from labels of which a share is wrong."""
    few = small(base, train_size)
    return {
        loss: {share: over_seeds(replace(few, loss=loss, label_noise=share), seeds) for share in NOISES}
        for loss in ("cross_entropy", "squared_error")
    }


# --- the receptive field -----------------------------------------------------------------------------------


def geometries(recipe: Recipe, shape: Shape) -> tuple[Geometry, ...]:
    """The windows of a CNN in order, 3×3 convolutions and 2×2 poolings, as dlcore.models builds it."""
    found: list[Geometry] = []
    for block in blocks(recipe, *shape[:2]):
        found += [Geometry(k=3, p=1)] * block.convolutions
        found += [Geometry(k=2, s=2)] if block.is_halving else []
    return tuple(found)


def field(recipe: Recipe, shape: Shape) -> Field:
    """The receptive field of a cell of the last layer before the head."""
    return field_of(geometries(recipe, shape))


def depths(
    base: Recipe, shape: Shape, classes: int, train_size: int, seeds: int
) -> dict[int, tuple[Recipe, ...]]:
    """CNNs of 1, 2 and 3 blocks on the same images, their widths chosen so that the parameter counts agree.

    The deepest is narrower than usual: a shallow network of equally many parameters is the wider one, and
    wide layers at full size are slow.
    """
    few = replace(small(base, train_size), model="cnn", head="pooled", augmentation="none")
    deepest = replace(few, depth=DEPTHS[-1], width=WIDTH)
    goal = costs.parameters(deepest, shape, classes)
    found = {}
    for depth in DEPTHS:
        candidates = [replace(few, depth=depth, width=width) for width in range(4, 129)]
        nearest = min(candidates, key=lambda recipe: abs(costs.parameters(recipe, shape, classes) - goal))
        found[depth] = over_seeds(nearest, seeds)
    return found


def object_sizes(masks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) the longer side of each mask's bounding box, in pixels; 0 where a mask is empty.

    Args:
        masks: (n, h, w).
    """
    sides = [np.where(masks.any(axis=axis), 1, 0) for axis in (2, 1)]  # rows, then columns that are touched
    spans = [
        np.where(side.any(axis=1), side.shape[1] - side[:, ::-1].argmax(axis=1) - side.argmax(axis=1), 0)
        for side in sides
    ]
    return np.maximum(*spans)


def experiment(*arms: Mapping[Any, Iterable[Recipe]]) -> Experiment:
    """All recipes of these arms as one experiment."""
    return Experiment(
        {f"{i} {x}": tuple(recipes) for i, arm in enumerate(arms) for x, recipes in arm.items()}
    )
