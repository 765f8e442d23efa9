"""What the pages add to the counters: sessions that are open, and how long a page's script ran."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dlcore.jobs.watching import RERUNS, SESSIONS, log_as_json, serve


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
    with RERUNS.labels(page).time():
        yield
