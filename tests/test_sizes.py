"""Images of 28, 64 and 128 pixels through the lab: deeper networks, the same bits at home, maps, imports."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from file_server import serving
from made_files import class_folders, npz, zipped

from dlcore import gradcam, models
from dlcore.blocks import added, blocks, last_size
from dlcore.convolution.portable import portable
from dlcore.data import BadInput, ImageSet, load, looked_at, medmnist_sets, read_any, remember_import
from dlcore.experiments import costs
from dlcore.experiments.hyperparameters import field
from dlcore.runs import CODE_VERSION, Recipe, default_augmentation
from dlcore.store.ledger import Ledger
from dlcore.training import fit
from proofs.subjects import takeaway

SIDES = (28, 64, 128)


def pictures(side: int, n: int = 40, seed: int = 0) -> ImageSet:
    """Two classes, of which one has a bright square somewhere."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 120, (n, side, side), dtype=np.uint8), np.arange(n) % 2
    for i in np.flatnonzero(y):
        r, c = rng.integers(0, side - side // 4, 2)
        x[i, r : r + side // 4, c : c + side // 4] += 100
    return ImageSet.from_arrays(x, y)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("head", ["pooled", "flatten"])
def test_a_network_has_a_block_more_for_each_doubling_and_costs_what_is_said(side: int, head: str) -> None:
    recipe = Recipe("own:x", head=head)
    model = models.cnn((3, side, side), 5, recipe, torch.Generator())
    assert len(model.features) == 3 + SIDES.index(side) == len(blocks(recipe, side, side))
    assert model.eval().features(torch.zeros(1, 3, side, side)).shape[2:] == last_size(recipe, side, side)
    assert costs.parameters(recipe, (side, side, 3), 5) == models.parameter_count(model)
    assert models.shapes(recipe, (side, side, 3), 5).keys() == model.state_dict().keys()


def test_a_cell_of_the_last_maps_sees_most_of_the_picture_at_every_size() -> None:
    for side in SIDES:
        recipe = Recipe("own:x")
        assert 0.8 < field(recipe, (side, side, 3)).size / side < 1
        assert last_size(recipe, side, side) >= (7, 7)


def test_networks_and_keys_of_28_pixels_are_those_they_were() -> None:
    assert [added(side, side) for side in (8, 20, 28, 32, 45)] == [0] * 5
    assert CODE_VERSION == "2" and Recipe().key.startswith(
        "ce7349c0c7c8211a"
    )  # of the network that comes with the lab
    old = models.cnn((3, 28, 28), 5, Recipe(), torch.Generator())
    assert [(m.in_channels, m.out_channels) for m in old.modules() if isinstance(m, torch.nn.Conv2d)] == [
        (3, 16), (16, 32), (32, 64), (64, 64),
    ]  # fmt: skip


def test_the_scripts_of_deeper_networks_print_the_same_bits_where_there_is_no_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = {mine.recipe_name: mine for mine in (pictures(64, 24), pictures(128, 24))}
    monkeypatch.setattr(takeaway, "load", sets.__getitem__)
    recipes = [Recipe(name, epochs=2, batch_size=8, width=4) for name in sets]
    assert takeaway.differences(recipes, tmp_path) == [0, 0]


def test_a_deeper_network_learns_is_explained_and_goes_to_the_browser() -> None:
    mine = pictures(64, 120)
    run = fit(Recipe(mine.recipe_name, epochs=6, batch_size=8, width=4, learning_rate=0.01), mine)
    assert run.best_epoch is not None and run.best_epoch.val_accuracy > 0.8
    model = models.load(run)
    assert portable(model).is_small and len(model.features) == 4
    for layer, side in (("features.3", 8), ("features.1", 16)):
        assert gradcam.heatmap(model, models.preprocess(mine.images[1:2]), 1, layer).shape[-2:] == (
            side,
            side,
        )


def test_a_network_too_large_for_a_browser_says_so() -> None:
    wide = models.build(Recipe("own:x", width=64), pictures(128, 4))
    assert not portable(wide).is_small


# MedMNIST+


def small_file(side: int) -> bytes:
    rng, out, arrays = np.random.default_rng(0), io.BytesIO(), {}
    for part, n in (("train", 20), ("val", 6), ("test", 8)):
        arrays[f"{part}_images"] = rng.integers(0, 256, (n, side, side), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(n) % 2).astype(np.uint8)[:, None]
    np.savez(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize("side", [64, 128])
def test_medmnist_plus_is_fetched_by_name_checked_and_read_in_order(
    side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, name = small_file(side), f"breastmnist_{side}"
    entry = medmnist_sets._entry("breastmnist")
    assert medmnist_sets.info(name)["MD5"] == entry[f"MD5_{side}"] != entry["MD5"]
    assert medmnist_sets.info(name)["url"].endswith(f"breastmnist_{side}.npz?download=1")
    with serving(content) as address:
        facts = entry | {f"MD5_{side}": hashlib.md5(content).hexdigest(), f"url_{side}": f"{address}/ok"}
        monkeypatch.setattr(medmnist_sets, "_entry", lambda name: facts)
        images = load(name, tmp_path)
    assert (tmp_path / f"{name}.npz").read_bytes() == content
    with np.load(io.BytesIO(content)) as arrays:
        parts = [arrays[f"{part}_images"] for part in ("train", "val", "test")]
    np.testing.assert_array_equal(images.images, np.concatenate(parts))
    assert images.recipe_name == name and images.class_names[images.usual_positive] == "malignant"
    (tmp_path / f"{name}.npz").write_bytes(small_file(28))  # another size under its name
    monkeypatch.setattr("pooch.retrieve", lambda *_, **__: (_ for _ in ()).throw(ValueError("wrong")))
    with pytest.raises(BadInput, match="MD5"):
        load(name, tmp_path)


def test_sets_of_medmnist_plus_that_no_memory_takes_are_refused_and_all_others_offered() -> None:
    for name in medmnist_sets.SETS:
        for side in (64, 128):
            sized = f"{name}_{side}"
            is_too_large = medmnist_sets.pixel_bytes(sized) > medmnist_sets.MOST_BYTES
            assert is_too_large == (sized in medmnist_sets.TOO_LARGE) == (sized not in medmnist_sets.NAMES)
    with pytest.raises(BadInput, match=r"pathmnist_128 holds 5\.3 GB of pixels"):
        load("pathmnist_128")


def test_a_set_at_another_size_has_the_usual_epochs_and_may_be_mirrored_alike() -> None:
    for name in medmnist_sets.SETS:
        assert Recipe(f"{name}_64").epochs == Recipe(name).epochs
        assert default_augmentation(f"{name}_128") == default_augmentation(name)


def test_a_test_set_is_opened_at_all_sizes_together(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.record_opening("breastmnist_64", "ada", "a" * 64, {}) == 1
    assert ledger.record_opening("breastmnist", "ada", "b" * 64, {}) == 2
    assert len(ledger.test_openings("breastmnist_128", "ada")) == 2
    assert ledger.reset_openings("breastmnist_64", "ada") == 2
    ledger.engine.dispose()


# Imports


@pytest.mark.parametrize("side", [64, 128])
def test_pictures_are_brought_to_the_chosen_size_and_kept_so(side: int, tmp_path: Path) -> None:
    content = zipped(class_folders(size=(150, 170)))
    assert looked_at(content, side).samples.shape[1:3] == (side, side)
    found = read_any(content, side)
    assert f"{side} × {side} pixels" in next(r.after for r in found.repairs if r.key == "sizes")
    name = remember_import(content, found.default, tmp_path, side=side)
    kept = load(name, tmp_path)
    assert kept.images.shape[1:3] == (side, side)
    assert name != remember_import(content, found.default, tmp_path)  # another set, another key
    np.testing.assert_array_equal(np.sort(kept.images, axis=0), np.sort(found.apply().images, axis=0))


def test_arrays_of_64_pixels_stay_as_they_are_where_64_is_chosen(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).integers(0, 256, (30, 64, 64), dtype=np.uint8), np.arange(30) % 2
    content = npz(
        **{f"{p}_images": x for p in ("train", "val", "test")},
        **{f"{p}_labels": y for p in ("train", "val", "test")},
    )
    assert not read_any(content, 64).repairs
    np.testing.assert_array_equal(
        load(remember_import(content, (), tmp_path, side=64), tmp_path).images[:30], x
    )


def test_a_set_that_takes_too_much_room_is_refused_with_what_would_fit() -> None:
    with pytest.raises(
        BadInput, match=r"12 pictures of 64 × 64 pixels .* choose fewer pixels, or take at most 8"
    ):
        read_any(zipped(class_folders()), 64, most_pixels=8 * 64 * 64)
