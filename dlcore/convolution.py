"""A trained network opened: layers, filters, feature maps; no hooks, nothing touched. Needs torch."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dlcore.models import preprocess
from dlcore.receptive import Field, LayerMaps
from dlcore.sliding import Geometry

POINTWISE = Geometry(k=1)


def layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """(name, layer) of model.features in the order of computation.

    A Sequential runs its children in order, so the modules without children, in order, are the network.
    """
    for name, module in model.features.named_modules(prefix="features"):  # type: ignore[union-attr]
        if not list(module.children()):
            yield name, module


def geometry_of(layer: nn.Module) -> Geometry:
    """How a layer's window moves; a layer that treats every cell alone has size 1."""
    if isinstance(layer, nn.Conv2d):
        return Geometry(layer.kernel_size[0], layer.stride[0], int(layer.padding[0]), layer.dilation[0])
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
        return Geometry(*(_side(v) for v in (layer.kernel_size, layer.stride, layer.padding)))
    return POINTWISE


def _side(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else value[0]


def title_of(layer: nn.Module) -> str:
    """A layer in words."""
    if isinstance(layer, nn.Conv2d):
        k = layer.kernel_size[0]
        return f"{k}×{k} convolution {layer.in_channels} → {layer.out_channels}"
    if isinstance(layer, nn.MaxPool2d):
        return f"max pooling {_side(layer.kernel_size)}×{_side(layer.kernel_size)}"
    return {"BatchNorm2d": "batch normalisation"}.get(type(layer).__name__, type(layer).__name__)


def feature_maps(model: nn.Module, image: NDArray[np.uint8]) -> tuple[LayerMaps, ...]:
    """What every layer of model.features makes of one image, each with its shape, parameters and field.

    Args:
        model: in evaluation mode; it is only read.
        image: uint8 (rows, cols) or (rows, cols, 3).
    """
    h, field = preprocess(image[None]), Field()  # (1, channels, rows, cols)
    found = []
    with torch.inference_mode():
        for name, layer in layers(model):
            # a ReLU in place would overwrite the map before it, which we keep
            h = torch.relu(h) if isinstance(layer, nn.ReLU) else layer(h)
            field = field.after(geometry_of(layer))
            parameters = sum(w.numel() for w in layer.parameters())
            maps = h[0].contiguous().numpy()
            found.append(LayerMaps(name, title_of(layer), maps, parameters, field))
    return tuple(found)


def filters(model: nn.Module, name: str) -> NDArray[np.float32] | None:
    """(out, in, k, k) weights of the layer of this name; None if it is no convolution."""
    layer = dict(layers(model)).get(name)
    return layer.weight.detach().contiguous().numpy().copy() if isinstance(layer, nn.Conv2d) else None


def first_filters(model: nn.Module) -> NDArray[np.float64]:
    """(n, k, k) filters of the first convolution, summed over the input channels.

    On a grey picture, whose channels are equal, that sum is the filter: Σ_c w_c ∗ x = (Σ_c w_c) ∗ x.
    """
    layer = next(layer for _, layer in layers(model) if isinstance(layer, nn.Conv2d))
    return layer.weight.detach().double().sum(dim=1).numpy()


def sensitivity(
    model: nn.Module, image: NDArray[np.uint8], name: str, channel: int, cell: tuple[int, int]
) -> NDArray[np.float32]:
    """(rows, cols) |∂ a_cell / ∂ x|, summed over the colours: which pixels this cell answers to, here.

    It is zero outside the receptive field, and inside wherever a ReLU or a maximum lets nothing through.
    """
    x = preprocess(image[None]).requires_grad_()
    h = x
    for at, layer in layers(model):
        h = torch.relu(h) if isinstance(layer, nn.ReLU) else layer(h)
        if at == name:
            break
    (gradient,) = torch.autograd.grad(h[0, channel, cell[0], cell[1]], x)
    return gradient[0].abs().sum(dim=0).numpy()
