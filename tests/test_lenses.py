"""Lenses: what they vary and what they hold, range tests where the right answer is known, receptive fields."""

import dataclasses
from collections.abc import Iterable

import numpy as np
import pytest

from dlcore import models
from dlcore.convolution.network_opened import feature_maps
from dlcore.data import load
from dlcore.experiments import costs, hyperparameters
from dlcore.runs import Recipe
from dlcore.training import fit

pytestmark = pytest.mark.delicate

BASE = Recipe(dataset="digits", model="mlp", width=16, seed=3)
CELLS = Recipe(dataset="cells")


def varied(recipes: Iterable[Recipe]) -> set[str]:
    """The fields in which these recipes are not all alike."""
    rows = [dataclasses.asdict(recipe) for recipe in recipes]
    return {name for name in rows[0] if len({str(row[name]) for row in rows}) > 1}


def flat(arms: dict) -> list[Recipe]:
    return [r for arm in arms.values() for r in (flat(arm) if isinstance(arm, dict) else arm)]


def test_every_lens_varies_what_it_names_and_nothing_else() -> None:
    assert varied(flat(hyperparameters.rates(BASE, 1078, 2))) == {"learning_rate", "seed"}
    assert varied(flat(hyperparameters.batch_sizes(BASE, 1078, 2))) == {"batch_size", "epochs", "seed"}
    assert varied(flat(hyperparameters.noise_levels(BASE, 1078, 2))) == {"label_noise", "loss", "seed"}
    assert varied(flat(hyperparameters.regularised(CELLS, 3600, 1, 200, 0.01, 0.5))) == {
        "weight_decay",
        "dropout",
        "augmentation",
    }
    assert varied(flat(hyperparameters.depths(CELLS, (28, 28, 3), 5, 3600, 1))) == {"depth", "width"}
    assert varied(hyperparameters.range_test(BASE, 1078, 3)) == {"seed"}


def test_a_set_that_must_not_be_mirrored_is_not() -> None:
    assert "shifts and flips" not in hyperparameters.regularised(BASE, 1078, 1, 100, 0.01, 0.5)
    assert "shifts and flips" in hyperparameters.regularised(CELLS, 3600, 1, 100, 0.01, 0.5)


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("train_size", [4000, 512, 300, 60])
def test_batch_sizes_fit_into_one_experiment_with_every_number_of_seeds(train_size: int, seeds: int) -> None:
    arms = hyperparameters.batch_sizes(BASE, train_size, seeds)
    made = hyperparameters.experiment(*arms.values())  # raises where there are too many
    assert {len(recipes) for recipes in made.arms.values()} == {seeds}


@pytest.mark.parametrize("train_size", [1078, 4000, 300, 60])
def test_batches_make_equal_epochs_in_one_arm_and_equal_updates_in_the_other(train_size: int) -> None:
    arms = hyperparameters.batch_sizes(BASE, train_size, 1)
    n = arms[hyperparameters.EQUAL_EPOCHS][8.0][0].subset or train_size
    assert n == 2 ** int(np.log2(min(512, train_size)))
    updates = {
        name: {b: r.epochs * costs.updates_per_epoch(n, r.batch_size) for b, (r,) in arm.items()}
        for name, arm in arms.items()
    }
    assert len(set(updates[hyperparameters.EQUAL_UPDATES].values())) == 1
    assert len(set(updates[hyperparameters.EQUAL_EPOCHS].values())) == len(
        updates[hyperparameters.EQUAL_EPOCHS]
    )
    both = [
        b
        for b in updates[hyperparameters.EQUAL_EPOCHS]
        if arms[hyperparameters.EQUAL_EPOCHS][b] == arms[hyperparameters.EQUAL_UPDATES][b]
    ]
    assert len(both) == 1  # one recipe belongs to both, and trains once
    assert (
        len(hyperparameters.experiment(*arms.values()).recipes)
        == 2 * len(updates[hyperparameters.EQUAL_EPOCHS]) - 1
    )


