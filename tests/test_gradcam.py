"""Grad-CAM against captum, torchcam and pytorch-grad-cam; on shared models; on odd models; bad arguments."""

import threading
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from dlcore import gradcam
from dlcore.classifiers.twin import is_at_rest
from dlcore.data import ImageSet, load
from dlcore.models import build
from dlcore.runs import Recipe

pytestmark = pytest.mark.delicate

with warnings.catch_warnings():
    # The peers and what they import still use names that torch and others have deprecated; not ours to mend.
    warnings.simplefilter("ignore")
    from captum.attr import LayerGradCam
    from pytorch_grad_cam import GradCAM as PytorchGradCam
    from pytorch_grad_cam.utils.image import scale_cam_image
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
    from torchcam.methods import GradCAM as TorchCam

# captum installs backward hooks; torch warns where a layer's input needs no gradient.
pytestmark = pytest.mark.filterwarnings("ignore:.*backward hook.*:UserWarning")


class Classifier(nn.Module):
    """Features, then a head: the shape of the lab's own models."""

    def __init__(self, features: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.features, self.head = features, head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))


def randomised(model: nn.Module, seed: int = 0) -> nn.Module:
    """The model in float64 and evaluation mode, every parameter and running statistic drawn anew."""
    generator = torch.Generator().manual_seed(seed)
    model = model.double().eval()
    for name, values in model.state_dict().items():
        if values.is_floating_point():
            noise = torch.randn(values.shape, generator=generator, dtype=values.dtype)
            values.copy_(
                noise.abs() + 0.5
                if name.endswith("running_var")
                else noise / max(values[:1].numel(), 1) ** 0.5
            )
    return model


def features(channels: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.Tanh(),
    )


def pooled(outputs: int = 5) -> nn.Module:
    return randomised(
        Classifier(features(), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, outputs)))
    )


def flat(outputs: int = 5) -> nn.Module:
    head = nn.Sequential(nn.Flatten(), nn.Linear(8 * 6 * 6, 7), nn.ReLU(inplace=True), nn.Linear(7, outputs))
    return randomised(Classifier(features(), head))


