"""The server entry: `streamlit run serve.py`. Runs the script once, names browsers, compresses.

`streamlit run app.py` shows the same lab, only less warm, and to one learner: it cannot tell browsers apart.
"""

import asyncio
import functools
import gc
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from plotly.offline import get_plotlyjs
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import get_instance

from ui.frame import components, doors, javascript
from ui.server import class_news, crowds, files_out, fonts, packed, policy, warmup, watch
from ui.server.cookie import NamesBrowsers

watch.refuse_nonsense()


@asynccontextmanager
async def warm(_app: st.App) -> AsyncIterator[None]:
    """Run the script before the first visitor does.

    Until a session has called st.navigation, Streamlit would answer a deep link with the bare page file and a
    menu of its own making. What has been imported by then lives as long as the server: freezing it keeps the
    garbage collector from walking it again.
    """
    watch.begin()
    doors.keep(get_instance())
    files_out.keep(get_instance())
    await get_instance().does_script_run_without_error()
    gc.collect()
    gc.freeze()
    warmup.start()
    sweeping = asyncio.create_task(class_news.sweep())
    yield
    sweeping.cancel()


HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", policy.of_this_streamlit().encode()),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class SafeHeaders:
    """Adds to every answer what a browser should not allow; an ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


@functools.cache
def _packed_plotly() -> bytes:
    return gzip.compress(get_plotlyjs().encode(), compresslevel=6)


def plotly_bundle(_request: Request) -> Response:
    """Plotly's own script, for charts that are redrawn in place; its address names the version."""
    headers = {"Content-Encoding": "gzip", "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_packed_plotly(), media_type="text/javascript", headers=headers)


def component_file(request: Request) -> Response:
    """A script or style sheet of a component; its address names the version of all of them.

    A page of another version than this server's is helped as well as possible, and nothing is kept.
    """
    path, version = request.path_params["path"], request.path_params["version"]
    text = javascript.served().get(path)
    if text is None:
        return Response(status_code=404)
    kept = "public, max-age=31536000, immutable" if version == javascript.version() else "no-store"
    media_type = "text/css" if path.endswith(".css") else "text/javascript"
    return Response(text, media_type=media_type, headers={"Cache-Control": kept})


components.serve_from("lab-components")

app = st.App(
    Path(__file__).parent / "app.py",
    lifespan=warm,
    routes=[
        Route("/lab-plotly.js", plotly_bundle),
        Route("/lab-class/{token}", class_news.class_news),
        Route("/lab-components/{version}/{path:path}", component_file),
    ],
    # Streamlit leaves its own scripts uncompressed: a first visit is 7.7 MB without this, 2.3 MB with it.
    middleware=[
        Middleware(crowds.NoFloods),
        Middleware(SafeHeaders),
        Middleware(NamesBrowsers),
        Middleware(doors.OnlyWhereAnUploaderStands),
        Middleware(fonts.LighterFonts),
        Middleware(packed.PackedOnce),
        Middleware(GZipMiddleware, minimum_size=1024, compresslevel=3),
    ],
)
