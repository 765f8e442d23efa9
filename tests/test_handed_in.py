"""A sheet that is handed in: what it holds, that nothing of it can be changed unseen, what a teacher is told."""

import dataclasses
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dlcore.course import handed_in
from dlcore.course.handed_in import Prediction, Sheet, Training
from dlcore.course.lessons import read_lessons
from dlcore.runs import Recipe
from dlcore.store.ledger import Ledger
from ui.course import handing_in
from ui.learner import progress

SHEET = Sheet(
    "Ada <Lovelace> & Söhne",
    "1 May 2026, 10:00 UTC",
    "the lab",
    (
        Prediction("One neuron", "Four points", "3", "3", handed_in.RIGHT),
        Prediction("One neuron", "Another bend", "Yes </script>", "No", handed_in.WRONG),
        Prediction("SGD", "A valley", "", "Ten", handed_in.NONE),
        Prediction("SGD", "Newton", "2", "", handed_in.OPEN),
    ),
    (
        Training(
            "cells · CNN · 61e9",
            "85.3% (79.8% to 89.5%, n = 200)",
            "http://lab/training?training_run=61e9&x=1",
        ),
    ),
)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> str:
    monkeypatch.setattr(handing_in, "default_folder", lambda: tmp_path)
    return handing_in.page_of(SHEET, "http://localhost:8501/all-lessons?x=1")


def read(text: str) -> Sheet:
    return handed_in.read_html(text, handing_in.is_signed, handing_in._drawn)


def test_a_sheet_comes_back_whole_and_its_link_says_the_same(page: str) -> None:
    assert read(page) == SHEET
    assert "<script>" not in page and "Ada &lt;Lovelace&gt; &amp; Söhne" in page
    code = re.search(r"lessons_sheet=([\w.-]+)\"", page)
    assert code is not None
    found = handed_in.read_code(code[1], handing_in.is_signed)
    assert (found.name, found.right, found.predicted, found.trainings) == (SHEET.name, 1, 2, 1)
    assert handed_in.told(found) == "1 of 2 predictions right; 1 trained network."
    assert len(code[1]) <= 1000  # what the address takes


def test_the_longest_name_still_fits_the_address(page: str) -> None:
    longest = dataclasses.replace(SHEET, name="漢" * handed_in.LONGEST_NAME)
    code = handed_in.code_of(handed_in.summary(longest), lambda text: "0" * 64)
    assert len(code) <= 1000 and handing_in._drawn("http://a.long.name.of.a.university.edu/lab/?x=" + code)


@pytest.mark.parametrize(
    ("old", "new", "tells"),
    [
        ("not right", "right", "changed|something else"),  # the first is a cell of the table
        ('"verdict": "not right"', '"verdict": "right"', "changed"),
        ("<td>Yes &lt;/script&gt;</td>", "<td>No</td>", "something else"),
        ("</h1>", "</h1><p>With distinction.</p>", "something else"),
        ("whether the lab wrote these", "that the lab praised these", "something else"),
        ('id="sheet"', 'id="sheets"', "no sheet"),
        ('data-code="W', 'data-code="X', "no code|not made by this lab"),
    ],
)
def test_whatever_is_changed_in_a_sheet_is_noticed(page: str, old: str, new: str, tells: str) -> None:
    changed = page.replace(old, new, 1)
    assert changed != page
    with pytest.raises(ValueError, match=tells):
        read(changed)


@pytest.mark.parametrize("code", ["", "x", ".", "e30.00", "WyJhIl0.00", "W10", "\x00", "é.ß", "A" * 999])
def test_a_code_of_nobodys_is_a_sentence(page: str, code: str) -> None:
    with pytest.raises(ValueError, match=r"no code of a sheet|not made by this lab"):
        handed_in.read_code(code, handing_in.is_signed)


def test_another_labs_sheet_is_not_believed(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_SECRET", "another-key-of-more-than-16-characters")
    with pytest.raises(ValueError, match="not made by this lab"):
        read(page)


def test_a_learner_hands_in_what_was_predicted_and_the_teacher_reads_it(app: Callable) -> None:
    lesson = read_lessons()[0]
    right, open_one = lesson.steps[2], lesson.steps[0]
    test = app("home")
    test.switch_page("pages/lessons.py").run()
    test.session_state["lessons_marks"] = {
        right.key: progress.Mark("3", True),
        open_one.key: progress.Mark("7", False),
    }
    test.session_state["lessons_handed_in"] = True
    test.run()
    assert not test.exception
    assert any("type your name first" in each.value for each in test.caption)
    test.text_input(key="lessons_hand_in_name").set_value("Ada").run()
    assert not test.exception and test.get("download_button")
    test.session_state["lessons_marks"] = {}
    test.query_params["lessons_plans"] = "1"
    test.query_params["lessons_sheet"] = "e30.00"
    test.run()
    assert not test.exception
    assert any("no code of a sheet" in each.value for each in test.error)


def test_a_sheets_rows_are_what_the_steps_say(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = read_lessons()[0]
    marks = {
        lesson.steps[2].key: progress.Mark("3", True),
        lesson.steps[0].key: progress.Mark("7", False),
        lesson.steps[1].key: progress.Mark("", True),
    }
    monkeypatch.setattr(progress, "mark", lambda step: marks.get(step.key))
    rows = {row.step: row for row in handing_in._predictions((lesson,))}
    assert rows["Four points, one line"] == Prediction(
        "One neuron", "Four points, one line", "3", "3", "right"
    )
    assert (rows["Weigh, add, bend"].given, rows["Weigh, add, bend"].expected) == ("7", "")
    assert rows["Longer weights"].verdict == handed_in.NONE and rows["Longer weights"].expected


def test_only_networks_that_this_learner_trained_are_handed_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    ledger = Ledger(tmp_path)
    ledger.claim(["mine"], "ada")
    ledger.claim(["theirs"], "bob")
    rows = [
        {"key": key, "recipe": Recipe(), "validated": 200, "val_accuracy": 0.85}
        for key in ("mine", "theirs", "labs")
    ]
    monkeypatch.setattr(handing_in, "recent_runs", lambda limit: rows)
    monkeypatch.setattr(handing_in, "learner", lambda: "ada")
    monkeypatch.setattr(handing_in, "shared", lambda: SimpleNamespace(ledger=ledger))
    (one,) = handing_in._trainings()
    assert one.address.endswith("training_run=mine") and one.accuracy.startswith("85.0%")
