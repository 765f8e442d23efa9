"""A teacher's side of the page Class: a code and a QR code, a question, what the class answers, who is where."""

import time

import segno
import streamlit as st

from dlcore.course.class_answers import Bar
from dlcore.figures import palette
from dlcore.number_text import count
from dlcore.store.challenges import Challenge
from dlcore.store.class_sessions import LENGTH, LESSON, ClassSession, code_of
from dlcore.store.store import shared
from ui.course import class_challenge, class_questions, quiz
from ui.course.class_list import who_is_where
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Text
from ui.learner import classroom, progress
from ui.learner.access import AWAY
from ui.learner.learner import learner
from ui.learner.membership import KNOWN, change_class

STATE = State("session", {"code": Text(most=12, default="", examples=("K7M3QX",))})
ACTIVITIES = (LESSON_STEP, SELF_TEST, CHALLENGE) = "Lesson step", "Self-test", "Challenge"
COUNT_EVERY = 0.25  # seconds between two looks at what has been answered
BOARD_EVERY = 2.0  # between two looks at a challenge's board
THERE_EVERY = 60.0  # seconds between two notes that the teacher is there

CSS = f"""
<style>
  /* Bars that can be read from the last row; the right one has another color, and a sign. */
  .st-key-class_bars [data-testid="stProgress"] p {{ font-size: 1.15rem; }}
  .st-key-class_bars [data-testid="stProgressBarTrack"],
  .st-key-class_bars [data-testid="stProgressBarTrack"] div {{ height: 1.4rem; border-radius: 3px; }}
  [class*="st-key-class_bar_right"] [data-testid="stProgressBarTrack"] div {{ background-color: {palette.TRUE}; }}
  .st-key-class_code h2 {{ font-family: var(--st-code-font, monospace); font-size: 2.4rem; letter-spacing: 0.1em;
    padding: 0; }}
</style>
"""


def teach(asked_for: str) -> None:
    """The session of this teacher, or that of the code in the address; and the button that begins one."""
    try:
        code = code_of(asked_for) or shared().ledger.class_of_teacher(learner())
        session = KNOWN.session(code) if len(code) == LENGTH else None
        challenge = shared().ledger.challenge_of(code) if session else None
    except AWAY:
        st.warning("The database does not answer; a class is kept there. Try again in a moment.")
        return
    if session is None:
        if asked_for:
            st.info("No class has this code now; it is over, or the code is another one.")
        _begin()
        return
    st.html(CSS)
    first = CHALLENGE if challenge and not session.question else LESSON_STEP
    is_challenge = st.session_state.setdefault("session_kind", first) == CHALLENGE
    left, right = frame.picture_and_controls((2.0, 1.0))
    with right:
        is_small = session.question or (is_challenge and challenge)
        if is_small:
            _way_in(session.code, 150)
        _controls(session, challenge)
    with left:
        if not is_small:
            _way_in(session.code, 300)
        if is_challenge and challenge is None:
            st.markdown(class_challenge.ABOUT)
        elif not is_challenge or challenge is None:
            what_the_class_thinks(session.code, session.turn)
        elif challenge.broken:
            class_challenge.draw(session.code)
        else:
            what_was_submitted(session.code, session.turn)
    _below(session)


def _below(session: ClassSession) -> None:
    """What is closed until asked for: who is where, and the end of the class."""
    with frame.more("Who is where", "session_list") as is_open:
        if is_open:
            who_is_where(session.code)
    with frame.more("End the class", "session_over") as is_open:
        if is_open:
            st.markdown(
                "This deletes nicknames, answers, places and the challenge at once. Progress, runs and counted "
                "openings of a test set stay with the learners."
            )
            if st.button("End the class now", icon=":material/stop_circle:", key="session_end"):
                change_class(lambda: shared().ledger.end_class(session.code), session.code)


def _begin() -> None:
    st.markdown(
        "Your learners join with a code, without accounts. You ask a question of the lessons or the self-test; their "
        "predictions appear here while they come in, without names; you show the answer to all at once."
    )
    if st.button("Start a class", type="primary", icon=":material/groups:", key="session_begin"):
        st.query_params.pop("session_code", None)
        change_class(lambda: shared().ledger.begin_class(learner()))
    st.caption(
        "Nicknames, answers, places and challenges are deleted when you end the class, after four hours without this "
        "page open, and after twelve hours in any case."
    )


def _way_in(code: str, width: int) -> None:
    """Code, QR code and address.

    Args:
        width: of the QR code, in pixels.
    """
    address = classroom.class_link(
        st.context.url or "http://localhost:8501/", "class", {"session_code": code}
    )
    with st.container(horizontal=True, vertical_alignment="center", key="class_code"):
        drawing = segno.make(address, error="m", micro=False)
        picture = drawing.svg_inline(scale=4, border=2, dark="#000000", light="#ffffff")
        st.image(picture, width=width, alt=f"QR code of the address {address}")
        with st.container(gap="small", width="content"):
            st.caption("Join with the code")
            st.header(code, anchor=False)
            st.caption(address.partition("?")[0].partition("//")[2])


