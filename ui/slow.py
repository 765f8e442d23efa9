"""A slow answer that tells how far it is: worked out once for all sessions, beside the pages' scripts."""

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from dlcore.costs import roughly
from ui import background

LOOK_AGAIN = 0.5  # seconds


class Answer:
    """An answer under way. Kept in st.cache_resource, so that all sessions that ask the same wait for one.

    Args:
        work: given a function to tell the share done, 0 to 1; must not call Streamlit.
    """

    def __init__(self, work: Callable[[Callable[[float], None]], Any]) -> None:
        self.share, self.began = 0.0, time.monotonic()
        self.future = background.pool().submit(work, self._told)

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
        return background.is_there(self.future, text)

    @property
    def result(self) -> Any:
        """The answer, once it is there."""
        return self.future.result()


@st.fragment(run_every=LOOK_AGAIN)
def _watch(answer: Answer, text: str) -> None:
    if answer.future.done():
        st.rerun()
    st.progress(answer.share, f"{text} {answer.share:.0%}{answer.left}")
