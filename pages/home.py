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

left, right = st.columns([1.35, 1], gap="large", vertical_alignment="center")
with left:
    home.picture()
with right:
    st.markdown(
        "This is a lab for the words a mathematician meets first in deep learning: you move a number and see "
        "what it does. What a formula says is compared, as you move it, with a second implementation."
    )
    st.markdown(
        "**Try** — play the picture, or drag it step by step. One neuron, "
        "$\\hat{y} = \\sigma(w^\\top x + b)$, starts with a line through both classes.  \n"
        "**Notice** — the line turns fast while many points are on its wrong side, and ever more slowly then."
    )

minutes, course, teach = st.columns(3)
with minutes, home.door("I have ten minutes", "Three things that go wrong, each for a reason you can see."):
    home.ten_minutes()
with (
    course,
    home.door("I follow the course", "Predict, try, compare: the text from its first word to its last."),
):
    home.the_course()
with (
    teach,
    home.door("I teach it", "Every state is an address. Hand it out, and a whole class sees the same."),
):
    home.the_classroom()

home.done_last()
st.subheader("All pages", anchor=False)
home.all_pages()
