"""Twins: images that are in the set twice, within a part and, worse, on both sides of a split."""

import math
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from dlcore.audit.findings import Finding
from dlcore.audit.rates import RATES
from dlcore.data import ImageSet, Leaks, Split, leaks
from dlcore.data.families import COMPARABLE
from dlcore.data.leakage import fingerprint, twin_pairs
from dlcore.evaluation.intervals import Share
from dlcore.number_text import count, digits

NEAR = 0.99  # pixel correlation of a near twin
LEVEL = 0.01  # of the test for more near twins than likeness explains
SHOWN = 6
DEAL = "Deal the set anew with twins kept together (Data splits, “keep near-duplicates together”), then train again."


def compared(imageset: ImageSet, split: Split) -> Leaks:
    """Every validation and test image with its most similar training image."""
    return leaks(imageset, threshold=-1, split=split)


def expected_near(r: NDArray[np.float64], threshold: float = NEAR) -> float:
    """How many of these images (n,) would have a nearest training image above the threshold by likeness alone.

    The distance 1 − r to the nearest of many is the least of many numbers above 0: a Weibull law, F(d) = 1 −
    exp(−(d/s)^k) (Fisher and Tippett 1928). s and k are taken from its median and upper quartile, which twins do not
    touch as long as fewer than half of the images have one.
    """
    distance = 1 - r
    half, upper = np.quantile(distance, (0.5, 0.75))
    if half <= 1 - threshold or upper <= half:
        return 0.0  # half of them are twins, or all alike: likeness explains nothing that could be told
    k = math.log(math.log(4) / math.log(2)) / math.log(upper / half)
    return float(len(r) * -math.expm1(-math.log(2) * ((1 - threshold) / half) ** k))


def poisson_tail(seen: int, expected: float) -> float:
    """P(X ≥ seen) of a Poisson number with this mean."""
    if seen == 0:
        return 1.0
    if expected == 0:
        return 0.0
    below = sum(math.exp(i * math.log(expected) - expected - math.lgamma(i + 1)) for i in range(seen))
    return max(0.0, 1.0 - below)


def across(imageset: ImageSet, split: Split, found: Leaks) -> list[Finding]:
    """Exact and near twins of validation and test images in training."""
    return [exact_across(imageset, split, found), near_across(split, found), *groups_across(imageset, split)]


def exact_across(imageset: ImageSet, split: Split, found: Leaks) -> Finding:
    """Images of validation and test that are training images, pixel by pixel."""
    n = len(split.validation) + len(split.test)
    share = Share(len(found.exact), n)
    in_test = int(np.isin(found.exact[:, 0], split.test).sum())
    text = f"No validation or test image equals a training image in every pixel (n = {n:,})."
    if len(found.exact):
        text = (
            f"{count(len(found.exact), 'validation or test image')} ({in_test} of them test) with all pixels of a "
            f"training image: {share}."
        )
    return Finding(
        "Twins",
        "exact_across",
        text,
        share.k,
        n,
        share.interval,
        0.0,
        found.exact[:SHOWN],
        DEAL if len(found.exact) else "",
        bool(len(found.exact)),
    )


def near_across(split: Split, found: Leaks) -> Finding:
    """Images with a training image of correlation above NEAR, against what likeness explains."""
    near = found.above(NEAR)
    r = np.concatenate([found.correlations, found.validation_correlations])
    seen, expected = len(near.test_near) + len(near.validation_near), expected_near(r)
    p = poisson_tail(seen, expected)
    is_alarm = p < LEVEL
    share = Share(len(near.test_near), len(split.test))
    closest = np.concatenate([near.pairs, near.validation_pairs])
    order = np.argsort(-np.concatenate([near.correlations, near.validation_correlations]), kind="stable")
    text = f"{len(near.test_near)} of {len(split.test):,} test images and {len(near.validation_near)} of "
    text += f"{len(split.validation):,} validation images have a near twin in training (correlation above {NEAR}). "
    if not seen:
        text += "The closest pair has " + digits(float(r.max()), 4) + "."
    else:
        text += f"Likeness alone, as the other images have it, explains about {digits(expected, 2)} of these {seen}"
        text += ": more than chance." if is_alarm else ": this is not more than chance would make."
    return Finding(
        "Twins",
        "near_across",
        text,
        share.k,
        share.n,
        share.interval,
        RATES["near_across"],
        closest[order][:SHOWN],
        f"Look at the pairs. {DEAL}" if is_alarm else "Look at the pair and judge." if seen else "",
        is_alarm,
    )


