"""Gives every browser its name: an ASGI middleware that sends the signed cookie with each page."""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.learner import browser
from ui.learner.learner import is_shared


class NamesBrowsers:
    """Adds the cookie to every page (not to files); where one computer is one learner, there is none.

    HttpOnly: no script reads it. SameSite=Lax: no other site's form or picture brings it along. Secure where the
    browser came by https.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        browser.name_them()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookie(message: Message) -> None:
            if (
                message["type"] == "http.response.start"
                and _is_page(message, scope)
                and (value := _value_for(scope))
            ):
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", _header(value, scope))]
            await send(message)

        named = scope["type"] == "http" and is_shared()
        await self.app(scope, receive, send_with_cookie if named else send)


def _is_page(message: Message, scope: Scope) -> bool:
    """A page, also one that the browser has kept and asks about again."""
    headers = {name.lower(): value for name, value in message.get("headers", ())}
    if message["status"] == 304:
        return "text/html" in HTTPConnection(scope).headers.get("accept", "")
    return message["status"] == 200 and headers.get(b"content-type", b"").startswith(b"text/html")


def _value_for(scope: Scope) -> str | None:
    """The browser's own name, or a new one; None if its address has had too many."""
    asks = HTTPConnection(scope)
    if value := browser.renewed(asks.cookies.get(browser.COOKIE, "")):
        return value
    here = asks.client.host if asks.client else None
    return browser.new_value() if browser.NEWCOMERS.may_come(here) else None


def _header(value: str, scope: Scope) -> bytes:
    """As the browser reads it: for the whole site, kept, and shown to nobody else."""
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    cookie = f"{browser.COOKIE}={value}; Path=/; Max-Age={browser.LASTS}; HttpOnly; SameSite=Lax{secure}"
    return cookie.encode("latin-1")
