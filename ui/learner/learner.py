"""Who is looking: the name under which looks at sealed test sets are counted, and which runs they have touched.

Where the server has an OpenID Connect provider in its secrets (Streamlit's own st.login), nobody gets further
than the sign-in without an account, and the account is the learner. Otherwise, with DLCORE_SHARED set: this
browser session, so a new session starts at zero. Otherwise everybody at this server is one learner, "this
computer": a laptop has one user, and on a server that should have been declared shared the count is too high
rather than too low.
"""

import logging
import os
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dlcore.evaluation.optimism import contaminated
from dlcore.store.store import shared

LOG = logging.getLogger(__name__)


def learner() -> str:
    """The learner's name in the ledger."""
    if st.user.get("is_logged_in"):
        return f"user:{st.user.get('sub') or st.user.get('email')}"
    if not is_shared():
        return "this computer"
    return str(st.session_state.setdefault("learner", f"session:{uuid.uuid4().hex}"))


def is_shared() -> bool:
    """Whether many learners use this server (DLCORE_SHARED), who need not see each other's work."""
    return bool(os.environ.get("DLCORE_SHARED"))


def sign_in() -> None:
    """Ends the page with a sign-in where the server asks for one; who is signed in finds a way out again."""
    if st.user.get("is_logged_in") is None:  # no provider: a laptop, or a server open to everybody
        return
    if not st.user.is_logged_in:
        st.title("Sign in", anchor=False)
        st.markdown(
            "This server belongs to a class: your runs, your lessons and your looks at sealed test sets are "
            "kept under your account. Afterwards you begin on the first page, and every link that you were "
            "given opens."
        )
        st.button("Sign in with your account", type="primary", icon=":material/login:", on_click=st.login)
        st.stop()
    name = st.user.get("name") or st.user.get("email") or "your account"
    with st.sidebar:
        st.caption(f"Signed in as {_plain(str(name))}{' (teacher)' if is_teacher() else ''}.")
        st.button("Sign out", icon=":material/logout:", on_click=st.logout, key="sign-out")


def _plain(name: str) -> str:
    """A name from outside, with nothing left in it that Markdown would act on."""
    return "".join(c for c in name if c.isalnum() or c in " .'@-")[:80]


def is_teacher() -> bool:
    """Whether this learner may seal test sets again and see the whole class.

    Signed in: whose verified e-mail address is in DLCORE_TEACHERS (separated by commas), or whose token says
    DLCORE_TEACHER_CLAIM, for example "groups=teachers". Otherwise: who is alone with the lab on a computer.
    """
    if not st.user.get("is_logged_in"):
        return not is_shared()
    listed = {name.strip().lower() for name in os.environ.get("DLCORE_TEACHERS", "").split(",")} - {""}
    if st.user.get("email_verified", True) and str(st.user.get("email", "")).lower() in listed:
        return True
    claim, _, value = os.environ.get("DLCORE_TEACHER_CLAIM", "").partition("=")
    said = st.user.get(claim) if claim and value else None
    return value in said if isinstance(said, list | tuple) else said is not None and str(said) == value


def claim(keys: Iterable[str]) -> None:
    """Note that these runs are this learner's; a ledger that cannot be written stops no training."""
    try:
        shared().claim(keys, learner())
    except (OSError, SQLAlchemyError) as error:
        LOG.warning("whose runs these are could not be noted: %s", error)


def looks_at(dataset: str) -> list[dict[str, Any]]:
    """This learner's looks at the test set of these images, oldest first."""
    return shared().ledger.test_openings(dataset, learner())


def marked(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Keys of the runs in these index entries that may owe something to a look at their test set."""
    rows = list(rows)
    looks = [look for dataset in sorted({row["dataset"] for row in rows}) for look in looks_at(dataset)]
    return contaminated(rows, looks)
