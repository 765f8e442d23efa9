"""The sealed challenge of the class that somebody is in: which one, how long it lasts, and what it keeps closed."""

import logging
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from dlcore.number_text import count
from dlcore.runs import unsized
from dlcore.store.challenges import Challenge
from dlcore.store.store import shared
from ui.learner import membership
from ui.learner.access import AWAY
from ui.learner.learner import is_shared, is_teacher, learner

LOG = logging.getLogger(__name__)
CLOSED = (
    "Your class has a sealed challenge on these images: their test set stays closed for everybody in the class until "
    "the teacher breaks the seal."
)


def mine() -> Challenge | None:
    """The challenge of the class that this browser is in; None if there is none.

    Raises:
        OSError, sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    here = membership.session()
    return None if here is None else shared().ledger.challenge_of(here.code)


def keeps_sealed(dataset: str) -> bool:
    """Whether a test set is closed for who looks at this page, learner or teacher, until a seal is broken.

    The same images at another size are the same test set. While the database does not answer nothing is opened.
    """
    if not is_shared():
        return False
    try:
        found = [mine()]
        if is_teacher() and (code := shared().ledger.class_of_teacher(learner())):
            found.append(shared().ledger.challenge_of(code))
    except AWAY as error:
        LOG.warning("whether a challenge keeps a test set closed cannot be asked: %s", error)
        return True
    return any(
        one is not None and not one.broken and unsized(one.dataset) == unsized(dataset) for one in found
    )


def time_left(challenge: Challenge) -> str:
    """How long runs are taken, in words, with the clock of whoever reads it: "until 14:40 (25 minutes)"."""
    if not challenge.seconds_left:
        return "time is over"
    end, sign = datetime.fromisoformat(challenge.ends), " UTC"
    with suppress(ValueError, KeyError, OSError):  # the browser names no zone, or one that is not known here
        end, sign = end.astimezone(ZoneInfo(st.context.timezone or "")), ""
    minutes = max(1, round(challenge.seconds_left / 60))
    return f"until {end:%H:%M}{sign} ({count(minutes, 'minute')})"
