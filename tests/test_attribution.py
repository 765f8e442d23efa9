"""Seven ways to explain a score: identities, captum, torchcam and pytorch-grad-cam, threads, controls that fail."""

import copy
import importlib
import inspect
import threading
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchvision
from test_gradcam import flat, images, pooled, randomised
from torch import nn

from dlcore import gradcam
from dlcore.attribution import comparison, many_images
from dlcore.attribution.heads import pooled_head, whispering
from dlcore.attribution.layer_maps import cam, gradcam_plus_plus, hirescam
from dlcore.attribution.pixel_maps import integrated_gradients, occlusion, smoothgrad
from dlcore.classifiers.asked import as_taken
from dlcore.data import ImageSet
from dlcore.heatmaps.methods import METHODS, Derivation, stretched
from dlcore.models import build
from dlcore.runs import Recipe

with warnings.catch_warnings():
    # The peers and what they import still use names that torch and others have deprecated; not ours to mend.
    warnings.simplefilter("ignore")
    from captum.attr import IntegratedGradients, NoiseTunnel, Occlusion, Saliency
    from pytorch_grad_cam import GradCAMPlusPlus as PeerPlusPlus
    from pytorch_grad_cam import HiResCAM as PeerHiRes
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
    from torchcam import methods as torchcam

pytestmark = pytest.mark.filterwarnings("ignore:.*backward hook.*:UserWarning")
CLASSES = range(5)


def linear_flat() -> nn.Module:
    """Behind the maps one linear layer over all their cells: the lab's flatten head."""
    model = flat()
    model.head = nn.Sequential(nn.Flatten(), nn.Linear(8 * 6 * 6, 5))
    return randomised(model)


def random_resnet() -> nn.Module:
    with torch.device("meta"):
        model = torchvision.models.resnet18(weights=None, num_classes=5)
    return randomised(model.to_empty(device="cpu"))


def small_network(head: str = "pooled", outputs: int = 5) -> nn.Module:
    recipe = Recipe(dataset="digits", width=4, depth=2, head=head)
    names = ("a", "b", "c", "d", "e")[:outputs]
    some = ImageSet("some", np.zeros((5, 12, 12), np.uint8), np.arange(5) % outputs, names)
    model = randomised(build(recipe, some)).float()
    return model


# --- identities


@pytest.mark.parametrize("make", [pooled, random_resnet])
def test_behind_a_pooled_head_three_maps_are_one_and_their_sum_is_the_score(make: Callable) -> None:
    model, x = make(), images(2, 64 if make is random_resnet else 12)
    layer = "layer4" if make is random_resnet else "features"
    found = gradcam.explain(model, x, CLASSES, layer)
    L, cells = found.heatmaps, found.heatmaps[0, 0].numel()
    torch.testing.assert_close(hirescam(model, x, CLASSES, layer), L, rtol=0, atol=1e-10)
    torch.testing.assert_close(cam(model, x, CLASSES, layer) / cells, L, rtol=0, atol=1e-10)
    head = pooled_head(model, x, layer)
    assert head is not None
    torch.testing.assert_close(L.sum(dim=(2, 3)) + head.bias, found.scores, rtol=0, atol=1e-10)


def test_behind_a_flat_linear_head_only_hirescam_is_complete() -> None:
    model, x = linear_flat(), images(2)
    scores = gradcam.explain(model, x, CLASSES).scores - model.head[-1].bias.detach()
    torch.testing.assert_close(hirescam(model, x, CLASSES).sum(dim=(2, 3)), scores, rtol=0, atol=1e-10)
    grad_cam = gradcam.heatmap(model, x, CLASSES).sum(dim=(2, 3))
    assert (grad_cam - scores).abs().max() > 0.05  # the control: averaging the gradient loses the identity
    deeper = hirescam(flat(), x, CLASSES).sum(dim=(2, 3))
    assert (deeper - gradcam.explain(flat(), x, CLASSES).scores).abs().max() > 0.05  # and so does a ReLU


def test_cam_is_refused_where_the_head_is_another_one() -> None:
    for model, layer in ((linear_flat(), "features"), (pooled(), "features.0"), (flat(), "features")):
        assert pooled_head(model, images(), layer) is None
        with pytest.raises(ValueError, match=r"exists only where the head takes the mean"):
            cam(model, images(), 0, layer)
    with pytest.raises(ValueError, match="no layer 'featurs'"):
        cam(pooled(), images(), 0, "featurs")


