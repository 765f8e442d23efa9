"""What a convolution computes: a filter slid by hand, what pooling keeps, and a trained network opened."""

import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.convolution import kernels, sliding
from dlcore.convolution.translation_invariance import measure
from ui.convolution import address, network_opened, other_checks
from ui.convolution import pooling as convolution_pooling
from ui.convolution import sliding_filter as hand
from ui.frame import frame

frame.open_page(
    "Convolution explorer",
    Claim(
        "One small filter slides over the whole image and responds wherever its pattern appears.",
        "tests/test_convolution.py::test_convolution_is_equivariant_away_from_the_border "
        "tests/test_page_claims.py::test_a_filter_responds_where_its_pattern_is",
    ),
    address.STATE,
)
slides, pooling, opened = st.tabs(address.TABS, key="convolution_tab", on_change="rerun", bind="query-params")
source: tuple = (
    "dlcore.convolution.network_opened:feature_maps",
    "dlcore.convolution.network_opened:sensitivity",
    "dlcore.convolution.receptive_field:Field",
)
script = ""

if slides.open:
    with slides:
        picture, controls = frame.picture_and_controls()
        with controls:
            setting = hand.choose()
        if setting is not None and setting.problem:
            with picture:
                st.warning(setting.problem, icon=":material/block:")
                hand.formula(setting, None)
        elif setting is not None:
            with picture:
                cell = hand.slide(setting)
            hand.formula(setting, cell)
            hand.check(setting)
            with frame.more_checks("convolution") as is_open:
                if is_open:
                    other_checks.other_checks(setting)
            script = hand.filter_script(setting, cell)
        frame.notice(
            invitation(
                "Press Play, or click the picture and use the arrow keys. Then add padding, set the stride to 2, or "
                "choose “your own” and type a filter."
            ),
            Claim(
                "An edge filter gives [[flat]] on a uniform patch and responds where dark meets bright; its sign "
                "says which side is bright. Zero padding creates an artificial edge at the border of a bright image.",
                "tests/test_convolution.py::test_named_filters_do_what_their_names_say "
                "tests/test_page_claims.py::test_edge_filters_tell_the_bright_side_and_padding_makes_an_edge",
                {"flat": 0},
            ),
        )
        source = (sliding.Geometry, sliding.convolve, kernels.vertical_edge, kernels.bell_blur)

if pooling.open:
    with pooling:
        frame.say(
            Claim(
                "**Pooling buys a little invariance to shifts, with most filters.** How much is measured here.",
                "tests/test_page_claims.py::test_pooling_reduces_the_effect_of_a_shift_and_does_not_remove_it",
            )
        )
        convolution_pooling.lesson()
        source = (sliding.pool, measure)
        script = convolution_pooling.pooling_script(
            st.session_state["convolution_pool_kernel"], st.session_state["convolution_window"]
        )

if opened.open:
    with opened:
        frame.say(
            Claim(
                "**A cell of a later layer can see more of the image.** What do the layers of yours respond to?",
                "tests/test_page_claims.py::test_later_layers_have_more_maps_fewer_cells_and_wider_fields",
            )
        )
        script = network_opened.lesson()

frame.words("convolution")
frame.source("convolution", *source)
if script:
    frame.script("convolution", script)
if slides.open and script and setting is not None:
    chosen = setting
    frame.downloads("convolution", lambda: hand.csv(chosen), lambda: hand.figure(chosen))
frame.reset_button("convolution_")
