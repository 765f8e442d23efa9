"""Multiple choice about the terms, read from assets/questions.toml; each wrong answer says why it is wrong."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from dlcore.assets import ASSETS
from dlcore.claims import wrong_with
from dlcore.course.questions.question import Choice, Concept
from dlcore.vocabulary import ALL_WORDS, named

FILE = ASSETS / "questions.toml"
TOPICS = ("neuron", "backprop", "optimizers", "training", "convolution", "gradcam")
NEEDED = ("topic", "ask", "right", "wrong")
TEXTS = ("topic", "ask", "word", "proved_by", "kind")


class QuestionError(ValueError):
    """A questions file that cannot be asked from; the message names the place."""


def read_concepts(file: Path = FILE) -> tuple[Concept, ...]:
    """All concept questions of a file.

    Raises:
        QuestionError: it is missing, is no TOML, or a question is not what it should be.
    """
    concepts, problems = readable_concepts(file)
    if problems:
        raise QuestionError(problems[0])
    return concepts


def readable_concepts(file: Path = FILE) -> tuple[tuple[Concept, ...], tuple[str, ...]]:
    """The questions of a file that can be asked, and a sentence about each of the others.

    Raises:
        QuestionError: the file is missing, is no TOML, or holds no [[question]].
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("question", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise QuestionError(f"{file.name} cannot be read: {error}.") from error
    if not isinstance(entries, list) or not entries:
        raise QuestionError(f"{file.name} holds [[question]] entries, at least one.")
    concepts, problems = [], []
    for i, entry in enumerate(entries, start=1):
        try:
            concepts.append(_concept(entry, f"{file.name}, question {i}"))
        except QuestionError as error:
            problems.append(str(error))
    return tuple(concepts), tuple(problems)


def _near(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, known, n=3)
    return f" Near it: {', '.join(found)}." if found else ""


def _check_fields(entry: Any, place: str) -> None:
    """Refuse a question whose fields are not the wanted ones, with a sentence."""
    if not isinstance(entry, dict):
        raise QuestionError(f"{place} is not a table of fields.")
    if unknown := [name for name in entry if name not in (*NEEDED, *TEXTS)]:
        meant = (
            _near(unknown[0], (*NEEDED, *TEXTS)) or f" There are {', '.join(dict.fromkeys(NEEDED + TEXTS))}."
        )
        raise QuestionError(f"{place} has a field “{unknown[0]}” that does not exist.{meant}")
    if lacking := [name for name in NEEDED if name not in entry]:
        raise QuestionError(f"{place} lacks the field “{lacking[0]}”.")
    if odd := [name for name in TEXTS if not isinstance(entry.get(name, ""), str)]:
        raise QuestionError(f"{place}: “{odd[0]}” must be a text.")
    if entry["topic"] not in TOPICS:
        meant = _near(entry["topic"], TOPICS) or f" There are {', '.join(TOPICS)}."
        raise QuestionError(f"{place}: there is no topic “{entry['topic']}”.{meant}")


def _concept(entry: Any, place: str) -> Concept:
    _check_fields(entry, place)
    word = entry.get("word", "")
    if word and not named(word, ALL_WORDS):
        meant = _near(word, [each.name for each in ALL_WORDS])
        raise QuestionError(f"{place}: the vocabulary has no word {word[:40]!r}.{meant}")
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
