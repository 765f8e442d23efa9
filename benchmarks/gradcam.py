"""Grad-CAM side by side with pytorch-grad-cam, torchcam and captum, and with the forward pass, which is its limit.

Equal maps first, then the times.

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
        ways: name -> the work, which returns maps (k, n, rows, cols); ours is named "ours".
        seen_as: name -> how ours looks after that peer's own scaling.
        forward: the prediction alone: no explanation can be faster.
    """

    name: str
    ways: dict[str, Way]
    seen_as: dict[str, Callable[[np.ndarray], np.ndarray]]
    forward: Callable[[], object]


def cases() -> list[Case]:
    """Small CNN and ResNet-18 with random weights; one class, all (small CNN) or ten classes; 64 images at once."""
    generator = torch.Generator().manual_seed(0)
    small = build(Recipe(dataset="digits"), load("digits")).eval()
    big = _random_resnet(generator)
    x_small = torch.randn(1, 1, 28, 28, generator=generator)
    x_big = torch.randn(1, 3, 224, 224, generator=generator)
    x_many = torch.randn(64, 1, 28, 28, generator=generator)
    models = {
        "small CNN": (small, x_small, "features"),
        "small CNN, 64 images": (small, x_many, "features"),
        "resnet18": (big, x_big, "layer4"),
    }
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
    with torch.inference_mode():
        K = model(x).shape[1]
    # Each peer gets a model of its own: their hooks would slow each other down.
    for_captum, for_grad_cam, for_torchcam = (copy.deepcopy(model) for _ in range(3))
    captum = LayerGradCam(for_captum, for_captum.get_submodule(layer))
    grad_cam = PytorchGradCam(for_grad_cam, [for_grad_cam.get_submodule(layer)])
    torch_cam = TorchCam(for_torchcam, layer)

    asked = None if len(classes) == K else classes

    def ours() -> np.ndarray:
        return gradcam.heatmap(model, x, asked, layer).transpose(0, 1).numpy()

    def by_captum() -> np.ndarray:
        return np.stack([captum.attribute(x, c).detach()[:, 0].numpy() for c in classes])

    def by_torchcam() -> np.ndarray:
        scores = for_torchcam(x)  # once for all classes, as its documentation does
        return np.stack([torch_cam(c, scores, retain_graph=c != classes[-1])[0].numpy() for c in classes])

    def by_grad_cam() -> np.ndarray:
        return np.stack([grad_cam(x, [ClassifierOutputTarget(c)] * len(x)) for c in classes])

    def stretched(maps: np.ndarray) -> np.ndarray:
        positive = np.maximum(maps, 0)
        low = positive.min(axis=(-2, -1), keepdims=True)
        return (positive - low) / ((positive - low).max(axis=(-2, -1), keepdims=True) + 1e-8)

    def stretched_twice(maps: np.ndarray) -> np.ndarray:
        size = (x.shape[-1], x.shape[-2])
        return np.stack([scale_cam_image(scale_cam_image(np.maximum(each, 0), size)) for each in maps])

    def forward() -> object:
        with torch.inference_mode():
            return model(x)

    ways = {"ours": ours, "captum": by_captum, "torchcam": by_torchcam, "pytorch-grad-cam": by_grad_cam}
    seen_as = {"captum": np.asarray, "torchcam": stretched, "pytorch-grad-cam": stretched_twice}
    return Case(name, ways, seen_as, forward)


def check(case: Case) -> None:
    """Raise AssertionError unless every peer gives our maps, up to its own scaling."""
    ours = case.ways["ours"]()
    for peer, seen in case.seen_as.items():
        np.testing.assert_allclose(case.ways[peer](), seen(ours), rtol=1e-3, atol=1e-4, err_msg=peer)


# What was aimed at, by case and peer; for one class, one level with the best peer.
FORWARD = "the forward pass alone"
GOALS = {
    ("small CNN, 10 classes", FORWARD): "≥ 0.77×",
    ("resnet18, 10 classes", FORWARD): "≥ 0.93×",
}


def results() -> list[Result]:
    """One line per case and peer, and one against the forward pass; equal maps are asserted first."""
    found = []
    for case in cases():
        check(case)
        taken = interleaved({**case.ways, FORWARD: case.forward}, rounds=24, warm_up=2)
        for peer in (*case.seen_as, FORWARD):
            level = "≥ 1×" if case.name.endswith(" 1 class") and peer != FORWARD else ""
            goal = GOALS.get((case.name, peer), level)
            found.append(Result(f"Grad-CAM, {case.name}", peer, taken["ours"], taken[peer], goal))
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(table(results()))
