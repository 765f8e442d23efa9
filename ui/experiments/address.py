"""What the training page's address may hold: its open tab, the recipe and the run on show, and every experiment."""

from ui.experiments.hyperparameters import DECAYS, DROPOUTS, FEW, SEEDS
from ui.experiments.k_folds import FOLDS, IMAGES, TABLE
from ui.experiments.menu import EXPERIMENTS
from ui.experiments.model_choice import CHOICES, ROWS
from ui.frame.address import State
from ui.frame.fields import OneOf, OnOff
from ui.training import costs, evaluation, recipe_controls, sealed_test, split_controls, splits, training

TABS = ("Data splits", "Saved runs", "Experiments", "Evaluation", "Sealed test set")


def _on(experiment: str) -> dict[str, str]:
    """What the address says while an experiment is on screen."""
    return {"tab": "Experiments", "experiment": experiment}


_NOISE = {**_on("Loss functions"), "noise": "true"}

OF_EXPERIMENTS = State(
    "training",
    {
        "experiment": OneOf(EXPERIMENTS.keys(), default=next(iter(EXPERIMENTS)), on={"tab": "Experiments"}),
        "seeds": OneOf(SEEDS, default=2, on=_on("MLP vs. CNN")),
        "permuted": OnOff(on=_on("MLP vs. CNN")),
        "shift": OnOff(on=_on("MLP vs. CNN")),
        "field_seeds": OneOf(SEEDS, default=2, on=_on("Receptive field")),
        "folded": OneOf((IMAGES, TABLE), default=IMAGES, on=_on("Cross-validation")),
        "k": OneOf(FOLDS, default=5, on=_on("Cross-validation")),
        "folds_strata": OnOff(default=True, on=_on("Cross-validation")),
        "folds_families": OnOff(on=_on("Cross-validation")),
        "deals": OnOff(on=_on("Cross-validation")),
        "choice": OneOf(CHOICES.keys(), default="one of 30 measurements", on=_on("Model selection")),
        "choice_rows": OneOf(ROWS, default=40, on=_on("Model selection")),
        "reg_images": OneOf(FEW, default=200, on=_on("Regularization")),
        "reg_decay": OneOf(DECAYS, default=1e-2, on=_on("Regularization")),
        "reg_dropout": OneOf(DROPOUTS, default=0.5, on=_on("Regularization")),
        "reg_seeds": OneOf(SEEDS, default=2, on=_on("Regularization")),
        "rate_seeds": OneOf(SEEDS, default=2, on=_on("Learning rate")),
        "sweep": OnOff(on=_on("Learning rate")),
        "batch_seeds": OneOf(SEEDS, default=1, on=_on("Batch size")),
        "noise": OnOff(on=_on("Loss functions")),
        "noise_seeds": OneOf(SEEDS, default=2, on=_NOISE),
    },
)

STATE = (
    State(
        "training",
        {
            "tab": OneOf(TABS, default=TABS[0]),
            "mine": OnOff(on={"tab": "Saved runs"}),
            "experiments": OnOff(on={"tab": "Saved runs"}),
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
