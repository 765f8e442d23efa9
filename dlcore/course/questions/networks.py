"""Questions about one neuron, softmax, the loss, and the two-neuron network forward and back."""

from collections.abc import Callable

import numpy as np

from dlcore import backprop, neuron
from dlcore.course.questions.question import Mistake, Question, n, p, plus


def tenth(rng: np.random.Generator, low: float, high: float) -> float:
    """A number with one digit after the point, not 0."""
    while (value := round(float(rng.uniform(low, high)), 1)) == 0:
        pass
    return value


def weighted_sum(rng: np.random.Generator) -> Question:
    """z of a neuron with two inputs."""
    w1, w2, b, x1, x2 = (tenth(rng, -3, 3) for _ in range(5))
    z = float(neuron.pre_activation([w1, w2], [x1, x2], b))
    return Question(
        "neuron",
        f"A neuron has $w = ({n(w1)}, {n(w2)})$ and $b = {n(b)}$. What is its pre-activation $z$ for "
        f"$x = ({n(x1)}, {n(x2)})$?",
        z,
        rf"$$z = w_1 x_1 + w_2 x_2 + b = {p(w1)} \cdot {p(x1)} + {p(w2)} \cdot {p(x2)} {plus(b)} = {n(z)}$$",
        {"neuron_at": f"{w1:g},{w2:g};{b:g};{x1:g},{x2:g}"},
        ((z - b, "You forgot the bias b."), (z - 2 * b, "You subtracted the bias instead of adding it.")),
    )


def softmax(rng: np.random.Generator) -> Question:
    """One of three probabilities."""
    z = [tenth(rng, -2, 3) for _ in range(3)]
    i = int(rng.integers(3))
    a = neuron.softmax(z)
    total = float(np.exp(z).sum())
    return Question(
        "neuron",
        rf"Three scores, $z = ({n(z[0])}, {n(z[1])}, {n(z[2])})$. What is the softmax probability $a_{i + 1}$?",
        float(a[i]),
        rf"$$a_{i + 1} = \frac{{e^{{{n(z[i])}}}}}{{e^{{{n(z[0])}}} + e^{{{n(z[1])}}} + e^{{{n(z[2])}}}}} "
        rf"= \frac{{{n(float(np.exp(z[i])))}}}{{{n(total)}}} = {n(float(a[i]))}$$",
        {"neuron_tab": "Softmax", "neuron_softmax": f"{z[0]:g},{z[1]:g},{z[2]:g};1"},
        (
            (float(np.exp(z[i])), "You forgot to divide by the sum of all three powers of e."),
            (
                float(neuron.sigmoid(z[i])),
                "That is the sigmoid of this score alone; softmax reads all three.",
            ),
        ),
    )


def cross_entropy(rng: np.random.Generator) -> Question:
    """Binary cross-entropy of one prediction."""
    y_hat = round(float(rng.uniform(0.05, 0.95)), 2)
    y = int(rng.integers(2))
    loss = float(backprop.naive_cross_entropy(np.float64(y_hat), y))
    said = y_hat if y else 1 - y_hat
    return Question(
        "backprop",
        rf"The prediction is $\hat{{y}} = {n(y_hat)}$, the truth $y = {y}$. What is the binary cross-entropy "
        "$L$ (natural logarithm)?",
        loss,
        rf"Only the term of the true class counts: $$L = -\log({n(said)}) = {n(loss)}$$",
        mistakes=(
            (-loss, "You forgot the minus sign: a logarithm of a probability is negative."),
            (float(-np.log(1 - said)), "That is the term of the other class."),
            (loss / float(np.log(10)), "That is the logarithm to base 10; the natural one is meant."),
            (loss / float(np.log(2)), "That is the logarithm to base 2; the natural one is meant."),
        ),
    )


def _case(rng: np.random.Generator) -> tuple[dict[str, float], float, int]:
    params = {
        "w1": tenth(rng, -2, 2),
        "b1": tenth(rng, -1, 1),
        "w2": tenth(rng, -2, 2),
        "b2": tenth(rng, -1, 1),
    }
    return params, tenth(rng, 0.5, 3), int(rng.integers(2))


def _given(params: dict[str, float], x: float, y: int) -> str:
    return (
        f"The two-neuron network has $w_1 = {n(params['w1'])}$, $b_1 = {n(params['b1'])}$, "
        f"$w_2 = {n(params['w2'])}$, $b_2 = {n(params['b2'])}$; the sample is $x = {n(x)}$, $y = {y}$."
    )


def _state(params: dict[str, float], x: float, y: int) -> dict[str, str]:
    usual = {"backprop_x": "1.5", "backprop_y": "1", "backprop_w1": "0.8", "backprop_b1": "0.2"}
    usual |= {"backprop_w2": "-1.1", "backprop_b2": "0.3"}
    state = {f"backprop_{name}": f"{value:g}" for name, value in {**params, "x": x, "y": y}.items()}
    return {key: value for key, value in state.items() if key == "backprop_x" or usual[key] != value}


