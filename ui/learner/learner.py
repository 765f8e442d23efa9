"""Who is looking: the name under which looks at sealed test sets, lessons, limits and runs are kept.

Where the server has an OpenID Connect provider in its secrets (Streamlit's own st.login), nobody gets further
than the sign-in without an account, and the account is the learner. Otherwise, with DLCORE_SHARED set: the browser,
by its signed cookie (browser.py), in every tab and after every reload; one that keeps no cookies is somebody new at
each visit. Otherwise everybody at this server is one learner, "this computer": a laptop has one user, and on a
server that should have been declared shared the count is too high rather than too low.
"""

import hmac
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dlcore.evaluation.optimism import contaminated
from dlcore.runs import unsized
from dlcore.settings import setting
from dlcore.store import secret
from dlcore.store.ownership import THIS_COMPUTER, Who
from dlcore.store.store import default_folder, shared
from ui.learner import browser, teacher_code

LOG = logging.getLogger(__name__)


def learner() -> str:
    """The learner's name in the ledger."""
    if st.user.get("is_logged_in"):
        return f"user:{st.user.get('sub') or st.user.get('email')}"
    if not is_shared():
        return THIS_COMPUTER
    if known := browser.name():
        return known
    if "learner" not in st.session_state:
        st.session_state["learner"] = browser.stranger(st.context.ip_address)
    return str(st.session_state["learner"])


def who() -> Who:
    """The learner at a door."""
    return Who(learner(), is_teacher(), is_alone=not is_shared())


def is_shared() -> bool:
    """Whether many learners use this server (DLCORE_SHARED), who need not see each other's work."""
    return bool(setting("DLCORE_SHARED"))


def sign_in() -> None:
    """Ends the page with a sign-in where the server asks for one; who is signed in finds a way out again.

    It ends as well where many are to share a server that cannot tell them apart.
    """
    if is_shared() and not browser.are_named():
        st.error(
            "DLCORE_SHARED is set, and this server was started by `streamlit run app.py`, which cannot tell one "
            "learner from another: start it by `streamlit run serve.py`.",
            icon=":material/error:",
        )
        st.stop()
    if st.user.get("is_logged_in") is None:  # no provider: a laptop, or a server open to everybody
        return
    if not st.user.is_logged_in:
        st.title("Sign in", anchor=False)
        st.markdown(
            "This server belongs to a class: your runs, your lessons and your openings of sealed test sets are "
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
    """Whether this learner may seal test sets again, stop any training and see the whole class.

    Signed in: whose e-mail address, verified by the provider, is in DLCORE_TEACHERS (separated by commas), or whose
    token says DLCORE_TEACHER_CLAIM, for example "groups=teachers". Otherwise: who has entered DLCORE_TEACHER_CODE in
    this browser, and who is alone with the lab on a computer.
    """
    if not st.user.get("is_logged_in"):
        return not is_shared() or _has_entered_the_code()
    listed = {name.strip().lower() for name in setting("DLCORE_TEACHERS", "").split(",")} - {""}
    # A provider that does not say "verified" has not verified: its users may have typed any address.
    is_verified = str(st.user.get("email_verified")).lower() == "true"
    if is_verified and str(st.user.get("email", "")).lower() in listed:
        return True
    claim, _, value = setting("DLCORE_TEACHER_CLAIM", "").partition("=")
    said = st.user.get(claim) if claim and value else None
    return value in said if isinstance(said, list | tuple) else said is not None and str(said) == value


def asks_for_code() -> bool:
    """Whether a teacher proves to be one by a code here: on a shared server without accounts that has one."""
    has_accounts = st.user.get("is_logged_in") is not None
    return is_shared() and not has_accounts and bool(setting("DLCORE_TEACHER_CODE"))


def enter_code(typed: str) -> str:
    """Makes a teacher of who enters the teacher's code, from now on and in this browser; "" or why it does not.

    Raises:
        OSError, sqlalchemy.exc.SQLAlchemyError: it is, and that cannot be kept.
    """
    if not asks_for_code():
        return "This server asks for no code. Nothing was changed."
    if sentence := teacher_code.refusal(typed):
        return sentence
    shared().ledger.note_teacher(learner(), _proof(setting("DLCORE_TEACHER_CODE")))
    st.session_state["is_teacher"] = True
    return ""


def _has_entered_the_code() -> bool:
    """Asked of the ledger once a visit."""
    if not asks_for_code():
        return False
    if "is_teacher" not in st.session_state:
        try:
            proof = shared().ledger.teachers_proof(learner())
        except (OSError, SQLAlchemyError) as error:
            LOG.warning("who is a teacher cannot be asked: %s", error)
            return False
        proven = proof and hmac.compare_digest(proof, _proof(setting("DLCORE_TEACHER_CODE")))
        st.session_state["is_teacher"] = bool(proven)
    return bool(st.session_state["is_teacher"])


def _proof(code: str) -> str:
    """Worth nothing for another learner, or once the code or the server's key has changed."""
    return secret.sign("teacher", f"{learner()}\0{code}", default_folder())


def looks_at(dataset: str) -> list[dict[str, Any]]:
    """This learner's looks at the test set of these images, oldest first."""
    return shared().ledger.test_openings(dataset, learner())


def marked(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Keys of the runs in these index entries that may owe something to a look at their test set."""
    rows = list(rows)
    looks = [
        look for dataset in sorted({unsized(row["dataset"]) for row in rows}) for look in looks_at(dataset)
    ]
    return contaminated(rows, looks)
