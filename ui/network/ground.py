"""The ground a small network walked on: its loss in the plane of its own path, with the paths of the other rules."""

from dataclasses import replace

import streamlit as st

from dlcore.data import BadInput
from dlcore.figures.optimizers import walked_map
from dlcore.network.trajectory import Plan, train
from dlcore.network.walked_ground import WalkedGround, walked_ground
from dlcore.number_text import count, digits
from ui.frame import frame
from ui.network.controls import OPTIMIZERS

LEAST, MOST = 10, 300  # epochs that are walked for the picture
LIES = 0.25  # of a path's own extent: farther from the plane, the ground under it is not its own


@st.cache_data(max_entries=16, show_spinner="Training with each optimizer …")
def walked(plan: Plan) -> WalkedGround:
    """The ground of a plan's path, with the paths of the other optimizers from the same initial weights."""
    names = [plan.optimizer, *(name for name in OPTIMIZERS if name != plan.optimizer)]
    return walked_ground({name: train(replace(plan, optimizer=name)) for name in names})


def section(plan: Plan, epoch: int) -> None:
    """The picture, what of the path it holds, and where it lies."""
    with frame.more("The ground it walked on", "network_ground") as is_open:
        if not is_open:
            return
        epochs = max(LEAST, min(MOST, epoch))
        try:
            found = walked(replace(plan, epochs=epochs))
        except BadInput as problem:
            st.info(str(problem), icon=":material/info:")
            return
        titles = {name: OPTIMIZERS[name] for name in found.paths}
        first = titles[plan.optimizer]
        held = f"{found.explained.sum():.1%}"
        stayed = [name for name in titles if len(found.paths[name]) < 2]
        far = ", ".join(f"{titles[name]} {found.lies(name):.0%}" for name in titles if name not in stayed)
        frame.chart(
            walked_map(found, titles),
            f"Loss in the plane of {first}’s path over {count(epochs, 'epoch')} with the paths of "
            f"{', '.join(titles.values())}. The plane holds {held} of {first}’s path; farthest from it: {far}.",
            "network_ground_map",
        )
        st.caption(
            f"All three from the same initial weights, {count(epochs, 'epoch')}, η = {digits(plan.lr)}. The plane of "
            f"the two principal directions of {first}’s path, through its end, holds {held} of the squared distances "
            f"from there. Farthest from the plane, in lengths of the path’s own extent in it: {far}."
        )
        if stayed:
            gone = " and ".join(titles[name] for name in stayed)
            st.warning(f"In its first epoch {gone} left for infinity: its path is its start.")
        if lying := [titles[name] for name in titles if name not in stayed and found.lies(name) > LIES]:
            st.warning(
                f"The picture lies for {' and '.join(lying)}: that path is far from the plane, so the heights under "
                "it are not its own losses.",
                icon=":material/visibility_off:",
            )
