"""Train a network."""

from ui.planned import planned_page

planned_page(
    "training",
    "Train a network",
    "A network that is better on the images it has seen is not yet better on the ones it has not.",
    "pages/vocabulary.py",
    "The vocabulary",
)
