"""Slow answers on two threads beside the pages' scripts; a page looks again until the answer is there.

Work done here must not call Streamlit. Trainings do not belong here: they run outside this process, by
dlcore.jobs.
"""

from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

LOOK_AGAIN = 0.5  # seconds


@st.cache_resource(max_entries=1)
def pool() -> ThreadPoolExecutor:
    """The server's two threads for slow answers."""
    return ThreadPoolExecutor(2, thread_name_prefix="answer")


def is_there(future: Future, text: str) -> bool:
    """Whether the answer is there; if not, says so and runs the page again once it is."""
    if not future.done():
        _wait(future, text)
    return future.done()


@st.fragment(run_every=LOOK_AGAIN)
def _wait(future: Future, text: str) -> None:
    if future.done():
        st.rerun()
    st.caption(f":material/hourglass_top: {text}")
