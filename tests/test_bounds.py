"""Uploads and sessions are bounded: quotas, doors for files, floods, guesses of the teacher's code."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import finish
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from test_bad_inputs import good_arrays, npz
from test_store import made_run

from dlcore.data import Unavailable, load, remember_upload
from dlcore.jobs import quotas
from dlcore.jobs.quotas import Kept, Quota, kept_by, make_room, too_many
from dlcore.jobs.retention import keep_days, remove_old
from dlcore.runs import Recipe
from dlcore.store.ownership import EVERYBODY
from dlcore.store.store import Store
from ui.frame import doors
from ui.frame.doors import Doorkeeper
from ui.learner.teacher_code import Guard
from ui.server.crowds import AT_ONCE, BURST, Crowds, NoFloods, address_of

# --- quotas --------------------------------------------------------------------------------------------------


def test_the_oldest_goes_first_and_nothing_that_is_needed() -> None:
    a, b, c = (Kept(f"upload:{n}", 40, f"2026-01-0{n}") for n in (1, 2, 3))
    assert too_many([c, a, b], 200, set()) == []
    assert too_many([c, a, b], 100, set()) == [a]
    assert too_many([c, a, b], 100, {a.name}) == [b]
    assert too_many([c, a, b], 0, {c.name}) == [a, b]


def test_a_laptop_removes_nothing_and_a_shared_server_has_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLCORE_SHARED", raising=False)
    assert Quota.of_this_server() is None
    monkeypatch.setenv("DLCORE_SHARED", "1")
    assert Quota.of_this_server() == Quota(500_000_000, 20_000_000_000)


@pytest.fixture
def upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """upload(n, learner): a set of its own for every n, kept; returns its name and what was removed."""
    monkeypatch.setenv("DLCORE_SHARED", "1")
    store = Store(tmp_path / "runs")

    def kept(n: int, learner: str) -> tuple[str, list[str]]:
        name = remember_upload(npz(good_arrays(n=n)), tmp_path)
        return name, make_room(name, learner, store, tmp_path)

    kept.store, kept.root = store, tmp_path  # type: ignore[attr-defined]
    yield kept
    store.ledger.engine.dispose()


def test_a_learner_over_the_quota_loses_the_oldest_set_and_is_told(
    upload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, gone = upload(30, "ada")
    (one,) = kept_by("ada", upload.store)
    assert gone == [] and one.name == first and one.size > 0
    monkeypatch.setattr(quotas, "MB", one.size * 3 // 2)  # room for one and a half
    monkeypatch.setenv("DLCORE_MAX_UPLOADS_MB", "1")
    upload(31, "emmy")
    second, gone = upload(32, "ada")
    assert len(gone) == 1 and gone[0].startswith("Yours: the set of ")
    assert [kept.name for kept in kept_by("ada", upload.store)] == [second]
    assert len(kept_by("emmy", upload.store)) == 1
    with pytest.raises(Unavailable, match="Upload the file again"):
        load(first, upload.root)
    assert "no room left" in upload.store.ledger.notices()[0]["text"]


def test_own_sets_go_after_their_days_on_a_shared_server_and_never_on_a_laptop(
    upload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, _ = upload(30, "ada")
    both, _ = upload(31, "ada")
    for_all, needed = (remember_upload(npz(good_arrays(n=n)), upload.root) for n in (32, 33))
    upload.store.claim_upload(for_all, EVERYBODY)
    upload.store.ledger.request(Recipe(dataset=needed))
    draft = upload.root / "uploads" / "torn.part"
    draft.write_bytes(b"half")

    def after(days: float) -> tuple[list[str], list[str]]:
        return remove_old(upload.store, upload.root, datetime.now(UTC) + timedelta(days=days))

    assert keep_days() == 30 and after(29.9) == ([], [])
    monkeypatch.setattr(
        "dlcore.jobs.quotas.now", lambda: (datetime.now(UTC) + timedelta(days=20)).isoformat()
    )
    make_room(both, "emmy", upload.store, upload.root)
    assert after(30.1) == ([mine], []) and not draft.exists()
    with pytest.raises(Unavailable, match="Upload the file again"):
        load(mine, upload.root)
    assert [len(load(name, upload.root)) > 0 for name in (both, for_all, needed)] == [True] * 3
    assert kept_by("ada", upload.store) == [] and [one.name for one in kept_by("emmy", upload.store)] == [
        both
    ]
    assert "after 30 days: 1 own image set" in upload.store.ledger.notices()[0]["text"]
    monkeypatch.setenv("DLCORE_KEEP_DAYS", "7")
    assert keep_days() == 7
    monkeypatch.delenv("DLCORE_KEEP_DAYS")
    monkeypatch.delenv("DLCORE_SHARED")
    assert keep_days() is None and after(10_000) == ([], [])


def test_brought_runs_go_after_their_days_and_trained_ones_stay(tmp_path: Path) -> None:
    store, trained = Store(tmp_path), made_run(0)
    brought = replace(trained, brought="ab" * 32)
    for run in (trained, brought):
        store.claim([run.key], "ada")
        store.publish(run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLCORE_KEEP_DAYS", "3")
        assert remove_old(store, tmp_path) == ([], [])
        assert remove_old(store, tmp_path, datetime.now(UTC) + timedelta(days=3.1)) == ([], [brought.key])
    assert store.get(brought.key) is None and store.get(trained.key) is not None
    store.ledger.engine.dispose()


def test_a_set_that_two_have_uploaded_stays_until_both_have_lost_it(
    upload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_one, _ = upload(30, "ada")
    upload(30, "emmy")
    size = kept_by("ada", upload.store)[0].size
    monkeypatch.setattr(quotas, "MB", size * 3 // 2)
    monkeypatch.setenv("DLCORE_MAX_UPLOADS_MB", "1")
    upload(31, "ada")
    assert len(load(shared_one, upload.root)) > 0
    upload(32, "emmy")
    with pytest.raises(Unavailable):
        load(shared_one, upload.root)


def test_all_together_have_a_quota_and_what_a_training_needs_stays(
    upload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed, _ = upload(30, "ada")
    other, _ = upload(31, "emmy")
    upload.store.ledger.request(Recipe(needed, epochs=1))
    monkeypatch.setattr(quotas, "MB", kept_by("ada", upload.store)[0].size * 5 // 2)
    monkeypatch.setenv("DLCORE_MAX_ALL_UPLOADS_MB", "1")
    _, gone = upload(32, "grace")
    assert len(gone) == 1 and gone[0].startswith("Of all")
    assert len(load(needed, upload.root)) > 0 and kept_by("emmy", upload.store) == []
    with pytest.raises(Unavailable):
        load(other, upload.root)


def test_the_same_set_uploaded_again_is_not_written_again(tmp_path: Path) -> None:
    name = remember_upload(npz(good_arrays()), tmp_path)
    file = tmp_path / "uploads" / f"{name[7:]}.npz"
    before = file.stat().st_ino
    assert remember_upload(npz(good_arrays()), tmp_path) == name
    assert file.stat().st_ino == before


# --- the teacher's code --------------------------------------------------------------------------------------


def test_a_wrong_code_is_logged_and_every_further_one_waits_longer_whoever_enters_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    guard, now, taken = Guard(), 0.0, 0
    while now < 3600:  # nine tries a second, for an hour
        taken += guard.refusal(f"{now}", "open sesame", now).startswith("The code is not right")
        now += 1 / 9
    assert taken <= 25  # 32,400 before
    assert "a wrong teacher's code was entered" in caplog.text and "sesame" not in caplog.text
    assert "Wait" in guard.refusal("open sesame", "open sesame", now)  # while one waits, nothing is compared
    assert guard.refusal("open sesame", "open sesame", now + 301) == ""
    assert guard.refusal("", "", now + 302) != ""


def test_a_slip_of_the_finger_costs_nothing() -> None:
    guard = Guard()
    assert guard.refusal("opne", "open", 0.0) and guard.refusal("oepn", "open", 1.0)
    assert guard.refusal("open", "open", 2.0) == ""


# --- doors ---------------------------------------------------------------------------------------------------


def put(path: str, length: int | None = 10) -> tuple[int, bytes]:
    """Status and text of a PUT, as the middleware sees it; 204 if it lets it through."""
    sent: list[Any] = []

    async def behind(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "PUT", "path": path, "headers": headers}
    finish(doors.OnlyWhereAnUploaderStands(behind)(scope, None, send))  # type: ignore[arg-type]
    return sent[0]["status"], sent[1]["body"]


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch) -> Doorkeeper:
    keeper = Doorkeeper()
    monkeypatch.setattr(doors, "DOORS", keeper)
    return keeper


def test_a_file_comes_in_only_where_an_uploader_stands_and_under_the_name_it_was_given(
    keeper: Doorkeeper,
) -> None:
    manager = MemoryUploadedFileManager("/_stcore/upload_file")
    keeper.keep(manager)
    assert put("/_stcore/upload_file/ada/made-up")[0] == 403
    assert manager.get_upload_urls("ada", ["a.png"]) == []
    keeper.enter("ada", "training-dashboard")
    keeper.open("ada")
    (place,) = manager.get_upload_urls("ada", ["a.png"])
    assert put(place.upload_url)[0] == 204
    assert put("/base/path" + place.upload_url)[0] == 204
    assert put(place.upload_url.replace("/ada/", "/eve/"))[0] == 403
    assert put("/_stcore/upload_file/ada/made-up")[0] == 403
    assert put(place.upload_url, None)[0] == 411
    keeper.enter("ada", "training-dashboard")
    assert put(place.upload_url)[0] == 204  # the same page again
    keeper.enter("ada", "the-vocabulary")
    assert put(place.upload_url)[0] == 403


def test_a_session_and_all_of_them_can_hand_in_so_much_and_no_more(
    keeper: Doorkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "OF_A_SESSION", 100)
    monkeypatch.setattr(doors, "OF_ALL", 250)
    manager = MemoryUploadedFileManager("/_stcore/upload_file")
    keeper.keep(manager)
    for session in ("ada", "emmy", "grace"):
        keeper.open(session)
        (place,) = manager.get_upload_urls(session, ["a"])
        status, _ = put(place.upload_url, 90)
        assert status == (503 if session == "grace" else 204)
        if status == 204:
            manager.add_file(session, UploadedFileRec(place.file_id, "a", "", b"x" * 90))
    assert put(manager.get_upload_urls("ada", ["b"])[0].upload_url, 20)[0] == 413
    assert manager.get_upload_urls("ada", ["x"] * 1000) == []
    for _ in range(500):
        manager.get_upload_urls("ada", ["x"])
    assert len(keeper._open["ada"]) == doors.NAMES


# --- floods --------------------------------------------------------------------------------------------------


def test_a_class_of_150_behind_one_address_never_meets_the_guard_and_a_flood_does() -> None:
    crowds = Crowds()
    for press in range(3):  # everybody presses F5, three times within a minute
        assert all(crowds.admits("10.1.1.1", 20.0 * press) for _ in range(150))
    flood = [crowds.admits("10.6.6.6", i / 1000) for i in range(5000)]
    assert BURST <= sum(flood) <= BURST + 30
    assert crowds.admits("10.1.1.1", 61.0)  # who floods locks nobody else out
    crowds.open = AT_ONCE
    assert not crowds.admits("10.1.1.2", 62.0)


def test_behind_the_proxy_an_address_is_the_one_it_names_and_without_one_nobody_can_name_another() -> None:
    named = [(b"x-forwarded-for", b"1.2.3.4, 192.0.2.7")]
    assert address_of({"client": ("172.18.0.2", 1), "headers": named}) == "192.0.2.7"
    assert address_of({"client": ("8.8.8.8", 1), "headers": named}) == "8.8.8.8"
    assert address_of({"client": None, "headers": []}) == ""


def test_a_session_beyond_the_guard_is_turned_away_and_one_that_ends_makes_room() -> None:
    sent: list[Any] = []

    async def stays(_scope: Any, _receive: Any, _send: Any) -> None:
        assert guard.crowds.open == 1

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    guard = NoFloods(stays)
    scope = {"type": "websocket", "client": ("10.0.0.1", 1), "headers": []}
    finish(guard(scope, receive, send))  # type: ignore[arg-type]
    assert guard.crowds.open == 0 and not sent
    guard.crowds.open = AT_ONCE
    finish(guard(scope, receive, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1013}]
