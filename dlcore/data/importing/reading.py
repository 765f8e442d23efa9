"""The door for whatever people have: `read_any`, which looks at a file and says what it would do to it."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from dlcore.data.gates import BadInput, File, bytes_of, kind_of
from dlcore.data.importing.archives import JUNK, MAX_FILES, Member, unpacked
from dlcore.data.importing.of_arrays import of_arrays
from dlcore.data.importing.of_pictures import of_pictures
from dlcore.data.importing.pictures import MAX_BYTES as MAX_PICTURE
from dlcore.data.importing.refused import refuse_by_name
from dlcore.data.importing.repairs import Import

MAX_BYTES = 200_000_000
SIDE = 28
MOST_PIXELS = 1_000_000_000  # bytes of the set's pixels
Told = Callable[[float], None]


def read_any(
    file: File | Mapping[str, bytes],
    side: int = SIDE,
    most_bytes: int = MAX_BYTES,
    most_pixels: int = MOST_PIXELS,
    on_progress: Told = lambda _: None,
) -> Import:
    """The data set in a file as the lab understands it, with every repair that it would make, none made yet.

    A zip of class folders (train, val and test above or below them are the parts), a zip with a table (file, label,
    and perhaps group and split), an .npz in any form, a folder on this computer, or several files by name, a table of
    their labels among them. Patients' ids in DICOM files become groups, by a hash whose salt is thrown away here.

    >>> import cv2
    >>> png = cv2.imencode(".png", np.eye(9, dtype=np.uint8))[1].tobytes()
    >>> pictures = {f"{name}/{i}.png": png for name in ("ill", "well") for i in range(3)}
    >>> found = read_any(pictures)
    >>> [repair.key for repair in found.repairs]
    ['labels', 'sizes']

    Args:
        file: bytes, a path, an open file, or {name: bytes}.
        side: pixels that every picture is brought to.
        most_bytes: of the file.
        most_pixels: pictures × side² × channels that the set may have.
        on_progress: told the share done, 0 to 1.

    Raises:
        BadInput: a sentence that says why it cannot be used, and what can.
    """
    salt = secrets.token_bytes(16)
    if isinstance(file, Mapping):
        return of_pictures(_named(file, most_bytes), 0, side, salt, most_pixels, on_progress)
    if isinstance(file, str | Path) and Path(file).is_dir():
        members, junk = _walked(Path(file))
        return of_pictures(members, junk, side, salt, most_pixels, on_progress)
    name = str(file) if isinstance(file, str | Path) else ""
    content = bytes_of(file, most_bytes)
    if content[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        refuse_by_name(name, content)
        raise BadInput(_no_set(content))
    if _holds_arrays(content):
        return of_arrays(content, side, most_pixels, on_progress)
    members, junk = unpacked(content)
    return of_pictures(members, junk, side, salt, most_pixels, on_progress)


def _no_set(content: bytes) -> str:
    if content.startswith(b"\x93NUMPY"):
        return (
            "This is a single array (.npy) without labels. Save images and labels together with numpy.savez."
        )
    if kind_of(content) == "a picture" or content[128:132] == b"DICM":
        return (
            "One picture is no data set. Choose several with a table of their labels, or pack class folders as a "
            "zip."
        )
    kind = kind_of(content) or "something else"
    return f"This is {kind}, no data set: needed is a zip of class folders, a zip with a table, or an .npz."


def _holds_arrays(content: bytes) -> bool:
    """Whether the first file of a zip is an array: as every .npz begins."""
    length = int.from_bytes(content[26:28], "little")
    return content[30 : 30 + length].endswith(b".npy")


def _named(files: Mapping[str, bytes], most_bytes: int) -> list[Member]:
    if len(files) > MAX_FILES or sum(map(len, files.values())) > most_bytes:
        raise BadInput(f"At most {MAX_FILES:,} files of {most_bytes / 1e6:.0f} MB together are read.")
    return [Member(name, _given(content), len(content)) for name, content in sorted(files.items())]


def _given(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def _walked(folder: Path) -> tuple[list[Member], int]:
    """The files below a folder of this computer; links are not followed."""
    members, junk = [], 0
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            inside = path.relative_to(folder).as_posix()
            if JUNK.search(inside) or path.is_symlink():
                junk += 1
            else:
                members.append(Member(inside, _on_disk(path), path.stat().st_size))
    if len(members) > MAX_FILES:
        raise BadInput(f"The folder holds {len(members):,} files; at most {MAX_FILES:,} are read.")
    return sorted(members, key=lambda member: member.path), junk


def _on_disk(path: Path) -> Callable[[], bytes]:
    return lambda: bytes_of(path, MAX_PICTURE)
