"""The news of a class for its browsers: a number that changes with question and answer, asked every two seconds.

An answer costs the server no script and, a few times a second, one query; it also tells that the browser is there.
"""

import asyncio
import logging
import threading
import time
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dlcore.store.store import shared
from ui.learner.access import AWAY
from ui.learner.membership import ENDED, KNOWN, read_token

LOG = logging.getLogger(__name__)
SEEN_EVERY = 20.0  # seconds between two notes that a browser is there
MOST = 5000  # browsers remembered at once
SWEEP_EVERY = 600.0  # seconds between two looks for sessions that are over


class Seen:
    """When it was noted last that a browser is there, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: OrderedDict[tuple[str, str], float] = OrderedDict()

    def is_due(self, who: tuple[str, str], now: float) -> bool:
        """Whether it is to be noted again; then it counts as noted."""
        with self._lock:
            if now - self._noted.get(who, -SEEN_EVERY) < SEEN_EVERY:
                return False
            self._noted[who] = now
            self._noted.move_to_end(who)
            if len(self._noted) > MOST:
                self._noted.popitem(last=False)
            return True


SEEN = Seen()  # of this process, shared by every session on purpose


async def class_news(request: Request) -> Response:
    """The turn of the class that a token names; ENDED when there is no such class any more."""
    who = read_token(request.path_params["token"])
    if who is None:
        return Response(status_code=404)
    try:
        if (
            known := KNOWN.fresh(who[0])
        ) is None:  # the database is asked beside the loop that serves everybody
            known = (await asyncio.to_thread(KNOWN.session, who[0]),)
        session = known[0]
        if session is not None and SEEN.is_due(who, time.monotonic()):
            await asyncio.to_thread(shared().ledger.note_seen, *who)
    except AWAY as error:
        LOG.warning("a class cannot be asked: %s", error)
        return Response(status_code=503)
    return PlainTextResponse(str(session.turn) if session else ENDED, headers={"Cache-Control": "no-store"})


async def sweep() -> None:
    """Ends, as long as the server runs, the sessions that are over."""
    while True:
        try:
            await asyncio.to_thread(shared().ledger.end_old_classes)
        except AWAY as error:
            LOG.warning("old classes could not be ended: %s", error)
        await asyncio.sleep(SWEEP_EVERY)
