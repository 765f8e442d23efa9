"""How alike two maps are: against SciPy and scikit-image, with maps that must not be alike."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from dlcore.heatmaps.similarity import likeness, spearman, ssim

RNG = np.random.default_rng(0)


def test_spearman_equals_scipys_also_with_ties() -> None:
    for a, b in (
        (RNG.normal(size=(5, 7, 7)), RNG.normal(size=(5, 7, 7))),
        (RNG.integers(0, 4, (5, 7, 7)), RNG.integers(0, 4, (5, 7, 7))),
    ):
        theirs = [spearmanr(p.ravel(), q.ravel())[0] for p, q in zip(a, b, strict=True)]
        np.testing.assert_allclose(spearman(a, b), theirs, atol=1e-12)
    assert np.isnan(spearman(np.zeros((1, 3, 3)), RNG.normal(size=(1, 3, 3))))[0]


def test_structural_similarity_equals_scikit_images() -> None:
    a, b = RNG.normal(size=(2, 4, 28, 28))
    theirs = [
        structural_similarity(p / np.abs(p).max(), q / np.abs(q).max(), data_range=2.0)
        for p, q in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(ssim(a, b), theirs, atol=1e-10)
    assert np.isnan(ssim(np.zeros((1, 9, 9)), a[:1, :9, :9])[0])


def test_a_map_is_exactly_like_itself_and_its_negative_only_in_size() -> None:
    a = RNG.normal(size=(6, 7, 7))
    same, opposite = likeness(a, a, (28, 28)), likeness(a, -a, (28, 28))
    for name in same:
        np.testing.assert_allclose(same[name], 1.0, atol=1e-12)
    np.testing.assert_allclose(opposite["spearman"], -1.0, atol=1e-12)
    np.testing.assert_allclose(opposite["absolute"], 1.0, atol=1e-12)
    # Both factors of SSIM change sign, so it can take a map's negative for the map: never read it alone.
    assert opposite["ssim"].max() < 1


@pytest.mark.parametrize("size", [(8, 8), (5, 9)])
def test_small_images_have_a_window_that_fits(size: tuple[int, int]) -> None:
    a, b = RNG.normal(size=(2, 3, 4, 4))
    assert all(np.isfinite(values).all() for values in likeness(a, b, size).values())
