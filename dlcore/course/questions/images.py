"""Questions about splits, epochs, parameters, convolutions, receptive fields and looks at a test set."""

import numpy as np

from dlcore import number_text
from dlcore.convolution.receptive_field import Field
from dlcore.convolution.sliding import Geometry
from dlcore.course.questions.question import Question, n
from dlcore.data import split
from dlcore.evaluation.intervals import standard_error
from dlcore.evaluation.optimism import expected_maximum
from dlcore.experiments import costs
from dlcore.runs import Recipe


def split_size(rng: np.random.Generator) -> Question:
    """Images in the train part of a split."""
    images = int(rng.integers(20, 500)) * 10
    fractions = ((0.6, 0.2, 0.2), (0.7, 0.1, 0.2), (0.8, 0.1, 0.1), (0.5, 0.25, 0.25))[int(rng.integers(4))]
    size = len(split(np.zeros(images, dtype=int), fractions).train)
    shares = " / ".join(f"{100 * f:g}" for f in fractions)
    return Question(
        "training",
        f"{images} images are split {shares} into train, validation and test. On how many are weights updated?",
        size,
        rf"Only on the train set: $${n(fractions[0])} \cdot {images} = {n(fractions[0] * images)}$$",
        mistakes=(
            (round((1 - fractions[2]) * images), "The validation set decides, but no weight learns from it."),
            (images, "The other two parts are kept out of training."),
        ),
    )


