"""fit: reproducible, honest about splits, and level with a second implementation of its parts."""

import dataclasses
import itertools
import threading
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from dlcore import kept_epochs, models, training
from dlcore.data import ImageSet, load, recipe_images
from dlcore.oracles import training as oracle
from dlcore.runs import Epoch, Recipe, Run

pytestmark = pytest.mark.delicate

QUICK = {"dataset": "digits", "epochs": 3, "width": 4, "batch_size": 128}


@pytest.fixture(scope="module")
def digits() -> ImageSet:
    return load("digits")


@pytest.fixture(scope="module")
def run(digits: ImageSet) -> Run:
    return training.fit(Recipe(**QUICK, dropout=0.2), digits)


def same_weights(a: Run, b: Run) -> bool:
    return all(np.array_equal(a.weights[name], b.weights[name]) for name in a.weights)


def test_equal_recipes_give_equal_weights_bit_for_bit_also_four_at_once(run: Run, digits: ImageSet) -> None:
    results: list[Run] = []
    threads = [
        threading.Thread(target=lambda: results.append(training.fit(run.recipe, digits))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(same_weights(run, other) for other in results)
    assert [e.train_loss for e in results[0].epochs] == [e.train_loss for e in run.epochs]


def test_another_seed_gives_other_weights(run: Run, digits: ImageSet) -> None:
    other = training.fit(Recipe(**QUICK, dropout=0.2, seed=1), digits)
    assert not same_weights(run, other)


def test_every_epoch_is_recorded_and_the_best_is_kept(run: Run) -> None:
    assert [e.number for e in run.epochs] == [1, 2, 3]
    assert run.status == "finished"
    assert run.best_epoch is not None
    assert run.best_epoch.val_loss == min(e.val_loss for e in run.epochs)
    for e in run.epochs:
        assert e.train_loss > 0 and e.val_loss > 0 and e.gradient_norm > 0 and e.seconds > 0
        assert 0 <= e.val_accuracy <= 1


def test_kept_weights_give_the_kept_logits_and_probabilities(run: Run, digits: ImageSet) -> None:
    network = models.load(run)
    assert not network.training
    z = training.predict(network, digits.images[run.val_index]).numpy()
    assert run.val_logits.dtype == np.float32 and np.abs(z - run.val_logits).max() < 1e-5
    p = models.probabilities(training.predict(network, digits.images[run.val_index])).numpy()
    np.testing.assert_allclose(p, run.val_probabilities, atol=1e-6)
    assert run.best_epoch is not None
    assert (p.argmax(1) == digits.labels[run.val_index]).mean() == pytest.approx(run.best_epoch.val_accuracy)


@pytest.mark.parametrize(
    ("keep", "plan"),
    [
        ("auc", [(0.5, 1.0), (0.9, 0.5), (0.9, 0.4), (0.9, 0.4), (0.7, 0.1)]),
        ("loss", [(0.5, 1.0), (0.9, 0.5), (0.7, 0.4), (0.9, 0.4), (0.95, 0.6)]),
    ],
)
def test_the_kept_epoch_is_the_first_of_the_best_and_its_weights_and_logits_are_kept(
    digits: ImageSet, monkeypatch: pytest.MonkeyPatch, keep: str, plan: list[tuple[float, float]]
) -> None:
    """By AUC: the largest, then the smallest loss, then the first. By loss: the smallest, then the first."""
    measured, seen = training._measured, iter(plan)

    def planned(*given: object) -> Epoch:
        auc, loss = next(seen)
        return dataclasses.replace(measured(*given), val_auc=auc, val_loss=loss)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "_measured", planned)
    recipe = Recipe(
        dataset="digits", model="mlp", subset=100, epochs=5, width=8, keep=keep, schedule="constant"
    )
    run = training.fit(recipe, digits)
    assert run.best == 3
    z = training.predict(models.load(run), digits.images[run.val_index]).numpy()
    assert np.abs(z - run.history[2]).max() < 1e-5 and np.array_equal(run.val_logits, run.history[2])
    assert np.abs(z - run.history[-1]).max() > 1e-2  # the control


def test_a_passs_loss_and_accuracy_are_means_over_images(digits: ImageSet) -> None:
    """At a rate of nearly 0 they are those of the initial network, though the last batch is smaller."""
    recipe = Recipe(
        dataset="digits",
        model="mlp",
        width=64,
        epochs=1,
        batch_size=500,
        optimizer="sgd",
        learning_rate=1e-7,
        weight_decay=0.0,
        augmentation="none",
        dropout=0.0,
    )
    run = training.fit(recipe, digits)
    train = recipe_images.parts(recipe, digits).train
    assert len(train) % 500 not in (0, 1)
    labels = digits.labels[train]
    z = training.predict(models.build(recipe, digits).eval(), digits.images[train]).numpy()
    [epoch] = run.epochs
    assert epoch.train_loss == pytest.approx(oracle.cross_entropy_by_scipy(z, labels), rel=1e-5)
    assert epoch.train_accuracy == pytest.approx((z.argmax(1) == labels).mean(), abs=1e-12)
    assert epoch.train_auc == pytest.approx(oracle.auc_by_scikit_learn(None, labels, z), abs=1e-4)


def test_label_noise_is_on_the_training_images_alone(
    digits: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_pass, learned = training.one_pass, []

    def watched(model, optimizer, x, y, *rest):  # type: ignore[no-untyped-def]
        learned.append(y.numpy())
        return one_pass(model, optimizer, x, y, *rest)

    monkeypatch.setattr(training, "one_pass", watched)
    recipe = Recipe(dataset="digits", model="mlp", width=16, epochs=1, label_noise=0.5)
    run = training.fit(recipe, digits)
    split = recipe_images.parts(recipe, digits)
    wrong = learned[0] != digits.labels[split.train]
    assert wrong.sum() == round(0.5 * len(split.train))
    z, labels = run.history[0], digits.labels[split.validation]
    assert run.epochs[0].val_loss == pytest.approx(oracle.cross_entropy_by_scipy(z, labels), rel=1e-12)
    assert run.epochs[0].val_accuracy == pytest.approx((z.argmax(1) == labels).mean(), abs=1e-12)


@pytest.mark.parametrize(
    "optimizer", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam"]
)
@pytest.mark.parametrize("model", ["cnn", "mlp"])
def test_every_optimizer_lowers_the_loss(optimizer: str, model: str, digits: ImageSet) -> None:
    rate = 0.005 if optimizer in ("rmsprop", "adam", "adamw", "nadam") else 0.1
    recipe = Recipe(
        dataset="digits",
        model=model,
        optimizer=optimizer,
        learning_rate=rate,
        epochs=4,
        width=8 if model == "cnn" else 32,
        schedule="constant",
        augmentation="none",
    )
    epochs = training.fit(recipe, digits).epochs
    assert epochs[-1].train_loss < 0.8 * epochs[0].train_loss


def test_cross_entropy_and_squared_error_equal_their_formulas() -> None:
    z = torch.tensor([[1.0, -2.0, 0.5], [0.0, 0.3, -1.0]], dtype=torch.float64)
    y = torch.tensor([0, 2])
    p = torch.softmax(z, 1)
    assert float(training.loss_of(z, y, "cross_entropy")) == pytest.approx(
        -float(torch.log(p[[0, 1], y]).mean()), abs=1e-12
    )
    target = torch.eye(3, dtype=torch.float64)[y]
    assert float(training.loss_of(z, y, "squared_error")) == pytest.approx(
        float(((p - target) ** 2).sum(1).mean()) / 2, abs=1e-12
    )


def test_binary_cross_entropy_equals_the_texts_formula_and_survives_certainty() -> None:
    z = torch.tensor([[0.7], [-1.2]], dtype=torch.float64)
    y = torch.tensor([1, 0])
    y_hat = torch.sigmoid(z[:, 0])
    text = -(y * torch.log(y_hat) + (1 - y) * torch.log(1 - y_hat)).mean()
    assert float(training.loss_of(z, y, "cross_entropy")) == pytest.approx(float(text), abs=1e-12)
    certain = training.loss_of(torch.tensor([[-1000.0]]), torch.tensor([1]), "cross_entropy")
    assert float(certain) == pytest.approx(1000.0)


@pytest.mark.parametrize("classes", [2, 3])
def test_weighted_losses_are_torchs_and_balanced_weights_scikit_learns(classes: int) -> None:
    rng = torch.Generator().manual_seed(0)
    y = torch.tensor([0, 0, 0, 0, 1, 1, classes - 1, 0])
    z = torch.randn((8, 1 if classes == 2 else classes), generator=rng, dtype=torch.float64)
    w = training.balanced(y, classes)
    theirs = compute_class_weight("balanced", classes=np.arange(classes), y=y.numpy())
    np.testing.assert_allclose(w, theirs, rtol=1e-6)
    assert float(w[y].mean()) == pytest.approx(1)
    both = torch.cat([torch.zeros_like(z), z], dim=1) if classes == 2 else z
    for loss, p in (("cross_entropy", None), ("squared_error", torch.softmax(both, dim=1))):
        if p is None:
            expected = torch.nn.functional.cross_entropy(both, y, weight=w.double(), reduction="sum") / len(y)
        else:
            far = (p - torch.eye(classes, dtype=torch.float64)[y]).square().sum(dim=1) / 2
            expected = torch.dot(w.double()[y], far) / len(y)
        ours = training.loss_of(z, y, loss, w.double())
        assert float(ours) == pytest.approx(float(expected), rel=1e-12)
        assert abs(float(training.loss_of(z, y, loss)) - float(expected)) > 1e-3  # the control
    assert training.balanced(torch.tensor([0, 0, 2]), 3).tolist() == [0.75, 0.0, 1.5]


def test_class_weights_find_more_of_the_rare_class_and_leave_the_keys_of_other_recipes(
    digits: ImageSet,
) -> None:
    rare = np.concatenate([np.flatnonzero(digits.labels == 3)[:30], np.flatnonzero(digits.labels == 8)])
    rng = np.random.default_rng(0)
    images = np.clip(
        digits.images[rare].astype(int) + rng.integers(-90, 90, digits.images[rare].shape), 0, 255
    )
    some = ImageSet("rare", images.astype(np.uint8), (digits.labels[rare] == 3).astype(np.int64), ("8", "3"))
    plain = Recipe(dataset=some.recipe_name, model="mlp", width=8, epochs=6, augmentation="none")
    runs = [training.fit(dataclasses.replace(plain, class_weights=w), some) for w in ("none", "balanced")]
    assert plain.key == runs[0].key != runs[1].key
    called = [(run.history[-1] > 0).mean() for run in runs]
    assert called[1] > called[0]


def test_both_models_see_the_same_random_changes_unless_somebody_says_otherwise() -> None:
    for dataset in ("cells", "digits"):
        assert Recipe(dataset=dataset).augmentation == Recipe(dataset=dataset, model="mlp").augmentation
    assert Recipe(model="mlp", augmentation="none").augmentation == "none"


def test_batches_see_every_image_once_and_never_leave_one_alone() -> None:
    for n, size in [(10, 3), (9, 4), (5, 64), (1, 8), (7, 1)]:
        parts = list(training.batches(n, size, torch.Generator().manual_seed(0)))
        assert sorted(torch.cat(parts).tolist()) == list(range(n))
        assert size == 1 or n == 1 or min(len(part) for part in parts) > 1


def test_augmentation_shifts_and_mirrors_each_image_by_itself() -> None:
    images = torch.arange(2 * 28 * 28, dtype=torch.int64).remainder(251).to(torch.uint8).reshape(2, 28, 28, 1)
    i = torch.zeros(200, dtype=torch.int64)
    generator = torch.Generator().manual_seed(0)
    assert torch.equal(training.augmented(images, i, "none", generator), images[i])
    moved = training.augmented(images, i, "shifts_flips", generator)
    padded = torch.nn.functional.pad(images[0, ..., 0].float()[None], (2, 2, 2, 2), mode="replicate")[0]
    windows = {
        tuple(w.flatten().to(torch.uint8).tolist())
        for r in range(5)
        for c in range(5)
        for view in [padded[r : r + 28, c : c + 28]]
        for w in (view, view.flip(1))
    }
    seen = {tuple(image.flatten().tolist()) for image in moved}
    assert seen <= windows
    assert len(seen) > 25  # more than the shifts alone could give: some are mirrored


def test_schedules_start_at_the_rate_and_fall_as_said() -> None:
    def rates(schedule: str) -> Sequence[float]:
        recipe = Recipe(learning_rate=0.1, epochs=8, schedule=schedule)
        return [training.learning_rate(recipe, epoch) for epoch in range(8)]

    assert rates("constant") == [0.1] * 8
    assert rates("step") == pytest.approx([0.1] * 4 + [0.01] * 2 + [0.001] * 2)
    cosine = rates("cosine")
    assert cosine[0] == pytest.approx(0.1) and cosine[4] == pytest.approx(0.05)
    assert all(a > b for a, b in itertools.pairwise(cosine))


def test_a_rising_rate_grows_by_one_factor_up_to_the_recipes() -> None:
    recipe = Recipe(dataset="digits", epochs=7, schedule="rising", learning_rate=0.5)
    rates = np.array([training.learning_rate(recipe, e) for e in range(7)])
    assert rates[-1] == pytest.approx(0.5) and rates[0] == pytest.approx(0.5e-6)
    assert np.allclose(rates[1:] / rates[:-1], 10.0)


def test_the_history_holds_the_kept_epochs_logits(digits: ImageSet) -> None:
    run = training.fit(Recipe(dataset="digits", model="mlp", subset=100, epochs=6), digits)
    assert run.history_epochs.tolist() == [1, 2, 3, 4, 5, 6]
    assert np.array_equal(run.history[run.best - 1], run.val_logits)
    labels = digits.labels[run.val_index]
    accuracies = [(z.argmax(axis=1) == labels).mean() for z in run.history]
    assert accuracies == pytest.approx([e.val_accuracy for e in run.epochs])


def test_losses_and_areas_of_every_epoch_come_from_its_logits_in_float64(digits: ImageSet) -> None:
    run = training.fit(Recipe(dataset="digits", model="mlp", subset=200, epochs=8, learning_rate=0.1), digits)
    labels = digits.labels[run.val_index]
    for epoch, z in zip(run.epochs, run.history, strict=True):
        assert epoch.val_loss == pytest.approx(oracle.cross_entropy_by_scipy(z, labels), rel=1e-12)
        assert epoch.val_auc == pytest.approx(oracle.auc_by_scikit_learn(None, labels, z), abs=1e-12)


def test_the_weights_of_epochs_0_1_2_4_the_kept_and_the_last_are_those_of_these_epochs(
    digits: ImageSet,
) -> None:
    recipe = Recipe(dataset="digits", model="mlp", subset=100, epochs=7, width=8)
    run = training.fit(recipe, digits)
    assert list(run.epoch_weights) == sorted({0, 1, 2, 4, 7, run.best})
    fresh = models.build(recipe, digits).state_dict()
    assert all(np.array_equal(run.epoch_weights[0][name], fresh[name].numpy()) for name in fresh)
    x = digits.images[run.val_index]
    for epoch in set(run.epoch_weights) - {0}:
        network = models.load(dataclasses.replace(run, weights=run.epoch_weights[epoch]))
        z = training.predict(network, x).numpy()
        assert np.abs(z - run.history[epoch - 1]).max() < 1e-5


def test_of_a_large_network_fewer_epochs_weights_are_kept_the_first_and_the_last_before_others(
    digits: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(dataset="digits", model="mlp", subset=100, epochs=6, width=8)
    size = sum(w.size for w in training.fit(recipe, digits).weights.values())
    for room in range(4):
        monkeypatch.setattr(kept_epochs, "EPOCH_WEIGHTS", room * size)
        run = training.fit(recipe, digits)
        others = [epoch for epoch in (0, 6, 1, 2, 4) if epoch != run.best]  # the kept one's are there anyhow
        assert set(run.epoch_weights) == {run.best, *others[:room]}, room


def test_a_run_whose_logits_or_buffers_are_infinite_has_diverged_though_its_loss_is_finite() -> None:
    assert training._is_finite(1.0, np.array([1.0]), np.array(3))
    assert not training._is_finite(0.0, np.array([np.inf]))
    z = torch.tensor([[float("inf")]])
    assert float(training.loss_of(z, torch.tensor([1]), "squared_error")) == 0.0  # the loss would not tell


def test_a_long_history_keeps_the_first_the_last_and_the_best(
    digits: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_epochs, "HISTORY", 3 * 360 * 10)  # room for three epochs of 360 images
    run = training.fit(Recipe(dataset="digits", model="mlp", subset=100, epochs=9), digits)
    assert set(run.history_epochs.tolist()) == {1, 5, 9, run.best}


def test_divergence_ends_the_run_and_keeps_the_finite_history(digits: ImageSet) -> None:
    recipe = Recipe(
        dataset="digits", model="mlp", optimizer="sgd", learning_rate=10.0, epochs=20, loss="cross_entropy"
    )
    result = training.fit(Recipe(**{**vars(recipe), "weight_decay": 10.0}), digits)
    assert result.status == "diverged"
    assert all(np.isfinite([e.train_loss, e.val_loss]).all() for e in result.epochs)
    assert len(result.epochs) < 20


def test_stopping_ends_within_the_epoch_and_keeps_what_there_is(digits: ImageSet) -> None:
    seen: list[Epoch] = []
    result = training.fit(Recipe(**{**QUICK, "epochs": 50}), digits, seen.append, stop=lambda: len(seen) >= 2)
    assert result.status == "cancelled"
    assert len(result.epochs) == 2
    assert result.epochs == tuple(seen)


def test_early_stopping_waits_its_patience(digits: ImageSet) -> None:
    result = training.fit(
        Recipe(**{**QUICK, "model": "mlp", "epochs": 200, "patience": 3, "width": 64}), digits
    )
    assert result.status == "stopped_early"
    assert len(result.epochs) == result.best + 3


def test_the_test_set_is_scored_by_one_function_which_records_first(run: Run, digits: ImageSet) -> None:
    looks: list[dict[str, float | None]] = []

    def record(scores: dict[str, float | None]) -> int:
        looks.append(scores)
        return len(looks)

    first = training.evaluate_test(run, record, digits)
    second = training.evaluate_test(run, record, digits)
    assert (first.looks, second.looks) == (1, 2)
    assert first.accuracy == second.accuracy == looks[0]["accuracy"]
    test = recipe_images.parts(run.recipe, digits).test
    assert first.images == len(test)
    p = models.probabilities(training.predict(models.load(run), digits.images[test])).numpy()
    assert first.accuracy == pytest.approx((p.argmax(1) == digits.labels[test]).mean())


def test_the_test_images_are_permuted_as_the_runs_were(digits: ImageSet) -> None:
    recipe = Recipe(dataset="digits", model="mlp", width=16, epochs=2, pixel_permutation=7)
    run = training.fit(recipe, digits)
    test = recipe_images.parts(recipe, digits).test
    labels, network = digits.labels[test], models.load(run)
    moved = recipe_images.permuted(digits.images[test], 7)
    z, unmoved = (training.predict(network, x).numpy() for x in (moved, digits.images[test]))
    found = training.evaluate_test(run, lambda scores: 1, digits)
    assert found.loss == pytest.approx(oracle.cross_entropy_by_scipy(z, labels), rel=1e-12)
    assert found.auc == pytest.approx(oracle.auc_by_scikit_learn(None, labels, z), abs=1e-12)
    assert abs(found.loss - oracle.cross_entropy_by_scipy(unmoved, labels)) > 0.01  # the control


def test_the_default_cnn_learns_cells_far_better_than_an_untrained_one() -> None:
    cells = load("cells")
    result = training.fit(Recipe(epochs=2, subset=1500), cells)
    assert result.best_epoch is not None
    chance = np.bincount(cells.labels).max() / len(cells)
    assert result.best_epoch.val_accuracy > chance + 0.2
