"""The vocabulary: every term of the text."""

import streamlit as st

from dlcore.vocabulary import TERMS
from ui import frame

frame.open_page("The vocabulary", "Every term has one formula, one place in the code, and one experiment.")
for term in TERMS:
    st.markdown(f"**{term.name}** — {term.definition}")
