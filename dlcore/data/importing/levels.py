"""Levels of more than 8 bits as shades 0 to 255: one stretch for a whole set, so that brightness stays comparable."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data.importing.repairs import Repair
from dlcore.number_text import digits

TAILS = (0.1, 99.9)  # percent of all levels that black and white leave outside
BINS = 256
BLOCK = 1024  # pictures, or rows of one, brought to shades at a time
MOST = 4_000_000  # levels that percentiles are taken of, evenly spaced

STRETCH, STRETCH_EACH = "stretch", "stretch_each"
EACH_WARNING = (
    "brightness can then no longer be compared between pictures; a class that is darker loses that sign"
)


@dataclass(frozen=True)
class Stretch:
    """Where black and white lie, for all pictures together."""

    black: float
    white: float
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    def shade(self, levels: NDArray) -> NDArray[np.uint8]:
        """Shades of levels of any shape: 255 (level − black) / (white − black), cut at both ends."""
        return shaded(levels, self.black, self.white)


def shaded(levels: NDArray, black: float, white: float) -> NDArray[np.uint8]:
    """255 (level − black) / (white − black) of levels of any shape, rounded, cut at 0 and 255."""
    shades = np.empty(levels.shape, np.uint8)
    for i in range(0, len(levels), BLOCK):  # a large set never exists as float64
        above = (levels[i : i + BLOCK].astype(np.float64) - black) * (255 / max(white - black, 1e-300))
        shades[i : i + BLOCK] = np.rint(np.clip(above, 0, 255))
    return shades


def stretch_of(levels: NDArray) -> Stretch:
    """The stretch from the set's 0.1 % to its 99.9 % level; of levels of any shape, all finite."""
    flat = levels.reshape(-1)[:: max(1, levels.size // MOST)].astype(np.float64)
    black, white = (float(p) for p in np.percentile(flat, TAILS))
    if white <= black:
        black, white = float(flat.min()), float(flat.max())
    counts, edges = np.histogram(flat, BINS)
    return Stretch(black, white, edges, counts)


def each_shaded(levels: NDArray) -> NDArray[np.uint8]:
    """Every picture of (n, h, w[, c]) stretched by itself, from its smallest to its largest level."""
    return np.stack([shaded(one, float(one.min()), float(one.max())) for one in levels])


def known_range(levels: NDArray, full: tuple[float, float] | None) -> tuple[float, float]:
    """What black and white are without a stretch: the range of the file's type, or of floats 0 to 1 or 0 to 255."""
    if full is not None:
        return full
    low, high = float(levels.min()), float(levels.max())
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return (0.0, 255.0) if low >= 0 and high <= 255 else (low, high)


def stretch_repairs(
    kind: str, levels: NDArray, stretch: Stretch, full: tuple[float, float] | None
) -> tuple[Repair, ...]:
    """The repair that stretches all alike, and the one that stretches each picture by itself (only when asked for).

    Args:
        kind: what the levels are, such as "uint16".
    """
    low, high = float(levels.min()), float(levels.max())
    found = f"{kind} from {digits(low, 4)} to {digits(high, 4)}"
    if kind == "uint16" and 255 < high <= 4095:
        found += " (12 bits in 16)"
    black, white = known_range(levels, full)
    plain = f"{digits(black, 4)} is black, {digits(white, 4)} is white"
    return (
        Repair(
            STRETCH,
            "Brightness, the same stretch for all pictures",
            found,
            f"{digits(stretch.black, 4)} is black, {digits(stretch.white, 4)} is white "
            f"({TAILS[0]}% and {TAILS[1]}% of all levels)",
            plain,
        ),
        Repair(
            STRETCH_EACH,
            "Brightness, each picture by itself",
            found,
            f"its own smallest level is black, its largest white; {EACH_WARNING}",
            "one stretch for the whole set",
            by_default=False,
        ),
    )


def brought_to_shades(
    levels: NDArray, stretch: Stretch, full: tuple[float, float] | None, accepted: frozenset[str]
) -> NDArray[np.uint8]:
    """uint8 pictures (n, h, w[, c]) of levels, as the accepted repairs have it."""
    if STRETCH_EACH in accepted:
        return each_shaded(levels)
    if STRETCH in accepted:
        return stretch.shade(levels)
    return shaded(levels, *known_range(levels, full))
