"""What a convolution computes: a filter slid by hand, what pooling keeps, and a trained network opened."""

import streamlit as st

from dlcore.convolution import kernels, sliding
from dlcore.convolution.translation_invariance import measure
from ui.convolution import address, network_opened, other_checks
from ui.convolution import pooling as convolution_pooling
from ui.convolution import sliding_filter as hand
from ui.frame import frame

frame.open_page(
    "What a convolution computes",
    "One small filter, slid over the whole image, finds its pattern wherever it lies.",
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
            "press Play, or click the picture and use the arrow keys. Then add padding, set the stride to 2, or "
            "choose “your own” and type a filter.",
            "the same few weights at every place. An edge filter is silent on even ground and speaks where "
            "dark meets bright; its sign says which side is which. Padding makes an edge of its own.",
        )
        source = (sliding.Geometry, sliding.convolve, kernels.vertical_edge, kernels.bell_blur)

if pooling.open:
    with pooling:
        st.markdown("**Pooling buys a little invariance to shifts.** How much is measured here.")
        convolution_pooling.lesson()
        source = (sliding.pool, measure)
        script = convolution_pooling.pooling_script(
            st.session_state["convolution_pool_kernel"], st.session_state["convolution_window"]
        )

if opened.open:
    with opened:
        st.markdown("**Early layers see little and look like outlines; later ones see more.** Does yours?")
        script = network_opened.lesson()

frame.words("convolution")
frame.source("convolution", *source)
if script:
    frame.script("convolution", script)
if slides.open and script and setting is not None:
    chosen = setting
    frame.downloads("convolution", lambda: hand.csv(chosen), lambda: hand.figure(chosen))
frame.reset_button("convolution_")
