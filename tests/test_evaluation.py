"""Intervals, class proportions, near-duplicates, calibration: against published numbers."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from scipy.stats import binom, binomtest, chi2_contingency

from dlcore.data import BadInput, ImageSet, Split, leaks, load
from dlcore.evaluation import intervals as ev
from dlcore.evaluation.calibration import calibration, error_by_chance, worst
from dlcore.evaluation.composition import chi_square, composition
from dlcore.evaluation.near_against_clean import near_against_clean

OFFICIAL = os.environ.get("DLCORE_DATA_TEST", "")


def test_a_perfectly_calibrated_network_has_an_error_by_chance_and_it_is_said() -> None:
    """One bin of confidence p: E|k/n − p| by summing the binomial; and .08 at n = 78 of mixed confidences."""
    n, p = 40, 0.95
    k = np.arange(n + 1)
    exact = float((binom.pmf(k, n, p) * np.abs(k / n - p)).sum())
    mean, most = error_by_chance(np.tile([p, 1 - p], (n, 1)), 20_000)
    assert mean == pytest.approx(exact, rel=0.02) and most > mean
    rng = np.random.default_rng(0)
    confident = rng.uniform(0.5, 1, 78)
    assert error_by_chance(np.stack([confident, 1 - confident], 1))[0] == pytest.approx(0.08, abs=0.015)
    errors = []
    for _ in range(300):  # the quantile by the page's own error on drawn labels
        label = (rng.random(78) >= confident).astype(int)
        errors.append(calibration(np.stack([confident, 1 - confident], 1), label).expected_error)
    most = error_by_chance(np.stack([confident, 1 - confident], 1))[1]
    assert np.mean(np.array(errors) > most) < 0.09


def test_wilson_intervals_equal_the_published_ones() -> None:
    # Newcombe 1998, table I, method 3
    for k, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert np.round(ev.wilson(k, n), 4) == pytest.approx((low, high), abs=1e-4)


def test_an_interval_covers_the_truth_19_times_in_20_and_a_halved_one_does_not() -> None:
    n, p = 40, 0.85
    k = np.random.default_rng(0).binomial(n, p, 4000)
    low, high = ev.wilson(k, n)
    assert 0.93 < np.mean((low <= p) & (p <= high)) < 0.97
    low, high = ev.wilson(k, n, z=ev.Z / 2)
    assert np.mean((low <= p) & (p <= high)) < 0.8


def test_an_empty_group_knows_nothing() -> None:
    assert ev.Share(0, 0).interval == (0.0, 1.0)
    assert str(ev.Share(0, 0)) == "none (n = 0)"


def test_wilson_equals_scipys_for_every_count() -> None:
    for n in (1, 2, 7, 40, 156):
        for k in range(n + 1):
            theirs = binomtest(k, n).proportion_ci(0.95, method="wilson")
            assert ev.Share(k, n).interval == pytest.approx((theirs.low, theirs.high), abs=1e-14)


def test_no_interval_leaves_the_scale_or_shrinks_to_nothing() -> None:
    for k, n in ((156, 156), (0, 156), (1, 1), (155, 156)):
        low, high = ev.Share(k, n).interval
        assert 0 <= low < high <= 1
    assert str(ev.Share(156, 156)) == "100.0% (95% interval 97.6% to 100.0%, n = 156)"
    assert str(ev.Share(0, 20)) == "0.0% (95% interval 0.0% to 16.1%, n = 20)"


def test_there_is_one_way_to_say_an_interval() -> None:
    share = ev.Share(2000, 2400)
    assert str(share) == "83.3% (95% interval 81.8% to 84.8%, n = 2,400)"
    assert share.short == "83.3% (81.8% to 84.8%, n = 2,400)"
    assert str(ev.Difference(0.013, -0.0042, 0.03)) == "+1.3 percentage points (95% interval −0.4 to +3.0)"
    mean = ev.Mean(-0.5, -0.6, -0.4, 1200)
    assert str(mean) == "−0.500 (95% interval −0.600 to −0.400, n = 1,200)"
    assert mean.signed == "−0.500 (95% interval −0.600 to −0.400, n = 1,200 pairs)"
    assert ev.Mean(0.412, 0.38, 0.444, 120).share == "41.2% (38.0% to 44.4%, n = 120)"


# What may stand in code only once: the quantile, however it is rounded, and the formula's name as a function.
SECOND_INTERVAL = re.compile(r"\b1\.96|\b196 \*|def (wilson|bootstrap|newcombe)\b|2 \* (standard_)?error\b")


def test_every_interval_comes_from_one_module() -> None:
    found = []
    for file in (f for folder in ("dlcore", "ui", "pages") for f in (ROOT / folder).rglob("*.py")):
        if file.name != "intervals.py" and file.parent.name != "oracles":  # there it is written once more
            found += [f"{file.name}: {hit[0]}" for hit in SECOND_INTERVAL.finditer(file.read_text("utf-8"))]
    assert not found
    assert SECOND_INTERVAL.search("half = 1.96 * s")  # it can fail


def test_unpaired_newcombe_is_the_square_and_add_of_scipys_two_wilson_intervals() -> None:
    for (k, n), (m, q) in (((56, 70), (48, 80)), ((9, 10), (3, 10)), ((10, 10), (0, 20))):
        (a, b), (c, d) = (binomtest(*x).proportion_ci(method="wilson") for x in ((k, n), (m, q)))
        p1, p2 = k / n, m / q
        found = ev.newcombe(ev.Share(k, n), ev.Share(m, q))
        assert found.low == pytest.approx(p1 - p2 - ((p1 - a) ** 2 + (d - p2) ** 2) ** 0.5, abs=1e-14)
        assert found.high == pytest.approx(p1 - p2 + ((b - p1) ** 2 + (p2 - c) ** 2) ** 0.5, abs=1e-14)


def pairs_of(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [both, first, second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_paired_newcombe_follows_an_independent_derivation() -> None:
    # Square and add with the correlation of the pairs: δ² = u² − 2φuv + v², written as |u − φv|² + (1 − φ²)v².
    for counts in ((20, 12, 2, 16), (794, 150, 86, 570), (43, 0, 1, 0), (5, 7, 9, 1)):
        first, second = pairs_of(*counts)
        a, b, c, d = counts
        n = sum(counts)
        (l1, u1), (l2, u2) = (binomtest(k, n).proportion_ci(method="wilson") for k in (a + b, a + c))
        p1, p2 = (a + b) / n, (a + c) / n
        root = np.sqrt(float((a + b) * (c + d)) * ((a + c) * (b + d)))
        raw = a * d - b * c
        phi = 0.0 if root == 0 else (raw if raw < 0 else max(raw - n / 2, 0)) / root
        low = p1 - p2 - np.sqrt(((p1 - l1) - phi * (u2 - p2)) ** 2 + (1 - phi**2) * (u2 - p2) ** 2)
        high = p1 - p2 + np.sqrt(((u1 - p1) - phi * (p2 - l2)) ** 2 + (1 - phi**2) * (p2 - l2) ** 2)
        found = ev.newcombe_paired(first, second)
        assert (found.value, found.low, found.high) == pytest.approx((p1 - p2, low, high), abs=1e-12)
    with pytest.raises(ValueError, match="same images"):
        ev.newcombe_paired(np.ones(2, bool), np.ones(3, bool))


def test_pairs_cover_the_truth_and_are_told_apart_sooner_than_strangers() -> None:
    rng = np.random.default_rng(0)
    n, cells = 150, np.array([0.70, 0.10, 0.04, 0.16])  # both right, only the first, only the second, neither
    truth, inside, narrower = 0.06, 0, 0
    for _ in range(1000):
        first, second = pairs_of(*rng.multinomial(n, cells))
        found = ev.newcombe_paired(first, second)
        strangers = ev.newcombe(ev.Share(int(first.sum()), n), ev.Share(int(second.sum()), n))
        inside += found.low <= truth <= found.high
        narrower += found.high - found.low < strangers.high - strangers.low
    assert 930 <= inside <= 975 and narrower == 1000


def test_a_stratified_split_shows_no_shift_and_a_sorted_one_does() -> None:
    labels = np.repeat([0, 1], [600, 400])
    sorted_split = Split(np.arange(600), np.arange(600, 800), np.arange(800, 1000))
    assert composition(labels, sorted_split, ("a", "b")).shifts[0].difference.is_clear
    images = ImageSet("x", np.zeros((1000, 2, 2), np.uint8), labels, ("a", "b"))
    found = composition(labels, images.split_for(), ("a", "b"))
    assert not any(shift.difference.is_clear for shift in found.shifts)
    assert found.sizes.tolist() == [600, 200, 200]
    assert found.shares.sum(axis=1) == pytest.approx([1, 1, 1])


def test_a_shift_is_judged_over_all_classes_at_once_as_scipys_chi_square_judges_it() -> None:
    rng = np.random.default_rng(1)
    labels = rng.permutation(np.repeat(np.arange(5), (300, 200, 200, 200, 100)))
    found = composition(labels, Split(np.arange(600), np.arange(600, 800), np.arange(800, 1000)), "abcde")
    statistic, p, _, _ = chi2_contingency(found.counts)
    assert chi_square(found.counts[None]) == pytest.approx(statistic)
    assert found.by_chance == pytest.approx(p, abs=0.05) and found.by_chance == found.by_chance
    rare = np.array([[30, 1], [10, 0], [9, 0]])  # a class of one image counts like the others
    assert chi_square(rare[None]) == pytest.approx(chi2_contingency(rare)[0])
    assert chi_square(np.insert(rare, 1, 0, axis=1)[None]) == chi_square(rare[None])  # nor does one of none
    moved = composition(
        np.sort(labels), Split(np.arange(600), np.arange(600, 800), np.arange(800, 1000)), "abcde"
    )
    assert moved.by_chance == 0.001  # 1 in 1 + 999: a permutation never says 0


def test_newcombe_interval_of_a_difference_equals_the_published_one() -> None:
    # Newcombe 1998 (differences), example a, method 10: 56/70 against 48/80
    labels = np.repeat([1, 0, 1, 0, 0], [48, 32, 56, 14, 1])
    split = Split(np.arange(80), np.arange(80, 150), np.arange(150, 151))
    shifts = composition(labels, split, ("a", "b")).shifts
    shift = next(s for s in shifts if s.name == "b" and s.part == "validation")
    d = shift.difference
    assert (d.value, d.low, d.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


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
    found = near_against_clean(predicted, labels, near, ("a", "b", "c"))
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
    told = near_against_clean(copied, labels, found.correlations > 0.99, images.class_names)
    assert (told.near.n, told.clean.n) == (39, 117)
    assert (round(told.near.value, 3), round(told.clean.value, 3)) == (0.949, 0.795)
    malignant, benign = told.by_class
    assert [share.n for share in (*malignant, *benign)] == [4, 38, 35, 79]


def test_a_calibrated_model_has_a_small_calibration_error_and_an_overconfident_one_has_not() -> None:
    rng = np.random.default_rng(5)
    p = 0.5 + rng.random(20_000) / 2
    labels = (rng.random(20_000) < p).astype(int)
    honest = calibration(np.stack([1 - p, p], axis=1), labels)
    assert honest.expected_error < 0.02
    sure = p**4 / (p**4 + (1 - p) ** 4)
    assert calibration(np.stack([1 - sure, sure], axis=1), labels).expected_error > 0.1
    assert sum(share.n for share in honest.right) == 20_000


def test_the_calibration_error_weighs_every_bin_by_its_images() -> None:
    """By hand: 4 images at .95, of which 2 are right, and 1 at .65, which is right: (4 · .45 + 1 · .35) / 5."""
    p = np.array([[0.05, 0.95]] * 4 + [[0.35, 0.65]])
    found = calibration(p, np.array([1, 1, 0, 0, 1]))
    assert found.expected_error == pytest.approx((4 * 0.45 + 0.35) / 5, abs=1e-12)
    assert [(share.k, share.n) for share in found.right] == [(1, 1), (2, 4)]


def test_the_worst_mistakes_come_first_and_are_mistakes() -> None:
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.99, 0.01]])
    assert worst(p, np.array([1, 1, 0, 1])).tolist() == [3, 0, 2]


def test_the_bootstraps_interval_is_the_normal_laws_for_many_normal_values() -> None:
    values = np.random.default_rng(3).normal(5, 2, 4000)
    found, half = ev.bootstrap(values), ev.half_width(values)
    assert found.value == values.mean() and found.n == 4000
    assert (found.high - found.value, found.value - found.low) == pytest.approx((half, half), rel=0.05)
