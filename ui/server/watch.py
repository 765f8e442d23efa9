"""The server's beginning: its settings judged; and what the pages add to its counters."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dlcore import settings
from dlcore.jobs.watching import RERUNS, SESSIONS, log_as_json, serve
from ui.frame import doors


def refuse_nonsense() -> None:
    """End this process with a sentence for each setting that makes no sense, before anybody is answered."""
    if found := settings.problems() or settings.taken_port():
        sys.exit("\n".join(found))


def stop_at_nonsense() -> None:
    """The same for `streamlit run app.py`, which no entry of ours has judged: the sentences instead of a page."""
    if found := settings.problems():
        st.error("\n\n".join(found))
        st.stop()


def begin() -> None:
    """Once per server: the log as JSON lines and the port of the counters, where the environment asks for them."""
    log_as_json()
    serve()


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda _: SESSIONS.dec())
def _count_this_session() -> bool:
    SESSIONS.inc()
    return True


@contextmanager
def rerun(page: str) -> Iterator[None]:
    """Counts one run of a page's script and how long it took, also when it ends early."""
    _count_this_session()
    doors.enter(page)
    with RERUNS.labels(page).time():
        yield
