"""Small pictures about one neuron, its activation and its loss."""

import numpy as np

from dlcore.backprop import cross_entropy
from dlcore.figures.palette import ACCENT, CATEGORIES, MUTED, NEGATIVE, OURS, POSITIVE, REFERENCE
from dlcore.neuron import ACTIVATIONS, d_relu, d_sigmoid, hyperplane, neuron, relu, sigmoid, softmax
from dlcore.number_text import digits
from dlcore.word_pictures.drawing import Frame, Sheet, SmallPicture, one_frame

Z = np.linspace(-5, 5, 201)


def one_neuron() -> SmallPicture:
    """The output of a sigmoid neuron over its input, for several weights."""
    sheet = Sheet((-5, 5), (0, 1), "x", "a = σ(wx + 1)")
    frames = []
    for w in np.linspace(-4, 4, 33):
        a = np.array([float(neuron([w], [x], 1.0, "sigmoid")) for x in Z])
        turning = f"½ at x = {digits(-1 / w)}" if w else "the same everywhere"
        frames.append(Frame(digits(w), turning, (sheet.curve(Z, a, OURS),)))
    return SmallPicture(
        "An S-shaped curve that the weight makes steeper.", sheet.axes(), tuple(frames), "w", 20
    )


def activations() -> SmallPicture:
    """Every activation of the lab over z."""
    sheet = Sheet((-5, 5), (-1.5, 5), "z", "f(z)")
    frames = tuple(
        Frame(
            name,
            f"f(−1) = {digits(float(one.f(-1.0)))}, f(2) = {digits(float(one.f(2.0)))}",
            (sheet.curve(Z, one.f(Z), OURS),),
        )
        for name, one in ACTIVATIONS.items()
    )
    start = list(ACTIVATIONS).index("relu")
    return SmallPicture("The graph of one activation function.", sheet.axes(), frames, "f", start)


def relu_and_slope() -> SmallPicture:
    """ReLU with its tangent."""
    sheet = Sheet((-3, 3), (-1, 3), "z", "ReLU(z)")
    ground = (*sheet.axes(), sheet.curve(Z, relu(Z), OURS))
    frames = []
    for z in np.linspace(-2.75, 2.75, 23):
        value, slope = float(relu(z)), float(d_relu(z))
        near = z + np.array([-0.9, 0.9])
        tangent = sheet.curve(near, value + slope * (near - z), ACCENT, dash="5 4")
        said = f"slope {digits(slope)}" + (", by convention at the kink" if z == 0 else "")
        frames.append(Frame(digits(z), said, (tangent, *sheet.dots(z, value, ACCENT))))
    return SmallPicture("ReLU with the tangent at one point.", ground, tuple(frames), "z", 17)


def sigmoid_and_slope() -> SmallPicture:
    """The sigmoid with its tangent."""
    sheet = Sheet((-5, 5), (0, 1), "z", "σ(z)")
    ground = (*sheet.axes(), sheet.curve(Z, sigmoid(Z), OURS))
    frames = []
    for z in np.linspace(-4.5, 4.5, 37):
        value, slope = float(sigmoid(z)), float(d_sigmoid(z))
        near = z + np.array([-1.2, 1.2])
        tangent = sheet.curve(near, value + slope * (near - z), ACCENT, dash="5 4")
        said = f"σ = {digits(value)}, slope {digits(slope)}"
        frames.append(Frame(digits(z), said, (tangent, *sheet.dots(z, value, ACCENT))))
    return SmallPicture("The sigmoid with the tangent at one point.", ground, tuple(frames), "z", 18)


def temperature() -> SmallPicture:
    """Softmax of three scores at several temperatures."""
    z = np.array([2.0, 1.0, -0.5])
    sheet = Sheet((0, 3), (0, 1), "class", "ŷ", ticks=False)
    ends = [sheet.text(-0.04, y, f"{y}", "end") for y in (0, 1)]
    classes = [sheet.text(k + 0.5, -0.08, str(k + 1)) for k in range(3)]
    frames = []
    for T in np.geomspace(0.1, 10, 41):
        p = softmax(z, T)
        bars = [sheet.box((k + 0.2, k + 0.8), (0, p[k]), CATEGORIES[k]) for k in range(3)]
        said = ", ".join(digits(float(share)) for share in p)
        names = [sheet.text(k + 0.5, min(p[k] + 0.03, 0.93), f"z = {digits(z[k])}") for k in range(3)]
        frames.append(Frame(digits(T), said, (*bars, *names)))
    ground = (*sheet.axes(), *ends, *classes)
    return SmallPicture("Three probabilities as bars.", ground, tuple(frames), "T", 20)


def moving_line() -> SmallPicture:
    """The line z = 0 with its normal, for several biases."""
    w = np.array([1.0, 2.0])
    sheet = Sheet((-3, 3), (-2, 2), "x₁", "x₂", square=True)
    x1 = np.linspace(-3, 3, 121)
    frames = []
    for b in np.linspace(-3, 3, 25):
        plane = hyperplane(w, b)
        foot = np.array(plane.foot)
        line = sheet.curve(x1, -(w[0] * x1 + b) / w[1], OURS)
        normal = sheet.arrow(foot, foot + w / 2.5, ACCENT)
        said = f"distance from the origin |b| / ‖w‖ = {digits(float(abs(b) / np.linalg.norm(w)))}"
        frames.append(Frame(digits(b), said, (line, *normal)))
    return SmallPicture("A line in the plane and its normal w.", sheet.axes(), tuple(frames), "b", 8)


