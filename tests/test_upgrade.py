"""The upgrade: what version 0.1.0 left behind, opened by the lab of today, loses nothing.

Every test starts from a copy of tests/fixtures/version_0_1_0, which the code of that version wrote.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sql
from conftest import ROOT

from dlcore.data import ImageSet, load
from dlcore.jobs import jobs
from dlcore.metrics import macro_auc
from dlcore.oracles.training import auc_by_scikit_learn
from dlcore.runs import CODE_VERSION, Recipe, Run
from dlcore.store import Store, UnreadableRunError, schema
from dlcore.store import store as storing
from dlcore.store.run_files import OWNERS, UNREADABLE, read_owners

OLD = ROOT / "tests" / "fixtures" / "version_0_1_0"
HERE, ALICE, BOB = "this computer", "user:alice", f"session:{'b' * 32}"
KEYS = sorted(place.name for place in (OLD / "runs").glob("[0-9a-f]*"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The copied store, opened as a server opens it."""
    shutil.copytree(OLD / "runs", tmp_path / "runs")
    shutil.copytree(OLD / "uploads", tmp_path / "data" / "uploads")
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path / "data"))
    storing._shared.cache_clear()
    yield storing.shared()
    storing.shared().ledger.engine.dispose()
    storing._shared.cache_clear()


def run_of(store: Store, **fields: object) -> Run:
    """The one stored run whose recipe has these values."""
    rows = [row for row in store.runs() if all(getattr(row["recipe"], f) == v for f, v in fields.items())]
    assert len(rows) == 1
    run = store.get(rows[0]["key"])
    assert run is not None
    return run


def images_of(run: Run) -> ImageSet | None:
    """The images of a run that need no download."""
    return None if run.recipe.dataset == "breastmnist" else load(run.recipe.dataset)


def test_every_run_is_listed_and_opens_and_says_which_version_computed_it(store: Store) -> None:
    rows = store.runs()
    assert sorted(row["key"] for row in rows) == KEYS and {row["code"] for row in rows} == {"1"}
    for key in KEYS:
        run = store.get(key)
        assert run is not None and run.key == key and run.recipe.key_under("1") == key != run.recipe.key
        assert run.code == "1" and not run.is_of_this_version and not run.holds_logits and run.unread == ()
        assert run.epochs and run.weights and len(run.image_shape) == 3
        assert run.predictions.logits is None and run.val_logits.size == 0
        assert run.val_probabilities.shape == (len(run.val_index), len(run.class_names))
        assert list(run.epoch_weights) == [run.best]
    statuses = sorted(row["status"] for row in rows)
    assert statuses == ["diverged", *["finished"] * 4, "stopped_early"]


def test_its_figures_come_out_again_from_the_probabilities_that_it_holds(store: Store) -> None:
    seen = 0
    for key in KEYS:
        run = store.get(key)
        assert run is not None
        if (images := images_of(run)) is None:
            continue
        labels = images.labels[run.val_index]
        for number in run.history_epochs:
            said, epoch = run.predictions_after(int(number)), run.epochs[number - 1]
            assert epoch.val_accuracy == (said.probabilities.argmax(axis=1) == labels).mean()
            assert epoch.val_auc == pytest.approx(
                macro_auc(said.probabilities, labels, said.logits), abs=1e-12
            )
            assert epoch.val_auc == pytest.approx(
                auc_by_scikit_learn(said.probabilities, labels, said.logits), abs=1e-12
            )
            seen += 1
    assert seen >= 8


def test_its_network_gives_the_stored_probabilities_again(store: Store) -> None:
    from dlcore import models, training
    from dlcore.logits import probabilities

    run = run_of(store, dataset="digits", model="cnn")
    x = load("digits").images[run.val_index]
    p = probabilities(training.predict(models.load(run), x))
    assert np.abs(p - run.val_probabilities).max() < 1e-5


def test_owners_names_lessons_and_looks_are_what_they_were(store: Store) -> None:
    ledger = store.ledger
    mlp, cnn = run_of(store, dataset="digits", model="mlp"), run_of(store, dataset="digits", model="cnn")
    owners = ledger.owners(KEYS)
    assert owners[cnn.key] == {HERE, ALICE, BOB} and owners[mlp.key] == {HERE}
    assert ledger.names(HERE) == {mlp.key: "My first network"}
    assert ledger.names(ALICE) == {cnn.key: "Alice's edges"}
    steps = {(row["step"], row["given"], row["revealed"]) for row in ledger.steps_of(HERE)}
    assert len(steps) == 3 and len(ledger.steps_of(ALICE)) == 1
    assert sorted((given, shown) for _, given, shown in steps) == [
        ("0", False),
        ("2.5", True),
        ("stays", True),
    ]
    looks = ledger.test_openings("digits", HERE)
    assert [look["key"] for look in looks] == [mlp.key, cnn.key]
    assert ledger.record_opening("digits", HERE, mlp.key, {}) == 3
    assert len(ledger.test_openings("breastmnist", HERE)) == 1 == len(ledger.test_openings("digits", ALICE))


