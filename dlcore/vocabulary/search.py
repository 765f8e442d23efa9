"""Looking words up: by name, by symbol, in the plural, in British or American spelling, with a slip of the finger."""

import difflib
import functools
import re
from collections.abc import Sequence

from dlcore.vocabulary.terms import TERMS, Term, plain

MOST_LETTERS = 200  # of a query
ALIKE = 0.78  # difflib's ratio from which on a word is taken for another one
# British forms and the American ones of the entries. Both sides of a comparison are respelled, so that "noise"
# becoming "noize" does no harm.
_RESPELLED = (
    (re.compile(r"(?<=\w\w\w)is(?=(?:e|ed|es|er|ers|ing|ation|ations)\b)"), "iz"),
    (re.compile(r"(?<=[a-z][lbvn])our(?=\w*)"), "or"),
    (re.compile(r"\bgrey"), "gray"),
    (re.compile(r"(?<=cent)re\b"), "er"),
    (re.compile(r"(?<=cent)res\b"), "ers"),
    (re.compile(r"ll(?=(?:ed|ing)\b)"), "l"),
)
_PLURALS = (
    (r"ies", "y"),
    (r"(?<=tr)ices", "ix"),
    (r"(?<=nim)a", "um"),
    (r"(?<=[sxh])es", ""),
    (r"(?<![sui])s", ""),
)


def respelled(text: str) -> str:
    """A plain text in American spelling: "colour normalisation" is "color normalization"."""
    for british, american in _RESPELLED:
        text = british.sub(american, text)
    return text


def singular(word: str) -> str:
    """A word without the ending of its plural: "matrices" is "matrix", "losses" is "loss"."""
    for ending, of_one in _PLURALS:
        found, count = re.subn(rf"{ending}$", of_one, word)
        if count:
            return found
    return word


def named(name: str, terms: Sequence[Term] = TERMS) -> Term | None:
    """The term of this name, or else with this among its other names; None if there is none.

    >>> named("step size").name, named("teapot")
    ('Learning rate', None)
    """
    wanted = plain(name)
    by_name = (term for term in terms if plain(term.name) == wanted)
    by_other = (term for term in terms if wanted in map(plain, term.also))
    return next(by_name, None) or next(by_other, None)


def find(query: str, terms: Sequence[Term] = TERMS) -> tuple[Term, ...]:
    """The terms that contain every word of the query: those it names, those with a hit in a name, the others.

    >>> [term.name for term in find("hessian")][:1]
    ['Hessian']

    An empty query finds all of them, in their order. Where nothing is found, `instead` is looked for.
    """
    query = query[:MOST_LETTERS]
    if not query.strip():
        return tuple(terms)
    return _found(query, terms) or (_found(other, terms) if (other := instead(query, terms)) else ())


def instead(query: str, terms: Sequence[Term] = TERMS) -> str:
    """The query with words that occur nowhere replaced by the likest ones that do; "" if none is like enough.

    >>> instead("lerning rate")
    'learning rate'
    """
    words = respelled(plain(query[:MOST_LETTERS])).split()
    text = " ".join(_text(term) for term in terms)
    unknown = {word for word in words if singular(word) not in text}
    if not unknown:
        return ""
    names = sorted({word for term in terms for word in _names(term).split() if len(word) > 2})
    likest = {word: difflib.get_close_matches(word, names, n=1, cutoff=ALIKE) for word in unknown}
    if not all(likest.values()):
        return ""
    return " ".join(likest[word][0] if word in unknown else word for word in words)


@functools.cache
def _names(term: Term) -> str:
    return respelled(plain(" ".join((term.name, *term.also))))


@functools.cache
def _text(term: Term) -> str:
    return respelled(plain(" ".join((term.name, *term.also, term.definition, term.short, term.group))))


def _found(query: str, terms: Sequence[Term]) -> tuple[Term, ...]:
    words = _as_compared(query).split()
    signs = query.split()

    def rank(term: Term) -> int:
        """0 for the term that is named, 1 by another name, 2 for a hit in a name, 3 elsewhere, 4 for none."""
        if _as_compared(term.name) == " ".join(words) or any(sign in term.symbols for sign in signs):
            return 0
        if " ".join(words) in map(_as_compared, term.also):
            return 1
        return next((k for k, text in enumerate((_names(term), _text(term)), 2) if _all_in(words, text)), 4)

    ranks = {term.name: rank(term) for term in terms}
    return tuple(sorted((t for t in terms if ranks[t.name] < 4), key=lambda term: ranks[term.name]))


@functools.lru_cache(maxsize=4096)
def _as_compared(text: str) -> str:
    """American spelling, every word in the singular."""
    return " ".join(map(singular, respelled(plain(text)).split()))


def _all_in(words: Sequence[str], text: str) -> bool:
    return bool(words) and all(word in text for word in words)


@functools.lru_cache(maxsize=1024)
def mentioned(text: str, terms: Sequence[Term] = TERMS) -> tuple[Term, ...]:
    """The terms whose name (or another name of six letters or more) a text uses, in the order of use.

    >>> [term.name for term in mentioned("Newton's method needs no learning rate, Adam does.")]
    ["Newton's method", 'Learning rate', 'Adam']

    Whole words only, in the singular or with a plural s; a longer name hides the shorter ones inside it.
    Remembered, because pages say the same sentences at every rerun.
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
