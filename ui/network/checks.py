"""What the server computes of a small network that trains in the browser, once it rests: formula, checks, verdict."""

import math
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore import network
from dlcore.csv_text import as_csv
from dlcore.network import trajectory
from dlcore.network.symptoms import verdict
from dlcore.network.trajectory import Plan, Sets, Trajectory
from dlcore.number_text import count, digits, latex
from ui.frame import frame
from ui.network.rest import Rest

Array = NDArray[np.float64]
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Shown:
    """The network on screen: its plan and points, what the browser says of it at rest, whether it can train."""

    plan: Plan
    parts: Sets
    rest: Rest | None
    trains: bool

    @property
    def epoch(self) -> int:
        """Of the state on screen; 0 until the browser rests."""
        return self.rest.epoch if self.rest else 0

    @property
    def theta(self) -> Array:
        """(p,) the parameters on screen; the initial ones until the browser rests."""
        return self.rest.theta if self.rest else self.plan.net.start(self.plan.seed)

    def training_points(self) -> tuple[Array, Array]:
        """Features (n, d) and targets (n,)."""
        points, train = self.parts.points, self.parts.train
        return self.plan.net.inputs(points.x[train]), points.y[train]


@st.cache_data(max_entries=64, show_spinner=False)
def first_epochs(plan: Plan) -> Trajectory:
    """Python's own first epochs of a plan (about 250 steps), the oracle of the browser's."""
    return trajectory.train(replace(plan, epochs=how_many(plan, len(trajectory.sets(plan).train))))


def how_many(plan: Plan, n: int) -> int:
    """Epochs that make about 250 steps on n training points; 1 to 10."""
    return max(1, min(10, 250 // len(trajectory.slices(max(n, 1), plan.batch))))


def formula(shown: Shown) -> str:
    """The loss with its number in the state on screen, as LaTeX."""
    net = shown.plan.net
    term = {
        "cross-entropy": r"-\big[y \ln \hat y + (1-y)\ln(1-\hat y)\big]",
        "squared-error": r"\tfrac12(\hat y - y)^2",
        "regression": r"\tfrac12(\hat y - y)^2",
    }[net.head]
    value = latex(network.loss(net, shown.theta, *shown.training_points())) if shown.trains else r"\ldots"
    return rf"L(\theta_{{{shown.epoch}}}) = \frac1N \sum_i {term} = {value}"


def check(shown: Shown) -> None:
    """Loss and gradient at the parameters on screen: the browser's (dlcore's until it rests), and PyTorch's."""
    from dlcore.oracles import network as oracle

    net, theta, (x, y) = shown.plan.net, shown.theta, shown.training_points()
    loss, gradient = network.loss(net, theta, x, y), network.backward(net, theta, x, y)
    if shown.rest:
        loss, gradient = shown.rest.loss, shown.rest.gradient
    their_loss, their_gradient = oracle.loss_and_gradient(net, theta, x, y)
    apart = abs(loss - their_loss)
    what = f"the training loss at epoch {shown.epoch}"
    if net.f != "step":  # autograd does not follow a jump
        apart = max(apart, float(np.abs(gradient - their_gradient).max()))
        what = f"the training loss at epoch {shown.epoch}, and its {net.size} partial derivatives"
    scale = max(1.0, abs(their_loss), float(np.abs(their_gradient).max()))
    frame.check(what, loss, their_loss, apart, TOLERANCE * scale, "PyTorch")


def other_checks(shown: Shown) -> None:
    """Loss and accuracy of every split on screen, by PyTorch and scikit-learn; and the first epochs once more."""
    from dlcore.oracles import network as oracle

    plan, points = shown.plan, shown.parts.points
    for kind, (loss, accuracy) in oracle.scores(plan, shown.theta).items():
        rows = getattr(shown.parts, kind)
        x, y = plan.net.inputs(points.x[rows]), points.y[rows]
        name = f"of the {kind} points in epoch {shown.epoch}"
        ours = network.loss(plan.net, shown.theta, x, y)
        allowed = TOLERANCE * max(loss, 1e-3)  # ŷ − y is a difference of numbers near 1
        frame.check(f"the loss {name}", ours, loss, abs(ours - loss), allowed, "PyTorch's loss")
        if not math.isnan(accuracy):
            z = network.forward(plan.net, shown.theta, x).z[-1][:, 0]
            ours = float(((z > 0) == (y > 0)).mean())
            off = abs(ours - accuracy)
            frame.check(f"the accuracy {name}", ours, accuracy, off, 1e-12, "accuracy_score of scikit-learn")
    _the_first_epochs(shown)


def _the_first_epochs(shown: Shown) -> None:
    """Python's own training of the first epochs beside PyTorch's and the browser's."""
    from dlcore.oracles import network as oracle

    plan, run = shown.plan, first_epochs(shown.plan)
    epochs, ours = int(run.epochs[-1]), run.theta[-1]
    gradients = 0.0 if plan.net.f == "step" else oracle.gradient_difference(plan, run.theta[[0, -1]])
    others = {"PyTorch": oracle.train(plan, epochs)[-1]}
    if shown.rest and shown.rest.first is not None and run.diverged is None:
        others["the browser"] = shown.rest.first
    for name, theirs in others.items():
        difference = float(np.abs(ours - theirs).max())
        if difference > TOLERANCE and gradients <= TOLERANCE:
            st.caption(
                f":material/alt_route: **Check** · every gradient agrees with PyTorch's autograd (difference "
                f"{digits(gradients, 2)}), and yet after {count(epochs, 'epoch')} the paths of dlcore and {name} are "
                f"{digits(difference, 2)} apart. Steps this long double the last rounding error again and again: "
                "chaos, not a bug."
            )
            continue
        frame.check(
            f"all {plan.net.size} parameters after the first {count(epochs, 'epoch')}",
            f"dlcore, {plan.optimizer}",
            "the same network and batches",
            difference,
            TOLERANCE,
            name,
        )


def commentary(shown: Shown) -> None:
    """What went wrong, if anything did."""
    rest, net = shown.rest, shown.plan.net
    if rest is None or not shown.trains or len(rest.epochs) < 2:
        return
    where = trajectory.where_overflowed(net, rest.layers) if rest.layers else ""
    for sentence in verdict(net, rest.epochs, rest.losses, rest.dead, rest.diverged, where):
        st.warning(sentence, icon=":material/warning:")


def curves(rest: Rest) -> str:
    """Loss and accuracy of every recorded epoch, as CSV."""
    columns = {f"{kind}_loss": values for kind, values in rest.losses.items()}
    columns |= {f"{kind}_accuracy": values for kind, values in rest.accuracies.items()}
    return as_csv(np.column_stack([rest.epochs, *columns.values()]), ["epoch", *columns])


def parameters(shown: Shown) -> str:
    """The parameters on screen with the gradient there, as CSV: a row each, in theta's order."""
    net = shown.plan.net
    gradient = network.backward(net, shown.theta, *shown.training_points())
    table = np.column_stack([np.arange(net.size), shown.theta, gradient])
    return as_csv(table, ["index", "theta", "gradient"])
