"""Backpropagation, step by step."""

from ui.planned import planned_page

planned_page(
    "backprop",
    "Backpropagation, step by step",
    "Every gradient of a network is the chain rule, and the error ŷ − y runs through all of them.",
    "pages/vocabulary.py",
    "The vocabulary",
)
