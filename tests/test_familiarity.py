"""Far from the training images: noise, photographs, another set. Near: held-out images, at the promised rate."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.covariance import ShrunkCovariance
from sklearn.datasets import load_sample_images

from dlcore import gradcam, models, training
from dlcore.attribution import familiarity
from dlcore.attribution.familiarity import Familiar, apart, familiar_with, summary
from dlcore.data import ImageSet, load
from dlcore.data.cells import cells
from dlcore.data.embedded import digits
from dlcore.data.fitting import fitted
from dlcore.data.recipe_images import parts
from dlcore.figures.overlay import coloured
from dlcore.runs import Recipe, Run
from dlcore.store.store import WITH_THE_LAB, Store
from ui.gradcam.subject import OPENING

RNG = np.random.default_rng(0)
Asked = tuple[Familiar, models.Network, ImageSet, Run]


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    """A small network of drawn cells, and what it is familiar with."""
    imageset = cells(2000)
    run = training.fit(Recipe(epochs=2, width=8), imageset)
    network = models.load(run)
    train = parts(run.recipe, imageset).train
    yield familiarity.of_run(run, network, imageset, train), network, imageset, run


def shares(asked: Asked, images: np.ndarray) -> np.ndarray:
    known, network, _, _ = asked
    return np.array([known.share_nearer(float(d)) for d in known.distance(summary(network, images))])


def photographs(n: int) -> np.ndarray:
    """Windows of scikit-learn's two photographs at the network's size."""
    made = []
    for place in range(n):
        picture = load_sample_images().images[place % 2]
        top, left, side = RNG.integers(0, 200), RNG.integers(0, 400), RNG.integers(80, 220)
        made.append(fitted(np.ascontiguousarray(picture[top : top + side, left : left + side]), (28, 28, 3)))
    return np.stack(made)


def test_noise_photographs_and_another_set_are_far(asked: Asked) -> None:
    noise = RNG.integers(0, 256, (60, 28, 28, 3)).astype(np.uint8)
    other = np.stack([fitted(coloured(image), (28, 28, 3)) for image in digits().images[:60]])
    black = np.zeros((1, 28, 28, 3), np.uint8)  # plain white is not that strange: a smear has such ground
    for strange in (noise, photographs(60), other, black):
        assert np.mean(shares(asked, strange) > 0.99) > 0.9


def test_images_drawn_anew_are_as_familiar_as_validation_images(asked: Asked) -> None:
    anew = shares(asked, cells(2000, seed=7).images)
    # 2000 new images against 400: 0.05 ± 3 standard errors of both samples together
    assert np.mean(anew > 0.95) == pytest.approx(0.05, abs=0.036)
    assert np.mean(anew > 0.5) == pytest.approx(0.5, abs=0.08)


def test_distance_is_scikit_learns_for_one_class(asked: Asked) -> None:
    h = RNG.normal(size=(80, 5)) @ RNG.normal(size=(5, 5))
    known = familiar_with(h, np.zeros(80, int), h[:10])
    theirs = ShrunkCovariance(shrinkage=familiarity.SHRINKAGE).fit(h)
    strange = RNG.normal(size=(20, 5))
    np.testing.assert_allclose(known.distance(strange) ** 2, theirs.mahalanobis(strange), rtol=1e-9)
    unshrunk = ShrunkCovariance(shrinkage=0).fit(h)
    assert not np.allclose(known.distance(strange) ** 2, unshrunk.mahalanobis(strange), rtol=1e-3)


def test_the_nearest_class_counts_and_the_covariance_is_within_classes() -> None:
    h = RNG.normal(size=(200, 3))
    h[100:] += 50
    known = familiar_with(h, np.repeat([0, 1], 100), h)
    assert known.distance(np.array([[50.0, 50, 50]]))[0] < 1 < known.distance(np.array([[25.0, 25, 25]]))[0]


def test_a_dead_channel_and_images_all_alike_leave_numbers_finite() -> None:
    alike = np.ones((6, 3))
    assert np.isfinite(familiar_with(alike, np.zeros(6, int), alike).distance(np.zeros((2, 3)))).all()


def test_a_summary_is_the_mean_of_each_blocks_maps(asked: Asked) -> None:
    import torch

    _, network, imageset, _ = asked
    x = models.preprocess(imageset.images[:3])
    with torch.no_grad():
        by_hand = [network.features[: i + 1](x).double().mean(dim=(2, 3)) for i in range(3)]
    expected = torch.cat(by_hand, dim=1).numpy()
    np.testing.assert_allclose(summary(network, imageset.images[:3]), expected, atol=1e-5)


def test_large_sets_are_sampled_and_small_ones_used_whole(asked: Asked) -> None:
    known, network, imageset, run = asked
    assert len(known.distances) == len(run.val_index) == 400
    few = familiarity._some(np.arange(5000), np.random.default_rng(0))
    assert len(set(few)) == familiarity.MOST and (np.diff(few) > 0).all()
    repeated = familiarity.of_run(run, network, imageset, parts(run.recipe, imageset).train)
    np.testing.assert_array_equal(repeated.distances, known.distances)


def by_layer(points: np.ndarray) -> list[list[np.ndarray]]:
    """Pictures of two layers, the second with the larger numbers."""
    return [[h[:2], 1000 * h[2:]] for h in points]


@pytest.mark.parametrize("n", [4, 19, 40])
def test_of_pictures_from_one_place_no_more_than_promised_stand_apart(n: int) -> None:
    """Exactly, not on average: each of n + 1 pictures is asked about in turn, whatever they are."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        points = rng.standard_t(2, (n + 1, 7)) * rng.lognormal(0, 3, 7)
        points[:, :2] = 1.0  # a layer that is dead
        pictures = by_layer(points)
        shares = [apart(pictures[:i] + pictures[i + 1 :], pictures[i]).share for i in range(n + 1)]
        for k in range(1, n + 2):
            assert np.count_nonzero(np.array(shares) <= (k + 0.5) / (n + 1)) <= k
        assert max(shares) == 1


