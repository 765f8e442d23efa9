"""Architectures: shapes, seeded weights, counts, and what the heads promise."""

import copy

import numpy as np
import pytest
import torch

from dlcore import models
from dlcore.data import ImageSet
from dlcore.runs import Recipe


def images_of(size: int, channels: int, classes: int) -> ImageSet:
    rng = np.random.default_rng(0)
    shape = (6, size, size) if channels == 1 else (6, size, size, channels)
    names = tuple(str(c) for c in range(classes))
    return ImageSet("made", rng.integers(0, 256, shape, np.uint8), np.arange(6) % classes, names)


@pytest.mark.parametrize("model", ["cnn", "mlp"])
@pytest.mark.parametrize("head", ["pooled", "flatten"])
@pytest.mark.parametrize(("size", "channels", "classes"), [(28, 3, 4), (28, 1, 2), (8, 1, 10), (4, 3, 3)])
def test_output_has_a_logit_per_class_and_one_for_two(
    model: str, head: str, size: int, channels: int, classes: int
) -> None:
    images = images_of(size, channels, classes)
    network = models.build(Recipe(model=model, head=head, width=4), images).eval()
    z = network(models.preprocess(images.images))
    assert z.shape == (6, 1 if classes == 2 else classes)
    torch.testing.assert_close(network.head(network.features(models.preprocess(images.images))), z)
    p = models.probabilities(z)
    assert p.shape == (6, classes)
    torch.testing.assert_close(p.sum(dim=1), torch.ones(6))


def test_initial_weights_follow_the_seed_and_nothing_else() -> None:
    images = images_of(28, 3, 4)
    torch.rand(3)  # moves the global generator
    one, same, other = (models.build(Recipe(seed=s), images).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["head.3.weight"], other["head.3.weight"])


def test_initial_weights_have_hes_variance() -> None:
    network = models.build(Recipe(model="mlp", width=500), images_of(28, 3, 4))
    w = network.features[1].weight.detach()
    assert float(w.var()) == pytest.approx(2 / w.shape[1], rel=0.02)
    assert not network.features[1].bias.any()


def test_building_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    models.build(Recipe(dropout=0.5), images_of(28, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)


def test_default_cnn_has_about_sixty_thousand_parameters_and_a_7_by_7_map() -> None:
    network = models.build(Recipe(), images_of(28, 3, 4))
    assert models.parameter_count(network) == sum(p.numel() for p in network.parameters())
    assert 55_000 < models.parameter_count(network) < 65_000
    assert network.features(torch.zeros(1, 3, 28, 28)).shape == (1, 64, 7, 7)


def test_dropout_is_silent_in_evaluation_and_scales_while_learning() -> None:
    drop = models.Dropout(0.25, torch.Generator().manual_seed(0))
    h = torch.ones(100, 100)
    kept = drop.train()(h)
    torch.testing.assert_close(kept.unique(), torch.tensor([0.0, 4 / 3]))
    assert float(kept.mean()) == pytest.approx(1.0, abs=0.03)
    assert torch.equal(drop.eval()(h), h)


def test_preprocessing_maps_bytes_to_minus_one_to_one() -> None:
    x = models.preprocess(np.array([[[0, 255], [127, 128]]], np.uint8))
    assert x.shape == (1, 1, 2, 2)
    torch.testing.assert_close(x[0, 0], torch.tensor([[-1.0, 1.0], [-1 / 255, 1 / 255]]))


def test_pooling_before_relu_is_the_same_function_as_after() -> None:
    h = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    pool = torch.nn.functional.max_pool2d
    assert torch.equal(pool(h, 2).relu(), pool(h.relu(), 2))
    mean = torch.nn.functional.avg_pool2d
    assert not torch.equal(mean(h, 2).relu(), mean(h.relu(), 2))  # the control: means do not commute


def test_a_network_can_be_copied() -> None:
    network = models.build(Recipe(dropout=0.5), images_of(28, 3, 4))
    assert models.parameter_count(copy.deepcopy(network)) == models.parameter_count(network)
