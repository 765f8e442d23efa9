"""Grad-CAM of any class at any layer of any image classifier: the model is looked at, never touched.

A model that many threads share must not be given hooks or switched to evaluation mode. So each call lays out
a private twin of it (dlcore.classifiers.twin) and replaces one layer's forward there. Everything up to that
layer runs unrecorded; from its maps A on, autograd records what it needs for ∂ score / ∂ A, and nothing more. (Of the
lab's own networks with a pooled linear head the derivative is known, W / area, and nothing is recorded.)

(Tracing with torch.fx would give the same graph, but it patches nn.Module.__call__ for the whole process
while it traces: other threads' forward passes end up in the trace or fail.)
"""

import contextlib
import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from dlcore import models
from dlcore.classifiers import class_scores
from dlcore.classifiers.asked import as_taken
from dlcore.classifiers.channels_last import Order, may_be_channels_last
from dlcore.classifiers.class_scores import Classes, as_rows, class_numbers, selection
from dlcore.classifiers.map_layers import NEEDS_A_RECORD, Images, as_input, last_layer, layers
from dlcore.classifiers.twin import Twin, is_at_rest
from dlcore.heatmaps.heatmaps import Look, Scores, score, smooth, upsample
from dlcore.shown import Shown

__all__ = [
    "Explanation",
    "Look",
    "Scores",
    "explain",
    "heatmap",
    "last_layer",
    "layers",
    "look",
    "looks",
    "score",
    "smooth",
    "upsample",
]


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Shown):
    """Everything between images and heat maps, from one forward pass. Detached, in the model's dtype.

    >>> net = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4, 3))
    >>> found = explain(net, torch.ones(2, 1, 2, 2), classes=[0, 2], layer="0")
    >>> found.maps.shape, found.heatmaps.shape
    (torch.Size([2, 1, 2, 2]), torch.Size([2, 2, 2, 2]))

    Attributes:
        layer: dotted name of the layer looked at.
        logits: (n, K) what the model says, before softmax; (n, 1) where it has one logit.
        classes: (n, k) the classes asked for, per image.
        maps: (n, c, rows, cols) A, the layer's feature maps.
        gradients: (n, k, c, rows, cols) ∂y / ∂A.
        alpha: (n, k, c) mean of the gradients over rows and columns, the weight of each map.
        heatmaps: (n, k, rows, cols) Σ_c alpha_c A_c, signed, in logit units.
    """

    layer: str
    logits: torch.Tensor
    classes: np.ndarray
    maps: torch.Tensor
    gradients: torch.Tensor
    alpha: torch.Tensor
    heatmaps: torch.Tensor

    @property
    def scores(self) -> torch.Tensor:
        """(n, k) y, the score of each class asked for: its logit; −z for class 0 of a one-logit model."""
        return (selection(self.classes, self.logits) * self.logits).sum(dim=-1).T


def heatmap(model: nn.Module, images: Images, classes: Classes, layer: str | None = None) -> torch.Tensor:
    """The Grad-CAM heat maps (n, k, rows, cols), at the layer's own size, signed, in logit units.

        alpha_c = 1/(rows·cols) Σ_ij ∂y / ∂A_cij,    L = Σ_c alpha_c A_c

    where A (n, c, rows, cols) are the maps that `layer` gives and y is the score of a class: its logit,
    before softmax. For a model with one logit z, class 1 has the score z and class 0 has −z. Selvaraju et al.
    2017 (arXiv:1610.02391) draw max(L, 0); here nothing is clipped, stretched or enlarged. A layer that the
    score does not depend on gives zeros. Of a layer that is run several times in one forward pass (a shared
    ReLU), the last time counts. Hooks that others have put on the model do not fire.

    >>> from torch.nn import Flatten, Linear, ReLU, Sequential
    >>> net = Sequential(ReLU(), Flatten(), Linear(4, 1))
    >>> net[2].weight.data = torch.tensor([[1.0, 2.0, 3.0, 6.0]])  # alpha = (1 + 2 + 3 + 6) / 4
    >>> heatmap(net, np.array([[[[1.0, 0.0], [0.0, 2.0]]]]), classes=1, layer="0").tolist()
    [[[[3.0, 0.0], [0.0, 6.0]]]]

    Args:
        model: any classifier from (n, c, h, w) to logits (n, K), (n, 1) or (n,); run as after .eval().
        images: (n, c, h, w), array or tensor; cast to the model's dtype and device.
        classes: one class, k classes for all images, or integers (n, k); None: every class. One class of its own for
            each image, as labels y (n,) hold it, is k = 1: y[:, None]. (captum and others read (n,) that way.)
        layer: dotted name as in model.named_modules(); None: the last one that gives maps (see `layers`).

    Raises:
        ValueError: no such layer, one that gives no maps, a class that does not exist, images or an output of
            another shape.
    """
    return explain(model, images, classes, layer).heatmaps


