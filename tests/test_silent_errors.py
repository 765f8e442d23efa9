"""What habits used to make of the package without a word: now right numbers, or a sentence that says what to do."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn import metrics as sk
from torch import nn

import dlcore
from dlcore import gradcam, metrics, models, training
from dlcore.attribution import comparison, many_images, sanity_check
from dlcore.data import BadInput, ImageSet, Split, load
from dlcore.data.splits import split
from dlcore.evaluation import calibration, thresholds
from dlcore.heatmaps import truth
from dlcore.runs import Recipe
from dlcore.store.store import Store

RNG = np.random.default_rng(0)
SCORES = RNG.normal(size=40).round(1)  # with ties
Y = RNG.integers(0, 2, 40)
P = RNG.dirichlet(np.ones(3), 40)
Y3 = RNG.integers(0, 3, 40)

FORMS: list[Callable[[np.ndarray], Any]] = [
    np.asarray,
    lambda y: y.astype(bool) if y.max() < 2 else y,
    lambda y: y.astype(np.uint8),
    lambda y: y.astype(float),
    lambda y: y[:, None],
    lambda y: y.tolist(),
    torch.tensor,
    pd.Series,
    lambda y: pd.Series(y, dtype=object),
    lambda y: y.astype(object),
]


@pytest.mark.parametrize("form", FORMS)
def test_labels_count_the_same_whatever_they_come_as(form: Callable[[np.ndarray], Any]) -> None:
    y, y3 = form(Y), form(Y3)
    assert metrics.auc(SCORES, y) == pytest.approx(sk.roc_auc_score(Y, SCORES), abs=1e-12)
    found = thresholds.roc(SCORES.tolist(), y)
    expected = sk.roc_curve(Y, SCORES, drop_intermediate=False)
    np.testing.assert_allclose(found.false_positive_rate, expected[0])
    np.testing.assert_allclose(found.true_positive_rate, expected[1])
    assert thresholds.precision_recall(SCORES, y).average_precision == pytest.approx(
        sk.average_precision_score(Y, SCORES)
    )
    at = thresholds.at_threshold(SCORES, y, 0.3)
    assert (at.false_positive, at.true_negative) == (
        ((SCORES >= 0.3) & (Y == 0)).sum(),
        ((SCORES < 0.3) & (Y == 0)).sum(),
    )
    called = P.argmax(axis=1)
    assert metrics.accuracy(torch.tensor(P), y3) == sk.accuracy_score(Y3, called)
    assert metrics.confusion(pd.DataFrame(P), y3).tolist() == sk.confusion_matrix(Y3, called).tolist()
    assert metrics.macro_auc(P.tolist(), y3) == pytest.approx(sk.roc_auc_score(Y3, P, multi_class="ovr"))
    assert calibration.calibration(P, y3).expected_error == calibration.calibration(P, Y3).expected_error


def test_masks_of_any_numbers_score_as_masks() -> None:
    maps, masks = RNG.normal(size=(3, 6, 6)), RNG.random((3, 6, 6)) < 0.3
    expected = truth.score_all(maps, masks)
    for as_given in (masks.astype(np.uint8) * 255, masks.astype(int), masks.astype(float)):
        np.testing.assert_array_equal(truth.score_all(maps, as_given), expected)


GREY = RNG.integers(0, 256, (8, 6, 6), dtype=np.uint8)
FOUR = np.arange(8) % 2
NAMES = ("a", "b")


def foreign() -> nn.Sequential:
    torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )


def small() -> ImageSet:
    return ImageSet.from_arrays(GREY, FOUR)


def scaled(images: torch.Tensor) -> torch.Tensor:
    return images[:, None] / 255


# What was typed, and a part of the sentence that answers it.
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "auc of names": (lambda: metrics.auc(SCORES, np.where(Y, "ill", "well")), "labels == value"),
    "auc of labels 1 and 2": (lambda: metrics.auc(SCORES, Y + 1), "labels == value"),
    "auc, truth first": (lambda: metrics.auc(Y, SCORES), "True and False"),
    "auc of both columns": (lambda: metrics.auc(P[:, :2], Y), "one value each"),
    "auc, one label short": (lambda: metrics.auc(SCORES, Y[1:]), "39 labels for 40"),
    "roc of NaN": (lambda: thresholds.roc([0.1, np.nan], [0, 1]), "NaN"),
    "recall of nothing": (lambda: thresholds.precision_recall([0.1, 0.2], [0, 0]), "No image is positive"),
    "accuracy, truth first": (lambda: metrics.accuracy(Y3, P), "they come first"),
    "accuracy of called classes": (lambda: metrics.accuracy(P.argmax(axis=1), Y3), "one column per class"),
    "accuracy of one probability": (lambda: metrics.accuracy(P[:, :1], Y), "np.stack([1 - p, p]"),
    "accuracy, one-hot": (lambda: metrics.accuracy(P, np.eye(3)[Y3]), "argmax(axis=1)"),
    "accuracy, labels from 1": (lambda: metrics.accuracy(P, Y3 + 1), "subtract 1"),
    "accuracy, names": (lambda: metrics.accuracy(P, [*"ab"] * 20), "np.unique"),
    "accuracy, a label is missing": (lambda: metrics.accuracy(P, [None, *Y3[1:].tolist()]), "missing"),
    "accuracy, a label is NaN": (lambda: metrics.accuracy(P, [np.nan, *Y3[1:]]), "NaN"),
    "AUC of logits as probabilities": (lambda: metrics.macro_auc(10 * P - 3, Y3), "logits="),
    "calibration of logits": (lambda: calibration.calibration(10 * P - 3, Y3), "logits"),
    "calibration of half a table": (lambda: calibration.calibration(P[:, :2], Y), "add up to 1"),
    "images are floats": (lambda: ImageSet("x", GREY / 255, FOUR, NAMES), "from_arrays"),
    "images are a tensor": (lambda: ImageSet("x", torch.tensor(GREY), FOUR, NAMES), "from_arrays"),
    "channels first": (
        lambda: ImageSet("x", np.zeros((8, 3, 6, 6), np.uint8), FOUR, NAMES),
        "move them last",
    ),
    "flat images": (lambda: ImageSet("x", GREY.reshape(8, 36), FOUR, NAMES), "needed are (n, rows"),
    "labels from 1": (lambda: ImageSet("x", GREY, FOUR + 1, NAMES), "subtract 1"),
    "too few labels": (lambda: ImageSet("x", GREY, FOUR[1:], NAMES), "7 labels of x for 8"),
    "masks of another size": (
        lambda: ImageSet("x", GREY, FOUR, NAMES, masks=np.zeros((8, 5, 5), bool)),
        "masks",
    ),
    "a split beyond the set": (
        lambda: ImageSet("x", GREY, FOUR, NAMES, Split([0], [1], [8])),
        "the last is 7",
    ),
    "standardised images": (lambda: ImageSet.from_arrays(GREY / 50.0 - 2, FOUR), "images * std + mean"),
    "images with NaN": (lambda: ImageSet.from_arrays(np.full((4, 6, 6), np.nan), [0, 1, 0, 1]), "NaN"),
    "labels with a gap": (lambda: ImageSet.from_arrays(GREY, 2 * FOUR, ["a", "b", "c"]), "a gap"),
    "one class": (lambda: ImageSet.from_arrays(GREY, np.zeros(8)), "same label"),
    "measured values as labels": (lambda: ImageSet.from_arrays(GREY, np.arange(8) * 0.5), "fractions"),
    "every image its own class": (lambda: ImageSet.from_arrays(GREY, np.arange(8)), "no classes"),
    "validation within training": (lambda: Split([0, 1, 2], [2, 3], [4]), "in common"),
    "an image twice in training": (lambda: Split([0, 0, 2], [3], [4]), "twice"),
    "a split of flags": (lambda: Split([True, False], [3], [4]), "flatnonzero"),
    "fit(X, y)": (lambda: training.fit(GREY, FOUR), "from_arrays"),  # type: ignore[arg-type]
    "fit on a set that is not here": (lambda: training.fit(Recipe(dataset="own:1")), "Pass it along"),
    "survey of a foreign network": (lambda: many_images.predicted(foreign(), GREY), "preprocess="),
    "look of a foreign network": (lambda: gradcam.look(foreign(), GREY[0]), "preprocess="),
    "compare of a foreign network": (lambda: comparison.compare(foreign(), GREY[0], 0, "2"), "preprocess="),
    "sanity of a foreign network": (lambda: sanity_check.cascade(foreign(), GREY, FOUR, "2"), "preprocess="),
    "floats for the lab's network": (lambda: models.preprocess(GREY / 255.0), "scale them themselves"),
    "a run predicts another size": (
        lambda: dlcore.fit(QUICK, small()).predict(GREY[:, 1:]),
        "Make them alike",
    ),
    "one class for each image": (
        lambda: dlcore.heatmap(foreign(), torch.zeros(3, 1, 6, 6), [0, 1, 1]),
        "y[:, None]",
    ),
    "pictures that nobody scaled": (
        lambda: dlcore.heatmap(foreign(), torch.tensor(GREY)[:, None], 0),
        "scaled",
    ),
    "a layer of another network": (lambda: dlcore.Explainer(foreign(), layer=nn.ReLU()), "no layer"),
    "a network by name": (lambda: dlcore.Explainer("resnet18"), "torch.nn.Module"),
    "preprocess for one image": (
        lambda: dlcore.Explainer(foreign(), lambda x: x[0] / 255).heatmap(GREY),
        "all images",
    ),
    "LogisticLoss of three classes": (lambda: dlcore.LogisticLoss("iris"), "LogisticLoss(X, y)"),
    "LogisticLoss of three labels": (lambda: dlcore.LogisticLoss(P[:, :2], Y3), "two classes"),
    "LogisticLoss of three columns": (lambda: dlcore.LogisticLoss(P, Y), "two columns"),
    "a gradient of another function": (
        lambda: dlcore.Surface.from_callable(lambda x, y: x * x + y, lambda x, y: (2 * x, y)),
        "not the gradient",
    ),
    "an empty validation part": (
        lambda: training.fit(QUICK, ImageSet("x", GREY, FOUR, NAMES, Split(range(6), [], [6, 7]))),
        "no image",
    ),
    "the test images of another set": (
        lambda: training.evaluate_test(
            training.fit(QUICK, small()), lambda scores: 1, ImageSet.from_arrays(255 - GREY, FOUR)
        ),
        "has learned from",
    ),
    "strict leaks of arrays": (lambda: dlcore.data.leaks(GREY, GREY), "dlcore.leaks("),
    "leaks between sizes": (lambda: dlcore.leaks(GREY, GREY[:, 1:]), "pixel by pixel"),
    "leaks of one array": (lambda: dlcore.leaks(GREY), "X_test"),
    "folds for fewer patients": (
        lambda: dlcore.cross_validate(small(), "mlp", 5, [0, 0, 1, 1] * 2),
        "2 groups",
    ),
    "models of no name": (lambda: dlcore.compare(small(), ["mlp", "mlp"]), "need names"),
}
QUICK = Recipe(model="mlp", epochs=1, width=2, batch_size=4, fractions=(0.5, 0.25, 0.25))


@pytest.mark.parametrize("name", REFUSED)
def test_a_habit_that_would_be_counted_wrongly_is_refused(name: str) -> None:
    ask, part = REFUSED[name]
    with pytest.raises(BadInput) as refusal:
        ask()
    assert part in str(refusal.value), str(refusal.value)
    assert str(refusal.value).endswith((".", "…", ")", "}")), str(refusal.value)


# --- sets of one's own -------------------------------------------------------------------------------------


def test_arrays_of_any_kind_become_the_same_set() -> None:
    colour = RNG.integers(0, 256, (8, 6, 5, 3), dtype=np.uint8)
    labels = np.array(["well", "ill"] * 4)
    expected = ImageSet.from_arrays(colour, labels)
    assert expected.class_names == ("ill", "well") and expected.labels.tolist() == [1, 0] * 4
    for given in (
        colour.astype(float),
        colour / 255,
        torch.tensor(colour / 255.0).float(),
        np.moveaxis(colour, 3, 1),
        torch.tensor(np.moveaxis(colour, 3, 1)),
    ):
        made = ImageSet.from_arrays(given, pd.Series(labels, dtype=object))
        assert np.array_equal(made.images, expected.images) and made.notes
        assert made.digest == expected.digest
    numbers = ImageSet.from_arrays(GREY, torch.tensor([1, 5] * 4))
    assert numbers.class_names == ("1", "5") and numbers.labels.tolist() == FOUR.tolist()


def test_a_set_of_ones_own_copies_what_it_is_made_of() -> None:
    images, index = GREY.copy(), np.arange(4)
    mine = ImageSet.from_arrays(images, FOUR, split=(index, [4, 5], [6, 7]))
    digest = mine.digest
    images[:] = 0
    index[0] = index[0]  # still the caller's to write
    assert mine.images.any() and mine.digest == digest


def test_a_folder_for_each_class_becomes_a_set(tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        for name, grey in (("dark", 20), ("light", 220)):
            (tmp_path / part / name).mkdir(parents=True)
            for i in range(3):
                Image.fromarray(np.full((30, 40), grey + i, np.uint8)).save(
                    tmp_path / part / name / f"{i}.png"
                )
    mine = ImageSet.from_folder(tmp_path, size=12)
    assert mine.images.shape == (18, 12, 12) and mine.class_names == ("dark", "light")
    assert mine.official_split is not None and [len(part) for part in mine.official_split] == [6, 6, 6]
    assert (mine.images[mine.labels == 1] > 200).all()
    flat = ImageSet.from_folder(tmp_path / "train", size=12, grey=False)
    assert flat.images.shape == (6, 12, 12, 3) and flat.official_split is None
    with pytest.raises(BadInput, match="a folder for each class"):
        ImageSet.from_folder(tmp_path / "train" / "dark")
    (tmp_path / "train" / "dark" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(BadInput, match=r"broken\.png"):
        ImageSet.from_folder(tmp_path / "train")


def test_a_set_made_by_hand_is_never_filed_as_another(tmp_path: Path) -> None:
    one, other = small(), ImageSet.from_arrays(255 - GREY, FOUR)
    impostor = ImageSet("cells", GREY, FOUR, NAMES)
    runs = [training.fit(QUICK, imageset) for imageset in (one, other, impostor)]
    cells_key = Recipe(**{**runs[0].recipe.__dict__, "dataset": "cells"}).key
    assert len({run.key for run in runs} | {cells_key}) == 3  # one and the impostor hold the same images
    store = Store(tmp_path)
    for run in runs:
        store.keep(run)
    assert store.get(cells_key) is None and store.get(QUICK.key) is None
    assert runs[0].recipe.dataset == f"own:{one.digest}" and runs[2].key == runs[0].key
    again = training.fit(runs[0].recipe, one)
    assert again.key == runs[0].key


def test_a_loaded_set_keeps_its_name_and_a_changed_copy_does_not() -> None:
    import dataclasses

    digits = load("digits")
    assert digits.recipe_name == "digits" and copy.deepcopy(digits).recipe_name == "digits"
    changed = dataclasses.replace(digits, images=255 - digits.images)
    assert changed.recipe_name.startswith("own:") and changed.name == "digits"
    dealt = dataclasses.replace(digits, official_split=split(digits.labels, seed=4))
    assert dealt.digest != dataclasses.replace(digits, official_split=split(digits.labels, seed=5)).digest


def test_folds_leave_the_official_test_part_sealed_and_patients_together() -> None:
    many = RNG.integers(0, 256, (48, 6, 6), dtype=np.uint8)
    sealed = np.arange(40, 48)
    mine = ImageSet.from_arrays(many, np.arange(48) % 2, split=(range(30), range(30, 40), sealed))
    patients = np.arange(48) // 4
    found = dlcore.cross_validate(mine, "mlp", 3, patients, epochs=1, width=2)
    assert found.index.tolist() == list(range(40)) and len(found.labels) == len(found.logits) == 40
    assert sorted(np.concatenate(found.held_out).tolist()) == list(range(40))
    for run, part in zip(found.runs, found.held_out, strict=True):
        kept_apart = set(patients[found.index[part]])
        assert not kept_apart & set(patients[run.val_index]) and not set(run.val_index) & set(sealed.tolist())
        again = run.predict_proba(many[found.index[part]])
        np.testing.assert_array_equal(again, found.probabilities[part])
    assert found.accuracy.n == 10  # type: ignore[union-attr]  # groups, each once


# --- networks of one's own ---------------------------------------------------------------------------------


def test_a_foreign_network_is_asked_with_its_own_scaling_and_stays_as_it_was() -> None:
    net = foreign().train()
    before = copy.deepcopy(net.state_dict())
    expected = copy.deepcopy(net).eval()(scaled(torch.tensor(GREY))).detach()
    explainer = dlcore.Explainer(net, preprocess=scaled, layer=net[2])
    z = training.predict(net, GREY, scaled)
    assert torch.allclose(z, expected, atol=1e-6) and (z + 1).requires_grad is False
    np.testing.assert_allclose(explainer.predict(GREY).argmax(axis=1), expected.argmax(dim=1))
    assert explainer.heatmap(GREY).shape == (8, 6, 6)
    targets = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    each = explainer.heatmap(GREY, targets, enlarged=False)
    alone = gradcam.heatmap(net, scaled(torch.tensor(GREY)), targets[:, None], "2")[:, 0]
    np.testing.assert_allclose(each, alone.numpy(), atol=1e-7)
    explainer.sanity(GREY, FOUR, seeds=1)
    explainer.erasing(GREY[:2])
    gradcam.look(net, GREY[0], preprocess=scaled)
    comparison.compare(net, GREY[0], 0, "2", preprocess=scaled)
    assert net.training and all(module.training for module in net.modules())
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    again = training.predict(net, GREY, scaled)
    assert torch.equal(z, again)


def test_the_sanity_check_draws_every_layer_of_a_foreign_network_anew() -> None:
    net = foreign().eval()
    names = sanity_check.stages(net)
    assert names == ("nothing", "5", "1", "0")
    gone = sanity_check.forget(net, len(names) - 1, 0).state_dict()
    assert not any(
        torch.equal(gone[name], net.state_dict()[name]) for name in ("0.weight", "5.weight", "5.bias")
    )
    with pytest.raises(BadInput, match="PReLU"):
        sanity_check.forget(nn.Sequential(nn.Conv2d(1, 2, 3), nn.PReLU()), 1, 0)


def test_two_classes_twice_is_a_habit_and_k_classes_for_all_images_stay() -> None:
    net = foreign().eval()
    x = torch.zeros(2, 1, 6, 6)
    assert dlcore.heatmap(net, x, [0, 2]).shape[:2] == (2, 2)
    assert dlcore.heatmap(net, x, torch.tensor([[1], [1]])).shape[:2] == (2, 1)
    assert dlcore.heatmap(net, x, 1).shape[:2] == (2, 1)
