"""Any classifier is looked at and never touched: 40 models and oddities, each explained rightly or refused by name.

Before and after, all parameters, buffers, counters of writes and training flags are compared; the map is held to an
independent one: hooks and autograd on a plain network with the same weights, in evaluation mode.
"""

import functools
import warnings
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
import torchvision
from torch import nn
from torch.utils.checkpoint import checkpoint

from dlcore import gradcam
from dlcore.classifiers import channels_last, closed, map_layers, twin

COVERS = (channels_last, closed, map_layers, twin, gradcam)
KNOWN = {  # torchvision's name -> side of the images
    **dict.fromkeys(
        (
            "shufflenet_v2_x1_0",
            "mnasnet1_0",
            "regnet_y_800mf",
            "resnet18",
            "resnet34",
            "resnet50",
            "resnext50_32x4d",
        ),
        64,
    ),
    **dict.fromkeys(("mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0"), 64),
    **dict.fromkeys(("densenet121", "convnext_tiny", "squeezenet1_0", "squeezenet1_1", "mnasnet0_5"), 64),
    **dict.fromkeys(("shufflenet_v2_x0_5", "regnet_x_400mf", "regnet_y_400mf", "swin_t", "swin_v2_t"), 64),
}
QUICK = ("resnet18", "mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5")


