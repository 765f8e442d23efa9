"""Every word of the vocabulary: what it means, how it is looked up, where it lies on the map. No torch."""

from dlcore.vocabulary.cards import as_anki, as_csv
from dlcore.vocabulary.search import find, instead, mentioned, named, plain
from dlcore.vocabulary.terms import ALL_WORDS, TERMS, WORDS, Term, edges, read_terms, terms_of_page

__all__ = [
    "ALL_WORDS",
    "TERMS",
    "WORDS",
    "Term",
    "as_anki",
    "as_csv",
    "edges",
    "find",
    "instead",
    "mentioned",
    "named",
    "plain",
    "read_terms",
    "terms_of_page",
]
