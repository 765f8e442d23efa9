"""A class that meets now: learners join by a code, and a question's predictions appear while they come in."""

import streamlit as st

from dlcore.claims import invitation
from ui.course import class_joining, class_session
from ui.frame import frame
from ui.learner import learner

frame.open_page(
    "Class",
    invitation("Predict together: see what the class thinks, before anybody sees the answer."),
    class_session.STATE,
)
if not learner.is_shared():
    st.info(
        "A class needs a server that tells learners apart: one that is started by `serve.py` with DLCORE_SHARED=1.",
        icon=":material/info:",
    )
elif learner.is_teacher():
    class_session.teach(class_session.STATE.asked("code"))
else:
    class_joining.learn(class_session.STATE.asked("code"))
