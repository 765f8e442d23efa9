"""Exports: what goes out comes back; what differs is all that differs."""

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
from conftest import ROOT

from dlcore import csv_text
from dlcore.experiments.exports import as_csv, as_json, what_differs
from dlcore.runs import Epoch, Recipe, Run

EPOCHS = (Epoch(1, 0.7, 0.5, None, 0.6, 0.55, None, 1.0, 1e-3, 0.1),)


def run_of(recipe: Recipe, best: int = 1) -> Run:
    nothing = np.empty((0, 2), np.float32)
    return Run(
        recipe,
        EPOCHS[:best],
        "finished",
        best,
        {},
        np.empty(0, int),
        nothing,
        ("a", "b"),
        (8, 8, 1),
        9,
        5,
        0.2,
    )


RUNS = [run_of(Recipe(seed=1)), run_of(Recipe(seed=1, learning_rate=0.01)), run_of(Recipe(), best=0)]


def test_json_gives_the_recipes_back() -> None:
    found = json.loads(as_json(RUNS))
    assert [Recipe.from_dict(entry["recipe"]) for entry in found] == [run.recipe for run in RUNS]
    assert [entry["key"] for entry in found] == [run.key for run in RUNS]
    assert found[0]["epochs"][0]["val_accuracy"] == 0.55 and found[0]["epochs"][0]["val_auc"] is None


def test_csv_has_one_line_per_run_also_for_one_that_kept_nothing() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(RUNS))))
    assert [line["learning_rate"] for line in lines] == ["0.001", "0.01", "0.001"]
    assert [line["val_accuracy"] for line in lines] == ["0.55", "0.55", ""]
    assert lines[0]["fractions"] == "(0.6, 0.2, 0.2)"


def test_what_differs_names_every_field_that_differs_and_no_other() -> None:
    assert what_differs(RUNS) == {"learning_rate": (0.001, 0.01, 0.001), "seed": (1, 1, 0)}
    assert what_differs([RUNS[0], replace(RUNS[0], status="cancelled")]) == {}


def test_every_table_is_written_by_one_writer_and_reads_back_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(20, 3)) * 10.0 ** rng.integers(-300, 300, (20, 3))
    back = list(csv.reader(io.StringIO(csv_text.as_csv(numbers, ["a", 'b, "c"', "d"]))))
    assert back[0] == ["a", 'b, "c"', "d"]
    assert np.array_equal(np.array(back[1:], float), numbers)
    assert csv_text.as_csv([["x", np.float64(1.5), np.int64(2), None]]) == "x,1.5,2,\n"
    writers = [
        file.name
        for folder in ("dlcore", "ui", "pages")
        for file in (ROOT / folder).rglob("*.py")
        if re.search(
            r"csv\.(writer|DictWriter)|\.to_csv\(|\",\"\.join\(f\"\{v:\.17g", file.read_text("utf-8")
        )
    ]
    assert writers == ["csv_text.py"]
