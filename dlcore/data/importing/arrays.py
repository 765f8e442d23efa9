"""An .npz in any of the forms that real files have, array by array; judged by its headers before its data."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from math import prod

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from dlcore.data.gates import BadInput, hostile_npz
from dlcore.data.importing.archives import MAX_RATIO, check_end, check_entry
from dlcore.data.importing.labelled import plain_label
from dlcore.data.importing.repairs import Repair

MAX_ARRAYS = 32
MAX_UNPACKED, SMALL = 400_000_000, 20_000_000
PARTS = ("train", "val", "test")
IMAGES = ("images", "image", "x", "data", "imgs", "features", "arr_0")
LABELS = ("labels", "label", "y", "target", "targets", "classes", "arr_1")
GROUPS = ("groups", "group", "patients", "patient", "patient_ids")
NAMES = ("class_names", "classes_names", "names", "label_names")
PART_WORDS = {"train": ("train",), "val": ("val", "valid", "validation", "dev"), "test": ("test",)}

CHANNELS_FIRST, ONE_CHANNEL, ALPHA, COLUMN, ONE_HOT, WHOLE, RENAMED = (
    "channels_first",
    "one_channel",
    "alpha",
    "column",
    "one_hot",
    "whole_floats",
    "array_names",
)


def read_arrays(content: bytes) -> dict[str, NDArray]:
    """The arrays of an .npz by name; nothing is unpickled.

    Raises:
        BadInput: a bomb, a damaged file, arrays of Python objects.
    """
    check_end(content)
    with hostile_npz(), zipfile.ZipFile(BytesIO(content)) as archive:
        entries = [e for e in archive.infolist() if e.filename.endswith(".npy")]
        for entry in archive.infolist():
            check_entry(entry)
        _check_sizes(entries)
        return {entry.filename.removesuffix(".npy"): _array(archive, entry) for entry in entries}


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ARRAYS:
        raise BadInput(f"The file holds {len(entries)} arrays; at most {MAX_ARRAYS} are read.")
    if len({e.filename for e in entries}) < len(entries):
        raise BadInput("The archive holds two entries of the same name.")
    grown, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if grown > MAX_UNPACKED or grown > max(SMALL, MAX_RATIO * packed):
        raise BadInput(
            f"Unpacked, the arrays would take {grown / 1e6:,.0f} MB from {packed / 1e6:,.1f} MB; at most "
            f"{MAX_UNPACKED / 1e6:.0f} MB and {MAX_RATIO} times the packed size are accepted."
        )


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray:
    """One array, after its header was held against its length in the archive."""
    name = entry.filename.removesuffix(".npy")[:40]
    with archive.open(entry) as stream:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(stream)
        if dtype.hasobject:
            raise BadInput(
                f"{name!r} holds Python objects, which are not unpickled here. Text goes as numpy.array(labels, "
                "dtype=str), images of one size as one array of numbers."
            )
        if stream.tell() + prod(shape) * dtype.itemsize != entry.file_size:
            raise BadInput(f"{name!r} is not as long as its header says.")
    with archive.open(entry) as stream:
        array = npy.read_array(stream, allow_pickle=False)
        stream.read()  # to the end: only there zipfile compares the checksum
    return array


def sorted_out(
    arrays: Mapping[str, NDArray],
) -> tuple[dict[str, dict[str, NDArray]], list[Repair], list[str]]:
    """Part ("train", "val", "test" or "") -> {"images", "labels", "groups"}, repairs of names, and class names.

    Raises:
        BadInput: no images, or images without labels.
    """
    parts: dict[str, dict[str, NDArray]] = {}
    used, class_names = {}, []
    for name, array in arrays.items():
        part, what = _meaning(name)
        if what == "names":
            class_names = [str(c) for c in array.reshape(-1)]
        elif what and what not in parts.setdefault(part, {}):
            parts[part][what] = array
            used[name] = f"{part}_{what}".lstrip("_")
    parts = {part: found for part, found in parts.items() if "images" in found}
    if not parts:
        known = ", ".join(sorted(arrays))[:80]
        raise BadInput(
            f"No array of images is in the file ({known}). Name them train_images, train_labels and so on."
        )
    for part, found in parts.items():
        if "labels" not in found:
            raise BadInput(f"There are {part or 'the'} images but no labels for them.")
        if len(found["images"]) != len(found["labels"]):
            raise BadInput(
                f"There are {len(found['images']):,} {part} images but {len(found['labels']):,} labels for them."
            )
    renamed = [f"{name} is {meant}" for name, meant in used.items() if name != meant]
    surplus = [name for name in arrays if name not in used and _meaning(name)[1] != "names"]
    repairs = (
        [Repair(RENAMED, "Names of arrays", "other than MedMNIST's", ", ".join(renamed))] if renamed else []
    )
    if surplus:
        repairs.append(Repair("surplus", "Other arrays", ", ".join(surplus)[:80], "ignored"))
    return parts, repairs, class_names


def _meaning(name: str) -> tuple[str, str]:
    """Which part an array's name speaks of, and what it is; "" where it does not say."""
    lower = name.lower().replace("-", "_")
    if lower in NAMES:
        return "", "names"
    words = lower.split("_")
    part = next((p for p, known in PART_WORDS.items() if any(w in known for w in words)), "")
    rest = "_".join(w for w in words if not any(w in known for known in PART_WORDS.values()))
    glued = next((w for w in ("xtrain", "xtest", "xval", "ytrain", "ytest", "yval") if lower == w), "")
    if glued:
        return {"train": "train", "test": "test", "val": "val"}[glued[1:]], "images" if glued[
            0
        ] == "x" else "labels"
    for what, names in (("images", IMAGES), ("labels", LABELS), ("groups", GROUPS)):
        if rest in names:
            return part, what
    return part, ""


