"""The networks that the convolution page opens, and what each makes of an image; cached, bounded."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcore.convolution.receptive_field import LayerMaps
from dlcore.data import is_here
from ui.convolution.address import STATE
from ui.frame.stored import image_set, runs_if_known, stored_run
from ui.training.one_run import name_of, networks_of_others

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


def networks() -> dict[str, str] | None:
    """Key -> name of the stored CNNs whose images are here, newest first; None: nobody knows, as is said."""
    rows = runs_if_known()
    if rows is None:
        return None
    here = [row for row in rows if row["model"] == "cnn" and is_here(row["dataset"])]
    own = {row["key"]: name_of(row["recipe"], row["key"]) for row in here}
    return own or networks_of_others(STATE)
