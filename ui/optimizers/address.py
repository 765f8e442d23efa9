"""What the race's address may hold: its open tab, and what the race and its tabs declare."""

from ui.frame.address import State
from ui.frame.fields import OneOf
from ui.optimizers import race, tabs

TABS = (
    "Step by step",
    "Fair comparison",
    "Basins of attraction",
    "Learning rate",
    "Gradient noise",
    "Newton's method",
    "PyTorch comparison",
)

STATE = State("optimizers", {"tab": OneOf(TABS, default=TABS[0])}) | race.STATE | tabs.STATE
