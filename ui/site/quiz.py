"""The self-test of the static edition: the lab's own questions of some seeds, with answers and worked solutions."""

import html
import json
from typing import Any

from dlcore.course.questions import Concept, Question, draw, read_concepts
from dlcore.number_text import digits
from ui.course.quiz import COUNT, TOPICS
from ui.frame import javascript
from ui.site.packed import UNPACK, packed
from ui.site.pages import band, foot, go_on, navigation, whole
from ui.site.prose import blocks, inline
from ui.site.sentences import paths, told

SCRIPT = "site/quiz.js"


def page(lab: str, menu: list[str], seeds: int) -> str:
    """The page.

    Args:
        lab: address of the full lab, or "".
        seeds: so many, from 0; the same seed gives the same questions here and in the lab.
    """
    questions, drawn = all_drawn(seeds)
    topics = "".join(f"<option>{html.escape(name)}</option>" for name in TOPICS.values())
    body = f"""{navigation("quiz", menu)}
<main>
{band(told("quiz").title, told("quiz"))}
<form onsubmit="return false"><label>Topic<select id="topic">{topics}</select></label>
<label>Seed<input type="number" id="seed" min="0" max="{seeds - 1}" step="1" value="0"></label>
<button type="button" id="new">New numbers</button></form>
<p id="problem" role="status"></p>
<div class="numbers" id="numbers" role="group" aria-label="Questions"></div>
<div class="question" id="question"></div>
<p id="score" role="status"></p>
<p>The address holds topic and seed: hand it out, and a whole class has the same questions.</p>
{go_on(lab, paths()["quiz"])}
</main>
{foot()}"""
    sent = {
        "questions": questions,
        "drawn": drawn,
        "seeds": seeds,
        "topics": list(TOPICS.values()),
        "lab": f"{lab.rstrip('/')}/{paths()['quiz']}",
    }
    script = f"""{javascript.script(SCRIPT, UNPACK)}
lab["{UNPACK}"].unpack("{packed(sent)}").then(lab["{SCRIPT}"].open);"""
    return whole(told("quiz").title, body, script)


def all_drawn(seeds: int) -> tuple[list[dict[str, Any]], list[list[list[int]]]]:
    """Every question once; and topic by topic, seed by seed, the places of those that are drawn."""
    concepts, places = read_concepts(), dict[str, int]()
    drawn = []
    for topic in TOPICS:
        of_topic = []
        for seed in range(seeds):
            texts = [json.dumps(as_sent(question)) for question in draw(seed, COUNT, concepts, topic)]
            of_topic.append([places.setdefault(text, len(places)) for text in texts])
        drawn.append(of_topic)
    return [json.loads(text) for text in places], drawn


def as_sent(question: Question | Concept) -> dict[str, Any]:
    """A question as the browser asks it and judges the answer."""
    if isinstance(question, Concept):
        choices = [
            {"text": inline(c.text), "right": c.is_right, "why": inline(c.why)} for c in question.choices
        ]
        return {"ask": blocks(question.ask), "choices": choices}
    whole = isinstance(question.answer, int)
    return {
        "ask": blocks(question.ask),
        "answer": question.answer,
        "shown": f"{question.answer:,}" if whole else digits(question.answer, 4),
        "whole": whole,
        "tolerance": question.tolerance,
        "allowed": question.allowed,
        "mistakes": [(value, inline(said)) for value, said in question.mistakes],
        "solution": blocks(question.solution),
    }
