"""A learner's data set: an .npz in MedMNIST's format, judged by its directory and headers before its data.

`np.load` would unpack first and ask later: two megabytes can hold two gigabytes of zeros.
"""

import struct
import zipfile
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from math import prod

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from dlcore.data.gates import BadInput, File, bytes_of, hostile_npz, kind_of
from dlcore.data.imagesets import ImageSet
from dlcore.data.leakage import duplicates
from dlcore.data.splits import Split

PARTS = ("train", "val", "test")
NAMES = tuple(f"{part}_{what}" for part in PARTS for what in ("images", "labels"))
SIDES = (28, 64, 128)  # pixels
MAX_BYTES = 50_000_000
MAX_ENTRIES = 16
MAX_DIRECTORY = 8192  # bytes of the zip's directory: six entries take about 500
MAX_UNPACKED = 200_000_000
MAX_RATIO, SMALL = 100, 20_000_000  # below SMALL any ratio is harmless
MAX_CLASSES = 100
BLOCK = 1 << 20  # bytes unpacked at a time
FORMAT = f"images (n, s, s) or (n, s, s, 3) with s = {SIDES[0]}, {SIDES[1]} or {SIDES[2]}"


@dataclass(frozen=True)
class Header:
    """What an array says of itself before its data are read."""

    dtype: np.dtype
    shape: tuple[int, ...]
    is_fortran: bool
    length: int  # bytes before the data


def read_npz(file: File, name: str = "upload") -> ImageSet:
    """The data set of an .npz file in MedMNIST's format, from bytes, a path or an open file.

    Six arrays: train_images, val_images, test_images, uint8 (n, s, s) or (n, s, s, 3) with s = 28, 64 or 128, and
    train_labels, val_labels, test_labels, whole numbers (n,) or (n, 1) from 0 without gaps. At most 50 MB, 200 MB
    unpacked.
    What is odd but usable (test images that equal training images) is said in the set's `notes`.

    >>> import io
    >>> parts = ("train", "val", "test")
    >>> images = {f"{part}_images": np.full((2, 28, 28), i, np.uint8) for i, part in enumerate(parts)}
    >>> labels = {f"{part}_labels": [0, 1] for part in parts}
    >>> np.savez(file := io.BytesIO(), **images, **labels)
    >>> read_npz(file.getvalue()).images.shape
    (6, 28, 28)

    Raises:
        BadInput: a sentence that names what is wrong.
    """
    content = bytes_of(file, MAX_BYTES)
    return read_arrays(content, name)


def read_arrays(content: bytes, name: str) -> ImageSet:
    """`read_npz` without the limit on the file's size, for files that the lab itself has written."""
    with hostile_npz():
        check_directory_size(content)
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = check_entries(archive)
            headers = {key: read_header(archive, entry) for key, entry in entries.items()}
            shape = check_headers(headers)
            check_data(archive, entries)
            labels = {part: read_array(archive, entries[f"{part}_labels"]).reshape(-1) for part in PARTS}
            classes = check_labels(labels)
            images = np.empty((sum(map(len, labels.values())), *shape), np.uint8)
            ends = np.cumsum([0] + [len(labels[part]) for part in PARTS])
            for part, (start, end) in zip(PARTS, pairwise(ends), strict=True):
                read_into(images[start:end], archive, entries[f"{part}_images"], headers[f"{part}_images"])
    split = Split(*(np.arange(a, b) for a, b in pairwise(ends)))
    return ImageSet(
        name=name,
        images=images,
        labels=np.concatenate([labels[part] for part in PARTS]).astype(np.int64),
        class_names=tuple(f"class {c}" for c in range(classes)),
        official_split=split,
        licence="the uploader's own",
        source="uploaded .npz",
        notes=(*leak_notes(images, split), *class_notes(labels, classes)),
    )


