"""Expected answers about neurons, depth and backpropagation.

Every function takes the query parameters of the step's link, so that the answer is about the state on screen.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dlcore import backprop, neuron
from dlcore.network import Network
from dlcore.network.trajectory import Plan, train
from dlcore.neuron import stacked
from dlcore.neuron.glm import classification, fit

State = Mapping[str, str]
Value = int | float | str


@dataclass(frozen=True)
class Answer:
    """What is expected, and the numbers that the step's texts may mention.

    Attributes:
        value: a whole number, a number, or the key of a choice.
        facts: by name.
    """

    value: Value
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class _Hand:
    w: np.ndarray
    b: float
    x: np.ndarray


def _hand(state: State) -> _Hand:
    """The neuron of an address, "w1,w2;b;x1,x2"."""
    w, b, x = (np.array([float(v) for v in row.split(",")]) for row in state["neuron_at"].split(";"))
    return _Hand(w, float(b[0]), x)


def weighted_sum(state: State) -> Answer:
    """z = w·x + b of the neuron in the link."""
    h = _hand(state)
    z = float(neuron.pre_activation(h.w, h.x, h.b))
    facts = {"w1": h.w[0], "w2": h.w[1], "b": h.b, "x1": h.x[0], "x2": h.x[1]}
    return Answer(z, {name: float(v) for name, v in facts.items()} | {"z": z, "a": float(neuron.sigmoid(z))})


def doubled_weights(state: State) -> Answer:
    """Whether w·x + b = 0 moves when w and b are doubled: "stays" or "moves"."""
    h = _hand(state)
    once, twice = neuron.hyperplane(h.w, h.b), neuron.hyperplane(2 * h.w, 2 * h.b)
    same = once.foot is not None and twice.foot is not None and np.allclose(once.foot, twice.foot)
    steep = 2 * np.linalg.norm(h.w) / 4, np.linalg.norm(h.w) / 4  # the sigmoid's slope across the line
    return Answer("stays" if same else "moves", {"before": float(steep[1]), "after": float(steep[0])})


CORNERS = np.array(list(itertools.product((-2.0, 2.0), repeat=2)))  # (4, 2)
LOGIC = {
    "and": (CORNERS > 0).all(axis=1),
    "or": (CORNERS > 0).any(axis=1),
    "xor": (CORNERS > 0).sum(axis=1) == 1,
}


def most_right(f: str, corners: str) -> int:
    """The most of four corners that one neuron gets right, over a fine grid of lines."""
    angles = np.linspace(0, 2 * np.pi, 73)
    w = np.column_stack([np.cos(angles), np.sin(angles)])  # (73, 2)
    b = np.linspace(-5, 5, 101)
    z = (CORNERS @ w.T)[:, :, None] + b  # (4, 73, 101)
    # Class 1 is where a exceeds its value on the line z = 0.
    activation = neuron.ACTIVATIONS[f]
    says = activation.f(z) > activation.f(0.0)
    return int((says == LOGIC[corners][:, None, None]).sum(axis=0).max())


def corners_right(state: State) -> Answer:
    """How many of the link's four points one sigmoid neuron can get right."""
    corners = state["neuron_points"]
    return Answer(most_right("sigmoid", corners), {name: most_right("sigmoid", name) for name in LOGIC})


def corners_right_bent(state: State) -> Answer:
    """Whether another f than the sigmoid gets more of them right: "more" or "same"."""
    names = [name for name, a in neuron.ACTIVATIONS.items() if a.monotone]
    best = max(most_right(name, state["neuron_points"]) for name in names)
    usual = most_right("sigmoid", state["neuron_points"])
    return Answer("more" if best > usual else "same", {"tried": len(names), "best": best})


def is_it_logistic_regression(state: State) -> Answer:
    """Whether scikit-learn's default has the weights of our unpenalised neuron: "same" or "shorter"."""
    from dlcore.oracles.neuron import logistic_regression

    columns = classification(0, 1)
    ours = float(np.linalg.norm(fit(columns).theta[:2]))
    plain, _ = logistic_regression(columns.x, columns.y, 0.0)
    theirs, _ = logistic_regression(columns.x, columns.y, 1.0 / len(columns.y))
    facts = {"ours": ours, "theirs": float(np.linalg.norm(theirs)), "plain": float(np.linalg.norm(plain))}
    return Answer("shorter" if facts["theirs"] < ours * (1 - 1e-6) else "same", facts)


def steepest_sigmoid(state: State) -> Answer:
    """The largest slope of the sigmoid, over a fine grid."""
    z = np.linspace(-10, 10, 20001)
    slopes = neuron.d_sigmoid(z)
    facts = {
        "at": abs(float(z[slopes.argmax()])),
        "ten": float(slopes.max() ** 10),
        "slope": float(slopes.max()),
    }
    return Answer(float(slopes.max()), facts)


def slope_here(state: State) -> Answer:
    """f'(z) of the link's activation at the link's z."""
    h = _hand(state)
    z = float(neuron.pre_activation(h.w, h.x, h.b))
    f = neuron.ACTIVATIONS[state["neuron_f"].lower().replace(" ", "_")]
    return Answer(float(f.df(z)), {"z": z, "a": float(f.f(z))})