def images(n: int = 2, size: int = 12, channels: int = 3, seed: int = 1) -> torch.Tensor:
    return torch.randn(
        n, channels, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def by_captum(model: nn.Module, x: torch.Tensor, classes: range, layer: str) -> torch.Tensor:
    peer = LayerGradCam(model, model.get_submodule(layer))
    return torch.cat([peer.attribute(x, c, relu_attributions=False).detach() for c in classes], dim=1)


# --- equal to the peers

SMALL = {"pooled": pooled, "flat": flat}


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("layer", ["features", "features.0", "features.3", "features.4"])
def test_heat_maps_equal_captum_at_every_depth(kind: str, layer: str) -> None:
    model, x = SMALL[kind](), images(3)
    ours = gradcam.heatmap(model, x, range(5), layer)
    torch.testing.assert_close(ours, by_captum(model, x, range(5), layer), rtol=0, atol=1e-12)


ARCHITECTURES = {
    "resnet18": ("layer4", "layer2.0"),
    "mobilenet_v2": ("features", "features.6"),
    "mobilenet_v3_small": ("features", "features.4"),
    "densenet121": ("features", "features.denseblock3"),
    "efficientnet_b0": ("features", "features.5"),
    "squeezenet1_1": ("features", "features.6"),
    "shufflenet_v2_x0_5": ("conv5", "stage3"),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_heat_maps_of_known_architectures_equal_captum(name: str) -> None:
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(weights=None, num_classes=4)
    model, x = randomised(model.to_empty(device="cpu")), images(1, 64)
    for layer in ARCHITECTURES[name]:
        ours, theirs = gradcam.heatmap(model, x, range(3), layer), by_captum(model, x, range(3), layer)
        scale = theirs.abs().max().clamp(min=1e-300)
        assert (ours - theirs).abs().max() <= 1e-12 * max(1.0, float(scale))


@pytest.mark.parametrize("name", sorted(set(ARCHITECTURES) - {"squeezenet1_1"}))
def test_without_a_name_the_last_layer_with_maps_is_taken(name: str) -> None:
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(weights=None, num_classes=4)
    assert gradcam.last_layer(model.to_empty(device="cpu"), images(1, 64)) == ARCHITECTURES[name][0]


def test_transformers_with_channels_last_are_looked_at_where_channels_come_first() -> None:
    swin = torchvision.models.SwinTransformer([4, 4], 8, [2, 2], [2, 2], [4, 4], num_classes=3)
    assert gradcam.last_layer(swin, images(1, 32)) == "permute"


def test_torchcam_draws_our_map_stretched_to_one() -> None:
    model, x = pooled(), images(1)
    with TorchCam(model, "features") as peer:
        for c in range(5):
            theirs = peer(c, model(x))[0][0]
            positive = gradcam.heatmap(model, x, c)[0, 0].clamp(min=0)
            stretched = (positive - positive.min()) / ((positive - positive.min()).max() + 1e-8)
            torch.testing.assert_close(theirs, stretched, rtol=0, atol=1e-12)


def test_pytorch_grad_cam_draws_our_map_stretched_twice_and_resized() -> None:
    model, x = pooled(), images(1)
    with PytorchGradCam(model, [model.features]) as peer:
        for c in range(5):
            theirs = peer(x, [ClassifierOutputTarget(c)])
            positive = gradcam.heatmap(model, x, [c])[0].clamp(min=0).numpy()
            np.testing.assert_allclose(
                theirs, scale_cam_image(scale_cam_image(positive, (12, 12))), atol=1e-5
            )


def test_peers_show_the_same_blob_for_a_head_a_thousand_times_weaker_and_ours_does_not() -> None:
    model, x = pooled(), images(1)
    with TorchCam(model, "features") as peer:
        before, ours = peer(1, model(x))[0], gradcam.heatmap(model, x, 1)
        with torch.no_grad():
            model.head[-1].weight.mul_(1e-3)
        torch.testing.assert_close(peer(1, model(x))[0], before, rtol=0, atol=1e-3)
    torch.testing.assert_close(gradcam.heatmap(model, x, 1), 1e-3 * ours)


# --- theorems


def test_behind_a_pooled_head_the_map_is_cam_over_area_and_adds_up_to_the_logit() -> None:
    model, x = pooled(), images(4)
    with torch.no_grad():
        A, logits, linear = model.features(x), model(x), model.head[-1]
        cam = torch.einsum("kc,nchw->nkhw", linear.weight, A)  # class activation map, Zhou et al. 2016
    ours = gradcam.heatmap(model, x, range(5))
    torch.testing.assert_close(ours, cam / 36, rtol=0, atol=1e-12)
    torch.testing.assert_close(ours.sum(dim=(2, 3)) + linear.bias, logits, rtol=0, atol=1e-10)


def test_behind_a_flat_head_the_map_does_not_add_up_to_the_logit() -> None:
    model, x = flat(), images(4)
    gap = gradcam.heatmap(model, x, range(5)).sum(dim=(2, 3)) + model.head[-1].bias - model(x)
    assert gap.abs().max() > 1e-2


def test_explanation_holds_every_step_of_the_derivation() -> None:
    model, x = flat(), images(2)
    found = gradcam.explain(model, x, [3, 0])
    torch.testing.assert_close(found.logits, model(x).detach())
    torch.testing.assert_close(found.scores, found.logits[:, [3, 0]])
    torch.testing.assert_close(found.maps, model.features(x).detach())
    torch.testing.assert_close(found.alpha, found.gradients.mean(dim=(-2, -1)))
    torch.testing.assert_close(found.heatmaps, torch.einsum("nkc,nchw->nkhw", found.alpha, found.maps))
    eps, (c, i, j) = 1e-6, (2, 1, 4)
    nudged = found.maps.clone()
    nudged[:, c, i, j] += eps
    slope = (model.head(nudged) - model.head(found.maps)).detach()[:, [3, 0]] / eps
    torch.testing.assert_close(found.gradients[:, :, c, i, j], slope, rtol=0, atol=1e-7)


def test_all_classes_at_once_equal_one_at_a_time() -> None:
    for model in (pooled(), flat()):
        for layer in ("features", "features.0"):
            together = gradcam.heatmap(model, images(3), range(5), layer)
            single = torch.cat([gradcam.heatmap(model, images(3), c, layer) for c in range(5)], dim=1)
            torch.testing.assert_close(together, single, rtol=0, atol=1e-12)


def test_heat_map_follows_a_shifted_image() -> None:
    convolution = nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular")
    model = randomised(
        Classifier(
            nn.Sequential(convolution, nn.ReLU()),
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)),
        )
    )
    x = images(1, 9, 1)
    shifted = gradcam.heatmap(model, x.roll((2, 3), (2, 3)), range(3))
    torch.testing.assert_close(
        shifted, gradcam.heatmap(model, x, range(3)).roll((2, 3), (2, 3)), rtol=0, atol=1e-12
    )


