"""The runs that every learner meets first, trained ahead of the class.

`python -m dlcore.experiments.first_runs <folder>` trains them into a folder; an image carries it,
DLCORE_SEED_RUNS names it, and every store that is opened takes over what it does not have yet. No torch until
something is trained.
"""

import logging
import sys
from pathlib import Path

from dlcore.experiments.groups import k_folds
from dlcore.runs import MODELS, Recipe
from dlcore.store.store import Store

LOG = logging.getLogger(__name__)
EMBEDDED = ("cells", "cells-shortcut", "digits")  # sets that need no download

# The training page's first recipe and its neighbours by one click, and the default experiment of k folds.
RECIPES: tuple[Recipe, ...] = (
    *(Recipe(dataset=dataset, model=model) for dataset in EMBEDDED for model in MODELS),
    *k_folds(Recipe(), 5).recipes,
)


def sow(folder: Path, recipes: tuple[Recipe, ...] = RECIPES) -> None:
    """Train what is not in the folder yet; the folder can be read by whoever gets it."""
    from dlcore.training import fit

    store = Store(folder)
    for recipe in recipes:
        if store.folder(recipe.key).exists():
            continue
        run = fit(recipe)
        place = store.keep(run)
        LOG.info("%s %s: %s in %.0f s", recipe.dataset, recipe.model, run.status, run.seconds)
        for path in (folder, place, *place.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sow(Path(sys.argv[1]))
