"""A private twin of a model: its module tree laid out anew around the same parameters.

What is done to the twin (evaluation mode, another forward for one layer) no thread that uses the model itself
can see. Knows nothing of Grad-CAM.
"""

import copy
import functools
from collections import deque
from types import CellType, FunctionType, MethodType
from typing import Any

import torch
from torch import nn

from dlcore.arguments import BadInput
from dlcore.classifiers.closed import refuse_closed

BARE = frozenset(nn.Module().__dict__)  # what every module has: registries, hooks, the training flag
OWN_LAYERS = ("torch.nn.modules.", "dlcore.models")
PLAIN = (int, float, str, bytes, type(None), torch.Tensor, torch.dtype, torch.device)  # no module is in these


def is_at_rest(model: nn.Module) -> bool:
    """Whether a forward pass of the model itself changes nothing and tells nobody, so that it needs no twin.

    It is in evaluation mode, and of every module the class is torch's own (the lab's dropout counts as such), the
    forward that of its class, and there are no hooks.

    >>> is_at_rest(nn.Sequential(nn.ReLU()).eval()), is_at_rest(nn.Sequential(nn.ReLU()))
    (True, False)
    """
    kept = model.__dict__
    if kept["training"] or "forward" in kept or not type(model).__module__.startswith(OWN_LAYERS):
        return False
    if kept["_forward_hooks"] or kept["_forward_pre_hooks"]:
        return False
    if kept["_backward_hooks"] or kept["_backward_pre_hooks"]:
        return False
    return all(each is None or is_at_rest(each) for each in kept["_modules"].values())


class Twin:
    """The twin of a model and of each of its modules.

    The modules are new objects of the same classes, in evaluation mode, without the hooks that others may
    have put on the model. Parameters are the model's own; buffers are copies where a layer might count in
    them. A module that stands in several places has one twin. So has one that is reached by another way than the
    module tree: in containers, bound methods, partials, what a function encloses, attributes of other objects. Of a
    model that torch.compile has wrapped the twin is of the model inside, not compiled.

    Attributes:
        model: the twin of the whole model.

    Raises:
        BadInput: no layers can be looked at (scripted, exported, quantized), or a module is reached as a global.
    """

    def __init__(self, model: nn.Module) -> None:
        self._original = model
        self._twins: dict[int, nn.Module] = {}
        self._moved_before: dict[
            int, tuple[Any, Any]
        ] = {}  # what was moved is kept, so that its id stays its own
        self._own = {id(module) for module in model.modules()}
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
        refuse_closed(module)
        if isinstance(module, torch._dynamo.OptimizedModule):
            self._twins[id(module)] = self._module(module._orig_mod)
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
        own["_buffers"] = {k: _ordinary(b) for k, b in module._buffers.items()}
        if not type(module).__module__.startswith("torch.nn."):
            # torch's own layers, once in evaluation mode, write nothing; others might.
            own["_buffers"] = {
                k: b.clone() if isinstance(b, torch.Tensor) else b for k, b in module._buffers.items()
            }
        own.update({name: self._moved(value) for name, value in own.items() if name not in BARE})
        if module._forward_pre_hooks:
            own["_forward_pre_hooks"] = {
                k: f for k, f in module._forward_pre_hooks.items() if _makes_weights(f)
            }
        return twin

    def _moved(self, value: Any) -> Any:
        """A value with every module that it leads to replaced by its twin; itself, if it leads to none."""
        if isinstance(value, (*PLAIN, type)):
            return value
        if isinstance(value, nn.Module):
            return self._module(value)
        if id(value) not in self._moved_before:
            self._moved_before[id(value)] = (value, value)  # what leads to itself ends here
            self._moved_before[id(value)] = (value, self._moved_anew(value))
        return self._moved_before[id(value)][1]

    def _moved_anew(self, value: Any) -> Any:
        if isinstance(value, dict):
            twin = copy.copy(value)  # a defaultdict stays one
            for key, item in value.items():
                twin[key] = self._moved(item)
            return twin
        if isinstance(value, (list, tuple, set, frozenset, deque)):
            items = [self._moved(item) for item in value]
            if all(new is old for new, old in zip(items, value, strict=True)) and isinstance(
                value, (tuple, frozenset)
            ):
                return value
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        if isinstance(value, MethodType):
            return MethodType(value.__func__, self._moved(value.__self__))
        if isinstance(value, functools.partial):
            function, arguments = self._moved(value.func), self._moved(value.args)
            return functools.partial(function, *arguments, **self._moved(value.keywords))
        if isinstance(value, FunctionType):
            return self._moved_function(value)
        return self._moved_object(value)

    def _moved_function(self, function: FunctionType) -> Any:
        """The function around the twins of what it encloses, has as defaults or wraps.

        Raises:
            BadInput: it uses one of this model's modules as a global.
        """
        for name in function.__code__.co_names:
            found = function.__globals__.get(name)
            if id(getattr(found, "__self__", found)) in self._own:
                raise BadInput(
                    f"The function {function.__name__!r} inside this model uses the global {name!r}, a part of "
                    "the model. So it cannot be looked at without being touched; hand the part over instead."
                )
        cells = function.__closure__ or ()
        enclosed = [self._moved(cell.cell_contents) if _is_filled(cell) else None for cell in cells]
        defaults, named = self._moved(function.__defaults__), self._moved(function.__kwdefaults__ or {})
        same = all(
            not _is_filled(cell) or cell.cell_contents is new
            for cell, new in zip(cells, enclosed, strict=True)
        )
        if same and defaults is function.__defaults__ and not named and not function.__dict__:
            return function
        around = tuple(
            CellType(new) if _is_filled(cell) else cell for cell, new in zip(cells, enclosed, strict=True)
        )
        twin = FunctionType(
            function.__code__, function.__globals__, function.__name__, defaults, around or None
        )
        twin.__kwdefaults__ = named or None
        twin.__dict__.update(self._moved(function.__dict__))
        return twin

    def _moved_object(self, value: Any) -> Any:
        """Another object of the same class if an attribute of it leads to a module."""
        attributes = getattr(value, "__dict__", None)
        if not isinstance(attributes, dict) or not attributes:
            return value
        new = {name: self._moved(item) for name, item in attributes.items()}
        if all(isinstance(item, PLAIN) for item in attributes.values()):
            return value
        try:
            twin = copy.copy(value)
            vars(twin).update(new)
        except Exception:  # a class that cannot be copied, such as a lock: it stays what it is
            return value
        return twin


def _is_filled(cell: CellType) -> bool:
    """Whether a function's enclosed variable has a value by now."""
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _ordinary(p: Any) -> Any:
    """The value itself; of a tensor that was made in inference mode a copy, for autograd refuses to save such."""
    return p.clone() if isinstance(p, torch.Tensor) and p.is_inference() else p


def _makes_weights(hook: Any) -> bool:
    """weight_norm, spectral_norm and pruning compute a layer's weight in a hook: without it there is none."""
    return type(hook).__module__.startswith("torch.nn.utils.")