def test_one_logit_scores_class_one_with_z_and_class_zero_with_minus_z() -> None:
    class Squeezed(Classifier):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x).squeeze(1)

    model, x = pooled(1), images(3)
    both = gradcam.heatmap(model, x, [0, 1])
    torch.testing.assert_close(both[:, 0], -both[:, 1])
    torch.testing.assert_close(both[:, 1:], by_captum(model, x, range(1), "features"), rtol=0, atol=1e-12)
    torch.testing.assert_close(gradcam.heatmap(Squeezed(model.features, model.head), x, [0, 1]), both)
    torch.testing.assert_close(
        gradcam.explain(model, x, [0, 1]).scores, torch.cat([-model(x), model(x)], 1).detach()
    )


def test_classes_may_differ_between_images() -> None:
    model, x = flat(), images(3)
    everything = gradcam.heatmap(model, x, range(5))
    chosen = np.array([[0, 4], [2, 2], [1, 0]])
    for given in (chosen, torch.from_numpy(chosen), chosen.astype(np.uint8), chosen.tolist()):
        ours = gradcam.heatmap(model, x, given)
        torch.testing.assert_close(ours, everything[torch.arange(3)[:, None], torch.from_numpy(chosen)])
    assert (
        gradcam.heatmap(model, x, np.int64(2)).shape == gradcam.heatmap(model, x, [2]).shape == (3, 1, 6, 6)
    )


# --- the model is looked at, never touched


def test_nothing_of_the_model_changes() -> None:
    calls = []

    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.zeros(()))
            self.seen: list[int] = []

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            self.seen.append(len(x))
            self.latest = x
            return x

    model = pooled()
    model.features.append(Counting())
    model.train()
    model.features[1].eval()
    handle = model.features[0].register_forward_hook(lambda *_: calls.append(1))
    model.features[0].weight.register_hook(lambda gradient: calls.append(2))
    model.head[-1].weight.grad = torch.ones_like(model.head[-1].weight)
    before = {name: values.clone() for name, values in model.state_dict().items()}
    insides = {name: dict(module.__dict__) for name, module in model.named_modules()}
    flags = [module.training for module in model.modules()]
    for layer in (None, "features.0", "features.6", "head.0"):
        gradcam.heatmap(model, images(), [0, 1], layer)
    gradcam.layers(model, images())
    assert [module.training for module in model.modules()] == flags
    assert {name: dict(module.__dict__) for name, module in model.named_modules()} == insides
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())
    assert torch.equal(model.head[-1].weight.grad, torch.ones_like(model.head[-1].weight))
    assert all(p.grad is None for name, p in model.named_parameters() if name != "head.2.weight")
    assert calls == [] and model.features[6].seen == []
    handle.remove()


def test_a_model_in_training_mode_is_explained_as_in_evaluation_mode() -> None:
    model, x = pooled(), images()
    model.head.insert(2, nn.Dropout(0.5))
    expected = gradcam.heatmap(model.eval(), x, range(5))
    assert torch.equal(gradcam.heatmap(model.train(), x, range(5)), expected)


