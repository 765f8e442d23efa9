"""The training page: its sections without a browser, and a training from click to curves in a real one."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from dlcore.runs import Recipe, Run
from dlcore.store import shared
from dlcore.training import fit

PATIENCE = 60.0  # seconds; a loaded machine is slow to score


@pytest.fixture(scope="module")
def stored() -> list[Run]:
    """Three small runs in the store, as trainings would have left them."""
    runs = [fit(Recipe(dataset="digits", model="mlp", epochs=2, width=16, seed=seed)) for seed in range(3)]
    for run in runs:
        shared().publish(run)
    return runs


def open_tab(app: Callable, tab: str, run: Run | None = None, **query: str) -> Any:
    """The page with a tab open, a run on show and more in its address, in a session new to the page."""
    test = app("home").switch_page("pages/training.py")
    test.query_params["training_data"] = "Handwritten digits"
    test.query_params["training_tab"] = tab
    if run is not None:
        test.query_params["training_run"] = run.key
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def texts(test: Any) -> str:
    return "\n".join(str(e.value) for e in (*test.markdown, *test.caption, *test.warning, *test.info))


def wait_until(test: Any, text: str) -> Any:
    """Runs the page again until it says this: slow answers are made beside it."""
    end = time.monotonic() + PATIENCE
    while text not in texts(test):
        assert time.monotonic() < end, f"the page does not say {text!r}: {texts(test)}"
        time.sleep(0.2)
        test.run()
        assert not test.exception
    return test


def test_the_splits_say_which_split_they_are_and_what_test_is_for(app: Callable) -> None:
    test = open_tab(app, "Splits")
    assert not test.exception
    said = texts(test)
    assert "No official split" in said and "no decision may depend on it" in said
    assert "nothing here speaks for a prevalence shift" in said


def test_the_leak_detector_counts_pairs_and_sets_the_run_apart(app: Callable, stored: list[Run]) -> None:
    test = wait_until(
        open_tab(app, "Splits", stored[0], training_leaks="true", training_twin="0.95"), "have a twin"
    )
    assert "near-duplicates" in texts(test) and "The class mix differs too" in texts(test)
    assert test.segmented_control(key="training_leak_who").value == "the MLP on show"
    closer = test.select_slider(key="training_twin").set_value(0.999).run()
    assert "nothing to set apart" in texts(closer)


def test_the_test_set_opens_once_confirmed_is_counted_and_contaminates_what_follows(
    app: Callable, stored: list[Run]
) -> None:
    ledger, first, second = shared().ledger, *stored[:2]
    ledger.reset_openings("digits", "this computer")
    test = open_tab(app, "The sealed test set", first)
    assert "is **closed**" in texts(test)
    assert test.button(key="training_open_test").disabled
    test.checkbox[0].check().run()
    test.button(key="training_open_test").click().run()
    wait_until(test, "has been submitted")
    looks = ledger.test_openings("digits", "this computer")
    assert [look["key"] for look in looks] == [first.key]
    assert f"{100 * looks[0]['scores']['accuracy']:.1f} % (" in texts(test)  # with its interval
    test.run()
    assert len(ledger.test_openings("digits", "this computer")) == 1  # a rerun is no look

    again = open_tab(app, "The sealed test set", second)
    assert "opened 1 time already" in texts(again)
    assert "upper bound" in texts(again) and "E[max of 2]" in texts(again)
    again.checkbox[0].check().run()
    again.button(key="training_open_test").click().run()
    wait_until(again, "| 2 |")
    assert "contaminated" in texts(again)

    ledger.reset_openings("digits", "this computer")
    sealed = open_tab(app, "The sealed test set", second)
    assert "is **closed**" in texts(sealed)


def test_the_runs_table_marks_a_run_made_after_a_look_and_names_a_default_run(
    app: Callable, stored: list[Run]
) -> None:
    ledger = shared().ledger
    ledger.reset_openings("digits", "this computer")
    ledger.record_opening("digits", "this computer", stored[0].key, {"accuracy": 0.5, "auc": None})
    late = fit(Recipe(dataset="digits", model="mlp", epochs=1))
    shared().publish(late)
    test = open_tab(app, "Splits")
    test.session_state["training_runs"] = True
    test.run()
    table = test.dataframe[0].value.set_index("run")
    assert table.loc[late.key[:6], "chosen"] == "after a test look: contaminated"
    assert table.loc[stored[0].key[:6], "chosen"] == ""
    assert table.loc[late.key[:6], "differs from the default in"] == "epochs 1"
    ledger.reset_openings("digits", "this computer")
