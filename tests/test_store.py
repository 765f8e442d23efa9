"""The store keeps what it was given, notices what was changed, and survives being killed."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from dlcore.runs import Epoch, Recipe, Run
from dlcore.store.store import CorruptRunError, Store


def made_run(seed: int = 0, size: int = 10) -> Run:
    epoch = Epoch(1, 0.5, 0.8, 0.9, 0.6, 0.7, None, 1.0, 1e-3, 0.1)
    rng = np.random.default_rng(seed)
    return Run(
        recipe=Recipe(dataset="digits", seed=seed, epochs=1),
        epochs=(epoch,),
        status="finished",
        best=1,
        weights={"w": rng.standard_normal((size, size)).astype(np.float32), "n": np.array(3)},
        val_index=np.arange(4),
        val_logits=rng.standard_normal((4, 10)).astype(np.float32),
        class_names=tuple("0123456789"),
        image_shape=(8, 8, 1),
        parameters=100,
        train_size=20,
        seconds=0.2,
        history=rng.standard_normal((1, 4, 10)).astype(np.float32),
        history_epochs=np.array([1]),
        epoch_weights={0: {"w": rng.standard_normal((2, 3)).astype(np.float32), "n": np.array(0)}},
        owners=frozenset({"ada", "user:Zoë"}),
    )


def same_arrays(mine: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> bool:
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[k], theirs[k]) for k in mine)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def test_what_comes_out_is_what_went_in(store: Store) -> None:
    run = made_run()
    store.publish(run)
    again = Store(store.root).get(run.key)
    assert again is not None
    for field in dataclasses.fields(Run):
        mine, theirs = getattr(run, field.name), getattr(again, field.name)
        if isinstance(mine, np.ndarray):
            assert np.array_equal(mine, theirs)
        elif field.name == "weights":
            assert same_arrays(mine, theirs)
        elif field.name == "epoch_weights":
            assert list(theirs) == [0, 1]  # the kept epoch's are not stored twice
            assert same_arrays(mine[0], theirs[0]) and same_arrays(run.weights, theirs[1])
        else:
            assert mine == theirs, field.name


def test_a_run_stored_before_there_was_a_history_is_read_without_one(store: Store) -> None:
    place = store.publish(made_run())
    document = json.loads((place / "run.json").read_text())
    del document["sha256"]["history"]
    (place / "run.json").write_text(json.dumps(document))
    (place / "history.safetensors").unlink()
    again = Store(store.root).get(place.name)
    assert again is not None and again.best == 1
    assert again.history.size == again.history_epochs.size == 0


def test_an_unknown_key_gives_none_and_a_forged_one_is_refused(store: Store) -> None:
    assert store.get("0" * 64) is None
    for forged in ["../" + "0" * 61, "x" * 64, "", "A" * 64, "0" * 63 + "\n"]:
        with pytest.raises(ValueError, match="hexadecimal"):
            store.get(forged)


def test_the_first_publication_wins(store: Store) -> None:
    run = made_run()
    store.publish(run)
    store.publish(dataclasses.replace(run, seconds=99.0))
    kept = store.get(run.key)
    assert kept is not None and kept.seconds == 0.2


@pytest.mark.parametrize(
    "damage",
    ["flip", "truncate", "missing", "json", "nan", "other key", "unknown field", "link", "linked file"],
)
def test_damage_is_noticed_said_and_set_aside(damage: str, store: Store) -> None:
    run = made_run()
    place = store.publish(run)
    weights, document = place / "weights.safetensors", place / "run.json"
    content = bytearray(weights.read_bytes())
    match damage:
        case "flip":
            content[-1] ^= 1
            weights.write_bytes(content)
        case "truncate":
            weights.write_bytes(content[:-8])
        case "missing":
            weights.unlink()
        case "json":
            document.write_text(document.read_text()[:-20])
        case "nan":
            store.delete(run.key)
            store.publish(dataclasses.replace(run, weights={"w": np.array([np.nan])}))
        case "other key":
            document.write_text(document.read_text().replace(run.key, "0" * 64))
        case "link":
            place.rename(store.root / "elsewhere")
            place.symlink_to(store.root / "elsewhere")
        case "linked file":
            document.rename(store.root / "elsewhere.json")
            document.symlink_to(store.root / "elsewhere.json")
        case "unknown field":
            document.write_text(document.read_text().replace('"batch_size"', '"batch_sice"'))
    with pytest.raises(CorruptRunError, match="damaged"):
        store.get(run.key)
    assert store.get(run.key) is None
    store.publish(run)
    assert store.get(run.key) is not None


def test_runs_are_listed_newest_first_and_the_index_can_be_rebuilt(store: Store) -> None:
    for seed in range(3):
        store.publish(made_run(seed))
    assert [row["recipe"].seed for row in store.runs()] == [2, 1, 0]
    again = Store(store.root)
    (store.root / "index.sqlite").unlink()
    for leftover in store.root.glob("index.sqlite-*"):
        leftover.unlink()
    assert again.rebuild_index() == 3
    assert {row["recipe"].seed for row in again.runs()} == {0, 1, 2}
    again.delete(made_run(1).key)
    assert {row["recipe"].seed for row in again.runs()} == {0, 2}


def test_a_full_or_read_only_disk_leaves_nothing_half_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.publish(made_run())
    assert [p.name for p in store.root.iterdir() if not p.name.startswith("index")] == []


def test_thirty_two_threads_publishing_the_same_runs_leave_whole_ones(store: Store) -> None:
    threads = [threading.Thread(target=lambda i=i: store.publish(made_run(i % 4))) for i in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(store.get(made_run(i).key) is not None for i in range(4))
    assert len(store.runs()) == 4
    assert not list(store.root.glob(".draft-*"))


def test_kill_9_while_publishing_leaves_whole_runs_or_none(tmp_path: Path) -> None:
    """A publisher is killed again and again; every folder that is visible must be readable."""
    program = textwrap.dedent("""
        import sys, itertools
        sys.path[:0] = ["tests"]
        from pathlib import Path
        from test_store import Store, made_run
        store = Store(Path(sys.argv[1]))
        for i in itertools.count(int(sys.argv[2])):
            store.publish(made_run(i, size=300))
            print(i, flush=True)
    """)
    root = tmp_path / "runs"
    published = 0
    for start in range(0, 6000, 1000):
        command = [sys.executable, "-c", program, str(root), str(start)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as publisher:
            assert publisher.stdout is not None
            for _ in range(2):
                publisher.stdout.readline()  # one is whole, another begun, however slow the machine is
            time.sleep(0.013 * (start / 1000))
            publisher.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    store = Store(root)
    for place in root.glob("[0-9a-f]*"):
        assert store.get(place.name) is not None
        published += 1
    assert published >= 12


def test_looks_at_a_test_set_are_counted_per_learner_and_set_exactly_once(store: Store) -> None:
    def look() -> None:
        store.ledger.record_opening("cells", "ada", "0" * 64, {"accuracy": 0.9, "auc": None})

    threads = [threading.Thread(target=look) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.ledger.record_opening("cells", "bob", "0" * 64, {}) == 1
    assert store.ledger.record_opening("digits", "ada", "0" * 64, {}) == 1
    looks = store.ledger.test_openings("cells", "ada")
    assert len(looks) == 12
    assert looks[0]["scores"] == {"accuracy": 0.9, "auc": None}


def test_requests_stay_open_until_the_run_is_there_or_nobody_wants_it(store: Store) -> None:
    a, b = made_run(0), made_run(1)
    for run in (a, b, a):
        store.ledger.request(run.recipe)
    assert store.ledger.open_requests() == [a.recipe, b.recipe]
    store.publish(a)
    store.ledger.close_request(b.key)
    assert store.ledger.open_requests() == []


def test_a_run_stays_until_the_last_who_asked_for_it_lets_go(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = made_run()
    store.publish(run)
    for name in ("ann", "bob"):
        store.ledger.claim([run.key], name)
    store.ledger.rename(run.key, "cay", "seen by cay")  # a name is no claim
    assert store.ledger.owners([run.key, "0" * 64]) == {run.key: {"ann", "bob"}, "0" * 64: set()}
    assert not store.let_go(run.key, "ann") and store.get(run.key) is not None
    assert store.let_go(run.key, "bob") and store.get(run.key) is None


def test_names_are_ones_own_and_one_clean_line(tmp_path: Path) -> None:
    ledger = Store(tmp_path).ledger
    ledger.claim(["k"], "ann")
    ledger.rename("k", "ann", " first\n\0try " + "x" * 99)
    assert ledger.names("ann")["k"].startswith("first  try xx") and len(ledger.names("ann")["k"]) == 60
    assert ledger.names("bob") == {}
    ledger.rename("k", "ann", "")
    assert ledger.names("ann") == {} and ledger.owners(["k"]) == {"k": {"ann"}}


def test_a_database_from_before_runs_had_owners_opens_and_takes_them(tmp_path: Path) -> None:
    import sqlite3

    Store(tmp_path).ledger.claim(["old"], "ann")
    with sqlite3.connect(tmp_path / "index.sqlite") as db:
        db.execute("DROP TABLE claims")
        db.execute("UPDATE schema SET version = 1")
    db.close()
    ledger = Store(tmp_path).ledger
    assert ledger.owners(["old"]) == {"old": set()}
    ledger.claim(["new"], "ann")
    assert ledger.owners(["new"]) == {"new": {"ann"}}
