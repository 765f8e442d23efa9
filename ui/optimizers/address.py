"""What the race's address may hold: its open tab, and what the race and its tabs declare."""

from ui.frame.address import State
from ui.frame.fields import OneOf
from ui.optimizers import race, tabs

TABS = (
    "Step by step",
    "Fair race",
    "Basins",
    "Learning rate",
    "Gradient noise",
    "Second order",
    "Equal to torch",
)

STATE = State("optimizers", {"tab": OneOf(TABS, default=TABS[0])}) | race.STATE | tabs.STATE
