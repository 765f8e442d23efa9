"""Slow answers on two threads beside the pages' scripts; a page looks again until the answer is there.

Work done here must not call Streamlit. Trainings do not belong here: they run outside this process, by
dlcore.jobs.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import streamlit as st

from dlcore.experiments.costs import roughly

LOOK_AGAIN = 0.5  # seconds
SOON = 0.4  # seconds that a page may wait


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


class Answer:
    """An answer under way. Kept in st.cache_resource, so that all sessions that ask the same wait for one.

    Args:
        work: given a function to tell the share done, 0 to 1; must not call Streamlit.
        stop: set by Cancel, which is shown where there is one: the work looks at it and ends with a refusal.
    """

    def __init__(
        self, work: Callable[[Callable[[float], None]], Any], stop: threading.Event | None = None
    ) -> None:
        self.stop = stop
        self.share, self.began = 0.0, time.monotonic()
        self.future = pool().submit(work, self._told)

    def _told(self, share: float) -> None:
        if share and not self.share:
            self.began = time.monotonic()  # the first part includes waiting for a thread
        self.share = share

    @property
    def left(self) -> str:
        """How long it will still take, in words; nothing before that is known."""
        passed = time.monotonic() - self.began
        if not 0.05 < self.share < 1 or passed < 1:
            return ""
        return f", {roughly(passed * (1 - self.share) / self.share)} left"

    def is_there(self, text: str) -> bool:
        """Whether the answer is there; if not, shows how far it is and runs the page again once it is.

        Args:
            text: what is being worked out.
        """
        if not self.future.done():
            _watch(self, text)
            return False
        return is_there(self.future, text)

    def is_soon_there(self, text: str) -> bool:
        """As `is_there`, after a moment's wait; a refusal counts as an answer and is not said."""
        wait([self.future], SOON)
        if not self.future.done():
            _watch(self, text)
        return self.future.done()

    @property
    def result(self) -> Any:
        """The answer, once it is there."""
        return self.future.result()


@st.fragment(run_every=LOOK_AGAIN)
def _watch(answer: Answer, text: str) -> None:
    if answer.future.done():
        st.rerun()
    st.progress(answer.share, f"{text} {answer.share:.0%}{answer.left}")
    if answer.stop is not None:
        st.button("Cancel", on_click=answer.stop.set, icon=":material/cancel:", key="slow_answer_cancel")
