"""What the training page opens on: so few images that a network learns them by heart while you watch."""

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from dlcore.runs import Recipe
from ui.training import recipe_controls

IMAGES = 100  # as many as a small study in biology has
RECIPE = Recipe(model="mlp", subset=IMAGES, epochs=60, schedule="constant", augmentation="none")
ADDRESS = {
    "training_model": "MLP",
    "training_subset": str(IMAGES),
    "training_epochs_cells": "60",
    "training_schedule": "constant",
    "training_augmentation": "none",
}
SEEN = "example_seen"  # of the session: whoever comes back finds the page as it was left


def open_on_first_visit() -> None:
    """Go on to the example's address, where neither an address nor this session says anything else."""
    first = not st.session_state.get(SEEN)
    st.session_state[SEEN] = True
    if first and not any(name.startswith("training_") for name in st.query_params):
        with suppress(StreamlitAPIException):  # a page that runs alone cannot be gone to
            st.switch_page("pages/training.py", query_params={**st.query_params.to_dict(), **ADDRESS})


def way_out(recipe: Recipe) -> None:
    """While the example's few images are chosen: how many they are, and all of them by one click."""
    if recipe.dataset != RECIPE.dataset or recipe.subset != IMAGES:
        return
    st.caption(f"An example: {IMAGES} training images, as many as a small study has.")
    st.button(
        "Use the whole set",
        on_click=recipe_controls.fill,
        args=[Recipe(dataset=recipe.dataset, model=recipe.model, seed=recipe.seed)],
        key="training_whole",
    )
