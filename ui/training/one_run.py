"""One stored run on screen: its name, its loss in numbers, its check and its epochs."""

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import streamlit as st

from dlcore import runs
from dlcore.csv_text import as_csv
from dlcore.data import ImageSet
from dlcore.evaluation.intervals import Share
from dlcore.number_text import apart, digits, latex
from dlcore.runs import Epoch, Recipe, Run
from dlcore.store.store import shared
from ui.frame import frame
from ui.frame.announcer import announce
from ui.learner.access import AWAY
from ui.learner.learner import learner
from ui.training.image_sets import short_title_of

FLATTERED = "The epoch was chosen on these same images, so these figures flatter it a little."


def changes_of(recipe: Recipe) -> list[str]:
    """What differs from the default recipe of its data set and model, field by field."""
    default = Recipe(dataset=recipe.dataset, model=recipe.model)
    return [f"{k.replace('_', ' ')} {v[1]}" for k, v in runs.differences(default, recipe).items()]


def name_of(recipe: Recipe, key: str = "") -> str:
    """A short name for a run: its images, its model, what differs from the default, and its number.

    Args:
        key: of the run, where another version of the code may have stored it; the recipe's own otherwise.
    """
    number = (key or recipe.key)[:6]
    return " · ".join([short_title_of(recipe.dataset), recipe.model.upper(), *changes_of(recipe), number])


def called(recipes: Mapping[str, Recipe]) -> dict[str, str]:
    """Key -> what a list calls each of these runs: this learner's own name for it, else what its recipe says.

    Args:
        recipes: key -> recipe.
    """
    given: dict[str, str] = {}
    with suppress(*AWAY):  # then they go by their recipes
        given = shared().ledger.names(learner()) if recipes else {}
    own = {key: given[key] for key in recipes if given.get(key)}
    twice = {name for name, n in Counter(own.values()).items() if n > 1}
    own = {key: f"{name} · {key[:6]}" if name in twice else name for key, name in own.items()}
    return {key: own.get(key) or name_of(recipe, key) for key, recipe in recipes.items()}


def of_another_version(run: Run) -> None:
    """Says so of a run that another version of the code computed, and what is missing in it."""
    if run.is_of_this_version and not run.unread:
        return
    said = f"This run was computed by version {run.code} of the lab's code; today's is {runs.CODE_VERSION}."
    if not run.is_of_this_version:
        said += " Training its recipe again gives another run."
    if not run.holds_logits:
        said += (
            " It holds probabilities rounded to seven digits and no logits: images of which the network is very "
            "sure tie in its ROC curve, and their losses are only known up to the rounding."
        )
    if run.unread:
        said += f" Not known here, and skipped: {', '.join(run.unread)}."
    st.caption(said)


def check(run: Run, images: ImageSet) -> None:
    """The kept epoch's validation figures, taken again by scikit-learn and SciPy from the logits as stored."""
    from dlcore.oracles.training import auc_by_scikit_learn, cross_entropy_by_scipy

    of_another_version(run)
    best, said, labels = run.best_epoch, run.predictions, images.labels[run.val_index]
    if best is not None and run.recipe.loss == "cross_entropy" and said.logits is not None:
        loss = cross_entropy_by_scipy(said.logits, labels)
        off = abs(best.val_loss - loss)
        frame.check(
            "validation loss of the selected epoch", best.val_loss, loss, off, 1e-9 * max(1, loss), "SciPy"
        )
    if best is None or best.val_auc is None:
        return
    theirs = auc_by_scikit_learn(said.probabilities, labels, said.logits)
    frame.check(
        "validation AUC of the selected epoch",
        best.val_auc,
        theirs,
        abs(best.val_auc - theirs),
        1e-9,
        "scikit-learn",
    )


def formula(run: Run, images: ImageSet) -> None:
    """The loss with this run's numbers in it."""
    best = run.best_epoch
    if best is None or run.recipe.loss != "cross_entropy":
        return
    i = 0
    label = int(images.labels[run.val_index[i]])
    p = float(run.val_probabilities[i, label])
    n = len(run.val_index)
    auc = "not defined" if best.val_auc is None else f"{best.val_auc:.3f}"
    st.latex(
        r"L = -\frac{1}{n}\sum_i \log \hat y_{i,\,\text{class of } i}"
        rf" = {latex(best.val_loss)}\ \text{{nats over }} n = {n}\text{{ validation images}}"
    )
    announce(f"Trained: selected epoch {run.best} of {len(run.epochs)}, validation AUC {auc}.")
    st.caption(
        f"The first validation image is “{run.class_names[label]}”; the network gives that {apart(p, keep=6)}, "
        f"so it adds −log {apart(p, keep=6)} = {digits(-math.log(max(p, 1e-12)))}. Selected: epoch {run.best} of "
        f"{len(run.epochs)}, validation AUC {auc}, accuracy "
        f"{Share(round(best.val_accuracy * n), n)}. {FLATTERED}"
    )


def csv_of(run: Run) -> str:
    """The epochs as a table, one line each."""
    columns = [field.name for field in dataclasses.fields(Epoch)]
    return as_csv((dataclasses.astuple(epoch) for epoch in run.epochs), columns)
