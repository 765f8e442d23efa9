"""The networks that the convolution page opens, and what each makes of an image; cached, bounded."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcore.convolution.receptive_field import LayerMaps
from dlcore.runs import Run
from ui.frame.stored import image_set, stored_run

if TYPE_CHECKING:
    from dlcore.convolution.portable import Portable
    from dlcore.models import Network

NAME = 16  # signs of a run's key by which browser and server speak of it


def name_of(run: Run) -> str:
    """The name under which browser and server speak of a run."""
    return run.key[:NAME]


def epochs(run: Run) -> list[int]:
    """The epochs whose weights can be had: those the run has kept, and 0, which its seed draws again."""
    return sorted({0, run.best, *run.epoch_weights})


@st.cache_resource(max_entries=16, show_spinner="Setting up the network …")
def network(key: str, epoch: int) -> "Network":
    """The run's network with the weights after an epoch of `epochs`. Shared, and only looked at."""
    from dlcore import models

    run = stored_run(key)
    assert run is not None
    if epoch == run.best or epoch in run.epoch_weights:
        return models.load(run, epoch)
    return models.build(run.recipe, image_set(run.recipe.dataset)).eval()


@st.cache_resource(max_entries=16, show_spinner=False)
def taken_apart(key: str, epoch: int) -> "Portable":
    """The same network as a browser takes it."""
    from dlcore.convolution.portable import portable

    return portable(network(key, epoch))


@st.cache_data(max_entries=32, show_spinner="Asking every layer …")
def opened(key: str, pixels: np.ndarray, epoch: int) -> tuple[LayerMaps, ...]:
    """What every layer makes of one image of the network's size."""
    from dlcore.convolution.network_opened import feature_maps

    return feature_maps(network(key, epoch), pixels)
