"""A small network, trained before your eyes: a few lines bend into a boundary."""

from dlcore.claims import Claim
from ui.frame import frame
from ui.network import lesson
from ui.network.controls import STATE

frame.open_page(
    "Small network",
    Claim(
        "A few neurons in layers can bend the line, if the training finds out how.",
        "tests/test_network.py::test_the_default_network_learns_the_circle_and_a_linear_one_does_not "
        "tests/test_symptoms.py::test_examples_show_what_their_commentary_says",
    ),
    STATE,
)
source, script = lesson.lesson()

frame.words("network")
frame.source("network", *source)
frame.script("network", script)
frame.reset_button("network_")
