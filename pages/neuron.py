"""One neuron, moved by hand."""

from ui.planned import planned_page

planned_page(
    "neuron",
    "One neuron, moved by hand",
    "A single neuron can only cut the plane with a straight line.",
    "pages/vocabulary.py",
    "The vocabulary",
)
