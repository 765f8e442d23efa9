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
    """Whether the answer is there; if not, says so and runs the page again once it is.

    An answer that is a refusal (dlcore.data.BadInput, a ValueError) is shown as its sentence.
    """
    if not future.done():
        _wait(future, text)
        return False
    error = future.exception()
    if isinstance(error, ValueError):
        st.warning(str(error), icon=":material/error:")
    elif error is not None:
        raise error
    return error is None


@st.fragment(run_every=LOOK_AGAIN)
def _wait(future: Future, text: str) -> None:
    if future.done():
        st.rerun()
    st.caption(f":material/hourglass_top: {text}")
