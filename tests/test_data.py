"""Image sets, tables, splits, folds and leaks."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dlcore import data
from dlcore.data import BadInput, ImageSet, Split, folds, leaks, load, medmnist_sets, split, table
from dlcore.data.cells import MARKER, cells, cells_shortcut
from dlcore.data.medmnist_sets import NAMES, info

CANDIDATES = [Path(__file__).parents[2] / "shared" / "medmnist"]


def official_folder() -> Path:
    """A folder that holds the official breastmnist.npz; the test is skipped where there is none."""
    folders = [Path(os.environ["DLCORE_DATA_TEST"])] if "DLCORE_DATA_TEST" in os.environ else []
    for folder in folders + CANDIDATES:
        if (folder / "breastmnist.npz").exists():
            return folder
    pytest.skip("no official breastmnist.npz here; set DLCORE_DATA_TEST to its folder")


@pytest.fixture(scope="module")
def smear() -> ImageSet:
    return cells(600)


# Splits and folds


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("counts", [(50, 50), (7, 91, 3), (3, 3, 3), (1000, 10, 37, 4)])
def test_every_index_is_in_exactly_one_part_and_every_class_in_each(
    seed: int, counts: tuple[int, ...]
) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    parts = split(labels, seed=seed)
    assert sorted(np.concatenate(list(parts)).tolist()) == list(range(len(labels)))
    for part in parts:
        assert set(labels[part]) == set(labels)


def test_classes_keep_their_proportions() -> None:
    labels = np.repeat([0, 1, 2], [501, 333, 77])
    parts = split(labels, (0.6, 0.2, 0.2), seed=4)
    for part, share in zip(parts, (0.6, 0.2, 0.2), strict=True):
        np.testing.assert_allclose(np.bincount(labels[part]), share * np.array([501, 333, 77]), atol=1.01)
        assert abs(len(part) - share * 911) <= 1


def test_a_split_without_stratifying_would_not_keep_them() -> None:
    labels = np.repeat([0, 1], [900, 100])
    plain = np.random.default_rng(0).permutation(1000)[:200]
    assert abs(np.sum(labels[plain]) - 20) > 1 and abs(np.sum(labels[split(labels).test]) - 20) <= 1


def test_the_same_seed_gives_the_same_split_and_another_another() -> None:
    labels = np.arange(300) % 3
    first, again, other = split(labels, seed=1), split(labels, seed=1), split(labels, seed=2)
    np.testing.assert_array_equal(first.test, again.test)
    assert first.test.tolist() != other.test.tolist()


def test_splits_are_frozen() -> None:
    parts = split(np.arange(30) % 2)
    with pytest.raises(ValueError, match="read-only"):
        parts.train[0] = 7
    with pytest.raises(AttributeError):
        parts.train = parts.test  # type: ignore[misc]


def test_no_group_is_in_two_parts() -> None:
    rng = np.random.default_rng(0)
    patient = rng.integers(0, 80, 1000)
    labels = (patient % 3 == 0).astype(int)
    parts = split(labels, seed=3, groups=patient)
    members = [set(patient[part]) for part in parts]
    assert not (members[0] & members[1] or members[0] & members[2] or members[1] & members[2])
    assert sorted(np.concatenate(list(parts)).tolist()) == list(range(1000))
    for part, share in zip(parts, (0.6, 0.2, 0.2), strict=True):
        assert abs(len(part) / 1000 - share) < 0.05
        assert abs(labels[part].mean() - labels.mean()) < 0.08


def test_a_split_without_groups_tears_patients_apart() -> None:
    patient = np.repeat(np.arange(50), 10)
    parts = split(np.arange(500) % 2, groups=None)
    assert set(patient[parts.train]) & set(patient[parts.test])


def test_as_few_groups_as_parts_fill_each_part() -> None:
    parts = split([0, 1] * 6, groups=np.repeat(["a", "b", "c"], 4))
    assert [len(part) for part in parts] == [4, 4, 4]


@pytest.mark.parametrize(("n", "k"), [(780, 5), (103, 10), (12, 2)])
def test_folds_partition_everything_as_evenly_as_stratified_k_fold(n: int, k: int) -> None:
    from sklearn.model_selection import StratifiedKFold

    labels = np.random.default_rng(n).permutation(np.arange(n) % 2 + (np.arange(n) > 0.8 * n))
    if np.bincount(labels).min() < k:
        labels = np.arange(n) % 2
    ours = folds(labels, k, seed=1)
    theirs = [test for _, test in StratifiedKFold(k, shuffle=True, random_state=1).split(labels, labels)]
    assert sorted(np.concatenate(ours).tolist()) == list(range(n)) and len(ours) == k
    for c in set(labels):
        # scikit-learn's sizes differ by one at most within each class; so must ours
        spread = [np.sum(labels[fold] == c) for fold in ours]
        assert max(spread) - min(spread) <= max(1, np.ptp([np.sum(labels[fold] == c) for fold in theirs]))
    assert max(map(len, ours)) - min(map(len, ours)) <= 1


def test_folds_keep_groups_together() -> None:
    patient = np.random.default_rng(2).integers(0, 40, 400)
    parts = folds(np.arange(400) % 2, 4, groups=patient)
    where = Counter(p for part in parts for p in set(patient[part]))
    assert set(where.values()) == {1}
    assert max(map(len, parts)) - min(map(len, parts)) < 40


@pytest.mark.parametrize(
    ("labels", "arguments", "words"),
    [
        ([0, 1] * 9, {"fractions": (0.5, 0.4, 0.2)}, "sum to 1"),
        ([0, 1] * 9, {"fractions": (0.8, 0.2)}, "three fractions"),
        ([0, 1] * 9, {"fractions": (1.0, 0.0, 0.0)}, "greater than 0"),
        ([0, 1] * 9, {"fractions": (1.4, -0.2, -0.2)}, "greater than 0"),
        ([0, 1] * 9, {"fractions": (float("nan"), 0.5, 0.5)}, "greater than 0"),
        ([0, 1] * 9, {"fractions": (float("inf"), 0.5, 0.5)}, "greater than 0"),
        ([0, 1] * 9, {"fractions": ("a", "b", "c")}, "numbers"),
        ([0, 1] * 9, {"seed": -1}, "seed"),
        ([0, 1] * 9, {"groups": [1, 2, 3]}, "18 labels but 3 groups"),
        ([0, 1] * 9, {"groups": [1] * 9 + [2] * 9}, "2 groups"),
        ([0.0, np.nan] * 9, {}, "NaN"),
        ([[0, 1]] * 9, {}, "one value per sample"),
        ([None] * 9, {}, "one value per sample"),
        ([], {}, "too few"),
        ([0, 1], {}, "too few"),
        ([0] * 9 + [1] * 2, {}, "only 2 samples"),
    ],
)
def test_what_cannot_be_split_is_said_in_a_sentence(labels: list, arguments: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        split(labels, **arguments)


@pytest.mark.parametrize("k", [1, 0, -3, 2.5, float("nan"), "5", True, None, 10])
def test_a_bad_number_of_folds_is_said_in_a_sentence(k: object) -> None:
    with pytest.raises(BadInput, match=r"folds|parts"):
        folds([0, 1] * 9, k)  # type: ignore[arg-type]


# Sets


def test_the_data_room_loads_no_torch_and_no_scikit_learn() -> None:
    code = (
        "import sys; from dlcore import data; data.split([0, 1] * 9); data.load('cells');"
        "print([m for m in ('torch', 'sklearn', 'medmnist', 'streamlit', 'pooch') if m in sys.modules])"
    )
    root = Path(__file__).parent.parent
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "shape", "classes"), [("iris", (150, 4), 3), ("breast_cancer", (569, 30), 2)]
)
def test_tables_equal_scikit_learns(name: str, shape: tuple[int, int], classes: int) -> None:
    from sklearn import datasets

    theirs = getattr(datasets, f"load_{name}")()
    ours = table(name)
    assert ours.x.dtype == np.float64 and ours.x.shape == shape and len(ours.names) == shape[1]
    assert len(ours.class_names) == classes and ours.licence and ours.source
    np.testing.assert_array_equal(ours.x, theirs.data)
    np.testing.assert_array_equal(ours.y, theirs.target)
    with pytest.raises(BadInput, match="no table"):
        table("boston")


def test_digits_are_scikit_learns_at_their_own_size() -> None:
    from sklearn.datasets import load_digits

    digits = load("digits")
    assert digits.images.shape == (1797, 8, 8) and digits.images.dtype == np.uint8
    np.testing.assert_allclose(digits.images * (16 / 255), load_digits().images, atol=0.04)
    np.testing.assert_array_equal(digits.labels, load_digits().target)
    assert "No official split" in digits.split_sentence


def test_sets_are_read_only_and_frozen(smear: ImageSet) -> None:
    for array in (smear.images, smear.labels, smear.masks):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        smear.name = "mine"  # type: ignore[misc]


def test_a_writable_array_of_the_caller_stays_writable() -> None:
    images = np.zeros((4, 28, 28), np.uint8)
    mine = ImageSet("mine", images, np.array([0, 1, 0, 1]), ("a", "b"))
    images[0] = 1
    assert images.flags.writeable and not mine.images.flags.writeable


def test_cells_are_reproducible_and_seeds_differ(smear: ImageSet) -> None:
    again, other = cells(600), cells(600, seed=1)
    np.testing.assert_array_equal(smear.images, again.images)
    np.testing.assert_array_equal(smear.masks, again.masks)
    assert not np.array_equal(smear.images, other.images)


def test_load_cells_gives_six_thousand_with_masks_and_no_official_split() -> None:
    whole = load("cells")
    assert whole.images.shape == (6000, 28, 28, 3) and whole.images.dtype == np.uint8
    assert whole.masks.shape == (6000, 28, 28) and whole.masks.dtype == np.bool_
    assert whole.labels.dtype == np.int64 and len(whole.class_names) == 5 and whole.official_split is None
    counts = np.bincount(whole.labels)
    assert counts.min() > 0.6 * counts.max()
    share = whole.masks.mean(axis=(1, 2))
    assert share.min() > 0.05 and share.max() < 0.45


def test_masks_lie_on_the_cell(smear: ImageSet) -> None:
    """The stained nucleus is the darkest thing in the green channel: darker inside the mask than outside."""
    green = smear.images[..., 1].astype(float)
    inside = np.array([g[m].mean() for g, m in zip(green, smear.masks, strict=True)])
    outside = np.array([g[~m].mean() for g, m in zip(green, smear.masks, strict=True)])
    elsewhere = np.roll(smear.masks, 300, axis=0)  # the control: another image's mask
    wrong = np.array([g[m].mean() for g, m in zip(green, elsewhere, strict=True)])
    assert (inside < outside).mean() > 0.99
    assert (wrong < outside).mean() < 0.95


def test_cells_lie_anywhere(smear: ImageSet) -> None:
    rows, columns = np.indices((28, 28))
    centres = np.array([[rows[m].mean(), columns[m].mean()] for m in smear.masks])
    assert (centres.std(axis=0) > 3.5).all() and (abs(centres.mean(axis=0) - 13.5) < 1).all()


def test_the_shortcut_agrees_in_train_and_validation_and_is_random_in_test(smear: ImageSet) -> None:
    shortcut = cells_shortcut(600)
    colours = shortcut.images[:, MARKER.start, MARKER.start].astype(int)
    key = {tuple(colours[i]): int(shortcut.labels[i]) for i in shortcut.official_split.train}
    told = np.array([key[tuple(colour)] for colour in colours])
    agrees = told == shortcut.labels
    assert len(key) == 5
    assert agrees[shortcut.official_split.train].all() and agrees[shortcut.official_split.validation].all()
    assert 0.1 < agrees[shortcut.official_split.test].mean() < 0.32  # 1/5, give or take 3 standard errors
    np.testing.assert_array_equal(shortcut.masks, smear.masks)
    changed = (shortcut.images != smear.images).any(axis=3)
    changed[:, MARKER, MARKER] = False
    assert not changed.any()


def test_split_for_prefers_the_official_split(smear: ImageSet) -> None:
    shortcut = cells_shortcut(600)
    assert shortcut.split_for((0.8, 0.1, 0.1), seed=5) is shortcut.official_split
    assert len(smear.split_for((0.8, 0.1, 0.1)).train) == 480
    assert "360 / 120 / 120" in shortcut.split_sentence


def test_the_eleven_single_label_sets_are_known_with_their_facts() -> None:
    assert len(medmnist_sets.SETS) == 11 and set(medmnist_sets.SETS) < set(NAMES)
    for name in NAMES:
        facts = info(name)
        assert len(facts["MD5"]) == 32 and facts["license"].startswith("CC BY") and len(facts["label"]) > 1
        assert facts["task"] != "multi-label, binary-class"
    assert set(NAMES) < set(data.NAMES)
    with pytest.raises(BadInput, match="14 labels"):
        load("chestmnist")


def test_breastmnist_comes_in_its_official_order() -> None:
    official = load("breastmnist", official_folder())
    with np.load(official_folder() / "breastmnist.npz", allow_pickle=False) as arrays:
        for part, indices in zip(("train", "val", "test"), official.official_split, strict=True):
            np.testing.assert_array_equal(official.images[indices], arrays[f"{part}_images"])
            np.testing.assert_array_equal(official.labels[indices], arrays[f"{part}_labels"][:, 0])
    assert official.class_names == ("malignant", "normal, benign") and official.licence == "CC BY 4.0"
    assert [np.bincount(official.labels[part]).tolist() for part in official.official_split] == [
        [147, 399],
        [21, 57],
        [42, 114],
    ]
    assert "546 / 78 / 156" in official.split_sentence


# Leaks


@pytest.mark.parametrize(("threshold", "near"), [(0.999, 11), (0.99, 39), (0.98, 48), (0.95, 59)])
def test_breastmnist_leaks_as_published(threshold: float, near: int) -> None:
    official = load("breastmnist", official_folder())
    found = leaks(official, threshold)
    assert len(found.test_near) == near and set(found.test_near) <= set(official.official_split.test)
    if threshold == 0.99:
        assert len(found.validation_near) == 22
        test = official.official_split.test
        assert found.exact.tolist() == [[test[76], 115]] and found.exact_agrees.tolist() == [False]


def made_of(images: np.ndarray, train: int, validation: int) -> ImageSet:
    ends = (0, train, train + validation, len(images))
    parts = Split(*(np.arange(a, b) for a, b in pairwise(ends)))
    return ImageSet("made", images, np.arange(len(images)) % 2, ("a", "b"), parts)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 3)])
def test_leaks_equal_a_plain_correlation_matrix(
    shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlcore.data.leakage.QUERIES", 7)  # several blocks, the last one short
    monkeypatch.setattr("dlcore.data.leakage.KEYS", 11)
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (100, *shape), dtype=np.uint8)
    noise = rng.integers(0, 20, (10, *shape), dtype=np.uint8)
    images[90:] = images[rng.permutation(60)[:10]] // 2 + noise
    found = leaks(made_of(images, 60, 20), 0.95)
    r = np.corrcoef(images.reshape(100, -1))
    twins = r[80:, :60]
    np.testing.assert_array_equal(found.test_near, 80 + np.flatnonzero(twins.max(axis=1) > 0.95))
    np.testing.assert_array_equal(found.test_near, np.arange(90, 100))
    np.testing.assert_array_equal(found.pairs[:, 1], twins.argmax(axis=1)[10:])
    np.testing.assert_allclose(found.correlations, twins.max(axis=1)[10:], rtol=1e-12)
    assert len(found.validation_near) == 0 and len(found.exact) == 0


def test_constant_images_do_not_divide_by_zero_and_are_found_as_exact() -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
    images[3] = images[25] = 77
    images[26] = 255
    found = leaks(made_of(images, 20, 5))
    assert found.test_near.tolist() == [] and found.exact.tolist() == [[25, 3]]


def test_a_clean_set_has_no_leaks(smear: ImageSet) -> None:
    found = leaks(smear)
    assert len(found.test_near) == len(found.validation_near) == len(found.exact) == 0


@pytest.mark.parametrize("threshold", [float("nan"), float("inf"), -1.5, 2])
def test_a_bad_threshold_is_refused(threshold: float, smear: ImageSet) -> None:
    with pytest.raises(BadInput, match="between -1 and 1"):
        leaks(smear, threshold)


def test_the_positive_class_is_the_disease_by_the_official_labels_and_else_the_rarest(tmp_path: Path) -> None:
    arrays = {}
    for part in ("train", "val", "test"):
        arrays[f"{part}_images"] = np.zeros((5, 28, 28), np.uint8)
        arrays[f"{part}_labels"] = np.array([[0], [0], [0], [1], [1]], np.uint8)
    np.savez(tmp_path / "small.npz", **arrays)
    for name, disease in medmnist_sets.DISEASE.items():
        images = medmnist_sets.read_official(tmp_path / "small.npz", name)
        assert images.class_names[images.usual_positive] == disease, name
    retina = medmnist_sets.read_official(tmp_path / "small.npz", "retinamnist")
    assert retina.positive is None  # five grades, four of them a disease
    digits = load("digits")
    assert digits.positive is None and digits.class_names[digits.usual_positive] == "8"  # 174, the fewest
    with pytest.raises(ValueError, match="no class number 10"):
        replace(digits, positive=10)
