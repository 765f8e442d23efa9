"""The nouns: ImageSet, Table and Split, frozen and read-only. Where they come from is not known here."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlcore.data.splits import Split, split


def read_only(array: NDArray) -> NDArray:
    """A view that cannot be written to: one copy serves every session of a server."""
    view = np.ascontiguousarray(array).view()
    view.setflags(write=False)
    return view


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with one label each.

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
        groups: int (n,), whose images these are (patients, slides), or None; no split parts a group.

    Raises:
        ValueError: no class has the number `positive`.
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
    groups: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.positive is not None and not 0 <= self.positive < len(self.class_names):
            raise ValueError(f"The set {self.name} has no class number {self.positive}.")
        object.__setattr__(self, "images", read_only(self.images))
        object.__setattr__(self, "labels", read_only(np.asarray(self.labels, dtype=np.int64)))
        if self.masks is not None:
            object.__setattr__(self, "masks", read_only(self.masks))
        if self.groups is not None:
            object.__setattr__(self, "groups", read_only(np.asarray(self.groups, dtype=np.int64)))

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
        """The official split where there is one; else a stratified one with these fractions and seed."""
        return self.official_split or split(self.labels, fractions, seed, self.groups)

    @property
    def split_sentence(self) -> str:
        """Which split `split_for` gives, in words."""
        if self.official_split is None:
            return "No official split: the images are split at random, each class in the same proportions."
        sizes = np.array([len(part) for part in self.official_split])
        train, validation, test = np.round(100 * sizes / sizes.sum()).astype(int)
        return (
            f"The set's own split: {sizes[0]:,} / {sizes[1]:,} / {sizes[2]:,} images for train, validation "
            f"and test ({train} / {validation} / {test}%), not the text's 60 / 20 / 20."
        )


@dataclass(frozen=True, eq=False)
class Table:
    """Measurements in rows: x float64 (n, d), y int64 (n,), names of the d columns, class_names of y."""

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
