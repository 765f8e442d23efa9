"""The vocabulary: every term of the text."""

import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.vocabulary import TERMS, as_csv, find
from ui.course import vocabulary
from ui.frame import frame

frame.open_page(
    "Vocabulary",
    Claim(
        "Every term has one definition and a page where you can try it.",
        "tests/test_vocabulary.py::test_every_heading_has_an_entry "
        "tests/test_page_claims.py::test_every_term_has_one_definition_and_a_page",
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
        )
        chosen = part.selectbox(
            "Part of the text",
            (vocabulary.WHOLE, *vocabulary.PARTS),
            key="vocabulary_part",
            bind="query-params",
        )
        shape = view.segmented_control(
            "Show",
            vocabulary.VIEWS,
            default="Definitions",
            required=True,
            key="vocabulary_view",
            bind="query-params",
        )

    found = find(query or "")
    terms = [term for term in found if chosen in (vocabulary.WHOLE, term.group)]
    if not terms:
        vocabulary.nothing_found(elsewhere=len(found))
    elif shape == "One line each":
        vocabulary.quick_reference(terms)
    elif shape == "Map":
        vocabulary.concept_map([term for term in TERMS if term in terms])
    else:
        st.caption(f"{len(terms)} of {len(TERMS)} terms")
        vocabulary.entries(terms, searching=bool((query or "").strip()))


lookup()

with st.container(key="vocabulary_more"):
    frame.notice(
        invitation("Search for *gradient*, then open the page of the second hit."),
        Claim(
            "[[gradient]] of [[terms]] entries speak of the gradient: how it is computed, estimated, or used.",
            "tests/test_page_claims.py::test_so_many_terms_speak_of_the_gradient",
            {"gradient": 19, "terms": 53},
        ),
    )
    with frame.more("Download", "vocabulary_downloads") as is_open:
        if is_open:
            st.download_button("All terms (CSV)", as_csv, "vocabulary.csv", "text/csv", key="vocabulary_csv")
