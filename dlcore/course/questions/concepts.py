"""Multiple choice about the terms, read from assets/questions.toml; each wrong answer says why it is wrong."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dlcore.claims import wrong_with
from dlcore.course.questions.question import Choice, Concept
from dlcore.vocabulary import ALL_WORDS, named

FILE = Path(__file__).parents[3] / "assets" / "questions.toml"


class QuestionError(ValueError):
    """A questions file that cannot be asked from; the message names the place."""


def read_concepts(file: Path = FILE) -> tuple[Concept, ...]:
    """All concept questions of a file.

    Raises:
        QuestionError: it is missing, is no TOML, or a question is not what it should be.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("question", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise QuestionError(f"{file.name} cannot be read: {error}.") from error
    if not isinstance(entries, list) or not entries:
        raise QuestionError(f"{file.name} holds [[question]] entries, at least one.")
    return tuple(_concept(entry, f"{file.name}, question {i}") for i, entry in enumerate(entries, start=1))


def _concept(entry: Any, place: str) -> Concept:
    if not isinstance(entry, dict) or set(entry) - {"proved_by", "kind", "word"} != {
        "topic",
        "ask",
        "right",
        "wrong",
    }:
        raise QuestionError(
            f"{place} needs exactly the fields topic, ask, right and wrong, and may have word, proved_by or kind."
        )
    if not all(
        isinstance(entry.get(name, ""), str) for name in ("topic", "ask", "word", "proved_by", "kind")
    ):
        raise QuestionError(f"{place}: topic, ask, word, proved_by and kind are texts.")
    word = entry.get("word", "")
    if word and not named(word, ALL_WORDS):
        raise QuestionError(f"{place}: the vocabulary has no word {word[:40]!r}.")
    support = entry.get("proved_by", ""), entry.get("kind", "")
    if any(support) and (problem := wrong_with(*support)):
        raise QuestionError(f"{place} {problem}.")
    wrong = entry["wrong"]
    if not isinstance(wrong, list) or len(wrong) < 2:
        raise QuestionError(f"{place} needs at least two wrong answers.")
    choices = []
    for i, each in enumerate([entry["right"], *wrong]):
        texts = isinstance(each, list) and len(each) == 2 and all(isinstance(t, str) and t for t in each)
        if not texts:
            raise QuestionError(
                f"{place}: an answer is a pair of texts, the answer and why: {str(each)[:60]}."
            )
        choices.append(Choice(each[0], i == 0, each[1]))
    return Concept(entry["topic"], entry["ask"], tuple(choices), word, *support)


def shuffled(concept: Concept, rng: np.random.Generator) -> Concept:
    """The same question with its answers in another order."""
    order: Sequence[int] = rng.permutation(len(concept.choices)).tolist()
    return replace(concept, choices=tuple(concept.choices[i] for i in order))