def explain(model: nn.Module, images: Images, classes: Classes, layer: str | None = None) -> Explanation:
    """The heat maps with all that leads to them: logits, scores, maps, gradients, weights; see `heatmap`.

    >>> net = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4, 3))
    >>> found = explain(net, torch.ones(1, 1, 2, 2), classes=None, layer="0")
    >>> bool(torch.allclose(found.alpha[0, :, 0], net[2].weight.mean(dim=1))), found.classes.tolist()
    (True, [[0, 1, 2]])
    """
    # A caller's no_grad or inference_mode ends here: the part behind the layer has to be recorded.
    with torch.inference_mode(False), torch.enable_grad():
        x = as_input(model, images)
        name = last_layer(model, x) if layer is None else layer
        linear = _pooled_linear_head(model) if name == "features" else None
        logits, A = _run_from(model, x, name) if linear is None else _run_pooled(model, x)
        chosen = class_numbers(classes, len(x), logits.shape[1])
        if linear is None:
            gradients = class_scores.gradients(logits, selection(chosen, logits), A)
            alpha = gradients.mean(dim=(-2, -1))  # (n, k, c)
        else:
            alpha = _alpha_pooled(linear, chosen, A)
            gradients = alpha[..., None, None].expand(*alpha.shape, *A.shape[2:])
    A = A.detach()
    heatmaps = (alpha @ A.flatten(2)).unflatten(-1, A.shape[2:])  # Σ_c alpha_c A_c
    return Explanation(name, logits.detach(), chosen, A, gradients, alpha, heatmaps)


def look(
    model: nn.Module,
    image: np.ndarray,
    layer: str | None = None,
    preprocess: models.Preprocess | None = None,
) -> Look:
    """What a network answers to one image and why, for every class, as arrays.

    >>> from torch.nn import Conv2d, Flatten, Linear, Sequential
    >>> net = Sequential(Conv2d(1, 4, 3), Flatten(), Linear(4 * 6 * 6, 3))
    >>> one = look(net, dlcore.load("digits").images[0], preprocess=lambda x: x[:, None] / 255)
    >>> one.layer, one.heatmaps.shape, round(float(one.probabilities.sum()), 6)
    ('0', (3, 6, 6), 1.0)

    Args:
        image: uint8 (h, w) or (h, w, 3), of the size the network was trained on.
        preprocess: how a network that is not the lab's takes images: from uint8 (n, h, w[, c]) to its own input.

    Raises:
        dlcore.data.BadInput: a network that is not the lab's, and nobody says how it takes images.
    """
    return looks(model, image[None], layer, preprocess)[0]


def looks(
    model: nn.Module,
    images: np.ndarray,
    layer: str | None = None,
    preprocess: models.Preprocess | None = None,
) -> tuple[Look, ...]:
    """`look` of n images at once: one forward pass and one backward pass for all of them.

    >>> from torch.nn import Conv2d, Flatten, Linear, Sequential
    >>> net = Sequential(Conv2d(1, 4, 3), Flatten(), Linear(4 * 6 * 6, 3))
    >>> len(looks(net, dlcore.load("digits").images[:5], preprocess=lambda x: x[:, None] / 255))
    5

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3).
    """
    found = explain(model, as_taken(model, images, preprocess), None, layer)
    p = models.probabilities(found.logits)
    arrays = [values.cpu().numpy() for values in (found.scores, p, found.maps, found.alpha, found.heatmaps)]
    return tuple(Look(found.layer, *(values[n] for values in arrays)) for n in range(len(images)))


