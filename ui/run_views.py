"""Stored runs on screen: side by side, their predictions, their loss in numbers, their check."""

import dataclasses
import math
from typing import Any

import pandas as pd
import streamlit as st

from dlcore import runs
from dlcore.data import ImageSet
from dlcore.metrics import binomial_interval
from dlcore.runs import Recipe, Run
from ui import frame
from ui.learner import marked
from ui.recipe_controls import title_of
from ui.stored import recent_runs


def changes_of(recipe: Recipe) -> list[str]:
    """What differs from the default recipe of its data set and model, field by field."""
    default = Recipe(dataset=recipe.dataset, model=recipe.model)
    return [f"{k} {v[1]}" for k, v in runs.differences(default, recipe).items()]


def name_of(recipe: Recipe) -> str:
    """A short name for a run: its images, its model, what differs from the default, and its number."""
    return " · ".join([title_of(recipe.dataset), recipe.model.upper(), *changes_of(recipe), recipe.key[:6]])


def table_of_runs(rows: list[dict[str, Any]], contaminated: set[str]) -> pd.DataFrame:
    """The latest runs, newest first, one line each.

    Args:
        contaminated: keys of those that may owe something to a look at the test set.
    """
    return pd.DataFrame(
        {
            "run": [row["key"][:6] for row in rows],
            "images": [title_of(row["dataset"]) for row in rows],
            "model": [row["model"].upper() for row in rows],
            "differs from the default in": [
                " · ".join(changes_of(row["recipe"])) or "nothing" for row in rows
            ],
            "validation AUC": [row["val_auc"] for row in rows],
            "validation accuracy": [row["val_accuracy"] for row in rows],
            "parameters": [row["parameters"] for row in rows],
            "seconds": [row["seconds"] for row in rows],
            "status": [row["status"].replace("_", " ") for row in rows],
            "chosen": [
                "after a test look: contaminated" if row["key"] in contaminated else "" for row in rows
            ],
        }
    )


def compare() -> None:
    """Choose stored runs to draw beside the current one, or open one of them."""
    rows = recent_runs()
    if not rows:
        st.caption("No runs yet. Every training you finish appears here, and stays.")
        return
    touched = marked(rows)
    names = {row["key"]: name_of(row["recipe"]) + " · contaminated" * (row["key"] in touched) for row in rows}
    st.multiselect(
        "Draw beside the current run",
        list(names),
        format_func=names.__getitem__,
        max_selections=4,
        key="training_compare",
    )
    st.dataframe(
        table_of_runs(rows, touched),
        hide_index=True,
        column_config={
            "validation AUC": st.column_config.NumberColumn(format="%.3f"),
            "validation accuracy": st.column_config.NumberColumn(format="percent"),
            "seconds": st.column_config.NumberColumn(format="%.1f"),
        },
        key="training_table",
    )
    chosen = st.selectbox(
        "Open a run", list(names), index=None, format_func=names.__getitem__, key="training_open"
    )
    if chosen and chosen != st.query_params.get("training_run"):
        st.query_params["training_run"] = chosen
        st.session_state.pop("training_job", None)
        st.rerun()


def check(run: Run, images: ImageSet) -> None:
    """The kept epoch's validation figures, taken again by scikit-learn from the stored probabilities."""
    from dlcore.oracles.training import auc_by_scikit_learn

    best = run.best_epoch
    if best is None or best.val_auc is None:
        return
    theirs = auc_by_scikit_learn(run.val_probabilities, images.labels[run.val_index])
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
        rf" = {best.val_loss:.3g}\ \text{{nats over }} n = {n}\text{{ validation images}}"
    )
    st.caption(
        f"The first validation image is “{run.class_names[label]}”; the network gives that {p:.3g}, "
        f"so it adds −log {p:.3g} = {-math.log(max(p, 1e-12)):.3g}. Kept: epoch {run.best} of "
        f"{len(run.epochs)}, validation AUC {auc}, accuracy {best.val_accuracy:.1%} ± "
        f"{binomial_interval(best.val_accuracy, n):.1%} (95 % interval, n = {n:,})."
    )


def csv_of(run: Run) -> str:
    """The epochs as a table, one line each."""
    return pd.DataFrame([dataclasses.asdict(epoch) for epoch in run.epochs]).to_csv(index=False)


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
