"""Many maps at once: measures against `score` and scikit-learn, baselines, intervals, smoothing."""

import numpy as np
import pytest
from scipy.ndimage import sobel
from scipy.stats import bootstrap, rankdata
from sklearn.metrics import roc_auc_score

from dlcore.data import load
from dlcore.evaluation.intervals import wilson
from dlcore.heatmaps import heatmaps, truth

RNG = np.random.default_rng(0)
N = 40
MASKS = np.zeros((N, 9, 11), dtype=bool)
for i, (r, c) in enumerate(RNG.integers(0, 6, (N, 2))):
    MASKS[i, r : r + 3, c : c + 4] = True


@pytest.mark.parametrize("levels", [0, 3])
def test_all_at_once_equals_one_at_a_time(levels: int) -> None:
    maps = RNG.normal(size=MASKS.shape) if not levels else RNG.integers(-2, levels, MASKS.shape) * 1.0
    maps[0] = -1.0  # nothing positive: no mass
    masks = MASKS.copy()
    masks[1] = False
    masks[2] = True
    found = truth.score_all(maps, masks)
    for row, h, mask in zip(found, maps, masks, strict=True):
        expected = heatmaps.score(h, mask)
        for value, name in zip(row, truth.MEASURES, strict=True):
            one = getattr(expected, name)
            assert np.isnan(value) if one is None else value == pytest.approx(one, abs=1e-12)


def test_auc_and_ranks_equal_scikit_learn_and_scipy() -> None:
    maps = RNG.integers(0, 5, MASKS.shape) * 1.0
    auc = truth.score_all(maps, MASKS)[:, 3]
    theirs = [roc_auc_score(m.ravel(), h.ravel()) for h, m in zip(maps, MASKS, strict=True)]
    np.testing.assert_allclose(auc, theirs, rtol=0, atol=1e-12)
    flat = maps.reshape(N, -1)
    np.testing.assert_array_equal(truth.ranks(flat), rankdata(flat, axis=1))


def test_the_mask_itself_scores_one_its_opposite_zero_and_chance_one_half() -> None:
    np.testing.assert_array_equal(truth.score_all(MASKS * 1.0, MASKS), 1.0)
    np.testing.assert_array_equal(truth.score_all(1.0 - MASKS, MASKS), 0.0)
    random = truth.score_all(truth.baseline("random", np.zeros((400, 28, 28), np.uint8)), big_masks(400))
    mean = truth.mean_of(random[:, 3], "auc")
    assert mean.low < 0.5 < mean.high and mean.high - mean.low < 0.02
    share = big_masks(400).mean()
    assert truth.mean_of(random[:, 1], "mass_inside").value == pytest.approx(share, abs=0.01)


def big_masks(n: int) -> np.ndarray:
    masks = np.zeros((n, 28, 28), dtype=bool)
    masks[:, 5:17, 9:21] = True
    return masks


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        truth.score_all(np.zeros((2, 4, 4)), np.zeros((2, 4, 5), bool))
    with pytest.raises(ValueError, match="NaN"):
        truth.score_all(np.full((2, 4, 4), np.nan), np.zeros((2, 4, 4), bool))


def test_edges_equal_scipys_sobel_and_the_centre_is_in_the_middle() -> None:
    grey = RNG.integers(0, 256, (3, 12, 14)).astype(np.uint8)
    ours = truth.edges(grey)
    for found, image in zip(ours, grey.astype(float), strict=True):
        theirs = np.hypot(sobel(image, 0), sobel(image, 1))
        np.testing.assert_allclose(found[1:-1, 1:-1], theirs[1:-1, 1:-1], atol=1e-9)
    np.testing.assert_allclose(truth.edges(np.repeat(grey[..., None], 3, axis=3)), ours, atol=1e-9)
    middle = truth.centre(1, 7, 7)[0]
    assert np.unravel_index(middle.argmax(), middle.shape) == (3, 3) and middle.max() == 1
    np.testing.assert_array_equal(middle, middle[::-1, ::-1])


def test_a_detector_that_asks_no_network_finds_the_cells() -> None:
    """Why baselines stand in the picture: on these images the strongest edge nearly always lies in the cell."""
    cells = load("cells")
    part = slice(0, 300)
    assert cells.masks is not None
    values = truth.score_all(truth.edges(cells.images[part]), cells.masks[part])
    assert values[:, 0].mean() > 0.9


def test_the_bootstrap_agrees_with_scipys_and_wilson_is_used_for_hits() -> None:
    values = RNG.random(200) ** 2
    ours = truth.mean_of(values, "auc")
    theirs = bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(1))
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.006)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.006)
    hits = truth.mean_of(np.ones(10), "pointing_hit")
    assert hits.high == pytest.approx(1) and hits.low == pytest.approx(10 / (10 + 1.959964**2))
    assert truth.mean_of(np.full(3, np.nan), "auc").n == 0


def test_a_paired_difference_is_narrower_than_the_two_means() -> None:
    a = RNG.random(300)
    b = a - 0.02 + 0.01 * RNG.normal(size=300)
    d = truth.difference(a, b)
    assert d.low > 0  # clear, although the means' own intervals overlap:
    assert truth.mean_of(a, "auc").low < truth.mean_of(b, "auc").high


def test_smoothing_starts_at_the_raw_map() -> None:
    raw, masks = RNG.normal(size=(20, 4, 4)), big_masks(20)
    found = truth.by_smoothing(raw, masks, (0.0, 2.0))
    assert found.values.shape == (3, 2, 20, 4)
    cells = heatmaps.upsample(raw, (28, 28), "nearest")
    np.testing.assert_array_equal(found.values[0, 0], truth.score_all(cells, masks))
    assert not np.allclose(found.values[0, 1], found.values[0, 0])


def test_a_share_of_hits_has_wilsons_interval_and_leaves_out_what_is_not_known() -> None:
    hits = np.array([1.0] * 9 + [0.0] * 3 + [np.nan])
    found, ends = truth.mean_of(hits, "pointing_hit"), wilson(9, 12)
    assert (found.value, found.low, found.high, found.n) == pytest.approx((0.75, *map(float, ends), 12))
