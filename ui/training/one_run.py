"""One stored run on screen: its name, its loss in numbers, its check, its epochs and its script."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dlcore import runs
from dlcore.csv_text import as_csv
from dlcore.data import ImageSet
from dlcore.evaluation.intervals import Share
from dlcore.number_text import apart, digits, latex
from dlcore.runs import Epoch, Recipe, Run
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import RunKey
from ui.frame.stored import stored_run
from ui.training.recipe_controls import title_of

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
    return " · ".join([title_of(recipe.dataset), recipe.model.upper(), *changes_of(recipe), number])


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


def networks_of_others(state: State) -> dict[str, str]:
    """Key -> name of the CNNs open to a learner who has none: the one that the address names, and the first recipe's.

    Whoever has trained them: a run on public images is no secret, and its key opens it.
    """
    keys = [key for key in (state.value("run"), Recipe().key) if key]
    found = [run for key in dict.fromkeys(keys) if (run := stored_run(key)) is not None]
    return {run.key: name_of(run.recipe, run.key) for run in found if run.recipe.model == "cnn" and run.best}


def choose_network(state: State, names: Mapping[str, str], **more: Any) -> Run | None:
    """The network that a page opens, and which its address names; None where its files are damaged.

    Args:
        names: key -> name of those on offer, newest first, at least one; a link may ask for an older one.
        more: for the control.
    """
    offered, asked = dict(names), state.value("run")
    older = stored_run(asked) if asked and asked not in offered else None
    if older is not None and older.recipe.model == "cnn":
        offered[older.key] = name_of(older.recipe, older.key)
    first = next(iter(offered))
    control = state.control("run", RunKey(offered.__contains__, offered.keys, default=first, always=True))
    draw = {"format_func": offered.__getitem__, "key": control.key, **more}
    return stored_run(control.keep(st.selectbox("Network", list(offered), **draw)))


def check(run: Run, images: ImageSet) -> None:
    """The kept epoch's validation figures, taken again by scikit-learn and SciPy from the logits as stored."""
    from dlcore.oracles.training import auc_by_scikit_learn, cross_entropy_by_scipy

    of_another_version(run)
    best, said, labels = run.best_epoch, run.predictions, images.labels[run.val_index]
    if best is not None and run.recipe.loss == "cross_entropy" and said.logits is not None:
        loss = cross_entropy_by_scipy(said.logits, labels)
        off = abs(best.val_loss - loss)
        frame.check(
            "validation loss of the kept epoch", best.val_loss, loss, off, 1e-9 * max(1, loss), "SciPy"
        )
    if best is None or best.val_auc is None:
        return
    theirs = auc_by_scikit_learn(said.probabilities, labels, said.logits)
    frame.check(
        "validation AUC of the kept epoch",
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
    st.caption(
        f"The first validation image is “{run.class_names[label]}”; the network gives that {apart(p, keep=6)}, "
        f"so it adds −log {apart(p, keep=6)} = {digits(-math.log(max(p, 1e-12)))}. Kept: epoch {run.best} of "
        f"{len(run.epochs)}, validation AUC {auc}, accuracy "
        f"{Share(round(best.val_accuracy * n), n)}. {FLATTERED}"
    )


def csv_of(run: Run) -> str:
    """The epochs as a table, one line each."""
    columns = [field.name for field in dataclasses.fields(Epoch)]
    return as_csv((dataclasses.astuple(epoch) for epoch in run.epochs), columns)


def script_of(recipe: Recipe) -> str:
    """A program that trains this recipe and prints the last line of numbers on screen."""
    values = dataclasses.asdict(recipe)
    default = Recipe(dataset=recipe.dataset, model=recipe.model)
    changed = {"dataset": recipe.dataset, "model": recipe.model}
    changed |= {name: values[name] for name in runs.differences(default, recipe)}
    arguments = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    return f"""from dlcore.runs import Recipe
from dlcore.training import fit

run = fit(Recipe({arguments}))
best = run.best_epoch
print(f"{{run.status}}, {{run.parameters}} parameters, kept epoch {{run.best}}")
print(f"validation loss {{best.val_loss:.6f}}, accuracy {{best.val_accuracy:.6f}}, AUC {{best.val_auc:.6f}}")
"""
