"""Which network an explorer opens, what the lists call a run, and which runs stand apart in them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dlcore.runs import Recipe, Run
from dlcore.store.store import shared
from dlcore.training import fit
from ui.training.one_run import called, name_of

FIRST = Recipe(dataset="digits", epochs=1, width=4, depth=2, subset=60)
SECOND, FOLD = replace(FIRST, seed=1), replace(FIRST, folds=3, fold=1)
ME = "this computer"


@pytest.fixture(scope="module")
def runs(own_folders: None) -> Iterator[dict[Recipe, Run]]:
    """Two single trainings and then a fold; taken out again, for other pages' tests expect an empty store."""
    trained = {recipe: fit(recipe) for recipe in (FIRST, SECOND, FOLD)}
    for run in trained.values():
        shared().publish(run)
    yield trained
    for run in trained.values():
        shared().delete(run.key)


def seen(test: Any, page: str, **address: str) -> str:
    """The key of the network that an explorer opens, in a session that was elsewhere before."""
    for name, value in address.items():
        test.query_params[name] = value
    test.switch_page(f"pages/{page}.py").run()
    assert not test.exception
    key = str(test.selectbox(key=f"{page}_run").value)
    assert test.query_params[f"{page}_run"] in (key, [key])
    return key


def test_the_newest_run_of_an_experiment_is_not_what_an_explorer_opens(app: Callable, runs: dict) -> None:
    test = app("home")
    assert seen(test, "gradcam") == SECOND.key
    offered = test.selectbox(key="gradcam_run").options
    *single, last = [each.startswith("Experiment") for each in offered]
    assert len(single) >= 2 and not any(single) and last
    assert any(f"Network: {name_of(SECOND)}." in caption.value for caption in test.caption)


def test_explorers_open_the_network_that_this_session_has_just_looked_at(app: Callable, runs: dict) -> None:
    test = app("home")
    test.query_params["training_run"] = FIRST.key
    test.switch_page("pages/training.py").run()
    assert seen(test, "gradcam") == FIRST.key
    test.selectbox(key="gradcam_run").set_value(SECOND.key).run()
    assert seen(test, "convolution", convolution_tab="Inside a trained CNN") == SECOND.key
    test.selectbox(key="convolution_run").set_value(FIRST.key).run()
    assert seen(test, "gradcam") == FIRST.key


def test_a_link_says_which_network_whatever_was_looked_at_before(app: Callable, runs: dict) -> None:
    test = app("home")
    test.query_params["training_run"] = FIRST.key
    test.switch_page("pages/training.py").run()
    assert seen(test, "gradcam", gradcam_run=FOLD.key) == FOLD.key


def test_every_list_says_what_the_learner_calls_a_run_and_tells_two_of_one_name_apart(runs: dict) -> None:
    ledger, recipes = shared().ledger, {recipe.key: recipe for recipe in (FIRST, SECOND)}
    ledger.rename(FIRST.key, ME, "mine")
    assert called(recipes) == {FIRST.key: "mine", SECOND.key: name_of(SECOND)}
    ledger.rename(SECOND.key, ME, "mine")
    assert called(recipes) == {key: f"mine · {key[:6]}" for key in recipes}
    for key in recipes:
        ledger.rename(key, ME, "")


def test_the_table_of_runs_has_experiments_behind_a_switch(app: Callable, runs: dict) -> None:
    test = app("home")
    test.query_params["training_tab"] = "Saved runs"
    test.switch_page("pages/training.py").run()
    assert {FIRST.key[:6], SECOND.key[:6]} <= set(test.dataframe[0].value["run"])
    assert FOLD.key[:6] not in set(test.dataframe[0].value["run"])
    row = test.dataframe[0].value.set_index("run").loc[FIRST.key[:6]]
    assert row["its 95% interval"].endswith("n = 360") and row["finished (UTC)"].startswith("20")
    test.toggle(key="training_experiments").set_value(True).run()
    assert FOLD.key[:6] in set(test.dataframe[0].value["run"])


def test_other_images_put_the_run_on_show_away(app: Callable, runs: dict) -> None:
    test = app("home")
    test.query_params["training_run"] = FIRST.key
    test.query_params["training_data"] = "Handwritten digits"
    test.switch_page("pages/training.py").run()
    assert any(f"**{name_of(FIRST)}**" in caption.value for caption in test.caption)
    test.selectbox(key="training_data").set_value("cells").run()
    assert not test.exception and "training_run" not in test.query_params
    assert not any(name_of(FIRST) in caption.value for caption in test.caption)