def test_steps_of_the_lessons_still_have_the_names_under_which_they_were_noted(store: Store) -> None:
    from dlcore.course.lessons import read_lessons

    known = {step.key for lesson in read_lessons() for step in lesson.steps}
    assert {row["step"] for who in (HERE, ALICE) for row in store.ledger.steps_of(who)} <= known


def test_owners_are_noted_beside_the_runs_and_survive_the_loss_of_the_database(store: Store) -> None:
    before = {key: owners for key, owners in store.ledger.owners(KEYS).items() if owners}
    assert {key: read_owners(store.folder(key)) for key in before} == before
    store.ledger.engine.dispose()
    for file in store.root.glob("index.sqlite*"):
        file.unlink()
    storing._shared.cache_clear()
    again = storing.shared()
    assert {key: owners for key, owners in again.ledger.owners(KEYS).items() if owners} == before
    assert sorted(row["key"] for row in again.runs()) == KEYS
    run = again.get(next(iter(before)))
    assert run is not None and run.owners == before[run.key]


def test_who_had_a_run_on_an_upload_opens_its_images_and_nobody_else_does(store: Store) -> None:
    run = next(run for key in KEYS if (run := store.get(key)) and run.recipe.dataset.startswith("upload:"))
    owners = store.ledger.owners([run.key])[run.key]
    assert owners and store.ledger.owners_of_uploads([run.recipe.dataset]) == {run.recipe.dataset: owners}


def test_who_asks_and_who_lets_go_is_noted_beside_the_run_and_a_garbled_note_is_nobodys(store: Store) -> None:
    run = run_of(store, dataset="digits", model="mlp")
    store.claim([run.key, "0" * 64], "user:carl")
    assert read_owners(store.folder(run.key)) == {HERE, "user:carl"}
    assert not store.let_go(run.key, HERE)
    assert read_owners(store.folder(run.key)) == {"user:carl"}
    (store.folder(run.key) / OWNERS).write_text("{")
    assert read_owners(store.folder(run.key)) == {UNREADABLE}
    assert run_of(store, dataset="digits", model="mlp").owners == {UNREADABLE}


