"""Many picture files as one set: each decoded once and made small, so that thousands fit into a bounded memory."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.data.fitting import fitted
from dlcore.data.gates import BadInput
from dlcore.data.importing.archives import Member
from dlcore.data.importing.pictures import Picture, read_picture
from dlcore.number_text import count

NAMED_FILES = 3  # of those that cannot be read


@dataclass(frozen=True, eq=False)
class Small:
    """A picture made small.

    Attributes:
        cropped: the middle square, (side, side, 3) uint8 or (side, side) float32.
        padded: the whole picture, its edge repeated where it is too short; the same where it is a square.
        is_gray: whether it has no color.
        height, width: of the picture in its file, in pixels.
    """

    path: str
    cropped: NDArray
    padded: NDArray
    is_gray: bool
    height: int
    width: int
    size: int
    picture: Picture  # its traits; the levels are dropped

    @property
    def is_deep(self) -> bool:
        """Whether its levels have to be brought to 8 bits."""
        return self.cropped.ndim == 2


@dataclass(frozen=True)
class Collected:
    """What could be read, and what could not, as "path: sentence"."""

    good: tuple[Small, ...]
    broken: tuple[str, ...]


def collected(
    members: Sequence[Member], side: int, salt: bytes, on_progress: Callable[[float], None] = lambda _: None
) -> Collected:
    """All pictures, small; a broken one takes nobody along.

    Args:
        side: pixels.
        salt: of the patients' hashes.
        on_progress: told the share done, 0 to 1.
    """
    good, broken = [], []
    for i, member in enumerate(members):
        try:
            good.append(small(member, side, salt))
        except BadInput as refusal:
            broken.append(f"{member.path}: {refusal}")
        if i % 20 == 0:
            on_progress((i + 1) / len(members))
    return Collected(tuple(good), tuple(broken))


def check_room(n: int, side: int, channels: int, most: int) -> None:
    """Refuse a set whose pixels would take more bytes than these.

    Raises:
        BadInput: with what would fit.
    """
    taken = n * side**2 * channels
    if taken > most:
        fewer = "choose fewer pixels, or " if side > 28 else ""
        raise BadInput(
            f"{n:,} pictures of {side} × {side} pixels take {taken / 1e6:,.0f} MB; at most {most / 1e6:,.0f} MB are "
            f"kept: {fewer}take at most {most // (side**2 * channels):,} pictures."
        )


def small(member: Member, side: int, salt: bytes) -> Small:
    """One picture, read and made small.

    Raises:
        BadInput: it cannot be read.
    """
    picture = read_picture(member.read(), member.path, salt)
    levels = picture.levels
    height, width = levels.shape[:2]
    is_gray = levels.ndim == 2 or bool(
        (levels[..., 0] == levels[..., 1]).all() and (levels[..., 0] == levels[..., 2]).all()
    )
    cropped = fitted(levels, (side, side, 3)) if levels.ndim == 3 else shrunk(middle(levels), side)
    padded = cropped if height == width else shrunk(squared(levels), side)
    facts = Picture(levels[:0], picture.full, picture.traits, picture.group, picture.spacing)
    return Small(member.path, cropped, padded, is_gray, height, width, member.size, facts)


def middle(levels: NDArray) -> NDArray:
    height, width = levels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return levels[top : top + side, left : left + side]


def squared(levels: NDArray) -> NDArray:
    """The whole picture in a square: its edges repeated outwards, which adds no line that a network could see."""
    height, width = levels.shape[:2]
    high, wide = max(width - height, 0), max(height - width, 0)
    return cv2.copyMakeBorder(
        levels, high // 2, high - high // 2, wide // 2, wide - wide // 2, cv2.BORDER_REPLICATE
    )


def shrunk(square: NDArray, side: int) -> NDArray:
    method = (
        cv2.INTER_AREA if square.shape[0] > side else cv2.INTER_LINEAR
    )  # INTER_AREA averages what it merges
    return cv2.resize(np.ascontiguousarray(square), (side, side), interpolation=method)


def size_range(good: Sequence[Small]) -> str:
    """The sizes of pictures in words: 640 × 480, or the smallest and the largest."""
    sizes = Counter((s.width, s.height) for s in good)
    smallest, largest = min(sizes, key=lambda s: s[0] * s[1]), max(sizes, key=lambda s: s[0] * s[1])
    if len(sizes) == 1:
        return "{} × {} pixels".format(*smallest)
    return "{} sizes, {} × {} to {} × {} pixels".format(len(sizes), *smallest, *largest)


def named(lines: Sequence[str]) -> str:
    """The first of many in words, and how many more there are."""
    more = len(lines) - NAMED_FILES
    return "; ".join(lines[:NAMED_FILES]) + (f"; and {count(more, 'other')}" if more > 0 else "")
