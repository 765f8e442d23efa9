"""The command `lab`: starts the lab and opens the browser; audits, trains, writes the static edition.

In a checkout `python lab.py`. Where the lab is installed, this file lies in deep_learning_lab/ with all that is no
part of dlcore, and that folder is on the path while the command runs: no other program meets an `ui` or `app`.
"""

import argparse
import os
import socket
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIRST_PORT = 8501
PATIENCE = 120  # seconds until the lab has to answer; after that nobody is waiting for a browser any more


def audit(words: Sequence[str]) -> int:
    """Look for leaks, shortcuts and contradicting labels in an image set; writes a report."""
    from dlcore.audit.__main__ import main as run

    return run(words, "lab audit")


def site(words: Sequence[str]) -> int:
    """Write the static edition: a folder that needs no server."""
    from ui.site.__main__ import main as run

    return run(words, "lab site")


def seeds(words: Sequence[str]) -> int:
    """Train what a class meets first into a folder, ahead of the class."""
    from dlcore.experiments.first_runs import main as run

    return run(words, "lab seeds")


def worker(words: Sequence[str]) -> int:
    """Train for a shared server, on this computer."""
    from dlcore.jobs.engine import main as run

    return run(["worker", *words], "lab")


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    each.__name__: each for each in (audit, site, seeds, worker)
}


def free_port(first: int = FIRST_PORT) -> int:
    """The first port from here on, on this computer, at which nobody listens."""
    for port in range(first, first + 100):
        with socket.socket() as probe:
            if os.name != "nt":  # there it would share the port with whoever listens
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"All ports from {first} to {first + 99} are taken: choose one with --port.")


def has_a_screen() -> bool:
    """Whether a browser that is opened can be seen; on a bare Linux server a text browser would take the terminal."""
    return sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )


def open_when_it_answers(address: str) -> None:
    """Wait for the lab, then show it."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            webbrowser.open(address)
            return


def start(port: int | None, opens: bool) -> None:
    """The lab, until Ctrl-C. Streamlit finds .streamlit/config.toml beside serve.py, wherever this is called."""
    from streamlit.web.cli import main as streamlit

    port = port or free_port()
    if opens and has_a_screen():
        threading.Thread(target=open_when_it_answers, args=(f"http://localhost:{port}",), daemon=True).start()
    streamlit(["run", str(HERE / "serve.py"), "--server.port", str(port)], prog_name="lab")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    if words and words[0] in COMMANDS:
        return COMMANDS[words[0]](words[1:])
    ask = argparse.ArgumentParser(
        prog="lab", description="Starts the lab and opens the browser; Ctrl-C ends it."
    )
    ask.add_argument("--port", type=int, help=f"by default the first free one from {FIRST_PORT} on")
    ask.add_argument("--no-browser", action="store_true", help="only print the address")
    others = ask.add_subparsers(title="other things to do; each has its own --help", metavar="COMMAND")
    for name, command in COMMANDS.items():
        others.add_parser(name, help=command.__doc__)
    given = ask.parse_args(words)
    start(given.port, not given.no_browser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
