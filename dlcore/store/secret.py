"""The server's key: signs what must be known again when it comes back from a disk or a browser.

DLCORE_SECRET, or a file that only this user can read, made once in the folder of the runs. Several keys may stand
there, separated by commas or lines: the first signs, all are believed. To rotate, put a new one in front; take the
old one out when nothing of it has to be believed any more.
"""

import functools
import hashlib
import hmac
import logging
import os
import secrets
import uuid
from pathlib import Path

from dlcore.settings import setting

LOG = logging.getLogger(__name__)
FILE = ".secret"
SHORTEST = 16  # characters of a key


def sign(purpose: str, text: str, root: Path) -> str:
    """HMAC-SHA256 of a text, in hexadecimal digits, with the first key of the server.

    Args:
        purpose: what is signed ("owners"); a signature is worth nothing for another purpose.
        root: folder of the runs.
    """
    return _signature(keys(root)[0], purpose, text)


def is_signed(signature: str, purpose: str, text: str, root: Path) -> bool:
    """Whether one of the server's keys has signed this text for this purpose."""
    given = signature.encode()
    return any(hmac.compare_digest(_signature(key, purpose, text).encode(), given) for key in keys(root))


def keys(root: Path) -> tuple[bytes, ...]:
    """The keys of this server, the one that signs first; never empty.

    Raises:
        ValueError: a key is shorter than SHORTEST.
    """
    given = setting("DLCORE_SECRET", "")
    if given.strip(" ,"):
        return _split(given, "DLCORE_SECRET")
    try:
        return _of_folder(root)
    except OSError as error:
        LOG.warning("the server's key cannot be kept (%s): it is another one after a restart", error)
        return _of_this_process()


def _signature(key: bytes, purpose: str, text: str) -> str:
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def _split(text: str, where: str) -> tuple[bytes, ...]:
    found = tuple(key.encode() for key in text.replace(",", "\n").split())
    if not found or min(map(len, found)) < SHORTEST:
        raise ValueError(
            f"A key in {where} is shorter than {SHORTEST} characters: make one by `openssl rand -hex 32`."
        )
    return found


@functools.lru_cache(maxsize=16)  # read once: who changes the file restarts the server
def _of_folder(root: Path) -> tuple[bytes, ...]:
    """The keys in the folder's file, which is made where it is missing."""
    file = root / FILE
    if not file.exists():
        root.mkdir(parents=True, exist_ok=True)
        _make(file)
    return _split(file.read_text(), str(file))


@functools.cache
def _of_this_process() -> tuple[bytes, ...]:
    """Where no file can be written: what this key has signed is worth nothing after a restart."""
    return (secrets.token_hex(32).encode(),)


def _make(file: Path) -> None:
    """A new key in a file of mode 0600; of several processes at once the first one's stays."""
    draft = file.with_name(f"{FILE}-{uuid.uuid4().hex}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_hex(32) + "\n")
            out.flush()
            os.fsync(out.fileno())
        file.hardlink_to(draft)
    except FileExistsError:
        LOG.info("another process has made the server's key")
    finally:
        draft.unlink(missing_ok=True)
