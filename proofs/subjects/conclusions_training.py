"""Where nothing is there, the training page concludes nothing: false alarms of whole sentences, and their power.

Worlds are drawn in which the sentence's claim is false, the page's own function says its sentence, and the share of
worlds in which it concludes is held against 5 %: red when the lower end of the 99 % Wilson interval lies above. Of
one world in which something is there the power is printed; no bound is set for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit

from dlcore.data import load
from dlcore.evaluation import composition, intervals, remedies
from dlcore.experiments.hyperparameters import NOTHING
from ui.experiments import hyperparameters
from ui.training import splits

COVERS = (composition, remedies, intervals, splits, hyperparameters)
Z99 = 2.5758293035489004  # the standard normal's 99.5 % quantile
WORLDS = 2000
ALLOWED = 0.05


# --- the shift of class proportions ------------------------------------------------------------------------

SETS = {  # images of each class, and of each part; breastmnist's and retinamnist's by their official counts
    "cells": ((1440, 1320, 1080, 1080, 1080), (3600, 1200, 1200)),
    "digits": (tuple(np.bincount(load("digits").labels)), (1079, 359, 359)),
    "breastmnist": ((210, 570), (546, 78, 156)),
    "retinamnist": ((714, 186, 326, 282, 92), (1080, 120, 400)),
    "one rare class": ((190, 6, 4), (120, 40, 40)),
}


def shifted(name: str, seed: int, more: float = 1.0) -> bool:
    """Whether the sentence says that the sets differ, for a random split.

    Args:
        more: how many times as likely an image of the last class is drawn into test as one of the others.
    """
    of_class, of_part = (np.array(numbers) for numbers in SETS[name])
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(of_class)), of_class)
    weight = rng.exponential(
        1 / np.where(labels == len(of_class) - 1, more, 1.0)
    )  # the smallest are drawn first
    test, train, validation = np.split(labels[np.argsort(weight)], [of_part[2], of_part[2] + of_part[0]])
    counts = [np.bincount(part, minlength=len(of_class)) for part in (train, validation, test)]
    found = composition.Composition(tuple(f"class {c}" for c in range(len(of_class))), np.array(counts))
    return "differ in how common the classes are" in splits.shift_sentence(found)


# --- remedies against overfitting --------------------------------------------------------------------------


@dataclass(frozen=True)
class Trained:
    """How networks come out in a world: the spreads, in logits, of images, seeds and of an arm's taste for images."""

    seeds: int
    images: int
    ease: float = 1.5
    of_images: float = 1.5
    of_seeds: float = 0.2
    of_taste: float = 0.5
    arms: int = 4


def remedied(world: Trained, seed: int, gain: float = 0.0) -> bool:
    """Whether the sentence says that a remedy helps; the first one does by `gain` logits, the others not at all."""
    rng = np.random.default_rng(seed)
    image = rng.normal(world.ease, world.of_images, world.images)
    right = {}
    for arm in range(world.arms + 1):
        taste = rng.normal(0, world.of_taste, world.images)
        of_seed = rng.normal(0, world.of_seeds, (world.seeds, 1))
        z = image + taste + of_seed + gain * (arm == 1)
        right[NOTHING if not arm else f"remedy {arm}"] = rng.random(z.shape) < expit(z)
    return "Shown to help" in hyperparameters.remedies_sentence(right)


REMEDIES = {
    "2 seeds, 78 images": Trained(2, 78),
    "3 seeds, 360 images": Trained(3, 360),
    "2 seeds, 1,200 images": Trained(2, 1200),
    "3 seeds that differ much, 360 images": Trained(3, 360, of_seeds=0.6),
    "1 seed, 360 images": Trained(1, 360),
}

# --- the rule ----------------------------------------------------------------------------------------------

Says = Callable[[int], bool]
NULL: dict[str, Says] = {
    **{f"shift, {name}": partial(shifted, name) for name in SETS},
    **{f"remedies, {name}": partial(remedied, world) for name, world in REMEDIES.items()},
}
SOMETHING: dict[str, Says] = {
    "shift, cells, the last class 1.5 times as common in test": lambda seed: shifted("cells", seed, 1.5),
    "remedies, 3 seeds, 1,200 images, one helps by half a logit": lambda seed: remedied(
        Trained(3, 1200), seed, 0.5
    ),
}


def share(says: Says, worlds: int, seed: int = 0) -> float:
    """The share of worlds in which the sentence concludes."""
    return float(np.mean([says(seed + world) for world in range(worlds)]))


def check(name: str, says: Says, worlds: int, seed: int = 0) -> float:
    """The rate of false alarms of one sentence in one kind of world, which is not shown to be above 5 %."""
    rate = share(says, worlds, seed)
    low, _ = intervals.wilson(rate * worlds, worlds, z=Z99)
    assert low <= ALLOWED, f"{name}: {rate:.1%} false alarms in {worlds} worlds"
    return rate


def proved(null: dict[str, Says], something: dict[str, Says], worlds: Callable[[str], int]) -> str:
    """The false alarms of every kind of world and the power of every sentence, in words.

    Args:
        worlds: name of a kind -> how many of it.
    """
    rates = {name: check(name, says, worlds(name)) for name, says in null.items()}
    power = {name: share(says, worlds(name) // 10) for name, says in something.items()}
    worst = max(rates, key=lambda name: rates[name])
    told = "; ".join(f"{name}: {value:.0%}" for name, value in power.items())
    drawn = f"{len(rates)} kinds of worlds, {sum(map(worlds, null)):,} in all"
    return f"{drawn}: most alarms {rates[worst]:.1%} ({worst}). Power: {told}"


def sample(seed: int) -> None:
    """200 worlds of two kinds for each sentence; and an alarm sounds where something is there."""
    rng = np.random.default_rng(seed)
    for about in ("shift", "remedies"):
        kinds = [name for name in NULL if name.startswith(about)]
        for name in rng.choice(kinds, 2, replace=False):
            check(str(name), NULL[str(name)], 200, seed)
    for name, says in SOMETHING.items():
        assert share(says, 20, seed) > 2 * ALLOWED, name


def prove() -> str:
    """2,000 worlds of every kind, and the power of each sentence in one."""
    return proved(NULL, SOMETHING, lambda name: WORLDS)
