"""Who is looking: the name under which looks at sealed test sets are counted, and which runs they have touched.

Signed in (st.login): the account. Otherwise, with DLCORE_SHARED set: this browser session, so a new session
starts at zero. Otherwise everybody at this server is one learner, "this computer": a laptop has one user, and on
a server that should have been declared shared the count is too high rather than too low.
"""

import os
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from dlcore.optimism import contaminated
from dlcore.store import shared


def learner() -> str:
    """The learner's name in the ledger."""
    if st.user.get("is_logged_in"):
        return f"user:{st.user.get('sub') or st.user.get('email')}"
    if not os.environ.get("DLCORE_SHARED"):
        return "this computer"
    return str(st.session_state.setdefault("learner", f"session:{uuid.uuid4().hex}"))


def looks_at(dataset: str) -> list[dict[str, Any]]:
    """This learner's looks at the test set of these images, oldest first."""
    return shared().ledger.test_openings(dataset, learner())


def marked(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Keys of the runs in these index entries that may owe something to a look at their test set."""
    rows = list(rows)
    looks = [look for dataset in sorted({row["dataset"] for row in rows}) for look in looks_at(dataset)]
    return contaminated(rows, looks)
