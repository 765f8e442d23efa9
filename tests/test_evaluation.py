"""Intervals, class proportions, near-duplicates, calibration: against published numbers."""

import os
from pathlib import Path

import numpy as np
import pytest

from dlcore.data import BadInput, ImageSet, Split, leaks, load
from dlcore.evaluation import intervals as ev

OFFICIAL = os.environ.get("DLCORE_DATA_TEST", "")


def test_wilson_intervals_equal_the_published_ones() -> None:
    # Newcombe 1998, table I, method 3
    for k, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert np.round(ev.wilson(k, n), 4) == pytest.approx((low, high), abs=1e-4)


def test_an_interval_covers_the_truth_19_times_in_20_and_a_halved_one_does_not() -> None:
    n, p = 40, 0.85
    k = np.random.default_rng(0).binomial(n, p, 4000)
    low, high = ev.wilson(k, n)
    assert 0.93 < np.mean((low <= p) & (p <= high)) < 0.97
    low, high = ev.wilson(k, n, z=ev.Z95 / 2)
    assert np.mean((low <= p) & (p <= high)) < 0.8


def test_an_empty_group_knows_nothing() -> None:
    assert ev.Share(0, 0).interval == (0.0, 1.0)
    assert str(ev.Share(0, 0)) == "none (n = 0)"


def test_a_stratified_split_shows_no_shift_and_a_sorted_one_does() -> None:
    labels = np.repeat([0, 1], [600, 400])
    sorted_split = Split(np.arange(600), np.arange(600, 800), np.arange(800, 1000))
    assert ev.composition(labels, sorted_split, ("a", "b")).shifts[0].is_clear
    images = ImageSet("x", np.zeros((1000, 2, 2), np.uint8), labels, ("a", "b"))
    found = ev.composition(labels, images.split_for(), ("a", "b"))
    assert not any(shift.is_clear for shift in found.shifts)
    assert found.sizes.tolist() == [600, 200, 200]
    assert found.shares.sum(axis=1) == pytest.approx([1, 1, 1])


def test_newcombe_interval_of_a_difference_equals_the_published_one() -> None:
    # Newcombe 1998 (differences), example a, method 10: 56/70 against 48/80
    labels = np.repeat([1, 0, 1, 0, 0], [48, 32, 56, 14, 1])
    split = Split(np.arange(80), np.arange(80, 150), np.arange(150, 151))
    shifts = ev.composition(labels, split, ("a", "b")).shifts
    shift = next(s for s in shifts if s.name == "b" and s.part == "validation")
    assert (shift.difference, shift.low, shift.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_raising_the_threshold_later_equals_asking_for_it_at_once() -> None:
    digits = load("digits")
    everything, asked = leaks(digits, -1), leaks(digits, 0.95)
    later = everything.above(0.95)
    assert len(everything.pairs) == len(digits.split_for().test) > len(asked.pairs) > 0
    for name in ("test_near", "pairs", "correlations", "validation_near", "validation_pairs", "exact"):
        assert np.array_equal(getattr(later, name), getattr(asked, name))
    with pytest.raises(BadInput):
        asked.above(0.9)


def test_accuracies_of_both_groups_add_up_to_the_whole() -> None:
    rng = np.random.default_rng(1)
    labels, predicted, near = rng.integers(0, 3, 90), rng.integers(0, 3, 90), rng.random(90) < 0.3
    found = ev.near_against_clean(labels, predicted, near, ("a", "b", "c"))
    assert found.near.k + found.clean.k == (labels == predicted).sum()
    assert found.near.n + found.clean.n == 90 == found.prevalence.sum()
    assert sum(n.k for n, _ in found.by_class) == found.near.k


@pytest.mark.skipif(
    not (Path(OFFICIAL) / "breastmnist.npz").is_file(), reason="the official breastmnist.npz is not here"
)
def test_breastmnist_leaks_as_counted_independently() -> None:
    images = load("breastmnist", OFFICIAL)
    found = leaks(images, -1)
    counts = [len(found.above(r).pairs) for r in (0.999, 0.99, 0.98, 0.95)]
    assert counts == [11, 39, 48, 59]
    assert len(found.above(0.99).validation_near) == 22
    copied = images.labels[found.pairs[:, 1]]
    labels = images.labels[found.pairs[:, 0]]
    told = ev.near_against_clean(labels, copied, found.correlations > 0.99, images.class_names)
    assert (told.near.n, told.clean.n) == (39, 117)
    assert (round(told.near.value, 3), round(told.clean.value, 3)) == (0.949, 0.795)
    malignant, benign = told.by_class
    assert [share.n for share in (*malignant, *benign)] == [4, 38, 35, 79]


def test_a_calibrated_model_has_a_small_calibration_error_and_an_overconfident_one_has_not() -> None:
    rng = np.random.default_rng(5)
    p = 0.5 + rng.random(20_000) / 2
    labels = (rng.random(20_000) < p).astype(int)
    honest = ev.calibration(np.stack([1 - p, p], axis=1), labels)
    assert honest.expected_error < 0.02
    sure = p**4 / (p**4 + (1 - p) ** 4)
    assert ev.calibration(np.stack([1 - sure, sure], axis=1), labels).expected_error > 0.1
    assert sum(share.n for share in honest.right) == 20_000


def test_the_worst_mistakes_come_first_and_are_mistakes() -> None:
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.99, 0.01]])
    assert ev.worst(p, np.array([1, 1, 0, 1])).tolist() == [3, 0, 2]
