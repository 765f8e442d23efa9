"""What the convolution page's address may hold, and how a cell and a filter are written there."""

import math
import re
from collections.abc import Iterable, Mapping

from dlcore.convolution import kernels
from dlcore.data import is_here
from dlcore.data.smear import KINDS
from ui.frame.address import State
from ui.frame.fields import OneOf, OnOff, RunKey, Text, Whole
from ui.frame.stored import is_stored, recent_keys

TABS = ("Sliding filter", "ReLU and pooling", "Inside a trained CNN")
DIGITS = {f"digit {n}": n for n in (3, 5, 8)}
SONOGRAM = "sonogram (BreastMNIST)"
OWN, OWN_PICTURE = "your own", "your own picture"
KERNEL_NAMES = (*kernels.KERNELS, OWN)
STAGES = {"relu": "after ReLU", "norm": "after normalization", "pool": "after pooling", "conv": "convolution"}
SHARED, EACH = "one a layer", "one a map"
OLD_SCALES = {"one for all maps": SHARED, "each its own": EACH}
VALIDATION = "validation"
CELL = re.compile(r"(\d{1,4}),(\d{1,4})", re.ASCII)
SPOT = re.compile(r"(\d{1,2})\.(\d{1,4})\.(\d{1,3})\.(\d{1,3})", re.ASCII)  # block, map, row, column
STROKES = re.compile(r"[pbmnk][\w-]{2}([\w-]{2})+(\.[pbmnk][\w-]{2}([\w-]{2})+)*", re.ASCII)
MOST_STROKES = 2000  # letters


def pictures() -> tuple[str, ...]:
    """The images on offer."""
    real = (SONOGRAM,) if is_here("breastmnist") else ()
    return (*KINDS, *DIGITS, *real)


def read_cell(text: str, rows: int, cols: int) -> tuple[int, int]:
    """The output cell "i,j" of the address, moved into the map; the middle where there is none."""
    found = CELL.fullmatch(text)
    i, j = (int(found[1]), int(found[2])) if found else (rows // 2, cols // 2)
    return min(i, rows - 1), min(j, cols - 1)


def wrong_cell(text: str) -> str:
    """What is wrong with the text of a cell, or ""."""
    return "" if CELL.fullmatch(text) else "not a cell"


def wrong_spot(text: str) -> str:
    """What is wrong with the text of a value in a map, or ""."""
    return "" if SPOT.fullmatch(text) else "no value of a map"


def read_spot(text: str) -> tuple[int, ...] | None:
    """Block, map, row and column of the address; None where there are none."""
    found = SPOT.fullmatch(text)
    return tuple(map(int, found.groups())) if found else None


def wrong_strokes(text: str) -> str:
    """What is wrong with the text of a brush's strokes, or ""."""
    return "" if STROKES.fullmatch(text) else "no strokes"


def wrong_weights(text: str) -> str:
    """What is wrong with the text of a filter, or ""."""
    rows = read_weights(text)
    if rows is None:
        return "not a square of numbers"
    kept = [weight for row in rows for weight in row]
    moved = any(float(said) != weight for said, weight in zip(text.split(","), kept, strict=True))
    return "a weight out of range" if moved else ""


def read_weights(text: str) -> list[list[float]] | None:
    """The learner's own filter from "w00,w01,…", a square of at most 7 × 7, clamped to ±99; None if it is none."""
    try:
        values = [float(v) for v in text.split(",")]
    except ValueError:
        return None
    k = math.isqrt(len(values))
    if k * k != len(values) or not 1 <= k <= 7 or not all(map(math.isfinite, values)):
        return None
    values = [max(-99.0, min(99.0, v)) for v in values]
    return [values[i * k : (i + 1) * k] for i in range(k)]


def write_weights(w: Iterable[Iterable[float]]) -> str:
    """The address form of a filter."""
    return ",".join(f"{v:.4g}" for row in w for v in row)


def strokes(on: Mapping[str, str]) -> Text:
    """The field of a brush's strokes."""
    return Text(
        most=MOST_STROKES, default="", judge=wrong_strokes, on=on, examples=("pFAKLKM.kDACC", "bHAPP")
    )


_SLIDES, _POOLING, _OPENED = ({"tab": tab} for tab in TABS)
STATE = State(
    "convolution",
    {
        "tab": OneOf(TABS, default=TABS[0]),
        "image": OneOf(lambda: (*pictures(), OWN_PICTURE), default=KINDS[0], on=_SLIDES),
        "kernel": OneOf(KERNEL_NAMES, default=KERNEL_NAMES[0], on=_SLIDES),
        "k": Whole(1, 7, default=3, on=_SLIDES),
        "s": Whole(1, 4, default=1, on=_SLIDES),
        "p": Whole(0, 6, default=0, on=_SLIDES),
        "d": Whole(1, 3, default=1, on=_SLIDES),
        "cell": Text(most=9, default="", judge=wrong_cell, on=_SLIDES, examples=("3,4", "0,25")),
        "own": Text(
            most=1000,
            default="",
            judge=wrong_weights,
            on={**_SLIDES, "kernel": OWN},
            examples=("1,0,-1,2,0,-2,1,0,-1",),
        ),
        "pool_image": OneOf(pictures, default=KINDS[0], on=_POOLING),
        "pool_kernel": OneOf(kernels.KERNELS.keys(), default=KERNEL_NAMES[0], on=_POOLING),
        "window": Whole(2, 4, default=2, on=_POOLING),
        "shift": Whole(0, 4, default=0, on=_POOLING),
        # The network shown stands in the address also by default: tomorrow another one may be the newest.
        "run": RunKey(is_stored, recent_keys, always=True, on=_OPENED),
        "epoch": Whole(0, 9999, default=None, on=_OPENED),  # None: the selected one
        # A second network under the same brush; the same one as the first: before its training.
        "beside": RunKey(is_stored, recent_keys, default=None, on=_OPENED),
        "strokes": strokes(_OPENED),
        "class": Whole(0, 999, default=None, on=_OPENED),  # None: the one predicted of the original
        "spot": Text(most=20, default="", judge=wrong_spot, on=_OPENED, examples=("2.14.3.4",)),
        "stage": OneOf(STAGES, default="relu", on=_OPENED),
        "scale": OneOf(
            (SHARED, EACH),
            default=SHARED,
            also=OLD_SCALES,
            on=_OPENED,
        ),
        "fed": OneOf((VALIDATION, OWN_PICTURE), default=VALIDATION, on=_OPENED),
        "number": Whole(0, 999_999, 9, default=0, on=_OPENED),
        "own_number": Whole(0, 99, default=0, on={**_OPENED, "fed": OWN_PICTURE}),
        "filters": OnOff(on=_OPENED),
        "layers": OnOff(on=_OPENED),
        "nth": Whole(0, 999, 1, default=None, on={**_OPENED, "filters": "true"}),
    },
)
