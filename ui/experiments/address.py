"""What the training page's address may hold: its open tab, the recipe and the run on show, and every experiment."""

from ui.experiments.hyperparameters import DECAYS, DROPOUTS, FEW, SEEDS
from ui.experiments.k_folds import FOLDS, IMAGES, TABLE
from ui.experiments.menu import EXPERIMENTS
from ui.experiments.model_choice import CHOICES, ROWS
from ui.frame.address import State
from ui.frame.fields import OneOf, OnOff
from ui.training import costs, evaluation, recipe_controls, sealed_test, split_controls, splits, training

TABS = ("Splits", "Runs", "Experiments", "Evaluation", "The sealed test set")


def _on(experiment: str) -> dict[str, str]:
    """What the address says while an experiment is on screen."""
    return {"tab": "Experiments", "experiment": experiment}


_NOISE = {**_on("Losses"), "noise": "true"}

OF_EXPERIMENTS = State(
    "training",
    {
        "experiment": OneOf(EXPERIMENTS.keys(), default=next(iter(EXPERIMENTS)), on={"tab": "Experiments"}),
        "seeds": OneOf(SEEDS, default=2, on=_on("MLP against CNN")),
        "permuted": OnOff(on=_on("MLP against CNN")),
        "shift": OnOff(on=_on("MLP against CNN")),
        "field_seeds": OneOf(SEEDS, default=2, on=_on("Receptive field")),
        "folded": OneOf((IMAGES, TABLE), default=IMAGES, on=_on("k folds")),
        "k": OneOf(FOLDS, default=5, on=_on("k folds")),
        "folds_strata": OnOff(default=True, on=_on("k folds")),
        "folds_families": OnOff(on=_on("k folds")),
        "deals": OnOff(on=_on("k folds")),
        "choice": OneOf(CHOICES.keys(), default="one of 30 measurements", on=_on("Model choice")),
        "choice_rows": OneOf(ROWS, default=40, on=_on("Model choice")),
        "reg_images": OneOf(FEW, default=200, on=_on("Regularisation")),
        "reg_decay": OneOf(DECAYS, default=1e-2, on=_on("Regularisation")),
        "reg_dropout": OneOf(DROPOUTS, default=0.5, on=_on("Regularisation")),
        "reg_seeds": OneOf(SEEDS, default=2, on=_on("Regularisation")),
        "rate_seeds": OneOf(SEEDS, default=2, on=_on("Learning rate")),
        "sweep": OnOff(on=_on("Learning rate")),
        "batch_seeds": OneOf(SEEDS, default=1, on=_on("Batch size")),
        "noise": OnOff(on=_on("Losses")),
        "noise_seeds": OneOf(SEEDS, default=2, on=_NOISE),
    },
)

STATE = (
    State(
        "training",
        {
            "tab": OneOf(TABS, default=TABS[0]),
            "mine": OnOff(on={"tab": "Runs"}),
            "experiments": OnOff(on={"tab": "Runs"}),
        },
    )
    | recipe_controls.STATE
    | split_controls.STATE
    | training.STATE
    | splits.STATE
    | evaluation.STATE
    | costs.STATE
    | sealed_test.STATE
    | OF_EXPERIMENTS
)
