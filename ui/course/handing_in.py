"""Handing in: a learner's sheet of predictions and runs, kept nowhere; and a teacher's look at such sheets."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import segno
import streamlit as st

from dlcore import __version__
from dlcore.course import handed_in
from dlcore.course.handed_in import LONGEST_NAME, Prediction, Sheet, Training
from dlcore.course.lessons import Lesson, Step, is_right
from dlcore.evaluation.intervals import Share
from dlcore.number_text import count
from dlcore.store import secret
from dlcore.store.store import default_folder, shared
from ui.course import checking
from ui.course.comparison import shown
from ui.frame.files import File, offer
from ui.frame.literal import literal
from ui.frame.stored import recent_runs
from ui.frame.uploads import uploader
from ui.learner import progress
from ui.learner.access import AWAY
from ui.learner.classroom import class_link
from ui.learner.learner import learner
from ui.training.one_run import called

PURPOSE = "handed in"  # of the signature
LARGEST = 1  # megabyte of a sheet
MOST_RUNS = 20
Course = tuple[Lesson, ...]


def is_signed(signature: str, text: str) -> bool:
    """Whether this lab wrote the text."""
    return secret.is_signed(signature, PURPOSE, text, default_folder())


# --- a learner -------------------------------------------------------------------------------------------------


def hand_in(course: Course) -> None:
    """A name, and the sheet as a file."""
    predictions, runs = _predictions(course), _trainings()
    st.markdown(
        f"One page to print or to send: {count(len(predictions), 'step')} with your predictions and the answers you "
        f"have seen, and {count(len(runs), 'trained network')} with addresses. A code on it shows that the lab "
        "wrote it. Your name stands on the sheet only; it is not kept."
    )
    name = st.text_input("Your name", max_chars=LONGEST_NAME, key="lessons_hand_in_name", width=320)
    if not (name.strip() and (predictions or runs)):
        missing = "type your name" if predictions or runs else "predict at a step or train a network"
        st.caption(f"To make the sheet, {missing} first.")
        return
    lab = f"Deep learning, word by word, version {__version__}"
    date = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    sheet = Sheet(" ".join(name.split()), date, lab, predictions, runs)
    page = partial(page_of, sheet, st.context.url or "http://localhost:8501/")
    offer(
        File("Sheet (HTML)", page, "sheet.html", "text/html"),
        "lessons_hand_in",
        icon=":material/assignment_turned_in:",
    )


def page_of(sheet: Sheet, base: str) -> str:
    """The sheet with its code, as a link and as a QR code.

    Args:
        base: any address of this lab.
    """
    folder = default_folder()
    code = handed_in.code_of(handed_in.summary(sheet), lambda text: secret.sign(PURPOSE, text, folder))
    link = class_link(base, "all-lessons", {"lessons_plans": "1", "lessons_sheet": ""})
    return handed_in.html(sheet, code, link, _drawn)


def _drawn(link: str) -> str:
    """An address as a QR code."""
    return str(segno.make(link, error="l", micro=False).svg_inline(omitsize=True, border=2))


def _predictions(course: Course) -> tuple[Prediction, ...]:
    """The steps at which this learner predicted or looked, in the course's order."""
    found = []
    for lesson in course:
        for step in lesson.steps:
            mark = None if step.problem else progress.mark(step)
            if mark is not None:
                found.append(_prediction(lesson, step, mark))
    return tuple(found)


def _prediction(lesson: Lesson, step: Step, mark: progress.Mark) -> Prediction:
    given = shown(step, mark.given) if mark.given else ""
    if not mark.revealed or checking.answer_problem(step, progress.expected):
        return Prediction(lesson.title, step.title, given, "", handed_in.OPEN)
    expected = progress.expected(step).value
    verdict = handed_in.NONE
    if mark.given:
        value = mark.given if step.choices else float(mark.given)
        verdict = handed_in.RIGHT if is_right(step, value, expected) else handed_in.WRONG
    return Prediction(lesson.title, step.title, given, shown(step, expected), verdict)


def _trainings() -> tuple[Training, ...]:
    """This learner's latest runs, without those that came with the lab; none while the database does not answer."""
    with suppress(*AWAY):
        rows = recent_runs(100)
        owners = shared().ledger.owners([row["key"] for row in rows])
        rows = [row for row in rows if learner() in owners[row["key"]]][:MOST_RUNS]
        names = called({row["key"]: row["recipe"] for row in rows})
        base = st.context.url or "http://localhost:8501/"
        return tuple(
            Training(
                names[row["key"]],
                _accuracy(row),
                class_link(base, "training-dashboard", {"training_run": row["key"]}),
            )
            for row in rows
        )
    return ()


def _accuracy(row: dict[str, Any]) -> str:
    n, accuracy = row["validated"], row["val_accuracy"]
    return str(Share(round(accuracy * n), n)) if n and accuracy is not None else "not known"


# --- a teacher -------------------------------------------------------------------------------------------------


def check(code: str) -> None:
    """What the code in the address says; and the sheets of a class, as one table.

    Args:
        code: "" if the address holds none.
    """
    st.subheader("Sheets handed in", anchor=False)
    if code:
        try:
            found = handed_in.read_code(code, is_signed)
            whose = f"**{literal(found.name)}**, {literal(found.date)}"
            said = f"This lab wrote this sheet: {whose}. {handed_in.told(found)}"
            st.success(said, icon=":material/verified:")
        except ValueError as problem:
            st.error(str(problem), icon=":material/error:")
    files = uploader(
        "Sheets (HTML files), to see whether the lab wrote them", "lessons_sheets", LARGEST, "html", True
    )
    rows = [_row(file.name, file.getvalue()) for file in files or []]
    if rows:
        st.dataframe(rows, hide_index=True, key="lessons_sheets_table")
        bad = sum(row["written by this lab"] != "yes" for row in rows)
        st.caption(f"{count(len(rows), 'sheet')}; {bad} not as the lab wrote them. Nothing of them is kept.")


def _row(file: str, content: bytes) -> dict[str, Any]:
    try:
        sheet = handed_in.read_html(content.decode("utf-8", "replace"), is_signed, _drawn)
    except ValueError as problem:
        return {"file": file, "name": "", "written by this lab": str(problem)}
    found = handed_in.summary(sheet)
    return {
        "file": file,
        "name": found.name,
        "written by this lab": "yes",
        "date": found.date,
        "predicted": found.predicted,
        "right": found.right,
        "networks": found.trainings,
    }
