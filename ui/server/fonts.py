"""Fonts of a fourth of the weight: for Streamlit's own, those that docs/fonts.py has taken from them."""

from pathlib import Path

import streamlit
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dlcore.assets import ASSETS

FOLDER = ASSETS / "fonts"
MEDIA = Path(streamlit.__file__).parent / "static" / "static" / "media"


def lighter() -> dict[str, bytes]:
    """Path -> content of every font that stands for one of this Streamlit."""
    files = [path for path in sorted(FOLDER.glob("*.woff2")) if (MEDIA / path.name).is_file()]
    return {f"/static/media/{path.name}": path.read_bytes() for path in files}


class LighterFonts:
    """Sends the lighter font where there is one; of another Streamlit, its own. An ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self._fonts = app, lighter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] in self._fonts:
            headers = {"Cache-Control": "public, max-age=31536000, immutable"}
            font = Response(self._fonts[scope["path"]], media_type="font/woff2", headers=headers)
            await font(scope, receive, send)
        else:
            await self.app(scope, receive, send)
