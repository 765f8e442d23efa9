"""Grad-CAM step by step on the page: from the scores to the map, with the numbers of this image."""

import streamlit as st

from dlcore.heatmaps import Look
from ui import gradcam_text


def section(look: Look, k: int) -> None:
    """The derivation of class k's map."""
    st.latex(gradcam_text.formula(look, k))
