"""The small network as it stands in a lesson: it trains in the browser, and its weights can be turned."""

from typing import Any

import streamlit as st

from dlcore.network import FEATURES, MOST_LAYERS, trajectory
from dlcore.network.trajectory import MOST_EPOCHS, Plan
from ui.lesson_pictures.standing import Standing
from ui.network import controls, playground, rest


def picture(standing: Standing) -> None:
    """The playground."""
    on = {name: standing.value(name) for name in standing.state.fields}
    own = str(on["own"])
    plan, _ = controls.plan_of(on, "" if own == "-" else own)
    edits, _ = playground.read_edits(standing.value("edit"), plan.net.size, on["epoch"] or playground.LEAD)
    shown = "tve" if on["test"] else "tv"
    playground.COMPONENT(
        key=standing.key_of("network"),
        data=playground.payload(plan, trajectory.sets(plan), shown, True, on["epoch"], edits),
        on_moved_change=lambda: _rested(standing, plan),
        on_shape_change=lambda: _reshaped(standing),
    )


def _sent(standing: Standing, what: str) -> dict[str, Any]:
    sent = st.session_state[standing.key_of("network")].get(what)
    return sent if isinstance(sent, dict) else {}


def _rested(standing: Standing, plan: Plan) -> None:
    """Once the browser rests: its epoch and the weights that a hand has edited."""
    sent = _sent(standing, "moved")
    epoch = sent.get("epoch")
    if isinstance(epoch, int) and 0 <= epoch <= MOST_EPOCHS:
        standing.keep("epoch", None if epoch == playground.LEAD else epoch)
    try:
        edits = rest.edits_of(sent.get("edits"), plan.net.size)
    except (ValueError, TypeError, OverflowError):
        return
    standing.keep("edit", playground.written_edits(edits))


def _reshaped(standing: Standing) -> None:
    """A button of the diagram: other layers or features; epoch and edits were another network's."""
    asked = _sent(standing, "shape")
    hidden, features = asked.get("hidden"), asked.get("features")
    if isinstance(hidden, list) and all(isinstance(m, int) for m in hidden):
        standing.keep("layers", "-".join(map(str, hidden[:MOST_LAYERS])) or "none")
    if isinstance(features, list):
        standing.keep("features", [f for f in FEATURES if f in features] or ["x1", "x2"])
    standing.keep("epoch", None)
    standing.keep("edit", "")
