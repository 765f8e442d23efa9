"""Experiments: bounded, like for like, every image held out once; shifts and deals against plain loops."""

import dataclasses
import itertools
import statistics

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from dlcore import models
from dlcore.data import ImageSet, folds, load, table
from dlcore.data.recipe_images import parts, permuted
from dlcore.evaluation.fold_luck import Partitions, deal_again, logistic_on, ridge_on, ridge_predictions
from dlcore.evaluation.intervals import Share
from dlcore.experiments import costs, groups, shifted_images
from dlcore.runs import Recipe
from dlcore.training import fit

SHAPES = {"digits": ((8, 8, 1), 10), "cells": ((28, 28, 3), 5), "breastmnist": ((28, 28, 1), 2)}
QUICK = Recipe(dataset="digits", model="mlp", epochs=2, width=16)


@pytest.fixture(scope="module")
def digits() -> ImageSet:
    return load("digits")


@pytest.mark.parametrize("dataset", SHAPES)
def test_the_mlp_has_the_cnns_parameter_count_within_five_percent_and_else_its_recipe(dataset: str) -> None:
    found = groups.like_for_like(Recipe(dataset=dataset, seed=4), *SHAPES[dataset], seeds=3)
    cnn, mlp = (arm[0] for arm in found.arms.values())
    counts = [costs.parameters(recipe, *SHAPES[dataset]) for recipe in (cnn, mlp)]
    assert abs(counts[1] / counts[0] - 1) <= groups.CLOSE
    different = {name for name in dataclasses.asdict(cnn) if getattr(cnn, name) != getattr(mlp, name)}
    assert different == {"model", "width", "depth"}
    assert [recipe.seed for recipe in found.arms["MLP"]] == [4, 5, 6]
    assert [recipe.model for recipe in found.recipes[:2]] == ["cnn", "mlp"]


def test_the_counted_parameters_are_those_of_the_built_networks(digits: ImageSet) -> None:
    for arm in groups.like_for_like(QUICK, *SHAPES["digits"], seeds=1).arms.values():
        built = models.parameter_count(models.build(arm[0], digits))
        assert built == costs.parameters(arm[0], *SHAPES["digits"])


def test_a_cnn_too_small_to_be_matched_is_refused_in_a_sentence() -> None:
    tiny = Recipe(dataset="cells", width=1, depth=1)
    with pytest.raises(ValueError, match="A wider CNN can be matched"):
        groups.matched_mlp(tiny, *SHAPES["cells"])


def test_an_experiment_is_bounded_and_asks_for_every_recipe_once() -> None:
    assert len(groups.k_folds(QUICK, 6).recipes) == 6
    with pytest.raises(ValueError, match="at most 30"):
        groups.k_folds(QUICK, 31)
    assert groups.Experiment({"a": (QUICK,), "b": (QUICK,)}).recipes == (QUICK,)


def test_every_image_but_the_test_images_is_held_out_once(digits: ImageSet) -> None:
    split = digits.split_for()
    held_out = [parts(recipe, digits).validation for recipe in groups.k_folds(QUICK, 5).recipes]
    assert np.array_equal(
        np.sort(np.concatenate(held_out)), np.sort(np.concatenate([split.train, split.validation]))
    )


def test_folds_pool_their_images_and_the_errors_are_told_apart() -> None:
    found = groups.Folds({i: Share(k, 100) for i, k in enumerate((70, 80, 75, 85, 90))}, 5)
    assert found.pooled == Share(400, 500)
    assert found.spread == pytest.approx(np.std([0.7, 0.8, 0.75, 0.85, 0.9], ddof=1))
    assert found.binomial_of_a_fold == pytest.approx(np.sqrt(0.8 * 0.2 / 100))
    assert found.binomial_of_all == pytest.approx(found.binomial_of_a_fold / np.sqrt(5))
    assert np.isnan(groups.Folds({0: Share(1, 2)}, 5).spread)


def test_subsets_grow_to_all_images_and_contain_each_other(digits: ImageSet) -> None:
    recipes = groups.subsets(QUICK, len(digits.split_for().train)).recipes
    assert recipes[0].subset == 20 and recipes[-1].subset is None
    chosen = [set(parts(recipe, digits).train.tolist()) for recipe in recipes]
    assert all(small < large for small, large in itertools.pairwise(chosen))


def test_shifted_images_equal_numpy_rolls_away_from_the_edges() -> None:
    images = np.random.default_rng(0).integers(0, 255, (40, 9, 9, 3), dtype=np.uint8)
    moved = shifted_images.shifted(images, 2)
    seen = set()
    for before, after in zip(images, moved, strict=True):
        for step in ((0, 2), (0, -2), (2, 0), (-2, 0)):
            if np.array_equal(np.roll(before, step, axis=(0, 1))[2:-2, 2:-2], after[2:-2, 2:-2]):
                seen.add(step)
    assert len(seen) == 4
    assert np.array_equal(shifted_images.shifted(images, 0), images)


