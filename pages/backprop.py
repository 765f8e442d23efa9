"""Backpropagation, step by step: the worked example of the text, believed because it is checked."""

import streamlit as st

import dlcore.backprop
from dlcore.backprop import backward, forward, loss_curves, step
from dlcore.figures.backprop import losses_and_slopes
from ui import backprop, backprop_checks, backprop_depth, backprop_experiments, backprop_text, frame

frame.open_page(
    "Backpropagation, step by step",
    "Every gradient of a network is the chain rule, and the error ŷ − y runs through all of them.",
)

# The picture: the graph steps in the browser; Python hears of it afterwards.
setting = backprop.controls()
backprop.stepper(setting)

# The formula with the current numbers, and the check.
values = forward(setting.params, setting.x, setting.y, setting.loss)
gradients = backward(setting.params, setting.x, setting.y, setting.loss)
st.latex(backprop_text.gradients_with_numbers(setting, values, gradients))
backprop_checks.check_card(setting, gradients)
frame.notice(
    "Press → through the pass, drag a dotted letter, then choose “dead ReLU”.",
    "One number, the error signal, is a factor of every gradient. Where the ReLU is closed it meets a 0, and "
    "the first neuron learns nothing.",
)

# Further experiments: only the open tab computes.
names = ["Loss", "Three opinions", "Repeat the step", "Your own derivative", "Bug zoo", "Beyond two neurons"]
tabs = dict(
    zip(names, st.tabs(names, key="backprop_tab", on_change="rerun", bind="query-params"), strict=True)
)
for name, tab in tabs.items():
    if tab.open:
        with tab:
            match name:
                case "Loss":
                    backprop_experiments.losses(setting, values)
                case "Three opinions":
                    backprop_checks.three_opinions(setting)
                case "Repeat the step":
                    backprop_experiments.repeated_steps(setting)
                case "Your own derivative":
                    backprop_checks.own_derivative(setting)
                case "Bug zoo":
                    backprop_checks.bug_zoo(setting)
                case "Beyond two neurons":
                    backprop_depth.layer_by_layer()
                    st.subheader("How the error signal fades with depth", anchor=False)
                    backprop_experiments.depth_and_gradients()

frame.words("backprop")
frame.source("backprop", forward, backward, step, dlcore.backprop.cross_entropy)
frame.script("backprop", backprop_text.script(setting))
frame.downloads(
    "backprop",
    lambda: backprop_text.table(setting, values, gradients, step(setting.params, gradients, setting.eta)),
    lambda: losses_and_slopes(loss_curves(setting.y), float(values.z2)),
)
frame.reset_button("backprop_")
