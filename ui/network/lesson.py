"""The page of the small network, from its controls down to its downloads."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.data import BadInput
from dlcore.network import backward, forward, pointsets
from dlcore.network.symptoms import dead_neurons
from dlcore.network.trajectory import FastGradient, train
from ui.frame import frame
from ui.frame.files import File, offer
from ui.frame.uploads import uploader
from ui.network import checks, controls, ground, playground

# On a phone the picture comes before its controls.
PHONE = """<style>@media (max-width: 640px) {
  [data-testid=stLayoutWrapper]:has(> .st-key-network_stage) { order: 1; }
  [data-testid=stLayoutWrapper]:has(> .st-key-slim_network) { order: 2; } }</style>"""


def lesson() -> tuple[tuple[Callable[..., Any] | type, ...], str]:
    """The whole lesson; the functions behind it and its script."""
    with st.container(key="network_first"):
        with st.container(key="slim_network"):
            controls.first_controls()
        stage = st.container(key="network_stage")
    below = st.container()
    # These stand below the picture and are drawn before it, because it depends on them.
    with st.container(key="network_rest"):
        controls.more_controls()
        own_points()
    shown = shown_splits()
    plan, said = controls.plan_from_controls()
    with stage:
        for sentence in said:
            st.info(sentence, icon=":material/info:")
        seen = playground.picture(plan, shown, controls.on_shape)
    with below:
        if example := controls.example_on_screen():
            st.caption(f"**{example.name}.** {example.see}")
        checks.commentary(seen)
        st.latex(checks.formula(seen))
        if seen.trains:
            checks.check(seen)
            with frame.more_checks("network") as is_open:
                if is_open:
                    checks.other_checks(seen)
        frame.notice(
            invitation(
                "Click a thick link, pull its weight to zero, and press Play: training goes on from there."
            ),
            Claim(
                "With the inputs x₁ and x₂ each neuron of the first layer cuts the plane along straight lines; "
                "later neurons combine these cuts and see nothing else of the input.",
                "tests/test_neuron.py::test_level_sets_of_a_neuron_are_flat "
                "tests/test_page_claims.py::test_later_neurons_see_nothing_but_the_first_layer",
            ),
        )
    ground.section(plan, seen.epoch)
    numbers(seen)
    edits = tuple(one for one in seen.rest.edits if one[0] <= seen.epoch) if seen.rest else ()
    script = controls.network_script(replace(plan, epochs=seen.epoch), edits)
    return (forward, backward, FastGradient, train, dead_neurons), script


def shown_splits() -> str:
    """The letters of the splits that may be seen: t(rain), v(alidation), e (test)."""
    test = st.toggle(
        "Open the test points",
        key="network_test",
        bind="query-params",
        help="Once you choose settings by them, they are validation points.",
    )
    st.html(PHONE)
    return "tve" if test else "tv"


def numbers(seen: checks.Shown) -> None:
    """The downloads: what was on screen when the browser last rested."""
    with frame.more("Download the numbers", "network_csv") as is_open:
        if not is_open:
            return
        if seen.rest:
            curves = partial(checks.curves, seen.rest)
            offer(
                File("Losses and accuracies, epoch by epoch (CSV)", curves, "network.csv", "text/csv"),
                "network_csv_download",
            )
        label = f"All parameters and the gradient at epoch {seen.epoch} (CSV)"
        offer(
            File(label, partial(checks.parameters, seen), "parameters.csv", "text/csv"),
            "network_csv_parameters",
        )


def use_points() -> None:
    """The typed points become the address's own points."""
    try:
        points = pointsets.read_csv(st.session_state.get("network_typed", ""))
    except BadInput as problem:
        st.session_state["network_typed_problem"] = str(problem)
        return
    st.session_state.pop("network_typed_problem", None)
    playground.STATE.keep("own", pointsets.encode_own(points.x, points.y))
    st.session_state["network_data"] = "own"
    playground.forget_hand()


def own_points() -> None:
    """Points typed, pasted or uploaded as CSV."""
    with frame.more("Your own points: click, paste or upload", "network_own_points") as is_open:
        if not is_open:
            return
        st.markdown(
            "Choose the points “your own points” and click into the picture, or give a table: two numbers "
            f"and a class in each line, two classes, up to {pointsets.OWN_MOST} lines. It is scaled to the "
            "window, and the points become part of the address. Decimal commas need semicolons or tabs between the "
            "columns."
        )
        file = uploader("CSV file", "network_csv_file", 1, ["csv", "txt"])
        if file is not None and st.session_state.get("network_csv_seen") != file.file_id:
            st.session_state["network_csv_seen"] = file.file_id
            st.session_state["network_typed"] = pointsets.decoded(file.getvalue())[: pointsets.CSV_MOST + 1]
        st.text_area(
            "x₁, x₂, class", placeholder="1.5, 2.0, A\n-1.0, 0.3, B", key="network_typed", height=140
        )
        st.button("Use these points", on_click=use_points, key="network_use")
        if problem := st.session_state.get("network_typed_problem"):
            st.warning(problem, icon=":material/warning:")
