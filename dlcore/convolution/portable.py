"""A trained network as a browser takes it: its layers in order of computation, and all weights as one array."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dlcore.convolution.network_opened import title_of

MOST_BYTES = 1_500_000  # of weights that are sent to a browser


@dataclass(frozen=True, eq=False)
class Portable:
    """A network without torch.

    Attributes:
        layers: a mapping a layer: name, kind ("conv", "pool", "norm", "relu", "mean", "flatten", "linear"), title;
            of one that learns the sizes `n` (in) and `m` (out), and `at`, where its numbers begin in `weights`:
            of a convolution w (m, n, 3, 3); of a normalization γ, β, running mean and variance (m each), and
            `eps`; of a linear layer W (m, n) and b (m).
        weights: float32, all numbers one after the other.
    """

    layers: tuple[dict[str, Any], ...]
    weights: NDArray[np.float32]

    @property
    def is_small(self) -> bool:
        """Whether a browser is sent it."""
        return self.weights.nbytes <= MOST_BYTES

    @property
    def text(self) -> str:
        """Its weights as they are sent."""
        return text_of(self.weights)


def text_of(values: NDArray[np.float32]) -> str:
    """Floats as a browser is sent them: five signs each, in the order of the array (base 85 of RFC 1924).

    >>> text_of(np.array([0, 1], np.float32))
    '00000KY#!L'
    """
    return base64.b85encode(values.astype(">f4").tobytes()).decode()


def portable(model: nn.Module) -> Portable:
    """One of the lab's networks (dlcore.models), taken apart; Dropout, which does nothing when asked, is left out.

    Args:
        model: `features` then `head`, each a Sequential; it is only read.

    Raises:
        ValueError: a layer that the lab's networks do not have.
    """
    layers, arrays, at = [], [], 0
    for name, module in _in_order(model):
        kind = _kind(module)
        if kind is None:
            continue
        layer: dict[str, Any] = {"name": name, "kind": kind, "title": title_of(module)}
        numbers = [values.detach().contiguous().numpy().ravel() for values in _numbers(module)]
        if numbers:
            layer |= _sizes(module) | {"at": at}
        layers.append(layer)
        arrays += numbers
        at += sum(values.size for values in numbers)
    return Portable(tuple(layers), np.concatenate(arrays).astype(np.float32))


def _in_order(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for part in ("features", "head"):
        for name, module in model.get_submodule(part).named_modules(prefix=part):
            if not list(module.children()):
                yield name, module


def _kind(module: nn.Module) -> str | None:
    """What a browser calls this layer; None for one that passes its input on.

    Raises:
        ValueError: the lab's networks have no such layer.
    """
    kinds = {
        nn.Conv2d: "conv",
        nn.MaxPool2d: "pool",
        nn.BatchNorm2d: "norm",
        nn.ReLU: "relu",
        nn.AdaptiveAvgPool2d: "mean",
        nn.Flatten: "flatten",
        nn.Linear: "linear",
    }
    kind = kinds.get(type(module))
    if kind is None and type(module).__name__ not in ("Dropout", "Identity"):
        raise ValueError(f"The lab's networks have no {type(module).__name__}.")
    if isinstance(module, nn.Conv2d):
        window = (module.kernel_size, module.stride, module.padding, module.dilation, module.bias)
        if window != ((3, 3), (1, 1), (1, 1), (1, 1), None):
            raise ValueError("The lab's convolutions are 3 × 3, with padding 1 and without a bias.")
    return kind


def _numbers(module: nn.Module) -> list[torch.Tensor]:
    match module:
        case nn.Conv2d():
            return [module.weight]
        case nn.BatchNorm2d():
            assert module.running_mean is not None and module.running_var is not None
            return [module.weight, module.bias, module.running_mean, module.running_var]
        case nn.Linear():
            return [module.weight, module.bias]
    return []


def _sizes(module: nn.Module) -> dict[str, float]:
    match module:
        case nn.Conv2d():
            return {"n": module.in_channels, "m": module.out_channels}
        case nn.Linear():
            return {"n": module.in_features, "m": module.out_features}
        case nn.BatchNorm2d():
            return {"n": module.num_features, "m": module.num_features, "eps": module.eps}
    return {}
