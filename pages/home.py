"""Start here: what the lab is, and the ways in."""

import streamlit as st

from ui import frame

frame.open_page(
    "Deep learning, word by word",
    "Every word of the vocabulary can be moved, checked and, where it lies, caught.",
)
st.page_link("pages/training.py", label="Train a network on images")
