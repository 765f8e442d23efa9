"""What breaks on a server is told truthfully and healed: a damaged index, rows and requests of other versions."""

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError
from test_store import made_run

from dlcore.jobs import jobs
from dlcore.runs import Recipe
from dlcore.store import schema
from dlcore.store.ledger import Ledger, now
from dlcore.store.store import Store, shared

STRANGE = "f" * 64
PAGES = ("training", "convolution", "gradcam")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The shared store, in a folder of its own, with two runs, an owner and a look."""
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    store = shared()
    for seed in range(2):
        store.publish(made_run(seed))
    store.claim([made_run(0).key], "ada")
    store.ledger.record_opening("cells", "ada", made_run(0).key, {"accuracy": 0.5})
    yield store
    store.ledger.engine.dispose()


def overwrite(file: Path, start: int, length: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(start)
        stream.write(b"\xab" * length)


def set_aside(store: Store) -> list[Path]:
    return sorted(store.root.glob(".damaged-*.sqlite"))


def test_a_damaged_index_is_set_aside_and_made_again_from_the_folders_and_that_is_said_once(
    store: Store,
) -> None:
    keys = [row["key"] for row in store.runs()]
    store.ledger.engine.dispose()
    overwrite(store.root / "index.sqlite", 0, 4096)
    again = Store(store.root)
    assert sorted(row["key"] for row in again.runs()) == sorted(keys)
    assert again.ledger.owners(keys)[made_run(0).key] == {"ada"}
    assert len(set_aside(again)) == 1
    assert "no run is lost" in again.ledger.news() and again.ledger.news() == ""
    assert set_aside(again)[0].name in again.ledger.notices()[0]["text"]
    again.ledger.engine.dispose()
    third = Store(store.root)  # healthy now: nothing more is set aside, nothing more is said
    assert len(third.runs()) == 2 and third.ledger.news() == "" and len(third.ledger.notices()) == 1
    third.ledger.engine.dispose()


def test_what_can_still_be_read_of_a_damaged_index_is_taken_over(store: Store) -> None:
    with store.ledger.engine.begin() as db:
        db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.ledger.engine.dispose()
    with sqlite3.connect(store.root / "index.sqlite") as db:
        page, size = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'runs'").fetchone()[0], 4096
    db.close()
    overwrite(store.root / "index.sqlite", (page - 1) * size, size)
    again = Store(store.root)
    assert len(again.runs()) == 2
    assert len(again.ledger.test_openings("cells", "ada")) == 1  # a look does not become unmade
    again.ledger.engine.dispose()


def test_an_index_that_is_damaged_or_removed_while_the_server_runs_is_healed_by_the_next_who_asks(
    store: Store,
) -> None:
    with store.ledger.engine.begin() as db:
        db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.ledger.engine.dispose()  # its connections remember pages; another process would not
    overwrite(store.root / "index.sqlite", 0, 8192)
    with pytest.raises(DatabaseError):
        store.runs()
    assert len(store.runs()) == 2 and len(set_aside(store)) == 1
    (store.root / "index.sqlite").unlink()
    assert len(store.runs()) == 2
    assert store.ledger.owners([made_run(0).key])[made_run(0).key] == {"ada"}


def test_a_database_of_a_newer_lab_is_not_taken_for_a_damaged_one(store: Store) -> None:
    with store.ledger.engine.begin() as db:
        db.execute(schema.schema.update().values(version=schema.VERSION + 1))
    store.ledger.engine.dispose()
    with pytest.raises(schema.UnfitDatabaseError, match="newer version"):
        Ledger(store.root).keys()
    assert not set_aside(store)
    with sqlite3.connect(store.root / "index.sqlite") as db:
        db.execute("UPDATE schema SET version = ?", (schema.VERSION,))
    db.close()


def of_another_version(ledger: Ledger) -> None:
    """A run and a request that a later version of the lab has left behind."""
    recipe = json.dumps({"dataset": "cells", "model": "transformer", "heads": 8})
    row = {"key": STRANGE, "dataset": "cells", "model": "transformer", "recipe": recipe, "finished": now()}
    with ledger.engine.begin() as db:
        db.execute(schema.run_index.insert().values(**row, status="finished", best=1, code="99"))
        db.execute(schema.requests.insert().values(key=STRANGE, recipe=recipe, requested=now()))


@pytest.mark.parametrize("page", PAGES)
def test_rows_of_another_version_give_no_error_box(
    page: str, store: Store, app: Callable[[str], object]
) -> None:
    for run in made_run(0), made_run(1):  # their weights are no network's
        store.delete(run.key)
    (store.root / STRANGE).mkdir()
    of_another_version(store.ledger)
    assert not app(page).exception  # type: ignore[attr-defined]
    assert STRANGE in store.ledger.skipped()


def test_what_another_version_left_open_is_closed_by_name_and_the_rest_goes_on(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_another_version(store.ledger)
    ours = Recipe("cells", epochs=1, seed=77)
    older = Recipe("digits", epochs=1, seed=78)
    store.ledger.request(ours)
    with store.ledger.engine.begin() as db:  # the key it had under an older version of the code
        row = {"key": "e" * 64, "recipe": json.dumps(older.__dict__), "requested": now()}
        db.execute(schema.requests.insert().values(row))
    asked: list[Recipe] = []

    def take_up(recipe: Recipe) -> object:
        asked.append(recipe)
        raise RuntimeError("this one fails, the next is asked for all the same")

    monkeypatch.setattr(jobs, "_take_up", take_up)
    with caplog.at_level(logging.WARNING):
        jobs.resume()
    assert asked == [ours]
    said = " ".join(notice["text"] for notice in store.ledger.notices())
    assert "digits, cnn, seed 78" in said and STRANGE[:6] in said
    assert store.ledger.open_request("e" * 64) is None
    jobs.resume()
    assert asked == [ours, ours] and len(store.ledger.notices()) == 2  # closed once, not at every start


def test_the_warm_up_reads_the_images_without_a_page_and_without_a_complaint(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.frame import stored

    complains = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    monkeypatch.setattr(complains, "propagate", True)  # Streamlit keeps it from caplog
    complains.warning("to be heard")
    assert "to be heard" in caplog.text
    stored._image_set.clear()
    thread = threading.Thread(target=stored.image_set, args=("digits",), name="warm-up")
    thread.start()
    thread.join()
    assert "ScriptRunContext" not in caplog.text


def test_a_warm_up_that_is_confused_once_imports_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.server import warmup

    tries = iter([SystemError("AST constructor recursion depth mismatch"), None])

    def imported() -> None:
        if (problem := next(tries)) is not None:
            raise problem

    monkeypatch.setattr(warmup, "_import_them", imported)
    warmup._import_heavy_modules()
    assert next(tries, "all tries made") == "all tries made"
