"""The tab of the small network, from its controls down to its downloads."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dlcore import pointsets
from dlcore.data import BadInput
from dlcore.network import backward, forward
from dlcore.symptoms import dead_neurons
from dlcore.trajectory import FastGradient, Trajectory, train
from ui import frame, network, network_controls

# On a phone the picture comes before its controls.
PHONE = """<style>@media (max-width: 640px) {
  [data-testid=stLayoutWrapper]:has(> .st-key-neuron_stage) { order: 1; }
  [data-testid=stLayoutWrapper]:has(> .st-key-neuron_controls) { order: 2; } }</style>"""
HIDE = "<style>.st-key-neuron_controls, .st-key-neuron_rest { display: none; }</style>"


def lesson() -> tuple[tuple[Callable[..., Any] | type, ...], str]:
    """The whole tab; the functions behind it and its script."""
    with st.container(key="neuron_first"):
        st.markdown("**A few neurons in layers can bend the line**, if the training finds out how.")
        with st.container(key="neuron_controls"):
            network_controls.first_controls()
        stage = st.container(key="neuron_stage")
    below = st.container()
    # These stand below the picture and are drawn before it, because it depends on them.
    with st.container(key="neuron_rest"):
        network_controls.more_controls()
        own_points()
    plain, shown = switches()
    plan, said = network_controls.plan_from_controls()
    with stage:
        for sentence in said:
            st.info(sentence, icon=":material/info:")
        if example := network_controls.example_on_screen():
            st.caption(f"**{example.name}.** {example.see}")
        run, t, edits, sent = network.picture(plan, shown, plain, network_controls.on_shape)
    with below:
        network.commentary(run)
        st.latex(network.formula(run, t, edits))
        network.check(run, t, edits, sent)
        frame.notice(
            "press |◀ and Play, then click a thick link and pull its weight to zero.",
            "each neuron of the first layer cuts the plane with one line; the later ones add those cuts up.",
        )
    numbers(run)
    return (forward, backward, FastGradient, train, dead_neurons), network_controls.script(plan)


def switches() -> tuple[bool, str]:
    """Whether the controls are hidden, and the letters of the splits that may be seen."""
    left, right = st.columns(2)
    plain = left.toggle(
        "Hide the controls", key="neuron_plain", bind="query-params", help="For showing to a class."
    )
    test = right.toggle(
        "Open the test points",
        key="neuron_test",
        bind="query-params",
        help="Once you choose settings by them, they are validation points.",
    )
    st.html(PHONE)
    if plain:
        st.html(HIDE)
    return plain, "tve" if test else "tv"


def numbers(run: Trajectory) -> None:
    """The download."""
    with frame.more("Download the numbers", "neuron_network_csv") as is_open:
        if is_open:
            st.download_button(
                "Losses, accuracies and all parameters, epoch by epoch (CSV)",
                lambda: network.csv(run),
                "network.csv",
                "text/csv",
                key="neuron_network_file",
            )


def use_points() -> None:
    """The typed points become the address's own points."""
    try:
        points = pointsets.read_csv(st.session_state.get("neuron_typed", ""))
    except BadInput as problem:
        st.session_state["neuron_typed_problem"] = str(problem)
        return
    st.session_state.pop("neuron_typed_problem", None)
    st.query_params["neuron_own"] = pointsets.encode_own(points.x, points.y)
    st.session_state["neuron_data"] = "own"
    network.forget_hand()


def own_points() -> None:
    """Points typed, pasted or uploaded as CSV."""
    with frame.more("Your own points: click, paste or upload", "neuron_own_points") as is_open:
        if not is_open:
            return
        st.markdown(
            "Choose the points “your own points” and click into the picture, or give a table: two numbers "
            f"and a class in each line, two classes, up to {pointsets.OWN_MOST} lines. It is scaled to the "
            "window, and the points become part of the address."
        )
        file = st.file_uploader("CSV file", ["csv", "txt"], max_upload_size=1, key="neuron_csv_file")
        if file is not None and st.session_state.get("neuron_csv_seen") != file.file_id:
            st.session_state["neuron_csv_seen"] = file.file_id
            st.session_state["neuron_typed"] = file.getvalue()[:20_000].decode("utf-8", "replace")
        st.text_area("x₁, x₂, class", placeholder="1.5, 2.0, A\n-1.0, 0.3, B", key="neuron_typed", height=140)
        st.button("Use these points", on_click=use_points, key="neuron_use")
        if problem := st.session_state.get("neuron_typed_problem"):
            st.warning(problem, icon=":material/warning:")