@pytest.mark.parametrize("threads", [4, 8])
def test_threads_on_one_shared_model_get_the_serial_maps(threads: int) -> None:
    model = flat()
    layers = ["features", "features.0", "features.4", "features.3"]
    jobs = [(images(1, seed=i), [i % 5, (i + 1) % 5], layers[i % 4]) for i in range(400)]
    serial = [gradcam.heatmap(model, *job) for job in jobs]
    threaded: list[torch.Tensor | None] = [None] * len(jobs)

    def work(start: int) -> None:
        for i in range(start, len(jobs), threads):
            threaded[i] = gradcam.heatmap(model, *jobs[i])

    workers = [threading.Thread(target=work, args=(start,)) for start in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(
        ours is not None and torch.equal(ours, truth) for ours, truth in zip(threaded, serial, strict=True)
    )


def test_others_may_hook_and_switch_the_model_meanwhile() -> None:
    model, x, stop = pooled(), images(), threading.Event()
    expected = gradcam.heatmap(model, x, range(5))

    def disturb() -> None:
        while not stop.is_set():
            handle = model.features[0].register_forward_hook(lambda module, inputs, output: output * 0)
            model.train()
            model.eval()
            handle.remove()

    stranger = threading.Thread(target=disturb)
    stranger.start()
    try:
        assert all(torch.equal(gradcam.heatmap(model, x, range(5)), expected) for _ in range(100))
    finally:
        stop.set()
        stranger.join()


# --- models of other people


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_callers_that_record_nothing_get_the_same_maps(mode: Callable) -> None:
    model, x = flat(), images()
    expected = gradcam.heatmap(model, x, range(5))
    with mode():
        assert torch.equal(gradcam.heatmap(model, x, range(5)), expected)
        assert torch.equal(gradcam.heatmap(flat(), images(), range(5)), expected)  # all made in here


def test_frozen_parameters_give_the_same_maps() -> None:
    model, x = flat(), images()
    expected = gradcam.heatmap(model, x, range(5), "features.0")
    torch.testing.assert_close(
        gradcam.heatmap(model.requires_grad_(False), x, range(5), "features.0"), expected
    )


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_heat_maps_come_in_the_models_dtype_whatever_the_images_are(dtype: torch.dtype) -> None:
    expected = gradcam.heatmap(pooled(), images(), range(5))
    model = pooled().to(dtype)
    readonly = images().numpy()
    readonly.setflags(write=False)
    for given in (readonly, readonly.astype(np.float32), images(), images().requires_grad_()):
        ours = gradcam.heatmap(model, given, range(5))
        assert ours.dtype == dtype and not ours.requires_grad
        atol = {torch.float64: 1e-6, torch.float32: 1e-5, torch.bfloat16: 0.05}[dtype]
        torch.testing.assert_close(ours.double(), expected, rtol=0, atol=atol)


def test_no_images_give_no_maps() -> None:
    assert gradcam.heatmap(pooled(), images(0), [0, 1]).shape == (0, 2, 6, 6)


def test_a_layer_run_twice_counts_the_last_time_as_captum_does() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(3, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(torch.relu(self.conv(torch.relu(self.conv(x)))).mean((2, 3)))

    model, x = randomised(Twice()), images()
    ours = gradcam.heatmap(model, x, range(4), "conv")
    torch.testing.assert_close(ours, by_captum(model, x, range(4), "conv"), rtol=0, atol=1e-12)


def test_a_module_under_two_names_is_found_by_both() -> None:
    model, x = pooled(), images()
    model.alias = model.features
    assert torch.equal(gradcam.heatmap(model, x, 1, "alias"), gradcam.heatmap(model, x, 1, "features"))


def test_layers_that_a_parent_reaches_into_can_be_looked_at() -> None:
    class Reaching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3))
            self.shortcuts = [self.body[0]]  # not registered a second time
            self.run_body = self.body.forward
            self.scale, self.head = self.body[2].weight.detach().norm(), nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.run_body(x) + self.body[2].weight.mean() + self.shortcuts[0](x)[:, :, 1:-1, 1:-1]
            return self.head(h.mean((2, 3)))

    model, x = randomised(Reaching()), images()
    for layer in ("body.1", "body.2"):
        ours = gradcam.heatmap(model, x, range(3), layer)
        torch.testing.assert_close(ours, by_captum(model, x, range(3), layer), rtol=0, atol=1e-12)
    assert gradcam.heatmap(model, x, 0, "body.0").abs().max() > 0


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")  # the old form is deprecated, and in use
def test_reparametrised_weights_are_the_ones_used() -> None:
    from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm

    for wrap in (
        weight_norm,
        spectral_norm,
        parametrizations.weight_norm,
        parametrizations.spectral_norm,
        lambda layer: prune.l1_unstructured(layer, "weight", 0.4),
    ):
        model, x = pooled(), images()
        wrap(model.features[4])
        wrap(model.head[2])
        with torch.no_grad():
            next(model.features[4].parameters()).mul_(
                1.5
            )  # a hook that does not run would leave a stale weight
        for layer in ("features", "features.3"):
            ours = gradcam.heatmap(model, x, range(5), layer)
            torch.testing.assert_close(ours, by_captum(model, x, range(5), layer), rtol=0, atol=1e-12)


