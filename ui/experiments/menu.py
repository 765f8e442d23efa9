"""The experiments of the training page: one is chosen, and only that one computes."""

import streamlit as st

from dlcore.data import ImageSet
from dlcore.runs import Recipe
from ui.experiments import hyperparameters, k_folds, learning_rate, losses, mlp_against_cnn, model_choice

EXPERIMENTS = {
    "MLP against CNN": mlp_against_cnn.mlp_against_cnn,
    "Receptive field": hyperparameters.receptive_field,
    "k folds": k_folds.k_folds,
    "Model choice": model_choice.model_choice_section,
    "Training sizes": k_folds.training_sizes,
    "Regularisation": hyperparameters.regularisation,
    "Learning rate": learning_rate.learning_rate_section,
    "Batch size": hyperparameters.batch_size,
    "Losses": losses.losses_section,
}


def experiments_section(recipe: Recipe, images: ImageSet) -> None:
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
