"""Which browser it is, where there are no accounts: the signed name that the server entry gives each of them.

The cookie holds a random name and nothing else; scripts of the page cannot read it. A browser that keeps no cookies
is somebody new at every visit. So that nobody is new without end, newcomers of one address are counted.
"""

import hashlib
import ipaddress
import threading
import time
import uuid

import streamlit as st

from dlcore.store import secret
from dlcore.store.store import default_folder

COOKIE = "lab_browser"
LASTS = 180 * 24 * 3600  # seconds; begins anew with every visit
MOST = 1000  # newcomers of one address in an hour: a class of 150 makes some hundreds, phones and all
HOUR = 3600.0
ADDRESSES = 10_000  # remembered at once

_are_named = threading.Event()


def name_them() -> None:
    """This server gives every browser its name: called by the server entry alone."""
    _are_named.set()


def are_named() -> bool:
    """Whether this server tells browsers apart; not under plain `streamlit run app.py`."""
    return _are_named.is_set()


def new_value() -> str:
    """A cookie's value for a browser that has none."""
    return _signed(uuid.uuid4().hex)


def renewed(value: str) -> str | None:
    """The same name, signed with today's key; None if no key of this server has signed the value."""
    number = _number(value)
    return None if number is None else _signed(number)


def name() -> str | None:
    """The name in the ledger of the browser that looks at this page; None if it has shown no cookie of ours."""
    number = _number(str(st.context.cookies.get(COOKIE, "")))
    return None if number is None else f"browser:{number}"


def _signed(number: str) -> str:
    return f"{number}.{secret.sign(COOKIE, number, default_folder())}"


def _number(value: str) -> str | None:
    number, _, signature = value.partition(".")
    is_ours = len(number) == 32 and secret.is_signed(signature, COOKIE, number, default_folder())
    return number if is_ours else None


class Newcomers:
    """Counts who comes without a name, by address, an hour at a time.

    Args:
        most: newcomers of one address that are told apart within an hour.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._seen: dict[str, tuple[float, int]] = {}  # network -> when its hour began, how many since
        self._lock = threading.Lock()

    def may_come(self, address: str | None, now: float | None = None) -> bool:
        """Count one more of this address; False if it has had too many. Nobody far away comes from this computer."""
        where = _network(address)
        if where is None:
            return True
        now = time.monotonic() if now is None else now
        with self._lock:
            began, count = self._seen.get(where, (now, 0))
            if now - began >= HOUR:
                began, count = now, 0
            if where not in self._seen and len(self._seen) >= ADDRESSES:
                del self._seen[next(iter(self._seen))]  # the one that came first
            self._seen[where] = (began, count + 1)
        return count < self.most


NEWCOMERS = Newcomers()  # of this process, shared by every session on purpose


def stranger(address: str | None) -> str:
    """A name for who has shown no cookie: of this visit alone; or of the address, where that has had too many."""
    if NEWCOMERS.may_come(address):
        return f"session:{uuid.uuid4().hex}"
    return f"address:{hashlib.sha256(str(_network(address)).encode()).hexdigest()[:32]}"


def _network(address: str | None) -> str | None:
    """The address; of a longer one the part that a household has; None for this computer, or what is no address."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if found.is_loopback:
        return None
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found.packed, 64), strict=False))