class _Tap:
    """Stands in for a layer's forward in `explain`: runs it unrecorded, keeps its maps, hands on a copy."""

    def __init__(self, forward: Callable[..., Any], name: str, records: bool) -> None:
        self.forward, self.name, self.records = forward, name, records
        self.maps: torch.Tensor | None = None
        self.seen: tuple[torch.Tensor, ...] = ()  # the maps as the layer gave them, and as they went on

    def __call__(self, *inputs: Any, **named: Any) -> torch.Tensor:
        with torch.set_grad_enabled(self.records):
            output = self.forward(*inputs, **named)
        if not isinstance(output, torch.Tensor) or output.ndim != 4:
            shape = tuple(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
            raise ValueError(f"Layer {self.name!r} gives {shape}, not maps (n, channels, rows, cols).")
        self.maps = output.detach().requires_grad_()
        handed_on = self.maps.clone()
        self.seen = (output, handed_on)
        return handed_on  # a ReLU that works in place must not change what was kept


def _run_from(model: nn.Module, x: torch.Tensor, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (n, K) and the layer's maps (n, c, rows, cols), from which on autograd has recorded."""
    try:
        return _run_tapped(model, x, name, records=False)
    except RuntimeError as error:
        if NEEDS_A_RECORD not in str(error):
            raise
    return _run_tapped(model, x.clone().requires_grad_(), name, records=True)


def _run_tapped(
    model: nn.Module, x: torch.Tensor, name: str, records: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """The same; `records`: also before the layer, for models that hook their own tensors."""
    twin = Twin(model)
    layer = module_named(twin, model, name)
    tap = _Tap(layer.forward, name, records)
    layer.__dict__["forward"] = tap
    with Order() if may_be_channels_last(model) else contextlib.nullcontext() as order:
        logits = twin.model(x)
    del layer.__dict__["forward"]  # layer and tap refer to each other: unlinked, both go at once
    if tap.maps is None:
        raise ValueError(f"Layer {name!r} is not run when the model predicts, so it has no maps.")
    if order is not None and any(order.is_channels_last(each) for each in tap.seen):
        raise ValueError(
            f"Layer {name!r} gives maps {tuple(tap.maps.shape)} with the channels last; Grad-CAM takes "
            f"(n, channels, rows, cols). The last layer with its channels first is {last_layer(model, x)!r}."
        )
    return as_rows(logits, len(x)), tap.maps


def module_named(twin: Twin, model: nn.Module, name: str) -> nn.Module:
    """The twin of the model's layer with this dotted name.

    Raises:
        ValueError: no such layer; the message names those that are close.
    """
    try:
        return twin[name]
    except (KeyError, AttributeError):
        known = [each for each, _ in model.named_modules()]
        close = difflib.get_close_matches(str(name), known, cutoff=0.3)
        raise ValueError(f"There is no layer {name!r}; close to it: {', '.join(close) or 'none'}.") from None


def _pooled_linear_head(model: nn.Module) -> nn.Linear | None:
    """The last layer of one of the lab's networks that takes the mean over positions, then is linear."""
    if type(model) is not models.Network:
        return None
    head = list(model.head)
    pool, linear = head[0], head[-1]
    is_plain = (
        isinstance(pool, nn.AdaptiveAvgPool2d)
        and pool.output_size == 1
        and type(head[1]) is nn.Flatten
        and all(isinstance(layer, models.Dropout) for layer in head[2:-1])
    )
    if not is_plain or not isinstance(linear, nn.Linear) or type(linear) is not nn.Linear:
        return None
    return None if linear._forward_pre_hooks else linear  # a hook may compute other weights


def _run_pooled(model: nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (n, K) and maps (n, c, rows, cols), nothing recorded."""
    asked: Any = model if is_at_rest(model) else Twin(model).model
    with torch.no_grad():
        A = asked.features(x)
        return asked.head(A), A


def _alpha_pooled(linear: nn.Linear, chosen: np.ndarray, A: torch.Tensor) -> torch.Tensor:
    """Weights (n, k, c) without autograd: z = W mean(A) + b, so ∂z_k / ∂A_cij = W_kc / (rows · cols) everywhere."""
    W = linear.weight.detach()
    classes = torch.from_numpy(chosen).to(W.device)
    if len(W) == 1:  # one logit: class 1 has the score z, class 0 −z
        return (2 * classes - 1)[..., None] * W[0] / A[0, 0].numel()
    return W[classes] / A[0, 0].numel()