def _forward_lines(params: dict[str, float], x: float, values: backprop.Pass) -> str:
    z1, h, z2, y_hat = (float(v) for v in (values.z1, values.h, values.z2, values.y_hat))
    w1, b1, w2, b2 = (params[name] for name in backprop.PARAMETERS)
    return (
        rf"z_1 &= {p(w1)} \cdot {p(x)} {plus(b1)} = {n(z1)} \\ h &= \max(0, {n(z1)}) = {n(h)} \\ "
        rf"z_2 &= {p(w2)} \cdot {n(h)} {plus(b2)} = {n(z2)} \\ \hat{{y}} &= \sigma({n(z2)}) = {n(y_hat)}"
    )


def forward_pass(rng: np.random.Generator) -> Question:
    """ŷ of the two-neuron network."""
    params, x, y = _case(rng)
    v = backprop.forward(params, x, y)
    return Question(
        "backprop",
        rf"{_given(params, x, y)} What is $\hat{{y}}$?",
        float(v.y_hat),
        rf"$$\begin{{aligned}} {_forward_lines(params, x, v)} \end{{aligned}}$$",
        _state(params, x, y),
        (
            (float(v.z2), "That is z₂; the sigmoid of it is missing."),
            (float(neuron.sigmoid(v.z2 - params["b2"])), "You forgot the bias b₂."),
            *_without_relu(v, params, lambda y_hat: y_hat),
        ),
    )


def _without_relu(
    v: backprop.Pass, params: dict[str, float], of: Callable[[float], float]
) -> tuple[Mistake, ...]:
    """What comes out if h = z₁ also below 0; nothing where the ReLU is open, for there it is right."""
    if v.z1 > 0:
        return ()
    y_hat = float(neuron.sigmoid(params["w2"] * v.z1 + params["b2"]))
    return ((of(y_hat), "You forgot the ReLU: h is 0 where z₁ is negative."),)


def gradient(rng: np.random.Generator) -> Question:
    """One of the four gradients of the two-neuron network; one case in six has a closed ReLU."""
    params, x, y = _case(rng)
    while (float(backprop.forward(params, x, y).z1) <= 0) != (rng.random() < 1 / 6):
        params, x, y = _case(rng)
    name = str(rng.choice(backprop.PARAMETERS))
    v, g = backprop.forward(params, x, y), backprop.backward(params, x, y)
    slope = int(neuron.d_relu(v.z1))
    error = rf"({n(float(v.y_hat))} - {y})"
    symbols = {
        "w1": (
            r"(\hat{y} - y)\, w_2\, \mathrm{ReLU}'(z_1)\, x",
            rf"\cdot {p(params['w2'])} \cdot {slope} \cdot {p(x)}",
        ),
        "b1": (r"(\hat{y} - y)\, w_2\, \mathrm{ReLU}'(z_1)", rf"\cdot {p(params['w2'])} \cdot {slope}"),
        "w2": (r"(\hat{y} - y)\, h", rf"\cdot {n(float(v.h))}"),
        "b2": (r"\hat{y} - y", ""),
    }
    formula, rest = symbols[name]
    letter = f"{name[0]}_{name[1]}"
    value = float(getattr(g, name))
    factors = {"w1": params["w2"] * x, "b1": params["w2"], "w2": float(v.z1), "b2": 1.0}
    return Question(
        "backprop",
        rf"{_given(params, x, y)} The loss is binary cross-entropy. What is $\partial L / \partial {letter}$?",
        value,
        rf"$$\begin{{aligned}} {_forward_lines(params, x, v)} \\ \frac{{\partial L}}{{\partial {letter}}} &= "
        rf"{formula} = {error} {rest} = {n(value)} \end{{aligned}}$$",
        _state(params, x, y),
        (
            *_without_relu(v, params, lambda y_hat: (y_hat - y) * factors[name]),
            *(_wrong_gradients(name, value, v, params["w2"], x) if value else ()),
        ),
    )


def _wrong_gradients(name: str, value: float, v: backprop.Pass, w2: float, x: float) -> tuple[Mistake, ...]:
    """Classic mistakes about a gradient that is not 0."""
    y_hat = float(v.y_hat)
    found = [
        (-value, "The sign is the other way round: the error signal is ŷ − y."),
        (
            value * y_hat * (1 - y_hat),
            "The slope of the sigmoid does not stay: it cancels with the cross-entropy.",
        ),
    ]
    if name == "w1":
        found.append((value / x, "You forgot the factor x, which w₁ multiplies."))
    if name in ("w1", "b1"):
        found.append((value / w2, "You forgot the factor w₂: the error signal comes back through it."))
    if name == "w2":
        found.append((value / float(v.h), "You forgot the factor h, which w₂ multiplies."))
    return tuple(found)


GENERATORS = (weighted_sum, softmax, cross_entropy, forward_pass, gradient)
