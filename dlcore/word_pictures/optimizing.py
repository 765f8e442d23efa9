"""Small pictures about slopes and steps; every path is walked by the lab's own rules."""

from typing import Any

import numpy as np

from dlcore.backprop.matrix_form import gradient_norms
from dlcore.experiments.running_average import running_average
from dlcore.figures.palette import ACCENT, CATEGORIES, DANGER, MUTED, NEGATIVE, OURS, REFERENCE
from dlcore.number_text import count, digits
from dlcore.optimizers import RULES, race
from dlcore.optimizers.surfaces import bowl
from dlcore.schedules import SCHEDULES
from dlcore.word_pictures.drawing import Element, Frame, Sheet, SmallPicture, one_frame

PLANE = Sheet((-2.4, 2.4), (-1.5, 1.5), "θ₁", "θ₂", square=True)
START = (-2.0, 1.2)
AROUND = np.linspace(0, 2 * np.pi, 73)


def _ellipses(condition: float, sheet: Sheet = PLANE) -> list[Element]:
    """Level lines of ½(θ₁² + κ θ₂²)."""
    return [
        sheet.curve(r * np.cos(AROUND), r * np.sin(AROUND) / condition**0.5, MUTED, width=1)
        for r in (0.5, 1.0, 1.6, 2.3)
    ]


def _path(rule: str, steps: int = 60, condition: float = 10.0, **settings: Any) -> np.ndarray:
    """Where one optimizer walks on a bowl, (steps + 1, 2)."""
    walked = race(bowl(condition), [RULES[rule](**settings)], [START], steps)
    return np.asarray(walked.paths[0, 0])


def _walked(path: np.ndarray, colour: str, dash: str = "") -> tuple[Element, ...]:
    return (
        PLANE.curve(path[:, 0], path[:, 1], colour, width=2, dash=dash),
        *PLANE.dots(path[-1, 0], path[-1, 1], colour),
    )


def minus_gradient() -> SmallPicture:
    """−∇L and the way to the minimum, around a level line of a bowl."""
    surface = bowl(10.0)
    frames = []
    for angle in np.linspace(0, np.pi / 2, 31):
        at = 1.6 * np.array([np.cos(angle), np.sin(angle) / 10**0.5])
        down = -surface.grad(at)
        turned = np.degrees(np.arccos(np.clip(down @ -at / np.linalg.norm(down) / np.linalg.norm(at), -1, 1)))
        arrows = PLANE.arrow(at, at + down / np.linalg.norm(down), OURS)
        straight = PLANE.curve([at[0], 0], [at[1], 0], REFERENCE, dash="5 4", width=2)
        said = f"−∇L misses the minimum by {digits(float(turned))}°"
        frames.append(
            Frame(f"{np.degrees(angle):.0f}°", said, (straight, *arrows, *PLANE.dots(at[0], at[1], OURS)))
        )
    ground = (*PLANE.axes(), *_ellipses(10))
    return SmallPicture(
        "Level ellipses, an arrow down the slope, the way to the center.", ground, tuple(frames), "place", 12
    )


def learning_rates() -> SmallPicture:
    """Gradient descent on a bowl at several rates."""
    limit = 2 / float(np.linalg.eigvalsh(bowl(10.0).hessian(np.zeros(2))).max())
    frames = []
    for eta in np.linspace(0.01, 0.22, 43):
        path = _path("gradient_descent", 40, lr=float(eta))
        loss = float(bowl(10.0).f(path[-1]))
        away = f" (above 2/λ = {digits(limit)})" if eta > limit else ""
        seen = _walked(path, DANGER if away else OURS)
        frames.append(Frame(digits(eta), f"after 40 steps L = {digits(loss)}{away}", seen))
    ground = (*PLANE.axes(), *_ellipses(10))
    return SmallPicture("A path that zigzags the more, the larger the rate.", ground, tuple(frames), "η", 28)


def _against_descent(rule: str, name: str, betas: np.ndarray) -> SmallPicture:
    plain = _path("gradient_descent", 40, lr=0.02)
    ground = (*PLANE.axes(), *_ellipses(10), *_walked(plain, REFERENCE, "5 4"))
    frames = []
    for beta in betas:
        path = _path(rule, 40, lr=0.02, beta=float(beta))
        losses = [float(bowl(10.0).f(one[-1])) for one in (path, plain)]
        said = f"after 40 steps L = {digits(losses[0])}; without momentum (dashed) {digits(losses[1])}"
        frames.append(Frame(digits(beta), said, _walked(path, OURS)))
    return SmallPicture(f"Two paths: gradient descent and {name}.", ground, tuple(frames), "β", 14)


def momentum() -> SmallPicture:
    """The heavy ball beside gradient descent."""
    return _against_descent("momentum", "momentum", np.linspace(0, 0.95, 20))


def nesterov() -> SmallPicture:
    """Nesterov's form beside gradient descent."""
    return _against_descent("nesterov", "Nesterov momentum", np.linspace(0, 0.95, 20))


