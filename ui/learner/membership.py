"""The class session that this browser is in: joined by a code, known again by the browser's name, left when it ends.

What is asked often, by a hundred browsers, is asked of the database a few times a second and process.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import streamlit as st

from dlcore.store import secret
from dlcore.store.class_sessions import ClassSession, code_of
from dlcore.store.store import default_folder, shared
from ui.learner.access import AWAY
from ui.learner.learner import is_shared, learner
from ui.learner.teacher_code import Guard

LOG = logging.getLogger(__name__)
ENDED = "ended"  # in place of a turn, for the browsers of a class that is over
FRESH = 0.25  # seconds for which what was asked of a session is still true
MOST = 500  # sessions, and guards, remembered at once
# Wrong codes that cost nothing, and the longest wait in seconds: a class sits behind one address.
OF_A_BROWSER, OF_AN_ADDRESS = (2, 300.0), (40, 10.0)
WAITING = "Your answer counts. Your teacher shows the right one to all at once; it appears here by itself."
_MINE = "class_membership"  # of the session of Streamlit: (code, nickname), or None where there is none


class Known:
    """The class sessions of this process: each asked of the database at most every FRESH seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[float, ClassSession | None]] = OrderedDict()

    def session(self, code: str) -> ClassSession | None:
        """The session of this code; None if it has ended.

        Raises:
            OSError, sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        with self._lock:
            when, found = self._found.get(code, (-FRESH, None))
            if time.monotonic() - when < FRESH:
                return found
            found = shared().ledger.class_session(code)
            self._found[code] = time.monotonic(), found
            self._found.move_to_end(code)
            if len(self._found) > MOST:
                self._found.popitem(last=False)
            return found

    def fresh(self, code: str) -> tuple[ClassSession | None] | None:
        """What was asked a moment ago; None where the database has to be asked. Waits for nobody."""
        when, found = self._found.get(code, (-FRESH, None))
        return (found,) if time.monotonic() - when < FRESH else None

    def forget(self, code: str) -> None:
        """It has just been changed here."""
        with self._lock:
            self._found.pop(code, None)


KNOWN = Known()  # of this process, shared by every session on purpose


class Guards:
    """One guard for every browser and one, more patient, for every address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._guards: OrderedDict[str, Guard] = OrderedDict()

    def of(self, name: str, free: int, longest: float) -> Guard:
        """The guard of this name; see Guard for the numbers of a new one."""
        with self._lock:
            guard = self._guards.setdefault(name, Guard("class code", free, longest))
            self._guards.move_to_end(name)
            if len(self._guards) > MOST:
                self._guards.popitem(last=False)
            return guard


GUARDS = Guards()


def join(typed: str, nickname: str) -> str:
    """Joins the session of a code; "" or why not.

    Raises:
        OSError, sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    code, ledger, now = code_of(typed), shared().ledger, time.monotonic()
    address = GUARDS.of(f"address {st.context.ip_address}", *OF_AN_ADDRESS)
    own = GUARDS.of(learner(), *OF_A_BROWSER)
    told = ""

    def is_right() -> bool:
        nonlocal told
        told = address.judge(lambda: ledger.class_session(code) is not None, now)
        return not told

    if refusal := own.judge(is_right, now):
        return (told or refusal).replace("The code is not right.", "No class has this code now.")
    if not ledger.join_class(code, learner(), nickname):
        return "This class is full. Nothing was changed."
    st.session_state.pop(_MINE, None)
    return ""


def mine() -> tuple[str, str] | None:
    """Code and nickname of the session that this browser is in; None if there is none.

    Asked of the ledger once a visit.
    """
    if not is_shared():
        return None
    if _MINE not in st.session_state:
        try:
            st.session_state[_MINE] = shared().ledger.class_of_learner(learner())
        except AWAY as error:
            LOG.warning("which class a browser is in cannot be asked: %s", error)
            return None
    return st.session_state[_MINE]


def leave() -> str:
    """Leave the class: nothing of this learner stays there. Returns "", as `join` does.

    Raises:
        OSError, sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    shared().ledger.leave_classes(learner())
    st.session_state[_MINE] = None
    return ""


def session() -> ClassSession | None:
    """The class session that this browser is in, as it is now; None if there is none, or it has ended."""
    if (member := mine()) is None:
        return None
    try:
        found = KNOWN.session(member[0])
    except AWAY as error:
        LOG.warning("the class cannot be asked: %s", error)
        return None
    if found is None:
        st.session_state[_MINE] = None
    return found


def answered(question: str, given: str) -> bool:
    """What was answered counts in the class; False where this browser is in one that does not take it (any more)."""
    if (member := mine()) is None:
        return True
    try:
        return shared().ledger.answer_in_class(member[0], learner(), question, given)
    except AWAY as error:
        LOG.warning("an answer could not be given to the class: %s", error)
        return False


def asked(question: str) -> tuple[str | None, bool] | None:
    """What this browser has answered to the question that the class is asked, and whether its answer is shown.

    None where the class is asked something else, or there is none.
    """
    here = session()
    if here is None or here.question != question:
        return None
    try:
        return shared().ledger.answer_of(here.code, learner(), question), here.is_revealed
    except AWAY as error:
        LOG.warning("an answer to the class could not be read: %s", error)
        return None


def waits(question: str) -> bool:
    """Whether the answer to this question is the teacher's to show, and has not been shown."""
    here = session()
    return here is not None and here.question == question and not here.is_revealed


def note_place(place: str) -> None:
    """The teacher sees where this learner is; told when it is another place than before."""
    member = mine()
    if member is None or st.session_state.get("class_place") == (member[0], place):
        return
    st.session_state["class_place"] = member[0], place
    try:
        shared().ledger.note_place(member[0], learner(), place)
    except AWAY as error:
        LOG.warning("where a learner is could not be noted: %s", error)


def token() -> str:
    """What the browser asks for news with: session and learner, signed by the server."""
    member = mine()
    assert member is not None
    told = f"{member[0]}.{learner().encode().hex()}"
    return f"{told}.{secret.sign('class', told, default_folder())}"


def read_token(text: str) -> tuple[str, str] | None:
    """Code and learner of a token; None if this server has not made it."""
    told, _, signature = text.rpartition(".")
    code, _, name = told.partition(".")
    if len(text) > 2000 or not secret.is_signed(signature, "class", told, default_folder()):
        return None
    return code, bytes.fromhex(name).decode()


def change_class(change: Callable[[], object], code: str = "") -> None:
    """Change the session of this code, and draw the page anew."""
    try:
        change()
    except AWAY:
        st.warning("The database does not answer, so nothing was changed. Try again in a moment.")
        return
    KNOWN.forget(code)
    st.rerun()
