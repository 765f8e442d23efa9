"""A gallery on screen, at any width: the picture shrinks with its column, and so must the space it is given."""

import math

import streamlit as st
from plotly.basedatatypes import BaseFigure

from ui.frame import frame

STEPS = 10  # heights as tenths of the width
# Below 640 pixels Streamlit sets columns under each other, and a gallery is as wide as the window.
CSS = (
    "<style>@media (max-width: 640px) {"
    + "".join(
        f"[class*='st-key-tiles_{n}_'] {{ max-height: calc({n / STEPS} * (100vw - 2rem)); overflow: hidden; }}"
        for n in range(1, 5 * STEPS)
    )
    + "}</style>"
)


def tiles(figure: BaseFigure, alt: str, key: str, width: int = 600) -> None:
    """Draw a gallery; on a phone the height that it no longer fills is cut off.

    Args:
        width: the one that the figure's height was made for.
    """
    st.html(CSS)
    height = figure.to_dict()["layout"]["height"]
    with st.container(key=f"tiles_{math.ceil(STEPS * height / width)}_{key}"):
        frame.chart(figure, alt, key)
