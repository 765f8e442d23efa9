"""What a split owes to the deal, against closed forms, plain searches and the published leak of BreastMNIST."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from dlcore.data import ImageSet, leaks, load, split
from dlcore.data.leakage import across, twin_pairs
from dlcore.evaluation.split_luck import class_shares, twins_across

REAL = os.environ.get("DLCORE_DATA_TEST", "")
needs_breastmnist = pytest.mark.skipif(
    not (REAL and (Path(REAL) / "breastmnist.npz").is_file()),
    reason="needs the official breastmnist.npz in the folder DLCORE_DATA_TEST",
)
USUAL = (0.6, 0.2, 0.2)


@pytest.fixture(scope="module")
def twins() -> ImageSet:
    """90 images of noise, 40 of them also a little brighter, shuffled."""
    rng = np.random.default_rng(0)
    images = rng.integers(20, 200, (90, 8, 8), np.uint8)
    images = np.concatenate([images, images[:40] + 30])
    order = rng.permutation(130)
    labels = np.concatenate([np.arange(90), np.arange(40)]) % 2
    return ImageSet("twins", images[order], labels[order], ("a", "b"))


def test_chance_spreads_class_shares_as_the_hypergeometric_law_says_and_strata_do_not() -> None:
    labels = np.repeat([0, 1, 2], [300, 80, 20])
    found = class_shares(labels, ("a", "b", "c"), USUAL, deals=300)
    assert found.size == 80 and np.allclose(found.whole, [0.75, 0.2, 0.05])
    assert np.allclose(found.by_chance.std(axis=0, ddof=1), found.expected, rtol=0.15)
    assert found.stratified.std(axis=0).max() < 1e-12 and np.allclose(found.stratified[0], found.whole)
    with_replacement = np.sqrt(found.whole * (1 - found.whole) / found.size)
    assert not np.allclose(found.by_chance.std(axis=0, ddof=1), with_replacement, rtol=0.05)


def test_twin_pairs_are_those_of_the_correlation_matrix(twins: ImageSet) -> None:
    r = np.corrcoef(twins.images.reshape(len(twins), -1))
    i, j = np.nonzero(np.triu(r > 0.99, 1))
    assert set(map(tuple, twin_pairs(twins).tolist())) == set(zip(i.tolist(), j.tolist(), strict=True))
    assert len(i) == 40


def test_twins_across_a_split_are_counted_as_the_leak_detector_counts_them(twins: ImageSet) -> None:
    parts = split(twins.labels, USUAL, 3)
    found = leaks(twins, 0.99, parts)
    assert across(twin_pairs(twins), parts) == (len(found.validation_near), len(found.test_near))
    assert across(twin_pairs(twins), parts) != (0, 0)


def test_dealt_by_families_no_twin_is_left_across(twins: ImageSet) -> None:
    own = dataclasses.replace(twins, official_split=split(twins.labels, USUAL, 5))
    found = twins_across(own, USUAL, deals=5)
    assert found.together == (0, 0) and found.pairs == 40
    assert found.anew.shape == (5, 2) and found.anew.min() > 0
    assert found.official == across(twin_pairs(own), own.official_split)
    assert twins_across(twins, USUAL, deals=2).official is None


@needs_breastmnist
def test_breastmnists_leak_vanishes_when_it_is_dealt_by_families() -> None:
    found = twins_across(load("breastmnist", REAL), USUAL, deals=10)
    assert found.official == (22, 39) and found.official_sizes == (78, 156)
    assert found.together == (0, 0)
    assert found.anew.mean(axis=0).min() > 20  # a fresh deal leaks as much: the twins are in the set
