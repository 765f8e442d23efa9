"""What a server does in the background: load what heavy pages need, take up what was under way."""

import logging
import threading

import streamlit as st

LOG = logging.getLogger(__name__)


def _import_heavy_modules() -> None:
    # Order matters little; what matters is that no page of the light half waits for it.
    import cv2  # noqa: F401
    import distributed  # noqa: F401
    import torch

    torch.set_num_threads(1)  # one reader's heat map must not take both cores from thirty others
    # What these pages import, and the images the dashboard opens with: seconds for whoever comes first.
    from ui import (
        convolution_network,  # noqa: F401
        experiment_menu,  # noqa: F401
        gradcam_subject,  # noqa: F401
        stored,
    )

    stored.image_set("cells")


def _get_going() -> None:
    _import_heavy_modules()
    from sqlalchemy.exc import SQLAlchemyError

    from dlcore import jobs

    try:
        jobs.resume()
    except (OSError, RuntimeError, SQLAlchemyError) as error:  # a disk or database that cannot be used now
        LOG.warning("open requests could not be taken up: %s", error)


@st.cache_resource(max_entries=1)
def start() -> threading.Thread:
    """Start all this once per server, after the first page has been sent."""
    thread = threading.Timer(2.0, _get_going)
    thread.daemon = True
    thread.name = "warm-up"
    thread.start()
    return thread