def check_directory_size(content: bytes) -> None:
    """Refuse what is no zip, or a zip whose directory alone would be work to read.

    The end record (APPNOTE 4.3.16) tells the directory's length before zipfile reads it.
    """
    if not content.startswith(b"PK\x03\x04"):
        kind = kind_of(content)
        raise BadInput(f"This is {kind or 'something else'}, not an .npz file made by numpy.savez.")
    tail = content[-(22 + 65535) :]
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise BadInput("The .npz file is cut off: the end of the archive is missing.")
    entries, size = struct.unpack("<HI", tail[at + 10 : at + 16])
    if entries > MAX_ENTRIES or size > MAX_DIRECTORY or b"PK\x06\x07" in tail[max(at - 20, 0) : at]:
        raise BadInput(f"The archive has too many entries; an .npz here has exactly {len(NAMES)} arrays.")


def check_entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The six entries by array name, after the directory has been judged."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise BadInput(f"The archive has {len(entries)} entries; it needs exactly {len(NAMES)} arrays.")
    names = [entry.filename.removesuffix(".npy") for entry in entries]
    if len(set(names)) < len(names):
        raise BadInput("The archive holds two entries of the same name.")
    if missing := [key for key in NAMES if key not in names]:
        raise BadInput(f"The file lacks the array {missing[0]}. It needs {', '.join(NAMES)}.")
    if surplus := [name for name in names if name not in NAMES]:
        raise BadInput(f"The file holds {surplus[0][:40]!r}, which is none of {', '.join(NAMES)}.")
    for entry in entries:
        if entry.flag_bits & 1:
            raise BadInput("The archive is encrypted. Save it with numpy.savez, without a password.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadInput("The archive is packed in a way numpy does not use. Save it with numpy.savez.")
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > MAX_UNPACKED or unpacked > max(SMALL, MAX_RATIO * packed):
        raise BadInput(
            f"Unpacked, the arrays would take {unpacked / 1e6:,.0f} MB from {packed / 1e6:,.1f} MB; "
            f"at most {MAX_UNPACKED / 1e6:.0f} MB and {MAX_RATIO} times the packed size are accepted."
        )
    return dict(zip(names, entries, strict=True))


def read_header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Header:
    """Type and shape that an array claims, held against its length in the archive."""
    key = entry.filename.removesuffix(".npy")
    with archive.open(entry) as stream:
        start = stream.read(10)
        if start[:8] != b"\x93NUMPY\x01\x00" or len(start) < 10:
            raise BadInput(f"{key} is not a numpy array in the usual .npy format (version 1.0).")
        text = stream.read(int.from_bytes(start[8:10], "little"))
    try:
        shape, is_fortran, dtype = npy.read_array_header_1_0(BytesIO(start[8:] + text))
    except Exception:  # the header is Python source in the file's own words
        raise BadInput(f"{key} has a header that cannot be read.") from None
    if dtype.hasobject:
        raise BadInput(f"{key} holds Python objects (a pickle), which are never opened. Save numbers.")
    length = 10 + len(text)
    if any(side < 0 for side in shape) or length + prod(shape) * dtype.itemsize != entry.file_size:
        raise BadInput(f"{key} claims the shape {shape} but its data have another length.")
    return Header(dtype, shape, is_fortran, length)


def check_headers(headers: dict[str, Header]) -> tuple[int, ...]:
    """(s, s) of grey images or (s, s, 3) of colour ones, after all types and shapes have been judged."""
    for part in PARTS:
        images, labels = headers[f"{part}_images"], headers[f"{part}_labels"]
        check_image_header(f"{part}_images", images)
        check_label_header(f"{part}_labels", labels)
        if images.shape[0] != labels.shape[0]:
            raise BadInput(f"{part} has {images.shape[0]} images but {labels.shape[0]} labels.")
        if images.shape[0] == 0:
            raise BadInput(f"{part}_images is empty; each of train, val and test needs images.")
    shapes = {headers[f"{part}_images"].shape[1:] for part in PARTS}
    if len({shape[2:] for shape in shapes}) > 1:
        raise BadInput("Some parts hold gray and some color images; all three must be alike.")
    if len(shapes) > 1:
        raise BadInput("The parts differ in the size of their images; all three must be alike.")
    return shapes.pop()


def check_image_header(key: str, header: Header) -> None:
    if header.dtype != np.uint8:
        raise BadInput(f"{key} holds {header.dtype}; images must be whole numbers from 0 to 255 (uint8).")
    shape = header.shape
    if any(shape[1:] in ((s, s), (s, s, 3)) for s in SIDES):
        return
    if any(shape[1:] in ((3, s, s), (1, s, s)) for s in SIDES):
        raise BadInput(f"{key} has its channels first, {shape}; move them last: {FORMAT}.")
    if len(shape) > 4 or (len(shape) == 4 and shape[1] == shape[2] == shape[3]):
        raise BadInput(f"{key} holds volumes, {shape}; this lab looks at pictures: {FORMAT}.")
    raise BadInput(f"{key} has the shape {shape}; needed are {FORMAT}.")


def check_label_header(key: str, header: Header) -> None:
    if header.dtype.kind not in "iu":
        raise BadInput(f"{key} holds {header.dtype}; labels must be whole numbers (0, 1, 2 ...).")
    if len(header.shape) == 2 and header.shape[1] > 1:
        raise BadInput(f"{key} gives {header.shape[1]} labels to each image; this lab needs exactly one.")
    if len(header.shape) != 1 and header.shape[1:] != (1,):
        raise BadInput(f"{key} has the shape {header.shape}; needed is one label per image, (n,) or (n, 1).")


def check_data(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> None:
    """Unpack everything once and keep nothing: what is damaged is refused before memory is taken for it."""
    for entry in entries.values():
        with archive.open(entry) as stream:
            while stream.read(BLOCK):
                pass


def read_into(
    out: NDArray[np.uint8], archive: zipfile.ZipFile, entry: zipfile.ZipInfo, header: Header
) -> None:
    """The images of one entry, block by block into their place: they never exist twice."""
    if header.is_fortran:
        out[:] = read_array(archive, entry)
        return
    place = out.reshape(-1).data
    with archive.open(entry) as stream:
        stream.read(header.length)
        at = 0
        while at < len(place):
            block = stream.read(min(BLOCK, len(place) - at))
            place[at : at + len(block)] = block
            at += len(block) or len(place)


def read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray:
    """The data of one entry; never unpickles, and its checksum has been compared at the end."""
    with archive.open(entry) as stream:
        array = npy.read_array(stream, allow_pickle=False)
        stream.read()  # to the end: only there zipfile compares the checksum
    return array


def check_labels(labels: dict[str, NDArray]) -> int:
    """The number of classes, after the labels have been judged."""
    for part in PARTS:
        if labels[part].min() < 0:
            raise BadInput(f"{part}_labels contains {labels[part].min()}; labels are numbered from 0.")
    known = np.unique(labels["train"])
    if len(known) < 2:
        raise BadInput("All training images carry the same label; there is nothing to tell apart.")
    for part in PARTS[1:]:
        unseen = np.setdiff1d(labels[part], known)
        if len(unseen):
            raise BadInput(f"{part}_labels contains the label {unseen[0]}, which no training image has.")
    if known[-1] != len(known) - 1:
        gap = np.setdiff1d(np.arange(len(known)), known)[0]
        raise BadInput(f"The labels go up to {known[-1]}, but no training image has {gap}: a gap.")
    if len(known) > MAX_CLASSES:
        raise BadInput(f"There are {len(known)} classes; at most {MAX_CLASSES} are accepted.")
    return len(known)


def leak_notes(images: NDArray[np.uint8], split: Split) -> tuple[str, ...]:
    """What to say when images of test or validation are, pixel for pixel, training images."""
    pixels = images.reshape(len(images), -1)
    notes = []
    for part, indices in (("test", split.test), ("validation", split.validation)):
        copies = len(duplicates(pixels, indices, split.train))
        if copies == len(indices):
            notes.append(f"The {part} images equal training images, all {copies} of them: a leak.")
        elif copies:
            notes.append(f"{copies} of {len(indices)} {part} images equal a training image: a leak.")
    return tuple(notes)


def class_notes(labels: dict[str, NDArray], classes: int) -> tuple[str, ...]:
    """What to say when a class cannot be validated or tested."""
    lacking = {part: np.setdiff1d(np.arange(classes), labels[part]) for part in PARTS[1:]}
    return tuple(
        f"{part}_labels has no image of class {missing[0]}: nothing is measured for it there."
        for part, missing in lacking.items()
        if len(missing)
    )