def test_a_shift_of_nothing_gives_the_runs_own_accuracy_and_a_far_one_less(digits: ImageSet) -> None:
    base = Recipe(dataset="digits", epochs=4, width=6, augmentation="none")
    for recipe in (base, dataclasses.replace(base, pixel_permutation=0)):
        run = fit(recipe, digits)
        by_shift = shifted_images.accuracy_by_shift(run, digits)
        assert by_shift[0] == groups.right(run)
        assert len(by_shift) == 5  # half of 8 pixels
        assert by_shift[-1].value < by_shift[0].value - 0.2


def test_a_pixel_permutation_hurts_the_cnn() -> None:
    cells = load("cells")
    plain = Recipe(subset=600, epochs=5, width=6, batch_size=32, augmentation="none")
    accuracy = {
        seed: groups.right(fit(dataclasses.replace(plain, pixel_permutation=seed), cells)).value
        for seed in (None, 0)
    }
    assert accuracy[0] < accuracy[None] - 0.1


def test_a_pixel_permutation_moves_the_mlps_first_weights_only(digits: ImageSet) -> None:
    plain = models.build(QUICK, digits)
    x = digits.images[:20]
    order = permuted(np.arange(64).reshape(1, 8, 8), 0).ravel()
    moved = models.build(QUICK, digits)
    first = moved.features[1]
    first.weight.data = first.weight.data[:, order]
    ours = moved.eval()(models.preprocess(permuted(x, 0)))
    assert np.allclose(ours.detach(), plain.eval()(models.preprocess(x)).detach(), atol=1e-5)


def test_ridge_predictions_equal_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.random((120, 30)), rng.integers(0, 3, 120)
    x[:, 0] += y
    learn, new = np.arange(80), np.arange(80, 120)
    theirs = (
        Ridge(alpha=0.5, solver="cholesky").fit(x[learn], np.eye(3)[y[learn]]).predict(x[new]).argmax(axis=1)
    )
    assert np.array_equal(ridge_predictions(x @ x.T, y, learn, new, 0.5), theirs)
    assert not np.array_equal(ridge_predictions(x @ x.T, y, learn, new, 5e4), theirs)


def test_the_mean_of_folds_hides_the_binomial_error_and_a_single_fold_does_not() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    images = (rng.normal(120, 30, (200, 6, 6)) + 9 * labels[:, None, None]).clip(0, 255).astype(np.uint8)
    found = deal_again(labels, ridge_on(images, labels), 5, deals=12)
    assert found.accuracies.shape == (12, 5) and found.samples == 200
    assert found.noise_of_a_fold == pytest.approx(found.binomial_of_a_fold, rel=0.4)
    assert found.partition_noise < 0.8 * found.binomial_of_all
    assert found.partition_noise == pytest.approx(statistics.stdev(found.means.tolist()))
    assert found.noise_of_a_fold == pytest.approx(statistics.stdev(found.accuracies.ravel().tolist()))
    fixed = Partitions(np.full((3, 5), 32), np.full((3, 5), 40))
    assert fixed.partition_noise == pytest.approx(0) and fixed.binomial_of_all == pytest.approx(
        np.sqrt(0.16 / 200)
    )


def test_folds_of_the_real_table_are_judged_as_scikit_learn_judges_them() -> None:
    breast = table("breast_cancer")
    found = deal_again(breast.y, logistic_on(breast), 5, deals=1)
    for i, held_out in enumerate(folds(breast.y, 5, 0)):
        learn = np.delete(np.arange(len(breast.y)), held_out)
        scaler = StandardScaler().fit(breast.x[learn])
        model = LogisticRegression(C=100 / len(learn), tol=1e-10, max_iter=5000)
        model.fit(scaler.transform(breast.x[learn]), breast.y[learn])
        called = model.predict(scaler.transform(breast.x[held_out]))
        assert found.hits[0, i] == (called == breast.y[held_out]).sum()
        assert found.sizes[0, i] == len(held_out)


def test_folds_keep_families_whole_only_when_asked() -> None:
    labels, groups = np.tile([0, 1], 60), np.arange(120) // 4
    across: list[int] = []

    def judge(learn: np.ndarray, new: np.ndarray) -> np.ndarray:
        across.append(len(set(groups[learn]) & set(groups[new])))
        return np.ones(len(new), bool)

    deal_again(labels, judge, 4, deals=2, groups=groups)
    assert not any(across)
    deal_again(labels, judge, 4, deals=2)
    assert any(across)
