"""Grad-CAM side by side with pytorch-grad-cam, torchcam and captum: equal maps first, then the times.

python -m benchmarks.gradcam
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import LayerGradCam
from pytorch_grad_cam import GradCAM as PytorchGradCam
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from torchcam.methods import GradCAM as TorchCam
from torchvision.models import resnet18

from benchmarks.harness import Result, interleaved, table
from dlcore import gradcam
from dlcore.data import load
from dlcore.models import build, initialise
from dlcore.runs import Recipe

Way = Callable[[], np.ndarray]


@dataclass(frozen=True)
class Case:
    """One piece of work done in several ways.

    Attributes:
        ways: name -> the work, which returns maps (k, rows, cols); ours is named "ours".
        seen_as: name -> how ours looks after that peer's own scaling.
    """

    name: str
    ways: dict[str, Way]
    seen_as: dict[str, Callable[[np.ndarray], np.ndarray]]


def cases() -> list[Case]:
    """Small CNN and ResNet-18 with random weights; one class, and all (small CNN) or ten classes."""
    generator = torch.Generator().manual_seed(0)
    small = build(Recipe(dataset="digits"), load("digits")).eval()
    big = _random_resnet(generator)
    x_small = torch.randn(1, 1, 28, 28, generator=generator)
    x_big = torch.randn(1, 3, 224, 224, generator=generator)
    models = {"small CNN": (small, x_small, "features"), "resnet18": (big, x_big, "layer4")}
    return [
        _case(f"{name}, {k} class{'es' if k > 1 else ''}", model, x, layer, list(range(k)))
        for name, (model, x, layer) in models.items()
        for k in (1, 10)
    ]


def _random_resnet(generator: torch.Generator) -> nn.Module:
    with torch.device("meta"):
        model = resnet18(weights=None)
    model = model.to_empty(device="cpu").eval()
    initialise(model, generator)
    return model


def _case(name: str, model: nn.Module, x: torch.Tensor, layer: str, classes: list[int]) -> Case:
    # Each peer gets a model of its own: their hooks would slow each other down.
    for_captum, for_grad_cam, for_torchcam = (copy.deepcopy(model) for _ in range(3))
    captum = LayerGradCam(for_captum, for_captum.get_submodule(layer))
    grad_cam = PytorchGradCam(for_grad_cam, [for_grad_cam.get_submodule(layer)])
    torch_cam = TorchCam(for_torchcam, layer)

    def ours() -> np.ndarray:
        return gradcam.heatmap(model, x, classes, layer)[0].numpy()

    def by_captum() -> np.ndarray:
        return np.stack([captum.attribute(x, c).detach()[0, 0].numpy() for c in classes])

    def by_torchcam() -> np.ndarray:
        scores = for_torchcam(x)  # once for all classes, as its documentation does
        return np.stack([torch_cam(c, scores, retain_graph=c != classes[-1])[0][0].numpy() for c in classes])

    def by_grad_cam() -> np.ndarray:
        return np.stack([grad_cam(x, [ClassifierOutputTarget(c)])[0] for c in classes])

    def stretched(maps: np.ndarray) -> np.ndarray:
        positive = np.maximum(maps, 0)
        low = positive.min(axis=(1, 2), keepdims=True)
        return (positive - low) / ((positive - low).max(axis=(1, 2), keepdims=True) + 1e-8)

    def stretched_twice(maps: np.ndarray) -> np.ndarray:
        return scale_cam_image(scale_cam_image(np.maximum(maps, 0), (x.shape[-1], x.shape[-2])))

    ways = {"ours": ours, "captum": by_captum, "torchcam": by_torchcam, "pytorch-grad-cam": by_grad_cam}
    seen_as = {"captum": np.asarray, "torchcam": stretched, "pytorch-grad-cam": stretched_twice}
    return Case(name, ways, seen_as)


def check(case: Case) -> None:
    """Raise AssertionError unless every peer gives our maps, up to its own scaling."""
    ours = case.ways["ours"]()
    for peer, seen in case.seen_as.items():
        np.testing.assert_allclose(case.ways[peer](), seen(ours), rtol=1e-3, atol=1e-4, err_msg=peer)


# What was aimed at, by case and peer.
GOALS = {
    ("small CNN, 10 classes", "pytorch-grad-cam"): "≥ 15×",
    ("small CNN, 10 classes", "torchcam"): "≥ 3×",
    ("resnet18, 10 classes", "pytorch-grad-cam"): "≥ 28×",
    ("resnet18, 10 classes", "torchcam"): "≥ 10×",
}


def results() -> list[Result]:
    """One line per case and peer; equal maps are asserted first."""
    found = []
    for case in cases():
        check(case)
        taken = interleaved(case.ways, rounds=24, warm_up=2)
        for peer in case.seen_as:
            goal = GOALS.get(
                (case.name, peer), "≥ 1.2× the best peer" if case.name.endswith("1 class") else ""
            )
            found.append(Result(f"Grad-CAM, {case.name}", peer, taken["ours"], taken[peer], goal))
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(table(results()))
