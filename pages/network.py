"""A small network, trained before your eyes: a few lines bend into a boundary."""

from ui.frame import frame
from ui.network import lesson
from ui.network.controls import STATE

frame.open_page(
    "Small network", "A few neurons in layers can bend the line, if the training finds out how.", STATE
)
source, script = lesson.lesson()

frame.words("network")
frame.source("network", *source)
frame.script("network", script)
frame.reset_button("network_")
