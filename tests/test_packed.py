"""Streamlit's own files are compressed once; what is no whole, compressed file passes through untouched."""

import gzip
from typing import Any

import pytest
from conftest import finish
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from ui.server import packed
from ui.server.packed import PackedOnce

TEXT = b"export const one = 1;\n" * 200


class Counted:
    """An application that counts how often it is asked."""

    def __init__(
        self, status: int = 200, kept: str = "public, immutable, max-age=31536000", text: bytes = TEXT
    ) -> None:
        self.asked, self.status, self.headers, self.text = 0, status, {"cache-control": kept}, text

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await Response(self.text, self.status, self.headers, "text/javascript")(scope, receive, send)


def answers(app: Any, path: str, times: int = 3, **headers: str) -> list[tuple[int, dict[str, str], bytes]]:
    """Status, headers and body of the same question, asked so many times."""

    async def ask() -> list[tuple[int, dict[str, str], bytes]]:
        found = []
        for _ in range(times):
            sent: list[Any] = []

            async def send(message: Any, sent: list[Any] = sent) -> None:
                sent.append(message)

            told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
            scope = {"type": "http", "method": "GET", "path": path, "headers": told}
            await app(scope, None, send)
            head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
            found.append((sent[0]["status"], head, b"".join(each.get("body", b"") for each in sent[1:])))
        return found

    return list(finish(ask()))


def test_a_script_is_compressed_for_the_first_visitor_only_and_all_get_the_same() -> None:
    inner = Counted()
    app = PackedOnce(GZipMiddleware(inner, minimum_size=100))
    first, *others = answers(app, "/static/js/index.abc.js", accept_encoding="gzip, br")
    assert inner.asked == 1 and others[0] == others[1]
    for _, head, body in (first, *others):
        assert head["content-encoding"] == "gzip" and head["content-length"] == str(len(body))
        assert gzip.decompress(body) == TEXT and len(body) < len(TEXT) / 10


def test_later_visitors_get_it_packed_more_tightly() -> None:
    text = b"".join(b"export const v%d = %d;\n" % (n, n * n % 97) for n in range(3000))
    inner = Counted(text=text)
    app = PackedOnce(GZipMiddleware(inner, minimum_size=100, compresslevel=3))
    first, later = answers(app, "/static/js/index.abc.js", 2, accept_encoding="gzip")
    assert gzip.decompress(later[2]) == gzip.decompress(first[2]) == text
    assert len(later[2]) < 0.95 * len(first[2])


def test_who_takes_no_gzip_gets_it_plain() -> None:
    app = PackedOnce(GZipMiddleware(Counted(), minimum_size=100))
    plain = answers(app, "/static/js/index.abc.js", 1, accept_encoding="identity")[0]
    assert plain[2] == TEXT and "content-encoding" not in plain[1]


@pytest.mark.parametrize(
    ("status", "kept", "headers"),
    [
        (404, "immutable", {}),
        (200, "no-store", {}),
        (200, "immutable", {"range": "bytes=0-9"}),
        (200, "immutable", {"if_none_match": '"abc"'}),
    ],
)
def test_nothing_else_is_kept(status: int, kept: str, headers: dict[str, str]) -> None:
    inner = Counted(status, kept)
    app = PackedOnce(GZipMiddleware(inner, minimum_size=100))
    found = answers(app, "/static/js/index.abc.js", accept_encoding="gzip", **headers)
    assert [each[0] for each in found] == [status] * 3 and inner.asked == 3


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MOST", 10)
    inner = Counted()
    answers(PackedOnce(GZipMiddleware(inner, minimum_size=100)), "/static/a.js", accept_encoding="gzip")
    assert inner.asked == 3