def updates_per_epoch(rng: np.random.Generator) -> Question:
    """⌈N / b⌉."""
    b = int(rng.choice([16, 32, 64, 128]))
    images = int(rng.integers(2, 60)) * b + int(rng.integers(2, b))  # a last batch of at least two
    epochs = int(rng.integers(2, 21))
    updates = epochs * costs.updates_per_epoch(images, b)
    return Question(
        "training",
        f"{images} train images, batch size {b}, {epochs} epochs; the last batch of an epoch may be smaller. "
        "How often are the weights updated?",
        updates,
        rf"$${epochs} \cdot \left\lceil \frac{{{images}}}{{{b}}} \right\rceil = {epochs} \cdot "
        rf"{updates // epochs} = {updates}$$",
        mistakes=(
            (epochs * (images // b), "You forgot the last batch of each epoch, which is smaller."),
            (updates // epochs, "That is one epoch."),
            (round(epochs * images / b), "Round up in every epoch, then multiply."),
            (epochs * images, "That is one update an image; a batch makes one."),
        ),
    )


def parameter_count(rng: np.random.Generator) -> Question:
    """Numbers that an MLP with one hidden layer learns."""
    side, channels = int(rng.choice([8, 14, 28])), int(rng.choice([1, 3]))
    width, classes = int(rng.choice([16, 32, 64, 100])), int(rng.integers(3, 11))
    recipe = Recipe(model="mlp", width=width, depth=1)
    count = costs.parameters(recipe, (side, side, channels), classes)
    inputs = side * side * channels
    kind = "grey" if channels == 1 else "RGB"
    return Question(
        "training",
        f"An MLP for {side} × {side} {kind} images has one hidden layer of {width} neurons and {classes} outputs. "
        "How many numbers does it learn, biases included?",
        count,
        rf"$$({side} \cdot {side} \cdot {channels} + 1) \cdot {width} + ({width} + 1) \cdot {classes} = "
        rf"{(inputs + 1) * width} + {(width + 1) * classes} = {count}$$",
        mistakes=(
            (inputs * width + width * classes, "You forgot the biases."),
            ((inputs + 1) * width + width * classes, "You forgot the biases of the outputs."),
            ((inputs + 1) * width, "That is the hidden layer; the outputs have weights too."),
            *(
                [
                    (
                        (side * side + 1) * width + (width + 1) * classes,
                        "An RGB image has three numbers a pixel.",
                    )
                ]
                if channels == 3
                else []
            ),
        ),
    )


def filter_parameters(rng: np.random.Generator) -> Question:
    """Numbers that one convolutional layer learns."""
    k, before, after = (
        int(rng.choice([1, 3, 5, 7])),
        int(rng.choice([1, 3, 8, 16])),
        int(rng.choice([4, 8, 16, 32])),
    )
    count = (k * k * before + 1) * after
    return Question(
        "convolution",
        f"A convolutional layer has {after} filters of {k} × {k} and reads "
        f"{number_text.count(before, 'channel')}; each filter has a bias. How many numbers does it learn?",
        count,
        rf"A filter reaches through all channels: $$({k} \cdot {k} \cdot {before} + 1) \cdot {after} = {count}$$",
        mistakes=(
            (k * k * before * after, "You forgot the biases, one a filter."),
            ((k * k * before) * after + 1, "Every filter has a bias of its own."),
            *([((k * k + 1) * after, "A filter reaches through all channels.")] if before > 1 else []),
        ),
    )


def output_size(rng: np.random.Generator) -> Question:
    """Cells along one side after a convolution."""
    side, k, s = int(rng.choice([8, 28, 32, 64])), int(rng.choice([2, 3, 5, 7])), int(rng.integers(1, 4))
    pad = int(rng.integers(0, 4))
    size = Geometry(k, s, pad).size(side)
    state = {"convolution_k": k, "convolution_s": s, "convolution_p": pad}
    usual = {"convolution_k": 3, "convolution_s": 1, "convolution_p": 0}
    return Question(
        "convolution",
        f"A {k} × {k} filter slides over {side} × {side} pixels with stride {s} and padding {pad} on every side. "
        "How many cells has one side of the result?",
        size,
        rf"$$\left\lfloor \frac{{n + 2p - k}}{{s}} \right\rfloor + 1 = "
        rf"\left\lfloor \frac{{{side} + {2 * pad} - {k}}}{{{s}}} \right\rfloor + 1 = {size}$$",
        {key: str(value) for key, value in state.items() if value != usual[key]} if side == 28 else {},
        (
            ((side + 2 * pad - k) // s, "You forgot to add 1: the first place counts as well."),
            *([((side + pad - k) // s + 1, "The padding is on both sides.")] if pad else []),
            *([(side + 2 * pad - k + 1, "You forgot the stride.")] if s > 1 else []),
        ),
    )


def receptive_field(rng: np.random.Generator) -> Question:
    """Pixels that one cell can depend on, after two or three layers."""
    window = int(rng.choice([2, 3]))
    layers = [Geometry(int(rng.choice([3, 5, 7])), 1) for _ in range(3)]
    layers.insert(1, Geometry(window, window))
    field, lines, doubled = Field(), [], 1
    for layer in layers:
        before = field
        field = field.after(layer)
        doubled = doubled * layer.k if layer.s > 1 else doubled + layer.k - 1
        lines.append(rf"{before.size} + ({layer.k} - 1) \cdot {before.jump} &= {field.size}")
    names = [
        f"a {g.k} × {g.k} convolution" if g.s == 1 else f"{g.k} × {g.k} pooling with stride {g.s}"
        for g in layers
    ]
    return Question(
        "convolution",
        f"One after the other: {', '.join(names)}. How many pixels wide is the receptive field of one cell "
        "of the last map?",
        field.size,
        r"Each layer adds $k - 1$ cells of the layer before, each as far apart as the strides so far make them: "
        r"$$\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}$$",
        mistakes=(
            (1 + sum(layer.k - 1 for layer in layers), "After the pooling, cells are further apart."),
            (doubled, "A pooling does not multiply the field: it adds cells, and spreads those that follow."),
        ),
    )


def expected_optimism(rng: np.random.Generator) -> Question:
    """How much too good the best of m looks is expected to be, in percentage points."""
    m, images = int(rng.choice([2, 5, 10, 20, 50])), int(rng.choice([100, 156, 400, 1000]))
    share = float(rng.choice([0.6, 0.7, 0.8, 0.9]))
    top, error = round(expected_maximum(m), 3), standard_error(share, images)  # the digits that are given
    return Question(
        "training",
        f"{m} equally good, independent models have a true accuracy of {n(share)}; the best score on {images} test "
        f"images is reported. The largest of {m} standard normal numbers is {top:.3f} on average. By how many "
        "percentage points is the report too good on average?",
        100 * top * error,
        rf"The standard error is $\sqrt{{{n(share)} \cdot {n(1 - share)} / {images}}} = {n(error)}$, so "
        rf"$${top:.3f} \cdot {n(error)} = {n(top * error)},$$ that is {n(100 * top * error)} percentage points.",
        {"training_tab": "Sealed test set"},
        (
            (top * error, "That is a share; in percentage points it is 100 times as much."),
            (100 * error, "That is one standard error: multiply it by the largest of the normal numbers."),
            (100 * (share + top * error), "That is the report itself; the optimism is what it has too much."),
            (100 * top * share * (1 - share) / images, "You forgot the root of the variance."),
        ),
    )


GENERATORS = (
    split_size,
    updates_per_epoch,
    parameter_count,
    filter_parameters,
    output_size,
    receptive_field,
    expected_optimism,
)
