"""Heat maps as arrays: upsampling against torch, smoothing against SciPy, scores against scikit-learn."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from sklearn.metrics import roc_auc_score
from torch.nn.functional import interpolate

from dlcore.heatmaps.heatmaps import MODES, Scores, score, smooth, upsample

RNG = np.random.default_rng(0)


def test_the_room_loads_without_torch() -> None:
    code = "import sys, dlcore.heatmaps.heatmaps; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- upsample


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_upsampling_equals_torch_at_every_size(mode: str, dtype: type) -> None:
    options = {} if mode == "nearest" else {"align_corners": False}
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    for n, wanted in [
        (1, 5),
        (2, 3),
        (3, 28),
        (4, 28),
        (7, 28),
        (7, 64),
        (8, 224),
        (14, 9),
        (28, 28),
        (28, 4),
    ]:
        maps = RNG.normal(size=(2, 3, n, n + 1)).astype(dtype)
        theirs = interpolate(torch.from_numpy(maps), (wanted, wanted + 2), mode=mode, **options).numpy()
        ours = upsample(maps, (wanted, wanted + 2), mode)
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def test_upsampling_keeps_leading_axes_and_takes_tensors() -> None:
    maps = RNG.normal(size=(2, 3, 4, 7, 5))
    ours = upsample(torch.from_numpy(maps).requires_grad_(), (9, 9), "bicubic")
    assert isinstance(ours, np.ndarray) and ours.shape == (2, 3, 4, 9, 9)
    np.testing.assert_array_equal(ours[1, 2, 3], upsample(maps[1, 2, 3], (9, 9), "bicubic"))
    assert upsample(torch.ones(2, 2, dtype=torch.bfloat16), (3, 3)).dtype == np.float32
    assert upsample(np.eye(2, dtype=bool), (4, 4), "nearest").dtype == bool


@pytest.mark.parametrize(
    ("shape", "size", "mode"),
    [
        ((3, 3), (0, 4), "nearest"),
        ((3, 3), (4, 4), "lanczos"),
        ((3,), (4, 4), "nearest"),
        ((0, 3), (4, 4), "bilinear"),
    ],
)
def test_upsampling_refuses_nonsense_with_a_sentence(shape: tuple, size: tuple, mode: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        upsample(np.zeros(shape), size, mode)


# --- smooth


@pytest.mark.parametrize("sigma", [0.2, 0.5, 1.0, 2.5, 9.0])
@pytest.mark.parametrize("shape", [(28, 28), (7, 7), (3, 11), (1, 1), (1, 6)])
def test_smoothing_equals_scipy_and_keeps_the_sum(sigma: float, shape: tuple[int, int]) -> None:
    maps = RNG.normal(size=(2, *shape))
    ours = smooth(maps, sigma)
    theirs = np.stack([gaussian_filter(h, sigma, mode="reflect") for h in maps])
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.sum(axis=(1, 2)), maps.sum(axis=(1, 2)), rtol=0, atol=1e-10)


def test_smoothing_by_zero_changes_nothing_and_by_much_gives_the_mean() -> None:
    maps = RNG.normal(size=(2, 3, 8, 8)).astype(np.float32)
    np.testing.assert_array_equal(smooth(torch.from_numpy(maps), 0), maps)
    flat = smooth(maps, 1e6)
    assert flat.dtype == np.float32
    np.testing.assert_allclose(
        flat, np.broadcast_to(maps.mean(axis=(2, 3), keepdims=True), maps.shape), atol=1e-4
    )
    assert smooth(np.zeros((0, 2, 4, 4)), 1).shape == (0, 2, 4, 4)


def test_smoothing_with_zeros_outside_would_lose_mass() -> None:
    """The control: the sum is kept by the mirrored border, not by any border."""
    corner = np.zeros((9, 9))
    corner[0, 0] = 1
    assert gaussian_filter(corner, 1.0, mode="constant").sum() < 0.6
    assert smooth(corner, 1.0).sum() == pytest.approx(1)


@pytest.mark.parametrize("sigma", [-0.1, float("nan"), float("inf")])
def test_smoothing_refuses_impossible_widths(sigma: float) -> None:
    with pytest.raises(ValueError, match="pixels"):
        smooth(np.zeros((3, 3)), sigma)


# --- score

MASK = np.zeros((8, 8), dtype=bool)
MASK[2:5, 3:6] = True


@pytest.mark.parametrize("levels", [None, 2, 5])
def test_auc_equals_scikit_learn_also_with_ties(levels: int | None) -> None:
    for _ in range(20):
        h = RNG.normal(size=(8, 8)) if levels is None else RNG.integers(0, levels, (8, 8)).astype(float)
        mask = RNG.random((8, 8)) < 0.3
        assert score(h, mask).auc == pytest.approx(roc_auc_score(mask.ravel(), h.ravel()), abs=1e-12)


def test_a_perfect_map_gets_full_marks_and_its_negative_none() -> None:
    assert score(MASK.astype(float), MASK) == Scores(1.0, 1.0, 1.0, 1.0)
    worst = score(1.0 - MASK, MASK)
    assert worst == Scores(0.0, 0.0, 0.0, 0.0)
    assert score(-(1.0 - MASK), MASK).mass_inside is None  # right order, but nothing is positive
    assert score(-(1.0 - MASK), MASK).auc == 1.0


def test_a_constant_map_scores_what_chance_would() -> None:
    share = MASK.mean()
    for value in (0.0, 2.0, -2.0):
        found = score(np.full((8, 8), value), MASK)
        assert found.pointing_hit == pytest.approx(share) and found.auc == 0.5
        assert found.iou == pytest.approx(share / (2 - share))
        assert found.mass_inside == (pytest.approx(share) if value > 0 else None)


def test_scores_do_not_depend_on_the_scale_of_the_map() -> None:
    h = RNG.normal(size=(8, 8))
    for scale in (1e-300, 1e-12, 1e9, 1e300):
        assert score(h * scale, MASK).mass_inside == pytest.approx(score(h, MASK).mass_inside)
        assert score(h * scale, MASK).iou == score(h, MASK).iou


def test_iou_takes_as_many_pixels_as_the_mask_has() -> None:
    h = np.zeros((8, 8))
    h[2:5, 4:7] = np.arange(9).reshape(3, 3) + 1  # nine pixels, six of them in the mask
    assert score(h, MASK).iou == pytest.approx(6 / 12)


def test_empty_and_full_masks_have_a_defined_answer() -> None:
    h = RNG.normal(size=(8, 8))
    assert score(h, np.zeros((8, 8))) == Scores(0.0, 0.0, None, None)
    assert score(h, np.full((8, 8), 255, np.uint8)) == Scores(1.0, 1.0, 1.0, None)


def test_a_smaller_map_is_enlarged_to_the_mask() -> None:
    h = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    assert score(h, MASK) == score(upsample(h.double(), (8, 8), "bilinear"), MASK)


@pytest.mark.parametrize(
    ("h", "mask"),
    [
        (np.full((8, 8), np.nan), MASK),
        (np.full((8, 8), np.inf), MASK),
        (np.zeros((1, 8, 8)), MASK),
        (np.zeros(8), MASK),
    ],
)
def test_what_has_no_score_is_refused_with_a_sentence(h: np.ndarray, mask: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        score(h, mask)