def adaptive() -> SmallPicture:
    """RMSprop beside gradient descent."""
    return _adaptive("rmsprop", "RMSprop")


def adam() -> SmallPicture:
    """Adam beside gradient descent."""
    return _adaptive("adam", "Adam")


def _adaptive(rule: str, name: str) -> SmallPicture:
    plain = _path("gradient_descent", 40, lr=0.05)
    ground = (*PLANE.axes(), *_ellipses(10), *_walked(plain, REFERENCE, "5 4"))
    frames = []
    for eta in np.geomspace(0.01, 0.5, 21):
        path = _path(rule, 40, lr=float(eta))
        first = np.abs(path[1] - path[0])
        said = f"first step: {digits(float(first[0]))} and {digits(float(first[1]))}, along both axes alike"
        frames.append(Frame(digits(eta), said, _walked(path, OURS)))
    return SmallPicture(f"Two paths: gradient descent (dashed) and {name}.", ground, tuple(frames), "η", 11)


def conditions() -> SmallPicture:
    """Level ellipses for several condition numbers, and what gradient descent needs there."""
    frames = []
    for condition in np.unique(np.round(np.geomspace(1, 100, 25))):
        # η = 2 / (λ_min + λ_max) shrinks both directions by the same factor.
        path = _path("gradient_descent", 1000, float(condition), lr=2 / (1 + float(condition)))
        steps = int(np.argmax(np.linalg.norm(path, axis=1) < 0.01 * np.linalg.norm(path[0])))
        said = f"{count(steps, 'step')} to a hundredth of the distance, at the best constant rate"
        frames.append(
            Frame(digits(condition), said, (*_ellipses(float(condition)), *_walked(path[:40], OURS)))
        )
    return SmallPicture("Level ellipses and a path.", PLANE.axes(), tuple(frames), "κ", 10)


def saddle() -> SmallPicture:
    """Gradient descent near a saddle, from several starts."""
    starts = [(-2.0, float(y)) for y in np.linspace(0, 0.3, 16)]
    walked = race("x^2 - y^2", [RULES["gradient_descent"](lr=0.1)], starts, 12)
    frames = []
    for (_, y), path in zip(starts, np.asarray(walked.paths[0]), strict=True):
        end = "ends on the saddle" if y == 0 else f"after 12 steps at θ₂ = {digits(float(path[-1, 1]))}"
        frames.append(Frame(digits(y), end, _walked(path, OURS)))
    t = np.linspace(-1.6, 1.6, 81)
    wide, narrow = np.cosh(t), np.sinh(t)
    sides = ((wide, narrow), (-wide, narrow), (narrow, wide), (narrow, -wide))
    levels = [PLANE.curve(c * x, c * y, MUTED, width=1) for c in (0.3, 0.8) for x, y in sides]
    ground = (*PLANE.axes(), *levels)
    return SmallPicture(
        "A path that comes near a saddle and leaves it.", ground, tuple(frames), "start θ₂", 3
    )


def two_valleys() -> SmallPicture:
    """Gradient descent on a curve with two minima, from several starts."""

    def f(x: np.ndarray) -> np.ndarray:
        return np.asarray(x**4 / 4 - x**2 + 0.25 * x + 1.2)

    sheet = Sheet((-2, 2), (-0.5, 2.5), "θ", "L")
    x = np.linspace(-2, 2, 201)
    ground = (*sheet.axes(), sheet.curve(x, f(x), MUTED))
    starts = [(float(start), 0.0) for start in np.linspace(-1.9, 1.9, 39)]
    formula = "x^4/4 - x^2 + x/4 + 1.2 + y^2"
    walked = race(formula, [RULES["gradient_descent"](lr=0.05)], starts, 300)
    frames = []
    for path in np.asarray(walked.paths[0, :, :, 0]):
        end = path[-1]
        said = f"from {digits(float(path[0]))} to θ = {digits(float(end))}, L = {digits(float(f(end)))}"
        way = sheet.dots(path[:40:2], f(path[:40:2]), OURS, size=2.5)
        frames.append(Frame(digits(float(path[0])), said, (*way, *sheet.dots(end, f(end), ACCENT, size=5))))
    alt = "A curve with two valleys; which one is reached depends on the start."
    return SmallPicture(alt, ground, tuple(frames), "start", 30)


def schedules() -> SmallPicture:
    """Every schedule of the lab over 100 steps."""
    sheet = Sheet((1, 100), (0, 1), "step t", "rate / η")
    t = np.arange(1, 101)
    frames = []
    for name, rule in SCHEDULES.items():
        factors = np.array([rule(int(k), 100) for k in t])
        first, half, last = (digits(float(factors[k])) for k in (0, 50, -1))
        said = f"at first {first} η, after half {half} η, at last {last} η"
        frames.append(Frame(name, said, (sheet.curve(t, factors, OURS),)))
    return SmallPicture("The learning rate over 100 steps.", sheet.axes(), tuple(frames), "schedule", 2)