def log_odds() -> SmallPicture:
    """The logit over the probability."""
    p = np.linspace(0.005, 0.995, 397)
    sheet = Sheet((0, 1), (-5, 5), "ŷ", "z")
    ground = (*sheet.axes(), sheet.curve(p, np.log(p / (1 - p)), OURS))
    frames = []
    for at in np.linspace(0.02, 0.98, 49):
        z = float(np.log(at / (1 - at)))
        frames.append(Frame(digits(at), f"z = {digits(z)}", tuple(sheet.dots(at, z, ACCENT))))
    return SmallPicture("The logit: flat in the middle, steep at both ends.", ground, tuple(frames), "ŷ", 40)


def two_losses() -> SmallPicture:
    """Binary cross-entropy over the prediction, for both classes."""
    p = np.linspace(0.005, 0.995, 397)
    z = np.log(p / (1 - p))
    sheet = Sheet((0, 1), (0, 5), "ŷ", "L")
    ground = (
        *sheet.axes(),
        sheet.curve(p, cross_entropy(z, 1.0), POSITIVE),
        sheet.curve(p, cross_entropy(z, 0.0), NEGATIVE, dash="7 4"),
        sheet.text(0.17, 2.6, "y = 1", "start", colour=POSITIVE),
        sheet.text(0.83, 2.6, "y = 0", "end", colour=NEGATIVE),
    )
    frames = []
    for at in np.linspace(0.02, 0.98, 49):
        both = [float(cross_entropy(np.log(at / (1 - at)), y)) for y in (1.0, 0.0)]
        said = f"L = {digits(both[0])} if y = 1, {digits(both[1])} if y = 0"
        marks = (*sheet.dots(at, both[0], POSITIVE), *sheet.dots(at, both[1], NEGATIVE))
        frames.append(Frame(digits(at), said, marks))
    return SmallPicture("Two curves: the loss for either class.", ground, tuple(frames), "ŷ", 40)


def tent() -> SmallPicture:
    """The tent map, two ReLU neurons, applied again and again."""
    sheet = Sheet((0, 1), (0, 1), "x", "output")
    x = np.linspace(0, 1, 513)
    y, frames = x, []
    for layers in range(1, 7):
        y = 2 * relu(y) - 4 * relu(y - 0.5)
        bends = int(np.count_nonzero(np.abs(np.diff(y, 2)) > 1e-9))
        said = f"{2 * layers} neurons in depth; one hidden layer needs at least {bends}"
        frames.append(Frame(str(layers), said, (sheet.curve(x, y, OURS),)))
    return SmallPicture("A zigzag line with more and more teeth.", sheet.axes(), tuple(frames), "layers", 3)


def chord() -> SmallPicture:
    """A convex function below its chord."""
    sheet = Sheet((-3, 3), (0, 5), "u", "f")
    f = cross_entropy(Z * 1.0, 1.0) + 0.15 * Z**2
    ends = np.array([-2.4, 2.2])
    values = cross_entropy(ends, 1.0) + 0.15 * ends**2
    ground = (*sheet.axes(), sheet.curve(Z, f, OURS), sheet.curve(ends, values, REFERENCE, dash="6 4"))
    frames = []
    for t in np.linspace(0, 1, 21):
        at, on_chord = t * ends[0] + (1 - t) * ends[1], t * values[0] + (1 - t) * values[1]
        below = float(cross_entropy(at, 1.0) + 0.15 * at**2)
        gap = sheet.curve([at, at], [below, on_chord], ACCENT, width=2)
        marks = (gap, *sheet.dots(at, below, OURS), *sheet.dots(at, on_chord, REFERENCE))
        frames.append(Frame(digits(t), f"f = {digits(below)} ≤ chord {digits(float(on_chord))}", marks))
    return SmallPicture("A curve below a chord.", ground, tuple(frames), "t", 10)


def slope_of_relu() -> SmallPicture:
    """The derivative of ReLU, with the set of slopes at the kink."""
    sheet = Sheet((-3, 3), (-0.5, 1.5), "z", "ReLU′(z)")
    left, right = np.array([-3, -0.01]), np.array([0.01, 3])
    return one_frame(
        "A step from 0 to 1.",
        "At 0 every slope from 0 to 1 supports ReLU; the lab takes 0.",
        (
            *sheet.axes(),
            sheet.curve([0, 0], [0, 1], MUTED, dash="4 4"),
            sheet.curve(left, d_relu(left), OURS, width=3),
            sheet.curve(right, d_relu(right), OURS, width=3),
            *sheet.dots(0, float(d_relu(0.0)), OURS),
            *sheet.dots(0, 1, OURS, hollow=True),
        ),
    )