def as_pictures(images: NDArray) -> tuple[NDArray, list[Repair]]:
    """Images (n, h, w) or (n, h, w, 3) of any number type, and what had to be moved for that.

    Raises:
        BadInput: volumes, rows of pixels without a shape, numbers that are none.
    """
    shape, repairs = images.shape, []
    if images.dtype.kind not in "uifb":
        raise BadInput(f"The images are {images.dtype}; needed are numbers.")
    if images.ndim == 2 and (side := round(shape[1] ** 0.5)) ** 2 == shape[1] and side >= 8:
        images = images.reshape(-1, side, side)
        repairs.append(Repair("flat", "Images as rows of pixels", str(shape), f"{side} × {side} pixels"))
    elif images.ndim == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3, 4):
        images = np.moveaxis(images, 1, 3)
        repairs.append(Repair(CHANNELS_FIRST, "Channels first", str(shape), str(images.shape)))
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
        if not repairs:
            repairs.append(Repair(ONE_CHANNEL, "One channel", str(shape), str(images.shape)))
    if images.ndim == 4 and images.shape[3] == 4:
        images = images[..., :3]
        repairs.append(Repair(ALPHA, "A fourth channel", str(shape), f"dropped: {images.shape}"))
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] != 3):
        raise BadInput(
            f"The images have the shape {shape}; needed are (n, h, w) or (n, h, w, 3): pictures, no volumes."
        )
    if min(images.shape[1:3]) < 4:
        raise BadInput(f"The images have the shape {shape}; each side needs at least 4 pixels.")
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        raise BadInput("The images contain NaN or infinity: some pixels have no value.")
    return images.astype(np.uint8) * np.uint8(255) if images.dtype.kind == "b" else images, repairs


def as_names(labels: NDArray) -> tuple[list[str], list[Repair]]:
    """One label for each image, as text, and what had to be done for that.

    Raises:
        BadInput: several labels an image, fractions, text that is none.
    """
    shape, repairs = labels.shape, []
    if labels.ndim == 2 and shape[1] == 1:
        labels = labels[:, 0]
        repairs.append(Repair(COLUMN, "Labels as a column", str(shape), str(labels.shape)))
    elif labels.ndim == 2 and labels.dtype.kind in "uifb":
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise BadInput(f"There are {shape[1]} labels for each image; this lab needs exactly one.")
        labels = labels.argmax(axis=1)
        repairs.append(Repair(ONE_HOT, "Labels one-hot", str(shape), "the place of the 1"))
    if labels.ndim != 1:
        raise BadInput(f"The labels have the shape {shape}; needed is one label per image.")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all() or (labels != np.rint(labels)).any():
            raise BadInput("The labels are fractions; needed are whole numbers or names.")
        repairs.append(Repair(WHOLE, "Labels as floats", str(labels.dtype), "whole numbers"))
        labels = labels.astype(np.int64)
    if labels.dtype.kind == "S":
        return [plain_label(one.decode("utf-8", errors="replace")) for one in labels], repairs
    if labels.dtype.kind not in "uibU":
        raise BadInput(f"The labels are {labels.dtype}; needed are whole numbers or names.")
    return [
        plain_label(str(one)) for one in labels.astype(int if labels.dtype.kind == "b" else labels.dtype)
    ], repairs
