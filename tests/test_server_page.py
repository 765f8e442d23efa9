"""The teacher's page, the counters and the log."""

import json
import logging
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PATIENCE, ROOT
from streamlit.testing.v1 import AppTest
from test_store import made_run

from dlcore.jobs import health, watching
from dlcore.jobs.cluster import Engine, JobError
from dlcore.jobs.health import Health
from dlcore.store import schema
from dlcore.store.ownership import EVERYBODY
from dlcore.store.store import Store, shared
from ui.frame import stored
from ui.learner import access, browser, learner
from ui.server import health as server

FINE = Health(2, 3, 2, 20.0, 7, {"finished": 5, "stopped_early": 1}, 1, 50 * 2**30, True, "")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AppTest]:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    yield AppTest.from_file(str(ROOT / "pages" / "server.py"), default_timeout=PATIENCE)


def test_a_teacher_sees_the_looks_of_the_class(page: AppTest) -> None:
    for name, times in (("user:1", 2), ("user:2", 1)):
        for _ in range(times):
            shared().ledger.record_opening("cells", name, "0" * 64, {"accuracy": 0.9})
    page.run()
    assert not page.exception
    table = page.dataframe[0].value
    assert dict(zip(table["learner"], table["looks"], strict=True)) == {"user:1": 2, "user:2": 1}


def test_who_is_no_teacher_sees_nothing(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_SHARED", "1")
    monkeypatch.setattr(browser, "are_named", lambda: True)
    page.run()
    assert not page.metric and not page.dataframe
    assert "Sign in" in page.info[0].value


def test_who_enters_the_teachers_code_sees_the_server(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_SHARED", "1")
    monkeypatch.setenv("DLCORE_TEACHER_CODE", "chalk")
    monkeypatch.setattr(browser, "are_named", lambda: True)
    page.run()
    page.text_input(key="server_code").input("cheese").run()
    assert "not right" in page.warning[0].value and not page.metric
    page.text_input(key="server_code").input("chalk").run()
    assert page.metric and not page.text_input


def test_the_facts_are_said_and_troubles_are_named() -> None:
    assert not server.troubles(FINE)
    assert "Wait for a newcomer: 30 s" in server.said(FINE)
    bad = Health(
        0,
        0,
        0,
        15.0,
        0,
        {},
        0,
        2**20,
        False,
        "It does not answer (OperationalError).",
        "No worker has joined.",
    )
    words = " ".join(server.troubles(bad))
    assert all(
        part in words for part in ("No worker has joined", "read-only", "Only 1 MB", "OperationalError")
    )


def test_a_healthy_server_whose_engine_is_not_there_yet_gets_no_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(health.jobs, "ENGINE", Engine())
    assert health.health().workers == 0 and server.troubles(health.health()) == []


def test_an_engine_that_cannot_be_reached_or_stays_without_workers_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine()
    monkeypatch.setattr(engine, "_start_embedded", lambda: "tcp://127.0.0.1:1")
    monkeypatch.setattr("distributed.Client", refuses)
    with pytest.raises(JobError):
        engine.client()
    assert "cannot be reached" in engine.trouble(0)
    alone = Engine()
    monkeypatch.setattr(alone, "client_if_ready", lambda: "a client")
    monkeypatch.setattr(alone, "_connected", -1000.0)
    assert "No worker has joined" in alone.trouble(0) and alone.trouble(1) == ""


def refuses(*_args: object, **_more: object) -> None:
    raise OSError("nobody there")


def test_the_teachers_page_names_what_is_skipped_and_what_was_mended(page: AppTest) -> None:
    key = "f" * 64
    row = {"key": key, "recipe": "{}", "dataset": "cells", "finished": "2026"}
    with shared().ledger.engine.begin() as db:
        db.execute(schema.run_index.insert().values(row))
    shared().ledger.notice("Closed: a training of <b>another</b> version.")
    page.run()
    words = " ".join(text.value for text in page.markdown)
    assert not page.exception and key[:12] in words and r"Closed\: a training of \<b\>another" in words


def test_health_is_asked_of_the_real_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "not" / "there" / "yet"))
    now = health.health()
    assert now.writable and now.free_bytes and now.free_bytes > 0 and now.database == ""
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "blocked"))
    (tmp_path / "blocked").write_text("a file where a folder should be")
    assert health.health().database


def test_the_counters_are_offered_on_a_port_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLCORE_METRICS_PORT", raising=False)
    assert watching.serve() is None
    monkeypatch.setenv("DLCORE_METRICS_PORT", "0")
    port = watching.serve()
    watching.RERUNS.labels("vocabulary").observe(0.2)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    assert 'lab_rerun_seconds_bucket{le="0.25",page="vocabulary"} 1.0' in text
    assert "lab_queue_waiting 0.0" in text and "lab_sessions" in text


def test_the_log_is_json_lines_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DLCORE_LOG", "json")
    logger = logging.getLogger("dlcore")
    before = (logger.handlers, logger.propagate, logger.level)
    try:
        assert watching.log_as_json()
        try:
            raise ValueError("a line\nand another")
        except ValueError:
            logging.getLogger("dlcore.jobs.jobs").exception("run %s failed", "abc")
    finally:
        logger.handlers, logger.propagate = before[:2]
        logger.setLevel(before[2])
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["level"], said["logger"], said["message"]) == ("ERROR", "dlcore.jobs.jobs", "run abc failed")
    assert "a line\nand another" in said["traceback"]


def test_looks_of_the_class_are_counted_by_learner_and_set(tmp_path: Path) -> None:
    ledger = Store(tmp_path / "runs").ledger
    for dataset, name in (("cells", "a"), ("digits", "a"), ("cells", "a"), ("cells", "b")):
        ledger.record_opening(dataset, name, "0" * 64, {})
    rows = ledger.looks_of_the_class()
    counted = {(row["learner"], row["dataset"]): row["looks"] for row in rows}
    assert counted == {("a", "cells"): 2, ("a", "digits"): 1, ("b", "cells"): 1}
    assert rows[0]["learner"] == "b"  # the latest first


def test_a_learner_sees_their_own_runs_and_those_that_came_with_the_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    hers, his, everybodys, nobodys = (letter * 64 for letter in "abcd")
    for key, owner in ((hers, "Ada"), (his, "Charles"), (everybodys, EVERYBODY)):
        shared().ledger.claim([key], owner)
    keys = dict.fromkeys((hers, his, everybodys, nobodys), "digits")

    def seen_by(who: str) -> set[str]:
        monkeypatch.setattr(learner, "learner", lambda: who)
        return access.may("list", keys)

    assert seen_by("Ada") == set(keys)  # a computer of her own
    monkeypatch.setenv("DLCORE_SHARED", "1")
    assert seen_by("Ada") == {hers, everybodys}
    assert seen_by("Charles") == {his, everybodys}
    monkeypatch.setattr(learner, "is_teacher", lambda: True)
    assert seen_by("Grace") == set(keys)


def test_a_run_on_somebodys_upload_is_not_reached_by_its_link(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DLCORE_SHARED", "1")
    run = made_run()
    private = replace(run, recipe=replace(run.recipe, dataset=f"upload:{'0' * 64}"))
    for each in (run, private):
        shared().publish(each)
        shared().ledger.claim([each.key], "Ada")
    for who, found in (("Ada", True), ("Charles", False)):
        monkeypatch.setattr(learner, "learner", lambda who=who: who)
        assert (stored.stored_run(private.key) is not None) == found
        assert stored.stored_run(run.key) is not None  # a link to it is a recipe that anybody could train
