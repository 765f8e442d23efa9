"""A class sees itself: joined by a code, asked at once, counted without names, and gone without a trace."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql
from conftest import PATIENCE, ROOT, finish, settle, start_server, stop_server
from starlette.requests import Request
from streamlit.testing.v1 import AppTest
from test_ledger import folder, server
from test_store import made_run

from dlcore.course import class_answers
from dlcore.course.lessons import read_lessons
from dlcore.store import class_sessions, schema
from dlcore.store.class_sessions import LESSON, LONGEST_NICKNAME, Member
from dlcore.store.ledger import Ledger
from dlcore.store.store import shared
from ui.course import class_list, quiz
from ui.learner import browser, membership
from ui.server import class_news

__all__ = ["folder", "server"]  # fixtures: a database of either kind
ADA, BOB, EVE = (f"browser:{letter * 32}" for letter in "abe")
STEP = read_lessons()[0].steps[1]  # three choices
ASKED = LESSON + STEP.key


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    ledger = Ledger(folder)
    yield ledger
    ledger.engine.dispose()


# --- in the ledger, on both databases ------------------------------------------------------------------------


def test_answers_are_counted_until_the_answer_is_shown(ledger: Ledger) -> None:
    code = ledger.begin_class("teacher")
    assert ledger.class_of_teacher("teacher") == code and not ledger.class_of_teacher("another")
    assert all(ledger.join_class(code, name, "") for name in (ADA, BOB))
    assert not ledger.join_class("AAAAAA", EVE, "")
    ledger.ask_class(code, ASKED)
    turn = ledger.class_session(code).turn  # type: ignore[union-attr]
    assert ledger.answer_in_class(code, ADA, ASKED, "a") and ledger.answer_in_class(code, ADA, ASKED, "b")
    assert ledger.answer_in_class(code, BOB, ASKED, "b" * 5000 + "\0")
    assert not ledger.answer_in_class(code, EVE, ASKED, "b")  # is not in the class
    assert ledger.answers_of_class(code, ASKED) == {"b": 1, "b" * 200: 1}
    ledger.reveal_to_class(code)
    assert not ledger.answer_in_class(code, BOB, ASKED, "a") and ledger.answer_of(code, BOB, ASKED) != "a"
    assert ledger.class_session(code).turn == turn + 1  # type: ignore[union-attr]
    ledger.ask_class(code, ASKED)  # once more, after they have talked about it
    assert ledger.answers_of_class(code, ASKED) == {} and ledger.answer_in_class(code, BOB, ASKED, "a")


def test_a_hundred_answers_at_once_are_a_hundred(ledger: Ledger) -> None:
    code = ledger.begin_class("teacher")
    names = [f"browser:{i:032x}" for i in range(100)]
    for name in names:
        ledger.join_class(code, name, "")
    ledger.ask_class(code, ASKED)

    def answer(some: list[str]) -> None:
        for name in some:
            assert ledger.answer_in_class(code, name, ASKED, "a")

    threads = [threading.Thread(target=answer, args=(names[i::5],)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.answers_of_class(code, ASKED) == {"a": 100}


def test_the_teacher_sees_runs_and_failures_of_this_session_and_no_answers(ledger: Ledger) -> None:
    ledger.claim(["0" * 64], ADA)  # before the class
    code = ledger.begin_class("teacher")
    ledger.join_class(code, ADA, " Ada\n<b>*x*</b>" + "y" * 500)
    ledger.join_class(code, BOB, "")
    ledger.claim(["1" * 64, made_run(3).key], ADA)
    ledger.index(made_run(3))
    ledger.note_failure("1" * 64)
    ledger.note_failure("1" * 64)  # as another web process hears of it
    ledger.ask_class(code, ASKED)
    ledger.answer_in_class(code, ADA, ASKED, "secret")
    ledger.note_place(code, ADA, "Lesson step 1.2")
    ada, bob = ledger.members_of_class(code)
    assert (ada.runs, ada.failed, ada.answers, ada.has_answered) == (2, 1, 1, True)
    assert (
        ada.place == "Lesson step 1.2" and len(ada.nickname) <= LONGEST_NICKNAME and "\n" not in ada.nickname
    )
    assert (bob.runs, bob.failed, bob.answers, bob.has_answered) == (0, 0, 0, False)
    assert "secret" not in repr((ada, bob)) and ADA not in repr((ada, bob))


def everything(ledger: Ledger) -> str:
    """All rows of all tables."""
    with ledger.engine.connect() as db:
        return "\n".join(
            str(row) for table in schema.metadata.sorted_tables for row in db.execute(table.select())
        )


def test_nothing_of_a_class_that_has_ended_stays_and_progress_does(ledger: Ledger) -> None:
    code = ledger.begin_class("teacher")
    other = ledger.begin_class("another")
    ledger.join_class(code, ADA, "Nickname of Ada")
    ledger.join_class(other, BOB, "Nickname of Bob")
    for name, of in ((ADA, code), (BOB, other)):
        ledger.answer_in_class(of, name, ASKED, "given in class")
        ledger.note_step(name, STEP.key, "given in class", True)
    ledger.note_step(ADA, "another step", "given alone", True)
    assert "Nickname of Ada" in everything(ledger)
    ledger.end_class(code)
    assert "Nickname of Ada" not in everything(ledger) and ledger.class_of_learner(ADA) is None
    steps = {row["step"]: (row["given"], row["revealed"]) for row in ledger.steps_of(ADA)}
    assert steps == {STEP.key: ("", True), "another step": ("given alone", True)}
    assert ledger.class_of_learner(BOB) == (other, "Nickname of Bob")  # the other class goes on
    assert ledger.steps_of(BOB)[0]["given"] == "given in class"
    if ledger.engine.dialect.name == "sqlite":
        kept = b"".join(file.read_bytes() for file in ledger.folder.glob("index.sqlite*"))
        assert b"Nickname of Bob" in kept and b"Nickname of Ada" not in kept  # nor in the file's free pages


@pytest.mark.parametrize(("column", "hours"), [("seen", 4.1), ("began", 12.1)])
def test_a_class_without_its_teacher_or_of_half_a_day_is_over(
    ledger: Ledger, column: str, hours: float
) -> None:
    code = ledger.begin_class("teacher")
    ledger.join_class(code, ADA, "Ada")
    ago = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="microseconds")
    assert ledger.end_old_classes() == 0
    with ledger.engine.begin() as db:
        db.execute(sql.update(schema.class_sessions).values({column: ago}))
    assert ledger.class_session(code) is None and not ledger.join_class(code, BOB, "")
    assert ledger.class_of_learner(ADA) is None and ledger.class_of_teacher("teacher") == ""
    assert ledger.end_old_classes() == 1 and "'Ada'" not in everything(ledger)


def test_who_joins_another_class_or_leaves_is_gone_from_the_first(ledger: Ledger) -> None:
    first, second = ledger.begin_class("teacher"), ledger.begin_class("another")
    ledger.join_class(first, ADA, "Ada")
    ledger.answer_in_class(first, ADA, ASKED, "a")
    ledger.join_class(second, ADA, "")
    assert ledger.count_class(first, "")[0] == 0 and ledger.answers_of_class(first, ASKED) == {}
    assert ledger.class_of_learner(ADA) == (second, "")
    ledger.leave_classes(ADA)
    assert ledger.class_of_learner(ADA) is None


def test_a_class_has_an_end_of_places(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_sessions, "MOST_MEMBERS", 1)
    code = ledger.begin_class("teacher")
    assert ledger.join_class(code, ADA, "") and not ledger.join_class(code, BOB, "")


# --- bars and table --------------------------------------------------------------------------------------------


def test_choices_have_a_bar_each_and_what_is_no_choice_has_none() -> None:
    bars = class_answers.of_choices({"b": 3, "<script>": 9, "": 2}, [("a", "A"), ("b", "B")], "a")
    assert [(bar.label, bar.count, bar.is_right) for bar in bars] == [("A", 0, True), ("B", 3, False)]


def test_numbers_have_a_bar_each_in_their_order_and_many_share_one() -> None:
    few = class_answers.of_numbers({"2": 3, "-1.5": 1, "2.0": 1, "nan": 9, "1e999": 9, "x": 9, "": 4}, 4.0)
    assert [(bar.count, bar.is_right) for bar in few] == [(1, False), (4, False), (0, True)]
    assert class_answers.of_numbers({"2": 1})[0].is_right is False  # not before it is shown
    many = class_answers.of_numbers({str(10.0**k): 1 for k in range(-300, 300, 5)}, 1.0)
    assert len(many) == class_answers.MOST_BARS and sum(bar.count for bar in many) == 120
    assert sum(bar.is_right for bar in many) == 1


def test_who_may_be_stuck_comes_first_and_who_is_away_last() -> None:
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def member(name: str, since: float, seen: float) -> Member:
        times = [(now - timedelta(seconds=s)).isoformat() for s in (since, seen)]
        return Member(name, "Lessons", *times, answers=0, has_answered=False, runs=0, failed=0)

    rows = class_list.table([member("a", 900, 90), member("", 10, 5), member("c", 400, 5)], now)
    assert [(row["learner"], row["state"], row["minutes there"]) for row in rows] == [
        ("c", "stuck", 6),
        ("learner 2", "", 0),
        ("a", "away", 15),
    ]


# --- the pages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A shared server of this test's own; be(ADA): from now on the page is looked at by Ada's browser."""
    monkeypatch.delenv("DLCORE_DB_URL", raising=False)
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DLCORE_SHARED", "1")
    monkeypatch.setenv("DLCORE_TEACHER_CODE", "chalk")
    monkeypatch.setattr(browser, "are_named", lambda: True)
    monkeypatch.setattr(membership, "FRESH", 0.0)
    monkeypatch.setattr(membership, "GUARDS", membership.Guards())
    yield lambda name: monkeypatch.setattr(browser, "name", lambda: name)
    shared().ledger.engine.dispose()


