"""Runs as text for other programs: a table with one line each, or everything there is to say as JSON.

Knows runs only; weights leave the store as the safetensors file they are.
"""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Any

from dlcore import csv_text
from dlcore.runs import Recipe, Run

RESULTS = ("val_loss", "val_accuracy", "val_auc", "train_loss", "train_accuracy")


def as_csv(runs: Sequence[Run]) -> str:
    """One line per run: its key, how it ended, the kept epoch's figures, and every field of its recipe."""
    fields = [field.name for field in dataclasses.fields(Recipe)]
    columns = ["key", "status", "kept_epoch", *RESULTS, "parameters", "train_size", "seconds", *fields]
    return csv_text.as_csv(([_line(run).get(column) for column in columns] for run in runs), columns)


def _line(run: Run) -> dict[str, Any]:
    kept = {name: getattr(run.best_epoch, name) for name in RESULTS} if run.best_epoch else {}
    line = {
        "key": run.key,
        "status": run.status,
        "kept_epoch": run.best,
        "parameters": run.parameters,
        "train_size": run.train_size,
        "seconds": run.seconds,
    }
    return line | kept | dataclasses.asdict(run.recipe)


def as_json(runs: Iterable[Run]) -> str:
    """The runs with their recipes and all epochs; dlcore.runs.Recipe.from_dict reads a recipe back."""
    documents = [
        {
            "key": run.key,
            "recipe": dataclasses.asdict(run.recipe),
            "status": run.status,
            "kept_epoch": run.best,
            "class_names": run.class_names,
            "parameters": run.parameters,
            "train_size": run.train_size,
            "seconds": run.seconds,
            "epochs": [dataclasses.asdict(epoch) for epoch in run.epochs],
        }
        for run in runs
    ]
    return json.dumps(documents, indent=1, allow_nan=False)


def what_differs(runs: Sequence[Run]) -> dict[str, tuple[Any, ...]]:
    """Field -> one value per run, for the recipes' fields in which not all of these runs agree, defaults included.

    So are the version of the code, and how many images a run learned from.
    """
    recipes = [
        dataclasses.asdict(run.recipe) | {"training images": run.train_size, "code version": run.code}
        for run in runs
    ]
    table = {name: tuple(recipe[name] for recipe in recipes) for name in recipes[0]}
    return {name: values for name, values in table.items() if any(v != values[0] for v in values)}
