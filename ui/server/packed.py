"""Scripts and styles whose addresses name their version, compressed once for all visitors and not for each anew."""

import asyncio
import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST = 32_000_000  # bytes kept; all of Streamlit's files take a quarter of it


class PackedOnce:
    """Keeps what the application calls immutable, as it was compressed; an ASGI middleware around GZip's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, list[Message]] = {}
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_plain(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        for message in self._kept.get(path, ()):
            await send({**message})
        if path in self._kept:
            return
        answer: list[Message] = []

        async def send_and_note(message: Message) -> None:
            answer.append({**message})
            await send(message)

        await self.app(scope, receive, send_and_note)
        if not _is_packed(answer):
            return
        tight = await asyncio.to_thread(_tighter, answer)
        size = len(tight[1]["body"])
        if path not in self._kept and self._size + size <= MOST:
            self._size += size
            self._kept[path] = tight


def _tighter(answer: list[Message]) -> list[Message]:
    """The same answer, packed as tightly as gzip can: it is done once, and a tenth less goes over the line."""
    body = b"".join(message.get("body", b"") for message in answer)
    packed = gzip.compress(gzip.decompress(body), compresslevel=9, mtime=0)
    headers = MutableHeaders(raw=list(answer[0]["headers"]))
    headers["content-length"] = str(len(packed))
    return [{**answer[0], "headers": headers.raw}, {"type": "http.response.body", "body": packed}]


def _is_plain(scope: Scope) -> bool:
    """Whether a whole file is asked for, by who takes it compressed."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope.get("query_string"):
        return False
    asked = Headers(scope=scope)
    return "gzip" in asked.get("accept-encoding", "") and not any(
        name in asked for name in ("range", "if-none-match", "if-modified-since")
    )


def _is_packed(answer: list[Message]) -> bool:
    """Whether an answer is a file that never changes, compressed and whole."""
    if not answer or answer[0].get("status") != 200 or answer[-1].get("more_body"):
        return False
    head = Headers(raw=answer[0]["headers"])
    return head.get("content-encoding") == "gzip" and "immutable" in head.get("cache-control", "")
