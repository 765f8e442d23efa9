"""What the files of the course get wrong, found before a class: python -m ui.course.checking [lessons [questions]].

The form of an entry is judged where it is read (dlcore/course). Here its page, its link and its answer are tried.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from dlcore.claims import fill
from dlcore.course import lessons, questions
from dlcore.course.answers import ANSWERS
from dlcore.course.answers.networks import Answer
from dlcore.course.lessons import LessonError, Step, check_value, near, read_lessons
from dlcore.course.questions.concepts import FILE as QUESTIONS
from dlcore.course.questions.concepts import readable_concepts
from ui.frame.fields import RefusedError
from ui.frame.frame import EVERYWHERE
from ui.lesson_pictures.registry import STATES

ROOT = Path(__file__).parents[2]
Expected = Callable[[Step], Answer]


def expected(step: Step) -> Answer:
    """What the code says at a step, or the file where nothing computes it."""
    return Answer(step.typed) if step.typed is not None else ANSWERS[step.answer](step.parameters)


def link_problem(step: Step) -> str:
    """Why a step's link cannot be followed, in a sentence; "" where it can."""
    if step.problem:
        return step.problem
    place = f"Step “{step.title}”"
    if step.page not in STATES:
        return f"{place}: there is no page “{step.page}” to lead to.{near(step.page, STATES)}"
    state = STATES[step.page]
    for name, texts in step.query.items():
        if name in EVERYWHERE.fields:
            continue
        field = state.field_of(name.removeprefix(state.prefix)) if name.startswith(state.prefix) else None
        if field is None:
            known = [state.prefix + each for each in state.fields]
            return f"{place}: the page has no “{name}” in its address.{near(name, known)}"
        try:
            field.read(texts)
        except RefusedError:
            options = getattr(field, "options", ())
            known = [] if callable(options) else [field.write(each)[0] for each in options]
            return f"{place}: “{name}” cannot be “{', '.join(texts)}”.{near(texts[0], known)}"
    return ""


def answer_problem(step: Step, told: Expected = expected) -> str:
    """Why a step's answer cannot be given, in a sentence; "" where it can.

    Args:
        told: what is expected of a step, where that is kept.
    """
    if step.problem:
        return step.problem
    place = f"Step “{step.title}”"
    try:
        answer = told(step)
    except KeyError as error:
        return f"{place}: “{step.answer}” needs {error.args[0]} in the link."
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        return f"{place}: “{step.answer}” cannot be computed from this link: {error}."
    try:
        check_value(answer.value, dict(step.choices), place)
    except LessonError as error:
        return str(error)
    for text in (step.ask, step.after, step.proof):
        try:
            fill(text, answer.facts)
        except KeyError as error:
            known = answer.facts
            return f"{place}: “{step.answer}” gives no [[{error.args[0]}]].{near(error.args[0], known)}"
    return ""


def path_problem(step: Step) -> str:
    """Whether the link begins with another page's path than the step's page has; it is the page that counts."""
    paths = dict(
        re.findall(r'"pages/(\w+)\.py",[^)]*?url_path="([\w-]+)"', (ROOT / "app.py").read_text("utf-8"))
    )
    path = step.link.partition("?")[0].lstrip("/")
    if step.problem or step.page not in STATES or path == paths[step.page]:
        return ""
    return f"Step “{step.title}”: the link begins with “{path}”, the page “{step.page}” is at {paths[step.page]}."


def problems(course: Path = lessons.FILE, asked: Path = QUESTIONS) -> Iterator[str]:
    """A sentence about everything that is wrong in the files; every answer is computed, which takes seconds."""
    try:
        for lesson in read_lessons(course):
            for step in lesson.steps:
                if found := link_problem(step) or path_problem(step) or answer_problem(step):
                    yield found
    except LessonError as error:
        yield str(error)
    try:
        yield from readable_concepts(asked)[1]
    except questions.QuestionError as error:
        yield str(error)


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    found = list(problems(*map(Path, sys.argv[1:3])))
    print("\n".join(found) or "Every step and every question can be taught.")  # noqa: T201
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