def groups_across(imageset: ImageSet, split: Split) -> list[Finding]:
    """Groups (patients) that lie on both sides of the split; nothing where no group is known."""
    if imageset.groups is None:
        return []
    in_train = set(imageset.groups[split.train].tolist())
    elsewhere = np.concatenate([split.validation, split.test])
    crossing = np.array([i for i in elsewhere if int(imageset.groups[i]) in in_train], np.int64)
    share = Share(len(crossing), len(elsewhere))
    text = f"{len(crossing)} of {len(elsewhere):,} validation and test images belong to a group that is in training."
    return [
        Finding(
            "Twins",
            "groups_across",
            text,
            share.k,
            share.n,
            share.interval,
            0.0,
            crossing[:SHOWN],
            "Deal the set anew: the lab keeps groups together." if len(crossing) else "",
            bool(len(crossing)),
        )
    ]


def same_pixels(imageset: ImageSet) -> list[NDArray[np.int64]]:
    """The images of every set of exact copies, two or more each."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for i, image in enumerate(imageset.images):
        found[fingerprint(image)].append(i)
    return [np.array(copies) for copies in found.values() if len(copies) > 1]


def within(imageset: ImageSet) -> list[Finding]:
    """Copies anywhere in the set, and copies or near twins that carry different labels."""
    copies, labels, n = same_pixels(imageset), imageset.labels, len(imageset)
    surplus = sum(len(c) - 1 for c in copies)
    share = Share(surplus, n)
    text = f"{surplus:,} of {n:,} images repeat another one in every pixel, wherever they lie."
    pairs = np.array([c[:2] for c in copies], np.int64).reshape(-1, 2)
    advice = "Keep one of each: copies weigh twice." if surplus else ""
    findings = [Finding("Twins", "copies", text, surplus, n, share.interval, None, pairs[:SHOWN], advice)]
    against = np.array([(c[0], i) for c in copies for i in c if labels[i] != labels[c[0]]], np.int64).reshape(
        -1, 2
    )
    findings.append(_contradictions(imageset, against, "exact"))
    if n <= COMPARABLE:
        near = twin_pairs(imageset, NEAR)
        findings.append(_contradictions(imageset, near[labels[near[:, 0]] != labels[near[:, 1]]], "near"))
    return findings


def _contradictions(imageset: ImageSet, pairs: NDArray[np.int64], which: str) -> Finding:
    """Pairs (m, 2) of twins of which each says another class."""
    names = imageset.class_names
    twins = "identical images" if which == "exact" else f"near twins (correlation above {NEAR})"
    text = f"No two {twins} carry different labels."
    if len(pairs):
        a, b = pairs[0]
        first = f"images {a} and {b}: “{names[imageset.labels[a]]}” and “{names[imageset.labels[b]]}”"
        text = f"{count(len(pairs), 'pair')} of {twins} with different labels; {first}."
    return Finding(
        "Labels",
        f"contradictions_{which}",
        text,
        len(pairs),
        len(imageset),
        None,
        0.0 if which == "exact" else None,
        pairs[:SHOWN],
        "At least one of the two labels is wrong, or the picture does not decide: ask who labeled them."
        if len(pairs)
        else "",
        bool(len(pairs)) and which == "exact",
    )
