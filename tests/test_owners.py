"""What is somebody's stays somebody's: signed owners that fail closed, wishes, and one function behind every door."""

import ast
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from sqlalchemy.exc import OperationalError
from test_store import made_run

from dlcore.data import BadInput
from dlcore.jobs import job as jobs_job
from dlcore.jobs import jobs
from dlcore.jobs.jobs import RefusedError
from dlcore.jobs.trainings import UNDER_WAY
from dlcore.runs import Recipe, Run
from dlcore.store import claims, secret
from dlcore.store.ownership import EVERYBODY, THIS_COMPUTER, UNREADABLE, Who, may
from dlcore.store.run_files import OWNERS, are_noted, read_owners, read_run, write_owners
from dlcore.store.store import Store, shared
from ui.frame import stored
from ui.learner import access, browser, learner

ADA, BOB, CAY = (f"browser:{letter * 32}" for letter in "abc")
SET = f"upload:{'5' * 64}"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store of a shared server of this test's own."""
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DLCORE_SHARED", "1")
    monkeypatch.setattr(browser, "are_named", lambda: True)
    stored._run.clear()
    yield shared()
    shared().ledger.engine.dispose()


@pytest.fixture
def be(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """be(ADA): from now on the page is looked at by Ada's browser."""
    return lambda name: monkeypatch.setattr(browser, "name", lambda: name)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Trainings begin and never end; the keys of those that were begun."""
    begun: list[str] = []
    monkeypatch.setattr(jobs, "see_through", lambda training, _: begun.append(training.recipe.key))
    monkeypatch.setattr(jobs.ENGINE, "queue", lambda: None)
    monkeypatch.setattr(jobs.ENGINE, "client_if_ready", lambda: None)
    UNDER_WAY.clear()
    yield begun  # type: ignore[misc]
    UNDER_WAY.clear()


def private(seed: int = 0) -> Run:
    run = made_run(seed)
    return replace(run, recipe=replace(run.recipe, dataset=SET), owners=frozenset())


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Somebody else writes into the database and does not end."""
    _ = store.ledger.engine
    with sqlite3.connect(store.root / "index.sqlite", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


# --- the rule ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owners", "is_private", "allowed"),
    [
        ({ADA}, True, {"open", "list", "change"}),
        ({ADA, BOB}, False, {"open", "list", "change"}),
        ({BOB}, False, {"open"}),  # a recipe on public images is no secret, and its key is a hash of it
        ({BOB}, True, set()),
        (set(), True, set()),  # nobody's is not everybody's
        (set(), False, {"open"}),
        ({UNREADABLE}, True, set()),
        ({EVERYBODY}, False, {"open", "list"}),
        ({EVERYBODY}, True, {"open", "list"}),
    ],
)
def test_the_rule_gives_a_learner_their_own_and_nobody_anybody_elses(
    owners: set[str], is_private: bool, allowed: set[str]
) -> None:
    assert {act for act in ("open", "list", "change") if may(Who(ADA), act, owners, is_private)} == allowed


def test_a_teacher_sees_all_and_changes_only_their_own() -> None:
    teacher = Who(CAY, is_teacher=True)
    assert may(teacher, "open", {BOB}, True) and may(teacher, "list", set(), True)
    assert not may(teacher, "change", {BOB}, False)


def test_on_a_computer_of_ones_own_what_is_nobodys_goes_with_the_computer() -> None:
    alone = Who(THIS_COMPUTER, is_teacher=True, is_alone=True)
    assert may(alone, "open", {BOB}, True) and may(alone, "change", set(), True)
    assert may(alone, "change", {EVERYBODY}, False) and not may(alone, "change", {BOB}, True)


# --- the key -----------------------------------------------------------------------------------------------


def test_the_key_is_a_file_for_this_user_alone_made_once_by_many(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from dlcore.store import secret;"
        "print(secret.sign('test', 'text', Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "runs")]
    env = {name: value for name, value in os.environ.items() if name != "DLCORE_SECRET"}
    many = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=env) for _ in range(4)]
    assert len({each.communicate()[0] for each in many}) == 1
    file = tmp_path / "runs" / secret.FILE
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [place.name for place in file.parent.iterdir()] == [secret.FILE]


