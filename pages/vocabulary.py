"""The vocabulary: every word, looked up, read, placed on a map."""

from functools import partial

import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.vocabulary import ALL_WORDS, as_anki, as_csv, find
from ui.course import vocabulary
from ui.frame import frame
from ui.frame.files import File, offer

frame.open_page(
    "Vocabulary",
    Claim(
        "[[words]] words, each with one definition and, where the lab has an experiment, a link to it.",
        "tests/test_page_claims.py::test_every_word_has_one_definition_and_a_link_where_there_is_an_experiment",
        {"words": 133},
    ),
    vocabulary.STATE,
)
st.html(vocabulary.CSS)


@st.fragment
def lookup() -> None:
    """Search, part, view, and what they select; typing reruns nothing else."""
    with st.container(key="vocabulary_controls"):
        search, part, view = st.columns([1.1, 1, 1.3], vertical_alignment="bottom")
        query = search.text_input(
            "Search",
            key="vocabulary_q",
            bind="query-params",
            type="search",
            live=True,
            max_chars=80,
            placeholder="loss, gradient, η …",
            on_change=vocabulary.close,
        )
        chosen = part.selectbox(
            "Part",
            (vocabulary.WHOLE, *vocabulary.PARTS),
            key="vocabulary_part",
            bind="query-params",
        )
        shape = view.segmented_control(
            "Show",
            vocabulary.VIEWS,
            default=vocabulary.VIEWS[0],
            required=True,
            key="vocabulary_view",
            bind="query-params",
        )

    found = find(query or "", ALL_WORDS)
    words = [word for word in found if chosen in (vocabulary.WHOLE, word.group)]
    if not words:
        vocabulary.nothing_found(elsewhere=len(found))
    elif shape == "One line each":
        vocabulary.one_line_each(words, query or "")
    elif shape == "Map":
        vocabulary.concept_map(words, query or "")
    else:
        st.caption(f"{len(words)} of {len(ALL_WORDS)} words")
        vocabulary.entries(words, searching=bool((query or "").strip()))


lookup()

with st.container(key="vocabulary_more"):
    frame.notice(
        invitation("Search for *momentun*, then for ∇, then for *normalisation*."),
        Claim(
            "A slip of the finger, a symbol, a plural and British spelling lead to the entry all the same.",
            "tests/test_vocabulary.py::test_search_forgives_slips_and_finds_symbols_plurals_and_british_spelling",
        ),
    )
    with frame.more("Download", "vocabulary_downloads") as is_open:
        if is_open:
            for label, made, file in (
                ("Flash cards for Anki (CSV)", as_anki, "vocabulary-anki.csv"),
                ("All words as a table (CSV)", as_csv, "vocabulary.csv"),
            ):
                offer(File(label, partial(made, ALL_WORDS), file, "text/csv"), f"vocabulary_{made.__name__}")
