"""The vocabulary on screen: one line each beside an entry, all definitions, the map, an empty search."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby

import streamlit as st

from dlcore.vocabulary import ALL_WORDS, TERMS, Term, edges, instead, named
from dlcore.vocabulary.places import places
from dlcore.word_pictures import picture
from ui.frame.address import State
from ui.frame.components import component
from ui.frame.fields import OneOf, Text
from ui.frame.literal import literal

PARTS = tuple(dict.fromkeys(word.group for word in ALL_WORDS))
OF_THE_TEXT = len({term.group for term in TERMS})
WHOLE = "All words"
VIEWS = ("One line each", "Definitions", "Map")
MAP_WIDTHS = (350, 600, 1000)  # pixels: a phone, beside a word, in projector mode
HERE = "pages/vocabulary.py"


def _unknown(name: str) -> str:
    return "" if named(name, ALL_WORDS) else f"There is no word “{name}” here."


STATE = State(
    "vocabulary",
    {
        "q": Text(most=80, default="", examples=("gradient", "loss function")),
        "part": OneOf((WHOLE, *PARTS), default=WHOLE, also={"The whole text": WHOLE}),
        "view": OneOf(VIEWS, default=VIEWS[0]),
        "term": Text(most=80, default="", judge=_unknown, examples=("neuron", "universal-approximation")),
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
    /* Related words stand in one line, as words. */
    .st-key-vocabulary_related { flex-wrap: wrap; row-gap: 0; }
    .st-key-vocabulary_related [data-testid="stMarkdown"] p { margin: 0; }
    .st-key-vocabulary_related [data-testid="stPageLink-NavLink"] { padding: 0 0.2rem; }
    .st-key-vocabulary_related p { text-underline-offset: 3px; }
    .st-key-vocabulary_related [data-testid="stPageLink"] p { text-decoration: underline; }
    /* These lead to this very page; Streamlit would mark each of them as the current one. */
    [data-testid="stPageLink-NavLink"] { background: transparent; }
    [data-testid="stPageLink-NavLink"] p { font-weight: 400; }
  }
  /* The open word stays in sight beside a map that is longer than the window. */
  [class*="st-key-vocabulary_"] [data-testid="stColumn"] > div:has(.st-key-vocabulary_entries) {
    position: sticky; top: 0.5rem;
  }
  /* Room for what the browser draws a moment later. */
  .st-key-vocabulary_list { min-height: min(46rem, calc(100vh - 11rem)); }
  .st-key-vocabulary_picture { min-height: 17rem; }
  @media (max-width: 640px) {
    /* One word at a time: nothing is open before one was asked for, and then it stands above all the others. */
    .st-key-vocabulary_browse [data-testid="stColumn"]:last-child { display: none; }
    .st-key-vocabulary_read > div > [data-testid="stHorizontalBlock"],
    .st-key-vocabulary_read > [data-testid="stHorizontalBlock"] { flex-direction: column-reverse; }
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

LIST = component("word_list")
PICTURE = component("word_picture")
MAP = component("concept_map")


def _further(word: Term) -> str:
    """What comes after the definition: formula, common mistake."""
    formula = f"$$\n{word.formula}\n$$" if word.formula else ""
    return "\n\n".join(filter(None, (formula, f"*Common mistake:* {word.mistake}" if word.mistake else "")))


def _try(word: Term) -> None:
    """The page where a word can be tried; nothing where there is none."""
    # The link bears the page's title: fifty links that all say "Try it" would tell a screen reader nothing.
    if word.page:
        st.page_link(f"pages/{word.page}.py", icon=":material/arrow_forward:", query_params=word.parameters)


def opened(word: Term) -> None:
    """One entry by itself, with links to its relations and to itself."""
    with st.container(key="vocabulary_entries"):
        st.subheader(word.name, anchor=word.slug)
        st.markdown(word.definition)
        if drawn := picture(word.name):
            PICTURE(key="vocabulary_picture", data=drawn.to_data())
        if further := _further(word):
            st.markdown(further)
        _try(word)
        with st.container(horizontal=True, gap="small", key="vocabulary_related"):
            st.markdown("See also")
            for name in word.related:
                related = named(name, ALL_WORDS)
                if related:
                    st.page_link(HERE, label=name, query_params={"vocabulary_term": related.slug})
        if word.code:
            st.caption(f"In the code: `{word.code}`")
        st.page_link(
            HERE,
            label="Link to this word",
            icon=":material/link:",
            query_params={"vocabulary_term": word.slug},
        )


def entry(word: Term, shown: Mapping[str, str]) -> None:
    """One entry among others, and the page where it can be tried.

    Args:
        shown: name -> anchor of all entries on the page now; only these can be linked to.
    """
    links = (f"[{name}](#{shown[name]})" if name in shown else name for name in word.related)
    code = f"In the code: `{word.code}`" if word.code else ""
    last = "  \n".join(filter(None, (f"See also: {', '.join(links)}" if word.related else "", code)))
    st.subheader(word.name, anchor=word.slug)
    st.markdown("\n\n".join(filter(None, (word.definition, _further(word), last))))
    _try(word)


def entries(words: Sequence[Term], searching: bool) -> None:
    """The entries under their headings; the hits of a search, best first, without them."""
    shown = {word.name: word.slug for word in words}
    groups = [("", words)] if searching else groupby(words, key=lambda word: word.group)
    with st.container(key="vocabulary_entries"):
        for group, members in groups:
            if group:
                st.header(group)
            for word in members:
                entry(word, shown)


def close() -> None:
    """Callback: a new search opens its best hit, not the word that was open."""
    STATE.keep("term", "")


def _chosen(words: Sequence[Term]) -> Term | None:
    """The word that the address asks for, if it is among these."""
    asked = named(STATE.asked("term"), ALL_WORDS)
    return asked if asked in words else None


def _open(key: str) -> None:
    """Callback: the word that was clicked in a component goes to the address."""
    clicked = named(str(st.session_state[key].get("opened") or ""), ALL_WORDS)
    if clicked:
        STATE.keep("term", clicked.slug)


def one_line_each(words: Sequence[Term], query: str) -> None:
    """The words in one line each, best hits of a search first; beside them the one that is open."""
    if other := query.strip() and instead(query, ALL_WORDS):
        st.caption(f"No entry has “{literal(query)}”. These have “{other}”.")
    groups = [("", words)] if query.strip() else groupby(words, key=lambda word: word.group)
    lines = [
        {"name": group, "words": [{"name": w.name, "line": w.short, "slug": w.slug} for w in members]}
        for group, members in groups
    ]
    with _beside(words, query, 1.15) as chosen:
        LIST(
            key="vocabulary_list",
            data={"groups": lines, "chosen": chosen.slug},
            on_opened_change=lambda: _open("vocabulary_list"),
        )


@contextmanager
def _beside(words: Sequence[Term], query: str, wide: float) -> Iterator[Term]:
    """A place for what shows the words, `wide` times as wide as the open word to the right of it.

    On a phone it stands above, and only once somebody asked for it.
    """
    chosen = _chosen(words) or words[0]
    asked = bool(query.strip() or STATE.asked("term"))
    with st.container(key="vocabulary_read" if asked else "vocabulary_browse"):
        all_words, one = st.columns([wide, 1], gap="large")
    with all_words:
        yield chosen
    with one:
        opened(chosen)


def concept_map(words: Sequence[Term], query: str) -> None:
    """The words, related ones near each other and joined by lines; beside them the one that is open."""
    place = {word.name: i for i, word in enumerate(words)}
    maps = [places(tuple(words), width) for width in MAP_WIDTHS]
    with _beside(words, query, 1.7) as chosen:
        MAP(
            key="vocabulary_map",
            data={
                "words": [[w.name, w.slug, PARTS.index(w.group) - OF_THE_TEXT, w.short] for w in words],
                "edges": [[place[a], place[b]] for a, b in edges(words)],
                "maps": [[one.width, one.height, one.middle.tolist(), one.labels.tolist()] for one in maps],
                "chosen": chosen.slug,
            },
            on_opened_change=lambda: _open("vocabulary_map"),
        )


def show_everything() -> None:
    """Callback: forget the search and the chosen part."""
    st.session_state.vocabulary_q = ""
    st.session_state.vocabulary_part = WHOLE


def nothing_found(elsewhere: int) -> None:
    """What an unlucky search sees: what to do, and the way back."""
    if elsewhere:
        st.markdown(f"Nothing in this part; {elsewhere} in the others.")
    else:
        st.markdown("No word contains all of these. Try a single one, such as *loss* or *gradient*.")
    st.button("Show all words", icon=":material/menu_book:", on_click=show_everything, key="vocabulary_all")
