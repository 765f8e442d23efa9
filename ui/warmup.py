"""Loads what the heavy pages need in the background, so that no first click waits for an import."""

import threading

import streamlit as st


def _import_heavy_modules() -> None:
    # Order matters little; what matters is that no page of the light half waits for it.
    import cv2  # noqa: F401
    import distributed  # noqa: F401
    import torch

    torch.set_num_threads(1)  # one reader's heat map must not take both cores from thirty others


@st.cache_resource(max_entries=1)
def start() -> threading.Thread:
    """Start the imports once per server, after the first page has been sent."""
    thread = threading.Timer(2.0, _import_heavy_modules)
    thread.daemon = True
    thread.name = "warm-up"
    thread.start()
    return thread
