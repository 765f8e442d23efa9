"""Words for those who listen: a verdict, a training's end, a failed check, read out once. It also keeps the focus."""

import re

import streamlit as st

from ui.frame.components import component

COMPONENT = component("announcer")
_SAID = "frame_said"  # of the session: what the page that runs has to say
_MARKUP = re.compile(r":material/\w+:|\*\*|[$`]")


def announce(text: str) -> None:
    """Have a sentence read out once the page is drawn, unless it was the last one here; its markup is left out."""
    st.session_state[_SAID] = _MARKUP.sub("", text).strip()


def begin() -> None:
    """A page begins: what another one, or a part of it that ran alone, had to say is no longer true here."""
    st.session_state.pop(_SAID, None)


def draw() -> None:
    """The announcer itself, once on every page."""
    COMPONENT(key="announcer", data={"text": st.session_state.pop(_SAID, "")})
