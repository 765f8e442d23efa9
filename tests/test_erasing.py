"""Deletion and insertion against a second implementation, on answers whose curve is known."""

import numpy as np
import pytest
from sklearn.metrics import auc

from dlcore.heatmaps import erasing, truth

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (8, 8, 3)).astype(np.uint8)
TARGET = np.zeros((8, 8), dtype=bool)
TARGET[2:4, 5:7] = True


def by_target(images: np.ndarray) -> np.ndarray:
    """A network that looks at four pixels only: the share of them that still are what they were."""
    return (images == IMAGE).all(axis=-1)[:, TARGET].mean(axis=1)


ORDERS = {
    "true": erasing.order_of(TARGET * 1.0),
    "opposite": erasing.order_of(1.0 - TARGET),
    "random": erasing.order_of(np.zeros((8, 8))),
}


@pytest.mark.parametrize("fill", erasing.FILLS)
def test_the_pixels_that_decide_make_the_curve_fall_at_once(fill: str) -> None:
    found = erasing.curves_of(by_target, IMAGE, ORDERS, fill, steps=16)
    np.testing.assert_array_equal(found.deletion["true"][0][:2], [1.0, 0.0])  # 4 of 64 pixels are 1/16
    np.testing.assert_array_equal(found.insertion["true"][0][:2], [0.0, 1.0])
    assert found.deletion["opposite"][0][-2] == 1.0  # the control: the last four pixels were the ones
    areas = {name: found.area("deletion", name).value for name in ORDERS}
    assert areas["true"] < areas["random"] < areas["opposite"]
    assert found.gain("insertion", "true", "random").value > 0


def test_areas_equal_scikit_learns() -> None:
    found = erasing.curves_of(by_target, IMAGE, ORDERS, erasing.FILLS[0], steps=10)
    for name in ORDERS:
        theirs = auc(found.shares, found.deletion[name][0])
        assert erasing.areas(found.deletion[name], found.shares)[0] == pytest.approx(theirs, abs=1e-12)


def test_steps_change_exactly_the_pixels_they_say() -> None:
    """Against a loop over pixels."""
    heat, shares = RNG.normal(size=(8, 8)), np.linspace(0, 1, 9)
    nothing = erasing.filled(IMAGE, erasing.FILLS[1])
    stack = erasing.steps_between(IMAGE, nothing, erasing.order_of(heat), shares)
    for share, found in zip(shares, stack, strict=True):
        slowly = IMAGE.copy()
        for place in np.argsort(-heat.ravel())[: round(share * 64)]:
            slowly[place // 8, place % 8] = nothing[place // 8, place % 8]
        np.testing.assert_array_equal(found, slowly)
    np.testing.assert_array_equal(stack[-1], nothing)


def test_ties_are_broken_at_random_and_grey_images_work() -> None:
    first, second = (erasing.order_of(np.zeros((8, 8)), seed) for seed in (0, 1))
    assert sorted(first) == sorted(second) == list(range(64)) and (first != second).any()
    grey = erasing.steps_between(IMAGE[..., 0], IMAGE[..., 1], first, np.array([0.0, 1.0]))
    np.testing.assert_array_equal(grey[1], IMAGE[..., 1])


def test_a_fill_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="mean colour"):
        erasing.filled(IMAGE, "black")


def test_curves_of_several_images_are_stacked() -> None:
    one = erasing.curves_of(by_target, IMAGE, ORDERS, erasing.FILLS[0], steps=4)
    two = erasing.together([one, one])
    assert two.deletion["true"].shape == (2, 5) and isinstance(two.area("deletion", "true"), truth.Mean)


def test_the_curves_of_one_image_stacked_alone_are_those_curves() -> None:
    shares = np.array([0.0, 0.5, 1.0])
    alone = erasing.Curves(
        shares, {"true": np.array([[1.0, 0.5, 0.0]])}, {"true": np.array([[0.0, 0.5, 1.0]])}
    )
    stacked = erasing.together([alone])
    assert stacked.shares is shares and stacked.deletion["true"].tolist() == [[1, 0.5, 0]]
    assert erasing.together([alone, alone]).insertion["true"].shape == (2, 3)


def test_a_blurred_picture_of_three_colors_is_three_blurred_pictures() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    blurred = erasing.filled(image, erasing.FILLS[1])
    for channel in range(3):
        alone = erasing.filled(np.ascontiguousarray(image[..., channel]), erasing.FILLS[1])
        np.testing.assert_array_equal(blurred[..., channel], alone)
    assert np.ptp(blurred.astype(int), axis=(0, 1)).max() < np.ptp(image.astype(int), axis=(0, 1)).min() / 3
