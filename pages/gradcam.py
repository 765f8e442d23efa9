"""Where did the network look? A heat map for any class and layer, scored where the truth is known."""

import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.figures import gradcam as figures
from dlcore.heatmaps import heatmaps
from ui.frame import frame
from ui.gradcam import (
    address,
    all_classes,
    brush,
    export,
    guest_tabs,
    guests,
    many_images,
    methods,
    models,
    other_checks,
    photographs,
    sanity_check,
    shortcuts,
    step_by_step,
    text,
    truth,
)
from ui.gradcam import familiar as gradcam_familiar
from ui.gradcam import subject as gradcam_subject
from ui.gradcam import view as gradcam
from ui.training import shown_network

frame.open_page(
    "Grad-CAM explorer",
    Claim(
        "A heat map shows which regions raised a score; it does not show that the reason was a good one.",
        "tests/test_gradcam.py::test_behind_a_pooled_head_the_map_is_cam_over_area_and_adds_up_to_the_logit "
        "tests/test_page_claims.py::test_a_good_map_can_show_a_bad_reason",
    ),
    address.STATE,
)

picture, controls = frame.picture_and_controls()
with controls:
    others = guests.are_asked()
networks = None if others else shown_network.networks(address.STATE, scored=True)
if networks is not None and not networks:
    with picture:
        models.first_network()
with controls:
    run = models.choose_run(networks) if networks else None
    if run is not None:
        shelf = gradcam_subject.choose(run)
        subject = shelf.chosen
        chosen, block, sigma = gradcam.choose_class(run), gradcam.choose_block(run), gradcam.choose_sigma()

if run is not None:
    look = models.looked_at(run.key, subject.pixels, f"features.{block}")
    k = int(look.probabilities.argmax()) if chosen is None else chosen
    view = gradcam.view(look, k, subject, sigma)
    name = run.class_names[k]

    # The picture.
    over = figures.image_and_overlay(subject.pixels, view.shown, view.limit, subject.mask)
    with picture:
        for note in subject.notes:
            st.caption(note)
        familiar = gradcam_familiar.say(run, subject)
        frame.chart(over, text.alt(look, k, name, subject, view), "gradcam_over_two_panels")
        st.caption(f"{text.caption(look, k, name, subject)} Network: {shown_network.name(run)}.")
        if words := text.in_words(look, k, name):
            st.info(words, icon=":material/info:")
    with controls:
        bars = figures.probabilities(look.probabilities, run.class_names, k, subject.label)
        frame.chart(bars, text.probabilities_alt(look, run, subject.label), "gradcam_bars")

    # Raw beside smoothed, and what the truth says to both.
    with picture:
        pair = figures.raw_and_smoothed(view.raw, view.shown, view.limit, sigma)
        frame.chart(pair, text.pair_alt(view, sigma), "gradcam_pair_two_panels")
        gradcam.scores(view)

    gradcam.check(run, subject, look, k, block)
    with frame.more_checks("gradcam") as is_open:
        if is_open:
            other_checks.other_checks(view.raw, subject.mask, subject.pixels.shape[:2])
    frame.notice(
        invitation("Explain a class that is not predicted, then pull the smoothing from 0 to 6."),
        Claim(
            "The scale stays the same for all classes, so a faint map means small effects on the score, to first "
            "order. Smoothing makes the map easier on the eye; it still holds at most the [[numbers]] numbers of "
            "a raw [[side]] × [[side]] map.",
            "tests/test_gradcam.py"
            "::test_peers_show_the_same_blob_for_a_head_a_thousand_times_weaker_and_ours_does_not "
            "tests/test_page_claims.py::test_a_smoothed_map_holds_at_most_the_numbers_of_the_raw_one",
            {"numbers": 49, "side": 7},
        ),
    )
    st.caption("Not for clinical use. A heat map is about this network, not about the disease.")

    # Looked at more closely: a tab computes only while it is open.
    tabs = st.tabs(address.TABS, key="gradcam_tab", on_change="rerun", bind="query-params")
    for title, tab in zip(address.TABS, tabs, strict=True):
        if tab.open:
            with tab:
                match title:
                    case "Step by step":
                        step_by_step.step_by_step_section(run, subject, look, k)
                    case brush.TAB:
                        brush.brush_section(run, subject)
                    case "Compare classes":
                        all_classes.all_classes_section(run, subject, look, k)
                    case "Compare methods":
                        methods.methods_section(run, subject, look, k)
                    case "Many images":
                        many_images.many_images_section(run, shelf, chosen, block, sigma)
                    case "Against ground truth":
                        truth.truth_section(run, subject, k, block)
                    case "Sanity check":
                        sanity_check.sanity_check_section(run, subject, k, block)
                    case "Shortcuts":
                        shortcuts.shortcuts_section()

    frame.source("gradcam", *gradcam.sources(), heatmaps.upsample, heatmaps.smooth, heatmaps.score)
    frame.script("gradcam", text.gradcam_script(run, subject, look.layer, k, sigma))
    files = export.files(run, subject, look, k, view, sigma, familiar)
    frame.downloads("gradcam", lambda: text.table(look, run.class_names), lambda: over, files)

if others and (asked := photographs.ask(picture, controls)) is not None:
    guest_tabs.section(asked[0])
    guest_tabs.downloads(*asked)

frame.words("gradcam")
frame.reset_button("gradcam_")
