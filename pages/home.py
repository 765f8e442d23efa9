"""Start here: what the lab is, and the ways in."""

import streamlit as st

from ui.course import home
from ui.frame import frame
from ui.frame.address import State

frame.open_page(
    "Deep learning, word by word",
    "Every word of the vocabulary can be moved, checked and, where it misleads, caught.",
    State("home", {}),
)

left, right = st.columns([1.4, 1], gap="large")
with left:
    home.picture()
with right:
    with home.door("I have ten minutes", "Three things that go wrong, each for a reason you can see."):
        home.ten_minutes()
    with home.door(
        "I follow the course", "Predict, try, compare: the vocabulary from its first word to its last."
    ):
        home.the_course()
    with home.door("I teach it", "Every link opens a state. Hand it out, and a whole class sees the same."):
        home.the_classroom()
st.markdown(
    "This is a lab for the words a mathematician meets first in deep learning: you move a number and see "
    "what it does. What a formula says is compared, as you move it, with a second implementation."
)
st.markdown(
    "**Try** — Drag a line across the picture. One neuron, "
    "$\\hat{y} = \\sigma(w^\\top x + b)$, learns from there.  \n"
    "**Notice** — The line turns fast while many points are on its wrong side, and more slowly after that."
)

home.done_last()
st.subheader("All pages", anchor=False)
home.all_pages()