def test_open_requests_of_the_old_version_are_closed_by_name_and_not_asked_again(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(store.root / "index.sqlite") as db:
        assert db.execute("SELECT count(*) FROM requests").fetchone() == (2,)
    assert store.ledger.open_requests() == []
    assert jobs.resume() == 0
    assert caplog.text.count("asked of another version of the code") == 2
    assert "digits, mlp, seed 7" in caplog.text and "digits, mlp, seed 8" in caplog.text
    with sqlite3.connect(store.root / "index.sqlite") as db:
        assert db.execute("SELECT count(*) FROM requests").fetchone() == (0,)
    assert jobs.resume() == 0 and caplog.text.count("asked of another version") == 2
    recipe = Recipe(dataset="digits", seed=5)
    store.ledger.request(recipe)  # one of today stays open
    assert store.ledger.close_outdated_requests() == {} and store.ledger.open_requests() == [recipe]


def test_the_database_has_todays_schema(store: Store) -> None:
    with store.ledger.engine.connect() as db:
        assert db.execute(sql.select(schema.schema.c.version)).scalars().all() == [schema.VERSION]
    look = sql.inspect(store.ledger.engine)
    for table in schema.metadata.sorted_tables:
        assert {c["name"] for c in look.get_columns(table.name)} == {c.name for c in table.columns}


def test_an_old_run_can_be_stored_again_as_it_is(store: Store, tmp_path: Path) -> None:
    run = run_of(store, dataset="digits", model="mlp")
    other = Store(tmp_path / "other")
    other.publish(run)
    again = other.get(run.key)
    assert again is not None and again.code == "1" and again.recipe == run.recipe
    assert np.array_equal(again.rounded, run.rounded)
    assert np.array_equal(again.rounded_history, run.rounded_history)
    assert other.adopt(store.root) == 0  # of another version: not taken over among the first runs
    other.ledger.engine.dispose()


# --- the other way: what a newer version has written -------------------------------------------------------


def edited(store: Store, key: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrites a run.json, and its recipe in the index."""
    file = store.folder(key) / "run.json"
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    with sqlite3.connect(store.root / "index.sqlite") as db:
        recipe = json.dumps(document["run"]["recipe"])
        db.execute("UPDATE runs SET recipe = ? WHERE key = ?", (recipe, key))


def newer(document: dict[str, Any]) -> None:
    document |= {"format": 99, "signature": "of a newer version"}
    document["run"] |= {"code": "99", "mood": "good"}
    document["run"]["recipe"]["warm_up"] = 3
    for epoch in document["run"]["epochs"]:
        epoch["val_brier"] = 0.1


def test_what_a_newer_version_added_is_skipped_by_its_name(store: Store) -> None:
    run = run_of(store, dataset="digits", model="mlp")
    edited(store, run.key, newer)
    again = store.get(run.key)
    assert again is not None and again.key == run.key and again.code == "99"
    assert again.unread == ("warm_up", "epochs.val_brier", "mood")
    assert again.recipe == run.recipe and again.epochs == run.epochs
    assert sorted(row["key"] for row in store.runs()) == KEYS and store.skipped() == {}


@pytest.mark.parametrize("field, value", [("model", "transformer"), ("learning_rate", 1e9), ("depth", None)])
def test_a_run_that_only_another_version_can_read_is_left_alone_skipped_and_named(
    store: Store, field: str, value: object
) -> None:
    run = run_of(store, dataset="digits", model="mlp")

    def change(document: dict[str, Any]) -> None:
        newer(document)
        if value is None:
            del document["run"]["recipe"][field]
        else:
            document["run"]["recipe"][field] = value

    edited(store, run.key, change)
    with pytest.raises(UnreadableRunError, match="another version"):
        store.get(run.key)
    assert sorted(row["key"] for row in store.runs()) == [key for key in KEYS if key != run.key]
    assert list(store.skipped()) == [run.key] and field in store.skipped()[run.key]
    store.ledger.forget(run.key)
    assert store.rebuild_index(store.ledger.keys()) == 0 and store.folder(run.key).is_dir()
    assert list(store.skipped()) == [run.key]  # also where only its folder is left


def test_a_request_of_a_newer_version_is_closed_too(store: Store) -> None:
    recipe = json.dumps({"dataset": "digits", "model": "transformer"})
    with sqlite3.connect(store.root / "index.sqlite") as db:
        db.execute("DELETE FROM requests")
        db.execute("INSERT INTO requests VALUES (?, ?, ?)", ("0" * 64, recipe, "2027"))
    assert store.ledger.open_requests() == [] and store.ledger.open_request("0" * 64) is None
    assert list(store.ledger.close_outdated_requests()) == ["0" * 64]


# --- on the pages ------------------------------------------------------------------------------------------


def opened(app: Callable, page: str, **address: str) -> Any:
    test = app("home").switch_page(f"pages/{page}.py")
    for name, value in address.items():
        test.query_params[name] = value
    return test.run()


def texts(test: Any) -> str:
    return "\n".join(str(e.value) for e in (*test.markdown, *test.caption, *test.warning, *test.info))


@pytest.mark.parametrize("view", ["Confusion matrix", "Thresholds", "Calibration"])
def test_the_training_page_shows_an_old_run_and_says_what_it_lacks(
    store: Store, app: Callable, view: str
) -> None:
    run = run_of(store, dataset="digits", model="cnn")
    test = opened(
        app,
        "training",
        training_data="Handwritten digits",
        training_run=run.key,
        training_tab="Evaluation",
        training_view=view,
    )
    assert not test.exception and not test.error
    said = texts(test)
    assert f"version 1 of the lab's code; today's is {CODE_VERSION}" in said and "rounded" in said
    assert "≠" not in said


def test_the_losses_page_judges_an_old_run_by_what_it_holds(store: Store, app: Callable) -> None:
    test = opened(
        app,
        "training",
        training_data="Handwritten digits",
        training_run=run_of(store, dataset="digits", model="mlp").key,
        training_tab="Experiments",
        training_experiment="Loss functions",
    )
    assert not test.exception and not test.error
    assert "stored without logits" in texts(test) and "≠" not in texts(test)


def test_the_runs_table_lists_old_runs_with_their_names_and_version(store: Store, app: Callable) -> None:
    test = opened(app, "training", training_data="Handwritten digits", training_tab="Saved runs")
    assert not test.exception and not test.error
    table = test.dataframe[0].value
    assert len(table) == len(KEYS) and "My first network" in list(table["name"])
    assert set(table["version"]) == {"1, an older one"}
    assert sorted(table["run"]) == sorted(key[:6] for key in KEYS)


def test_the_explorers_open_an_old_network_by_the_name_it_had(store: Store, app: Callable) -> None:
    from ui.training.one_run import name_of

    run = run_of(store, dataset="digits", model="cnn")
    name = name_of(run.recipe, run.key)
    assert name.endswith(run.key[:6])
    test = opened(app, "gradcam", gradcam_run=name)
    assert not test.exception and not test.error
    assert (
        test.selectbox(key="gradcam_run").value == run.key
        and name in test.selectbox(key="gradcam_run").options
    )
