"""Which images a recipe learns from."""

import numpy as np
import pytest

from dlcore.data import BadInput, ImageSet, folds, load, recipe_images, split
from dlcore.data import families as families_room
from dlcore.data.families import families
from dlcore.data.leakage import leaks
from dlcore.runs import Recipe


@pytest.fixture(scope="module")
def digits() -> ImageSet:
    return load("digits")


def twins() -> ImageSet:
    """60 images of noise, each also a little brighter (correlation > .99), in a shuffled order."""
    rng = np.random.default_rng(0)
    images = rng.integers(20, 200, (60, 8, 8), np.uint8)
    images = np.concatenate([images, images + 30])
    order = rng.permutation(120)
    labels = np.tile(np.arange(60) % 2, 2)
    return ImageSet("twins", images[order], labels[order], ("a", "b"))


def test_folds_partition_train_and_validation_and_spare_the_test_images(digits: ImageSet) -> None:
    whole = recipe_images.parts(Recipe(dataset="digits"), digits)
    held = [recipe_images.parts(Recipe(dataset="digits", folds=4, fold=f), digits) for f in range(4)]
    pool = np.sort(np.concatenate([whole.train, whole.validation]))
    assert np.array_equal(np.sort(np.concatenate([s.validation for s in held])), pool)
    for s in held:
        assert np.array_equal(np.sort(np.concatenate([s.train, s.validation])), pool)
        assert np.array_equal(s.test, whole.test)


def test_smaller_subsets_are_contained_in_larger_ones(digits: ImageSet) -> None:
    small = recipe_images.parts(Recipe(dataset="digits", subset=20), digits).train
    large = recipe_images.parts(Recipe(dataset="digits", subset=200), digits).train
    assert len(small) == 20 and set(small) < set(large)


@pytest.mark.parametrize("deal", [{}, {"folds": 4, "fold": 2}])
def test_a_subset_is_drawn_from_the_training_images_alone(digits: ImageSet, deal: dict[str, int]) -> None:
    whole = recipe_images.parts(Recipe(dataset="digits", **deal), digits)
    some = recipe_images.parts(Recipe(dataset="digits", subset=len(whole.train) - 1, **deal), digits)
    assert len(np.unique(some.train)) == len(whole.train) - 1 and set(some.train) < set(whole.train)
    assert np.array_equal(some.validation, whole.validation) and np.array_equal(some.test, whole.test)
    assert set(some.train).isdisjoint(some.validation)


def test_label_noise_replaces_exactly_its_share() -> None:
    labels = np.arange(1000) % 4
    changed = recipe_images.noisy(labels, 0.25, 4, seed=0)
    assert (changed != labels).sum() == 250
    assert set(changed) == {0, 1, 2, 3}
    assert np.array_equal(recipe_images.noisy(labels, 0.0, 4, seed=0), labels)


def test_one_permutation_moves_every_image_alike() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 6, 3), np.uint8)
    moved = recipe_images.permuted(images, 7)
    assert moved.shape == images.shape
    assert not np.array_equal(moved, images)
    assert np.array_equal(np.sort(moved.reshape(3, 30, 3), axis=1), np.sort(images.reshape(3, 30, 3), axis=1))
    assert np.array_equal(recipe_images.permuted(images[1:2], 7), moved[1:2])


def test_families_join_what_a_plain_search_joins() -> None:
    images = twins()
    found = families(images)
    r = np.corrcoef(images.images.reshape(120, -1))
    assert np.array_equal(found[:, None] == found[None, :], r > 0.99)
    assert len(set(found.tolist())) == 60


def test_chains_of_twins_are_one_family() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 256, (2, 16, 16)).astype(float)
    steps = np.stack([(1 - t) * a + t * b for t in np.linspace(0, 1, 30)]).astype(np.uint8)
    images = ImageSet("chain", steps, np.arange(30) % 2, ("a", "b"))
    r = np.corrcoef(images.images.reshape(30, -1))
    assert r[0, -1] < 0.5  # the ends are no twins of each other, and yet
    assert len(set(families(images).tolist())) == 1


def test_dealt_by_families_no_twin_is_left_on_the_other_side() -> None:
    images = twins()
    apart = recipe_images.parts(Recipe(dataset="twins"), images)
    together = recipe_images.parts(Recipe(dataset="twins", grouped=True), images)
    assert len(leaks(images, split=apart).test_near) > 0
    assert len(leaks(images, split=together).test_near) == 0
    for fold in range(3):
        recipe = Recipe(dataset="twins", grouped=True, folds=3, fold=fold)
        assert len(leaks(images, split=recipe_images.parts(recipe, images)).validation_near) == 0


def test_too_many_images_for_families_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families_room, "COMPARABLE", 100)
    with pytest.raises(BadInput, match="every pair"):
        families(twins())


def test_without_strata_the_classes_fall_as_they_may() -> None:
    labels = np.repeat([0, 1], [180, 20])
    shares = [labels[split(labels, seed=s, stratified=False).test].mean() for s in range(200)]
    assert {labels[split(labels, seed=s).test].mean() for s in range(20)} == {0.1}
    # Drawing 40 of 200 without replacement: the hypergeometric standard deviation of the share.
    assert np.std(shares) == pytest.approx(np.sqrt(0.1 * 0.9 / 40 * 160 / 199), rel=0.15)
    loose = folds(labels, 5, seed=1, stratified=False)
    assert np.array_equal(np.sort(np.concatenate(loose)), np.arange(200))
    assert len({int(labels[f].sum()) for f in loose}) > 1
