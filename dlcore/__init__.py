"""Computes and draws; knows nothing of Streamlit. A notebook can use every line of it.

The names that ten lines need are here, and loaded when they are asked for: `import dlcore` loads nothing.
"""

import importlib
from typing import Any

__version__ = "0.2.0.dev0"

# name -> the module that has it, and its name there
NAMES: dict[str, tuple[str, str]] = {
    "BadInput": ("dlcore.arguments", "BadInput"),
    "Explainer": ("dlcore.notebook.explainer", "Explainer"),
    "ImageSet": ("dlcore.data", "ImageSet"),
    "LogisticLoss": ("dlcore.optimizers.regression", "LogisticLoss"),
    "RULES": ("dlcore.optimizers", "RULES"),
    "Recipe": ("dlcore.runs", "Recipe"),
    "Run": ("dlcore.runs", "Run"),
    "SURFACES": ("dlcore.optimizers", "SURFACES"),
    "Split": ("dlcore.data", "Split"),
    "Surface": ("dlcore.optimizers", "Surface"),
    "calibration": ("dlcore.evaluation.calibration", "calibration"),
    "compare": ("dlcore.notebook.comparing", "compare"),
    "cross_validate": ("dlcore.notebook.comparing", "cross_validate"),
    "draw": ("dlcore.notebook.drawing", "draw"),
    "draw_maps": ("dlcore.notebook.drawing", "draw_maps"),
    "fit": ("dlcore.training", "fit"),
    "heatmap": ("dlcore.gradcam", "heatmap"),
    "leaks": ("dlcore.notebook.leaking", "leaks"),
    "load": ("dlcore.data", "load"),
    "race": ("dlcore.optimizers", "race"),
    "roc": ("dlcore.evaluation.thresholds", "roc"),
    "split": ("dlcore.data", "split"),
    "table": ("dlcore.data", "table"),
}
ROOMS = (
    "attribution",
    "backprop",
    "convolution",
    "data",
    "evaluation",
    "experiments",
    "figures",
    "gradcam",
    "heatmaps",
    "metrics",
    "models",
    "network",
    "neuron",
    "notebook",
    "optimizers",
    "runs",
    "training",
    "vocabulary",
)


def __getattr__(name: str) -> Any:
    if name in NAMES:
        module, its_name = NAMES[name]
        return getattr(importlib.import_module(module), its_name)
    if name in ROOMS:
        return importlib.import_module(f"dlcore.{name}")
    raise AttributeError(f"module 'dlcore' has no attribute {name!r}; it has {', '.join(NAMES)}")


def __dir__() -> list[str]:
    return [*globals(), *NAMES, *ROOMS]
