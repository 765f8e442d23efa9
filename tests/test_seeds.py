"""Runs that come with the lab: trained ahead, taken over by every store, the ones the pages ask for first."""

import dataclasses
from pathlib import Path

import pytest
from conftest import PATIENCE
from streamlit.testing.v1 import AppTest
from test_store import made_run

from dlcore.experiments import first_runs
from dlcore.runs import Recipe
from dlcore.store import store
from dlcore.store.store import WITH_THE_LAB, Store

TINY = Recipe(dataset="digits", model="mlp", epochs=1)


def test_a_store_takes_over_the_runs_that_came_with_the_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_runs.sow(tmp_path / "seeds", (TINY,))
    first_runs.sow(tmp_path / "seeds", (TINY,))  # sown already
    assert [p.name for p in (tmp_path / "seeds").iterdir()] == [TINY.key]  # no index: it may be read-only
    monkeypatch.setenv("DLCORE_SEED_RUNS", str(tmp_path / "seeds"))
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    mine = store.shared()
    run = mine.get(TINY.key)
    assert run is not None and run.status == "finished"
    assert [row["key"] for row in mine.runs()] == [TINY.key]
    assert mine.adopt(tmp_path / "seeds") == 0  # nothing new


def test_what_was_stored_while_the_database_was_away_is_indexed_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Store(tmp_path / "runs")
    before.publish(made_run(0))
    before.keep(made_run(1))  # its folder is there, its row is not
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    rows = store.shared().runs()
    assert {row["key"] for row in rows} == {made_run(0).key, made_run(1).key}


def test_a_seed_of_another_version_of_the_code_is_left_alone(tmp_path: Path) -> None:
    run = made_run()
    old = dataclasses.replace(run, code="1", filed_as=run.recipe.key_under("1"))
    place = Store(tmp_path / "seeds").keep(old)
    assert place.name == old.key != run.key
    mine = Store(tmp_path / "runs")
    assert mine.adopt(tmp_path / "seeds") == 0
    assert not list(mine.root.glob("*"))


def test_a_damaged_seed_keeps_no_server_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = Store(tmp_path / "seeds").keep(made_run())
    (place / "weights.safetensors").write_bytes(b"damaged")
    monkeypatch.setenv("DLCORE_SEED_RUNS", str(tmp_path / "seeds"))
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    assert store.shared().runs() == []
    assert "not all runs could be taken over" in caplog.text


def test_the_training_pages_first_recipe_is_among_the_seeds() -> None:
    def page() -> None:
        import streamlit as st

        from ui.training.recipe_controls import choose_recipe

        recipe = choose_recipe("cells", "cnn")
        assert recipe is not None
        st.write(recipe.key)

    shown = AppTest.from_function(page, default_timeout=PATIENCE).run()
    assert not shown.exception
    assert shown.markdown[-1].value in {recipe.key for recipe in first_runs.RECIPES}


def test_two_networks_come_with_the_lab_and_weigh_less_than_a_megabyte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [path for path in WITH_THE_LAB.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 1_000_000
    monkeypatch.delenv("DLCORE_SEED_RUNS")
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    fresh = store.shared()
    assert {row["key"] for row in fresh.runs()} == {recipe.key for recipe in first_runs.FIRST_NETWORKS}
    for recipe in first_runs.FIRST_NETWORKS:
        run = fresh.get(recipe.key)
        assert run is not None and run.is_of_this_version and run.best_epoch.val_accuracy > 0.95


def test_a_network_that_comes_with_the_lab_can_be_trained_anew() -> None:
    from dlcore.training import fit

    stored = Store(WITH_THE_LAB).get(Recipe().key)
    again = fit(stored.recipe)
    assert again.status == stored.status == "finished" and len(again.epochs) == len(stored.epochs)
    # To the last digit only on the processor that trained it: a rounding grows over the steps.
    assert again.best_epoch.val_accuracy == pytest.approx(stored.best_epoch.val_accuracy, abs=0.02)
    assert again.best_epoch.val_auc == pytest.approx(stored.best_epoch.val_auc, abs=0.005)
