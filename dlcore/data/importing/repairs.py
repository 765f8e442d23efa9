"""What an import would do to a file, one line each: seen before it happens, and each can be refused."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet


@dataclass(frozen=True)
class Repair:
    """One change, before → after.

    >>> Repair("size", "Pictures are made smaller", "512 × 512", "28 × 28").line
    'Pictures are made smaller: 512 × 512 → 28 × 28'

    Attributes:
        key: by which it is accepted.
        what: a few words.
        before, after: what there is, and what it becomes.
        if_refused: what happens without it; "" if the file is then refused.
        by_default: whether it is accepted unless somebody says otherwise.
    """

    key: str
    what: str
    before: str
    after: str
    if_refused: str = ""
    by_default: bool = True

    @property
    def line(self) -> str:
        """The repair in one line."""
        return f"{self.what}: {self.before} → {self.after}"


@dataclass(frozen=True, eq=False)
class Import:
    """A file as it was understood; nothing is changed before `apply`.

    >>> import cv2
    >>> png = cv2.imencode(".png", np.eye(9, dtype=np.uint8))[1].tobytes()
    >>> pictures = {f"{name}/{i}.png": png for name in ("ill", "well") for i in range(3)}
    >>> found = read_any(pictures, side=9)
    >>> print(found.repairs[0].line)
    Classes: 2 names (ill, well) → numbers 0 to 1, names kept

    Attributes:
        repairs: in the order in which they would be made.
        make: the set after the accepted repairs; `apply` judges these first.
        warnings: sentences about what no repair can mend (a name in a picture's pixels).
        levels: for pictures of more than 8 bits (edges, counts) of the histogram of all their levels and where black
            and white would lie; None otherwise.
        files: what is known of the files behind the images, (n,) each: bytes, height, width; empty for arrays.
    """

    repairs: tuple[Repair, ...]
    make: Callable[[frozenset[str]], ImageSet]
    warnings: tuple[str, ...] = ()
    levels: tuple[NDArray, NDArray, float, float] | None = None
    files: dict[str, NDArray] = field(default_factory=dict)

    @property
    def default(self) -> frozenset[str]:
        """The keys of the repairs that are made unless somebody refuses them."""
        return frozenset(repair.key for repair in self.repairs if repair.by_default)

    def apply(self, accepted: Collection[str] | None = None) -> ImageSet:
        """The image set after these repairs; None: after those that are made by default.

        >>> import cv2
        >>> png = cv2.imencode(".png", np.eye(9, dtype=np.uint8))[1].tobytes()
        >>> pictures = {f"{name}/{i}.png": png for name in ("ill", "well") for i in range(3)}
        >>> mine = read_any(pictures, side=28).apply()
        >>> mine.images.shape, mine.labels.tolist(), mine.class_names
        ((6, 28, 28), [0, 0, 0, 1, 1, 1], ('ill', 'well'))

        Raises:
            BadInput: a repair was refused without which there is no image set, or one is not known.
        """
        chosen = self.default if accepted is None else frozenset(accepted)
        if unknown := chosen - {repair.key for repair in self.repairs}:
            raise BadInput(f"There is no repair named {min(unknown)}.")
        for repair in self.repairs:
            if repair.by_default and not repair.if_refused and repair.key not in chosen:
                raise BadInput(f"Without this repair the file cannot be used: {repair.line}.")
        return self.make(chosen)


def examples(images: NDArray[np.uint8], k: int = 3) -> NDArray[np.uint8]:
    """k images from the whole length of (n, h, w[, 3])."""
    return images[np.linspace(0, len(images) - 1, min(k, len(images))).round().astype(int)]
