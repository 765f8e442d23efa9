"""Who is who without accounts: the signed cookie, the guard against names without number, and what follows it."""

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import PATIENCE, finish, settle, start_server, stop_server
from starlette.types import Message, Receive, Scope, Send
from streamlit.testing.v1 import AppTest
from test_store import made_run

from dlcore.store.store import Store
from ui.learner import browser, learner
from ui.server.cookie import NamesBrowsers

CLASS = 150  # learners behind one address


@pytest.fixture(autouse=True)
def shared_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DLCORE_SHARED", "1")
    monkeypatch.setattr(browser, "NEWCOMERS", browser.Newcomers())


def answer(kind: str = "text/html; charset=utf-8", status: int = 200, **asked: Any) -> str:
    """What the middleware sends as a cookie along with an answer of this kind; "" if nothing."""
    sent: list[Message] = []

    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", kind.encode())] if kind else []
        await send({"type": "http.response.start", "status": status, "headers": headers})

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(name.encode(), str(value).encode()) for name, value in asked.get("headers", {}).items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "scheme": asked.get("scheme", "http"),
        "client": (asked.get("address", "203.0.113.7"), 5000),
        "headers": headers,
    }
    finish(NamesBrowsers(page)(scope, None, send))  # type: ignore[arg-type]
    return next((v.decode() for n, v in sent[0]["headers"] if n == b"set-cookie"), "")


def value_of(cookie: str) -> str:
    return cookie.split(";")[0].partition("=")[2]


