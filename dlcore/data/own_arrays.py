"""A caller's own pictures and labels, from arrays or from a folder for each class: uint8, channels last, numbered.

What can be made right without a guess is made right and said in a note; what cannot is refused in a sentence.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.arguments import BadInput, as_array, class_labels, one_each
from dlcore.number_text import count

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
SHAPES = "(n, rows, columns) or (n, rows, columns, 3)"
Notes = tuple[str, ...]


def check_pictures(images: Any, name: str) -> None:
    """Refuse what an ImageSet cannot hold: it is uint8 with its channels last.

    Raises:
        BadInput: another type or shape, with what to do.
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        kind = images.dtype if hasattr(images, "dtype") else type(images).__name__
        raise BadInput(
            f"The images of {name} are {kind}; images must be whole numbers from 0 to 255 (uint8). "
            "ImageSet.from_arrays(images, labels) takes floats from 0 to 1 and tensors as well."
        )
    shape = images.shape
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3):
        raise BadInput(
            f"The images of {name} have their channels first, {shape}; move them last: {SHAPES}. "
            "ImageSet.from_arrays(images, labels) does it."
        )
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise BadInput(f"The images of {name} have the shape {shape}; needed are {SHAPES}.")


def as_pictures(images: Any) -> tuple[NDArray[np.uint8], Notes]:
    """uint8 (n, h, w) or (n, h, w, 3), a copy, and what was done to get there.

    Raises:
        BadInput: numbers whose scale is not clear, or another shape.
    """
    array = as_array(images, "images")
    notes = []
    if array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[3] not in (1, 3):
        array = np.moveaxis(array, 1, 3)
        notes.append("The channels stood first and were moved last.")
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[3] != 3) or 0 in array.shape:
        raise BadInput(f"The images have the shape {array.shape}; needed are {SHAPES}.")
    if array.dtype != np.uint8:
        array, note = _as_bytes(array)
        notes.append(note)
    return np.array(array, dtype=np.uint8, order="C"), tuple(notes)


def _as_bytes(array: NDArray) -> tuple[NDArray, str]:
    """Grey levels 0 to 255, and a sentence on how they came about."""
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        raise BadInput("The images contain texts, NaN or infinity: some pixels have no value.")
    low, high = float(array.min()), float(array.max())
    if array.dtype.kind == "b" or (array.dtype.kind == "f" and low >= 0 and high <= 1):
        return np.rint(array.astype(np.float64) * 255), "Numbers from 0 to 1 were taken as black to white."
    if low >= 0 and high <= 255 and (array == np.rint(array)).all():
        return array, "Whole numbers from 0 to 255 were taken as they are."
    raise BadInput(
        f"The images go from {low:.4g} to {high:.4g}; needed are whole numbers from 0 to 255, or floats from 0 to 1. "
        "Undo what was done to them, for example images * std + mean, or divide by their largest possible value."
    )


def numbered(
    labels: Any, class_names: Sequence[str] | None, n: int
) -> tuple[NDArray[np.int64], tuple[str, ...], Notes]:
    """Class numbers from 0 (n,), the classes' names, and what was done.

    Args:
        labels: names, or numbers; numbers from 1 or with gaps are numbered anew when no names are given.
        class_names: one for each number.

    Raises:
        BadInput: missing labels, numbers without a name, or a single class.
    """
    if class_names is not None:
        names = tuple(str(name) for name in class_names)
        found = class_labels(_numbers_of(as_array(labels, "labels"), names), len(names), n)
        if len(set(names)) < max(2, len(names)):
            raise BadInput("Each class needs a name of its own, and there must be two classes at least.")
        if missing := sorted(set(range(len(names))) - set(found.tolist())):
            raise BadInput(
                f"No image has the label {missing[0]} ({names[missing[0]]}): a gap. Leave its name out."
            )
        return found, names, ()
    values = as_array(labels, "labels")
    if values.ndim == 2 and values.shape[1] > 1:
        class_labels(values)  # refuses one-hot rows, with the way out
    values = one_each(values, "labels", n)
    if values.dtype.kind == "f":
        if not (np.isfinite(values).all() and (values == np.rint(values)).all()):
            raise BadInput("The labels contain NaN or fractions; labels are names or whole numbers.")
        values = values.astype(np.int64)
    known, found = np.unique(values, return_inverse=True)
    if len(known) < 2:
        raise BadInput("All images carry the same label; there is nothing to tell apart.")
    if len(known) > max(2, n // 2):
        raise BadInput(
            f"There are {count(len(known), 'label')} for {count(n, 'image')}: these are no classes."
        )
    names = tuple(str(name) for name in known.tolist())
    is_plain = values.dtype.kind in "iu" and np.array_equal(known, np.arange(len(known)))
    notes = () if is_plain else (f"The labels {', '.join(names[:6])} were numbered from 0 in this order.",)
    return found.astype(np.int64), names, notes


PARTS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2}


def _numbers_of(labels: NDArray, names: tuple[str, ...]) -> NDArray:
    """Labels that are names as the numbers of these names; numbers stay."""
    if labels.dtype.kind not in "US":
        return labels
    if unknown := sorted(set(labels.reshape(-1).tolist()) - set(names)):
        raise BadInput(f"The labels contain {unknown[0]!r}, which is none of the class names.")
    return np.array([names.index(label) for label in labels.reshape(-1).tolist()])


def folder_pictures(
    folder: str | Path, size: int, grey: bool | None
) -> tuple[NDArray[np.uint8], list[str], list[str], NDArray[np.int64] | None]:
    """The pictures of a folder with a folder for each class: uint8 (n, size, size[, 3]), class and file of each.

    Where the outer folders are called train, val and test, the classes are the folders within, and the last answer
    (n,) is the part of each picture, 0 to 2; else it is None.

    Args:
        size: pixels a side; pictures are cut to a square around their middle and made this large.
        grey: None: grey if every picture is.

    Raises:
        BadInput: no such folder, fewer than two classes in it, or a file that is no picture.
    """
    from dlcore.data.fitting import fitted
    from dlcore.data.image_files import read_image

    root = Path(folder)
    found = sorted(f for f in root.rglob("*") if f.suffix.lower() in PICTURES and f.is_file())
    inner = [f.relative_to(root).parts for f in found]
    has_parts = bool(inner) and all(len(parts) > 2 and parts[0].lower() in PARTS for parts in inner)
    labels = [parts[1 if has_parts else 0] for parts in inner if len(parts) > 1]
    if len(labels) < len(found) or len(set(labels)) < 2:
        raise BadInput(
            f"{root} holds {count(len(set(labels)), 'folder')} with pictures; needed is a folder for each class, two "
            f"at least, and no picture beside them, in files that end in {', '.join(PICTURES)}."
        )
    pictures = []
    for file in found:
        try:
            pictures.append(fitted(read_image(file), (size, size, 3)))
        except BadInput as refusal:
            raise BadInput(f"{file.relative_to(root)}: {refusal}") from None
    stack = np.stack(pictures)
    is_grey = bool((stack == stack[..., :1]).all()) if grey is None else grey
    if is_grey:
        stack = np.rint(stack @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)  # ITU-R BT.601
    part = np.array([PARTS[parts[0].lower()] for parts in inner]) if has_parts else None
    return stack, labels, ["/".join(parts) for parts in inner], part
