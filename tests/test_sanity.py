"""The sanity check and the maps of many images, on a small network trained here for a moment."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore import models
from dlcore.attribution import many_images, sanity_check
from dlcore.data import BadInput, Split, load
from dlcore.heatmaps import shortcut, truth
from dlcore.heatmaps.heatmaps import score, upsample
from dlcore.models import Network
from dlcore.runs import Recipe
from dlcore.training import fit

CELLS, SHORTCUT = load("cells"), load("cells-shortcut")


@pytest.fixture(scope="module")
def trained() -> Callable[[str], Network]:
    """A narrow CNN per image set, trained for three passes over 1,200 images."""
    sets = {"cells": CELLS, "cells-shortcut": SHORTCUT}

    def recipe(name: str) -> Recipe:
        short = {"epochs": 3, "subset": 1200, "batch_size": 32, "schedule": "constant"}
        return Recipe(dataset=name, width=8, augmentation="none", **short)

    networks = {name: models.load(fit(recipe(name), images)) for name, images in sets.items()}
    return networks.__getitem__


def validation(n: int) -> np.ndarray:
    return SHORTCUT.split_for().validation[:n]


def test_maps_of_many_images_are_those_of_each_one(trained: Callable[[str], Network]) -> None:
    from dlcore import gradcam

    model, images = trained("cells"), CELLS.images[validation(many_images.CHUNK + 3)]
    called = many_images.predicted(model, images)
    told: list[float] = []
    maps = many_images.maps_of(model, images, called, "features.1", tell=told.append)
    for i in (0, many_images.CHUNK, many_images.CHUNK + 2):
        alone = gradcam.look(model, images[i], "features.1")
        assert int(alone.probabilities.argmax()) == called[i]
        np.testing.assert_allclose(maps[i], alone.heatmaps[called[i]], atol=1e-5)
    assert len(told) == 2 and told[-1] == 1.0


def test_scores_of_a_set_equal_scores_one_by_one(trained: Callable[[str], Network]) -> None:
    index = validation(30)
    images, masks, labels = CELLS.images[index], CELLS.masks[index], CELLS.labels[index]
    model = trained("cells")
    found = many_images.scored(model, images, masks, labels, "features.2")
    called = many_images.predicted(model, images)
    maps = many_images.maps_of(model, images, called, "features.2")
    for row, h, mask in zip(found.values[many_images.GRADCAM], maps, masks, strict=True):
        np.testing.assert_allclose(row[3], score(upsample(h, mask.shape), mask).auc, atol=1e-9)
    np.testing.assert_array_equal(found.right, called == labels)
    assert set(found.values) == {many_images.GRADCAM, *truth.BASELINES}


def test_a_forgetting_network_keeps_its_original_and_is_reproducible(
    trained: Callable[[str], Network],
) -> None:
    model = trained("cells")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    once, again, other = (sanity_check.forget(model, 2, seed).state_dict() for seed in (0, 0, 1))
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), "the shared model was touched"
        assert torch.equal(once[name], again[name])
        if name.startswith(("features.0", "features.1")):
            assert torch.equal(once[name], value), "a lower layer was drawn anew"
    assert not torch.equal(once["head.3.weight"], other["head.3.weight"])
    assert not torch.equal(once["features.2.0.weight"], model.state_dict()["features.2.0.weight"])


def test_maps_change_when_the_network_forgets_and_edges_do_not(trained: Callable[[str], Network]) -> None:
    index = validation(40)
    told: list[float] = []
    found = sanity_check.cascade(
        trained("cells"), CELLS.images[index], CELLS.labels[index], "features.2", seeds=4, tell=told.append
    )
    np.testing.assert_allclose(told, np.arange(1, 17) / 16)
    assert found.stages == ("nothing", "head", "block 3", "block 2", "block 1")
    for values in found.alike.values():
        np.testing.assert_array_equal(values[:, 0], 1.0)
    assert found.alike["spearman"][:, 1:].mean() < 0.5
    assert found.right[:, -1].mean() < found.right[0, 0]
    # The control that cannot fail, and so proves nothing: an edge detector asks no network.
    edges = [truth.edges(CELLS.images[index]) for _ in found.stages]
    for drawn in edges[1:]:
        assert (sanity_check.likeness(edges[0], drawn, (28, 28))["spearman"] == 1.0).all()


def test_a_marker_drawn_anew_deceives_whoever_learned_it(trained: Callable[[str], Network]) -> None:
    index = validation(200)
    args = (SHORTCUT.images[index], SHORTCUT.masks[index], SHORTCUT.labels[index], "features.2")
    deceived, honest = (many_images.lit(trained(name), *args) for name in ("cells-shortcut", "cells"))
    agrees, anew, _ = shortcut.KINDS
    assert deceived.right[agrees].value > 0.95 and deceived.right[anew].value < 0.7
    assert deceived.follows.value > honest.follows.value
    assert np.nanmean(deceived.in_corner) > 3 * np.nanmean(honest.in_corner)
    assert deceived.mean_map.sum() == pytest.approx(1.0) and deceived.right[agrees].n == 200


def test_only_the_marker_is_changed() -> None:
    images = SHORTCUT.images[validation(50)]
    plain = CELLS.images[validation(50)]
    changed, named = shortcut.drawn_anew(images, seed=3)
    clean = shortcut.painted_over(images)
    for other in (changed, clean):
        differs = (other != images).any(axis=(0, 3))
        assert differs[1:4, 1:4].any() and differs.sum() <= 9
    np.testing.assert_array_equal(np.unique(named), np.arange(5))
    apart = np.abs(clean[:, 1:4, 1:4].astype(int) - plain[:, 1:4, 1:4]).mean()
    assert apart < np.abs(images[:, 1:4, 1:4].astype(int) - plain[:, 1:4, 1:4]).mean() / 2


def test_positive_shares_sum_to_one_and_negative_maps_have_none() -> None:
    maps = np.random.default_rng(0).normal(size=(4, 7, 7))
    maps[3] = -1.0
    shares = shortcut.positive_share(maps, (28, 28))
    np.testing.assert_allclose(shares[:3].sum(axis=(1, 2)), 1.0)
    assert np.isnan(shortcut.in_corner(shares)[3]) and np.isfinite(shortcut.in_corner(shares)[:3]).all()


def test_a_repaired_set_is_kept_under_the_name_of_its_content(tmp_path: Path) -> None:
    from dlcore.heatmaps import shortcut_mended

    parts = SHORTCUT.split_for()
    few = type(SHORTCUT)(
        "few",
        SHORTCUT.images[:90],
        SHORTCUT.labels[:90],
        SHORTCUT.class_names,
        official_split=Split(np.arange(50), np.arange(50, 70), np.arange(70, 90)),
    )
    repaired = shortcut_mended.mended(few)
    name = shortcut_mended.keep(repaired, tmp_path)
    assert name == shortcut_mended.name_of(repaired)
    read = load(name, tmp_path)
    np.testing.assert_array_equal(read.images, shortcut.painted_over(few.images))
    whole = shortcut_mended.mended(SHORTCUT)
    order = np.concatenate(list(parts))
    np.testing.assert_array_equal(whole.labels, SHORTCUT.labels[order])
    with pytest.raises(BadInput):
        load("upload:" + "0" * 64, tmp_path)


def test_two_networks_are_compared_at_the_images_own_height_and_width(
    trained: Callable[[str], Network],
) -> None:
    model, other = trained("cells"), trained("cells-shortcut")
    images = CELLS.images[validation(6)][:, :20]  # 20 × 28
    called = many_images.predicted(model, images)
    maps = [many_images.maps_of(each, images, called, "features.1") for each in (model, other)]
    found = sanity_check.alike_to(model, other, images, "features.1")
    for name, values in sanity_check.likeness(*maps, (20, 28)).items():
        assert found[name] == pytest.approx(np.nanmean(values)), name


@pytest.mark.parametrize("layers", [2, 3, 4])
def test_a_network_of_few_parts_is_taken_apart_one_level_deeper(layers: int) -> None:
    body = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    model = torch.nn.Sequential(body, *(torch.nn.Linear(2, 2) for _ in range(layers - 1)))
    inner = ["0.0", "0.1"] if layers <= sanity_check.FEW else ["0"]
    expected = [*inner, *map(str, range(1, layers))]
    assert list(sanity_check.parts(model)) == expected[::-1]