def learner_with(value: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the learner whose browser shows this cookie."""

    class Context:
        cookies = {browser.COOKIE: value}  # noqa: RUF012
        ip_address = "203.0.113.7"

    monkeypatch.setattr(browser.st, "context", Context())
    return learner.learner()


def test_a_page_brings_a_signed_cookie_that_no_script_and_no_other_site_gets() -> None:
    cookie = answer()
    assert cookie.startswith(f"{browser.COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; ")) and "Secure" not in cookie
    assert "Secure" in answer(scheme="https").split("; ")
    assert len({value_of(answer()) for _ in range(20)}) == 20


def test_the_same_cookie_is_the_same_learner_and_another_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = value_of(answer()), value_of(answer())
    me = learner_with(mine, monkeypatch)
    assert me.startswith("browser:") and learner_with(mine, monkeypatch) == me
    assert learner_with(other, monkeypatch) != me
    again = answer(headers={"cookie": f"{browser.COOKIE}={mine}"})
    assert value_of(again) == mine  # and lasts from today


@pytest.mark.parametrize(
    "forgery", ["", "x", "{number}.", "{number}.{other}", "{changed}.{signature}", "{mine}0"]
)
def test_a_cookie_that_this_server_has_not_signed_is_none(
    forgery: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = value_of(answer()), value_of(answer())
    (number, signature), other = mine.split("."), theirs.split(".")[1]
    changed = "0" * 32 if number != "0" * 32 else "1" * 32
    value = forgery.format(mine=mine, number=number, signature=signature, other=other, changed=changed)
    assert browser.renewed(value) is None
    assert not learner_with(value, monkeypatch).startswith("browser:")
    assert value_of(answer(headers={"cookie": f"{browser.COOKIE}={value}"})) not in ("", mine, theirs)


def test_a_rotated_key_keeps_everybodys_name_and_signs_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_SECRET", "yesterdays-key-of-all")
    mine = value_of(answer())
    me = learner_with(mine, monkeypatch)
    monkeypatch.setenv("DLCORE_SECRET", "todays-key-of-all,yesterdays-key-of-all")
    new = value_of(answer(headers={"cookie": f"{browser.COOKIE}={mine}"}))
    assert new != mine and learner_with(new, monkeypatch) == learner_with(mine, monkeypatch) == me
    monkeypatch.setenv("DLCORE_SECRET", "todays-key-of-all")
    assert learner_with(new, monkeypatch) == me and learner_with(mine, monkeypatch) != me


def test_files_bring_no_cookie_and_a_page_that_the_browser_has_kept_does() -> None:
    assert answer("text/javascript") == answer("text/plain") == answer(status=404) == ""
    assert answer("", 304, headers={"accept": "text/html,*/*"}) and not answer("", 304)


def test_a_computer_of_ones_own_needs_no_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLCORE_SHARED")
    assert answer() == "" and learner.learner() == "this computer"


def test_a_class_behind_one_address_never_meets_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    names = set()
    for _ in range(CLASS):  # each with a laptop, a phone, and once in a private window
        names |= {learner_with(value_of(answer()), monkeypatch) for _ in range(3)}
    assert len(names) == 3 * CLASS


def test_who_is_new_without_end_is_one_learner_and_others_are_not_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(browser, "NEWCOMERS", browser.Newcomers(most=5))
    mine = value_of(answer())
    assert [bool(answer()) for _ in range(8)] == [True] * 4 + [False] * 4
    cookieless = set()
    for _ in range(5):  # sessions that drop whatever they are given
        monkeypatch.setattr(learner.st, "session_state", {})
        cookieless.add(learner_with("", monkeypatch))
    assert len(cookieless) == 1 and cookieless.pop().startswith("address:")
    assert learner_with(mine, monkeypatch).startswith("browser:")  # who has a name keeps it
    assert answer(address="198.51.100.1")  # another address


def test_the_guard_forgets_after_an_hour_and_counts_a_household_as_one() -> None:
    newcomers = browser.Newcomers(most=2)
    come = [newcomers.may_come(f"2001:db8:1:1::{i}", now=0.0) for i in range(4)]
    assert come == [True, True, False, False]
    assert newcomers.may_come("2001:db8:1:2::1", now=0.0) and newcomers.may_come(
        "2001:db8:1:1::9", now=3600.0
    )
    assert all(newcomers.may_come(where) for where in ("127.0.0.1", "::1", None, "nowhere") for _ in range(9))


def test_the_guard_remembers_a_bounded_number_of_addresses() -> None:
    newcomers = browser.Newcomers()
    for i in range(browser.ADDRESSES + 100):
        newcomers.may_come(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}", now=0.0)
    assert len(newcomers._seen) == browser.ADDRESSES


def test_plain_app_py_refuses_to_be_shared_with_one_sentence(
    app: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "are_named", lambda: False)
    test = app("home")
    assert len(test.error) == 1 and "streamlit run serve.py" in test.error[0].value and not test.title
    monkeypatch.delenv("DLCORE_SHARED")
    assert app("home").title  # to this computer it shows everything


# --- over the wire, and in a browser ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared_lab(own_folders: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    folder = tmp_path_factory.mktemp("cookie") / "runs"
    server, address = start_server(DLCORE_SHARED="1", DLCORE_RUNS=str(folder))
    yield address, Store(folder)
    stop_server(server)


def cookie_of(address: str, **headers: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return str(answer.headers.get("Set-Cookie", ""))


@pytest.mark.browser
def test_a_hundred_browsers_behind_one_address_are_a_hundred_learners(shared_lab: tuple[str, Store]) -> None:
    address, _ = shared_lab
    theirs = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    cookies = [cookie_of(address, **theirs) for _ in range(100)]
    assert len({value_of(cookie) for cookie in cookies}) == 100
    assert all("HttpOnly" in cookie and "Secure" in cookie for cookie in cookies)
    assert browser.COOKIE not in cookie_of(f"{address}/_stcore/health")


@pytest.mark.browser
def test_f5_and_a_new_tab_keep_runs_and_lessons_and_another_browser_has_none(
    shared_lab: tuple[str, Store], open_page: Callable[..., Any]
) -> None:
    address, store = shared_lab
    page = open_page("all-lessons?lessons_at=1.1", base=address)
    (cookie,) = (c for c in page.context.cookies() if c["name"] == browser.COOKIE)
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    me = f"browser:{cookie['value'].split('.')[0]}"
    page.set_default_timeout(1000 * PATIENCE)
    page.get_by_role("spinbutton", name="Your prediction").fill("1.5")
    page.get_by_role("button", name="That is my prediction").click()
    page.get_by_role("button", name="Show the answer").wait_for()  # the prediction has been taken
    settle(page)
    assert len(store.ledger.steps_of(me)) == 1
    run = made_run()
    store.publish(replace(run, owners=frozenset()))
    store.claim([run.key], me)
    runs = "training-dashboard?training_data=Handwritten+digits&training_tab=Saved+runs"
    page.goto(f"{address}/{runs}")
    page.get_by_label("One run").wait_for()
    page.reload()
    page.get_by_label("One run").wait_for()
    tab = page.context.new_page()
    tab.goto(f"{address}/all-lessons?lessons_at=1.1")
    settle(tab)
    tab.get_by_text("Your prediction: 1.5").wait_for()
    tab.close()
    other = open_page(runs, base=address)
    other.get_by_text("No runs yet.").wait_for()
    other.goto(f"{address}/all-lessons?lessons_at=1.1")
    other.get_by_role("button", name="That is my prediction").wait_for()
