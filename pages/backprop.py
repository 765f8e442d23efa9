"""Backpropagation, step by step: the worked example of the text, believed because it is checked."""

import streamlit as st

import dlcore.backprop
from dlcore.backprop import backward, forward, loss_curves, step
from dlcore.claims import Claim, invitation
from dlcore.figures.backprop import losses_and_slopes
from ui.backprop import address, checks, experiments, matrix_form, other_checks, stepper, text
from ui.frame import frame

frame.open_page(
    "Backprop stepper",
    Claim(
        "Backpropagation is the chain rule run backward: one error signal is a factor of every gradient.",
        "tests/test_page_claims.py::test_one_error_signal_is_a_factor_of_every_gradient",
    ),
    address.STATE,
)

# The picture: the graph steps in the browser; Python hears of it afterwards.
stage = st.container()  # the graph stands above its controls and is drawn after them
setting = stepper.controls()
with stage:
    stepper.stepper(setting)

# The formula with the current numbers, and the check.
values = forward(setting.params, setting.x, setting.y, setting.loss)
gradients = backward(setting.params, setting.x, setting.y, setting.loss)
st.latex(text.gradients_with_numbers(setting, values, gradients))
checks.check_card(setting, gradients)
with frame.more_checks("backprop") as is_open:
    if is_open:
        other_checks.other_checks(setting)
frame.notice(
    invitation("Press → through the pass, drag a dotted letter, then choose “dead ReLU”."),
    Claim(
        "One number, the error signal, is a factor of every gradient. Where z₁ < 0, the ReLU’s slope is 0 "
        "and cancels it: the first neuron learns nothing.",
        "tests/test_page_claims.py::test_one_error_signal_is_a_factor_of_every_gradient "
        "tests/test_backprop.py::test_a_dead_relu_blocks_the_first_neuron_only",
    ),
)

# Further experiments: only the open tab computes.
tabs = st.tabs(address.TABS, key="backprop_tab", on_change="rerun", bind="query-params")
for name, tab in zip(address.TABS, tabs, strict=True):
    if tab.open:
        with tab:
            match name:
                case "Loss":
                    experiments.losses(setting, values)
                case "Gradient check":
                    checks.three_opinions(setting)
                case "Gradient descent":
                    experiments.repeated_steps(setting)
                case "Write a derivative":
                    checks.own_derivative(setting)
                case "Bug zoo":
                    checks.bug_zoo(setting)
                case "Deeper networks":
                    matrix_form.layer_by_layer()
                    st.subheader("How the error signal fades with depth", anchor=False)
                    experiments.depth_and_gradients()

frame.words("backprop")
frame.source("backprop", forward, backward, step, dlcore.backprop.two_neurons.cross_entropy)
frame.script("backprop", text.backprop_script(setting))
frame.downloads(
    "backprop",
    lambda: text.table(setting, values, gradients, step(setting.params, gradients, setting.eta)),
    lambda: losses_and_slopes(loss_curves(setting.y), float(values.z2)),
)
frame.reset_button("backprop_")
