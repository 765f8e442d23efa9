"""What a page shows before it is built: what it will teach, its words, and where to go meanwhile."""

import streamlit as st

from dlcore.vocabulary import terms_of_page
from ui import frame


def planned_page(page: str, title: str, claim: str, meanwhile: str, meanwhile_label: str) -> None:
    """A page that is still to come.

    Args:
        page: the page's stem, as terms name it.
        claim: what it will teach, as a sentence that can be wrong.
        meanwhile: path of a page that can already be used ("pages/training.py").
    """
    frame.open_page(title, claim)
    st.info(
        "This experiment is not built yet. These are the words it will make touchable.",
        icon=":material/construction:",
    )
    for term in terms_of_page(page):
        st.markdown(f"**{term.name}** — {term.definition}")
        if term.formula:
            st.latex(term.formula)
    st.page_link(meanwhile, label=meanwhile_label, icon=":material/arrow_forward:")
    st.page_link("pages/vocabulary.py", label="All terms of the text", icon=":material/menu_book:")
