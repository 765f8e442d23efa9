"""What callers hand over: arrays of any kind made numpy's and judged, or refused in a sentence that says what to do.

Lists, tensors (of any device), pandas columns and object arrays are taken as what they hold. Loads neither torch
nor pandas: it asks an object for the methods that they give it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class BadInput(ValueError):  # noqa: N818 - the learner reads its sentence, nobody its name
    """A file, a name or a number that cannot be used; its text is a sentence for the learner."""


def as_array(values: Any, what: str) -> NDArray:
    """The numbers, truths or texts that these values hold, without Python objects in it.

    Args:
        values: an array, list, tensor, pandas Series or DataFrame.
        what: their name in the sentence of a refusal.

    Raises:
        BadInput: rows of different lengths, missing values, or objects that are neither numbers nor texts.
    """
    if hasattr(
        values, "detach"
    ):  # a tensor: perhaps on another device, with a gradient, without numpy's type
        values = values.detach().cpu()
        values = values.float() if str(values.dtype) == "torch.bfloat16" else values
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            array = np.array(array.tolist())
    except (TypeError, ValueError):
        array = np.empty(0, object)
    if array.dtype.kind not in "biufUS":
        raise BadInput(
            f"The {what} must be one value per sample or rows of one length; some are missing, or are no numbers."
        )
    if array.dtype.kind == "f" and array.dtype.itemsize < 4:
        array = array.astype(np.float32)
    return array


def one_each(values: Any, what: str, n: int | None = None) -> NDArray:
    """One value each, (n,); a column (n, 1) counts as one.

    Raises:
        BadInput: another shape or length.
    """
    array = as_array(values, what)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise BadInput(f"The {what} have the shape {array.shape}; needed is one value each, (n,).")
    if n is not None and len(array) != n:
        raise BadInput(f"There are {len(array):,} {what} for {n:,} images or rows; one each is needed.")
    return array


def real_numbers(values: Any, what: str, n: int | None = None) -> NDArray:
    """One real number each, (n,), which may be NaN.

    Raises:
        BadInput: texts, or another shape or length.
    """
    array = one_each(values, what, n)
    if array.dtype.kind not in "biuf":
        raise BadInput(f"The {what} are texts; needed are numbers.")
    return array


def truths(values: Any, what: str, n: int | None = None) -> NDArray[np.bool_]:
    """True or False each, (n,); the numbers 1 and 0 count as such.

    Raises:
        BadInput: any other value: which of them is positive only the caller knows.
    """
    if (
        isinstance(values, np.ndarray)
        and values.dtype == np.bool_
        and values.ndim == 1
        and n in (None, len(values))
    ):
        return values
    array = one_each(values, what, n)
    if array.dtype.kind in "US" or not ((array == 0) | (array == 1)).all():
        shown = ", ".join(repr(value.item()) for value in np.unique(array)[:4])
        raise BadInput(
            f"The {what} hold {shown}; needed are True and False, or 1 and 0. "
            "Say which value is the positive one: labels == value."
        )
    return array.astype(bool)


def class_labels(
    values: Any, classes: int | None = None, n: int | None = None, what: str = "labels"
) -> NDArray[np.int64]:
    """Class numbers from 0, (n,).

    Args:
        classes: how many there are; None: as many as occur.

    Raises:
        BadInput: texts, fractions, one-hot rows, numbers below 0 or beyond the last class, another length.
    """
    array = as_array(values, what)
    if array.ndim == 2 and array.shape[1] > 1:
        raise BadInput(
            f"The {what} have the shape {array.shape}; needed is one class number each, (n,). "
            f"Of one-hot rows it is {what}.argmax(axis=1)."
        )
    array = one_each(array, what, n)
    if array.dtype.kind in "US":
        raise BadInput(
            f"The {what} are texts; needed are class numbers from 0. "
            f"They come from names, numbers = np.unique({what}, return_inverse=True)."
        )
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.rint(array)).all()):
        raise BadInput(f"The {what} contain NaN or fractions; labels must be whole numbers (0, 1, 2 ...).")
    found = array.astype(np.int64)
    if len(found) and found.min() < 0:
        raise BadInput(f"The {what} contain {found.min()}; labels are numbered from 0.")
    if classes is not None and len(found) and found.max() >= classes:
        hint = " They begin at 1: subtract 1." if found.min() == 1 and found.max() == classes else ""
        raise BadInput(
            f"The {what} contain {found.max()}; of {classes} classes the last is {classes - 1}.{hint}"
        )
    return found


def class_columns(values: Any, what: str = "probabilities") -> NDArray:
    """(n, classes) one column of numbers per class, two at least.

    Raises:
        BadInput: one value per image, which may be a class number or a score.
    """
    array = as_array(values, what)
    if array.dtype.kind not in "biuf":
        raise BadInput(
            f"The {what} are texts; needed are numbers, (n, classes). They come first, then the labels."
        )
    if array.ndim == 2 and array.shape[1] >= 2:
        return array
    raise BadInput(
        f"The {what} have the shape {array.shape}; needed is one column per class, (n, classes), "
        f"and they come first, then the labels. Of one probability p of class 1 it is np.stack([1 - p, p], axis=1)."
    )


def shares(values: Any, what: str = "probabilities") -> NDArray:
    """`class_columns` whose numbers lie between 0 and 1; NaN is let through.

    Raises:
        BadInput: as `class_columns`, or numbers that are logits.
    """
    array = class_columns(values, what)
    if array.size and (array.min() < -1e-6 or array.max() > 1 + 1e-6):
        raise BadInput(
            f"The {what} go from {array.min():.4g} to {array.max():.4g}, beyond 0 and 1; "
            "these may be logits. Pass them as logits=, or take their softmax."
        )
    return array


def rows(values: Any, what: str = "logits") -> NDArray:
    """(n, columns) numbers; one number each may also come as (n,).

    Raises:
        BadInput: texts, or another shape.
    """
    array = as_array(values, what)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise BadInput(
            f"The {what} have the shape {array.shape}; needed are numbers, (n, classes) or (n, 1)."
        )
    return array
