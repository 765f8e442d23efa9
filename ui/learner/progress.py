"""The course and a learner's way through it: read once, remembered in the ledger, carried in the address."""

import logging
from dataclasses import dataclass

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dlcore.course.answers import ANSWERS
from dlcore.course.answers.networks import Answer
from dlcore.course.edited import Edited
from dlcore.course.lessons import (
    FILE,
    Lesson,
    LessonError,
    Place,
    Step,
    can_be_given,
    read_lessons,
    read_place,
    write_place,
)
from dlcore.store.class_sessions import LESSON
from dlcore.store.store import shared
from ui.learner import membership
from ui.learner.learner import learner

LOG = logging.getLogger(__name__)
LOST = (OSError, RuntimeError, SQLAlchemyError)  # a disk or database that cannot be used now


@dataclass(frozen=True)
class Mark:
    """What a learner did at a step: the prediction as text, and whether the answer has been shown."""

    given: str
    revealed: bool


lessons: Edited[tuple[Lesson, ...]] = Edited(FILE, read_lessons, (), LessonError)


@st.cache_data(max_entries=100, show_spinner="Computing …")
def _expected(answer: str, link: str, parameters: tuple[tuple[str, str], ...]) -> Answer:
    return ANSWERS[answer](dict(parameters))


def expected(step: Step) -> Answer:
    """What the code says at this step, or the file where nothing computes it."""
    if step.typed is not None:
        return Answer(step.typed)
    return _expected(step.answer, step.link, tuple(step.parameters.items()))


def marks() -> dict[str, Mark]:
    """This learner's steps by key: those of the ledger, and those of this session."""
    if "lessons_marks" not in st.session_state:
        try:
            rows = shared().ledger.steps_of(learner())
        except LOST as error:
            LOG.warning("the lessons' progress could not be read: %s", error)
            rows = []
        st.session_state["lessons_marks"] = {row["step"]: Mark(row["given"], row["revealed"]) for row in rows}
    return st.session_state["lessons_marks"]


def question(step: Step) -> str:
    """The name of a step where a class is asked it."""
    return LESSON + step.key


def mark(step: Step) -> Mark | None:
    """What this learner did at a step; where the class is asked it, what they did in the class.

    There nobody has predicted before they do so in the class, and the answer is shown to all at once. A prediction
    that answers the step as it was before the file was edited is none any more.
    """
    known = marks().get(step.key)
    if known is not None and not can_be_given(step, known.given):
        known = Mark("", known.revealed)
    if (here := membership.asked(question(step))) is None:
        return known
    given, is_revealed = here
    if given is None and not is_revealed:
        return None
    now = Mark((known.given if known else "") if given is None else given, is_revealed)
    if is_revealed and now != known:
        note(step, now.given, True)
    return now


def note(step: Step, given: str, revealed: bool) -> None:
    """Remember a prediction; on a disk that cannot be written to, for this session only."""
    marks()[step.key] = Mark(given, revealed)
    counts = revealed or membership.answered(question(step), given)
    try:
        shared().ledger.note_step(learner(), step.key, given if counts else "", revealed)
    except LOST as error:
        LOG.warning("the lessons' progress could not be kept: %s", error)


def read_anew() -> None:
    """What a class has left behind is what the ledger says: without the predictions that were made there."""
    st.session_state.pop("lessons_marks", None)


def forget() -> None:
    """Begin the lessons anew."""
    st.session_state["lessons_marks"] = {}
    try:
        shared().ledger.forget_steps(learner())
    except LOST as error:
        LOG.warning("the lessons' progress could not be forgotten: %s", error)


def done(course: tuple[Lesson, ...]) -> frozenset[Place]:
    """The steps whose answers have been shown."""
    seen = marks()
    return frozenset(
        (i, s)
        for i, lesson in enumerate(course, start=1)
        for s, step in enumerate(lesson.steps, start=1)
        if (mark := seen.get(step.key)) and mark.revealed
    )


def take_over(places: frozenset[Place], course: tuple[Lesson, ...]) -> None:
    """Count the steps that an address calls done; what this session knows better it keeps."""
    for i, s in places:
        marks().setdefault(course[i - 1].steps[s - 1].key, Mark("", True))


def token(place: Place, course: tuple[Lesson, ...]) -> str:
    """The address form of a place, with what has been done."""
    return write_place(place, done(course), course)


def next_place(course: tuple[Lesson, ...]) -> Place | None:
    """The first step after the last one done; the first of all if none is; None at the end."""
    places = [
        (i, s)
        for i, lesson in enumerate(course, 1)
        for s, step in enumerate(lesson.steps, 1)
        if not step.problem
    ]
    seen = done(course)
    last = max((places.index(place) for place in seen), default=-1)
    rest = [place for place in places[last + 1 :] + places[: last + 1] if place not in seen]
    return rest[0] if rest else None


def wrong_with(text: str) -> str:
    """What an address of a step gets wrong, as a sentence; "" where it can be followed."""
    course, problem = lessons()
    return problem if problem or not course else read_place(text, course)[2]


def way_back(text: str) -> None:
    """On a page that a lesson has sent the learner to: what to do here, and the quiet link back.

    Args:
        text: the step, as the address says it; "" for none.
    """
    if not text:
        return
    course, problem = lessons()
    place, seen, _ = read_place(text, course) if course else (None, frozenset(), problem)
    if place is None:
        return
    take_over(seen, course)
    lesson, step = course[place[0] - 1], course[place[0] - 1].steps[place[1] - 1]
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_way_back"):
        st.page_link(
            "pages/lessons.py",
            label=f"Back to lesson {place[0]}, step {place[1]}",
            icon=":material/arrow_back:",
            help=f"{lesson.title}: {step.title}",
            query_params={"lessons_at": token(place, course)},
        )
        st.caption(step.do)