class Plain(nn.Module):
    """The reference of every oddity: it has the same weights, and no tricks."""

    def __init__(self) -> None:
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.l = nn.Linear(6, 4)
        self.tricks()

    def tricks(self) -> None:
        """What an oddity does more."""

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        return self.f(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.l(self.maps(x).mean((2, 3)))


class Partial(Plain):
    def tricks(self) -> None:
        self.go: Callable[[torch.Tensor], torch.Tensor] = functools.partial(Plain.maps, self)

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        return self.go(x)


class BoundPartial(Partial):
    def tricks(self) -> None:
        self.go = functools.partial(self.run)

    def run(self, x: torch.Tensor) -> torch.Tensor:
        return self.f(x)


class Closure(Partial):
    def tricks(self) -> None:
        self.go = lambda x: self.f(x)


class Default(Partial):
    def tricks(self) -> None:
        self.go = lambda x, f=self.f: f(x)  # type: ignore[misc]


class InADefaultDict(Plain):
    def tricks(self) -> None:
        self.parts: defaultdict[str, list[Any]] = defaultdict(list)
        self.parts["all"].append(self.f)

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        return self.parts["all"][0](x)


class InAnObject(Plain):
    class Holder:
        def __init__(self, module: nn.Module) -> None:
            self.module = module

    def tricks(self) -> None:
        self.holder = [InAnObject.Holder(self.f)]

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        return self.holder[0].module(x)


class ReplacedForward(Plain):
    def tricks(self) -> None:
        before = self.forward
        self.forward = lambda x: before(x)  # type: ignore[method-assign]


class ReplacedInside(Plain):
    def tricks(self) -> None:
        self.f.forward = functools.partial(nn.Sequential.forward, self.f)  # type: ignore[method-assign]


class HooksItsTensors(Plain):
    def maps(self, x: torch.Tensor) -> torch.Tensor:
        h = self.f(x)
        h.register_hook(lambda gradient: gradient)
        return h


class Checkpointed(Plain):
    def maps(self, x: torch.Tensor) -> torch.Tensor:
        h: torch.Tensor = checkpoint(self.f, x, use_reentrant=False)
        return h


class Hooked(Plain):
    def tricks(self) -> None:
        self.f.register_forward_hook(lambda module, inputs, output: 2 * output)


def compiled() -> nn.Module:
    return torch.compile(Plain(), backend="eager")  # type: ignore[return-value]


def compiled_in_place() -> nn.Module:
    model = Plain()
    model.compile(backend="eager")
    return model


def shared() -> nn.Module:
    model = Plain()
    model.again = model.f
    return model


ODDITIES: dict[str, Callable[[], nn.Module]] = {
    each.__name__: each
    for each in (
        *(Plain, Partial, BoundPartial, Closure, Default, InADefaultDict, InAnObject, ReplacedForward),
        *(ReplacedInside, HooksItsTensors, Checkpointed, Hooked, compiled, compiled_in_place, shared),
    )
}


def scripted() -> nn.Module:
    return torch.jit.script(Plain())


def traced() -> nn.Module:
    return torch.jit.trace(Plain().eval(), torch.zeros(2, 3, 16, 16))


def exported() -> nn.Module:
    return torch.export.export(Plain().eval(), (torch.zeros(2, 3, 16, 16),)).module()


def quantized() -> nn.Module:
    return torch.ao.quantization.quantize_dynamic(Plain().eval(), {nn.Linear})


REFUSED = {
    scripted: "TorchScript",
    traced: "TorchScript",
    exported: "exported graph",
    quantized: "quantized",
}


def state(model: nn.Module) -> list[Any]:
    """Everything that could show that a model has been touched."""
    tensors = (*model.parameters(), *model.buffers())
    return [
        *((id(each), each._version, each.detach().clone(), each.grad) for each in tensors),
        *((name, each.training, id(each)) for name, each in model.named_modules()),
    ]


def is_same(before: list[Any], after: list[Any]) -> bool:
    """Whether nothing has been touched in between."""

    def same(a: Any, b: Any) -> bool:
        return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b

    return len(before) == len(after) and all(
        all(map(same, one, other)) for one, other in zip(before, after, strict=True)
    )


def reference(model: nn.Module, x: torch.Tensor, layer: str, k: int) -> torch.Tensor:
    """The map of class k by a hook and autograd; `model` is private, and in evaluation mode."""
    kept: list[torch.Tensor] = []

    def keep(module: nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        kept.append(output)
        return output.clone()

    with torch.enable_grad():
        model.get_submodule(layer).register_forward_hook(keep)
        (gradients,) = torch.autograd.grad(model(x)[:, k].sum(), kept[0])
    return (gradients.mean((2, 3), keepdim=True) * kept[0]).sum(1).detach()


def explained(model: nn.Module, plain: nn.Module, x: torch.Tensor) -> str:
    """Its default layer; the map is the reference's, and the model, in training mode, untouched."""
    weights = {name.removeprefix("_orig_mod."): values for name, values in model.state_dict().items()}
    for name, own in plain.state_dict().items():
        own.copy_(weights[name])
    model.train()
    before = state(model)
    found = gradcam.explain(model, x, [2])
    assert is_same(before, state(model)), "touched"
    assert found.maps.shape[2:].numel() > 1, "no space"
    theirs = reference(plain.eval(), x, found.layer.removeprefix("_orig_mod."), 2)
    torch.testing.assert_close(found.heatmaps[:, 0], theirs, rtol=1e-4, atol=1e-5)
    return found.layer


def is_refused(make: Callable[[], nn.Module], word: str) -> bool:
    """Whether it is refused with its true reason, and untouched."""
    model = make()
    before = state(model)
    try:
        gradcam.heatmap(model, torch.zeros(2, 3, 16, 16), 0)
    except ValueError as error:
        return word in str(error) and is_same(before, state(model))
    return False


def judged(known: tuple[str, ...], odd: tuple[str, ...], seed: int) -> None:
    """These models are explained as they should be."""
    generator = torch.Generator().manual_seed(seed)
    for name in odd:
        explained(ODDITIES[name](), Plain(), torch.randn(2, 3, 16, 16, generator=generator))
    for name in known:
        one, other = (torchvision.models.get_model(name, num_classes=4) for _ in range(2))
        explained(one, other, torch.randn(1, 3, KNOWN[name], KNOWN[name], generator=generator))


def sample(seed: int) -> None:
    """All oddities, the refusals, and one known network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces the end of scripting, exporting and quantizing
        judged((QUICK[seed % len(QUICK)],), tuple(ODDITIES), seed)
        for make, word in REFUSED.items():
            assert is_refused(make, word), make.__name__


def prove() -> str:
    """All of the table."""
    sample(0)
    judged(tuple(KNOWN), (), 0)
    return (
        f"{len(KNOWN)} networks and {len(ODDITIES)} oddities explained as hooks on a plain copy do, untouched; "
        f"{len(REFUSED)} refused by their reason"
    )
