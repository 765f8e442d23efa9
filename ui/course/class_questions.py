"""What a class can be asked: steps of the lessons and questions of the self-test, found again by their names."""

from collections.abc import Mapping
from dataclasses import dataclass

from dlcore.claims import fill
from dlcore.course import class_answers
from dlcore.course.class_answers import Bar
from dlcore.course.lessons import Lesson, Step, is_right
from dlcore.course.questions import Concept, Question
from dlcore.store.class_sessions import LESSON
from ui.course import quiz
from ui.learner import progress

LESSONS, QUIZ = "pages/lessons.py", "pages/quiz.py"


@dataclass(frozen=True)
class Asked:
    """A question that a class can be asked.

    Attributes:
        label: where it stands, in a few words.
        page: the file of that page; `parameters` are its address's.
        source: the step, or the question.
    """

    label: str
    page: str
    parameters: Mapping[str, str]
    source: Step | Question | Concept

    def text(self) -> str:
        """The question, as Markdown."""
        return _filled(self.source, self.source.ask) if isinstance(self.source, Step) else self.source.ask

    def bars(self, answers: Mapping[str, int], is_revealed: bool) -> tuple[Bar, ...]:
        """What was answered.

        Args:
            answers: what was given -> how often.
            is_revealed: the right answer is marked.
        """
        source = self.source
        if isinstance(source, Concept):
            choices = [(str(k), choice.text) for k, choice in enumerate(source.choices)]
            right = next(str(k) for k, choice in enumerate(source.choices) if choice.is_right)
            return class_answers.of_choices(answers, choices, right if is_revealed else None)
        if isinstance(source, Question):
            number = float(source.answer) if is_revealed else None
            return class_answers.of_numbers(answers, number, source.is_right)
        right_value = progress.expected(source).value if is_revealed else None
        if source.choices:
            return class_answers.of_choices(
                answers, source.choices, None if right_value is None else str(right_value)
            )
        if right_value is None:
            return class_answers.of_numbers(answers)
        return class_answers.of_numbers(
            answers, float(right_value), lambda given: is_right(source, given, float(right_value))
        )

    def explanation(self) -> str:
        """What to make of the answer, as Markdown."""
        if isinstance(self.source, Step):
            return _filled(self.source, self.source.after)
        if isinstance(self.source, Question):
            return self.source.solution
        return next(choice.why for choice in self.source.choices if choice.is_right)


def find(name: str) -> Asked | None:
    """The question of this name; None if the course does not have it any more."""
    course, _ = progress.lessons()
    if name.startswith(LESSON):
        key = name.removeprefix(LESSON)
        return next(
            (_of_step(course, i, s) for i, s in _places(course) if _step(course, i, s).key == key), None
        )
    if (place := quiz.read_in_class(name)) is None:
        return None
    seed, topic, i = place
    asked = quiz.drawn(seed, topic)
    if not 1 <= i <= len(asked):
        return None
    parameters = {"quiz_seed": str(seed), "quiz_at": str(i)} | (
        {"quiz_topic": quiz.TOPICS[topic]} if topic else {}
    )
    return Asked(f"Self-test, question {i}", QUIZ, parameters, asked[i - 1])


def _filled(step: Step, text: str) -> str:
    return fill(text, progress.expected(step).facts) if "[[" in text else text


def _of_step(course: tuple[Lesson, ...], i: int, s: int) -> Asked:
    step = _step(course, i, s)
    return Asked(f"Lesson {i}, step {s}: {step.title}", LESSONS, {"lessons_at": f"{i}.{s}"}, step)


def _step(course: tuple[Lesson, ...], i: int, s: int) -> Step:
    return course[i - 1].steps[s - 1]


def _places(course: tuple[Lesson, ...]) -> list[tuple[int, int]]:
    return [(i, s) for i, lesson in enumerate(course, 1) for s in range(1, len(lesson.steps) + 1)]
