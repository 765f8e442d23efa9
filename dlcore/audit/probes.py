"""Probes: how well the label can be guessed without the object, by brightness, border, corners, or the file itself.

A probe is a few numbers of each image, and a logistic regression on them. It is called a shortcut only if what it
sees lies outside the object, or if it holds on some parts of the set and fails on another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.audit.findings import Finding
from dlcore.audit.rates import RATES
from dlcore.audit.regions import grown, regions
from dlcore.data import BadInput, ImageSet, Split, folds
from dlcore.evaluation import logistic
from dlcore.evaluation.intervals import Mean, Z, auc_mean

Array = NDArray[np.float64]
MOST = 3_000  # images a probe learns from; more change the second digit of nothing
FOLDS = 5
WHOLE = ("mean brightness", "contrast", "sharpness")  # of the whole picture
PREFIX = "probe: "  # of the findings' keys
L2 = 1e-3
LEVEL = 0.05  # for all probes of an audit together
MARGIN = 0.02  # an AUC this little above chance is no way to guess a label, however clear it is


@dataclass(frozen=True, eq=False)
class Probe:
    """Numbers of every image.

    Attributes:
        name: what is looked at.
        features: (n, d).
        is_outside: whether it is known to lie outside the object.
    """

    name: str
    features: Array
    is_outside: bool = False


@dataclass(frozen=True)
class Answer:
    """How well a probe guesses: the AUC on images held out of training and validation, and on the test part."""

    probe: str
    inside: Mean
    elsewhere: Mean
    is_outside: bool
    tells: bool
    fails: bool

    @property
    def is_shortcut(self) -> bool:
        """Whether it is called."""
        return self.tells and (self.is_outside or self.fails)


def probes(imageset: ImageSet, files: Mapping[str, NDArray] | None = None) -> list[Probe]:
    """All that are asked about a set.

    Args:
        files: what is known of the files, (n,) each: bytes, height, width.
    """
    images = imageset.images.reshape(*imageset.images.shape[:3], -1).astype(np.float32)
    h, w = images.shape[1:3]
    everywhere = np.ones((h, w), bool)
    outside = None if imageset.masks is None else ~grown(imageset.masks)
    found = [
        Probe(WHOLE[0], _moments(images, everywhere, None)[:, : images.shape[3]]),
        Probe(WHOLE[1], _moments(images, everywhere, None)[:, images.shape[3] :]),
        Probe(WHOLE[2], _sharpness(images)),
    ]
    for name, region in regions(h, w).items():
        found.append(Probe(name, _moments(images, region, outside), outside is not None))
    for name, values in (files or {}).items():
        found.append(Probe(f"the file's {name}", np.log1p(np.asarray(values, float))[:, None], True))
    return [probe for probe in found if np.ptp(probe.features, axis=0).max() > 0]


def _moments(
    images: NDArray[np.float32], region: NDArray[np.bool_], outside: NDArray[np.bool_] | None
) -> Array:
    """Mean and standard deviation of a region's pixels, (n, 2 channels), without the object where that is known.

    Where the object covers the whole region, the others' mean is taken: what is not seen tells nothing.
    """
    pixels = images[:, region]  # (n, p, channels)
    seen = np.ones(pixels.shape[:2], bool) if outside is None else outside[:, region]
    weight = seen[..., None] / np.maximum(seen.sum(axis=1), 1)[:, None, None]
    mean = (pixels * weight).sum(axis=1)
    spread = np.sqrt(((pixels - mean[:, None]) ** 2 * weight).sum(axis=1))
    # a region that shows the same everywhere differs by rounding, which depends on how much of it is seen
    features = np.concatenate([mean, spread], axis=1).astype(float).round(2)
    is_hidden = ~seen.any(axis=1)
    if is_hidden.any() and not is_hidden.all():
        features[is_hidden] = features[~is_hidden].mean(axis=0)
    return features


def _sharpness(images: NDArray[np.float32]) -> Array:
    gray = images.mean(axis=3)
    return np.log1p([cv2.Laplacian(one, cv2.CV_32F).var() for one in gray])[:, None].astype(float)


def asked(
    probe: Probe, labels: NDArray[np.int64], learn: NDArray, test: NDArray, groups: NDArray | None, looks: int
) -> Answer:
    """What a probe tells, on images that its regression has not seen.

    Args:
        labels: (n,); learn, test: indices; groups: (n,) or None, kept together in folds and intervals.
        looks: probes of this audit: each interval is widened so that all together err in LEVEL.
    """
    x = _squared(probe.features, learn)
    of = None if groups is None else groups[learn]
    parts = _folds(labels[learn], of)
    scores = np.zeros((len(learn), int(labels.max()) + 1))
    for held in parts:
        others = np.setdiff1d(np.arange(len(learn)), held)
        scores[held] = _scores(x[learn[others]], labels[learn[others]], x[learn[held]], scores.shape[1])
    inside = auc_mean(scores, labels[learn], of)
    there = _scores(x[learn], labels[learn], x[test], scores.shape[1])
    elsewhere = auc_mean(there, labels[test], None if groups is None else groups[test])
    wider = widened(LEVEL / (2 * looks))
    half, other_half = ((m.high - m.low) / 2 * wider for m in (inside, elsewhere))
    tells = inside.value - half > 0.5 + MARGIN
    fails = inside.value - elsewhere.value > float(np.hypot(half, other_half)) + MARGIN
    return Answer(probe.name, inside, elsewhere, probe.is_outside, tells, tells and fails)


def widened(level: float) -> float:
    """By how much a 95 % interval is longer where it errs in `level` only, by the normal law.

    >>> round(widened(0.01), 2)
    1.31
    """
    return NormalDist().inv_cdf(1 - level / 2) / Z


def _squared(features: Array, learn: NDArray) -> Array:
    """Features standardised on the images that are learned from, and their squares: a middle value can tell too."""
    x = (features - features[learn].mean(axis=0)) / np.maximum(features[learn].std(axis=0), 1e-9)
    x = np.clip(x, -6, 6)
    return np.concatenate([x, x**2], axis=1)


def _folds(labels: NDArray[np.int64], groups: NDArray | None) -> tuple[NDArray[np.int64], ...]:
    try:
        return folds(labels, FOLDS, 0, groups)
    except BadInput:  # a class, or the groups, are fewer than folds
        return folds(labels, 2, 0, None, stratified=False)


def _scores(x: Array, y: NDArray[np.int64], x_new: Array, classes: int) -> Array:
    """(m, classes) one-against-the-rest scores z of new rows, by ridge-penalised logistic regressions."""
    scores = np.zeros((len(x_new), classes))
    for c in np.unique(y):
        theta = logistic.minimum(x[None], (y == c).astype(float), np.array([L2]))[0]
        scores[:, c] = x_new @ theta[:-1] + theta[-1]
    return scores


def probing(imageset: ImageSet, split: Split, files: Mapping[str, NDArray] | None = None) -> list[Finding]:
    """Every probe of a set as a finding; the clearest first."""
    rng = np.random.default_rng(0)
    learn = np.sort(rng.permutation(np.concatenate([split.train, split.validation]))[:MOST])
    test = np.sort(rng.permutation(split.test)[:MOST])
    every = probes(imageset, files)
    answers = [asked(p, imageset.labels, learn, test, imageset.groups, len(every)) for p in every]
    answers.sort(key=lambda a: (not a.is_shortcut, -a.inside.value))
    return [told(answer, imageset) for answer in answers]


def called(findings: Sequence[Finding]) -> list[str]:
    """Names of the probes that are called a shortcut, in the order of the findings."""
    return [f.key.removeprefix(PREFIX) for f in findings if f.is_alarm and f.key.startswith(PREFIX)]


def told(answer: Answer, imageset: ImageSet) -> Finding:
    """A probe's answer in words."""
    text = f"By {answer.probe} alone the label is guessed with AUC {answer.inside}"
    text += f", and on the test part {answer.elsewhere}."
    advice = ""
    if answer.fails:
        text += " It holds in training and validation and fails on the test part: a shortcut."
    elif answer.is_shortcut:
        text += " It lies outside the object: a shortcut."
    elif answer.tells:
        text += " Whether that is the object itself cannot be told from here: this is not called a shortcut."
        advice = "Look at images of each class side by side: does what differs belong to the object?"
    else:
        text += " That is not shown to be better than guessing."
    if answer.is_shortcut:
        advice = (
            "Mask this region, or take pictures anew in one way: a network will use it before the object."
        )
        if answer.probe in WHOLE:
            advice = "Mask the regions that are called and look again; else take pictures anew in one way."
    first = [int(np.flatnonzero(imageset.labels == c)[0]) for c in np.unique(imageset.labels)]
    return Finding(
        "Probes",
        f"{PREFIX}{answer.probe}",
        text,
        answer.inside.value,
        answer.inside.n,
        (answer.inside.low, answer.inside.high),
        RATES["probes"],
        np.array(first[:8]) if answer.tells else np.empty(0, np.int64),
        advice,
        answer.is_shortcut,
    )
