"""What several pages read from disk, cached once per server: image sets and stored runs; never written to."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dlcore.data import ImageSet, load
from dlcore.runs import Run
from dlcore.store.store import CorruptRunError, shared
from ui.learner import learner

LOG = logging.getLogger(__name__)
AWAY = (OSError, SQLAlchemyError)  # a database, or the disk that it is on, which cannot be used now


@contextmanager
def needs_database(what: str) -> Iterator[None]:
    """A part of a page that asks the database: where that does not answer, a sentence; the rest of the page stays.

    Args:
        what: does not work meanwhile, as the sentence begins: "The runs cannot be shown".
    """
    try:
        yield
        if not learner.is_shared() and (news := shared().ledger.news()):  # there the teacher's page has it
            st.info(news, icon=":material/build:")
    except AWAY as error:
        LOG.warning("the database does not answer: %s", error)
        st.info(
            f"{what} just now: the database does not answer. Nothing is lost; try again in a moment.",
            icon=":material/hourglass_top:",
        )


@st.cache_resource(max_entries=6, show_spinner=False)  # a spinner would need a page; the warm-up has none
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


def is_stored(key: str) -> bool:
    """Whether a run with this key can be shown to this learner."""
    return stored_run(key) is not None


def recent_keys() -> list[str]:
    """Keys of the latest runs that this learner may see; none while the database does not answer."""
    with suppress(*AWAY):
        return [row["key"] for row in recent_runs(100)]
    return []


def may_see(keys: list[str]) -> list[str]:
    """Which of these runs this learner may see listed: all on a computer of one's own.

    On a shared server: those one has asked for, those that came with the server, and for a teacher all.
    """
    if not learner.is_shared() or learner.is_teacher():
        return keys
    try:
        owners, me = shared().ledger.owners(keys), learner.learner()
    except AWAY as error:  # nobody can say whose they are
        LOG.warning("the database does not answer: %s", error)
        return []
    return [key for key in keys if not owners[key] or me in owners[key]]


def forget(key: str, owner: str) -> bool:
    """Delete a run of this learner's; True if nobody else had asked for it and it is gone for good."""
    gone = shared().let_go(key, owner)
    if gone:
        _run.clear(key)
    return gone


def recent_runs(limit: int = 30) -> list[dict[str, Any]]:
    """Index entries of the latest runs that this learner may see, newest first; see dlcore.store.store.Store.runs.

    Raises:
        AWAY: the database does not answer; see needs_database.
    """
    rows = shared().runs(limit)
    visible = set(may_see([row["key"] for row in rows]))
    return [row for row in rows if row["key"] in visible]


def runs_if_known(limit: int = 30) -> list[dict[str, Any]] | None:
    """recent_runs; None, and a sentence, while the database does not answer: it is not as if there were none."""
    with needs_database("The trained networks cannot be listed"):
        return recent_runs(limit)
    return None
