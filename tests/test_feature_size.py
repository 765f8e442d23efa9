"""The size of a feature: squares, waves and dots of known size; patterns against finite differences."""

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from dlcore import models
from dlcore.convolution.feature_size import Sizes, extent, grow, measured, wavelength
from dlcore.convolution.network_opened import CHANNELS, patterns
from dlcore.data.embedded import digits
from dlcore.figures.feature_size import sizes
from dlcore.runs import Recipe
from ui.convolution.feature_size import verdict

RECIPE = Recipe(dataset="digits", width=4)


def square(k: int, n: int = 32) -> np.ndarray:
    drawn = np.zeros((1, 1, n, n))
    drawn[..., 5 : 5 + k, 9 : 9 + k] = -0.3
    return drawn


@pytest.mark.parametrize("k", [1, 3, 8, 20])
def test_a_square_has_the_extent_of_its_side(k: int) -> None:
    assert extent(square(k))[0] == pytest.approx(k)


@pytest.mark.parametrize("period", [2, 4, 8, 16])
def test_a_wave_has_its_wavelength(period: int) -> None:
    wave = np.cos(2 * np.pi * np.arange(32) / period)[None, None, :, None] * np.ones(32)
    assert wavelength(wave)[0] == pytest.approx(period)
    assert wavelength(wave.transpose(0, 1, 3, 2))[0] == pytest.approx(period)


def test_a_checkerboard_is_fine_and_a_wide_blob_coarse() -> None:
    board = (np.indices((32, 32)).sum(axis=0) % 2 * 2.0 - 1)[None, None]
    assert wavelength(board)[0] == pytest.approx(np.sqrt(2))
    assert wavelength(square(12))[0] > 2 * wavelength(square(1))[0]


def test_dead_channels_are_left_out() -> None:
    both = np.concatenate([square(3), np.zeros((1, 1, 32, 32))])
    found = measured("features.0", 5, both)
    assert len(found.extent) == len(found.wavelength) == 1


def test_patterns_are_gradients_at_the_highest_cell_and_stay_in_the_field() -> None:
    imageset = digits()
    model = models.build(RECIPE, imageset).eval().double()
    # In double precision, for finite differences; preprocess gives single.
    single = models.build(RECIPE, imageset).eval()
    images = imageset.images[:6]
    found = list(patterns(single, images))
    assert [name for name, _, _ in found] == ["features.0", "features.1", "features.2"]
    for depth, (_, field, pattern) in enumerate(found):
        rows, cols = (np.flatnonzero(np.abs(pattern[0]).sum(axis=(0, axis))) for axis in (2, 1))
        assert np.ptp(rows) < field and np.ptp(cols) < field
        assert len(pattern) == min(CHANNELS, 4 * 2**depth)
    x = models.preprocess(images).double()
    with torch.no_grad():
        a = model.features[0](x)[:, 0]
        n, cell = divmod(int(a.flatten().argmax()), a[0].numel())
        i, j = (int(v) for v in np.argwhere(found[0][2][0, 0])[0])
        step = torch.zeros_like(x[n : n + 1])
        step[0, 0, i, j] = 1e-5
        up, down = (model.features[0](x[n : n + 1] + s)[0, 0].flatten()[cell] for s in (step, -step))
    assert found[0][2][0, 0, i, j] == pytest.approx(float(up - down) / 2e-5, rel=1e-3)


def layer(*extents: float) -> Sizes:
    return Sizes("features.0", 9, np.array(extents), np.array(extents))


def test_growth_needs_middle_halves_apart() -> None:
    assert grow([layer(1, 2, 3), layer(7, 8, 9)], "extent")
    assert not grow([layer(1, 2, 3), layer(2, 2.1, 9)], "extent")
    assert not grow([layer(7, 8, 9), layer(1, 2, 3)], "extent")


def test_the_words_say_what_was_measured() -> None:
    small, large = layer(1, 2, 3), layer(7, 8, 9)
    assert "do grow" in verdict([small, large], [small, large])
    assert "built in" in verdict([small, large], [small, large])
    assert "not seen" in verdict([small, small], [small, small])


def test_the_figure_is_valid_also_with_a_dead_layer() -> None:
    figure = sizes([layer(1, 2), layer(3)], [layer(2, 3), layer()], "extent", "pixels")
    assert len(go.Figure(figure).data) == 4 and "field 9" in figure.to_json()
