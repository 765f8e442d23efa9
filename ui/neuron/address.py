"""What the neuron page's address may hold: its open tab, and what the parts of the page declare."""

from ui.frame.address import State
from ui.frame.fields import OneOf
from ui.neuron import fitted_and_stacked, neuron, softmax

TABS = ("One neuron", fitted_and_stacked.MODEL_TAB, "Softmax", fitted_and_stacked.STACK_TAB)

STATE = (
    State("neuron", {"tab": OneOf(TABS, default=TABS[0])})
    | neuron.STATE
    | softmax.STATE
    | fitted_and_stacked.STATE
)
