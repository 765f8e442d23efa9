"""What the training page draws without a training, as it stands in a lesson."""

import streamlit as st

from dlcore.data import BadInput
from dlcore.data.recipe_images import parts
from dlcore.data.smear import KINDS
from dlcore.experiments import costs
from dlcore.runs import MODELS, Recipe
from ui.frame.stored import image_set
from ui.lesson_pictures.standing import Standing
from ui.training import recipe_controls, sealed_test, splits

CELL_SHAPE = (28, 28, 3)


def dealt(standing: Standing) -> None:
    """The three parts of an image set and their classes, or what is nearly the same in two of them.

    With the classes, what a batch size makes of an epoch.
    """
    try:
        images = image_set(standing.value("data"))
    except BadInput as problem:
        st.info(str(problem), icon=":material/info:")
        return
    if standing.value("leaks"):
        splits.closest_pairs(images, Recipe(dataset=images.name))
        return
    b = standing.control(st.select_slider, "Batch size", "batch", recipe_controls.BATCHES)
    deal = Recipe(dataset=images.name, batch_size=int(b))
    st.caption(f"{recipe_controls.describe(deal, images)[0]}.")
    splits.proportions(images, parts(deal, images), deal)


def sizes(standing: Standing) -> None:
    """Layer by layer, how many numbers the lab's networks learn from the drawn cells."""
    model = str(standing.control(st.segmented_control, "Model", "model", MODELS, format_func=str.upper))
    found = costs.planned_layers(Recipe(model=model), CELL_SHAPE, len(KINDS))
    rows = {
        "layer": [each.name for each in found],
        "parameters": [each.parameters for each in found],
        "multiplications an image": [each.multiplications for each in found],
    }
    st.dataframe(rows, hide_index=True, width="stretch")
    total = sum(each.parameters for each in found)
    st.caption(
        f"The {model.upper()} learns {total:,} numbers in all, from images of 28 × 28 pixels in color."
    )


def coins(standing: Standing) -> None:
    """The best of many coin-tossing models."""
    m = standing.control(st.select_slider, "Models tried, m", "noise_m", sealed_test.MODELS)
    sealed_test.best_of_coins(int(standing.value("noise_n")), int(m), int(standing.value("noise_seed")))
