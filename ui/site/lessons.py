"""The lessons of the static edition: the lab's own text file, one scroll a step, as far as no training is needed."""

from functools import cache
from typing import Any

from dlcore.claims import fill
from dlcore.course.answers.networks import Answer
from dlcore.course.lessons import Lesson, Step, read_lessons
from ui.course import checking
from ui.course.comparison import shown
from ui.course.quiz import TOPICS
from ui.frame import javascript
from ui.frame.static_page import as_script
from ui.site.drawn import as_html, frames, live
from ui.site.formulas import UnknownSignError
from ui.site.packed import UNPACK, packed
from ui.site.pages import DRAWN, band, foot, go_on, navigation, whole
from ui.site.picture import Picture, shows
from ui.site.prose import blocks, inline
from ui.site.recorded import Piece, Recorder
from ui.site.sentences import paths, told
from ui.site.still import UnknownFigureError

SCRIPT = "site/lessons.js"
LEFT_OUT = "The experiment of this step needs a training, which only the full lab can do: this step is left out here."
NOT_DRAWN = "The picture of this step can only be drawn by the full lab: {}."
UNREADABLE = "This step is closed; the others are not. {}"


def page(lab: str, menu: list[str], pictures: tuple[Picture, ...], course: tuple[Lesson, ...] = ()) -> str:
    """The page.

    Args:
        lab: address of the full lab, or "".
        pictures: the pages with a moving picture: a step's picture moves as they do.
        course: the lessons; by default those of the lab.
    """
    recorder = Recorder()
    lessons: list[dict[str, Any]] = [
        {
            "title": lesson.title,
            "minutes": lesson.minutes,
            "aim": inline(lesson.aim),
            "topic": TOPICS.get(lesson.steps[0].page, ""),
            "steps": [_step(step, recorder, pictures, lab) for step in lesson.steps],
        }
        for lesson in course or read_lessons()
    ]
    used = sorted({step["live"]["name"] for one in lessons for step in one["steps"] if step.get("live")})
    body = f"""{navigation("lessons", menu)}
<main>
{band(told("lessons").title, told("lessons"))}
<p id="problem" role="status"></p>
<div id="lesson"></div>
{go_on(lab, paths()["lessons"])}
</main>
{foot()}"""
    sent = {"lessons": lessons, "lab": f"{lab.rstrip('/')}/{paths()['lessons']}"}
    modules = [entry for name in used for entry in (javascript.entry(name), f"site/of_{name}.js")]
    parts = ",\n".join(
        f'{name}: [lab["{javascript.entry(name)}"].create, lab["site/of_{name}.js"].state, '
        f"{as_script(javascript.style(name))}]"
        for name in used
    )
    script = f"""{javascript.script(SCRIPT, UNPACK, *modules)}
lab["{UNPACK}"].unpack("{packed(sent)}").then((page) => {{
  lab.page = lab["{SCRIPT}"].open(page, {{ {parts} }});
}});"""
    return whole(told("lessons").title, body, script, DRAWN)


def _step(step: Step, recorder: Recorder, pictures: tuple[Picture, ...], lab: str) -> dict[str, Any]:
    """A step as the browser takes it; one that cannot be taken here says why, under `closed`."""
    sent: dict[str, Any] = {"title": step.title, "key": step.key}
    if step.problem:
        return sent | {"closed": inline(UNREADABLE.format(step.problem))}
    leads = _leads(step, pictures, lab)
    if problem := checking.link_problem(step):
        return sent | {"closed": inline(UNREADABLE.format(problem))}
    pieces = recorder.drawn(step)
    if not pieces and "file" not in leads:
        return sent | leads | {"closed": LEFT_OUT}
    told_once = cache(checking.expected)  # it may train a network
    if problem := checking.answer_problem(step, told_once):
        return sent | {"closed": inline(UNREADABLE.format(problem))}
    try:
        picture = _picture(step, pieces, recorder, pictures)
    except (UnknownFigureError, UnknownSignError) as error:
        return sent | leads | {"closed": inline(NOT_DRAWN.format(error))}
    return sent | leads | _asked(step, told_once(step)) | {"veiled": step.veiled} | picture


def _picture(
    step: Step, pieces: tuple[Piece, ...], recorder: Recorder, pictures: tuple[Picture, ...]
) -> dict[str, Any]:
    """What stands in a step: the moving picture, or the still one of each value of its first control."""
    moves = live(pieces, step, pictures)
    if moves:
        known = {one["label"] for one in moves["controls"]}
        return {"live": moves, "still": as_html(pieces, known)}
    varied = recorder.varied(step) if pieces else None
    if varied:
        return {"live": None, "still": "", "frames": frames(varied)}
    return {"live": None, "still": as_html(pieces)}


def _asked(step: Step, answer: Answer) -> dict[str, Any]:
    """Question, answer and what is made of it."""

    def filled(text: str) -> str:
        return fill(text, answer.facts)

    whose = "Computed:" if step.typed is None else "Said by the course, not computed:"
    return {
        "ask": inline(f"**Predict.** {filled(step.ask)}"),
        "do": inline(f"**Try it.** {filled(step.do)}"),
        "after": blocks(filled(step.after)),
        "proof": blocks(f"**Proof.** {filled(step.proof)}") if step.proof else "",
        "choices": [[name, inline(text)] for name, text in step.choices],
        "answer": answer.value,
        "whole": isinstance(answer.value, int),
        "tolerance": step.tolerance,
        "told": inline(f"**{whose}** {shown(step, answer.value)}"),
    }


def _leads(step: Step, pictures: tuple[Picture, ...], lab: str) -> dict[str, Any]:
    """Where the whole page of a step is: in this edition, as `file`, and in the full lab, as `link`."""
    leads: dict[str, Any] = {"query": step.query}
    here = sorted((p for p in pictures if p.page == step.page and shows(p, step.parameters)), key=_narrow)
    if here:
        leads |= {"file": here[0].file, "fixed": list(here[0].fixed)}
    if lab:
        leads["link"] = f"{lab.rstrip('/')}/{paths()[step.page]}"
    return leads


def _narrow(picture: Picture) -> int:
    return -len(picture.fixed)
