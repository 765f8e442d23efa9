"""A small network on the page: its recorded training in the browser, its state in the address, its check."""

import base64
import hashlib
import math
from typing import Any

import numpy as np
import streamlit as st

from dlcore import network
from dlcore.csv_text import as_csv
from dlcore.data import BadInput
from dlcore.figures import palette
from dlcore.network import pointsets, trajectory
from dlcore.network.symptoms import symptoms
from dlcore.network.trajectory import Plan, Sets, Trajectory
from dlcore.number_text import count, digits, latex
from ui.frame import frame
from ui.frame.address import State
from ui.frame.components import component
from ui.frame.fields import Text, Whole
from ui.neuron.neuron import COLORS

COMPONENT = component("network")
EDGE, MOST_EDITS = 20.0, 60
MOST_SIZE = 10_000  # parameters; no network of this page has as many
TOLERANCE = 1e-9
Edits = dict[int, float]


@st.cache_data(max_entries=64, show_spinner=False)
def trained(plan: Plan) -> Trajectory:
    """The trajectory of a plan, computed once for everybody who asks."""
    return trajectory.train(plan)


@st.cache_data(max_entries=64, show_spinner=False)
def torch_difference(plan: Plan) -> tuple[int, float, float]:
    """Epochs trained again in PyTorch (about 250 steps); largest difference of a parameter, of a gradient."""
    from dlcore.oracles import network as oracle

    run = trained(plan)
    steps = -(-len(trajectory.sets(plan).train) // plan.batch) if plan.batch else 1
    epochs = max(1, min(10, 250 // steps, int(run.epochs[-1])))
    kept = run.epochs <= epochs
    reference = oracle.train(plan, epochs)[run.epochs[kept]]
    some = run.theta[np.linspace(0, len(run.theta) - 1, 5).astype(int)]
    gradients = 0.0 if plan.net.f == "step" else oracle.gradient_difference(plan, some)
    return epochs, float(np.abs(run.theta[kept] - reference).max()), gradients


def read_edits(text: str, size: int) -> tuple[Edits, str]:
    """Weights edited by hand, {index: value}, from the address; and a sentence about what was not usable."""
    edits: Edits = {}
    try:
        for pair in text[:2000].split("_")[:MOST_EDITS] if text else []:
            index, value = pair.split(":")
            number = float(value)
            if not math.isfinite(number) or not 0 <= int(index) < size:
                raise ValueError(pair)
            edits[int(index)] = max(-EDGE, min(EDGE, number))
    except ValueError:
        return {}, "The address held edited weights that this network does not have; none was changed."
    return edits, ""


def wrong_points(text: str) -> str:
    """What is wrong with own points in the address: nothing, or a BadInput."""
    if text != "-":
        pointsets.own(text)
    return ""


STATE = State(
    "network",
    {
        "epoch": Whole(0, 999_999, default=None),  # None: the last one
        "edit": Text(
            most=2000, default="", judge=lambda text: read_edits(text, MOST_SIZE)[1], examples=("0:1.5_2:-2",)
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


def asked_edits(size: int) -> Edits:
    """The weights edited by hand that the address asks for in a network of this size."""
    field = Text(most=2000, default="", judge=lambda text: read_edits(text, size)[1])
    return read_edits(STATE.asked("edit", field), size)[0]


def asked_epoch(run: Trajectory) -> int:
    """Index of the state to show: nearest to the epoch that the address asks for, the last if it asks for none."""
    epoch = STATE.asked("epoch")
    return len(run.epochs) - 1 if epoch is None else int(np.abs(run.epochs - epoch).argmin())


def remember(key: str, run: Trajectory, own: bool) -> None:
    """After a pause: epoch, edited weights and own points go from the browser to the address."""
    sent = st.session_state[key].get("moved") or {}
    if not isinstance(sent, dict):
        return
    t, edits = sent.get("t"), sent.get("edits")
    STATE.keep("epoch", int(run.epochs[t]) if isinstance(t, int) and 0 <= t < len(run.epochs) - 1 else None)
    pairs = [f"{int(i)}:{float(v):g}" for i, v in edits] if isinstance(edits, list) else []
    STATE.keep("edit", "_".join(pairs[:MOST_EDITS]))
    if own and isinstance(sent.get("own"), str):
        STATE.keep("own", sent["own"][: 5 * pointsets.OWN_MOST] or "-")


def forget_hand() -> None:
    """Another plan is another network: epoch and edited weights of the old one are dropped."""
    STATE.drop("epoch", "edit")


def _floats(values: Any) -> str:
    with np.errstate(
        over="ignore"
    ):  # a run that diverges is beyond single precision before it is beyond double
        return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()


def _rows(values: np.ndarray) -> list[float | None]:
    return [float(f"{v:.4g}") if math.isfinite(v) else None for v in values]


def payload(run: Trajectory, parts: Sets, shown: str, t: int, edits: Edits) -> dict[str, Any]:
    """What the browser needs: parameters (not pictures), points, curves, colours.

    Args:
        shown: letters of the splits that may be seen: t(rain), v(alidation), e (test).
    """
    plan, names = run.plan, {"t": "train", "v": "validation", "e": "test"}
    split = np.full(len(parts.points.y), "t")
    split[parts.validation], split[parts.test] = "v", "e"
    kinds = [names[s] for s in shown]
    return {
        "id": hashlib.sha256(f"{plan}{shown}".encode()).hexdigest()[:12],
        "net": {
            "features": plan.net.features,
            "hidden": plan.net.hidden,
            "f": plan.net.f,
            "head": plan.net.head,
        },
        "epochs": run.epochs.tolist(),
        "theta": _floats(run.theta),
        "x": _floats(parts.points.x),
        "y": parts.points.y.round(4).tolist(),
        "split": "".join(split),
        "shown": shown,
        "axes": parts.points.axes,
        "regression": parts.points.regression,
        "classes": parts.points.classes,
        "curves": {
            "loss": {kind: _rows(run.loss[kind]) for kind in kinds},
            "accuracy": {kind: _rows(run.accuracy[kind]) for kind in kinds},
        },
        "t": t,
        "edits": list(edits.items()),
        "own": plan.points == "own",
        "most": pointsets.OWN_MOST,
        "colors": {**COLORS, **palette.SPLIT},
    }


def untrained(plan: Plan) -> tuple[Trajectory, Sets]:
    """Points that cannot be trained on (yet), under the initial weights: all of them as training points."""
    points = pointsets.own(plan.own) if plan.points == "own" else pointsets.sample("circle")
    none = np.array([], dtype=np.int64)
    nan = {kind: np.array([np.nan]) for kind in palette.SPLIT}
    run = Trajectory(plan, np.array([0]), plan.net.start(plan.seed)[None], nan, nan)
    return run, Sets(points, np.arange(len(points.y)), none, none)


def picture(plan: Plan, shown: str, on_shape: Any) -> tuple[Trajectory, int, Edits, dict[str, Any]]:
    """The playground; the run, the state on screen, the edited weights, and what the browser said of it."""
    try:
        run, parts = trained(plan), trajectory.sets(plan)
    except BadInput as problem:
        st.warning(f"{problem} The picture shows the untrained network.", icon=":material/info:")
        run, parts = untrained(plan)
    edits, t = asked_edits(plan.net.size), asked_epoch(run)
    result = COMPONENT(
        key="network_picture",
        data=payload(run, parts, shown, t, edits),
        on_moved_change=lambda: remember("network_picture", run, plan.points == "own"),
        on_shape_change=on_shape,
    )
    return run, t, edits, result.get("moved") or {}


def formula(run: Trajectory, t: int, edits: Edits) -> str:
    """The loss with its number at the state on screen, as LaTeX."""
    term = {
        "cross-entropy": r"-\big[y \ln \hat y + (1-y)\ln(1-\hat y)\big]",
        "squared-error": r"\tfrac12(\hat y - y)^2",
        "regression": r"\tfrac12(\hat y - y)^2",
    }[run.plan.net.head]
    value = latex(run.loss["train"][t]) if not edits and len(run.epochs) > 1 else r"\ldots"
    return rf"L(\theta_{{{run.epochs[t]}}}) = \frac1N \sum_i {term} = {value}"


def check(run: Trajectory, t: int, edits: Edits, sent: dict[str, Any]) -> None:
    """The first epochs again in PyTorch; after an edit, the browser's loss beside Python's."""
    if len(run.epochs) == 1:
        return
    theta, parts, net = run.theta[t].copy(), trajectory.sets(run.plan), run.plan.net
    for index, value in edits.items():
        theta[index] = value
    x = net.inputs(parts.points.x[parts.train])
    ours = network.loss(net, theta, x, parts.points.y[parts.train])
    told = sent.get("loss")
    same = dict(map(tuple, sent.get("edits") or [])) == edits and sent.get("t") in (t, -1)
    if (
        isinstance(told, int | float)
        and same
        and t == (len(run.epochs) - 1 if sent["t"] == -1 else sent["t"])
    ):
        # The browser holds the parameters in single precision.
        frame.check(
            "the training loss on screen", ours, told, abs(ours - told), 1e-5 * max(1, ours), "the browser"
        )
    epochs, difference, gradients = torch_difference(run.plan)
    if difference > TOLERANCE and gradients <= TOLERANCE:
        st.caption(
            f":material/alt_route: **Check** · every gradient agrees with PyTorch's autograd (difference "
            f"{digits(gradients, 2)}), and yet after {count(epochs, 'epoch')} the two paths are "
            f"{digits(difference, 2)} "
            f"apart. "
            "Steps this long double the last rounding error again and again: chaos, not a bug."
        )
        return
    frame.check(
        f"all {net.size} parameters after each of the first {epochs} epochs",
        f"dlcore, {run.plan.optimizer}",
        "the same network and batches",
        max(difference, gradients),
        TOLERANCE,
        "PyTorch",
    )


def other_checks(run: Trajectory, t: int) -> None:
    """Loss and accuracy of the recorded state on screen, before any edit, by PyTorch and scikit-learn."""
    from dlcore.oracles import network as oracle

    for kind, (loss, accuracy) in oracle.scores(run.plan, run.theta[t]).items():
        ours = run.loss[kind][t], run.accuracy[kind][t]
        name = f"of the {kind} points in epoch {run.epochs[t]}"
        allowed = TOLERANCE * max(loss, 1e-3)  # ŷ − y is a difference of numbers near 1
        frame.check(f"the loss {name}", ours[0], loss, abs(ours[0] - loss), allowed, "PyTorch's loss")
        if not math.isnan(accuracy):
            off = abs(ours[1] - accuracy)
            frame.check(
                f"the accuracy {name}", ours[1], accuracy, off, 1e-12, "accuracy_score of scikit-learn"
            )


def commentary(run: Trajectory) -> None:
    """What went wrong, if anything did."""
    if len(run.epochs) > 1:
        for sentence in symptoms(run):
            st.warning(sentence, icon=":material/warning:")


def csv(run: Trajectory) -> str:
    """Loss and accuracy of every recorded epoch, then its parameters."""
    names = [f"{kind}_{what}" for kind in ("train", "validation") for what in ("loss", "accuracy")]
    rows = [getattr(run, n.split("_")[1])[n.split("_")[0]] for n in names]
    table = np.column_stack([run.epochs, *rows, run.theta])
    head = ["epoch", *names, *(f"theta{i}" for i in range(run.theta.shape[1]))]
    return as_csv(table, head)