def _controls(session: ClassSession, challenge: Challenge | None) -> None:
    """Which question; ask it; show the answer. Or the challenge."""
    kind = st.segmented_control("Activity", ACTIVITIES, required=True, wrap=True, key="session_kind")
    if kind == CHALLENGE:
        class_challenge.controls(session.code, challenge)
        return
    question = _of_lessons() if kind == LESSON_STEP else _of_quiz()
    if question is None:
        return
    is_open = session.question == question
    place = st.container(horizontal=True)
    if place.button(
        "Ask again" if is_open else "Ask the class",
        type="secondary" if is_open else "primary",
        help="Once more from the beginning: the answers given until now are deleted." if is_open else None,
        key="session_ask",
    ):
        change_class(lambda: shared().ledger.ask_class(session.code, question), session.code)
    if place.button(
        "Show the answer",
        type="primary" if is_open and not session.is_revealed else "secondary",
        disabled=not session.question or session.is_revealed,
        key="session_reveal",
    ):
        change_class(lambda: shared().ledger.reveal_to_class(session.code), session.code)


def _of_lessons() -> str | None:
    course, problem = progress.lessons()
    if problem:
        st.error(f"The lessons cannot be asked. {problem}", icon=":material/error:")
        return None
    titles = [f"{i}. {lesson.title}" for i, lesson in enumerate(course, 1)]
    lesson = course[titles.index(st.selectbox("Lesson", titles, key="session_lesson"))]
    steps = [f"{s}. {step.title}" for s, step in enumerate(lesson.steps, 1)]
    step = st.selectbox("Step", steps, key=f"session_step_{titles.index(st.session_state['session_lesson'])}")
    return LESSON + lesson.steps[steps.index(step)].key


def _of_quiz() -> str:
    topic = st.selectbox("Topic", list(quiz.TOPICS), format_func=quiz.TOPICS.__getitem__, key="session_topic")
    seed, number = st.columns(2)
    return quiz.in_class(
        int(seed.number_input("Seed", 0, 9999, 1, key="session_seed")),
        topic,
        int(number.number_input("Number", 1, quiz.COUNT, 1, key="session_number")),
    )


@st.fragment(run_every=COUNT_EVERY)
def what_the_class_thinks(code: str, turn: int) -> None:
    """The open question and how often each answer was given, counted anew while they come in.

    Args:
        turn: of the session as the rest of the page shows it.
    """
    try:
        session = KNOWN.session(code)
        if session is None or session.turn != turn:  # ended, or asked from another browser of the teacher
            st.rerun()
        _is_there(code)
        size, answers = shared().ledger.count_class(code, session.question)
    except AWAY:
        st.caption("The database does not answer; the next look may succeed.")
        return
    if not session.question:
        st.subheader(f"{count(size, 'learner')} here", anchor=False)
        st.markdown("Choose a question and press **Ask the class**: it appears on every learner's screen.")
        return
    asked = class_questions.find(session.question)
    if asked is None:
        st.info("This question is not in the course any more. Ask another one.")
        return
    st.caption(asked.label)
    st.markdown(f"#### {asked.text()}")
    given = sum(answers.values())
    st.markdown(f"**{given} of {size}** answered{_undecided(answers)}")
    with st.container(key="class_bars"):
        _histogram(asked.bars(answers, session.is_revealed), given - answers.get("", 0))
    if session.is_revealed:
        with st.container(border=True):
            st.markdown(asked.explanation())
            st.page_link(
                asked.page,
                label="Open the question's page, with its picture",
                icon=":material/science:",
                query_params=asked.parameters,
            )


@st.fragment(run_every=BOARD_EVERY)
def what_was_submitted(code: str, turn: int) -> None:
    """The board of a challenge that is sealed, drawn anew while runs come in; `turn` as above."""
    try:
        session = KNOWN.session(code)
        if session is None or session.turn != turn:
            st.rerun()
        _is_there(code)
        class_challenge.draw(code)
    except AWAY:
        st.caption("The database does not answer; the next look may succeed.")


def _undecided(answers: dict[str, int]) -> str:
    return f", {answers['']} would rather look first" if answers.get("") else ""


def _histogram(bars: tuple[Bar, ...], n: int) -> None:
    """A bar each; the right one is named as such. Streamlit moves a bar in place, so nothing flickers."""
    if not bars:
        st.caption("No number has been given yet.")
    for k, bar in enumerate(bars):
        share = bar.count / n if n else 0.0
        sign = ":material/check_circle: " if bar.is_right else ""
        with st.container(key=f"class_bar_{'right_' if bar.is_right else ''}{k}"):
            st.progress(min(share, 1.0), f"{sign}{bar.label} — **{bar.count}** ({100 * share:.0f}%)")


def _is_there(code: str) -> None:
    """Once a minute the session is told that its teacher is there."""
    last = st.session_state.get("session_there", -THERE_EVERY)
    if time.monotonic() - last >= THERE_EVERY:
        st.session_state["session_there"] = time.monotonic()
        shared().ledger.teacher_is_there(code)