def descent_on_a_quadratic(curvature: float, momentum: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Losses ½ λ θ² (plus a floor of gradient noise) while the rate rises: diverges beyond η = 2/λ."""
    rng = np.random.default_rng(0)
    rate = np.geomspace(1e-5, 10, hyperparameters.TESTED)
    theta, losses = 1.0, []
    for eta in rate:
        values = []
        for _ in range(8):
            values.append(min(0.5 * curvature * theta**2, 1e12))
            theta = float(np.clip(theta - eta * curvature * (theta + rng.normal(0, 0.05)), -1e8, 1e8))
        losses.append(np.mean(values))
    return rate, np.array(losses)


@pytest.mark.parametrize("curvature", [1.0, 10.0, 100.0])
def test_a_range_test_on_a_quadratic_diverges_where_theory_says(curvature: float) -> None:
    found = hyperparameters.read_range(*descent_on_a_quadratic(curvature))
    assert found is not None and found.diverges is not None
    assert 0.8 < found.diverges / (2 / curvature) < 2  # the next rate or two of eight to a factor of ten
    assert found.steepest < found.lowest < found.diverges


def test_a_loss_that_never_returns_has_no_rate_of_divergence_unless_it_ended() -> None:
    rate = np.geomspace(1e-6, 1, 40)
    falling = 2 - np.log10(rate / 1e-6) / 4
    assert hyperparameters.read_range(rate, falling).diverges is None
    assert hyperparameters.read_range(rate, falling, ended=False).diverges == pytest.approx(10 ** (6 / 39))
    assert hyperparameters.read_range(rate[:7], falling[:7]) is None


def test_one_bad_epoch_is_not_the_rate_of_divergence() -> None:
    rate = np.geomspace(1e-6, 1, 40)
    loss = np.where(np.arange(40) < 20, 2 - 0.08 * np.arange(40), 0.4 + 0.0 * rate)
    loss[30] = 2.5
    assert hyperparameters.read_range(rate, loss).diverges is None
    loss[35:] = 3.0
    assert hyperparameters.read_range(rate, loss).diverges == rate[35]


def test_the_steepest_fall_is_found_where_it_was_put() -> None:
    rate = np.geomspace(1e-6, 1, 49)
    loss = 2 - 1.5 / (1 + np.exp(-6 * (np.log10(rate) + 2.5)))
    noisy = loss + np.random.default_rng(0).normal(0, 0.02, 49)
    assert abs(np.log10(hyperparameters.read_range(rate, noisy).steepest) + 2.5) < 0.3


def test_a_loss_that_only_goes_up_and_down_falls_nowhere() -> None:
    rate, noise = np.geomspace(1e-6, 1, 48), np.random.default_rng(3).normal(0, 0.05, 48)
    for loss, falls in (
        (1.6 + noise, False),
        (1.6 + 0 * rate, False),
        (1.6 - 0.2 * (rate > 1e-3) + noise, True),
    ):
        assert hyperparameters.read_range(rate, loss).falls is falls
        assert hyperparameters.read_range(rate, loss + np.where(rate > 0.1, 9.0, 0.0)).falls is falls
    assert hyperparameters.chance_of_falling(np.arange(8.0)) > 0.5


def test_a_real_range_test_falls_and_then_climbs() -> None:
    base = dataclasses.replace(BASE, optimizer="sgd", batch_size=32, augmentation="none")
    (recipe,) = hyperparameters.range_test(base, 1078, 1)
    found = hyperparameters.range_of([fit(dataclasses.replace(recipe, epochs=24), load("digits"))])
    assert found is not None and found.diverges is not None
    assert found.rates[0] == pytest.approx(1e-5) and (np.diff(np.log(found.rates)) > 0).all()
    assert 1e-3 < found.steepest < found.diverges


def test_points_gather_seeds_and_count_what_diverged() -> None:
    good = fit(dataclasses.replace(BASE, epochs=1), load("digits"))
    other = dataclasses.replace(BASE, epochs=1, seed=4)
    lost = dataclasses.replace(good, recipe=other, status="diverged")
    arms = {0.1: (good.recipe, other), 0.2: (dataclasses.replace(other, seed=9),)}
    (point,) = hyperparameters.points(arms, {good.key: good, lost.key: lost})
    assert point.x == 0.1 and point.values == (good.epochs[-1].val_loss,) and point.lost == 1
    assert np.isnan(point.spread)
    assert hyperparameters.Point(1, (1.0, 3.0)).spread == pytest.approx(np.sqrt(2))


def test_the_counted_receptive_field_is_that_of_the_built_network() -> None:
    cells = load("cells")
    sizes = []
    for (recipe,) in hyperparameters.depths(CELLS, (28, 28, 3), 5, 3600, 1).values():
        model = models.build(recipe, cells).eval()
        assert feature_maps(model, cells.images[0])[-1].field == hyperparameters.field(recipe, (28, 28, 3))
        sizes.append(hyperparameters.field(recipe, (28, 28, 3)).size)
    assert sizes == [5, 12, 26]
    assert (
        hyperparameters.field(Recipe(depth=2), (28, 28, 3)).size
        != hyperparameters.field(Recipe(depth=3), (28, 28, 3)).size
    )


def test_networks_of_any_depth_learn_equally_many_numbers() -> None:
    for shape, classes in (((28, 28, 3), 5), ((28, 28, 1), 2), ((8, 8, 1), 10)):
        arms = hyperparameters.depths(dataclasses.replace(CELLS, dataset="x"), shape, classes, 1000, 1)
        counts = [costs.parameters(recipe, shape, classes) for (recipe,) in arms.values()]
        assert max(counts) / min(counts) < 1.05


def test_an_objects_size_is_the_longer_side_of_its_box() -> None:
    masks = np.zeros((4, 9, 9), bool)
    masks[0, 2:5, 3:4] = True
    masks[1, 1, 0:9:4] = True  # with gaps
    masks[2, 4, 4] = True
    assert hyperparameters.object_sizes(masks).tolist() == [3, 9, 1, 0]
