"""What several pages read from disk, cached once per server: image sets and stored runs; never written to."""

from typing import Any

import streamlit as st

from dlcore.data import ImageSet, load
from dlcore.runs import Run
from dlcore.store import CorruptRunError, shared


@st.cache_resource(max_entries=6, show_spinner="Reading the images …")
def image_set(name: str) -> ImageSet:
    """The image set of this name; read-only, so all sessions share it.

    Raises:
        dlcore.data.BadInput: it cannot be had; the message is for the learner.
    """
    return load(name)


@st.cache_resource(max_entries=64, show_spinner=False)
def _run(key: str) -> Run:
    run = shared().get(key)
    if run is None:
        raise LookupError(key)  # an exception is not cached: the run may be there the next time
    return run


def stored_run(key: str) -> Run | None:
    """The stored run with this key; None if there is none, or if what is there is damaged."""
    try:
        return _run(key)
    except (LookupError, CorruptRunError, ValueError):
        return None


def forget(key: str, learner: str) -> bool:
    """Delete a run of this learner's; True if nobody else had asked for it and it is gone for good."""
    gone = shared().let_go(key, learner)
    if gone:
        _run.clear(key)
    return gone


def recent_runs(limit: int = 30) -> list[dict[str, Any]]:
    """Index entries of the latest runs, newest first; see dlcore.store.Store.runs."""
    return shared().runs(limit)