def test_one_logit_speaks_for_class_one_and_against_class_zero() -> None:
    model, x = pooled(1), images(2)
    for method in (cam, hirescam, integrated_gradients):
        both = method(model, x, [0, 1])
        torch.testing.assert_close(both[:, 0], -both[:, 1], rtol=0, atol=1e-12)
    both = occlusion(model, x, [0, 1], 4, 2)
    torch.testing.assert_close(both[:, 0], -both[:, 1], rtol=0, atol=1e-12)


def test_integrated_gradients_sum_to_the_change_of_the_score() -> None:
    """A smooth gradient: the error of the midpoints falls like 1 / steps², and one of them is not the integral."""
    smooth = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(400, 5))
    model, x = randomised(smooth), images(2)
    for x0 in (0.0, -1.0):
        with torch.no_grad():
            change = model(x) - model(torch.full_like(x, x0))
        error = {
            steps: (integrated_gradients(model, x, CLASSES, x0, steps).sum(dim=(2, 3)) - change).abs().max()
            for steps in (1, 100, 200)
        }
        assert error[1] > 1e-2 and error[200] < 1e-4
        assert float(error[100] / error[200]) == pytest.approx(4, rel=0.05)


# --- peers


@pytest.mark.parametrize("make", [pooled, flat, random_resnet])
def test_pixel_methods_equal_captum(make: Callable) -> None:
    model = make()
    x, private = images(1, 32) if make is random_resnet else images(2), copy.deepcopy(model)
    for x0, k in ((0.0, 1), (-0.7, 3))[: 1 if make is random_resnet else 2]:
        theirs = IntegratedGradients(private).attribute(x, x0, k, n_steps=8, method="riemann_middle")
        theirs = theirs.sum(dim=1)
        ours = integrated_gradients(model, x, k, x0, 8)[:, 0]
        room = 1e-8 * max(1.0, float(theirs.abs().max()))  # captum keeps its weights in single precision
        torch.testing.assert_close(ours, theirs, rtol=0, atol=room)
        side, step = (16, 9) if make is random_resnet else (5, 3)
        peer = Occlusion(private)
        theirs = peer.attribute(x, (3, side, side), (3, step, step), x0, k)[:, 0].double()
        room = 1e-5 * max(1.0, float(theirs.abs().max()))  # captum answers in single precision
        torch.testing.assert_close(occlusion(model, x, k, side, step, x0)[:, 0], theirs, rtol=0, atol=room)
        assert (
            occlusion(model, x, k, side, step - 1, x0)[:, 0] - theirs
        ).abs().max() > 10 * room  # the control


def test_smoothgrad_averages_what_captum_averages() -> None:
    model, x = flat().float(), images(1).float()  # captum draws in single precision
    sigma = 0.15 * float(x.max() - x.min())
    torch.manual_seed(3)  # captum draws from the global generator
    tunnel = NoiseTunnel(Saliency(copy.deepcopy(model)))
    theirs = tunnel.attribute(x, nt_samples=40, nt_samples_batch_size=1, stdevs=sigma, target=2, abs=False)
    ours = smoothgrad(model, x, 2, torch.Generator().manual_seed(3), samples=40)
    torch.testing.assert_close(ours[:, 0], theirs.abs().sum(dim=1), rtol=0, atol=1e-6)
    other = smoothgrad(model, x, 2, torch.Generator().manual_seed(4), samples=40)
    assert (other - ours).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("make", "layer"), [(pooled, "features"), (flat, "features"), (random_resnet, "layer4")]
)
def test_layer_methods_equal_pytorch_grad_cam(make: Callable, layer: str) -> None:
    model, x = make(), images(1, 32 if make is random_resnet else 12)
    private = copy.deepcopy(model)
    module = private.get_submodule(layer)
    for k in range(3):
        target = [ClassifierOutputTarget(k)]
        with PeerHiRes(private, [module]) as peer:
            peer.forward(x, target)
            A, g = (
                values[0]
                for values in (peer.activations_and_grads.activations, peer.activations_and_grads.gradients)
            )
            A, g = A.numpy(), g.numpy()
            theirs = peer.get_cam_image(x, module, target, A, g, False)
        np.testing.assert_allclose(hirescam(model, x, k, layer)[:, 0], theirs, rtol=0, atol=1e-12)
        with PeerPlusPlus(private, [module]) as peer:
            weights = peer.get_cam_weights(x, [module], target, A, g)
        theirs = (weights[:, :, None, None] * A).sum(axis=1)
        ours = gradcam_plus_plus(model, x, k, layer)[:, 0].numpy()
        # The peer adds 1e-6 to a denominator of the size of g².
        room = 1e-6 / np.square(g[g != 0]).min()
        assert np.abs(ours - theirs).max() <= room * np.abs(theirs).max() + 1e-12
        assert np.abs(gradcam.heatmap(model, x, k, layer)[:, 0].numpy() - theirs).max() > 1e-3  # the control


