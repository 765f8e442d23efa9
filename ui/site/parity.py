"""What Python computed in fifty states of each picture: the browser computes them again when somebody asks it to."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlcore import network, neuron
from dlcore.backprop import LOSSES, backward, forward
from dlcore.convolution.sliding import Geometry, convolve
from dlcore.network import Network
from dlcore.neuron import ACTIVATIONS
from dlcore.optimizers import RULES, race
from ui.course import home
from ui.network.controls import LOSSES as HEADS
from ui.neuron.neuron import Hand, write_hand
from ui.optimizers import hand as race_hand
from ui.optimizers import race as race_page
from ui.site.picture import Picture

COUNT = 50
Case = tuple[dict[str, Any] | list[float], list[float]]  # what the browser is given, and Python's numbers

EXACT, OF_NETWORK = 1e-12, 1e-4  # of max(1, |value|); a trained network is computed in single precision
WHAT = {
    "home": "one step of gradient descent",
    "neuron": "z, a and the slope",
    "softmax": "the shares",
    "network": "the gradient of the loss",
    "backprop": "the pass and its four gradients",
    "race": "two steps of a racer, and its losses",
    "convolution": "all cells of the map z",
    "hand": "the scores of all classes",
}


def checks(picture: Picture) -> dict[str, Any]:
    """The states of a picture's page: `cases` with what is given and Python's numbers, `allowed`, `what`."""
    rng = np.random.default_rng(20)
    name = picture.component
    made = _hand(picture) if name == "hand" else [STATES[name](rng, picture) for _ in range(COUNT)]
    return {
        "cases": [{"given": given, "numbers": numbers} for given, numbers in made],
        "allowed": OF_NETWORK if name == "hand" else EXACT,
        "what": WHAT[name],
    }


def _home(rng: np.random.Generator, picture: Picture) -> Case:
    start = rng.uniform(-3, 3, 3)
    points = np.array(picture.data["points"])
    net = home.PLAN.net
    x, y = net.inputs(points[:, :2]), 2 * points[:, 2] - 1  # classes are −1 and 1 there
    after = start - picture.data["eta"] * network.backward(net, start, x, y)
    return start.tolist(), [*after.tolist(), float(network.loss(net, after, x, y))]


def _neuron(rng: np.random.Generator, _: Picture) -> Case:
    n, f = int(rng.choice((1, 2, 3, 5))), str(rng.choice(list(ACTIVATIONS)))
    w, b, x = (np.round(rng.uniform(-most, most, k), 3) for most, k in ((4, n), (10, 1), (5, n)))
    z = float(neuron.pre_activation(w, x, b[0]))
    at = write_hand(Hand(tuple(map(float, w)), float(b[0]), tuple(map(float, x))))
    return {"at": at, "f": f}, [z, float(ACTIVATIONS[f].f(z)), float(ACTIVATIONS[f].df(z))]


def _softmax(rng: np.random.Generator, _: Picture) -> Case:
    z, temperature = rng.uniform(-5, 5, int(rng.integers(2, 6))).tolist(), float(rng.uniform(0.1, 10))
    return {"z": z, "T": temperature}, neuron.softmax(z, temperature).tolist()


def _backprop(rng: np.random.Generator, _: Picture) -> Case:
    numbers = {
        name: float(v) for name, v in zip(("x", "w1", "b1", "w2", "b2"), rng.uniform(-3, 3, 5), strict=True)
    }
    y, loss = float(rng.uniform()), str(rng.choice(list(LOSSES)))
    params = {name: numbers[name] for name in ("w1", "b1", "w2", "b2")}
    values, slopes = forward(params, numbers["x"], y, loss), backward(params, numbers["x"], y, loss)
    found = [getattr(values, name) for name in ("z1", "h", "z2", "y_hat", "loss")]
    found += [getattr(slopes, name) for name in params]
    return {"numbers": numbers | {"y": y}, "loss": loss}, [float(v) for v in found]


def _convolution(rng: np.random.Generator, _: Picture) -> Case:
    side, k, s, p, d = (
        int(rng.integers(5, 9)),
        *(int(rng.integers(*to)) for to in ((1, 4), (1, 3), (0, 3), (1, 3))),
    )
    x, w = rng.uniform(0, 1, (side, side)), rng.uniform(-2, 2, (k, k))
    given = {
        "x": x.ravel().tolist(),
        "side": side,
        "w": w.ravel().tolist(),
        "geometry": {"k": k, "s": s, "p": p, "d": d},
    }
    return given, convolve(x, w, Geometry(k, s, p, d)).ravel().tolist()


def _network(rng: np.random.Generator, _: Picture) -> Case:
    hidden = tuple(int(m) for m in rng.integers(1, 5, int(rng.integers(0, 3))))
    net = Network(
        ("x1", "x2", "x1x2"),
        hidden,
        str(rng.choice(list(ACTIVATIONS))),
        str(rng.choice([*HEADS, "regression"])),
    )
    theta, x = rng.uniform(-1, 1, net.size), rng.uniform(-5, 5, (6, 2))
    y = rng.choice((-1.0, 1.0), 6)
    sent = {"features": net.features, "hidden": net.hidden, "f": net.f, "head": net.head}
    given = {"net": sent, "theta": theta.tolist(), "x": x.tolist(), "y": y.tolist()}
    return given, network.backward(net, theta, net.inputs(x), y).tolist()


def _race(rng: np.random.Generator, _: Picture) -> Case:
    name = str(rng.choice(list(RULES)))
    rule = RULES[name](lr=0.01, **race_page.HABITS.get(name, {}))
    place = str(rng.choice([name for name in race_page.SURFACES if name != "logistic"]))
    surface = race_page.ground(place, 10.0)
    start = (
        float(surface.start[0] + rng.uniform(-0.5, 0.5)),
        float(surface.start[1] + rng.uniform(-0.5, 0.5)),
    )
    found = race(surface, [rule], [start], 2)
    plan = race_page.Plan(place, 10.0, (rule,), start, 2, 0.0, 0)
    given = {"surface": race_hand.surface_as_sent(plan), "rule": race_hand.racer(rule), "start": start}
    return given, [*found.paths[0, 0].ravel().tolist(), *found.losses[0, 0].tolist()]


def _hand(picture: Picture) -> list[Case]:
    """Every image of every network on the page, as PyTorch scored them when the network was trained."""
    scores = picture.more["scores"]
    return [({"run": run, "image": n}, row) for run, rows in scores.items() for n, row in enumerate(rows)]


STATES: Mapping[str, Callable[[np.random.Generator, Picture], Case]] = {
    "home": _home,
    "neuron": _neuron,
    "softmax": _softmax,
    "network": _network,
    "backprop": _backprop,
    "race": _race,
    "convolution": _convolution,
}
