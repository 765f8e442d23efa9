"""A far guard against floods of sessions: so many at once, and so many new ones a minute from one address.

A class of 150 behind one address never meets it, not even if all of them press F5 together, three times.
"""

import ipaddress
import time
from collections import OrderedDict

from starlette.types import ASGIApp, Receive, Scope, Send

AT_ONCE = 1_500  # sessions of this process
BURST = 500  # new sessions from one address at once …
PER_SECOND = 5.0  # … and then so many a second
ADDRESSES = 10_000  # remembered
TRY_AGAIN = 1013  # the WebSocket's own code for it


class Crowds:
    """Counts open sessions, and new ones by address: a bucket that fills again with time."""

    def __init__(self) -> None:
        self.open = 0
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> left, when

    def admits(self, address: str, now: float) -> bool:
        """Whether one more session from this address may begin now (seconds of any clock)."""
        left, when = self._buckets.pop(address, (float(BURST), now))
        left = min(BURST, left + PER_SECOND * (now - when))
        is_admitted = left >= 1 and self.open < AT_ONCE
        self._buckets[address] = (left - is_admitted, now)
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        return is_admitted


def address_of(scope: Scope) -> str:
    """Who asks: the peer, or whom the proxy beside us names last."""
    peer = (scope.get("client") or ("",))[0]
    named = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    try:
        is_near = ipaddress.ip_address(peer).is_private
    except ValueError:
        is_near = False
    return named if named and is_near else peer


class NoFloods:
    """Refuses sessions beyond what a class needs; an ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.crowds = app, Crowds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        if not self.crowds.admits(address_of(scope), time.monotonic()):
            await receive()
            await send({"type": "websocket.close", "code": TRY_AGAIN})
            return
        self.crowds.open += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.crowds.open -= 1
