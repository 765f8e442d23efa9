"""Small pictures about what a score is worth: one made-up test, judged by the lab's own measures."""

import functools

import numpy as np

from dlcore import metrics
from dlcore.evaluation import thresholds
from dlcore.evaluation.calibration import calibration
from dlcore.evaluation.intervals import wilson
from dlcore.figures.palette import ACCENT, MUTED, NEGATIVE, OURS, POSITIVE, REFERENCE
from dlcore.neuron import sigmoid
from dlcore.number_text import digits, percent
from dlcore.word_pictures.drawing import Element, Frame, Sheet, SmallPicture

ILL, HEALTHY = 300, 700
BINS = np.linspace(0, 1, 21)
AT = np.linspace(0.05, 0.95, 37)


@functools.cache
def scored(apart: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Made-up probabilities (1000,) and who is ill: two normal scores, so many standard deviations apart."""
    rng = np.random.default_rng(11)
    ill = np.arange(ILL + HEALTHY) < ILL
    z = rng.normal(size=ill.size) + apart * (ill - 0.5)
    return np.asarray(sigmoid(apart * z + np.log(ILL / HEALTHY))), ill


def _shares() -> tuple[np.ndarray, np.ndarray]:
    """Which share of the healthy and of the ill falls into each bin, (20,) each."""
    p, ill = scored()
    return np.histogram(p[~ill], BINS)[0] / HEALTHY, np.histogram(p[ill], BINS)[0] / ILL


def _histograms(sheet: Sheet) -> tuple[Element, ...]:
    bars = [
        sheet.box((low, high), (0, share), colour, opacity=0.55)
        for shares, colour in zip(_shares(), (NEGATIVE, POSITIVE), strict=True)
        for low, high, share in zip(BINS[:-1], BINS[1:], shares, strict=True)
        if share
    ]
    top = sheet.y[1]
    return (
        *sheet.axes(),
        *bars,
        sheet.text(0.3, 0.85 * top, f"{HEALTHY} healthy", colour=NEGATIVE),
        sheet.text(0.8, 0.45 * top, f"{ILL} ill", colour=POSITIVE),
    )


def threshold() -> SmallPicture:
    """Two histograms and a threshold that moves between them."""
    most = float(np.max(_shares()))
    sheet = Sheet((0, 1), (0, most), "ŷ", "share of each")
    p, ill = scored()
    frames = []
    for t in AT:
        at = thresholds.at_threshold(p, ill, float(t))
        shares = [percent(one.value, 0) for one in (at.sensitivity, at.specificity, at.precision)]
        said = "sensitivity {}, specificity {}, precision {}".format(*shares)
        frames.append(Frame(digits(t), said, (sheet.curve([t, t], [0, most], ACCENT, dash="6 4"),)))
    return SmallPicture(
        "Two overlapping histograms and a threshold.", _histograms(sheet), tuple(frames), "threshold", 18
    )


def table() -> SmallPicture:
    """The confusion matrix at a threshold that moves."""
    sheet = Sheet((0, 2), (0, 2.2), "called", "", ticks=False)
    p, ill = scored()
    names = [sheet.text(x + 0.5, 2.05, word) for x, word in enumerate(("healthy", "ill"))]
    frames = []
    for t in AT:
        called = p >= t
        counts = np.array(
            [[np.sum(~ill & ~called), np.sum(~ill & called)], [np.sum(ill & ~called), np.sum(ill & called)]]
        )
        cells: list[Element] = []
        for true in (0, 1):
            for said in (0, 1):
                place = ((said, said + 1), (1 - true, 2 - true))
                right = true == said
                cells.append(
                    sheet.box(
                        *place,
                        POSITIVE if right else NEGATIVE,
                        opacity=float(0.15 + 0.6 * counts[true, said] / HEALTHY),
                        edge=MUTED,
                    )
                )
                word = ("truly healthy", "truly ill")[true]
                cells.append(sheet.text(said + 0.5, 1.45 - true, f"{word}: {counts[true, said]}"))
        accuracy = metrics.accuracy(np.stack([1 - called, called], 1).astype(float), ill.astype(int))
        frames.append(Frame(digits(t), f"accuracy {percent(accuracy)}", (*cells, *names)))
    return SmallPicture(
        "Four counts: true class by row, called class by column.",
        sheet.axes(),
        tuple(frames),
        "threshold",
        18,
    )


def roc() -> SmallPicture:
    """The ROC curve with the point of one threshold."""
    sheet = Sheet((0, 1), (0, 1), "false positive rate", "sensitivity")
    p, ill = scored()
    curve = thresholds.roc(p, ill)
    ground = (
        *sheet.axes(),
        sheet.curve([0, 1], [0, 1], REFERENCE, dash="4 4", width=1.5),
        sheet.curve(curve.false_positive_rate, curve.true_positive_rate, OURS),
    )
    frames = []
    for t in AT:
        at = thresholds.at_threshold(p, ill, float(t))
        x, y = 1 - at.specificity.value, at.sensitivity.value
        said = f"sensitivity {percent(y, 0)}, false positives {percent(x, 0)}"
        frames.append(Frame(digits(t), said, tuple(sheet.dots(x, y, ACCENT, size=6))))
    return SmallPicture(
        "A curve above the diagonal and the point of one threshold.", ground, tuple(frames), "threshold", 18
    )


def area() -> SmallPicture:
    """The ROC curve and its area for groups more and more apart."""
    sheet = Sheet((0, 1), (0, 1), "false positive rate", "sensitivity")
    frames = []
    for apart in np.linspace(0, 4, 17):
        p, ill = scored(float(apart))
        rank = np.random.default_rng(0).normal(size=p.size) if apart == 0 else p
        curve = thresholds.roc(rank, ill)
        found = metrics.auc(rank, ill)
        at = np.unique(np.linspace(0, len(curve.thresholds) - 1, 120).astype(int))  # enough for the eye
        line = sheet.curve(curve.false_positive_rate[at], curve.true_positive_rate[at], OURS)
        frames.append(Frame(digits(apart), f"AUC {digits(float(found or 0))}", (line,)))
    ground = (*sheet.axes(), sheet.curve([0, 1], [0, 1], REFERENCE, dash="4 4", width=1.5))
    return SmallPicture("A ROC curve that rises as the groups part.", ground, tuple(frames), "distance", 8)


def prevalence() -> SmallPicture:
    """Precision over the prevalence, for a test of a given quality."""
    sheet = Sheet((0, 0.5), (0, 1), "prevalence", "precision")
    pi = np.linspace(0.001, 0.5, 250)
    frames = []
    for quality in (0.8, 0.9, 0.95, 0.98, 0.99, 0.999):
        precision = quality * pi / (quality * pi + (1 - quality) * (1 - pi))
        at = quality * 0.01 / (quality * 0.01 + (1 - quality) * 0.99)
        marks = (sheet.curve(pi, precision, OURS), *sheet.dots(0.01, at, ACCENT))
        said = f"sensitivity and specificity {percent(quality)}: precision {percent(at, 0)} where 1% are ill"
        frames.append(Frame(percent(quality), said, marks))
    return SmallPicture("Precision falls as the prevalence does.", sheet.axes(), tuple(frames), "quality", 4)


def reliability() -> SmallPicture:
    """Frequencies against probabilities, for logits stretched by a factor."""
    sheet = Sheet((0, 1), (0, 1), "ŷ", "fraction ill")
    p, ill = scored()
    z = np.log(p / (1 - p))
    ground = (*sheet.axes(), sheet.curve([0, 1], [0, 1], REFERENCE, dash="4 4", width=1.5))
    frames = []
    for temperature in np.geomspace(0.25, 4, 17):
        q = np.asarray(sigmoid(z / temperature))
        where = np.clip(np.digitize(q, np.linspace(0, 1, 9)) - 1, 0, 7)
        filled = [k for k in range(8) if (where == k).sum() >= 5]
        x, y = ([float(values[where == k].mean()) for k in filled] for values in (q, ill))
        error = calibration(np.stack([1 - q, q], 1), ill.astype(int)).expected_error
        said = f"expected calibration error {digits(float(error))}"
        marks = (sheet.curve(x, y, OURS, width=1.5), *sheet.dots(x, y, OURS))
        frames.append(Frame(digits(temperature), said, marks))
    return SmallPicture("Dots on, above or below the diagonal.", ground, tuple(frames), "T", 4)


def intervals() -> SmallPicture:
    """Wilson's intervals of the same fraction, for more and more images."""
    sheet = Sheet((0, 1), (0, 4), "accuracy", "", ticks=False)
    scale = [sheet.text(0, -0.3, "0", "start"), sheet.text(1, -0.3, "1", "end")]
    frames = []
    for n in (20, 40, 80, 156, 300, 600, 1200, 2400, 5000, 10_000):
        marks: list[Element] = []
        for row, share in enumerate((0.5, 0.7, 0.85, 0.95), 0):
            k = round(share * n)
            low, high = wilson(k, n)
            marks.append(sheet.curve([low, high], [row + 0.5] * 2, OURS, width=3))
            marks += sheet.dots(k / n, row + 0.5, ACCENT)
        ends = [digits(float(end)) for end in wilson(round(0.85 * n), n)]
        said = f"0.85 of {n:,}: from {ends[0]} to {ends[1]}"
        frames.append(Frame(f"{n:,}", said, tuple(marks)))
    ground = (*sheet.axes(), *scale)
    return SmallPicture("Four intervals that shrink with n.", ground, tuple(frames), "n", 3)
