"""One neuron, moved by hand, and what a few of them together can do."""

import streamlit as st

from dlcore import neuron
from dlcore.claims import Claim, invitation
from dlcore.neuron import glm, stacked
from ui.frame import frame
from ui.neuron import address, fitted_and_stacked, softmax
from ui.neuron import neuron as hand

frame.open_page(
    "Neuron playground",
    Claim(
        "One neuron cuts only along straight lines; bending the boundary takes a second layer.",
        "tests/test_neuron.py::test_level_sets_of_a_neuron_are_flat "
        "tests/test_network.py::test_the_default_network_learns_the_circle_and_a_linear_one_does_not",
    ),
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
            invitation(
                "Choose the points “xor”, then drag the line or the tip of w until as many as possible are right."
            ),
            Claim(
                "[[most]] of four is the most, whatever f is, as long as z > 0 decides. For a strictly monotone f, "
                "each level of the output is one straight line: f bends the surface, not the boundary. GELU and "
                "SiLU are not monotone: their level sets can be two parallel lines.",
                "tests/test_neuron.py::test_no_monotone_activation_gets_more_than_three_of_the_xor_points_right "
                "tests/test_neuron.py::test_level_sets_of_a_neuron_are_flat "
                "tests/test_neuron.py::test_an_activation_with_a_dip_solves_xor",
                {"most": "Three"},
            ),
        )
        frame.say(
            Claim(
                "**One GELU solves XOR**: with w = ([[w]], [[w]]) and b = [[b]], the corners ±2 that belong "
                "together have outputs below [[cut]], the other two above.",
                "tests/test_neuron_page.py::test_one_gelu_solves_xor_at_the_address_of_its_preset",
                {"w": 0.5, "b": -0.75, "cut": -0.1},
            )
        )
        st.page_link(
            "pages/neuron.py",
            label="Show one GELU on XOR",
            icon=":material/auto_awesome:",
            query_params=address.SOLVED,
        )
        with frame.more("And the neuron in your head?", "neuron_biology") as is_open:
            if is_open:
                st.markdown(hand.BIOLOGY)
        source = (neuron.pre_activation, neuron.neuron, neuron.hyperplane, neuron.Activation, neuron.d_gelu)
        script = hand.neuron_script(f, state)

if model.open:
    with model:
        frame.say(
            Claim(
                "**Logistic and linear regression are one neuron each**: only f and the loss differ.",
                "tests/test_neuron.py::test_one_neuron_fitted_by_gradient_descent_is_scikit_learns_regression",
            )
        )
        fitted_and_stacked.which_model()
        frame.notice(
            invitation(
                "Keep the sigmoid and fit scikit-learn with its default settings (“as it comes”). Then give our "
                "neuron an L2 penalty of 0.1."
            ),
            Claim(
                "The weights of these columns agree to [[digits]] digits when both minimize the same thing, and only "
                "then.",
                "tests/test_page_claims.py::test_weights_agree_when_both_minimize_the_same_thing_and_only_then",
                {"digits": 7},
            ),
        )
        source, script = (glm.gradient, glm.fit), fitted_and_stacked.MODEL_SCRIPT

if shares.open:
    with shares:
        frame.say(
            Claim(
                "**Softmax sees only differences between scores**: shift them all and nothing happens.",
                "tests/test_neuron.py::test_softmax_sums_to_one_ignores_a_shift_and_never_overflows",
            )
        )
        z, T, sent = softmax.picture()
        softmax.check(z, T, sent)
        frame.notice(
            invitation("Drag one bar up, then pull the temperature T down to 0.1 and up to 10."),
            Claim(
                "The lower the temperature, the more the largest score takes; the higher, the more equal all become. "
                "With two classes softmax is the sigmoid of the difference of the scores over T.",
                "tests/test_page_claims.py::test_the_largest_share_falls_and_the_entropy_rises_with_temperature "
                "tests/test_neuron.py::test_softmax_of_two_scores_is_the_sigmoid_of_their_difference",
            ),
        )
        source, script = (neuron.softmax,), softmax.softmax_script(z, T)

if stack.open:
    with stack:
        frame.say(
            Claim(
                "**Six layers without f are one layer**: the matrices multiply to a single affine map.",
                "tests/test_neuron.py::test_layers_without_activation_collapse_to_one_affine_map "
                "tests/test_neuron.py::test_a_stack_equals_its_product_until_something_is_bent",
            )
        )
        fitted_and_stacked.collapse()
        frame.notice(
            invitation("Put ReLU between the layers, then take layers away."),
            Claim(
                "With the identity, the two lines agree up to rounding. A bend that the inputs reach drives them "
                "apart.",
                "tests/test_neuron.py::test_a_stack_equals_its_product_until_something_is_bent",
            ),
        )
        source, script = (neuron.stack, neuron.collapse, stacked.compare), fitted_and_stacked.STACK_SCRIPT

frame.words("neuron")
frame.source("neuron", *source)
frame.script("neuron", script)
frame.reset_button("neuron_")
