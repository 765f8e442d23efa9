"""The course: lessons and their steps, read from assets/lessons.toml, and a learner's place in them.

Knows no page and no answer: what is expected of a step is computed by the function of dlcore.course.answers it names.
"""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from dlcore.assets import ASSETS
from dlcore.claims import Value, wrong_with
from dlcore.course.answers import ANSWERS
from dlcore.vocabulary import plain

FILE = ASSETS / "lessons.toml"


class LessonError(ValueError):
    """A lessons file that cannot be taught from; the message names the place, for the teacher who edits it."""


@dataclass(frozen=True)
class Step:
    """A prediction, the experiment that decides it, and what to make of it.

    Attributes:
        title: a few words.
        ask: the question before the experiment; [[name]] stands for a fact that the answer's function gives.
        page: stem of the page in pages/ with the experiment.
        link: that page's address, with the state to open it in.
        do: what to do and look at there.
        after: what to make of it; [[name]] as in ask.
        answer: a key of dlcore.course.answers.ANSWERS; it computes the expected value from the link's state.
        typed: the expected value itself, where no function computes it: then it is marked as not computed.
        veiled: the picture says the answer at a glance, so it opens with the prediction.
        proof: a few lines for whoever wants to know why; [[name]] as in ask.
        proof_proved_by: the tests that compute what the proof says.
        choices: (key, text) of a multiple-choice question; empty where a number is asked for.
        tolerance: share of the expected number by which a prediction may miss; whole numbers must be met.
        proved_by, kind: what supports `after`, as in dlcore.claims; a file of one's own may leave both out.
        problem: why this step is closed, in a sentence; its other fields may then be empty.
    """

    title: str
    ask: str
    page: str
    link: str
    do: str
    after: str
    answer: str = ""
    typed: Value | None = None
    veiled: bool = False
    proof: str = ""
    proof_proved_by: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    tolerance: float = 0.02
    proved_by: str = ""
    kind: str = ""
    problem: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """The query parameters of the link."""
        return dict(parse_qsl(urlsplit(self.link).query, keep_blank_values=True))

    @property
    def query(self) -> dict[str, list[str]]:
        """The same, with every value of a name that stands there more than once."""
        return parse_qs(urlsplit(self.link).query, keep_blank_values=True)

    @property
    def key(self) -> str:
        """Under which a learner's answer is kept: the title, so that a step inserted before it costs nothing."""
        return plain(self.title)


@dataclass(frozen=True)
class Lesson:
    """Steps of 10 to 15 minutes in a row: title, minutes, and what a learner can do afterwards."""

    title: str
    minutes: int
    aim: str
    steps: tuple[Step, ...]


def is_right(step: Step, given: Value, expected: Value) -> bool:
    """Whether a prediction counts: the same choice, the same whole number, or within the tolerance."""
    if isinstance(expected, float) and not isinstance(given, str):
        return abs(given - expected) <= max(step.tolerance * abs(expected), 1e-9)
    return given == expected


def can_be_given(step: Step, given: str) -> bool:
    """Whether a text is a prediction at this step: one of the choices, or a finite number; "" is none, and may be."""
    if not given or step.choices:
        return not given or given in dict(step.choices)
    try:
        return math.isfinite(float(given))
    except ValueError:
        return False


# --- reading the file --------------------------------------------------------------------------------------


