"""What is promised before training equals what torch counts."""

import pytest
import torch
from test_models import images_of

from dlcore import models, training
from dlcore.experiments import costs
from dlcore.runs import Recipe

RECIPES = [
    Recipe(),
    Recipe(width=5, depth=1),
    Recipe(depth=6, width=2, head="flatten"),
    Recipe(model="mlp"),
    Recipe(model="mlp", width=7, depth=4),
]


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("size", "channels", "classes"), [(28, 3, 4), (28, 1, 2), (8, 1, 10)])
def test_parameters_and_multiplications_equal_what_torch_counts(
    recipe: Recipe, size: int, channels: int, classes: int
) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    network = models.build(recipe, images_of(size, channels, classes)).eval()
    shape = (size, size, channels)
    assert costs.parameters(recipe, shape, classes) == models.parameter_count(network)
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, channels, size, size))
    ours = sum(layer.multiplications for layer in costs.planned_layers(recipe, shape, classes))
    assert 2 * ours == counter.get_total_flops()  # a multiplication and an addition each


@pytest.mark.parametrize(("n", "b"), [(100, 64), (65, 64), (64, 64), (129, 64), (1, 64), (10, 1), (5, 100)])
def test_updates_per_epoch_equal_the_batches_that_are_drawn(n: int, b: int) -> None:
    drawn = len(list(training.batches(n, b, torch.Generator())))
    assert costs.updates_per_epoch(n, b) == drawn


def test_a_larger_model_takes_longer_and_durations_read_well() -> None:
    small, large = (costs.expected_seconds(Recipe(width=w), (28, 28, 3), 4, 3600) for w in (8, 32))
    assert small < large
    assert costs.roughly(12.4) == "about 12 s"
    assert costs.roughly(0.2) == "about 1 s"
    assert costs.roughly(200) == "about 3 min"
