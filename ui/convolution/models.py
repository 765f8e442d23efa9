"""The networks that the convolution page opens, and what each makes of an image; cached, bounded."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcore.convolution.receptive_field import LayerMaps
from ui.frame.stored import image_set, stored_run

if TYPE_CHECKING:
    from dlcore.models import Network


@st.cache_resource(max_entries=8, show_spinner="Setting up the network …")
def network(key: str, trained: bool) -> "Network":
    """The run's network, or the one it started from: same recipe, same seed. Shared, and only looked at."""
    from dlcore import models

    run = stored_run(key)
    assert run is not None
    return models.load(run) if trained else models.build(run.recipe, image_set(run.recipe.dataset)).eval()


@st.cache_data(max_entries=32, show_spinner="Asking every layer …")
def opened(key: str, pixels: np.ndarray, trained: bool) -> tuple[LayerMaps, ...]:
    """What every layer makes of one image of the network's size."""
    from dlcore.convolution.network_opened import feature_maps

    return feature_maps(network(key, trained), pixels)
