"""Figures written down as plain dictionaries, for those that are too heavy or too often drawn for go.Figure.

Building and validating an animation of a hundred frames with go.Figure takes longer than the race it shows, and
a curve that fifty readers watch is drawn a hundred times a second. A test builds go.Figure from every such
dictionary, so that validation still happens.
"""

import base64
import copy
from io import BytesIO
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from PIL import Image

PARTS = {"data", "layout", "frames"}
CODES = {"float32": "f4", "uint8": "u1"}


class Prebuilt(go.Figure):
    """A finished figure: a plain dictionary for whoever only shows or sends it, a go.Figure for whoever touches it.

    Plotly builds and validates its objects when the first of them is asked for (a trace, the layout, add_trace,
    print); what is changed from then on is what is shown, sent, copied and pickled.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        is_plain = len(given) == 1 and not named and isinstance(given[0], dict) and given[0].keys() <= PARTS
        self._prebuilt: dict[str, Any] | None = given[0] if is_plain else None
        if not is_plain:
            super().__init__(*given, **named)

    def __getattr__(self, name: str) -> Any:
        """Asked for only what is not there: Plotly's own objects, before they were built."""
        given = None if name == "_prebuilt" or name.startswith("__") else self._prebuilt
        if given is None:
            raise AttributeError(f"A figure has no attribute {name!r}.")
        self._prebuilt = None
        try:
            super().__init__(given)
        except BaseException:
            self._prebuilt = given
            raise
        return getattr(self, name)

    def to_dict(self) -> dict[str, Any]:
        """Data, layout and frames: as given, the lists and dictionaries one level down copied, or as changed."""
        if self._prebuilt is None:
            return dict(super().to_dict())
        return {name: copy.copy(part) for name, part in self._prebuilt.items()}


def typed(array: ArrayLike, kind: str = "float32") -> dict[str, Any]:
    """An array as Plotly's base64 typed array, four times smaller and sixty times faster than a list.

    Args:
        array: (n,) or (rows, cols).
        kind: "float32", or "uint8" for whole numbers from 0 to 255.

    Raises:
        KeyError: no such kind.
    """
    values = np.ascontiguousarray(array, dtype=kind)
    packed = {"dtype": CODES[kind], "bdata": base64.b64encode(values.tobytes()).decode("ascii")}
    if values.ndim > 1:
        packed["shape"] = ", ".join(str(side) for side in values.shape)
    return packed


def png(pixels: NDArray[np.uint8]) -> bytes:
    """The picture as a PNG file.

    Args:
        pixels: uint8 (h, w), (h, w, 3) or (h, w, 4).
    """
    return png_of(Image.fromarray(pixels))


def png_of(picture: Image.Image, **options: Any) -> bytes:
    """As `png`, of a picture with a palette and PIL's options."""
    coded = BytesIO()
    picture.save(coded, "PNG", **options)
    return coded.getvalue()


def data_address(content: bytes, kind: str = "image/png") -> str:
    """The file as a data: address, for a page that must need no other file; a tenth of its numbers as JSON."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
