"""Which tensors (n, rows, cols, channels) have their channels last: known by what is computed of them.

A layer norm or a linear map over the last axis takes channels last; a permutation says which axis goes where. What is
added, gated or dropped keeps the order. Only the thread that looks is looked at.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

OVER_THE_LAST = (functional.layer_norm, functional.linear)
KEEPING = (
    functional.gelu,
    functional.relu,
    functional.silu,
    functional.dropout,
    torch.add,
    torch.mul,
    torch.Tensor.add,
    torch.Tensor.mul,
    torch.Tensor.__add__,
    torch.Tensor.__mul__,
    torch.Tensor.add_,
    torch.Tensor.mul_,
    torch.Tensor.__iadd__,
    torch.Tensor.__imul__,
    torch.Tensor.contiguous,
)
TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def may_be_channels_last(model: nn.Module) -> bool:
    """Whether any layer of a model works on the last axis, so that it is worth watching."""
    return any(isinstance(each, nn.LayerNorm) or type(each).__name__ == "Permute" for each in model.modules())


class Order(TorchFunctionMode):
    """While it is entered, remembers the tensors that had their channels last."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[int, torch.Tensor] = {}

    def is_channels_last(self, tensor: torch.Tensor) -> bool:
        """Whether this very tensor has been seen to have its channels last."""
        return id(tensor) in self._last

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        tensors = [value for value in args if isinstance(value, torch.Tensor)]
        if func in OVER_THE_LAST:
            self._mark(tensors[0], output)
        elif func in (torch.permute, torch.Tensor.permute):
            axes = tuple(args[1]) if isinstance(args[1], Sequence) else tuple(args[1:])
            if len(axes) == 4:
                axes = tuple(axis % 4 for axis in axes)
                self._mark(*([tensors[0]] if axes == TO_FIRST else [output] if axes == TO_LAST else []))
        elif func in KEEPING and any(self.is_channels_last(each) for each in tensors):
            self._mark(output, *tensors)
        return output

    def _mark(self, *tensors: torch.Tensor) -> None:
        self._last.update({id(each): each for each in tensors if each.ndim == 4})
