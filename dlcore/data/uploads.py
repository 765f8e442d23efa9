"""A learner's data set, kept under the name of its content: a recipe says exactly which one it used."""

import contextlib
import hashlib
import json
import os
import re
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput, File, Unavailable
from dlcore.data.imagesets import ImageSet
from dlcore.data.npz_files import PARTS, read_arrays, read_npz
from dlcore.data.splits import Split

NAME = re.compile(r"upload:([0-9a-f]{64})", re.ASCII)


def digest(imageset: ImageSet) -> str:
    """sha256 of what decides a result: shape, pixels, labels, sizes of the three parts, and what `facts_of` adds."""
    sizes = [len(part) for part in imageset.official_split or ()]
    content = hashlib.sha256(repr((imageset.images.shape, sizes)).encode())
    content.update(imageset.images.data)
    content.update(imageset.labels.astype("<i8").data)
    if facts := facts_of(imageset):
        content.update(json.dumps(facts, sort_keys=True).encode())
    return content.hexdigest()


def facts_of(imageset: ImageSet) -> dict[str, Any]:
    """What the six arrays of a stored set do not say: names of classes, groups, that no split is the set's own; of
    a version what it was made from, and what its images may be used for.
    """
    facts: dict[str, Any] = {}
    if imageset.class_names != tuple(f"class {c}" for c in range(len(imageset.class_names))):
        facts["class_names"] = list(imageset.class_names)
    if imageset.groups is not None:
        facts["groups"] = imageset.groups.tolist()
    if imageset.official_split is None:
        facts["official"] = False
    if imageset.made_from:
        facts["made_from"] = [list(step) for step in imageset.made_from]
        facts["licence"], facts["positive"] = imageset.licence, imageset.positive
    return facts


def in_parts(imageset: ImageSet) -> tuple[ImageSet, tuple[int, ...]]:
    """The same images in the order train, validation, test, and how many are in each; dealt where nobody has.

    Raises:
        BadInput: too few images of a class for three parts.
    """
    parts = imageset.split_for()
    order, sizes = np.concatenate(list(parts)), tuple(len(part) for part in parts)
    ends = np.cumsum((0, *sizes))
    return (
        replace(
            imageset,
            images=imageset.images[order],
            labels=imageset.labels[order],
            groups=None if imageset.groups is None else imageset.groups[order],
            official_split=None
            if imageset.official_split is None
            else Split(*(np.arange(a, b) for a, b in pairwise(ends))),
        ),
        sizes,
    )


def keep_upload(file: File, root: Path) -> str:
    """ "upload:<sha256>", after the file has passed `read_npz` and its arrays lie under root/uploads.

    Raises:
        BadInput: the file is refused.
        Unavailable: it cannot be written (full or read-only disk).
    """
    return keep_set(read_npz(file), root)


def keep_set(brought: ImageSet, root: Path) -> str:
    """ "upload:<sha256>" of an image set whose arrays lie under root/uploads from now on.

    Compressed, written to a temporary file and renamed, so that nobody ever reads half a file. What is there
    already is not written again; it only counts as used now.

    Raises:
        BadInput: too few images of a class for three parts, or parts that lack each other's classes.
        Unavailable: it cannot be written (full or read-only disk).
    """
    imageset, sizes = in_parts(brought)
    sha256 = digest(imageset)
    target = root / "uploads" / f"{sha256}.npz"
    with contextlib.suppress(OSError, Unavailable):  # not there, or damaged: then it is written
        load_upload(f"upload:{sha256}", root)
        target.touch()
        return f"upload:{sha256}"
    arrays: dict[str, NDArray] = {}
    ends = pairwise(np.cumsum((0, *sizes)))
    for part, indices in zip(PARTS, (slice(a, b) for a, b in ends), strict=True):
        arrays[f"{part}_images"] = imageset.images[indices]
        arrays[f"{part}_labels"] = imageset.labels[indices]
        check_fits(imageset.labels[: sizes[0]], imageset.labels[indices])
    try:
        if facts := facts_of(imageset):
            target.parent.mkdir(parents=True, exist_ok=True)
            beside(target).write_text(json.dumps(facts), encoding="utf-8")
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
        imageset = _with_facts(read_arrays(file.read_bytes(), name), file)
    except FileNotFoundError:
        raise Unavailable("This uploaded data set is not on this server. Upload the file again.") from None
    except (OSError, BadInput, ValueError):
        raise Unavailable("This uploaded data set cannot be read any more. Upload the file again.") from None
    if digest(imageset) != match[1]:
        raise Unavailable("This uploaded data set has been changed on the disk. Upload the file again.")
    return imageset


def beside(file: Path) -> Path:
    """Where the facts of a stored set lie."""
    return file.with_suffix(".json")


def check_fits(train: NDArray, part: NDArray) -> None:
    """Refuse labels (n,) of a part that no training image has.

    Raises:
        BadInput: with their number.
    """
    if len(unseen := np.setdiff1d(part, train)):
        raise BadInput(f"{len(unseen)} of the classes have no training image: nobody could learn them.")


def _with_facts(imageset: ImageSet, file: Path) -> ImageSet:
    """A stored set with what lies beside it; where the lab deals, notes on its parts do not hold."""
    try:
        facts = json.loads(beside(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return imageset
    is_own = facts.get("official", True)
    groups = facts.get("groups")
    steps = tuple((name, done) for name, done in facts.get("made_from", ()))
    return replace(
        imageset,
        class_names=tuple(facts.get("class_names", imageset.class_names)),
        groups=None if groups is None else np.array(groups, np.int64),
        official_split=imageset.official_split if is_own else None,
        notes=imageset.notes if is_own else (),
        source=source_of(steps) if steps else "uploaded pictures",
        licence=facts.get("licence", imageset.licence),
        positive=facts.get("positive"),
        made_from=steps,
    )


def source_of(steps: tuple[tuple[str, str], ...]) -> str:
    """Where a version comes from, in words.

    Args:
        steps: as `ImageSet.made_from`.
    """
    return f"made from {steps[0][0]}: {'; '.join(done for _, done in steps)}"


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
    file = root / "uploads" / f"{match[1]}.npz"
    file.unlink(missing_ok=True)
    beside(file).unlink(missing_ok=True)
