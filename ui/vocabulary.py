"""The vocabulary on screen: an entry, the groups of the text, the quick reference, an empty search."""

import re
from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from dlcore.vocabulary import TERMS, Term

PARTS = tuple(dict.fromkeys(term.group for term in TERMS))
WHOLE = "The whole text"

# Entries are for reading: a line of some 75 letters. On paper only the entries remain.
CSS = """
<style>
  .st-key-vocabulary_entries {
    [data-testid="stMarkdownContainer"] { max-width: 46rem; }
    .katex-display { overflow-x: auto; overflow-y: hidden; padding: 2px 0; text-align: left; }
    .katex-display > .katex { text-align: left; }
    h3 { padding-bottom: 0.25rem; }
    [data-testid="stMarkdown"] p { margin-bottom: 0.5rem; }
  }
  @media print {
    .st-key-vocabulary_controls, .st-key-vocabulary_more, [data-testid="stSidebar"] { display: none; }
    .st-key-vocabulary_entries {
      [data-testid="stPageLink"] { display: none; }
      [data-testid="stMarkdownContainer"] { break-inside: avoid; }
    }
  }
</style>
"""


def anchor(name: str) -> str:
    """The id that Streamlit gives a heading of this name: "ReLU" becomes "re-lu"."""
    return "-".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name.replace("'", ""))).lower()


def entry(term: Term, shown: frozenset[str]) -> None:
    """One entry, and the page where it can be tried.

    Args:
        shown: names of all entries on the page now; only these can be linked to.
    """
    parts = [f"### {term.name}", term.definition]
    if term.formula:
        parts.append(f"$$\n{term.formula}\n$$")
    if term.mistake:
        parts.append(f"*Common mistake:* {term.mistake}")
    links = (f"[{name}](#{anchor(name)})" if name in shown else name for name in term.related)
    code = f"In the code: `{term.code}`" if term.code else ""
    parts.append("  \n".join(filter(None, (f"See also: {', '.join(links)}" if term.related else "", code))))
    st.markdown("\n\n".join(parts))
    # The link bears the page's title: fifty links that all say "Try it" would tell a screen reader nothing.
    st.page_link(f"pages/{term.page}.py", icon=":material/arrow_forward:", query_params=term.parameters)


def entries(terms: Sequence[Term], searching: bool) -> None:
    """The entries under the text's headings; the hits of a search, best first, without them."""
    shown = frozenset(term.name for term in terms)
    groups = [("", terms)] if searching else groupby(terms, key=lambda term: term.group)
    with st.container(key="vocabulary_entries"):
        for group, members in groups:
            if group:
                st.header(group)
            for term in members:
                entry(term, shown)


def quick_reference(terms: Sequence[Term]) -> None:
    """The text's table, one line a term."""
    rows = [term for term in terms if term.short]
    if not rows:
        st.markdown("None of these terms is in the quick reference; their definitions have them.")
        return
    lines = [f"| {term.name} | {term.short} |" for term in rows]
    with st.container(key="vocabulary_table"):
        st.markdown("\n".join(["| Term | In one line |", "|---|---|", *lines]))


def show_everything() -> None:
    """Callback: forget the search and the chosen part."""
    st.session_state.vocabulary_q = ""
    st.session_state.vocabulary_part = WHOLE


def nothing_found(elsewhere: int) -> None:
    """What an unlucky search sees: what to do, and the way back."""
    if elsewhere:
        st.markdown(f"Nothing in this part of the text; {elsewhere} in the others.")
    else:
        st.markdown("No term contains all of these words. Try a single word, such as *loss* or *gradient*.")
    st.button("Show all terms", icon=":material/menu_book:", on_click=show_everything, key="vocabulary_all")
