"""A gallery on screen, at any width: the picture shrinks with its column, and so must the space it is given."""

import plotly.graph_objects as go
import streamlit as st

from ui import frame

NARROW = 640  # pixels: below it Streamlit sets columns under each other


def tiles(figure: go.Figure, alt: str, key: str, width: int = 600) -> None:
    """Draw a gallery; on a phone the height that it no longer fills is cut off.

    Args:
        width: the one that the figure's height was made for.
    """
    share = figure.layout.height / width
    st.html(
        f"<style>@media (max-width: {NARROW}px) {{ .st-key-{key} {{ "
        f"max-height: calc({share:.3f} * (100vw - 2rem)); overflow: hidden; }} }}</style>"
    )
    frame.chart(figure, alt, key)
