"""The experiments of the training page: one is chosen, and only that one computes."""

import streamlit as st

from dlcore.data import ImageSet
from dlcore.runs import Recipe
from ui import experiments, folds, learning_rate, lenses, losses, model_choice

EXPERIMENTS = {
    "MLP against CNN": experiments.mlp_against_cnn,
    "Receptive field": lenses.receptive_field,
    "k folds": folds.k_folds,
    "Model choice": model_choice.section,
    "Training sizes": folds.training_sizes,
    "Regularisation": lenses.regularisation,
    "Learning rate": learning_rate.section,
    "Batch size": lenses.batch_size,
    "Losses": losses.section,
}


def section(recipe: Recipe, images: ImageSet) -> None:
    """The choice, and the experiment it names."""
    names = tuple(EXPERIMENTS)
    name = st.pills(
        "Experiment",
        names,
        default=names[0],
        required=True,
        label_visibility="collapsed",
        key="training_experiment",
        bind="query-params",
    )
    EXPERIMENTS[name or names[0]](recipe, images)
