"""The ledger says the same on SQLite and on PostgreSQL, counts every look once, and lifts older databases."""

import concurrent.futures
import os
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterator
from pathlib import Path

import postgresql
import pytest
import sqlalchemy as sql
from conftest import ROOT
from test_store import made_run

from dlcore.store import schema
from dlcore.store.ledger import Ledger
from dlcore.store.store import Store


@pytest.fixture(scope="session")
def server() -> Iterator[postgresql.Server]:
    if postgresql.programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with postgresql.running() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of runs whose ledger lies in a fresh database of either kind."""
    monkeypatch.delenv("DLCORE_DB_URL", raising=False)
    if request.param == "postgresql":
        server = request.getfixturevalue("server")
        database = f"t{uuid.uuid4().hex}"
        server.create(database)
        monkeypatch.setenv("DLCORE_DB_URL", server.url(database))
        monkeypatch.setenv("DLCORE_DB_PASSWORD_FILE", str(server.password_file))
    yield tmp_path / "runs"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = Store(folder)
    yield store
    store.ledger.engine.dispose()


def test_the_database_is_the_one_that_was_asked_for(store: Store, request: pytest.FixtureRequest) -> None:
    assert store.ledger.engine.dialect.name == request.node.callspec.params["folder"]


def test_runs_are_indexed_refreshed_listed_newest_first_and_forgotten(store: Store) -> None:
    runs = [made_run(i) for i in range(3)]
    for run in (*runs, runs[0]):
        store.publish(run)
    rows = store.runs()
    assert [row["key"] for row in rows] == [run.key for run in runs[::-1]]  # indexed again is not newer
    assert rows[0]["recipe"] == runs[2].recipe and rows[0]["val_accuracy"] == 0.7
    assert len(store.runs(limit=2)) == 2
    store.delete(runs[1].key)
    assert [row["key"] for row in store.ledger.runs(9)] == [runs[2].key, runs[0].key]


def test_the_index_is_rebuilt_from_the_folders(store: Store) -> None:
    runs = [made_run(i) for i in range(3)]
    for run in runs:
        store.publish(run)
        store.ledger.forget(run.key)
    assert store.runs() == []
    assert store.rebuild_index() == 3
    assert {row["key"] for row in store.runs()} == {run.key for run in runs}


def test_requests_are_kept_once_until_the_run_is_there_or_nobody_wants_it(store: Store) -> None:
    a, b = made_run(0), made_run(1)
    for run in (a, b, a):
        store.ledger.request(run.recipe)
    assert store.ledger.open_requests() == [a.recipe, b.recipe]
    store.publish(a)
    store.ledger.close_request(b.key)
    assert store.ledger.open_requests() == []


def test_looks_are_counted_per_learner_and_set_and_can_be_forgotten(store: Store) -> None:
    ledger = store.ledger
    somebody = "user:" + "x" * 300  # longer than version 1 allowed
    assert [ledger.record_opening("cells", somebody, "0" * 64, {"auc": None}) for _ in range(2)] == [1, 2]
    assert ledger.record_opening("cells", "bob", "0" * 64, {}) == 1
    assert ledger.record_opening("digits", somebody, "0" * 64, {}) == 1
    assert ledger.test_openings("cells", somebody)[0]["scores"] == {"auc": None}
    assert ledger.reset_openings("cells", somebody) == 2
    assert ledger.test_openings("cells", somebody) == [] and len(ledger.test_openings("cells", "bob")) == 1


def test_the_latest_prediction_of_a_step_is_kept(store: Store) -> None:
    ledger = store.ledger
    ledger.note_step("ada", "one", "a guess\0", False)
    ledger.note_step("ada", "two", "x" * 500, False)
    ledger.note_step("ada", "one", "another", True)
    kept = {row["step"]: (row["given"], row["revealed"]) for row in ledger.steps_of("ada")}
    assert kept == {"one": ("another", True), "two": ("x" * 200, False)}
    ledger.forget_steps("ada")
    assert ledger.steps_of("ada") == []


def test_what_was_asked_for_in_experiments_alone_is_known_for_each_learner(store: Store) -> None:
    ledger, one, two, three = store.ledger, "1" * 64, "2" * 64, "3" * 64
    ledger.claim([one, two], "ada", together=True)
    ledger.claim([three], "ada")
    ledger.claim([three], "ada", together=True)  # it remains a single run
    ledger.claim([two], "bob")
    assert ledger.of_experiments("ada") == {one, two} and ledger.of_experiments("bob") == {one}
    assert ledger.of_experiments("carl") == {one}  # who has asked for none of them
    ledger.claim([one], "ada")
    assert ledger.of_experiments("ada") == {two}


def test_a_run_has_owners_and_a_name_for_each_and_is_let_go_by_the_last(store: Store) -> None:
    ledger, one, two = store.ledger, "1" * 64, "2" * 64
    ledger.claim([one, two, one], "ada")
    ledger.claim([one], "bob")
    ledger.rename(one, "ada", "my\0 first\n")
    ledger.rename(two, "carl", "seen, not asked for")
    assert ledger.owners([one, two]) == {one: {"ada", "bob"}, two: {"ada"}}
    assert ledger.names("ada") == {one: "my  first"} and ledger.names("bob") == {}
    assert not ledger.let_go(one, "bob")
    assert ledger.let_go(one, "ada") and ledger.names("ada") == {}


def test_the_teacher_sees_who_looked_how_often_the_latest_first(store: Store) -> None:
    for learner in ("ada", "bob", "ada"):
        store.ledger.record_opening("cells", learner, "0" * 64, {})
    rows = [(row["learner"], row["looks"]) for row in store.ledger.looks_of_the_class()]
    assert rows == [("ada", 2), ("bob", 1)]


LOOKS = textwrap.dedent("""
    import concurrent.futures, sys
    from pathlib import Path
    from dlcore.store.ledger import Ledger
    ledger = Ledger(Path(sys.argv[1]))
    def look(_):
        return ledger.record_opening("cells", "ada", "0" * 64, {})
    print("ready", flush=True)
    sys.stdin.readline()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print(*pool.map(look, range(25)), flush=True)