def page(name: str, **query: str) -> AppTest:
    """A page through the router, in a session of its own."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    test.run()
    for key, value in query.items():
        test.query_params[key] = value
    test.switch_page(f"pages/{name}.py").run()
    assert not test.exception
    return test


def button(test: AppTest, label: str) -> Any:
    return next(each for each in test.button if each.label == label)


def said(test: AppTest) -> str:
    """What a page says in Markdown and in boxes."""
    boxes = [*test.markdown, *test.info, *test.success, *test.warning, *test.caption]
    return "\n".join(str(box.value) for box in boxes)


def test_a_class_is_begun_asked_answered_shown_and_ended(
    be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    be(EVE)
    monkeypatch.setattr("ui.learner.learner.is_teacher", lambda: True)
    teacher = page("session")
    button(teacher, "Start a class").click().run()
    code = teacher.header[0].value
    assert len(code) == class_sessions.LENGTH and "0 learners here" in teacher.subheader[0].value

    monkeypatch.setattr("ui.learner.learner.is_teacher", lambda: False)
    be(ADA)
    ada = page("session", session_code=code)
    assert ada.text_input(key="session_typed").value == code
    ada.text_input(key="session_nickname").input("*Ada* <b>")
    button(ada, "Join the class").click().run()
    assert f"You are in the class **{code}** as **\\*Ada\\* \\<b\\>**" in said(ada)

    shared().ledger.ask_class(code, ASKED)
    step = page("lessons", lessons_at="1.2")  # another tab of hers: the class follows the browser
    assert not any(each.label == "Show the answer" for each in step.button)
    step.radio[0].set_value(STEP.choices[0][0])
    button(step, "That is my prediction").click().run()
    assert "Your answer counts" in said(step) and "Computed" not in said(step)
    assert not any(each.label == "Show the answer" for each in step.button)
    assert shared().ledger.answers_of_class(code, ASKED) == {STEP.choices[0][0]: 1}

    be(EVE)
    monkeypatch.setattr("ui.learner.learner.is_teacher", lambda: True)
    teacher.run()
    assert "**1 of 1** answered" in said(teacher)
    button(teacher, "Show the answer").click().run()
    assert not teacher.exception

    monkeypatch.setattr("ui.learner.learner.is_teacher", lambda: False)
    be(ADA)
    step.run()
    assert "Computed" in said(step) and "Your answer counts" not in said(step)

    shared().ledger.end_class(code)
    step.run()
    assert not step.exception and step.toast and step.session_state["class_membership"] is None
    assert "Your prediction" not in said(step) and "Computed" in said(step)  # done, and not kept how
    assert "Ada" not in everything(shared().ledger)


def test_a_question_of_the_self_test_hides_whether_it_is_right_until_all_see_it(
    be: Callable[[str], None],
) -> None:
    be(ADA)
    code = shared().ledger.begin_class(EVE)
    shared().ledger.join_class(code, ADA, "")
    question = quiz.in_class(1, "neuron", 1)
    assert quiz.read_in_class(question) == (1, "neuron", 1) and quiz.read_in_class("quiz:x") is None
    shared().ledger.ask_class(code, question)
    test = page("quiz", quiz_seed="1", quiz_topic="Neuron")
    if test.radio:
        test.radio[0].set_value(0)
    else:
        test.text_input[0].input("12345")
    button(test, "Check").click().run()
    assert "Your answer counts" in said(test) and "ight." not in said(test)
    assert sum(shared().ledger.answers_of_class(code, question).values()) == 1
    shared().ledger.reveal_to_class(code)
    test.run()
    assert "**Not right.**" in said(test) or "**Right.**" in said(test)


def test_codes_that_are_guessed_make_the_guesser_wait_and_not_the_class(be: Callable[[str], None]) -> None:
    be(EVE)
    code = shared().ledger.begin_class("teacher")
    guess = page("session", session_code="AAAAAA")
    for _ in range(4):
        button(guess, "Join the class").click().run()
    assert "Wait" in said(guess)
    guess.text_input(key="session_typed").input(code)
    button(guess, "Join the class").click().run()
    assert "Wait" in said(guess) and shared().ledger.count_class(code, "")[0] == 0  # not even compared
    be(ADA)  # of the same address
    ada = page("session", session_code=f"{code[:3]} {code[3:].lower()}")
    button(ada, "Join the class").click().run()
    assert "You are in the class" in said(ada)


def test_an_address_is_slowed_down_whoever_guesses_there(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, now, looked_at = membership.Guards().of("address", *membership.OF_AN_ADDRESS), 0.0, []

    def is_right() -> bool:
        looked_at.append(now)
        return False

    while now < 3600:  # five a second, for an hour
        guard.judge(is_right, now)
        now += 0.2
    assert len(looked_at) < 500  # of 387 million codes
    assert len(class_sessions.LETTERS) ** class_sessions.LENGTH > 3e8


def test_news_are_told_to_whom_the_server_has_given_a_token(
    be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def news(token: str) -> tuple[int, str]:
        answer = finish(class_news.class_news(Request({"type": "http", "path_params": {"token": token}})))
        return answer.status_code, bytes(answer.body).decode()

    be(ADA)
    code = shared().ledger.begin_class(EVE)
    shared().ledger.join_class(code, ADA, "")
    monkeypatch.setattr(membership, "mine", lambda: (code, ""))
    token = membership.token()
    assert news(token) == (200, "1")
    shared().ledger.ask_class(code, ASKED)
    assert news(token) == (200, "2")
    assert news(token[:-1] + ("0" if token[-1] != "0" else "1"))[0] == 404
    assert news("")[0] == news("a" * 9999)[0] == news(f"{code}.zz.00")[0] == 404
    shared().ledger.end_class(code)
    assert news(token) == (200, membership.ENDED)


# --- in real browsers ------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_teacher_and_two_learners_in_real_browsers(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    # A hundred of them: benchmarks/class_session.py.
    lab, address = start_server(
        DLCORE_SHARED="1", DLCORE_TEACHER_CODE="chalk", DLCORE_RUNS=str(tmp_path / "runs")
    )
    try:
        teacher = open_page("this-server", base=address)
        teacher.get_by_label("The teacher's code").fill("chalk")
        teacher.keyboard.press("Enter")
        teacher.get_by_text("Trainings running").wait_for()
        teacher.get_by_role("link", name="Class").click()
        teacher.get_by_role("button", name="Start a class").click()
        teacher.get_by_text("0 learners here").wait_for()
        code = teacher.locator(".st-key-class_code h2").inner_text()
        learners = [open_page(f"class?session_code={code}", base=address, width=390) for _ in range(2)]
        for learner in learners:
            learner.get_by_role("button", name="Join the class").click()
            learner.get_by_text("You are in the class").wait_for()
        teacher.get_by_text("2 learners here").wait_for()
        teacher.get_by_role("button", name="Ask the class").click()
        learners[1].reload()  # a reconnect: still in the class, and led to the question
        for k, learner in enumerate(learners, start=1):
            learner.get_by_role("heading", name="Lesson 1, step 1").wait_for()
            settle(learner)
            learner.get_by_label("Your prediction").fill(str(k))
            learner.get_by_role("button", name="That is my prediction").click()
            learner.get_by_text("Your answer counts").wait_for()
            teacher.get_by_text(f"{k} of 2").wait_for()
        teacher.get_by_text("Who is where", exact=True).click()
        teacher.get_by_text("here, of whom 0 may be stuck").wait_for()
        teacher.get_by_role("button", name="Show the answer").click()
        for learner in learners:
            learner.get_by_text("Computed:").first.wait_for()
        teacher.get_by_text("End the class", exact=True).click()
        teacher.get_by_role("button", name="End the class now").click()
        for learner in learners:
            learner.get_by_text("You are in no class any more").wait_for()
            assert learner.locator("[data-testid=stException]").count() == 0
    finally:
        stop_server(lab)
