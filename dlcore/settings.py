"""The server's settings from the environment: every one declared once, read in one way, judged at the start.

A value that makes no sense is never guessed at: the sentence names the variable, its value and the remedy. What
the settings mean, and their defaults, stand in docs/deploy.md.
"""

import os
import re
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class SettingError(ValueError):
    """A setting that makes no sense; the message is a sentence for whoever set up the server."""


class _UnfitError(ValueError):
    """What a value has to be instead."""


Reader = Callable[[str], Any]


def _whole(low: int, high: int | None = None) -> Reader:
    """A whole number from low to high."""

    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and low <= int(text[:18]) <= (high or 10**18):
            return int(text)
        raise _UnfitError(f"a whole number from {low} {'on' if high is None else f'to {high}'}")

    return read


def _one_of(*choices: str) -> Reader:
    def read(text: str) -> str:
        if text in choices:
            return text
        raise _UnfitError(" or ".join(choices) + ", or unset")

    return read


def _text(pattern: str, needs: str) -> Reader:
    def read(text: str) -> str:
        if re.fullmatch(pattern, text):
            return text
        raise _UnfitError(needs)

    return read


def _folder(text: str) -> Path:
    """A folder that is there, or can be made: no file lies in its way."""
    place = Path(text)
    if next(p for p in (place, *place.absolute().parents) if p.exists()).is_dir():
        return place
    raise _UnfitError("a folder, and a file lies in its way")


def _folder_there(text: str) -> Path:
    if Path(text).is_dir():
        return Path(text)
    raise _UnfitError("a folder that exists. Make it, correct the path, or unset the variable")


def _folder_there_or_none(text: str) -> Path | None:
    return None if text == "none" else _folder_there(text)


def _file_there(text: str) -> Path:
    if Path(text).is_file():
        return Path(text)
    raise _UnfitError("a file that exists. Make it, correct the path, or unset the variable")


def _address(*protocols: str) -> Reader:
    """protocol://host:port."""

    def read(text: str) -> str:
        try:
            parts = urlsplit(text)
            if parts.scheme in protocols and parts.hostname and parts.port:
                return text
        except ValueError:  # a port that is no number
            pass
        raise _UnfitError(f"an address such as {protocols[0]}://10.0.0.5:8786")

    return read


def _memory(text: str) -> str:
    """A size as dask reads it; 1.2 GB is needed for torch alone."""
    if re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?B?|B)", text, re.IGNORECASE):
        return text
    raise _UnfitError("a size such as 3GiB or 2560MiB")


# Name -> how its value is read.
SETTINGS: Mapping[str, Reader] = {
    "DLCORE_SHARED": str,
    "DLCORE_MAX_TRAININGS": _whole(1),
    "DLCORE_MAX_EXPERIMENTS": _whole(1),
    "DLCORE_MAX_QUEUE": _whole(1),
    "DLCORE_MAX_SECONDS": _whole(1),
    "DLCORE_MAX_UPLOADS_MB": _whole(1),
    "DLCORE_MAX_ALL_UPLOADS_MB": _whole(1),
    "DLCORE_KEEP_DAYS": _whole(1),
    "DLCORE_TEACHERS": str,
    "DLCORE_TEACHER_CLAIM": _text(r"[^=]+=.+", "a claim and its value, such as groups=teachers"),
    "DLCORE_TEACHER_CODE": str,
    "DLCORE_RUNS": Path,
    "DLCORE_SEED_RUNS": _folder_there_or_none,
    "DLCORE_SECRET": str,
    "DLCORE_SITE_URL": _text(r"https?://\S+", "an address that begins with https://"),
    "DLCORE_LAB_URL": _text(r"https?://\S+", "an address that begins with https://"),
    "DLCORE_REPORT_URL": _text(r"(https?://|mailto:)\S+", "an address that begins with https:// or mailto:"),
    "DLCORE_DATA": Path,
    "DLCORE_DB_URL": _text(
        r"postgresql(\+psycopg)?://\S+", "the address of a PostgreSQL database, postgresql+psycopg://user@host:5432/name"
    ),
    "DLCORE_DB_PASSWORD_FILE": _file_there,
    "DASK_SCHEDULER_ADDRESS": _address("tcp", "tls"),
    "DLCORE_WORKERS": _whole(1, 4096),
    "DLCORE_WORKER_MEMORY": _memory,
    "DLCORE_NICE": _whole(0, 19),
    "DLCORE_METRICS_PORT": _whole(0, 65535),
    "DLCORE_METRICS_ADDRESS": str,
    "DLCORE_LOG": _one_of("json"),
}  # fmt: skip
AT_START: Mapping[str, Reader] = {"DLCORE_RUNS": _folder, "DLCORE_DATA": _folder}  # the disk is asked once
SECRET = frozenset(
    {"DLCORE_TEACHER_CODE", "DLCORE_DB_URL", "DLCORE_SECRET"}
)  # may hold what must not stand in a log


def setting(name: str, default: Any = None) -> Any:
    """The value of a setting; the default where it is unset or empty, as compose hands on what nobody has set.

    Raises:
        SettingError: it makes no sense.
        KeyError: there is no such setting.
    """
    return _read(name, SETTINGS[name], default)


def _read(name: str, read: Reader, default: Any = None) -> Any:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        return read(text)
    except _UnfitError as needed:
        shown = "set to something else" if name in SECRET else repr(text[:80])
        raise SettingError(f"{name} is {shown}; it has to be {needed}.") from None


def problems() -> list[str]:
    """A sentence for each setting that makes no sense."""
    found = []
    for name, read in {**SETTINGS, **AT_START}.items():
        try:
            _read(name, read)
        except SettingError as error:
            found.append(str(error))
    return found


def taken_port() -> list[str]:
    """A sentence if the port of the counters cannot be used; to be asked before they are offered there.

    Raises:
        SettingError: it is no port.
    """
    port, address = setting("DLCORE_METRICS_PORT"), setting("DLCORE_METRICS_ADDRESS", "127.0.0.1")
    if not port:
        return []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server of the counters does
        try:
            probe.bind((address, port))
        except OSError as error:
            return [
                f"DLCORE_METRICS_PORT is '{port}', and {address}:{port} cannot be used ({error.strerror}): "
                "choose a port that is free, or unset the variable."
            ]
    return []
