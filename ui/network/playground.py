"""The small network on the page: the settings that the browser trains by, and its state in the address."""

import base64
import hashlib
from typing import Any

import numpy as np
import streamlit as st

from dlcore.data import BadInput
from dlcore.figures import palette
from dlcore.network import pointsets, trajectory
from dlcore.network.trajectory import MOST_EPOCHS, Edits, Plan, Sets
from ui.frame.address import State
from ui.frame.components import component
from ui.frame.fields import Text, Whole
from ui.network import rest
from ui.network.checks import Shown, how_many
from ui.network.rest import MOST_EDITS
from ui.neuron.neuron import COLORS

COMPONENT = component("network")
MOST_SIZE = 10_000  # parameters; no network of this page has as many
LEAD = 300  # epochs that a training goes by itself, and that a page opens with where nothing may move


def read_edits(text: str, size: int, epoch: int = LEAD) -> tuple[Edits, str]:
    """Edits "epoch:index:value_…" from the address; and a sentence about what was not usable.

    Args:
        epoch: of edits without one, as version 0.1.0 wrote them: it held them in the state on screen.
    """
    try:
        rows = [pair.split(":") for pair in text[:2000].split("_")] if text else []
        full = [row if len(row) == 3 else [str(epoch), *row] for row in rows]
        return rest.edits_of([(int(e), int(index), float(value)) for e, index, value in full], size), ""
    except (ValueError, TypeError, OverflowError):
        return (), "The address held edited weights that this network does not have; none was changed."


def wrong_points(text: str) -> str:
    """What is wrong with own points in the address: nothing, or a BadInput."""
    if text != "-":
        pointsets.own(text)
    return ""


STATE = State(
    "network",
    {
        "epoch": Whole(0, MOST_EPOCHS, default=None),  # None: LEAD
        "edit": Text(
            most=2000,
            default="",
            judge=lambda text: read_edits(text, MOST_SIZE)[1],
            examples=("40:0:1.5_300:2:-2",),
        ),
        "own": Text(
            most=5 * pointsets.OWN_MOST,
            default="",
            judge=wrong_points,
            on={"data": "your own points"},
            examples=("-",),
        ),
    },
)


def asked_epoch() -> int:
    """The epoch that the address asks for; LEAD if it asks for none."""
    epoch = STATE.asked("epoch")
    return LEAD if epoch is None else int(epoch)


def asked_edits(size: int) -> Edits:
    """The weights edited by hand that the address asks for in a network of this size."""
    field = Text(most=2000, default="", judge=lambda text: read_edits(text, size)[1])
    return read_edits(STATE.asked("edit", field), size, asked_epoch())[0]


def remember(key: str, plan: Plan) -> None:
    """Once the browser rests: epoch, edited weights and own points go from there to the address."""
    sent = st.session_state[key].get("moved")
    if not isinstance(sent, dict):
        return
    if plan.points == "own" and isinstance(sent.get("own"), str) and sent["own"] != plan.own:
        STATE.keep("own", sent["own"][: 5 * pointsets.OWN_MOST] or "-")
        return forget_hand()  # other points are another training
    epoch = sent.get("epoch")
    if isinstance(epoch, int) and 0 <= epoch <= MOST_EPOCHS:
        STATE.keep("epoch", None if epoch == LEAD else epoch)
    try:
        edits = rest.edits_of(sent.get("edits"), plan.net.size)
    except (ValueError, TypeError, OverflowError):
        return None
    STATE.keep("edit", written_edits(edits))


def written_edits(edits: Edits) -> str:
    """Edits as the address writes them."""
    return "_".join(f"{e}:{i}:{v:g}" for e, i, v in edits[:MOST_EDITS])


def forget_hand() -> None:
    """Another plan is another network: epoch and edited weights of the old one are dropped."""
    STATE.drop("epoch", "edit")


def _doubles(values: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def name_of(plan: Plan, shown: str) -> str:
    """The name under which browser and server speak of one training."""
    return hashlib.sha256(f"{plan}{shown}".encode()).hexdigest()[:12]


def payload(
    plan: Plan, parts: Sets, shown: str, trains: bool, epoch: int | None = None, edits: Edits = ()
) -> dict[str, Any]:
    """What the browser trains by: the network, the settings, the points and who belongs where.

    Args:
        shown: letters of the splits that may be seen: t(rain), v(alidation), e (test).
        trains: whether there are enough points.
        epoch: what the address asks for; None for nothing.
        edits: the weights that it changes by hand.
    """
    split = np.full(len(parts.points.y), "t")
    split[parts.validation], split[parts.test] = "v", "e"
    net = plan.net
    return {
        "id": name_of(plan, shown),
        "net": {"features": net.features, "hidden": net.hidden, "f": net.f, "head": net.head},
        "plan": {name: getattr(plan, name) for name in ("optimizer", "lr", "l1", "l2", "batch", "seed")},
        "x": _doubles(parts.points.x),
        "y": _doubles(parts.points.y),
        "train": parts.train.tolist(),
        "split": "".join(split),
        "shown": shown,
        "axes": parts.points.axes,
        "regression": parts.points.regression,
        "classes": parts.points.classes,
        "trains": trains,
        "lead": LEAD if trains else 0,
        "early": how_many(plan, len(parts.train)),
        "epoch": LEAD if epoch is None else epoch,
        "edits": edits,
        "asks": bool(edits) or epoch is not None,
        "own": plan.points == "own",
        "most": pointsets.OWN_MOST,
        "colors": {**COLORS, **palette.SPLIT},
    }


def untrained(plan: Plan) -> Sets:
    """Points that cannot be trained on (yet): all of them as training points."""
    points = pointsets.own(plan.own) if plan.points == "own" else pointsets.sample("circle")
    none = np.array([], dtype=np.int64)
    return Sets(points, np.arange(len(points.y)), none, none)


def picture(plan: Plan, shown: str, on_shape: Any) -> Shown:
    """The playground, and what is on screen there."""
    try:
        parts, trains = trajectory.sets(plan), True
    except BadInput as problem:
        st.warning(f"{problem} The picture shows the untrained network.", icon=":material/info:")
        parts, trains = untrained(plan), False
    result = COMPONENT(
        key="network_picture",
        data=payload(plan, parts, shown, trains, STATE.asked("epoch"), asked_edits(plan.net.size)),
        on_moved_change=lambda: remember("network_picture", plan),
        on_shape_change=on_shape,
    )
    return Shown(plan, parts, rest.read(result.get("moved"), name_of(plan, shown), plan.net), trains)
