"""Questions with fresh numbers, checked by the code that draws the other pages."""

import streamlit as st

from dlcore.claims import invitation
from dlcore.course.questions import GENERATORS
from ui.course import quiz
from ui.frame import frame

frame.open_page(
    "Test yourself",
    invitation(
        "If you can work out the numbers by hand, you have understood the words. Ten questions will tell."
    ),
    quiz.STATE,
)
seed, topic = quiz.controls()
asked = quiz.questions(seed, topic)
number = quiz.choose(asked, seed, topic)
with st.container(key="quiz_question", border=True):
    quiz.ask(asked[number - 1], seed, topic, number)
quiz.following(asked, seed, topic, number)
st.caption("The address holds topic and seed: hand it out, and a whole class has the same questions.")
frame.source("quiz", *GENERATORS.values())
frame.reset_button("quiz_")