def test_cam_equals_torchcam() -> None:
    model, x = pooled(), images(1)
    with torchcam.CAM(copy.deepcopy(model), "features", "head.2") as peer:
        peer.model(x)
        theirs = peer([2], normalized=False)[0][0]
    torch.testing.assert_close(cam(model, x, 2)[0, 0].clamp(min=0), theirs.clamp(min=0), rtol=0, atol=1e-12)


# --- shared models, odd callers


def every_way(model: nn.Module, x: torch.Tensor, k: int) -> list[torch.Tensor]:
    return [
        cam(model, x, k),
        hirescam(model, x, k),
        gradcam_plus_plus(model, x, k),
        integrated_gradients(model, x, k, 0.0, 1),
        smoothgrad(model, x, k, torch.Generator().manual_seed(k), samples=1),
        occlusion(model, x, k, 12, 12),
    ]


def test_threads_on_one_shared_model_get_the_serial_maps() -> None:
    model = pooled()
    jobs = [(images(1, seed=i), i % 5) for i in range(200)]
    serial = [every_way(model, *job) for job in jobs]
    threaded: list[list[torch.Tensor] | None] = [None] * len(jobs)

    def work(start: int) -> None:
        for i in range(start, len(jobs), 4):
            threaded[i] = every_way(model, *jobs[i])

    workers = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for ours, truth in zip(threaded, serial, strict=True):
        assert ours is not None and all(map(torch.equal, ours, truth))


def test_nothing_of_the_model_changes_and_no_hook_fires() -> None:
    model, x, fired = pooled().train(), images(), []
    model.features[0].register_forward_hook(lambda *_: fired.append(1))
    before = {name: values.clone() for name, values in model.state_dict().items()}
    insides = {name: dict(module.__dict__) for name, module in model.named_modules()}
    expected = every_way(pooled(), x, 1)
    assert all(map(torch.equal, every_way(model, x, 1), expected))
    whispering(model)
    assert {name: dict(module.__dict__) for name, module in model.named_modules()} == insides
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters()) and not fired and model.training


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_callers_that_record_nothing_get_the_same_maps(mode: Callable) -> None:
    expected = every_way(pooled(), images(), 1)
    with mode():
        assert all(map(torch.equal, every_way(pooled(), images(), 1), expected))


def test_a_classifier_without_maps_can_be_asked_at_its_pixels() -> None:
    x = images(2)
    mlp = randomised(nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(432, 4)))
    weights = mlp[2].weight.detach()[1].reshape(3, 12, 12)
    expected = (x.clamp(min=0) * weights).sum(dim=1)
    torch.testing.assert_close(integrated_gradients(mlp, x, 1)[:, 0], expected, rtol=0, atol=1e-10)
    with pytest.raises(ValueError, match="never covered"):
        occlusion(mlp, x, 1, 2, 3)


# --- the comparison and the derivation, as arrays


CALLS: list[int] = []  # of this module: what a model holds itself is copied before it is asked


def counting(model: nn.Module) -> nn.Module:
    first = model.features[0][0]
    forward = first.forward
    first.forward = lambda x: (CALLS.append(1), forward(x))[1]
    return model


