"""A private twin of a model: its module tree laid out anew around the same parameters.

What is done to the twin (evaluation mode, another forward for one layer) no thread that uses the model itself
can see. Knows nothing of Grad-CAM.
"""

from types import MethodType
from typing import Any

import torch
from torch import nn

BARE = frozenset(nn.Module().__dict__)  # what every module has: registries, hooks, the training flag


class Twin:
    """The twin of a model and of each of its modules.

    The modules are new objects of the same classes, in evaluation mode, without the hooks that others may
    have put on the model. Parameters are the model's own; buffers are copies where a layer might count in
    them. A module that stands in several places has one twin.

    Attributes:
        model: the twin of the whole model.
    """

    def __init__(self, model: nn.Module) -> None:
        self._original = model
        self._twins: dict[int, nn.Module] = {}
        self.model = self._module(model)

    def __getitem__(self, name: str) -> nn.Module:
        """The twin of the module with this dotted name.

        Raises:
            KeyError: the model has no such module.
        """
        module = self._original
        for part in name.split("."):
            module = module._modules[part]  # type: ignore[assignment]
        return self._twins[id(module)]

    def _module(self, module: nn.Module) -> nn.Module:
        if id(module) in self._twins:
            return self._twins[id(module)]
        twin: nn.Module = object.__new__(type(module))
        self._twins[id(module)] = twin
        own = twin.__dict__
        own.update(module.__dict__)
        own["training"], own["_compiled_call_impl"] = False, None
        own["_backward_hooks"], own["_backward_pre_hooks"] = {}, {}
        own["_forward_hooks"], own["_forward_pre_hooks"] = {}, {}
        own["_modules"] = {k: None if m is None else self._module(m) for k, m in module._modules.items()}
        own["_parameters"] = {k: None if p is None else _ordinary(p) for k, p in module._parameters.items()}
        own["_buffers"] = {k: None if b is None else _ordinary(b) for k, b in module._buffers.items()}
        if not type(module).__module__.startswith("torch.nn."):
            # torch's own layers, once in evaluation mode, write nothing and hide no modules; others might.
            own["_buffers"] = {k: None if b is None else b.clone() for k, b in module._buffers.items()}
            own.update({name: self._moved(value) for name, value in own.items() if name not in BARE})
        if module._forward_pre_hooks:
            own["_forward_pre_hooks"] = {
                k: f for k, f in module._forward_pre_hooks.items() if _makes_weights(f)
            }
        return twin

    def _moved(self, value: Any) -> Any:
        """An attribute's value with every module in it replaced by its twin."""
        if isinstance(value, nn.Module):
            return self._module(value)
        if isinstance(value, dict):
            return {key: self._moved(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._moved(item) for item in value)
        if isinstance(value, MethodType) and isinstance(value.__self__, nn.Module):
            return MethodType(value.__func__, self._module(value.__self__))
        return value


def _ordinary(p: torch.Tensor) -> torch.Tensor:
    """The tensor itself, or a copy if it was made in inference mode: autograd refuses to save such."""
    return p.clone() if p.is_inference() else p


def _makes_weights(hook: Any) -> bool:
    """weight_norm, spectral_norm and pruning compute a layer's weight in a hook: without it there is none."""
    return type(hook).__module__.startswith("torch.nn.utils.")