def test_a_head_that_cannot_be_differentiated_for_all_classes_at_once_still_works() -> None:
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:
            return 2 * x

        @staticmethod
        def backward(ctx: object, gradient: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(2 * gradient.numpy())  # numpy knows no batched tensors

    class Head(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return Doubled.apply(super().forward(x.mean((2, 3))))

    model, x = randomised(Classifier(features(), Head(8, 5))), images()
    ours = gradcam.heatmap(model, x, range(5))
    torch.testing.assert_close(ours, by_captum(model, x, range(5), "features"), rtol=0, atol=1e-12)


def test_a_layer_without_influence_gives_zeros() -> None:
    class Aside(Classifier):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.head(self.features(x))
            return x.mean((2, 3))

    model = Aside(*pooled().children()).double()
    assert gradcam.heatmap(model, images(), range(3), "features").abs().max() == 0


# --- bad arguments


@pytest.mark.parametrize(
    ("classes", "layer", "sentence"),
    [
        (5, None, "0 to 4"),
        ([0, -1], None, "0 to 4"),
        (0.5, None, "whole numbers"),
        (True, None, "whole numbers"),
        ([], None, "at least one"),
        ([[0], [1], [2]], None, "do not fit 2 images"),
        (0, "featurs", "features"),
        (0, "features.99", "features.9|features.0|features"),
        (0, "", "no layer"),
        (0, 7, "no layer"),
        (0, "head", "'head' gives .2, 5., not maps"),
        (0, "head.1", "not maps"),
    ],
)
def test_bad_arguments_are_refused_with_a_sentence(classes: object, layer: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"(?s).*({sentence})"):
        gradcam.heatmap(pooled(), images(), classes, layer)  # type: ignore[arg-type]


def test_images_and_outputs_of_another_shape_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="shape"):
        gradcam.heatmap(pooled(), images()[0], 0)
    with pytest.raises(ValueError, match=r"classifier gives \(n, classes\)"):
        gradcam.heatmap(features().double(), images(), 0, "0")


def test_a_model_that_flattens_the_image_first_has_no_place_to_look_at() -> None:
    mlp = nn.Sequential(nn.Flatten(), nn.Linear(432, 4)).double()
    with pytest.raises(ValueError, match="no place to look at"):
        gradcam.heatmap(mlp, images(), 0)


def test_a_layer_that_is_never_run_is_refused_with_a_sentence() -> None:
    model = pooled()
    model.spare = nn.Conv2d(3, 3, 1).double()
    with pytest.raises(ValueError, match="is not run"):
        gradcam.heatmap(model, images(), 0, "spare")


def test_the_layers_of_a_model_come_in_the_order_in_which_they_finish() -> None:
    found = gradcam.layers(pooled(), images())
    assert list(found) == [f"features.{i}" for i in range(6)] + ["features"]
    assert found["features.0"] == (6, 12, 12) and found["features"] == (8, 6, 6)


def test_equality_tests_would_notice_a_missing_mean() -> None:
    """The control: the same comparison fails for a map made with summed instead of averaged gradients."""
    model, x = pooled(), images()
    found = gradcam.explain(model, x, range(5))
    wrong = torch.einsum("nkc,nchw->nkhw", found.gradients.sum(dim=(-2, -1)), found.maps)
    assert not torch.allclose(wrong, by_captum(model, x, range(5), "features"))
    assert (wrong - found.heatmaps).abs().max() > 1e-3


@pytest.mark.parametrize("outputs", [2, 5])
def test_the_closed_form_of_the_labs_pooled_networks_equals_autograd(outputs: int) -> None:
    recipe = Recipe(dataset="digits", width=4, depth=2, dropout=0.5)
    imageset = ImageSet(
        "some", np.zeros((5, 12, 12), np.uint8), np.arange(5) % outputs, ("a", "b", "c", "d", "e")[:outputs]
    )
    model, x = randomised(build(recipe, imageset)), images(3, 12, 1)
    known = gradcam.explain(model, x, None, "features")
    recorded = gradcam.explain(model, x, None, "features.1")  # the same maps under another name: by autograd
    for name in ("scores", "maps", "gradients", "alpha", "heatmaps"):
        torch.testing.assert_close(getattr(known, name), getattr(recorded, name), rtol=0, atol=1e-12)
    K = range(1) if outputs == 2 else range(outputs)
    torch.testing.assert_close(
        known.heatmaps[:, -len(K) :], by_captum(model, x, K, "features"), rtol=0, atol=1e-12
    )
    torch.nn.utils.parametrizations.weight_norm(model.head[-1])
    with torch.no_grad():
        model.head[-1].parametrizations.weight.original0.mul_(3)
    ours = gradcam.heatmap(model, x, 0 if outputs > 2 else 1)
    torch.testing.assert_close(ours, by_captum(model, x, range(1), "features"), rtol=0, atol=1e-12)


def test_maps_with_their_channels_last_are_refused_by_name() -> None:
    model = torchvision.models.get_model("swin_t", num_classes=3)
    x = torch.zeros(1, 3, 64, 64)
    for layer in ("features", "features.5", "features.7.1.mlp"):
        with pytest.raises(ValueError, match=f"Layer '{layer}' .* channels last.* is 'permute'"):
            gradcam.heatmap(model, x, 0, layer)
    assert "features.5" not in gradcam.layers(model, x)


def test_a_container_that_is_already_pooled_is_not_the_last_layer_with_maps() -> None:
    x = torch.zeros(1, 3, 64, 64)
    assert gradcam.last_layer(torchvision.models.squeezenet1_1(num_classes=3), x) == "classifier.2"
    backbone = nn.Sequential(*list(torchvision.models.resnet18().children())[:-1])
    assert gradcam.last_layer(nn.Sequential(backbone, nn.Flatten(), nn.Linear(512, 3)), x) == "0.7"


def test_a_part_that_is_reached_as_a_global_is_refused_and_not_touched() -> None:
    around = {"norm": nn.BatchNorm2d(2)}
    model = nn.Sequential(nn.Conv2d(1, 2, 3), around["norm"], nn.Flatten(), nn.Linear(32, 2))
    model[0].forward = eval("lambda x: norm(x[:, [0, 0]])", around)  # noqa: S307
    with pytest.raises(ValueError, match="uses the global 'norm'"):
        gradcam.heatmap(model, torch.ones(1, 1, 6, 6), 0)
    assert int(around["norm"].num_batches_tracked) == 0


@pytest.mark.parametrize("change", ["hook", "training", "forward"])
def test_a_lab_network_that_is_not_at_rest_is_looked_at_by_its_twin(change: str) -> None:
    network = build(Recipe(dataset="digits"), load("digits")).eval()
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    calm, heard = gradcam.heatmap(network, x, None, "features"), []
    assert is_at_rest(network)
    if change == "hook":
        network.features.register_forward_hook(lambda *_: heard.append(1))
    elif change == "training":
        network.features[0].train()
    else:
        network.features[0].forward = network.features[0].forward
    assert not is_at_rest(network)
    before = {name: values.clone() for name, values in network.state_dict().items()}
    torch.testing.assert_close(gradcam.heatmap(network, x, None, "features"), calm)
    assert heard == [] and all(torch.equal(before[name], v) for name, v in network.state_dict().items())


def test_the_short_way_is_taken_behind_a_head_that_averages_everything_and_behind_no_other() -> None:
    cells = load("cells")
    model = build(Recipe(), cells)
    assert gradcam._pooled_linear_head(model) is model.head[-1]
    assert gradcam._pooled_linear_head(build(Recipe(head="flatten"), cells)) is None
    model.head[0] = nn.AdaptiveAvgPool2d(2)
    assert gradcam._pooled_linear_head(model) is None
