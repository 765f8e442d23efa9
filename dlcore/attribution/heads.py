"""What stands behind the maps: whether the head takes their mean and is linear; the same model, whispering."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from dlcore.classifiers.class_scores import as_rows
from dlcore.classifiers.map_layers import Images, as_input, last_layer
from dlcore.classifiers.twin import Twin
from dlcore.gradcam import module_named


class PooledHead(NamedTuple):
    """z = W mean(A) + b, with the maps A it was seen to act on.

    Attributes:
        maps: (n, c, rows, cols) A.
        weight: (K, c) W.
        bias: (K,) b; zeros where the layer has none.
    """

    maps: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor


class _Record:
    """Stands in for a layer's forward: runs it and keeps what went in first and what came out."""

    def __init__(self, forward: Callable[..., Any]) -> None:
        self.forward = forward
        self.came_in: Any = None
        self.went_out: Any = None

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        output = self.forward(*inputs, **named)
        self.came_in, self.went_out = inputs[0] if inputs else None, output
        # A ReLU that works in place must not change what was kept.
        return output.clone() if isinstance(output, torch.Tensor) else output


def pooled_head(model: nn.Module, images: Images, layer: str | None = None) -> PooledHead | None:
    """The linear head behind `layer` if it acts on nothing but the mean of its maps; None for other heads.

    It is not guessed from the model's class but seen on these images, in one forward pass: the input of the
    last linear layer is the mean of A over rows and columns, and its output are the logits.

    Raises:
        ValueError: no such layer.
    """
    x = as_input(model, images)
    name = last_layer(model, x) if layer is None else layer
    twin = Twin(model)
    watched = {"A": module_named(twin, model, name)}
    watched |= {each: twin[each] for each, module in model.named_modules() if type(module) is nn.Linear}
    records = {each: _Record(module.forward) for each, module in watched.items()}
    for each, module in watched.items():
        module.__dict__["forward"] = records[each]
    with torch.no_grad():
        logits = as_rows(twin.model(x), len(x))
    for module in watched.values():  # module and record refer to each other: unlinked, both go at once
        module.__dict__.pop("forward", None)
    A = records["A"].went_out
    if not isinstance(A, torch.Tensor) or A.ndim != 4:
        return None
    for each, record in records.items():
        if each != "A" and _is(record.went_out, logits) and _is(record.came_in, A.mean(dim=(2, 3))):
            linear = twin[each]
            assert isinstance(linear, nn.Linear)
            W = linear.weight.detach()
            b = W.new_zeros(len(W)) if linear.bias is None else linear.bias.detach()
            return PooledHead(A, W, b)
    return None


def _is(seen: Any, expected: torch.Tensor) -> bool:
    """Equal up to the rounding of a sum taken in another order."""
    if not isinstance(seen, torch.Tensor) or seen.shape != expected.shape:
        return False
    room = 100 * torch.finfo(expected.dtype).eps * max(1.0, float(expected.abs().max()))
    return bool((seen - expected).abs().max() <= room)


def whispering(model: nn.Module, factor: float = 1e-6) -> nn.Module:
    """A private copy whose last linear layer is multiplied by `factor`: it says the same, `factor` times as loud.

    Every logit, and with it every heat map, is multiplied by `factor`; the probabilities become nearly equal.

    Raises:
        ValueError: the model has no linear layer.
    """
    twin = copy.deepcopy(model)
    linear = [module for module in twin.modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError("This model has no linear layer that could be scaled.")
    with torch.no_grad():
        for values in linear[-1].parameters():
            values.mul_(factor)
    return twin