""")


def test_looks_from_two_processes_of_eight_threads_each_count_exactly_once(folder: Path) -> None:
    """Both open the database at the same moment too: the one who comes second finds the tables."""
    command = [sys.executable, "-c", LOOKS, str(folder)]
    lookers = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for looker in lookers:
        assert looker.stdout is not None and looker.stdout.readline() == "ready\n"
    for looker in lookers:
        assert looker.stdin is not None
        looker.stdin.write("go\n")
        looker.stdin.flush()
    counts = [int(n) for looker in lookers for n in looker.communicate(timeout=60)[0].split()]
    assert sorted(counts) == list(range(1, 51))
    ledger = Ledger(folder)
    assert len(ledger.test_openings("cells", "ada")) == 50
    ledger.engine.dispose()


def test_many_threads_may_open_a_new_database_at_once(folder: Path) -> None:
    ledgers = [Ledger(folder) for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda ledger: ledger.engine.dialect.name, ledgers))
    assert len(names) == 1
    for ledger in ledgers:
        ledger.engine.dispose()


# Version 1 as it was, for the one column whose type has changed.
VERSION_1 = (
    "CREATE TABLE schema (version INTEGER PRIMARY KEY)",
    "INSERT INTO schema VALUES (1)",
    "CREATE TABLE test_openings (id {serial} PRIMARY KEY, dataset VARCHAR(200), learner VARCHAR(200),"
    " key VARCHAR(64), opened VARCHAR(40), scores TEXT)",
    "INSERT INTO test_openings (dataset, learner, key, opened, scores)"
    " VALUES ('cells', 'ada', '0', '2026-01-01', '{{}}')",
)


def made_by_version_1(ledger: Ledger) -> None:
    engine = ledger.engine  # creates today's tables
    serial = "SERIAL" if engine.dialect.name == "postgresql" else "INTEGER"
    with engine.begin() as db:
        schema.metadata.drop_all(db)
        for statement in VERSION_1:
            db.exec_driver_sql(statement.format(serial=serial))
    engine.dispose()


def test_an_older_database_is_lifted_and_keeps_what_it_knows(folder: Path) -> None:
    made_by_version_1(Ledger(folder))
    ledger = Ledger(folder)
    with ledger.engine.connect() as db:
        assert db.execute(sql.select(schema.schema.c.version)).scalars().all() == [schema.VERSION]
    assert ledger.record_opening("cells", "ada", "0", {}) == 2
    assert ledger.record_opening("cells", "y" * 300, "0", {}) == 1
    ledger.note_step("ada", "one", "a guess", False)  # a table that version 1 did not have
    ledger.engine.dispose()


def test_a_lifted_database_has_the_columns_of_a_new_one(folder: Path) -> None:
    made_by_version_1(Ledger(folder))
    ledger = Ledger(folder)
    look = sql.inspect(ledger.engine)
    for table in schema.metadata.sorted_tables:
        assert {c["name"] for c in look.get_columns(table.name)} == {c.name for c in table.columns}
    ledger.engine.dispose()


def test_every_version_has_a_step_to_the_next() -> None:
    assert sorted(schema.STEPS) == list(range(1, schema.VERSION))


def test_a_step_that_fails_leaves_the_old_database_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by_version_1(Ledger(folder))

    def breaks(db: sql.Connection) -> None:
        db.exec_driver_sql("DELETE FROM test_openings")
        raise sql.exc.InvalidRequestError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setitem(schema.STEPS, 1, breaks)
        with pytest.raises(sql.exc.InvalidRequestError):
            _ = Ledger(folder).engine
    ledger = Ledger(folder)
    assert len(ledger.test_openings("cells", "ada")) == 1
    ledger.engine.dispose()


def test_a_database_of_a_newer_lab_is_refused_with_a_sentence(folder: Path) -> None:
    ledger = Ledger(folder)
    with ledger.engine.begin() as db:
        db.execute(schema.schema.update().values(version=schema.VERSION + 1))
    ledger.engine.dispose()
    with pytest.raises(schema.UnfitDatabaseError, match="Start the newer version"):
        _ = Ledger(folder).engine


def test_a_restarted_database_is_found_again(
    server: postgresql.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"t{uuid.uuid4().hex}"
    server.create(database)
    monkeypatch.setenv("DLCORE_DB_URL", server.url(database))
    monkeypatch.setenv("DLCORE_DB_PASSWORD_FILE", str(server.password_file))
    ledger = Ledger(Path("unused"))
    assert ledger.record_opening("cells", "ada", "0", {}) == 1
    server.stop()
    with pytest.raises(sql.exc.SQLAlchemyError):
        ledger.record_opening("cells", "ada", "0", {})
    server.start()
    assert ledger.record_opening("cells", "ada", "0", {}) == 2
    ledger.engine.dispose()


def test_a_database_made_for_ascii_gives_texts_all_the_same(
    server: postgresql.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"t{uuid.uuid4().hex}"
    server.create(database, "ENCODING 'SQL_ASCII' TEMPLATE template0")
    monkeypatch.setenv("DLCORE_DB_URL", server.url(database))
    monkeypatch.setenv("DLCORE_DB_PASSWORD_FILE", str(server.password_file))
    ledger = Ledger(Path("unused"))
    ledger.note_step("Zoë", "one", "η → 0", False)
    assert ledger.steps_of("Zoë")[0]["given"] == "η → 0"
    ledger.engine.dispose()


def test_a_backup_brings_everything_back(server: postgresql.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the commands of deploy/backup and of the guide."""
    database = f"t{uuid.uuid4().hex}"
    server.create(database)
    monkeypatch.setenv("DLCORE_DB_URL", server.url(database))
    monkeypatch.setenv("DLCORE_DB_PASSWORD_FILE", str(server.password_file))
    ledger = Ledger(Path("unused"))
    ledger.record_opening("cells", "ada", "0", {})
    backup = server.pipe("pg_dump", "-U", "lab", "--format=custom", database)
    ledger.reset_openings("cells", "ada")
    ledger.engine.dispose()
    server.pipe("pg_restore", "-U", "lab", "-d", database, "--clean", "--if-exists", text=backup)
    assert ledger.record_opening("cells", "ada", "0", {}) == 2  # the one from the backup, and a new number
    ledger.engine.dispose()


@pytest.mark.parametrize(("kind", "fits"), [("nfs4", False), ("cifs", False), ("ext4", True)])
def test_sqlite_on_a_network_folder_is_refused_with_a_sentence(kind: str, fits: bool, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/share {tmp_path.resolve()} {kind} rw 0 0\n")
    if fits:
        schema.refuse_network_folder(tmp_path / "deep" / "runs", mounts)
    else:
        with pytest.raises(schema.UnfitDatabaseError, match=f"network file system \\({kind}\\)"):
            schema.refuse_network_folder(tmp_path / "deep" / "runs", mounts)


def test_the_place_of_the_tests_own_database_is_not_taken_for_a_network_folder(tmp_path: Path) -> None:
    assert os.environ.get("DLCORE_DB_URL") is None
    ledger = Ledger(tmp_path)
    assert ledger.open_requests() == []
    ledger.engine.dispose()
