"""Firefox and Safari's engine (WebKitGTK) driven over their own protocols, as far as they are installed.

Firefox answers WebDriver BiDi by itself; WebKitGTK brings a driver for the older protocol over HTTP. Debian:
`apt-get install firefox-esr webkit2gtk-driver xvfb`.
"""

import base64
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from websockets.sync.client import ClientConnection, connect

WIDTH, HEIGHT = 1280, 900


class Engine(Protocol):
    """A browser with one page open."""

    def go(self, url: str) -> None: ...

    def run(self, script: str) -> Any:
        """The JSON value that a function body returns in the page."""

    def drag(self, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
        """A mouse or a finger ("mouse", "touch") goes from here to there, in CSS pixels of the window."""

    def picture(self) -> bytes:
        """The window as PNG."""

    def errors(self) -> list[str]:
        """What the page's console has complained of since this was last asked, where the engine tells."""


def _mini_browsers() -> list[str]:
    return sorted(map(str, Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")))


def installed() -> list[str]:
    """Which of "firefox" and "webkit" can be driven here."""
    found = ["firefox"] if shutil.which("firefox-esr") or shutil.which("firefox") else []
    driver = shutil.which("WebKitWebDriver") and _mini_browsers()
    return [*found, "webkit"] if driver and shutil.which("xvfb-run") else found


@contextmanager
def started(name: str) -> Iterator[Engine]:
    """The engine of this name with an empty page, in a profile of its own."""
    with tempfile.TemporaryDirectory() as home, (_firefox if name == "firefox" else _webkit)(home) as engine:
        yield engine


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _process(command: list[str], home: str) -> Iterator[None]:
    own = {**os.environ, "HOME": home, "MOZ_HEADLESS": "1", "TZ": "UTC"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=own, start_new_session=True, **quiet)
    try:
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(20)


def _patiently(attempt: Any, seconds: float = 40) -> Any:
    """What an attempt gives as soon as it gives something: a browser needs a while to listen."""
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


class _Firefox:
    def __init__(self, line: ClientConnection) -> None:
        self._line, self._numbers, self._errors = line, itertools.count(1), list[str]()
        self._ask("session.new", {"capabilities": {}})
        (page, *_) = self._ask("browsingContext.getTree", {})["contexts"]
        self._page = page["context"]
        self._ask("session.subscribe", {"events": ["log.entryAdded"]})
        size = {"width": WIDTH, "height": HEIGHT}
        self._ask("browsingContext.setViewport", {"context": self._page, "viewport": size})

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        number = next(self._numbers)
        self._line.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._line.recv(60))
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self._errors.append(str(told["params"]["text"]))
            if told.get("id") == number:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['message']}")
                return told["result"]

    def go(self, url: str) -> None:
        self._ask("browsingContext.navigate", {"context": self._page, "url": url, "wait": "complete"})

    def run(self, script: str) -> Any:
        text = f"(() => JSON.stringify((() => {{ {script} }})() ?? null))()"
        where = {"expression": text, "target": {"context": self._page}, "awaitPromise": False}
        told = self._ask("script.evaluate", where)
        if told["type"] == "exception":
            raise RuntimeError(told["exceptionDetails"]["text"])
        return json.loads(told["result"]["value"])

    def drag(self, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
        one = path_of_a_hand(start, end, kind)
        self._ask("input.performActions", {"context": self._page, "actions": [one]})

    def picture(self) -> bytes:
        told = self._ask("browsingContext.captureScreenshot", {"context": self._page})
        return base64.b64decode(told["data"])

    def errors(self) -> list[str]:
        self.run("return 0")  # what has been logged meanwhile arrives
        found, self._errors = self._errors, []
        return found


class _WebKit:
    def __init__(self, base: str) -> None:
        self._base = base
        options = {"binary": _mini_browsers()[-1], "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._base += f"/session/{_patiently(lambda: self._ask('/session', wanted))['sessionId']}"
        self._ask("/window/rect", {"width": WIDTH, "height": HEIGHT})

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.load(answer)["value"]

    def go(self, url: str) -> None:
        self._ask("/url", {"url": url})

    def run(self, script: str) -> Any:
        return self._ask("/execute/sync", {"script": script, "args": []})

    def drag(self, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
        self._ask("/actions", {"actions": [path_of_a_hand(start, end, kind)]})

    def picture(self) -> bytes:
        return base64.b64decode(self._ask("/screenshot"))

    def errors(self) -> list[str]:
        """WebKit's driver tells of no console: what is missing on the page has to be seen there."""
        return []


def path_of_a_hand(start: tuple[float, float], end: tuple[float, float], kind: str) -> dict[str, Any]:
    """A press, five moves and a release, as both protocols write it."""

    def move(share: float) -> dict[str, Any]:
        x, y = (round(a + share * (b - a)) for a, b in zip(start, end, strict=True))
        return {"type": "pointerMove", "x": x, "y": y, "duration": 30, "origin": "viewport"}

    moves = [move(share / 5) for share in range(1, 6)]
    press, release = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
    steps = [move(0), press, *moves, release]
    return {"type": "pointer", "id": f"hand-{kind}", "parameters": {"pointerType": kind}, "actions": steps}


@contextmanager
def _firefox(home: str) -> Iterator[Engine]:
    port, profile = _free_port(), Path(home) / "profile"
    profile.mkdir()
    binary = shutil.which("firefox-esr") or str(shutil.which("firefox"))
    port_and_home = ["--remote-debugging-port", str(port), "--profile", str(profile)]
    with _process([binary, "--headless", "--no-remote", *port_and_home, "about:blank"], home):
        address = f"ws://127.0.0.1:{port}/session"
        with _patiently(lambda: connect(address, max_size=None, open_timeout=30)) as line:
            yield _Firefox(line)


@contextmanager
def _webkit(home: str) -> Iterator[Engine]:
    port = _free_port()
    driver = [str(shutil.which("WebKitWebDriver")), f"--port={port}", "--host=127.0.0.1"]
    with _process(["xvfb-run", "-a", *driver], home):
        yield _WebKit(f"http://127.0.0.1:{port}")
