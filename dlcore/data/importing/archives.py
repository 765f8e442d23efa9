"""A zip of pictures, judged by its directory before anything is unpacked; never written to a disk."""

import contextlib
import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from dlcore.data.gates import BadInput

MAX_FILES = 20_000
MAX_DIRECTORY = 8_000_000  # bytes of the zip's directory: 20,000 files take about 2
MAX_UNPACKED = 1_000_000_000
MAX_RATIO, SMALL = 100, 50_000_000  # below SMALL any ratio is harmless
JUNK = re.compile(r"(^|/)(__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
INNER = (".zip", ".npz", ".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".jar")
VOLUME = (".nii.gz",)  # named by refused.py, one by one


@dataclass(frozen=True)
class Member:
    """A file of a set: the path people gave it, its bytes when asked for, and how many those are."""

    path: str
    read: Callable[[], bytes]
    size: int


def unpacked(content: bytes) -> tuple[list[Member], int]:
    """The files of an archive in the order of their paths, and how many entries are nobody's (.DS_Store and such).

    Raises:
        BadInput: the archive is not whole, or it tries something.
    """
    check_end(content)
    try:
        archive = zipfile.ZipFile(BytesIO(content))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except Exception:  # hostile bytes: whatever zipfile raises means the same
        raise BadInput("The archive is damaged: its directory cannot be read.") from None
    for entry in entries:
        check_entry(entry)
    check_sizes(entries)
    theirs = [(name_of(entry), entry) for entry in entries]
    ours = sorted(((p, e) for p, e in theirs if not JUNK.search(p)), key=lambda one: one[0])
    if len({path for path, _ in ours}) < len(ours):
        raise BadInput("The archive holds two files of the same name.")
    found = [Member(path, _reader(archive, entry), entry.file_size) for path, entry in ours]
    return found, len(entries) - len(found)


def _reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return archive.read(entry)
        except Exception:  # a wrong checksum, a stream that is cut
            raise BadInput("It is damaged inside the archive.") from None

    return read


def check_end(content: bytes) -> None:
    """Refuse an archive whose directory alone would be work to read (its end record, APPNOTE 4.3.16).

    Raises:
        BadInput: cut off, or too many files.
    """
    tail = content[-(22 + 65535) :]
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise BadInput("The archive is cut off: its end is missing.")
    entries, size = struct.unpack("<HI", tail[at + 10 : at + 16])
    if entries > MAX_FILES or size > MAX_DIRECTORY:
        number = "more than 65,000" if entries == 0xFFFF else f"{entries:,}"
        raise BadInput(f"The archive holds {number} files; at most {MAX_FILES:,} are read.")


def check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that is a trick.

    Raises:
        BadInput: encrypted, a link, a path that leads elsewhere, an archive in the archive.
    """
    path = entry.filename.replace("\\", "/")
    if entry.flag_bits & 1:
        raise BadInput("The archive is encrypted. Pack it without a password.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BadInput("The archive holds a symbolic link. Pack the files themselves.")
    if path.startswith("/") or ".." in path.split("/") or re.match(r"[A-Za-z]:", path):
        raise BadInput("The archive holds a path that leads out of it. Pack the folder itself.")
    if path.lower().endswith(INNER) and not path.lower().endswith(VOLUME) and not JUNK.search(path):
        raise BadInput(
            "The archive holds another archive. Unpack that one, then pack the folders as one zip."
        )
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadInput("The archive is packed in an unusual way. Pack it as a plain zip (deflate).")


def check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what would grow too much when it is unpacked.

    Raises:
        BadInput: a bomb, or too large a set.
    """
    grown, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if grown > MAX_UNPACKED or grown > max(SMALL, MAX_RATIO * packed):
        raise BadInput(
            f"Unpacked, the archive would take {grown / 1e6:,.0f} MB from {packed / 1e6:,.1f} MB; at most "
            f"{MAX_UNPACKED / 1e6:,.0f} MB and {MAX_RATIO} times the packed size are accepted."
        )


def name_of(entry: zipfile.ZipInfo) -> str:
    """The path as it was meant: UTF-8 also where the archive does not say so, in composed letters (NFC)."""
    path = entry.filename
    if not entry.flag_bits & 0x800:
        with contextlib.suppress(UnicodeEncodeError, UnicodeDecodeError):
            path = path.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", path.replace("\\", "/"))
