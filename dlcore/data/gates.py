"""The gate for a learner's files: the refusal that says why, and the bytes of what was handed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dlcore.arguments import BadInput

File = bytes | bytearray | memoryview | str | Path | BinaryIO


class Unavailable(BadInput):
    """A data set that cannot be had now (offline, cut, wrong content); everything else goes on working."""


def bytes_of(file: File, limit: int) -> bytes:
    """The content of a path, of bytes or of an open binary file, of at most `limit` bytes.

    Raises:
        BadInput: nothing there, nothing in it, or more than the limit (found out before it is read).
    """
    try:
        if isinstance(file, bytes | bytearray | memoryview):
            content = bytes(file)
        elif isinstance(file, str | Path):
            with Path(file).open("rb") as stream:
                content = stream.read(limit + 1)
        else:
            content = file.read(limit + 1)
    except (OSError, ValueError, AttributeError, TypeError):
        raise BadInput("The file cannot be opened.") from None
    if not content:
        raise BadInput("The file is empty: it has zero bytes.")
    if len(content) > limit:
        raise BadInput(f"The file is larger than {limit / 1e6:.0f} MB, the most that is accepted here.")
    return content


@contextmanager
def hostile_npz() -> Iterator[None]:
    """Whatever reading an .npz of a stranger raises inside becomes a BadInput.

    Raises:
        BadInput: one from inside, or the sentence for a file that is damaged or needs too much memory.
    """
    try:
        yield
    except BadInput:
        raise
    except MemoryError:
        raise BadInput("The data set needs more memory than there is.") from None
    except Exception:  # zipfile and numpy meet hostile bytes: whatever they raise means the same
        raise BadInput("The .npz file is damaged: its parts contradict each other.") from None


def kind_of(content: bytes) -> str:
    """What a file is by its first bytes, in words, or "" when that is not known."""
    head = content[:512].lstrip()
    for name, signs in SIGNS.items():
        if content.startswith(signs) or head[:64].lower().startswith(signs):
            return name
    if content[4:12] in (b"ftypavif", b"ftypavis"):
        return "an AVIF picture"
    if content[4:8] == b"jP  ":
        return "a JPEG 2000 picture"
    if b"<svg" in head.lower():
        return "an SVG drawing"
    if b"<html" in head.lower() or b"<?xml" in head.lower():
        return "a web page or XML text"
    return "plain text" if _is_text(content[:4096]) else ""


SIGNS: dict[str, tuple[bytes, ...]] = {
    "a PDF document": (b"%PDF", b"%pdf"),
    "a PostScript drawing": (b"%!PS", b"%!ps", b"\xc5\xd0\xd3\xc6"),
    "a zip archive (.zip, .npz, .docx and others)": (b"PK\x03\x04", b"PK\x05\x06"),
    "a numpy array (.npy)": (b"\x93NUMPY",),
    "an SVG drawing": (b"<svg",),
    "a web page": (b"<!doctype html", b"<html"),
    "a FITS image": (b"SIMPLE  =",),
    "a PPM, PGM or PBM picture": (b"P1\n", b"P2\n", b"P3\n", b"P4\n", b"P5\n", b"P6\n", b"P5 ", b"P6 "),
    "a gzip archive": (b"\x1f\x8b",),
    "an HDF5 file": (b"\x89HDF",),
    "a picture": (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF"),
    "a Python pickle": (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
}


def _is_text(head: bytes) -> bool:
    try:
        return head.decode("utf-8", errors="strict").isprintable() or (b"\n" in head and b"\x00" not in head)
    except UnicodeDecodeError:
        return False
