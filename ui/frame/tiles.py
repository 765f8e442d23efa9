"""Still pictures side by side, each with its caption: plain HTML, which wraps at any width without a chart."""

from collections.abc import Collection, Sequence
from html import escape

import numpy as np
import streamlit as st

from dlcore.figures.prebuilt import data_address, png


def tiles(
    images: Sequence[np.ndarray] | np.ndarray,
    captions: Sequence[str],
    alt: str,
    columns: int = 4,
    wrong: Collection[int] = (),
) -> None:
    """Draw a gallery; on a phone there are four columns at most.

    Args:
        images: n pictures, uint8 (h, w) or (h, w, 3).
        captions: n texts; a line break stays one.
        alt: what a reader who cannot see the pictures should know, with its numbers.
        wrong: places of the captions that are set in red; they say so by words or a sign too.
    """
    figures = "".join(
        f'<figure class="{"wrong" if at in wrong else "plain"}"><img alt="" '
        f'src="{data_address(png(np.asarray(image)))}"><figcaption>{escape(caption)}</figcaption></figure>'
        for at, (image, caption) in enumerate(zip(images, captions, strict=True))
    )
    st.html(
        f'<div class="tiles" role="group" aria-label="{escape(alt)}" style="--columns: {columns}">{figures}</div>'
    )
