"""The optimizer race."""

from ui.planned import planned_page

planned_page(
    "optimizers",
    "The optimizer race",
    "No optimizer is fastest everywhere, and a fair race shows where each one stops.",
    "pages/vocabulary.py",
    "The vocabulary",
)
