"""Classes and pictures: how common each class is in each part, and which pictures look broken or odd."""

import numpy as np
from numpy.typing import NDArray

from dlcore.audit.findings import Finding
from dlcore.audit.rates import RATES
from dlcore.data import ImageSet, Split
from dlcore.evaluation.composition import SHUFFLES, Composition, composition
from dlcore.evaluation.intervals import Share
from dlcore.number_text import count, percent

FEW = 10  # images of a class in a part, below which nothing can be said of it there
ALARM = 0.05
CLIPPED, USUAL = (
    0.3,
    0.01,
)  # share of pixels at either end: of a clipped picture, and at most of the median picture
ODD = 6.0  # robust standard deviations from the median, in brightness, contrast or sharpness
SHOWN = 8


def classes(imageset: ImageSet, split: Split) -> list[Finding]:
    """The rarest class, classes too rare to be measured in a part, and whether the parts differ in their classes."""
    counts = np.bincount(imageset.labels, minlength=len(imageset.class_names))
    c, n = int(counts.argmin()), len(imageset)
    share = Share(int(counts[c]), n)
    ratio = counts.max() / max(counts[c], 1)
    text = f"The rarest class, “{imageset.class_names[c]}”, has {share}; the commonest has {ratio:.1f} times as many."
    advice = (
        "Read the AUC and each class's own recall beside the accuracy; try class weights."
        if ratio > 3
        else ""
    )
    rows = [
        Finding("Classes", "balance", text, share.value, n, share.interval, None, _of(imageset, c), advice)
    ]
    found = composition(imageset.labels, split, imageset.class_names)
    thin = [(found.counts[p, k], k, p) for p in (1, 2) for k in range(len(imageset.class_names))]
    least, k, p = min(thin)
    where = f"{('train', 'validation', 'test')[p]} holds {count(int(least), 'image')} of “{imageset.class_names[k]}”"
    low, high = Share(int(least), int(least)).interval if least else (0.0, 1.0)
    text = f"The smallest group to be measured: {where}."
    if least < FEW:
        text += f" Even if all were right, its recall could be anything from {percent(low)}."
    rows.append(
        Finding(
            "Classes",
            "thin",
            text,
            float(least),
            int(found.sizes[p]),
            (low, high),
            None,
            advice=f"Collect more of it, or do not report it: fewer than {FEW} say nothing."
            if least < FEW
            else "",
        )
    )
    return [*rows, _shift(found)]


def _of(imageset: ImageSet, c: int) -> NDArray[np.int64]:
    return np.flatnonzero(imageset.labels == c)[:SHOWN]


def _shift(found: Composition) -> Finding:
    """One question for all parts and classes together, by permutation."""
    largest, p = found.shifts[0], found.by_chance
    is_alarm = p <= ALARM
    often = f"at most {percent(p)}" if p <= 1 / (1 + SHUFFLES) else percent(p)
    size = f"“{largest.name}” in {largest.part}, {largest.difference} for it alone"
    text = f"The largest difference from train: {size}."
    text += f" Of random deals, {often} differ at least as much over all classes (χ², permutation): "
    text += "the parts differ in how common the classes are." if is_alarm else "a shift is not shown."
    return Finding(
        "Classes",
        "shift",
        text,
        largest.difference.value,
        int(found.sizes.sum()),
        (largest.difference.low, largest.difference.high),
        RATES["shift"],
        advice="Thresholds and accuracies do not carry over from one part to the other; AUCs do."
        if is_alarm
        else "",
        is_alarm=is_alarm,
    )


def constant(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Which of the images (n, h, w[, 3]) are of one single shade."""
    flat = images.reshape(len(images), -1)
    return np.flatnonzero(flat.max(axis=1) == flat.min(axis=1))


def pictures(imageset: ImageSet) -> list[Finding]:
    """Constant, clipped and odd pictures."""
    flat, single = imageset.images.reshape(len(imageset), -1), constant(imageset.images)
    ends = np.maximum((flat == 0).mean(axis=1), (flat == 255).mean(axis=1))
    is_usual = float(np.median(ends)) > USUAL
    clipped = np.array([], np.int64) if is_usual else np.setdiff1d(np.flatnonzero(ends > CLIPPED), single)
    strange = np.setdiff1d(odd(imageset.images), np.concatenate([single, clipped]))
    rows = (
        ("constant", single, "of one single shade", "Leave them out: nothing can be seen in them."),
        (
            "clipped",
            clipped,
            f"clipped (over {CLIPPED:.0%} of their pixels pure black or white)",
            "Look at them.",
        ),
        (
            "odd",
            strange,
            "far from the others in brightness, contrast or sharpness",
            "Look at them: they may be right.",
        ),
    )
    return [_which(key, which, len(imageset), words, advice) for key, which, words, advice in rows]


def _which(key: str, which: NDArray[np.int64], n: int, words: str, advice: str) -> Finding:
    share = Share(len(which), n)
    text = f"{len(which):,} of {n:,} pictures are {words}."
    is_alarm = key == "constant" and len(which) > 0
    rate = 0.0 if key == "constant" else None
    return Finding(
        "Pictures",
        key,
        text,
        share.k,
        n,
        share.interval,
        rate,
        which[:SHOWN],
        advice if len(which) else "",
        is_alarm,
    )


def odd(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Images of (n, h, w[, 3]) more than ODD robust standard deviations from the median, the farthest first."""
    gray = (images if images.ndim == 3 else images.mean(axis=3)).astype(np.float32)
    steps = np.abs(np.diff(gray, axis=1)).mean(axis=(1, 2)) + np.abs(np.diff(gray, axis=2)).mean(axis=(1, 2))
    features = np.stack([gray.mean(axis=(1, 2)), gray.std(axis=(1, 2)), np.log1p(steps)], axis=1)
    away = np.abs(features - np.median(features, axis=0))
    spread = 1.4826 * np.median(
        away, axis=0
    )  # the standard deviation of a normal law by its median deviation
    z = (away / np.maximum(spread, 1e-9)).max(axis=1)
    return np.argsort(-z, kind="stable")[: int((z > ODD).sum())]
