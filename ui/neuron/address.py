"""What the neuron page's address may hold: its open tab, and what the parts of the page declare."""

from ui.frame.address import State
from ui.frame.fields import OneOf
from ui.neuron import fitted_and_stacked, neuron, softmax

TABS = ("One neuron", fitted_and_stacked.MODEL_TAB, "Softmax", fitted_and_stacked.STACK_TAB)

# Where one neuron solves XOR: GELU is not monotone, and a level set of its output is two parallel lines.
SOLVED = {"neuron_f": "GELU", "neuron_points": "xor", "neuron_at": "0.5,0.5;-0.75;2,2"}

STATE = (
    State("neuron", {"tab": OneOf(TABS, default=TABS[0])})
    | neuron.STATE
    | softmax.STATE
    | fitted_and_stacked.STATE
)