def read_lessons(file: Path = FILE) -> tuple[Lesson, ...]:
    """All lessons of a file, in its order; a step that cannot be taught is closed and says why, the others stay.

    Raises:
        LessonError: the file is missing, is no TOML, or holds no [[lesson]].
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"{file.name} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{file.name} is not valid TOML: {error}.") from error
    entries = content.get("lesson")
    if not isinstance(entries, list) or not entries or set(content) != {"lesson"}:
        raise LessonError(f"{file.name} holds [[lesson]] entries, at least one, and nothing else.")
    known: set[str] = set()
    return tuple(_lesson(entry, f"{file.name}, lesson {i}", i, known) for i, entry in enumerate(entries, 1))


def _lesson(entry: Any, place: str, number: int, known: set[str]) -> Lesson:
    """A lesson; one that is wrong itself has a single step, which is closed.

    Args:
        known: the keys of the steps so far; this lesson's are added.
    """
    try:
        _check_fields(entry, {"title": str, "minutes": int, "aim": str, "step": list}, set(), place)
        if not entry["step"]:
            raise LessonError(f"{place} (“{entry['title']}”) has no [[lesson.step]].")
    except LessonError as error:
        title = _text(entry, "title") or f"Lesson {number}"
        return Lesson(title, 0, "", (_closed(title, str(error)),))
    place = f"{place} (“{entry['title']}”)"
    steps = tuple(_step(step, place, i, known) for i, step in enumerate(entry["step"], start=1))
    return Lesson(entry["title"], entry["minutes"], entry["aim"], steps)


def _step(entry: Any, place: str, number: int, known: set[str]) -> Step:
    """A step, closed where it cannot be taught."""
    title = _text(entry, "title") or f"Step {number} of {place}"
    try:
        step = _checked_step(entry, f"{place}, step {number}")
        if step.key in known:
            raise LessonError(f"{place}: two steps have the title “{step.title}”; answers are kept by title.")
    except LessonError as error:
        step = _closed(title, str(error))
    known.add(step.key)
    return step


def _closed(title: str, problem: str) -> Step:
    return Step(title, "", "", "", "", "", problem=problem)


def _text(entry: Any, name: str) -> str:
    found = entry.get(name) if isinstance(entry, dict) else None
    return found if isinstance(found, str) else ""


def _checked_step(entry: Any, place: str) -> Step:
    kinds: dict[str, Any] = {"choices": dict, "tolerance": float, "veiled": bool, "typed": (int, float, str)}
    named = {f.name: f for f in fields(Step) if f.name != "problem"}
    wanted = {name: kinds.get(name, str) for name in named}
    _check_fields(entry, wanted, {name for name, f in named.items() if f.default is not MISSING}, place)
    _check_answer(entry, place)
    for told, *support in (
        ("text after it", entry.get("proved_by", ""), entry.get("kind", "")),
        ("proof", entry.get("proof_proved_by", ""), ""),
    ):
        if any(support) and (problem := wrong_with(*support)):
            raise LessonError(f"{place}: the {told} {problem}.")
    return Step(**{**entry, "choices": tuple(entry.get("choices", {}).items())})


def _check_answer(entry: Mapping[str, Any], place: str) -> None:
    """Refuse a step without an answer, or with one that is none of its choices."""
    choices = entry.get("choices", {})
    if not all(isinstance(text, str) for text in choices.values()) or len(choices) == 1:
        raise LessonError(f"{place}: choices are at least two texts, each with a short key.")
    if ("typed" in entry) == ("answer" in entry):
        raise LessonError(
            f"{place} needs either “answer”, a function that computes it, or “typed”, its value."
        )
    if "answer" in entry and entry["answer"] not in ANSWERS:
        raise LessonError(
            f"{place}: no function of dlcore/course/answers is called “{entry['answer']}”."
            + near(entry["answer"], ANSWERS)
        )
    if "typed" in entry:
        check_value(entry["typed"], choices, place)


def check_value(value: Value, choices: Mapping[str, str], place: str) -> None:
    """Refuse an expected value that no learner could give.

    Raises:
        LessonError: it is none of the choices, or no finite number where there are none.
    """
    if choices and value not in choices:
        raise LessonError(
            f"{place}: the answer is “{value}”, and no choice has this key.{near(value, choices)}"
        )
    if not choices and (isinstance(value, str | bool) or not math.isfinite(value)):
        raise LessonError(f"{place}: the answer is “{value}”, a word, and the step has no choices.")


def near(name: Value, known: Iterable[str]) -> str:
    """A sentence with the names that a mistyped one may have meant, a space before it; "" if none is near."""
    found = get_close_matches(str(name), known, n=3)
    return f" Near it: {', '.join(found)}." if found else ""


def _check_fields(entry: Any, wanted: Mapping[str, Any], may_lack: Iterable[str], place: str) -> None:
    """Refuse an entry whose fields are not the wanted ones, with a sentence."""
    if not isinstance(entry, dict):
        raise LessonError(f"{place} is not a table of fields.")
    for name, value in entry.items():
        if name not in wanted:
            meant = near(name, wanted) or f" There are {', '.join(wanted)}."
            raise LessonError(f"{place} has a field “{name}” that does not exist.{meant}")
        fits = isinstance(value, wanted[name]) and (wanted[name] is bool or not isinstance(value, bool))
        if not fits or value == "":
            raise LessonError(f"{place}: “{name}” must be {KINDS.get(wanted[name], 'a text or a number')}.")
    for name in wanted:
        if name not in entry and name not in may_lack:
            raise LessonError(f"{place} lacks the field “{name}”.")


KINDS: Mapping[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


# --- a learner's place -------------------------------------------------------------------------------------

Place = tuple[int, int]  # lesson and step, both counted from 1


def write_place(place: Place, done: Iterable[Place], lessons: Sequence[Lesson]) -> str:
    """The address form of a place and of what has been done: "3.2-7.1f" is lesson 3, step 2, with the done
    steps of lesson 1, 2, … as the bits of hexadecimal numbers; "3.2" where nothing has been done."""
    done = set(done)
    bits = [
        sum(1 << s for s in range(len(lesson.steps)) if (i, s + 1) in done)
        for i, lesson in enumerate(lessons, start=1)
    ]
    while bits and not bits[-1]:
        bits.pop()
    return f"{place[0]}.{place[1]}" + ("-" + ".".join(f"{b:x}" for b in bits) if bits else "")


def read_place(text: str, lessons: Sequence[Lesson]) -> tuple[Place | None, frozenset[Place], str]:
    """Place and done steps of an address, clamped; and a sentence about what was not usable, or ""."""
    if not text:
        return None, frozenset(), ""
    found = re.fullmatch(
        r"(\d{1,3})\.(\d{1,3})(?:-([0-9a-f]{1,12}(?:\.[0-9a-f]{1,12})*))?", text[:300], re.ASCII
    )
    if not found:
        return None, frozenset(), "The address held a place that cannot be read; here is the whole course."
    i = min(max(int(found[1]), 1), len(lessons))
    s = min(max(int(found[2]), 1), len(lessons[i - 1].steps))
    bits = [int(part, 16) for part in (found[3] or "0").split(".")]
    done = frozenset(
        (number, step)
        for number, (lesson, mask) in enumerate(zip(lessons, bits, strict=False), start=1)
        for step in range(1, len(lesson.steps) + 1)
        if mask >> (step - 1) & 1
    )
    moved = (i, s) != (int(found[1]), int(found[2]))
    return (i, s), done, "The address held a step that does not exist; the nearest is shown." if moved else ""


def neighbour(place: Place, lessons: Sequence[Lesson], by: int) -> Place | None:
    """The step `by` places on, over the borders of lessons; None past the ends."""
    places = [(i, s) for i, lesson in enumerate(lessons, 1) for s in range(1, len(lesson.steps) + 1)]
    index = places.index(place) + by
    return places[index] if 0 <= index < len(places) else None
