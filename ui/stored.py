"""What several pages read from disk, cached once per server: image sets and stored runs; never written to."""

from typing import Any

import streamlit as st

from dlcore.data import ImageSet, load
from dlcore.runs import Run
from dlcore.store import CorruptRunError, shared
from ui import learner


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
    """The stored run with this key; None if there is none, it is damaged, or it is not this learner's to see."""
    try:
        run = _run(key)
    except (LookupError, CorruptRunError, ValueError):
        return None
    is_private = learner.is_shared() and run.recipe.dataset.startswith("upload:")
    return None if is_private and not may_see([key]) else run


def may_see(keys: list[str]) -> list[str]:
    """Which of these runs this learner may see listed: all on a computer of one's own.

    On a shared server: those one has asked for, those that came with the server, and for a teacher all.
    """
    if not learner.is_shared() or learner.is_teacher():
        return keys
    owners, me = shared().ledger.owners(keys), learner.learner()
    return [key for key in keys if not owners[key] or me in owners[key]]


def forget(key: str, owner: str) -> bool:
    """Delete a run of this learner's; True if nobody else had asked for it and it is gone for good."""
    gone = shared().let_go(key, owner)
    if gone:
        _run.clear(key)
    return gone


def recent_runs(limit: int = 30) -> list[dict[str, Any]]:
    """Index entries of the latest runs that this learner may see, newest first; see dlcore.store.Store.runs."""
    rows = shared().runs(limit)
    visible = set(may_see([row["key"] for row in rows]))
    return [row for row in rows if row["key"] in visible]
