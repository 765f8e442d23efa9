"""Where did the network look?."""

from ui.planned import planned_page

planned_page(
    "gradcam",
    "Where did the network look?",
    "A heat map shows which regions raised a score; it does not show that the reason was a good one.",
    "pages/vocabulary.py",
    "The vocabulary",
)
