"""The lessons on screen: the course at a glance, and a step as prediction, experiment, answer."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dlcore.assets import ASSETS
from dlcore.claims import Value, fill
from dlcore.course.lessons import Lesson, Place, Step, is_right, neighbour
from ui.course import checking, quiz
from ui.course.comparison import compare, shown
from ui.frame.address import State
from ui.frame.announcer import announce
from ui.frame.fields import OnOff, Text
from ui.learner import membership, progress
from ui.lesson_pictures import registry
from ui.lesson_pictures.registry import Picture
from ui.lesson_pictures.standing import Standing

HERE = "pages/lessons.py"
Course = tuple[Lesson, ...]
STATE = State(
    "lessons",
    {
        "at": Text(most=300, default="", judge=progress.wrong_with, examples=("1.1-0", "2.2-1")),
        "plans": OnOff(said="1"),
        "sheet": Text(most=1000, default="", on={"plans": "1"}, examples=("WyJBZGEiXQ.0a1b",)),
    },
)

CSS = f"<style>{(ASSETS / 'lessons.css').read_text(encoding='utf-8')}</style>"


def link(place: Place, lessons: Course, label: str, icon: str) -> None:
    """A link to a step; it carries what has been done, so that copied it resumes there."""
    st.page_link(HERE, label=label, icon=icon, query_params={"lessons_at": progress.token(place, lessons)})


def overview(lessons: Course) -> None:
    """Every lesson with its length and what has been done of it; where to go on."""
    seen, following = progress.done(lessons), progress.next_place(lessons)
    total = sum(len(lesson.steps) for lesson in lessons)
    if not seen:
        link((1, 1), lessons, "Begin with lesson 1, step 1", ":material/play_arrow:")
    elif following:
        i, s = following
        label = f"Go on with lesson {i}, step {s}: {lessons[i - 1].steps[s - 1].title}"
        link(following, lessons, label, ":material/play_arrow:")
    else:
        st.markdown("All steps are done. The self-test has fresh numbers.")
    st.caption(
        f"{len(seen)} of {total} steps done; {sum(lesson.minutes for lesson in lessons)} minutes in all."
    )
    for i, lesson in enumerate(lessons, start=1):
        done = sum((i, s) in seen for s in range(1, len(lesson.steps) + 1))
        first = next((s for s in range(1, len(lesson.steps) + 1) if (i, s) not in seen), 1)
        name, what = st.columns([1.1, 1.6], vertical_alignment="center")
        with name:
            icon = ":material/check_circle:" if done == len(lesson.steps) else f":material/counter_{i}:"
            link((i, first), lessons, lesson.title, icon)
        what.markdown(
            f"{lesson.aim}  \n:small[:gray[{lesson.minutes} min · {done} of {len(lesson.steps)} steps]]"
        )
    teachers = {"lessons_plans": "1"}
    st.page_link(
        HERE,
        label="For teachers: plans, class links, sheets",
        icon=":material/co_present:",
        query_params=teachers,
    )


def step_view(place: Place, lessons: Course) -> None:
    """One step in one scroll: the question and the prediction, the picture, the answer.

    On a wide screen the picture stands beside the words, on a phone between them.
    """
    i, s = place
    step = lessons[i - 1].steps[s - 1]
    _steps(i, s, lessons)
    with st.container(key="lessons_step"):
        st.subheader(f"Lesson {i}, step {s}: {step.title}", anchor=False)
        if problem := checking.link_problem(step) or _unaskable(step):
            st.error(f"This step is closed; the others are not. {problem}", icon=":material/error:")
        else:
            _scroll(step, place, lessons)
    _neighbours(place, lessons)


def _unaskable(step: Step) -> str:
    """Why the question cannot be put, where it mentions numbers; an answer that is wrong is told when it is asked."""
    return checking.answer_problem(step, progress.expected) if "[[" in step.ask else ""


def _scroll(step: Step, place: Place, lessons: Course) -> None:
    standing = registry.standing_of(step)
    picture = registry.picture_of(standing) if standing else None
    mark = progress.mark(step)
    with st.container(key="lesson_scroll" if picture else "lesson_words"):
        with st.container(key="lesson_ask"):
            st.markdown(f"**Predict.** {_filled(step, step.ask)}")
            if mark is None:
                _ask(step, f"lessons_answer_{place[0]}_{place[1]}")
            else:
                if mark.given:
                    st.markdown(f"Your prediction: **{shown(step, mark.given)}**")
                st.markdown(f"**Try it.** {step.do}")
        if standing and picture:
            _experiment(standing, picture, step, mark is None and step.veiled, place, lessons)
        elif mark is not None:
            _to_the_page(step, step.query, place, lessons)
        if mark is not None:
            with st.container(key="lesson_answer"):
                if mark.revealed:
                    _answer(step, mark.given)
                elif membership.waits(progress.question(step)):
                    st.info(membership.WAITING, icon=":material/hourglass_empty:")
                else:
                    st.button(
                        "Show the answer",
                        icon=":material/visibility:",
                        key="lessons_reveal",
                        on_click=progress.note,
                        args=(step, mark.given, True),
                    )


def _experiment(
    standing: Standing, picture: Picture, step: Step, is_veiled: bool, place: Place, lessons: Course
) -> None:
    """The page's own picture, to be touched; blurred where it would say the answer before the prediction."""
    with st.container(key="lesson_picture_veiled" if is_veiled else "lesson_picture"):
        picture.draw(standing)
        if not is_veiled:
            with st.container(horizontal=True, vertical_alignment="center"):
                _to_the_page(step, standing.now(), place, lessons)
                if standing.is_moved():
                    label, icon = "As in the question", ":material/undo:"
                    st.button(label, icon=icon, key="lesson_undo", type="tertiary", on_click=standing.forget)


