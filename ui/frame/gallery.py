"""A gallery of thumbnails on a page: a click, or arrow keys and Enter, chooses one of them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from dlcore.figures import overlay, prebuilt
from dlcore.number_text import digits
from ui.frame.components import component

COMPONENT = component("gallery")
MOST = 60  # thumbnails at once
GROUND = "linear-gradient(#808080, #808080)"  # a middle grey under the scale, as an image would be
PLAIN, TICK, CROSS = 0, 1, 2


def gallery(
    key: str,
    images: Sequence[np.ndarray],
    labels: Sequence[str],
    on_choice: Callable[[int], None],
    *,
    alt: str,
    spoken: Sequence[str] | None = None,
    marks: Sequence[int] | None = None,
    over: Sequence[np.ndarray] = (),
    limit: float | None = None,
    chosen: int = -1,
    least: int = 56,
) -> None:
    """Thumbnails as buttons.

    Args:
        key: stable, prefixed by the page.
        images: uint8 (h, w) or (h, w, 3), all of one size.
        labels: a line under each, may be "".
        on_choice: called with the place of the one chosen.
        spoken: what a screen reader and a tooltip say of each; the label by default.
        marks: PLAIN, TICK or CROSS for each.
        over: the same images with their heat maps, shown beside them.
        limit: |value| at the ends of the scale these are drawn on.
        chosen: place of the one on screen, or -1.
        least: width of a button in pixels; it may grow.
    """
    h, w = images[0].shape[:2]
    columns = min(len(images), 12)
    sheets = [images, over] if len(over) else [images]

    def answer() -> None:
        place = (st.session_state[key] or {}).get("chosen")
        if isinstance(place, int) and 0 <= place < len(images):  # it comes from a browser
            on_choice(place)

    data: dict[str, Any] = {
        "sheets": [prebuilt.data_address(prebuilt.png(overlay.sheet(each, columns))) for each in sheets],
        "columns": columns,
        "count": len(images),
        "aspect": w / h,
        "coarse": max(h, w) < 100,
        "labels": list(labels),
        "spoken": list(labels if spoken is None else spoken),
        "marks": list(marks or [PLAIN] * len(images)),
        "chosen": chosen,
        "least": least,
        "alt": alt,
    }
    if limit is not None:
        data["scale"] = {
            "low": f"−{digits(limit)}",
            "high": f"+{digits(limit)} logits",
            "gradient": _gradient(),
        }
    COMPONENT(key=key, data=data, on_chosen_change=answer)


def _gradient() -> str:
    stops = ", ".join(f"rgba({r:.0f},{g:.0f},{b:.0f},{a:g}) {at:.0%}" for at, r, g, b, a in overlay.STOPS)
    return f"linear-gradient(90deg, {stops}), {GROUND}"
