"""The vocabulary on screen: an entry, the groups of the text, the quick reference, an empty search."""

import re
from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from dlcore.vocabulary import TERMS, Term, edges, named
from ui.frame.address import State
from ui.frame.components import component
from ui.frame.fields import OneOf, Text

PARTS = tuple(dict.fromkeys(term.group for term in TERMS))
WHOLE = "The whole text"
VIEWS = ("Definitions", "One line each", "Map")


def _unknown(name: str) -> str:
    return "" if named(name) else f"The text has no term “{name}”."


STATE = State(
    "vocabulary",
    {
        "q": Text(most=80, default="", examples=("gradient", "loss function")),
        "part": OneOf((WHOLE, *PARTS), default=WHOLE),
        "view": OneOf(VIEWS, default=VIEWS[0]),
        "term": Text(
            most=80,
            default="",
            judge=_unknown,
            on={"view": "Map"},
            examples=(TERMS[0].name, TERMS[-1].name),
        ),
    },
)

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
    .st-key-vocabulary_controls, .st-key-vocabulary_more, .st-key-vocabulary_quiet,
    [data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stStatusWidget"] { display: none; }
    /* Streamlit scrolls inside the page; on paper everything must flow. */
    html, body, #root, .stApp, [data-testid="stAppViewContainer"], [data-testid="stMain"] {
      position: static !important; height: auto !important; overflow: visible !important; display: block !important;
      color: #000 !important; background: #fff !important;
    }
    .block-container { max-width: none !important; padding: 0 !important; }
    .st-key-vocabulary_entries {
      [data-testid="stPageLink"] { display: none; }
      [data-testid="stMarkdownContainer"] { break-inside: avoid; }
    }
  }
</style>
"""

MAP = component("concept_map")


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


def _open_from_map() -> None:
    """Callback: the term that was chosen on the map goes to the address."""
    opened = named(str(st.session_state["vocabulary_map"].get("opened") or ""))
    if opened:
        STATE.keep("term", opened.name)


def concept_map(terms: Sequence[Term]) -> None:
    """The terms in their groups, with lines between related ones; below, the one that was chosen."""
    shown = {term.name for term in terms}
    chosen = named(STATE.asked("term"))
    MAP(
        key="vocabulary_map",
        data={
            "groups": [
                {"name": group, "terms": [term.name for term in members]}
                for group, members in groupby(terms, key=lambda term: term.group)
            ],
            "edges": [pair for pair in edges() if shown.issuperset(pair)],
            "chosen": chosen.name if chosen and chosen.name in shown else "",
        },
        on_opened_change=_open_from_map,
    )
    if chosen and chosen.name in shown:
        with st.container(border=True, key="vocabulary_entries"):
            entry(chosen, frozenset())


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
