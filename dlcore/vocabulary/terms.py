"""The words themselves: the text's terms from assets/vocabulary.toml, the others from assets/words/."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dlcore.assets import ASSETS
from dlcore.claims import wrong_with

FILE = ASSETS / "vocabulary.toml"
SUBJECTS = ("slopes", "optimizing", "judging", "data", "images", "next")


@dataclass(frozen=True)
class Term:
    """One entry.

    >>> TERMS[0].name, TERMS[0].page
    ('Neuron', 'neuron')

    Attributes:
        name: as the text says it.
        definition: in our words, one to three sentences of Markdown.
        group: heading under which it stands: one of the text's, or what kind of further word it is.
        formula: LaTeX without dollar signs; "" where there is none.
        page: stem of the page in pages/ that makes the term touchable; "" where the lab has no experiment.
        link: that page's address with the state to open it in, e.g. "neuron-playground?neuron_f=ReLU".
        short: the definition in one line.
        mistake: a common mistake with it, one or two sentences; "" for none.
        related: names of other entries.
        also: other names under which it is looked up.
        symbols: how formulas write it, e.g. "η".
        code: where it lives in the code, e.g. "dlcore.backprop.two_neurons.forward"; "" for nowhere.
        proved_by, kind: what supports the common mistake, as in dlcore.claims.
    """

    name: str
    definition: str
    group: str
    formula: str = ""
    page: str = ""
    link: str = ""
    short: str = ""
    mistake: str = ""
    related: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    code: str = ""
    proved_by: str = ""
    kind: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """The query parameters of the link."""
        return dict(parse_qsl(urlsplit(self.link).query))

    @property
    def slug(self) -> str:
        """The name as an address writes it: "Newton's method" is "newtons-method"."""
        return plain(self.name).replace(" ", "-")


def plain(text: str) -> str:
    """A name as lookups compare it: lower case, "&" read as "and", letters and digits of any script only.

    >>> plain("Weights & Biases") == plain("weights and biases")
    True

    "Weights & Biases" and "weights and biases" come out the same, so do "k-fold" and "k fold"; an apostrophe
    joins: "Newton's" is "newtons".
    """
    return " ".join(re.findall(r"[^\W_]+", re.sub(r"['’]", "", text.casefold()).replace("&", " and ")))


def read_terms(file: Path = FILE) -> tuple[Term, ...]:
    """All terms of a vocabulary file, in the text's order.

    >>> read_terms()[0].name
    'Neuron'

    Raises:
        TypeError: an entry lacks a field or has one too many.
        ValueError: nothing supports a common mistake.
    """
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["term"]
    terms = tuple(Term(**{name: _frozen(value) for name, value in entry.items()}) for entry in entries)
    for term in terms:
        if term.mistake and (problem := wrong_with(term.proved_by, term.kind)):
            raise ValueError(f"{file.name}: the common mistake with “{term.name}” {problem}.")
    return terms


def _frozen(value: Any) -> Any:
    """TOML has lists; a frozen term wants tuples."""
    return tuple(value) if isinstance(value, list) else value


TERMS: tuple[Term, ...] = read_terms()
WORDS: tuple[Term, ...] = tuple(
    term for subject in SUBJECTS for term in read_terms(ASSETS / "words" / f"{subject}.toml")
)
ALL_WORDS: tuple[Term, ...] = TERMS + WORDS


def terms_of_page(page: str) -> tuple[Term, ...]:
    """The terms that the page with this stem makes touchable.

    >>> [term.name for term in terms_of_page("neuron")][:3]
    ['Neuron', 'Activation function', 'ReLU']
    """
    return tuple(term for term in TERMS if term.page == page)


def edges(terms: Sequence[Term] = TERMS) -> tuple[tuple[str, str], ...]:
    """Pairs of related terms, each once, in the order of the terms.

    >>> pairs = edges()
    >>> ("Neuron", "Pre-activation") in pairs, ("Pre-activation", "Neuron") in pairs
    (True, False)
    """
    place = {term.name: i for i, term in enumerate(terms)}
    pairs = {
        tuple(sorted((place[term.name], place[other])))
        for term in terms
        for other in term.related
        if other in place
    }
    return tuple((terms[a].name, terms[b].name) for a, b in sorted(pairs))
