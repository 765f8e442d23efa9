"""A trained network opened: layers, filters, feature maps; no hooks, nothing touched. Needs torch."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dlcore.convolution.receptive_field import Field, LayerMaps
from dlcore.convolution.sliding import Geometry
from dlcore.models import preprocess

POINTWISE = Geometry(k=1)


def leaf_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
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
    return {"BatchNorm2d": "batch normalization"}.get(type(layer).__name__, type(layer).__name__)


def feature_maps(model: nn.Module, image: NDArray[np.uint8]) -> tuple[LayerMaps, ...]:
    """What every layer of model.features makes of one image, each with its shape, parameters and field.

    Args:
        model: in evaluation mode; it is only read.
        image: uint8 (rows, cols) or (rows, cols, 3).
    """
    h, field = preprocess(image[None]), Field()  # (1, channels, rows, cols)
    found = []
    with torch.inference_mode():
        for name, layer in leaf_layers(model):
            # a ReLU in place would overwrite the map before it, which we keep
            h = torch.relu(h) if isinstance(layer, nn.ReLU) else layer(h)
            field = field.after(geometry_of(layer))
            parameters = sum(w.numel() for w in layer.parameters())
            maps = h[0].contiguous().numpy()
            found.append(LayerMaps(name, title_of(layer), maps, parameters, field))
    return tuple(found)


def filters(model: nn.Module, name: str) -> NDArray[np.float32] | None:
    """(out, in, k, k) weights of the layer of this name; None if it is no convolution."""
    layer = dict(leaf_layers(model)).get(name)
    return layer.weight.detach().contiguous().numpy().copy() if isinstance(layer, nn.Conv2d) else None


def first_filters(model: nn.Module) -> NDArray[np.float64]:
    """(n, k, k) filters of the first convolution, summed over the input channels.

    On a grey picture, whose channels are equal, that sum is the filter: Σ_c w_c ∗ x = (Σ_c w_c) ∗ x.
    """
    layer = next(layer for _, layer in leaf_layers(model) if isinstance(layer, nn.Conv2d))
    return layer.weight.detach().double().sum(dim=1).numpy()


def sensitivity(
    model: nn.Module, image: NDArray[np.uint8], name: str, channel: int, cell: tuple[int, int]
) -> NDArray[np.float32]:
    """(rows, cols) |∂ a_cell / ∂ x|, summed over the colours: which pixels this cell answers to, here.

    It is zero outside the receptive field, and inside wherever a ReLU or a maximum lets nothing through.
    """
    x = preprocess(image[None]).requires_grad_()
    h = x
    for at, layer in leaf_layers(model):
        h = torch.relu(h) if isinstance(layer, nn.ReLU) else layer(h)
        if at == name:
            break
    (gradient,) = torch.autograd.grad(h[0, channel, cell[0], cell[1]], x)
    return gradient[0].abs().sum(dim=0).numpy()


CHANNELS = 24  # of a layer, spread evenly over all, whose patterns are looked for


def patterns(model: nn.Module, images: NDArray[np.uint8]) -> Iterator[tuple[str, int, NDArray[np.float32]]]:
    """(name, side of the field, ∂a/∂x) of every block: for each channel the pattern at its highest cell.

    Of all images and cells the one with the highest value a is taken; ∂a/∂x (colours, rows, cols) is then the
    change of that image that raises a fastest. All channels of a block in one backward pass.

    Args:
        model: in evaluation mode; it is only read.
        images: uint8 (n, rows, cols) or (n, rows, cols, 3).
    """
    x = preprocess(images)
    fields = dict(_fields(model))
    blocks = list(model.features.named_children())  # type: ignore[union-attr]
    for depth, (name, _) in enumerate(blocks):
        part = [block for _, block in blocks[: depth + 1]]
        with torch.inference_mode():
            a = _through(part, x)  # (n, channels, rows, cols)
        channels = torch.linspace(0, a.shape[1] - 1, min(CHANNELS, a.shape[1])).round().long()
        best = a.transpose(0, 1)[channels].flatten(1).argmax(dim=1)  # image and cell in one number
        image, cell = best // a[0, 0].numel(), best % a[0, 0].numel()
        seen = x[image].clone().requires_grad_()
        values = _through(part, seen).flatten(2)[torch.arange(len(channels)), channels, cell]
        (gradient,) = torch.autograd.grad(values.sum(), seen)
        yield f"features.{name}", fields[f"features.{name}"], gradient.contiguous().numpy()


def _through(blocks: list[nn.Module], h: torch.Tensor) -> torch.Tensor:
    for block in blocks:
        h = block(h)
    return h


def _fields(model: nn.Module) -> Iterator[tuple[str, int]]:
    """(name of a block, side of the receptive field behind it)."""
    field = Field()
    for name, layer in leaf_layers(model):
        field = field.after(geometry_of(layer))
        yield ".".join(name.split(".")[:2]), field.size  # the block's last layer has the last word
