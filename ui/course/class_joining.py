"""A learner's side of the page Class: joining by a code, with a nickname or without, and leaving again."""

from collections.abc import Callable

import streamlit as st

from dlcore.store.class_sessions import LONGEST_NICKNAME
from ui.course import class_challenge
from ui.frame.literal import literal
from ui.learner import membership
from ui.learner.access import AWAY

KEPT = (
    "Your teacher sees the nickname, the page you are on, and how many questions you have answered and networks you "
    "have trained; nobody sees who gave which answer. What you submit to a challenge stands under your nickname on "
    "the class's board. When the class is over, nickname, answers and submissions are deleted."
)


def learn(code: str) -> None:
    """The form to join; or that this browser is in a class.

    Args:
        code: as the address says it.
    """
    here = membership.session()
    if here is None:
        _join(code)
        return
    member = membership.mine()
    named = f" as **{literal(member[1])}**" if member and member[1] else ", without a nickname"
    st.success(f"You are in the class **{here.code}**{named}.", icon=":material/groups:")
    st.markdown(
        "When your teacher asks a question, it appears here by itself. Until then look around: you stay in the class "
        "on every page of the lab, and after a reload."
    )
    class_challenge.learn(here.code)
    with st.container(horizontal=True):
        st.page_link("pages/lessons.py", label="Lessons", icon=":material/school:")
        st.page_link("pages/quiz.py", label="Test yourself", icon=":material/quiz:")
    st.caption(KEPT)
    if st.button("Leave the class", icon=":material/logout:", key="session_leave"):
        _try(membership.leave)


def _join(code: str) -> None:
    with st.form("session_join", border=False):
        left, right, _ = st.columns([1, 1, 1])
        typed = left.text_input("Code", code, max_chars=12, placeholder="on the board", key="session_typed")
        nickname = right.text_input(
            "Nickname (optional)", max_chars=LONGEST_NICKNAME, key="session_nickname", autocomplete="off"
        )
        pressed = st.form_submit_button("Join the class", type="primary", icon=":material/login:")
    st.caption(KEPT)
    if pressed and not typed.strip():
        st.warning("Type the code first: six letters and digits, as on the board.")
    elif pressed:
        _try(lambda: membership.join(typed, nickname))


def _try(change: Callable[[], str]) -> None:
    """Draw the page anew after a change; or say why nothing has changed."""
    try:
        refusal = change()
    except AWAY:
        refusal = "The database does not answer, so nothing was changed. Try again in a moment."
    if not refusal:
        st.rerun()
    st.warning(refusal)