def collapses(state: State) -> Answer:
    """Whether the link's stack of layers is one affine map: "same" to rounding, or "apart"."""
    f = state.get("neuron_between", "identity").lower()
    depth = int(float(state.get("neuron_depth", "6")))
    found = [stacked.compare(depth, 4, f, seed) for seed in range(5)]
    difference = max(c.difference for c in found)
    least = min(c.difference for c in found)
    return Answer("same" if difference < 1e-10 else "apart", {"difference": difference, "least": least})


def network_accuracy(state: State) -> Answer:
    """Share of the test points that the link's small network gets right, in classes "half", "some", "all"."""
    run = train(plan_of(state))
    right = float(run.accuracy["test"][-1])
    key = "all" if right > 0.95 else "half" if right < 0.65 else "some"
    return Answer(key, {"percent": 100 * right, "epochs": int(run.epochs[-1])})


def validation_turns(state: State) -> Answer:
    """What the validation loss of the link's small network does by the end: "rises" or "falls"."""
    run = train(plan_of(state))
    loss = run.loss["validation"]
    facts = {
        "lowest": float(loss.min()),
        "last": float(loss[-1]),
        "epoch": int(run.epochs[loss.argmin()]),
        "train_last": float(run.loss["train"][-1]),
    }
    return Answer("rises" if loss[-1] > 1.05 * loss.min() else "falls", facts)


def plan_of(state: State) -> Plan:
    """The plan that the link's controls add up to; what the link does not say is the page's default."""
    layers = state.get("network_layers", "4-2")
    hidden = () if layers == "none" else tuple(int(m) for m in layers.split("-"))
    losses = {"squared error, tanh output": "squared-error", "cross-entropy, sigmoid output": "cross-entropy"}
    loss = losses[state.get("network_loss", "squared error, tanh output")]
    return Plan(
        Network(("x1", "x2"), hidden, state.get("network_act", "tanh").lower(), loss),
        state.get("network_data", "circle"),
        n=int(state.get("network_size", "500")),
        noise=int(state.get("network_noise", "0")) / 100,
        optimizer={"SGD": "sgd", "Adam": "adam"}[state.get("network_opt", "SGD")],
        lr=float(state.get("network_lr", "0.03")),
        epochs=int(state.get("network_epoch", "300")),
        seed=int(float(state.get("network_seed", "0"))),
    )


def shifted_scores(state: State) -> Answer:
    """What softmax makes of the link's scores with one added to each: "same" or "other"."""
    z = np.array([float(v) for v in state["neuron_softmax"].split(";")[0].split(",")])
    p, q = neuron.softmax(z), neuron.softmax(z + 1)
    facts = {f"p{i}": float(v) for i, v in enumerate(p, start=1)}
    return Answer("same" if np.allclose(p, q, rtol=0, atol=1e-12) else "other", facts)


def two_neurons(state: State) -> tuple[dict[str, float], float, float, float]:
    """Parameters, x, y and η of the link's two-neuron network."""
    presets = {"dead ReLU": {"w1": -0.8}}
    usual = {"x": 1.5, "y": 1.0, "w1": 0.8, "b1": 0.2, "w2": -1.1, "b2": 0.3, "eta": 0.5}
    usual |= presets.get(state.get("backprop_preset", ""), {})
    n = {name: float(state.get(f"backprop_{name}", value)) for name, value in usual.items()}
    return {name: n[name] for name in backprop.PARAMETERS}, n["x"], n["y"], n["eta"]


def _worked(state: State) -> tuple[backprop.Pass, backprop.Gradients, dict[str, Value]]:
    params, x, y, eta = two_neurons(state)
    values, g = backprop.forward(params, x, y), backprop.backward(params, x, y)
    after = backprop.forward(backprop.step(params, g, eta), x, y)
    facts: dict[str, Value] = {**params, "x": x, "y": y, "eta": eta}
    facts |= {name: float(getattr(values, name)) for name in ("z1", "h", "z2", "y_hat", "loss")}
    facts |= {f"d_{name}": float(getattr(g, name)) for name in backprop.PARAMETERS}
    return values, g, facts | {"loss_after": float(after.loss)}


def prediction(state: State) -> Answer:
    """ŷ of the two-neuron network."""
    values, _, facts = _worked(state)
    return Answer(float(values.y_hat), facts)


def error_signal(state: State) -> Answer:
    """∂L/∂z₂ of the two-neuron network."""
    _, g, facts = _worked(state)
    return Answer(float(g.b2), facts)


def gradient_w1(state: State) -> Answer:
    """∂L/∂w₁ of the two-neuron network."""
    _, g, facts = _worked(state)
    return Answer(float(g.w1), facts)


def loss_after_step(state: State) -> Answer:
    """Whether the loss is "lower" or "higher" after one step with the link's η."""
    values, _, facts = _worked(state)
    return Answer("lower" if float(facts["loss_after"]) < float(values.loss) else "higher", facts)


FUNCTIONS = (
    weighted_sum,
    doubled_weights,
    corners_right,
    corners_right_bent,
    is_it_logistic_regression,
    steepest_sigmoid,
    slope_here,
    collapses,
    network_accuracy,
    validation_turns,
    shifted_scores,
    prediction,
    error_signal,
    gradient_w1,
    loss_after_step,
)
