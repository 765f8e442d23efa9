"""How this server is doing, for who teaches with it: engine, queue, disk, database, looks at test sets."""

import streamlit as st

from ui import frame, learner, server

frame.open_page(
    "This server",
    "A class of a hundred who press Train on five recipes costs five trainings.",
)
if learner.is_teacher():
    server.health()
    st.subheader("Looks at sealed test sets", anchor=False)
    server.looks()
else:
    st.info(
        "This page is for who teaches with this server. Sign in with a teacher's account.",
        icon=":material/lock:",
    )
