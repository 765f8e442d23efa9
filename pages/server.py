"""How this server is doing, for who teaches with it: engine, queue, disk, database, looks at test sets."""

import streamlit as st

from ui.frame import frame
from ui.frame.address import State
from ui.learner import learner
from ui.server import health

frame.open_page(
    "This server",
    "A class of a hundred who press Train on five recipes costs five trainings.",
    State("server", {}),
)
if learner.is_teacher():
    health.health()
    st.subheader("Trainings under way", anchor=False)
    health.trainings()
    st.subheader("Looks at sealed test sets", anchor=False)
    health.looks()
else:
    st.info(
        "This page is for who teaches with this server. Sign in with a teacher's account.",
        icon=":material/lock:",
    )
