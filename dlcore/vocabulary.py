"""Every term of the text, read from assets/vocabulary.toml. Knows nothing of torch or of the pages' code."""

import functools
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dlcore import csv_text
from dlcore.claims import wrong_with

FILE = Path(__file__).parent.parent / "assets" / "vocabulary.toml"


@dataclass(frozen=True)
class Term:
    """One entry.

    >>> TERMS[0].name, TERMS[0].page
    ('Neuron', 'neuron')

    Attributes:
        name: as the text says it.
        definition: in our words, one to three sentences of Markdown.
        formula: LaTeX without dollar signs; "" where there is none.
        page: stem of the page in pages/ that makes the term touchable.
        link: that page's address with the state to open it in, e.g. "neuron-playground?neuron_f=relu".
        group: heading of the text under which it stands.
        short: the one-line definition of the quick-reference table; "" for terms that are not in it.
        mistake: a common mistake with it, one or two sentences; "" for none.
        related: names of other entries.
        also: other names under which it is looked up.
        code: where it lives in the code, e.g. "dlcore.backprop.two_neurons.forward".
        proved_by, kind: what supports the common mistake, as in dlcore.claims.
    """

    name: str
    definition: str
    formula: str
    page: str
    link: str
    group: str
    short: str = ""
    mistake: str = ""
    related: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    code: str = ""
    proved_by: str = ""
    kind: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """The query parameters of the link.

        >>> TERMS[0].link, TERMS[0].parameters
        ('neuron-playground', {})
        """
        return dict(parse_qsl(urlsplit(self.link).query))


def read_terms(file: Path = FILE) -> tuple[Term, ...]:
    """All terms of a vocabulary file, in the text's order.

    >>> read_terms() == TERMS
    True

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


def terms_of_page(page: str) -> tuple[Term, ...]:
    """The terms that the page with this stem makes touchable.

    >>> [term.name for term in terms_of_page("neuron")][:3]
    ['Neuron', 'Activation function', 'ReLU']
    """
    return tuple(term for term in TERMS if term.page == page)


def plain(text: str) -> str:
    """A name as lookups compare it: lower case, "&" read as "and", letters and digits of any script only.

    "Weights & Biases" and "weights and biases" come out the same, so do "k-fold" and "k fold".

    >>> plain("Weights & Biases") == plain("weights and biases")
    True
    """
    return " ".join(re.findall(r"[^\W_]+", text.casefold().replace("&", " and ")))


def named(name: str, terms: Sequence[Term] = TERMS) -> Term | None:
    """The term of this name, or with this among its other names; None if there is none.

    >>> named("step size").name, named("teapot")
    ('Learning rate', None)
    """
    wanted = plain(name)
    return next((term for term in terms if wanted in map(plain, (term.name, *term.also))), None)


def find(query: str, terms: Sequence[Term] = TERMS) -> tuple[Term, ...]:
    """The terms that contain every word of the query, those with a hit in a name before the others.

    An empty query finds all of them, in the text's order. Of a longer one the first 200 characters count.

    >>> [term.name for term in find("hessian")][:3]
    ['Hessian', 'Second-order methods', "Newton's method"]
    """
    wanted = plain(query[:200]).split()
    if query.strip() and not wanted:
        return ()  # nothing but signs

    def hit(text: str) -> bool:
        searched = plain(text)
        return all(word in searched for word in wanted)

    names = [term for term in terms if hit(" ".join((term.name, *term.also)))]
    whole = [term for term in terms if hit(" ".join((term.name, *term.also, term.definition, term.group)))]
    return tuple(names + [term for term in whole if term not in names])


def edges(terms: Sequence[Term] = TERMS) -> tuple[tuple[str, str], ...]:
    """Pairs of related terms, each once, in the text's order.

    >>> pairs = edges()
    >>> ("Neuron", "Pre-activation") in pairs, ("Pre-activation", "Neuron") in pairs
    (True, False)
    """
    names = [term.name for term in terms]
    pairs = {
        tuple(sorted((term.name, other), key=names.index))
        for term in terms
        for other in term.related
        if other in names
    }
    return tuple(sorted(((a, b) for a, b in pairs), key=lambda pair: tuple(map(names.index, pair))))


@functools.lru_cache(maxsize=1024)
def mentioned(text: str, terms: Sequence[Term] = TERMS) -> tuple[Term, ...]:
    """The terms whose name (or another name of six letters or more) a text uses, in the order of use.

    Whole words only, in the singular or with a plural s; a longer name hides the shorter ones inside it.
    Remembered, because pages say the same sentences at every rerun.

    >>> [term.name for term in mentioned("Newton's method needs no learning rate, Adam does.")]
    ["Newton's method", 'Learning rate', 'Adam']
    """
    words = f" {plain(text)} "
    found: dict[int, Term] = {}
    names = [(plain(name), term) for term in terms for name in (term.name, *term.also)]
    for name, term in sorted(names, key=lambda pair: -len(pair[0])):
        for form in (name, f"{name}s"):
            if len(name) >= 6 or name == plain(term.name):
                place = words.find(f" {form} ")
                if place >= 0 and term not in found.values():
                    found[place] = term
                    words = words.replace(f" {form} ", " " + "·" * len(form) + " ")
    return tuple(found[place] for place in sorted(found))


def as_csv(terms: Sequence[Term] = TERMS) -> str:
    """The entries as a table, one a line, e.g. for flash cards: name, group, definition, formula, mistake.

    >>> as_csv().splitlines()[0]
    'name,group,definition,formula,mistake'
    """
    columns = ("name", "group", "definition", "formula", "mistake")
    return csv_text.as_csv(([getattr(term, column) for column in columns] for term in terms), columns)
