"""What the convolution page's address may hold. Everything else is ignored, and a sentence says so."""

import math
import re
from collections.abc import Callable, Iterable
from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

TABS = ("A filter slides", "ReLU and pooling", "A trained network opened")
RANGES = {
    "convolution_k": (1, 7),
    "convolution_s": (1, 4),
    "convolution_p": (0, 6),
    "convolution_d": (1, 3),
    "convolution_window": (2, 4),
    "convolution_shift": (0, 4),
}
NUMBERS = ("number", "own_number", "channel", "row", "column")  # clamped where their bounds are known
NEVER: Callable[[str], bool] = lambda text: False  # noqa: E731


def in_range(low: int, high: int) -> Callable[[str], bool]:
    """Whether a text is a whole number from low to high."""
    return lambda text: bool(re.fullmatch(r"\d{1,4}", text, re.ASCII)) and low <= int(text) <= high


def drop_what_cannot_be(choices: dict[str, Iterable[str]]) -> None:
    """Take from the address what no control can show, before the controls read it, and say so.

    Args:
        choices: key -> the texts that its control offers.
    """
    tests = {name: in_range(*limits) for name, limits in RANGES.items()}
    tests |= {name: set(allowed).__contains__ for name, allowed in choices.items()}
    tests |= {f"convolution_{name}": in_range(0, 9999) for name in NUMBERS}
    tests |= {
        f"convolution_{name}": lambda text: len(text) < 2000 for name in ("cell", "own", "run", "layer")
    }
    dropped = []
    for name in [name for name in st.query_params if name.startswith("convolution_")]:
        if not all(map(tests.get(name, NEVER), st.query_params.get_all(name))):
            dropped.append(name if name in tests else "an unknown name")
            # A name that a control of this session holds already cannot be deleted; the control keeps its value.
            with suppress(StreamlitAPIException):
                del st.query_params[name]
    if dropped:
        names = ", ".join(sorted(set(dropped)))
        st.info(
            f"The address held values that do not exist here ({names}); they were ignored.",
            icon=":material/info:",
        )


def read_cell(text: str, rows: int, cols: int) -> tuple[int, int]:
    """The output cell "i,j" of the address, moved into the map; the middle where there is none."""
    found = re.fullmatch(r"(\d{1,4}),(\d{1,4})", text, re.ASCII)
    i, j = (int(found[1]), int(found[2])) if found else (rows // 2, cols // 2)
    return min(i, rows - 1), min(j, cols - 1)


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