def _to_the_page(step: Step, query: Mapping[str, Sequence[str]], place: Place, lessons: Course) -> None:
    """The link to the whole page, in the state that stands here; it knows the way back."""
    st.page_link(
        f"pages/{step.page}.py",
        label="Open the whole page",
        icon=":material/science:",
        query_params=[
            *((name, text) for name, texts in query.items() for text in texts),
            ("lesson", progress.token(place, lessons)),
        ],
    )


def _steps(i: int, s: int, lessons: Course) -> None:
    """The steps of this lesson, as links."""
    seen = progress.done(lessons)
    with st.container(horizontal=True, key="lessons_steps"):
        for number, step in enumerate(lessons[i - 1].steps, start=1):
            icon = ":material/check_circle:" if (i, number) in seen else f":material/counter_{number}:"
            icon = ":material/error:" if step.problem else icon
            label = f"**{step.title}**" if number == s else step.title
            link((i, number), lessons, label, icon)


def _filled(step: Step, text: str) -> str:
    return fill(text, progress.expected(step).facts) if "[[" in text else text


def _ask(step: Step, key: str) -> None:
    """The form of a prediction."""
    with st.form(key, border=False):
        given: Value | None
        if step.choices:
            given = st.radio(
                "Your prediction",
                [name for name, _ in step.choices],
                index=None,
                format_func=dict(step.choices).__getitem__,
                key=f"{key}_choice",
            )
        else:
            given = st.number_input(
                "Your prediction",
                value=None,
                format="%g",
                key=f"{key}_number",
                width=220,
                placeholder="a number",
            )
        if st.form_submit_button("That is my prediction", type="primary"):
            if given is None:
                st.caption("Choose or type something first; a guess will do.")
            else:
                progress.note(step, str(given), False)
                st.rerun()
    st.button(
        "I would rather look first",
        type="tertiary",
        key=f"{key}_skip",
        on_click=progress.note,
        args=(step, "", False),
    )


def _answer(step: Step, given: str) -> None:
    """What is expected, whether the prediction was right, and what to make of it."""
    if problem := checking.answer_problem(step, progress.expected):
        st.error(f"This step has no answer. {problem}", icon=":material/error:")
        return
    answer = progress.expected(step)
    whose = "Computed:" if step.typed is None else "Said by the course, not computed:"
    told = f"**{whose}** {shown(step, answer.value)}"
    if given:
        value: Value = given if step.choices else float(given)
        right = is_right(step, value, answer.value)
        icon = ":material/check_circle:" if right else ":material/arrow_forward:"
        verdict = "as you predicted" if right else "not what you predicted"
        if right and isinstance(answer.value, float) and value != answer.value:
            verdict += f" (within {100 * step.tolerance:g}%)"
        told = f"{icon} {told} — {verdict}."
    with st.container(border=True):
        st.markdown(told)
        announce(told)
        compare(step, given, answer.value)
        st.markdown(_filled(step, step.after))
        if step.proof:
            st.markdown(f"**Proof.** {_filled(step, step.proof)}")


def _neighbours(place: Place, lessons: Course) -> None:
    """One step back, one step on, after the last of a lesson questions on it, and the whole course."""
    with st.container(horizontal=True, key="lessons_neighbours"):
        if before := neighbour(place, lessons, -1):
            link(before, lessons, "Previous step", ":material/chevron_left:")
        if after := neighbour(place, lessons, 1):
            label = "Next step" if after[0] == place[0] else f"Next lesson: {lessons[after[0] - 1].title}"
            link(after, lessons, label, ":material/chevron_right:")
        lesson = lessons[place[0] - 1]
        topic = quiz.TOPICS.get(lesson.steps[0].page) if place[1] == len(lesson.steps) else None
        if topic:
            st.page_link(
                "pages/quiz.py",
                label="Test yourself on this lesson",
                icon=":material/quiz:",
                query_params={"quiz_topic": topic, "quiz_seed": str(place[0])},
            )
        st.page_link(HERE, label="All lessons", icon=":material/list:", query_params={})
