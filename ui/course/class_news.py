"""The class on a learner's page, whichever it is: the question that is asked now, and an ear for the next one.

A learner on a page where questions stand is taken to the new one; anywhere else a line leads there.
"""

import streamlit as st

from ui.frame.components import component
from ui.frame.literal import literal
from ui.learner import membership, progress

COMPONENT = component("class_news")
FOLLOWING = ("all-lessons", "test-yourself", "class")  # addresses of pages on which a learner is taken along
CSS = "<style>.st-key-class_asks { padding: 0 2.5rem; }</style>"  # beside Streamlit's own buttons
DEFAULTS = {"quiz_seed": "0", "quiz_at": "1"}
# Of the session: the question that was led to; the class it is in; what this page knows of it.
_TOLD, _WAS, _KNOWN = "class_told", "class_was", "class_known"


def draw(path: str, title: str) -> None:
    """What the class has to say before a page is drawn; nothing for who is in none.

    Args:
        path: of the page's address.
        title: of the page, for the teacher.
    """
    was, here = st.session_state.get(_WAS), membership.session()
    now = st.session_state[_WAS] = membership.mine()
    if was and not now:
        progress.read_anew()
        st.toast(
            "You are in no class any more. Your nickname and answers are deleted.", icon=":material/done:"
        )
    if here is None:
        return
    membership.note_place(_place(path, title))
    st.session_state[_KNOWN] = str(here.turn)
    if here.question and not here.is_revealed:
        _lead(path, here.question, f"{here.code} {here.turn}")


def listen() -> None:
    """The ear itself, once on every page of who is in a class."""
    if membership.mine() is not None:
        COMPONENT(
            key="class_news",
            data={"address": f"lab-class/{membership.token()}", "turn": st.session_state.get(_KNOWN, "")},
            on_news_change=lambda: None,
        )


def _place(path: str, title: str) -> str:
    """Where a learner is, in a few words; without what else the address of a step says."""
    at = st.query_params.get("lessons_at", "") if path == "all-lessons" else ""
    number = at.split("-")[0]
    return f"Lesson step {number}" if number.replace(".", "").isdigit() and len(number) < 8 else title


def _says(name: str) -> str:
    """What the address says, without which steps have been done; a default does not stand there."""
    return str(st.query_params.get(name, DEFAULTS.get(name, ""))).split("-")[0]


def _lead(path: str, question: str, turn: str) -> None:
    """To the question, once; and a line that leads back there for who has gone elsewhere."""
    from ui.course import class_questions  # the course is read where a class meets, not on every page

    asked = class_questions.find(question)
    if asked is None:
        return
    is_new, st.session_state[_TOLD] = st.session_state.get(_TOLD) != turn, turn
    if path in FOLLOWING[:2] and all(_says(name) == text for name, text in asked.parameters.items()):
        return
    if is_new and path in FOLLOWING:
        for name in asked.parameters:
            st.session_state.pop(name, None)
        st.switch_page(asked.page, query_params=asked.parameters)
    st.html(CSS)
    with st.container(horizontal=True, vertical_alignment="center", key="class_asks"):
        st.markdown("**Your class is asked:**")
        st.page_link(
            asked.page,
            label=literal(asked.label),
            icon=":material/groups:",
            query_params=asked.parameters,
        )
