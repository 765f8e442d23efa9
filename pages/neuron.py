"""One neuron, moved by hand, and what a few of them together can do."""

import streamlit as st

from dlcore import neuron
from dlcore.neuron import glm, stacked
from ui.frame import frame
from ui.neuron import address, fitted_and_stacked, softmax
from ui.neuron import neuron as hand

frame.open_page(
    "One neuron, moved by hand",
    "One neuron cuts only along straight lines; bending the boundary takes a second layer.",
    address.STATE,
)

one, model, shares, stack = st.tabs(address.TABS, key="neuron_tab", on_change="rerun", bind="query-params")

if one.open:
    with one:
        stage = st.container()  # the picture stands above its controls and is drawn after them
        f, n, corners = hand.controls()
        with stage:
            state, sent = hand.picture(f, n, corners)
        hand.check(f, state, sent)
        frame.notice(
            "Choose the points “xor”, then drag the line or the tip of w until as many as possible are right.",
            "Three of four is the most. For a strictly monotone f, each level of the output is one straight "
            "line: f bends the surface, not the boundary. (SiLU and GELU are not monotone. Could that help?)",
        )
        with frame.more("And the neuron in your head?", "neuron_biology") as is_open:
            if is_open:
                st.markdown(hand.BIOLOGY)
        source = (neuron.pre_activation, neuron.neuron, neuron.hyperplane, neuron.Activation, neuron.d_gelu)
        script = hand.neuron_script(f, state)

if model.open:
    with model:
        st.markdown("**Logistic and linear regression are one neuron each**: only f and the loss differ.")
        fitted_and_stacked.which_model()
        frame.notice(
            "Keep the sigmoid and let scikit-learn fit “as it comes”. Then give our neuron an L2 penalty of 0.1.",
            "The weights agree to many digits when both minimize the same thing, and only then.",
        )
        source, script = (glm.gradient, glm.fit), fitted_and_stacked.MODEL_SCRIPT

if shares.open:
    with shares:
        st.markdown("**Softmax sees only differences between scores**: shift them all and nothing happens.")
        z, T, sent = softmax.picture()
        softmax.check(z, T, sent)
        frame.notice(
            "Drag one bar up, then pull the temperature T down to 0.1 and up to 10.",
            "A low temperature lets the winner take all, a high one makes all equal; with two classes it is "
            "the sigmoid.",
        )
        source, script = (neuron.softmax,), softmax.softmax_script(z, T)

if stack.open:
    with stack:
        st.markdown("**Six layers without f are one layer**: the matrices multiply to a single affine map.")
        fitted_and_stacked.collapse()
        frame.notice(
            "Put ReLU between the layers, then take layers away.",
            "With the identity, the two lines agree up to rounding. A bend that the "
            "inputs reach drives them apart.",
        )
        source, script = (neuron.stack, neuron.collapse, stacked.compare), fitted_and_stacked.STACK_SCRIPT

frame.words("neuron")
frame.source("neuron", *source)
frame.script("neuron", script)
frame.reset_button("neuron_")