def test_a_signature_counts_for_one_purpose_one_text_and_the_keys_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLCORE_SECRET", "the-first-key-of-all")
    signature = secret.sign("owners", "text", tmp_path)
    assert secret.is_signed(signature, "owners", "text", tmp_path)
    assert not secret.is_signed(signature, "cookie", "text", tmp_path)
    assert not secret.is_signed(signature, "owners", "another", tmp_path)
    monkeypatch.setenv("DLCORE_SECRET", "the-second-key-of-all, the-first-key-of-all")
    assert secret.is_signed(signature, "owners", "text", tmp_path)  # rotated: the old one is still believed
    assert secret.sign("owners", "text", tmp_path) != signature
    monkeypatch.setenv("DLCORE_SECRET", "the-second-key-of-all")
    assert not secret.is_signed(signature, "owners", "text", tmp_path)
    monkeypatch.setenv("DLCORE_SECRET", "short")
    with pytest.raises(ValueError, match="shorter than 16"):
        secret.sign("owners", "text", tmp_path)


# --- beside the run ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("forgery", ["unsigned", "changed", "copied", "other key", "garbled"])
def test_owners_that_this_server_has_not_signed_for_this_run_are_nobody(
    forgery: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = private(0), private(1)
    for each in (run, other):
        store.publish(each)
        store.claim([each.key], ADA)
    file = store.folder(run.key) / OWNERS
    said = json.loads(file.read_text())
    match forgery:
        case "unsigned":
            file.write_text(json.dumps({"owners": [BOB]}))
        case "changed":
            file.write_text(json.dumps({**said, "owners": [ADA, BOB]}))
        case "copied":
            write_owners(store.folder(other.key), {BOB})
            file.write_text((store.folder(other.key) / OWNERS).read_text())
        case "other key":
            monkeypatch.setenv("DLCORE_SECRET", "of-another-server")
        case "garbled":
            file.write_text("{")
    assert read_owners(store.folder(run.key)) == {UNREADABLE}


def test_private_runs_stay_private_when_the_database_is_lost_and_the_index_rebuilt(
    store: Store, be: Callable[[str], None]
) -> None:
    mine, ownerless, public = private(0), private(1), made_run(2)
    for run in (mine, ownerless, public):
        store.publish(replace(run, owners=frozenset()))
    store.claim([mine.key], ADA)
    store.claim_upload(SET, ADA)
    store.ledger.engine.dispose()
    for file in store.root.glob("index.sqlite*"):
        file.unlink()
    again = Store(store.root)
    assert again.rebuild_index() == 3
    assert again.ledger.owners([mine.key])[mine.key] == {ADA}
    again.ledger.engine.dispose()
    store.ledger._engine = None
    keys = [mine.key, ownerless.key, public.key]
    for name, seen in ((ADA, [mine.key, public.key]), (BOB, [public.key])):
        be(name)
        assert [key for key in keys if stored.stored_run(key) is not None] == seen
        assert access.may("open", {SET: SET}) == ({SET} if name == ADA else set())
    be(BOB)
    assert stored.recent_runs() == []  # what is nobody's is in nobody's list


def test_owners_are_signed_anew_with_the_key_that_signs_today(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = private()
    store.publish(run)
    monkeypatch.setenv("DLCORE_SECRET", "yesterdays-key-of-all")
    store.claim([run.key], ADA)
    monkeypatch.setenv("DLCORE_SECRET", "todays-key-of-all,yesterdays-key-of-all")
    place = store.folder(run.key)
    assert read_owners(place) == {ADA} and not are_noted(place, {ADA})
    store.note_owners()  # as every start does
    monkeypatch.setenv("DLCORE_SECRET", "todays-key-of-all")
    assert read_owners(place) == {ADA} and are_noted(place, {ADA})


# --- wishes ------------------------------------------------------------------------------------------------

WISHED = Recipe(dataset="digits", model="mlp", epochs=4, seed=77)


def test_cancel_withdraws_ones_own_wish_and_the_last_one_stops_the_training(
    store: Store, no_engine: list[str]
) -> None:
    hers, his = jobs.submit(WISHED, asker=ADA), jobs.submit(WISHED, asker=BOB)
    key = WISHED.key
    assert store.ledger.owners([key])[key] == {ADA, BOB}
    del his  # he closes his browser: his wish stays
    stranger = jobs.watched(key, CAY)
    assert stranger is not None
    stranger.cancel()
    assert hers.state == "queued" and store.ledger.owners([key])[key] == {ADA, BOB}
    hers.cancel()
    assert hers.state == "cancelled" and key in UNDER_WAY
    back = jobs.watched(key, BOB)  # he comes back, in another tab
    assert back is not None and back.state == "queued"
    back.cancel()
    assert key not in UNDER_WAY and store.ledger.owners([key])[key] == set()


def test_a_wish_of_another_web_process_keeps_a_training_going(store: Store, no_engine: list[str]) -> None:
    hers = jobs.submit(WISHED, asker=ADA)
    store.ledger.claim([WISHED.key], BOB)  # as another process notes it
    hers.cancel()
    assert hers.state == "cancelled" and WISHED.key in UNDER_WAY
    his = jobs.watched(WISHED.key, BOB)  # now he looks on here
    assert his is not None and BOB in his.wanted_by


def test_wishes_are_known_again_after_a_restart(store: Store, no_engine: list[str]) -> None:
    store.ledger.request(WISHED)
    store.ledger.claim([WISHED.key], ADA)
    assert jobs.resume() == 1
    assert set(UNDER_WAY[WISHED.key].wishes) == {ADA}
    job = jobs.watched(WISHED.key, ADA)
    assert job is not None
    job.cancel()
    assert WISHED.key not in UNDER_WAY


def test_the_teacher_stops_a_training_that_others_want(store: Store, no_engine: list[str]) -> None:
    hers = jobs.submit(WISHED, asker=ADA)
    job = jobs.watched(WISHED.key, CAY)
    assert job is not None
    job.stop()
    assert hers.state == "cancelled" and hers.message == jobs_job.STOPPED
    assert WISHED.key not in UNDER_WAY and store.ledger.owners([WISHED.key])[WISHED.key] == set()


def test_with_the_ledger_locked_a_press_on_train_starts_nothing_and_says_so(
    store: Store, no_engine: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(claims, "QUICK", 50)
    with locked(store), pytest.raises(RefusedError, match="nobody could say whose training this is"):
        jobs.submit(WISHED, asker=ADA)
    assert WISHED.key not in UNDER_WAY and no_engine == []
    assert "database is locked" in caplog.text and ADA not in caplog.text  # the log tells nobody's name
    jobs.submit(WISHED, asker=ADA)
    assert no_engine == [WISHED.key] and store.ledger.owners([WISHED.key])[WISHED.key] == {ADA}
    with locked(store), pytest.raises(RefusedError):
        jobs.submit(WISHED, asker=BOB)  # to join needs an owner as well
    assert set(UNDER_WAY[WISHED.key].wishes) == {ADA}


def test_the_page_says_why_nothing_was_started_and_keeps_what_it_shows(
    store: Store,
    no_engine: list[str],
    be: Callable[[str], None],
    app: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claims, "QUICK", 50)
    be(ADA)
    page = app("home").switch_page("pages/training.py")
    page.query_params["training_data"] = "Handwritten digits"
    page.run()
    with locked(store):
        page.button(key="training_start").click().run()
    assert not page.exception and no_engine == [] and "training_job" not in page.session_state
    assert any("nobody could say whose training this is" in box.value for box in page.warning)


def test_a_page_waits_shortly_for_a_locked_database_and_others_as_long_as_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "QUICK", 50)
    with locked(store), pytest.raises(OperationalError, match="locked"):
        store.ledger.claim(["1" * 64], ADA, quickly=True)
    with store.ledger.engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA busy_timeout").scalar() == claims.PATIENT
    assert claims.PATIENT >= 5 * 2_000


def test_a_press_whose_owner_cannot_be_noted_takes_nobody_elses_training_along(
    store: Store, no_engine: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def claim(keys: list[str], asker: str, together: bool) -> None:
        if asker == ADA:
            entered.set()
            go_on.wait(30)
            raise RefusedError("no")

    monkeypatch.setattr(jobs, "_claim", claim)
    refused: list[str] = []

    def press() -> None:
        try:
            jobs.submit(WISHED, asker=ADA)
        except RefusedError as error:
            refused.append(str(error))

    hers = threading.Thread(target=press)
    hers.start()
    entered.wait(30)
    his = jobs.submit(WISHED, asker=BOB)  # meanwhile
    go_on.set()
    hers.join()
    assert refused == ["no"] and no_engine == [WISHED.key] and his.state == "queued"


def test_on_a_read_only_disk_of_ones_own_one_can_train(
    store: Store, no_engine: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_read_only(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("attempt to write a readonly database"))

    monkeypatch.delenv("DLCORE_SHARED")
    monkeypatch.setattr("dlcore.store.store.Store.claim", is_read_only)
    jobs.submit(WISHED, asker=THIS_COMPUTER)
    assert no_engine == [WISHED.key]
    monkeypatch.setenv("DLCORE_SHARED", "1")
    with pytest.raises(RefusedError):
        jobs.submit(replace(WISHED, seed=78), asker=ADA)


# --- at the doors ------------------------------------------------------------------------------------------


def test_a_running_training_on_an_upload_shows_a_stranger_nothing(
    store: Store, no_engine: list[str], be: Callable[[str], None]
) -> None:
    recipe = replace(WISHED, dataset=SET)
    jobs.submit(recipe, asker=ADA)
    be(BOB)
    assert stored.watched(recipe.key) is None and stored.stored_run(recipe.key) is None
    be(ADA)
    job = stored.watched(recipe.key)
    assert job is not None and stored.may_cancel(job)


def test_a_link_to_a_class_mates_training_on_public_images_shows_it_without_cancel(
    store: Store, no_engine: list[str], be: Callable[[str], None]
) -> None:
    jobs.submit(WISHED, asker=ADA)
    be(BOB)
    job = stored.watched(WISHED.key)
    assert job is not None and not stored.may_cancel(job)


def test_the_name_of_somebodys_upload_opens_it_to_nobody_else(
    store: Store, be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_image_set", lambda name: name)
    store.claim_upload(SET, ADA)
    be(ADA)
    assert stored.image_set(SET) == SET  # type: ignore[comparison-overlap]
    be(BOB)
    with pytest.raises(BadInput, match="uploaded by somebody else"):
        stored.image_set(SET)
    store.claim([private().key], BOB)  # a key that he has heard of is no run of his on these images
    with pytest.raises(BadInput):
        stored.image_set(SET)


def test_who_has_a_run_on_an_upload_from_before_uploads_had_owners_can_open_it(
    store: Store, be: Callable[[str], None]
) -> None:
    run = private()
    store.publish(run)
    store.claim([run.key], ADA)
    be(ADA)
    assert access.may("open", {SET: SET}) == {SET}
    be(BOB)
    assert access.may("open", {SET: SET}) == set()


def test_images_that_the_server_has_made_for_all_are_open_to_all_and_so_are_runs_on_them(
    store: Store, be: Callable[[str], None]
) -> None:
    run = private()
    store.publish(run)
    store.claim([run.key], ADA)
    store.claim_upload(SET, EVERYBODY)
    be(BOB)
    assert access.may("open", {SET: SET, run.key: SET}) == {SET, run.key}
    assert stored.recent_runs() == []


def test_while_the_database_is_away_nobody_opens_what_is_private(
    store: Store, be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_away(*_: object) -> None:
        raise OperationalError("SELECT", {}, ConnectionError("gone"))

    be(ADA)
    store.publish(private())
    store.claim([private().key], ADA)
    monkeypatch.setattr("dlcore.store.claims.Claims.owners", is_away)
    things = {private().key: SET, SET: SET, made_run().key: "digits"}
    assert access.may("open", things) == {made_run().key}
    assert access.may("list", things) == access.may("change", things) == set()


def test_runs_are_handed_out_and_deleted_by_their_owner_alone(
    store: Store, be: Callable[[str], None]
) -> None:
    run = private()
    store.publish(run)
    store.claim([run.key], ADA)
    be(BOB)
    assert stored.stored_run(run.key) is None
    stored.forget(run.key)
    assert store.get(run.key) is not None
    be(ADA)
    assert stored.stored_run(run.key) is not None
    stored.forget(run.key)
    assert store.get(run.key) is None


def test_a_brought_run_is_its_owners_alone_and_opens_no_images(
    store: Store, be: Callable[[str], None]
) -> None:
    """Ada hands Bob the file of a run on her images: the run is his then; her images are not."""
    store.claim_upload(SET, ADA)
    run = replace(private(), brought="b" * 64)
    be(BOB)
    assert stored.keep_brought(run) == run.key == "b" * 64
    assert stored.stored_run(run.key) is not None and access.may("open", {SET: SET}) == set()
    assert [row["key"] for row in stored.recent_runs()] == [run.key]
    assert stored.recent_runs()[0]["dataset"] == SET  # so that it is judged with the set that was opened
    be(ADA)
    assert stored.stored_run(run.key) is None and stored.recent_runs() == []
    stored.forget(run.key)
    be(BOB)
    store.rebuild_index()
    assert access.may("open", {SET: SET}) == set()
    stored.forget(run.key)
    assert store.get(run.key) is None


def test_a_learner_brings_so_many_runs_and_no_more(
    store: Store, be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    be(ADA)
    monkeypatch.setattr(stored, "MOST_BROUGHT", 2)
    runs = [replace(made_run(0), brought=f"{n}" * 64) for n in range(3)]
    store.publish(made_run(1))
    for run in (runs[0], runs[1], runs[1]):
        stored.keep_brought(run)
    with pytest.raises(BadInput, match="Delete one first"):
        stored.keep_brought(runs[2])


def test_the_list_holds_ones_own_runs_however_many_the_class_has_made_since(
    store: Store, be: Callable[[str], None]
) -> None:
    first = replace(made_run(0), owners=frozenset())
    store.publish(first)
    store.claim([first.key], ADA)
    for seed in range(1, 6):
        run = replace(made_run(seed), owners=frozenset())
        store.publish(run)
        store.claim([run.key], BOB)
    be(ADA)
    assert [row["key"] for row in stored.recent_runs(3)] == [first.key]


def test_an_address_cannot_name_somebodys_upload_or_training(
    store: Store, no_engine: list[str], be: Callable[[str], None], app: Callable[[str], Any]
) -> None:
    recipe = replace(WISHED, dataset=SET)
    jobs.submit(recipe, asker=ADA)
    store.claim_upload(SET, ADA)
    be(BOB)
    page = app("home").switch_page("pages/training.py")
    page.query_params["training_data"] = SET
    page.query_params["training_run"] = recipe.key
    page.run()
    assert not page.exception
    assert (
        SET not in page.selectbox(key="training_data").options and page.session_state["training_data"] != SET
    )
    assert "training_job" not in page.session_state
    assert not [button for button in page.button if button.key in ("training_cancel", "training_stop")]


# --- a class that trains together --------------------------------------------------------------------------


def the_first_network() -> Run:
    """The network of the default recipe, as the lab brings it along; here it is nobody's."""
    return replace(read_run(ROOT / "assets" / "networks" / Recipe().key), owners=frozenset())


def shown(page: Any) -> str:
    return "\n".join(
        element.value for kind in ("markdown", "caption", "info") for element in getattr(page, kind)
    )


def test_three_who_press_train_on_the_heat_map_page_at_once_want_one_training_and_all_see_the_map(
    store: Store, no_engine: list[str], be: Callable[[str], None], app: Callable[[str], Any]
) -> None:
    pages = {}
    for name in (ADA, BOB, CAY):
        be(name)
        pages[name] = app("gradcam")
    assert all("no trained CNN yet" in shown(page) for page in pages.values())
    for name, page in pages.items():  # each on the page as it was before anybody had pressed
        be(name)
        assert not page.button(key="gradcam_train").click().run().exception
    assert no_engine == [Recipe().key]
    assert set(UNDER_WAY[Recipe().key].wishes) == {ADA, BOB, CAY}
    store.publish(the_first_network())
    assert store.ledger.owners([Recipe().key])[Recipe().key] == {ADA, BOB, CAY}
    for name, page in pages.items():
        be(name)
        assert not page.run().exception
        assert [row["key"] for row in stored.recent_runs()] == [Recipe().key]
        assert "no trained CNN yet" not in shown(page) and "validation image" in shown(page).lower()


@pytest.mark.parametrize("page", ["gradcam", "convolution"])
def test_a_network_that_the_teacher_has_trained_is_there_for_who_has_none(
    store: Store, be: Callable[[str], None], app: Callable[[str], Any], page: str
) -> None:
    network = the_first_network()
    store.publish(network)
    store.claim([network.key], ADA)
    be(BOB)
    test = app(page)
    test.query_params["convolution_tab"] = "Inside a trained CNN"
    assert not test.run().exception
    assert "o trained CNN" not in shown(test)
    assert test.selectbox(key=f"{page}_run").value == network.key


@pytest.mark.parametrize("page", ["gradcam", "convolution"])
def test_a_run_that_a_link_names_as_the_training_page_does_is_the_one_opened(
    store: Store, be: Callable[[str], None], app: Callable[[str], Any], page: str
) -> None:
    first = the_first_network()
    other = replace(first, recipe=replace(first.recipe, seed=7))
    for run, owner in ((first, BOB), (other, ADA)):
        store.publish(run)
        store.claim([run.key], owner)
    be(BOB)
    test = app("home").switch_page(f"pages/{page}.py")
    test.query_params["training_run"] = other.key
    test.query_params["convolution_tab"] = "Inside a trained CNN"
    assert not test.run().exception
    assert test.selectbox(key=f"{page}_run").value == other.key
    test = app("home").switch_page(f"pages/{page}.py")
    test.query_params["training_run"] = "f" * 64
    test.query_params["convolution_tab"] = "Inside a trained CNN"
    assert not test.run().exception
    assert f"{page}_run" in shown(test)  # what was ignored is said


def test_the_button_says_so_where_a_recipe_has_been_trained_already(
    store: Store, no_engine: list[str], be: Callable[[str], None], app: Callable[[str], Any]
) -> None:
    network = the_first_network()
    be(BOB)
    page = app("home").switch_page("pages/training.py")
    page.query_params["training_model"] = "CNN"
    page.run()
    assert page.button(key="training_start").label.startswith("Train, about ")
    store.publish(network)
    store.claim([network.key], ADA)
    assert page.run().button(key="training_start").label == "Trained already: show it"
    assert not page.button(key="training_start").click().run().exception
    assert no_engine == [] and BOB in store.ledger.owners([network.key])[network.key]


# --- the list of the doors ---------------------------------------------------------------------------------

# What reads, lists, begins or changes something by its key or name, behind the door.
BEHIND = {
    "shared().get", "shared().folder", "shared().runs", "shared().delete", "shared().let_go", "shared().claim",
    "shared().claim_upload", "shared().keep", "shared().root", "ledger.owners", "ledger.owners_of_uploads",
    "ledger.runs", "ledger.open_requests", "ledger.open_request", "ledger.claim", "ledger.let_go",
    "ledger.let_all_go", "jobs.watched", "jobs.submit", "jobs.submit_experiment", "jobs.stop_for_all",
    "jobs.under_way", "load", "dlcore.data.load",
    "load_upload", "read_run", "_run", "_image_set",
}  # fmt: skip
# Every function of the pages that goes there: by which question, or why none is needed.
ASKS = {"may", "refuse_images_of_others", "stored_run", "own"}
DOORS = {
    "ui/frame/stored.py:image_set": ASKS,
    "ui/frame/stored.py:_opened": ASKS,
    "ui/frame/stored.py:keep_brought": "whose file it is has just been handed in",
    "ui/frame/stored.py:watched": ASKS,
    "ui/frame/stored.py:forget": ASKS,
    "ui/frame/stored.py:recent_runs": ASKS,
    "ui/training/training.py:start": ASKS,
    "ui/experiments/conduct.py:_start": ASKS,
    "ui/training/run_table.py:run_table_section": ASKS,
    "ui/frame/stored.py:_image_set": "behind image_set: the cache that all share",
    "ui/frame/stored.py:_run": "behind stored_run: the cache that all share",
    "ui/frame/stored.py:keep_upload": "whose file it is has just been handed in",
    "ui/frame/stored.py:made_for_all": "made by the server from public images",
    "ui/site/hand.py:own_networks": "the lab's own, which lie beside it for everybody",
    "ui/site/hand.py:picture": "public images",
    "ui/course/handing_in.py:_trainings": "of runs that the door has listed: which of them this learner asked for",
    "ui/course/class_challenge.py:_score": "on public images, entered by whom they belong to; only scores are shown",
    "ui/server/health.py:trainings": "this page is the teacher's",
    "ui/learner/access.py:may": "the door itself",
    "ui/learner/access.py:_owners_of": "the door itself",
}


def functions_of(file: Path) -> Iterator[tuple[str, ast.AST]]:
    """Name and body of every function, and of what lies outside of them."""
    tree = ast.parse(file.read_text())
    where = file.relative_to(ROOT).as_posix()
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(inner) for function in found for inner in ast.walk(function)}
    for function in found:
        yield f"{where}:{function.name}", function
    rest = ast.Module([node for node in tree.body if id(node) not in inside], [])
    yield f"{where}:", rest


def called_in(body: ast.AST) -> set[str]:
    """What is called, or handed on to be called: the last two names of it."""
    used = {ast.unparse(node) for node in ast.walk(body) if isinstance(node, ast.Attribute | ast.Name)}
    return {".".join(name.split(".")[-2:]) for name in used} | {name.split(".")[-1] for name in used}


def page_files() -> list[Path]:
    return [*ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py", ROOT / "serve.py"]


def test_every_place_that_reads_a_run_an_upload_or_a_training_by_its_key_is_a_door_that_asks() -> None:
    found = set()
    for file in page_files():
        for where, body in functions_of(file):
            calls = {ast.unparse(node.func) for node in ast.walk(body) if isinstance(node, ast.Call)}
            calls |= {name for name in called_in(body) if name in BEHIND and "." in name}
            behind = {call for call in calls if ".".join(call.split(".")[-2:]) in BEHIND or call in BEHIND}
            behind -= {"load"} if "from dlcore.data import" not in file.read_text() else set()
            if not behind:
                continue
            found.add(where)
            assert where in DOORS, f"{where} goes past the door to {sorted(behind)}"
            asked = DOORS[where]
            assert isinstance(asked, str) or asked & called_in(body), f"{where} asks nobody"
    assert found == DOORS.keys()


def test_what_is_cached_of_a_run_is_asked_for_with_a_run_in_hand() -> None:
    """A Run is handed out by the door alone; what all share is cached under its key and asked for as `run.key`."""
    cached: dict[str, set[Path]] = {}
    calls: list[tuple[Path, str, ast.Call]] = []
    for file in page_files():
        for where, body in functions_of(file):
            kept = isinstance(body, ast.FunctionDef) and "cache_" in "".join(
                map(ast.unparse, body.decorator_list)
            )
            if isinstance(body, ast.FunctionDef) and kept:
                if body.args.args and body.args.args[0].arg == "key" and body.name != "_run":
                    cached.setdefault(body.name, set()).add(file)
            else:
                calls += [(file, where, node) for node in ast.walk(body) if isinstance(node, ast.Call)]
    assert len(cached) > 12
    loose = []
    for file, where, call in calls:
        name = ast.unparse(call.func).split(".")[-1]
        if name not in cached or (
            file not in cached[name]
            and f"import {name}" not in file.read_text()
            and "." not in ast.unparse(call.func)
        ):
            continue  # another function of this name
        if not ast.unparse(call.args[0]).endswith("run.key"):
            loose.append(f"{where}: {ast.unparse(call)}")
    assert loose == []


def test_nobody_else_writes_or_reads_owners(store: Store) -> None:
    for file in ROOT.glob("dlcore/**/*.py"):
        if file.name != "run_files.py":
            assert '"owners.json"' not in file.read_text(), file


# --- teachers ----------------------------------------------------------------------------------------------


class Account(dict):
    """What st.user knows of who is signed in."""

    is_logged_in = True


@pytest.mark.parametrize(
    ("said", "is_teacher"),
    [
        ({"email_verified": True}, True),
        ({"email_verified": "true"}, True),
        ({"email_verified": False}, False),
        ({}, False),
    ],
)
def test_an_address_that_the_provider_has_not_verified_makes_no_teacher(
    said: dict[str, object], is_teacher: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLCORE_SHARED", "1")
    monkeypatch.setenv("DLCORE_TEACHERS", "ada@example.org")
    account = Account(is_logged_in=True, sub="17", email="Ada@example.org", **said)
    monkeypatch.setattr(learner.st, "user", account)
    assert learner.is_teacher() == is_teacher
    assert learner.learner() == "user:17"  # the account, and not the browser


def test_the_teachers_code_makes_a_teacher_of_this_browser_until_it_changes(
    store: Store, be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(learner.st, "session_state", state)
    monkeypatch.setenv("DLCORE_TEACHER_CODE", "chalk")
    be(ADA)
    assert not learner.is_teacher() and learner.enter_code("cheese") and not learner.is_teacher()
    assert not learner.enter_code("chalk") and learner.is_teacher()
    state.clear()  # another visit
    assert learner.is_teacher()
    state.clear()
    be(BOB)  # another browser
    assert not learner.is_teacher()
    state.clear()
    be(ADA)
    monkeypatch.setenv("DLCORE_TEACHER_CODE", "sponge")
    assert not learner.is_teacher()
