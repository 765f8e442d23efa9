"""Every term of the text, read from assets/vocabulary.toml. Knows nothing of torch or of the pages' code."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent.parent / "assets" / "vocabulary.toml"


@dataclass(frozen=True)
class Term:
    """One entry.

    Attributes:
        name: as the text says it.
        definition: in our words, one to three sentences of Markdown.
        formula: LaTeX without dollar signs; "" where the text has none.
        page: stem of the page in pages/ that makes the term touchable.
        link: that page's address with the state to open it in, e.g. "neuron-playground?neuron_f=relu".
        group: heading of the text under which it stands.
        short: the one-line definition of the quick-reference table; "" for terms that are not in it.
    """

    name: str
    definition: str
    formula: str
    page: str
    link: str
    group: str
    short: str = ""


def read_terms(file: Path = FILE) -> tuple[Term, ...]:
    """All terms of a vocabulary file, in the text's order.

    Raises:
        TypeError: an entry lacks a field or has one too many.
    """
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["term"]
    return tuple(Term(**entry) for entry in entries)


TERMS: tuple[Term, ...] = read_terms()


def terms_of_page(page: str) -> tuple[Term, ...]:
    """The terms that the page with this stem makes touchable."""
    return tuple(term for term in TERMS if term.page == page)
