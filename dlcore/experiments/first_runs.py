"""The runs that every learner meets first, trained ahead of the class.

`python -m dlcore.experiments.first_runs <folder>` trains them into a folder; an image carries it,
DLCORE_SEED_RUNS names it, and every store that is opened takes over what it does not have yet.
`python -m dlcore.experiments.first_runs` alone trains the two networks that come with the lab anew. No torch
until something is trained.
"""

import argparse
import dataclasses
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from dlcore.experiments.groups import k_folds
from dlcore.runs import MODELS, Recipe
from dlcore.store.store import WITH_THE_LAB, Store

LOG = logging.getLogger(__name__)
EMBEDDED = ("cells", "cells-shortcut", "digits")  # sets that need no download

# The training page's first recipe and its neighbours by one click, and the default experiment of k folds.
RECIPES: tuple[Recipe, ...] = (
    *(Recipe(dataset=dataset, model=model) for dataset in EMBEDDED for model in MODELS),
    *k_folds(Recipe(), 5).recipes,
)


# What a fresh installation can ask where it looked, before anything has been trained.
FIRST_NETWORKS = (Recipe(), Recipe(dataset="cells-shortcut"))


def sow(folder: Path, recipes: tuple[Recipe, ...] = RECIPES, *, slim: bool = False) -> None:
    """Train what is not in the folder yet; the folder can be read by whoever gets it.

    Args:
        slim: keep the weights of the kept epoch only, a quarter of the size.
    """
    from dlcore.training import fit

    store = Store(folder)
    for recipe in recipes:
        if store.folder(recipe.key).exists():
            continue
        run = fit(recipe)
        place = store.keep(dataclasses.replace(run, epoch_weights={}) if slim else run)
        LOG.info("%s %s: %s in %.0f s", recipe.dataset, recipe.model, run.status, run.seconds)
        for path in (folder, place, *place.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)


def main(
    arguments: Sequence[str] | None = None, called: str = "python -m dlcore.experiments.first_runs"
) -> int:
    """The exit code."""
    ask = argparse.ArgumentParser(prog=called, description=__doc__)
    ask.add_argument("folder", type=Path, nargs="?", help="by default the lab's own, for its two networks")
    folder = ask.parse_args(arguments).folder
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if folder:
        sow(folder)
    else:
        sow(WITH_THE_LAB, FIRST_NETWORKS, slim=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
