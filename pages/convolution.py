"""What a convolution computes."""

from ui.planned import planned_page

planned_page(
    "convolution",
    "What a convolution computes",
    "One small filter, slid over the whole image, finds its pattern wherever it lies.",
    "pages/vocabulary.py",
    "The vocabulary",
)
