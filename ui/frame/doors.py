"""Where files come in: only what an uploader on the page has asked for, and so much of it.

Streamlit's own route keeps any file in memory that somebody with a session sends, under any made-up name.
"""

import threading
from collections.abc import Sequence

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileManager, UploadFileUrlInfo

ROUTE = "/_stcore/upload_file/"
OF_A_SESSION = 180_000_000  # bytes at once: the largest network with twelve pictures, or two data sets
OF_ALL = 600_000_000  # bytes of all sessions of this process
NAMES = 64  # places for files that a session may have been given and not used
SESSIONS = 5_000  # remembered at most; who has gone is forgotten first


class Doorkeeper:
    """Which sessions have an uploader on their page, and which places for files they have been given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._page: dict[str, str] = {}
        self._open: dict[str, list[str]] = {}  # session -> places given
        self._manager: UploadedFileManager | None = None

    def enter(self, session: str, page: str) -> None:
        """This session's script runs on this page; on another than before its door closes."""
        with self._lock:
            if self._page.pop(session, page) != page:
                self._open.pop(session, None)
            self._page[session] = page
            while len(self._page) > SESSIONS:
                gone = next(iter(self._page))
                self._open.pop(gone, None)
                del self._page[gone]

    def open(self, session: str) -> None:
        """There is an uploader on the page of this session."""
        with self._lock:
            self._open.setdefault(session, [])

    def keep(self, manager: UploadedFileManager) -> None:
        """From now on this manager gives places for files to sessions with an open door only."""
        self._manager, give = manager, manager.get_upload_urls

        def given(session: str, names: Sequence[str]) -> list[UploadFileUrlInfo]:
            with self._lock:
                places = self._open.get(session)
                if places is None or len(names) > NAMES:
                    return []
                found = give(session, names)
                places += [place.file_id for place in found]
                del places[:-NAMES]
                return found

        manager.get_upload_urls = given  # type: ignore[method-assign, assignment]

    def refusal(self, session: str, file: str, length: str) -> tuple[int, str] | None:
        """Why a file of this session may not come in, as a status and a sentence; None if it may."""
        with self._lock:
            if file not in self._open.get(session, ()):
                return 403, "No uploader has asked for this file."
        if not length.isdecimal():
            return 411, "How long the file is has to be said first."
        kept = getattr(self._manager, "file_storage", {})
        sizes = {key: sum(len(f.data) for f in list(files.values())) for key, files in list(kept.items())}
        if sizes.get(session, 0) + int(length) > OF_A_SESSION:
            return 413, "This page holds as many files as it may. Remove one, or load the page again."
        if sum(sizes.values()) + int(length) > OF_ALL:
            return 503, "Many files are being handed in just now. Try again in a minute."
        return None


DOORS = Doorkeeper()  # of this process; sessions are told apart by Streamlit's own names for them


def keep(runtime: Runtime) -> None:
    """Guard the files of this server."""
    DOORS.keep(runtime.uploaded_file_mgr)


def enter(page: str) -> None:
    """This session's script runs on this page."""
    if (context := get_script_run_ctx(suppress_warning=True)) is not None:
        DOORS.enter(context.session_id, page)


def open_for_this_session() -> None:
    """An uploader stands on the page that is being drawn."""
    if (context := get_script_run_ctx(suppress_warning=True)) is not None:
        DOORS.open(context.session_id)


class OnlyWhereAnUploaderStands:
    """Refuses files that no uploader has asked for; an ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, found, names = scope.get("path", "").partition(ROUTE)
        if found and scope["type"] == "http" and scope["method"] == "PUT":
            session, _, file = names.partition("/")
            length = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
            if refused := DOORS.refusal(session, file, length):
                await PlainTextResponse(refused[1], refused[0])(scope, receive, send)
                return
        await self.app(scope, receive, send)