@pytest.mark.parametrize("size", [(12, 12), (12, 20), (20, 12)])
def test_as_many_forward_passes_are_taken_as_are_stated(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    model = counting(small_network())
    x = torch.zeros(1, 1, *size)
    for answer in comparison.compare(small_network(), image, 1, "features.1"):
        CALLS.clear()
        comparison.ASK[answer.method.name](model, x, 1, "features.1", 0.0)
        assert len(CALLS) == answer.passes[0], answer.method.name


def test_a_method_looks_where_it_says_it_does_and_has_the_sign_that_it_says() -> None:
    torch.manual_seed(0)
    maps = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh())  # of both signs
    model = nn.Sequential(*maps, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    x = torch.randn(3, 1, 12, 12)
    for method in METHODS:
        module, _, name = method.code.partition(":")
        takes = inspect.signature(getattr(importlib.import_module(module), name)).parameters
        assert ("layer" in takes) == method.at_layer, method.name
        least = min(float(comparison.ASK[method.name](model, x, k, "1", 0.0).min()) for k in range(2))
        assert (least < 0) == method.signed, method.name


@pytest.mark.parametrize(("head", "outputs"), [("pooled", 5), ("flatten", 5), ("pooled", 2)])
def test_every_method_answers_or_says_why_not(head: str, outputs: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)
    answers = comparison.compare(small_network(head, outputs), image, 1, "features.1")
    assert [answer.method for answer in answers] == list(METHODS)
    for answer in answers:
        if answer.method.name == "CAM" and head == "flatten":
            assert answer.heatmap is None and "exists only" in answer.refusal
        else:
            assert answer.heatmap is not None and np.isfinite(answer.heatmap).all() and np.any(answer.heatmap)
            assert answer.heatmap.shape == ((6, 6) if answer.method.at_layer else (12, 12))
            assert answer.method.signed or answer.heatmap.min() >= 0


@pytest.mark.parametrize(("head", "outputs", "k"), [("pooled", 5, 3), ("flatten", 5, 0), ("pooled", 2, 0)])
def test_the_derivation_ends_at_the_heat_map_and_where_it_can_at_the_score(
    head: str, outputs: int, k: int
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)
    model = small_network(head, outputs)
    found = comparison.derivation(model, image, k, "features.1")
    look = gradcam.look(model, image, "features.1")
    np.testing.assert_allclose(found.heatmap, look.heatmaps[k], rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.partial(len(found.alpha)), found.heatmap, rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.gradients.mean(axis=(1, 2)), found.alpha, rtol=0, atol=1e-5)
    shares = np.abs(found.terms.sum(axis=(1, 2)))[found.order]
    assert (np.diff(shares) <= 0).all()
    assert (found.bias is None) == (head == "flatten")
    if found.bias is not None:
        assert found.heatmap.sum() + found.bias == pytest.approx(found.scores[k], abs=1e-4)


def test_a_whispering_head_gives_the_same_picture_once_it_is_stretched() -> None:
    image = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)
    model = small_network()
    loud, faint = gradcam.look(model, image), comparison.whispered(model, image, "features")
    np.testing.assert_allclose(faint.heatmaps, 1e-6 * loud.heatmaps, rtol=0, atol=1e-12)
    np.testing.assert_allclose(faint.probabilities, 1 / 5, atol=1e-4)
    assert np.abs(loud.probabilities - 1 / 5).max() > 0.05
    for of_loud, of_faint in zip(loud.heatmaps, faint.heatmaps, strict=True):
        np.testing.assert_allclose(stretched(of_faint), stretched(of_loud), atol=1e-4)
    with pytest.raises(ValueError, match="no linear layer"):
        whispering(nn.Sequential(nn.Conv2d(1, 1, 1)))


def test_stretching_has_nothing_to_stretch_in_a_map_below_zero() -> None:
    assert not stretched(-np.ones((3, 3))).any() and not stretched(np.zeros((3, 3))).any()
    assert stretched(np.array([[1e-9, 3e-9]], np.float32)).tolist() == [[0.0, 1.0]]
    assert isinstance(METHODS[0].formula, str) and Derivation.__doc__


def test_a_derivation_behind_two_logits_names_the_bias_of_its_own_class() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)
    ).eval()
    image = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)
    for k in range(2):
        found = comparison.derivation(model, image, k, "1", lambda x: x[:, None].float() / 255)
        assert found.bias == pytest.approx(model[4].bias[k].item())


def test_a_square_is_a_fifth_of_a_side_and_never_less_than_two_pixels() -> None:
    assert [comparison.window_of(side) for side in (3, 8, 28, 224)] == [(2, 1), (2, 1), (6, 3), (45, 22)]


def test_unless_told_otherwise_an_image_begins_as_an_empty_one() -> None:
    model = small_network()
    image = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)
    x = as_taken(model, image[None], None)
    expected = integrated_gradients(model, x, 1, 0.0, comparison.STEPS)[0, 0].numpy()
    (told,) = (
        one for one in comparison.compare(model, image, 1, "features.1") if "Integrated" in one.method.name
    )
    many = many_images.maps_of(model, image[None], np.array([1]), "features.1", "Integrated gradients")
    assert told.heatmap is not None
    np.testing.assert_allclose(told.heatmap, expected, atol=1e-6)
    np.testing.assert_allclose(many[0], expected, atol=1e-6)
