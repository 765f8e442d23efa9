"""A learner's data set, kept under the name of its content: a recipe says exactly which one it used."""

import contextlib
import hashlib
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput, File, Unavailable
from dlcore.data.imagesets import ImageSet
from dlcore.data.npz_files import PARTS, read_arrays, read_npz

NAME = re.compile(r"upload:([0-9a-f]{64})", re.ASCII)


def digest(imageset: ImageSet) -> str:
    """sha256 of what decides a result: shape, pixels, labels and the sizes of the three parts."""
    sizes = [len(part) for part in imageset.official_split or ()]
    content = hashlib.sha256(repr((imageset.images.shape, sizes)).encode())
    content.update(imageset.images.data)
    content.update(imageset.labels.astype("<i8").data)
    return content.hexdigest()


def keep_upload(file: File, root: Path) -> str:
    """ "upload:<sha256>", after the file has passed `read_npz` and its arrays lie under root/uploads.

    Compressed, written to a temporary file and renamed, so that nobody ever reads half a file. What is there
    already is not written again; it only counts as used now.

    Raises:
        BadInput: the file is refused.
        Unavailable: it cannot be written (full or read-only disk).
    """
    imageset = read_npz(file)
    sha256 = digest(imageset)
    target = root / "uploads" / f"{sha256}.npz"
    with contextlib.suppress(OSError, Unavailable):  # not there, or damaged: then it is written
        load_upload(f"upload:{sha256}", root)
        target.touch()
        return f"upload:{sha256}"
    arrays: dict[str, NDArray] = {}
    for part, indices in zip(PARTS, imageset.official_split or (), strict=True):
        arrays[f"{part}_images"] = imageset.images[indices]
        arrays[f"{part}_labels"] = imageset.labels[indices]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as stream:
            part_file = Path(stream.name)
            try:
                np.savez_compressed(stream, allow_pickle=False, **arrays)
                stream.flush()
                os.fsync(stream.fileno())
                part_file.replace(target)
            finally:
                part_file.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"The data set cannot be kept: {error.strerror or 'writing failed'}.") from None
    return f"upload:{sha256}"


def load_upload(name: str, root: Path) -> ImageSet:
    """The data set that `keep_upload` has named so.

    Raises:
        BadInput: no such name.
        Unavailable: it is not here any more, or its content is not what its name says.
    """
    match = NAME.fullmatch(name)
    if match is None:
        raise BadInput("The name of an upload is upload: followed by 64 digits from 0 to 9 and a to f.")
    file = root / "uploads" / f"{match[1]}.npz"
    try:
        imageset = read_arrays(file.read_bytes(), name)
    except FileNotFoundError:
        raise Unavailable("This uploaded data set is not on this server. Upload the file again.") from None
    except (OSError, BadInput):
        raise Unavailable("This uploaded data set cannot be read any more. Upload the file again.") from None
    if digest(imageset) != match[1]:
        raise Unavailable("This uploaded data set has been changed on the disk. Upload the file again.")
    return imageset


def upload_files(root: Path) -> list[tuple[str, int, str]]:
    """Name, bytes and time of last use (ISO 8601, UTC) of every upload under this data folder."""
    found = []
    for file in (root / "uploads").glob("*.npz"):
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
            facts = file.stat()
            used = datetime.fromtimestamp(facts.st_mtime, UTC).isoformat(timespec="microseconds")
            found.append((f"upload:{file.stem}", facts.st_size, used))
    return found


def forget_upload(name: str, root: Path) -> None:
    """Remove an upload; trainings that have read it go on.

    Raises:
        BadInput: no such name.
        OSError: the disk is read-only.
    """
    match = NAME.fullmatch(name)
    if match is None:
        raise BadInput("The name of an upload is upload: followed by 64 digits from 0 to 9 and a to f.")
    (root / "uploads" / f"{match[1]}.npz").unlink(missing_ok=True)
