"""What the stepper's address may hold: its open tab, and what the parts of the page declare."""

from ui.backprop import checks, experiments, matrix_form, stepper
from ui.frame.address import State
from ui.frame.fields import OneOf

# The first one opens with the page: without a chart, whose library would be most of a phone's first minute.
TABS = ("Write a derivative", "Loss", "Gradient check", "Gradient descent", "Bug zoo", "Deeper networks")

STATE = (
    State("backprop", {"tab": OneOf(TABS, default=TABS[0])})
    | stepper.STATE
    | checks.STATE
    | experiments.STATE
    | matrix_form.STATE
)
