"""Recipes are keys; runs are results."""

import dataclasses
import hashlib
import json

import pytest

from dlcore import runs
from dlcore.runs import Recipe, differences

CHANGED = {
    "dataset": "digits",
    "model": "mlp",
    "optimizer": "sgd",
    "learning_rate": 0.02,
    "batch_size": 32,
    "epochs": 3,
    "seed": 1,
    "width": 8,
    "depth": 2,
    "head": "flatten",
    "loss": "squared_error",
    "momentum": 0.5,
    "weight_decay": 0.01,
    "dropout": 0.1,
    "schedule": "step",
    "augmentation": "none",
    "patience": 5,
    "official_split": False,
    "fractions": (0.8, 0.1, 0.1),
    "split_seed": 1,
    "folds": 5,
    "subset": 100,
    "label_noise": 0.1,
    "pixel_permutation": 0,
    "stratified": False,
    "grouped": True,
    "class_weights": "balanced",
    "keep": "auc",
}


def test_every_field_changes_the_key() -> None:
    keys = {Recipe().key} | {Recipe(**{name: value}).key for name, value in CHANGED.items()}
    fold = Recipe(folds=5, fold=1).key
    assert fold not in keys
    assert len(keys) == 1 + len(CHANGED)
    assert set(CHANGED) | {"fold"} == {f.name for f in dataclasses.fields(Recipe)}


def test_fields_that_joined_later_leave_the_keys_of_older_recipes_as_they_were() -> None:
    old = Recipe(keep="auc")  # what every recipe meant before it could say so
    everything = dataclasses.asdict(old) | {"code": runs.CODE_VERSION}
    older = {name: value for name, value in everything.items() if name not in runs.JOINED_LATER}
    canonical = json.dumps(older, sort_keys=True, separators=(",", ":"))
    assert old.key == hashlib.sha256(canonical.encode()).hexdigest()


def test_key_is_the_same_for_equal_values_however_spelled() -> None:
    assert Recipe(learning_rate=1, epochs=3).key == Recipe(learning_rate=1.0, epochs=3.0).key  # type: ignore[arg-type]
    assert Recipe(epochs=Recipe().epochs, width=16).key == Recipe().key


def test_key_changes_with_the_code_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Recipe().key
    monkeypatch.setattr(runs, "CODE_VERSION", "another")
    assert Recipe().key != before


def test_recipe_survives_json() -> None:
    recipe = Recipe(dataset="digits", fractions=(0.8, 0.1, 0.1), subset=50)
    again = Recipe.from_dict({**dataclasses.asdict(recipe), "fractions": [0.8, 0.1, 0.1]})
    assert again == recipe
    assert hash(again) == hash(recipe)
    with pytest.raises(ValueError, match="no field named colour"):
        Recipe.from_dict({"colour": "red"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"learning_rate": -1},
        {"learning_rate": "fast"},
        {"epochs": 0},
        {"epochs": 2.5},
        {"epochs": 10**9},
        {"batch_size": True},
        {"batch_size": 0},
        {"model": "transformer"},
        {"optimizer": "<script>"},
        {"fractions": (0.5, 0.2, 0.2)},
        {"fractions": (1.0, 0.0, 0.0)},
        {"fractions": (float("nan"), 0.2, 0.2)},
        {"fold": 3},
        {"folds": 5, "fold": 5},
        {"folds": 1},
        {"subset": 1},
        {"dataset": ""},
        {"official_split": "yes"},
    ],
)
def test_bad_recipes_are_refused_with_a_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        Recipe(**wrong)  # type: ignore[arg-type]


def test_differences_name_the_fields_that_differ() -> None:
    assert differences(Recipe(), Recipe(seed=3)) == {"seed": (0, 3)}
    assert differences(Recipe(), Recipe()) == {}


def test_a_stored_recipe_of_version_0_1_0_kept_the_epoch_of_the_highest_auc() -> None:
    values = {name: value for name, value in dataclasses.asdict(Recipe()).items() if name != "keep"}
    recipe, unread = Recipe.as_stored(values)
    assert recipe.keep == "auc" and unread == ()
