"""The nouns: ImageSet, Table and Split, frozen and read-only. Where they come from is not known here."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.arguments import BadInput, class_labels
from dlcore.data.own_arrays import as_pictures, check_pictures, folder_pictures, numbered
from dlcore.data.splits import Split, split
from dlcore.runs import is_mirror_safe
from dlcore.shown import Shown


def read_only(array: NDArray) -> NDArray:
    """A view that cannot be written to: one copy serves every session of a server."""
    view = np.ascontiguousarray(array).view()
    view.setflags(write=False)
    return view


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet(Shown):
    """Images with one label each; of arrays that are not quite so yet, `from_arrays` makes them.

    >>> mine = ImageSet("mine", np.zeros((3, 8, 8), np.uint8), [0, 1, 1], ("dark", "light"))
    >>> len(mine), mine.channels, mine.usual_positive
    (3, 1, 0)

    Attributes:
        name: what `load` was asked for.
        images: uint8 (n, h, w) for grey images or (n, h, w, 3) for colour, read-only.
        labels: int64 (n,), from 0 to len(class_names) - 1, read-only.
        class_names: one per label.
        official_split: the split that the set's makers fixed, or None.
        masks: bool (n, h, w), the pixels that decide the class where they are known, or None.
        licence: under which the images may be used.
        source: where they come from.
        notes: sentences that a reader of results should know (a leak, an ordinal scale, ...).
        positive: the class that a test is for, the disease, as its makers' metadata name it; None: they do not.
        mirror_safe: whether an image seen in a mirror is still one of its class; None: as the set's name is known
            for, else no.
        loaded_as: the name under which `dlcore.data.load` has given it; "" of a set that was made by hand.
        groups: int (n,), whose images these are (patients, slides), or None; no split parts a group.
        made_from: of a version, the name of each set before it and what was done to that, the earliest first.

    Raises:
        BadInput: images, labels, masks or a split that do not fit together; no class has the number `positive`.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    official_split: Split | None = None
    masks: NDArray[np.bool_] | None = None
    licence: str = ""
    source: str = ""
    notes: tuple[str, ...] = field(default=())
    positive: int | None = None
    mirror_safe: bool | None = None
    groups: NDArray[np.int64] | None = None
    made_from: tuple[tuple[str, str], ...] = ()
    loaded_as: str = field(default="", init=False)

    def __post_init__(self) -> None:
        if self.positive is not None and not 0 <= self.positive < len(self.class_names):
            raise BadInput(f"The set {self.name} has no class number {self.positive}.")
        if self.mirror_safe is None:
            object.__setattr__(self, "mirror_safe", is_mirror_safe(self.name))
        check_pictures(self.images, self.name)
        n, shape = len(self.images), self.images.shape[:3]
        labels = class_labels(self.labels, len(self.class_names), n, f"labels of {self.name}")
        if (
            self.official_split is not None
            and (last := max(p.max(initial=-1) for p in self.official_split)) >= n
        ):
            raise BadInput(
                f"The split of {self.name} names image {last}; of {n:,} images the last is {n - 1}."
            )
        object.__setattr__(self, "images", read_only(self.images))
        object.__setattr__(self, "labels", read_only(labels))
        if self.masks is not None:
            if np.shape(self.masks) != shape:
                raise BadInput(
                    f"The masks of {self.name} have the shape {np.shape(self.masks)}; needed is {shape}."
                )
            object.__setattr__(self, "masks", read_only(self.masks))
        if self.groups is not None:
            object.__setattr__(self, "groups", read_only(np.asarray(self.groups, dtype=np.int64)))

    @classmethod
    def from_arrays(
        cls,
        images: Any,
        labels: Any,
        class_names: Sequence[str] | None = None,
        *,
        name: str = "own arrays",
        split: Split | Sequence[Any] | None = None,
        masks: Any = None,
    ) -> "ImageSet":
        """The set of one's own arrays or tensors; what had to be done to them stands in its `notes`.

        >>> mine = ImageSet.from_arrays(np.linspace(0, 1, 4 * 9).reshape(4, 3, 3), ["ill", "well"] * 2)
        >>> mine.images.dtype, mine.labels.tolist(), mine.class_names
        (dtype('uint8'), [0, 1, 0, 1], ('ill', 'well'))

        Args:
            images: (n, h, w), (n, h, w, 3) or channels first; uint8, whole numbers to 255, or floats from 0 to 1.
            labels: (n,) names, or numbers, which need not begin at 0.
            class_names: one for each number from 0; None: the labels themselves, in their order.
            split: indices of train, validation and test.
            masks: (n, h, w), not zero where the class is decided.

        Raises:
            BadInput: what cannot be made right without a guess.
        """
        pictures, notes = as_pictures(images)
        numbers, names, more = numbered(labels, class_names, len(pictures))
        parts = split if split is None or isinstance(split, Split) else Split(*split)
        inside = None if masks is None else np.asarray(masks) != 0
        return cls(name, pictures, numbers, names, parts, inside, source="own arrays", notes=notes + more)

    @classmethod
    def from_folder(cls, folder: str | Path, size: int = 28, *, grey: bool | None = None) -> "ImageSet":
        """The pictures of a folder with a folder for each class, or with train, val and test and such folders within.

        >>> import cv2, pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("dark", "light"):
        ...         (pathlib.Path(folder) / name).mkdir()
        ...         wrote = cv2.imwrite(f"{folder}/{name}/1.png", np.full((40, 30), 9, np.uint8))
        ...     found = ImageSet.from_folder(folder, size=28)
        >>> found.images.shape, found.class_names
        ((2, 28, 28), ('dark', 'light'))

        Args:
            size: pixels a side, after each picture was cut to a square around its middle.
            grey: None: grey if every picture is.

        Raises:
            BadInput: fewer than two classes, or a file that is no picture.
        """
        pictures, labels, _, part = folder_pictures(folder, size, grey)
        parts = None if part is None else Split(*(np.flatnonzero(part == p) for p in range(3)))
        numbers, names, _ = numbered(labels, sorted(set(labels)), len(pictures))
        return cls(Path(folder).name, pictures, numbers, names, parts, source=str(folder))

    @cached_property
    def digest(self) -> str:
        """sha256 of what decides a result: pixels, labels, number of classes and the split."""
        content = hashlib.sha256(repr((self.images.shape, len(self.class_names))).encode())
        groups = () if self.groups is None else (self.groups,)
        for array in (self.images, self.labels, *(self.official_split or ()), *groups):
            content.update(f"{array.dtype.str}{array.shape}".encode())
            content.update(np.ascontiguousarray(array).data)
        return content.hexdigest()

    @property
    def recipe_name(self) -> str:
        """What a recipe calls it: the name it was loaded under, or of a set made by hand "own:" and its digest."""
        return self.loaded_as or f"own:{self.digest}"

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return 1 if self.images.ndim == 3 else self.images.shape[3]

    @property
    def usual_positive(self) -> int:
        """The class that is called positive unless somebody chooses: `positive`, else the rarest of the set."""
        if self.positive is not None:
            return self.positive
        return int(np.argmin(np.bincount(self.labels, minlength=len(self.class_names))))

    def split_for(self, fractions: tuple[float, float, float] = (0.6, 0.2, 0.2), seed: int = 0) -> Split:
        """The official split where there is one; else a stratified one with these fractions and seed.

        >>> [len(part) for part in dlcore.load("digits").split_for((0.8, 0.1, 0.1))]
        [1438, 180, 179]
        """
        return self.official_split or split(self.labels, fractions, seed, self.groups)

    @property
    def split_sentence(self) -> str:
        """Which split `split_for` gives, in words."""
        if self.official_split is None:
            return "No official split: the images are split at random, each class in the same proportions."
        sizes = np.array([len(part) for part in self.official_split])
        train, validation, test = np.round(100 * sizes / sizes.sum()).astype(int)
        others = "" if (train, validation, test) == (60, 20, 20) else ", not the text's 60 / 20 / 20"
        return (
            f"The set's own split: {sizes[0]:,} / {sizes[1]:,} / {sizes[2]:,} images for train, validation "
            f"and test ({train} / {validation} / {test}%){others}."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Table(Shown):
    """Measurements in rows: x float64 (n, d), y int64 (n,), names of the d columns, class_names of y.

    >>> iris = table("iris")
    >>> iris.x.shape, iris.names[0], iris.class_names
    ((150, 4), 'sepal length (cm)', ('setosa', 'versicolor', 'virginica'))
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.int64]
    names: tuple[str, ...]
    class_names: tuple[str, ...]
    licence: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", read_only(np.asarray(self.x, dtype=np.float64)))
        object.__setattr__(self, "y", read_only(np.asarray(self.y, dtype=np.int64)))
