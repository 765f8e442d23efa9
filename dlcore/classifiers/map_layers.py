"""Which layers of a model give maps (n, channels, rows, cols), found by running it once on one image."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import nn

from dlcore.arguments import BadInput
from dlcore.classifiers.channels_last import Order
from dlcore.classifiers.twin import Twin

Images = torch.Tensor | np.ndarray
HANDING_ON = (nn.Dropout, nn.Dropout2d, nn.Identity, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
NEEDS_A_RECORD = "cannot register a hook on a tensor"  # torch, where a model hooks its own tensors


def layers(model: nn.Module, images: Images) -> dict[str, tuple[int, int, int]]:
    """The layers that give maps, in the order in which they finish: dotted name -> (channels, rows, cols).

    Left out are layers whose maps have their channels last (dlcore.classifiers.channels_last), those that see no
    space any more (their input has one cell), dropout, identity and adaptive pooling, which only hand maps on or
    sum them up for the head.

    >>> from torch.nn import Conv2d, Flatten, Linear, ReLU, Sequential
    >>> net = Sequential(Conv2d(1, 4, 3), ReLU(), Flatten(), Linear(4 * 6 * 6, 3))
    >>> layers(net, torch.zeros(1, 1, 8, 8))
    {'0': (4, 6, 6), '1': (4, 6, 6)}

    Args:
        images: (n, c, h, w); only the first is run.
    """
    finished = _finished(model, as_input(model, images)[:1])
    return {name: (maps.shape[1], maps.shape[2], maps.shape[3]) for name, (maps, _) in finished.items()}


def means(model: nn.Module, images: Images) -> dict[str, torch.Tensor]:
    """The mean over positions of every map of `layers`: dotted name -> (n, channels). What the network makes of an
    image, wherever in the image it stands.

    >>> from torch.nn import Conv2d, Flatten, Linear, ReLU, Sequential
    >>> net = Sequential(Conv2d(1, 4, 3), ReLU(), Flatten(), Linear(4 * 6 * 6, 3))
    >>> {name: h.shape for name, h in means(net, torch.zeros(2, 1, 8, 8)).items()}
    {'0': torch.Size([2, 4]), '1': torch.Size([2, 4])}

    Args:
        images: (n, c, h, w); all are run at once.
    """
    return {name: h.detach() for name, (_, h) in _finished(model, as_input(model, images)).items()}


Finished = dict[str, tuple[torch.Tensor, torch.Tensor]]  # name -> maps, and their means over positions


def _finished(model: nn.Module, x: torch.Tensor) -> Finished:
    with torch.no_grad():
        try:
            return _watched(model, x)
        except RuntimeError as error:
            if NEEDS_A_RECORD not in str(error):
                raise
    with torch.enable_grad():
        return _watched(model, x.clone().requires_grad_())


def _watched(model: nn.Module, x: torch.Tensor) -> Finished:
    twin = Twin(model)
    finished: Finished = {}
    for name, module in model.named_modules():
        if name and not isinstance(module, HANDING_ON):
            twin[name].__dict__["forward"] = _Watch(twin[name].forward, name, finished)
    with Order() as order:
        twin.model(x)
    return {name: found for name, found in finished.items() if not order.is_channels_last(found[0])}


def last_layer(model: nn.Module, images: Images) -> str:
    """Where Grad-CAM looks unless told otherwise: at `features` of a model made of features and head, else at
    the last of `layers` whose maps have more than one cell.

    >>> from torch.nn import Conv2d, Flatten, Linear, ReLU, Sequential
    >>> net = Sequential(Conv2d(1, 4, 3), ReLU(), Flatten(), Linear(4 * 6 * 6, 3))
    >>> last_layer(net, torch.zeros(1, 1, 8, 8))
    '1'

    Raises:
        ValueError: the model has no layer with maps, like an MLP.
    """
    if model._modules.keys() == {"features", "head"}:
        return "features"
    found = layers(model, images)
    names = [name for name, (_, rows, cols) in found.items() if rows * cols > 1] or list(found)
    if not names:
        raise ValueError(
            "No layer of this model gives maps (n, channels, rows, cols): it has no place to look at."
        )
    return names[-1]


class _Watch:
    """Stands in for a layer's forward: runs it and notes its maps, and their means before they are written over."""

    def __init__(self, forward: Callable[..., Any], name: str, finished: Finished) -> None:
        self.forward, self.name, self.finished = forward, name, finished

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        output = self.forward(*inputs, **named)
        sees_space = any(isinstance(h, torch.Tensor) and h.shape[2:].numel() > 1 for h in inputs)
        if sees_space and isinstance(output, torch.Tensor) and output.ndim == 4:
            self.finished.pop(self.name, None)  # run again: it finishes later
            self.finished[self.name] = output, output.mean(dim=(2, 3))
        return output


def as_input(model: nn.Module, images: Images) -> torch.Tensor:
    """(n, c, h, w) in the model's dtype and on its device.

    Raises:
        BadInput: another shape, or pictures that nobody has scaled.
    """
    x = images if isinstance(images, torch.Tensor) else torch.from_numpy(np.array(images))
    if x.ndim != 4:
        raise BadInput(f"Images have the shape (n, channels, rows, columns), not {tuple(x.shape)}.")
    if not x.is_floating_point():
        raise BadInput(
            f"These images are whole numbers ({str(x.dtype).removeprefix('torch.')}); a network takes them scaled, "
            "as floats: dlcore.models.preprocess(images) for the lab's, your own preprocess(images) for yours."
        )
    x = x.clone() if x.is_inference() else x.detach()
    for values in chain(model.parameters(), model.buffers()):
        if values.is_floating_point():
            return x.to(values.device, values.dtype)
    return x if x.is_floating_point() else x.float()