def _norms(pairs: list[tuple[str, str]], knob: str, alt: str, start: int) -> SmallPicture:
    depth = 20
    sheet = Sheet((1, depth), (-14, 4), "layer", "log₁₀ of rms δ")
    frames = []
    for f, scheme in pairs:
        found = gradient_norms(f, scheme, depth)
        levels = np.log10(np.maximum(found.delta, 1e-30))
        said = f"first layer's error signal is {digits(float(found.delta[0] / found.delta[-1]), 2)} times the last's"
        frames.append(Frame(f"{f}, {scheme}", said, (sheet.curve(np.arange(1, depth + 1), levels, OURS),)))
    return SmallPicture(alt, sheet.axes(), tuple(frames), knob, start)


def vanishing() -> SmallPicture:
    """The error signal per layer, for activations and initial weights."""
    pairs = [("sigmoid", "Glorot"), ("tanh", "Glorot"), ("relu", "Glorot"), ("relu", "He")]
    return _norms(
        pairs, "f, weights", "The size of the error signal in twenty layers, on a logarithmic scale.", 0
    )


def initial_weights() -> SmallPicture:
    """The same for ReLU under both kinds of initial weights."""
    return _norms(
        [("relu", "Glorot"), ("relu", "He"), ("tanh", "Glorot"), ("tanh", "He")],
        "f, weights",
        "The size of the error signal in twenty layers, on a logarithmic scale.",
        1,
    )


def shrunk() -> SmallPicture:
    """The minimum of ½(w − a)² with an L1 and with an L2 penalty."""
    sheet = Sheet((-2, 2), (-2, 2), "minimum without penalty", "with penalty")
    a = np.linspace(-2, 2, 41)
    frames = []
    for penalty in np.linspace(0, 1.5, 31):
        soft = np.sign(a) * np.maximum(np.abs(a) - penalty, 0)
        said = f"L1 (solid): 0 for all |a| ≤ {digits(float(penalty))}; L2 (dashed): a / {digits(float(1 + penalty))}"
        frames.append(
            Frame(
                digits(penalty),
                said,
                (sheet.curve(a, soft, OURS), sheet.curve(a, a / (1 + penalty), NEGATIVE, dash="6 4")),
            )
        )
    return SmallPicture("Where an L1 and an L2 penalty move a minimum.", sheet.axes(), tuple(frames), "λ", 12)


def averages() -> SmallPicture:
    """A noisy series and its exponential moving average, corrected."""
    noisy = 0.6 + 0.35 * np.random.default_rng(4).normal(size=60)
    t = np.arange(1, 61)
    sheet = Sheet((1, 60), (-0.6, 1.8), "t", "gradient")
    ground = (*sheet.axes(), *sheet.dots(t, noisy, MUTED, size=2.5))
    frames = []
    for beta in (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98):
        average = np.array(running_average(noisy.tolist(), beta), dtype=np.float64)
        said = f"standard deviation over t: {digits(float(average.std()))}, of the dots {digits(float(noisy.std()))}"
        frames.append(Frame(digits(beta), said, (sheet.curve(t, average, OURS),)))
    return SmallPicture("Noisy dots and a smoother line through them.", ground, tuple(frames), "β", 4)


def difference_errors() -> SmallPicture:
    """The error of a central difference over its step."""
    exponents = np.linspace(-14, -0.5, 109)
    h = 10.0**exponents
    error = np.abs((np.exp(1 + h) - np.exp(1 - h)) / (2 * h) / np.exp(1) - 1)
    sheet = Sheet((-14, 0), (-12, 0), "log₁₀ h", "log₁₀ error")
    best = int(np.argmin(error))
    return one_frame(
        "A V: the error falls with h, then rises again.",
        f"relative error for eˣ at 1; smallest near h = {digits(float(h[best]), 1)}: {digits(float(error[best]), 1)}",
        (
            *sheet.axes(),
            sheet.curve(exponents, np.log10(np.maximum(error, 1e-12)), OURS),
            *sheet.dots(exponents[best], np.log10(error[best]), CATEGORIES[1]),
        ),
    )


def hovering() -> SmallPicture:
    """SGD near a minimum at several rates: noise keeps it moving."""
    ground = (*PLANE.axes(), *_ellipses(1))
    frames = []
    for eta in (0.01, 0.02, 0.05, 0.1, 0.2, 0.4):
        walked = race(bowl(1.0), [RULES["sgd"](lr=eta)], [(0.0, 0.0)], 400, noise=1.0, seed=1)
        path = np.asarray(walked.paths[0, 0])
        away = float(np.sqrt((path[100:] ** 2).sum(1).mean()))
        said = f"root mean square distance {digits(away)}"
        frames.append(Frame(digits(eta), said, (PLANE.curve(path[:, 0], path[:, 1], OURS, width=1),)))
    return SmallPicture("A path that hovers around the minimum.", ground, tuple(frames), "η", 3)
