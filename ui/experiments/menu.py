"""The experiments of the training page: one is chosen, and only that one computes."""

import streamlit as st

from dlcore.data import ImageSet
from dlcore.runs import Recipe
from ui.experiments import hyperparameters, k_folds, learning_rate, losses, mlp_against_cnn, model_choice

EXPERIMENTS = {
    "MLP vs. CNN": mlp_against_cnn.mlp_against_cnn,
    "Receptive field": hyperparameters.receptive_field,
    "Cross-validation": k_folds.k_folds,
    "Model selection": model_choice.model_choice_section,
    "Training set size": k_folds.training_sizes,
    "Regularization": hyperparameters.regularisation,
    "Learning rate": learning_rate.learning_rate_section,
    "Batch size": hyperparameters.batch_size,
    "Loss functions": losses.losses_section,
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
