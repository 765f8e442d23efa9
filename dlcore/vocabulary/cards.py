"""The vocabulary to take along: as a table, and as flash cards for Anki."""

import html
import re
from collections.abc import Sequence

from dlcore import csv_text
from dlcore.vocabulary.terms import TERMS, Term

COLUMNS = ("name", "group", "definition", "formula", "mistake")


def as_csv(terms: Sequence[Term] = TERMS) -> str:
    """The entries as a table, one a line: name, group, definition, formula, mistake.

    >>> as_csv().splitlines()[0]
    'name,group,definition,formula,mistake'
    """
    return csv_text.as_csv(([getattr(term, column) for column in COLUMNS] for term in terms), COLUMNS)


def as_anki(terms: Sequence[Term] = TERMS) -> str:
    r"""Flash cards as Anki reads them: word, answer as HTML with MathJax, tag; Anki's own header says so.

    >>> as_anki().splitlines()[0]
    '#separator:Comma'

    https://docs.ankiweb.net/importing/text-files.html: formulas stand in \( … \) and \[ … \].
    """
    header = "#separator:Comma\n#html:true\n#columns:Front,Back,Tags\n#tags column:3\n"
    tags = {term.group: re.sub(r"\W+", "-", term.group.lower()) for term in terms}
    return header + csv_text.as_csv(
        (html.escape(term.name, quote=False), _back(term), tags[term.group]) for term in terms
    )


def _back(term: Term) -> str:
    parts = [
        _inline(term.definition),
        rf"\[{html.escape(term.formula, quote=False)}\]" if term.formula else "",
    ]
    if term.mistake:
        parts.append(f"<i>Common mistake:</i> {_inline(term.mistake)}")
    return "<br>".join(filter(None, parts))


def _inline(markdown: str) -> str:
    """A sentence as HTML: its formulas for MathJax, its emphasis as <i>."""
    pieces = markdown.split("$")  # text, formula, text, …
    texts = [re.sub(r"\*(.+?)\*", r"<i>\1</i>", html.escape(piece, quote=False)) for piece in pieces[::2]]
    formulas = [rf"\({html.escape(piece, quote=False)}\)" for piece in pieces[1::2]]
    return "".join(one for pair in zip(texts, [*formulas, ""], strict=True) for one in pair)
