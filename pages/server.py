"""How this server is doing, for who teaches with it: engine, queue, disk, database, looks at test sets."""

import streamlit as st

from dlcore.claims import Claim
from ui.frame import frame
from ui.frame.address import State
from ui.learner import learner
from ui.server import health

frame.open_page(
    "This server",
    Claim(
        "If a hundred students press Train on the same [[recipes]] recipes, the server trains [[trainings]] times.",
        "tests/test_jobs.py::test_a_hundred_learners_and_five_recipes_are_five_trainings",
        {"recipes": 5, "trainings": 5},
    ),
    State("server", {}),
)
if learner.is_teacher():
    health.health()
    st.subheader("Trainings under way", anchor=False)
    health.trainings()
    st.subheader("Openings of sealed test sets", anchor=False)
    health.looks()
elif learner.asks_for_code():
    health.code_field()
else:
    st.info(
        "This page is for who teaches with this server. Sign in with a teacher's account.",
        icon=":material/lock:",
    )
