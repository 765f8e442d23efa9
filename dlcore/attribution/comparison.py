"""One score of one of the lab's networks asked about in every way, and Grad-CAM's way laid open; as arrays."""

from collections.abc import Callable

import numpy as np
import torch

from dlcore import gradcam, models
from dlcore.attribution.heads import pooled_head, whispering
from dlcore.attribution.layer_maps import cam, gradcam_plus_plus, hirescam
from dlcore.attribution.pixel_maps import integrated_gradients, occlusion, smoothgrad
from dlcore.classifiers.asked import as_taken
from dlcore.classifiers.class_scores import Classes
from dlcore.heatmaps.heatmaps import Look
from dlcore.heatmaps.methods import METHODS, Derivation, MethodMap

STEPS, SAMPLES = 150, 50  # of integrated gradients, of SmoothGrad

Asked = Callable[[torch.nn.Module, torch.Tensor, Classes, str, float], torch.Tensor]


def window_of(size: int) -> tuple[int, int]:
    """Side and stride of occlusion's square for an image of this many pixels a side: a fifth, half overlapping."""
    window = max(2, round(size / 5))
    return window, window // 2


def _occlusion(model: torch.nn.Module, x: torch.Tensor, k: Classes, layer: str, x0: float) -> torch.Tensor:
    return occlusion(model, x, k, *window_of(min(x.shape[2:])), baseline=x0)


def _smoothgrad(model: torch.nn.Module, x: torch.Tensor, k: Classes, layer: str, x0: float) -> torch.Tensor:
    return smoothgrad(model, x, k, torch.Generator().manual_seed(0), samples=SAMPLES)


ASK: dict[str, Asked] = {
    "Grad-CAM": lambda model, x, k, layer, x0: gradcam.heatmap(model, x, k, layer),
    "CAM": lambda model, x, k, layer, x0: cam(model, x, k, layer),
    "HiResCAM": lambda model, x, k, layer, x0: hirescam(model, x, k, layer),
    "Grad-CAM++": lambda model, x, k, layer, x0: gradcam_plus_plus(model, x, k, layer),
    "Integrated gradients": lambda model, x, k, layer, x0: integrated_gradients(model, x, k, x0, STEPS),
    "SmoothGrad": _smoothgrad,
    "Occlusion": _occlusion,
}


def passes(name: str, size: tuple[int, int]) -> tuple[int, int]:
    """(forward, backward) passes that the method of this name takes for one image of this size and one class."""
    window, stride = window_of(min(size))
    squares = [-(-max(length - window, 0) // stride) + 1 for length in size]
    return {
        "CAM": (1, 0),
        "Integrated gradients": (STEPS, STEPS),
        "SmoothGrad": (SAMPLES, SAMPLES),
        "Occlusion": (squares[0] * squares[1] + 1, 0),
    }.get(name, (1, 1))


def compare(
    model: torch.nn.Module,
    image: np.ndarray,
    k: int,
    layer: str,
    x0: float = 0.0,
    preprocess: models.Preprocess | None = None,
) -> tuple[MethodMap, ...]:
    """What every method of `dlcore.heatmaps.methods.METHODS` says about the score of class k, in their order.

    Args:
        image: uint8 (h, w) or (h, w, 3), of the size the network was trained on.
        x0: the empty image of integrated gradients and occlusion, in the network's input units: for the lab's from −1
            (black) over 0 (grey) to 1 (white).
        preprocess: how a network that is not the lab's takes images: from uint8 (n, h, w[, c]) to its own input.

    Raises:
        dlcore.data.BadInput: a network that is not the lab's, and nobody says how it takes images.
    """
    x = as_taken(model, image[None], preprocess)
    answers = []
    for method in METHODS:
        refusal, heatmap = "", None
        try:
            heatmap = ASK[method.name](model, x, k, layer, x0)[0, 0].numpy()
        except ValueError as error:
            refusal = str(error)
        answers.append(MethodMap(method, heatmap, refusal, passes(method.name, image.shape[:2])))
    return tuple(answers)


def derivation(
    model: torch.nn.Module,
    image: np.ndarray,
    k: int,
    layer: str,
    preprocess: models.Preprocess | None = None,
) -> Derivation:
    """Every step from the scores of this image to the Grad-CAM map of class k; arguments as of `compare`."""
    x = as_taken(model, image[None], preprocess)
    found = gradcam.explain(model, x, None, layer)
    head = pooled_head(model, x, layer)
    bias = None
    if head is not None:
        bias = float(head.bias[k]) if len(head.bias) > 1 else float(head.bias[0]) * (1 if k else -1)
    return Derivation(
        k,
        found.scores[0].numpy(),
        models.probabilities(found.logits)[0].numpy(),
        found.maps[0].numpy(),
        found.gradients[0, k].numpy(),
        found.alpha[0, k].numpy(),
        bias,
    )


def whispered(
    model: torch.nn.Module,
    image: np.ndarray,
    layer: str,
    factor: float = 1e-6,
    preprocess: models.Preprocess | None = None,
) -> Look:
    """What the same network answers when its last layer is scaled by `factor`, on a private copy."""
    return gradcam.look(whispering(model, factor), image, layer, preprocess)