def test_what_stands_apart_is_found_among_twenty_and_not_among_five() -> None:
    references = by_layer(RNG.normal(size=(19, 30)))
    (far,) = by_layer(np.full((1, 30), 4.0))
    assert apart(references, far).share == 1 / 20
    assert apart(references[:4], far).share == 1 / 5
    assert apart(references, references[0]).share > 0.5, "a reference itself is not strange"


def test_every_layer_counts_and_distances_are_those_of_the_formula() -> None:
    points = by_layer(RNG.normal(size=(7, 5)))
    found = apart(points[:-1], points[-1])
    layers = [np.stack(each) for each in zip(*points, strict=True)]
    spread = [np.linalg.norm(h - h.mean(axis=0)) for h in layers]
    every = np.hstack([h / s for h, s in zip(layers, spread, strict=True)])
    by_hand = [min(np.linalg.norm(a - b) for j, b in enumerate(every) if j != i) for i, a in enumerate(every)]
    np.testing.assert_allclose([*found.references, found.asked], by_hand, rtol=1e-9)
    unscaled = [apart([[h[1]] for h in points[:-1]], [points[-1][1]])]
    assert not np.allclose(unscaled[0].references, found.references)


def test_the_grad_cam_page_opens_on_an_image_that_is_ordinary_for_each_network_of_the_lab(
    tmp_path: Path,
) -> None:
    mine = Store(tmp_path)
    assert mine.adopt(WITH_THE_LAB) == 2
    for row in mine.runs():
        run = mine.get(row["key"])
        assert run is not None
        imageset = load(run.recipe.dataset)
        model, i = models.load(run), run.val_index[OPENING - 1]
        known = familiarity.of_run(run, model, imageset, parts(run.recipe, imageset).train)
        distance = known.distance(summary(model, imageset.images[i : i + 1]))
        assert known.share_nearer(float(distance[0])) < 0.5, run.recipe.dataset
        assert gradcam.look(model, imageset.images[i]).probabilities.argmax() == imageset.labels[i]
