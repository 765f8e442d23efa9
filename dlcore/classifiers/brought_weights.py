"""A network brought as weights (safetensors): recognized by the names of its tensors, and built around them.

Knows torchvision's ResNet-18/34/50, MobileNetV2, MobileNetV3 (small, large), EfficientNet-B0, DenseNet-121 and
ConvNeXt-Tiny, and the lab's own CNN. Nothing is unpickled: a safetensors file is a table of contents and numbers.
"""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from PIL import Image
from torch import nn
from torchvision import models
from torchvision.transforms import functional

from dlcore.classifiers import lab_weights
from dlcore.classifiers.lab_weights import MOST_CLASSES, OURS
from dlcore.classifiers.tensor_shapes import COUNTED, Shapes, refuse_misfit, shared, shown
from dlcore.data import BadInput

MEGABYTES = 120
HEADER = 2_000_000  # bytes of the table of contents; DenseNet-121's has about 70,000
PICKLES = (b"PK\x03\x04", b"\x80")  # torch's archives, and what came before them
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Architecture -> the head whose rows are the classes.
HEADS = {
    "resnet18": "fc",
    "resnet34": "fc",
    "resnet50": "fc",
    "mobilenet_v2": "classifier.1",
    "mobilenet_v3_small": "classifier.3",
    "mobilenet_v3_large": "classifier.3",
    "efficientnet_b0": "classifier.1",
    "densenet121": "classifier",
    "convnext_tiny": "classifier.2",
}
ON_YOUR_MACHINE = (
    'python -c "import torch, safetensors.torch as s; '
    "s.save_file({k: v.contiguous().clone() for k, v in "
    "torch.load('network.pth', map_location='cpu', weights_only=True).items()}, 'network.safetensors')\""
)

State = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Input:
    """How a network takes pictures: the shorter side resized, the middle cut out, scaled and normalized.

    >>> Input().crop
    224

    Attributes:
        resize: pixels of the shorter side after resizing.
        crop: pixels of the square that the network sees.
        mean, std: by channel, of values between 0 and 1; the defaults are ImageNet's.
        interpolation: "bilinear" or "bicubic".
        channels: 3; or 1, then a picture becomes gray, and the first mean and deviation count.
    """

    resize: int = 256
    crop: int = 224
    mean: tuple[float, float, float] = IMAGENET[0]
    std: tuple[float, float, float] = IMAGENET[1]
    interpolation: str = "bilinear"
    channels: int = 3

    def __post_init__(self) -> None:
        if not 8 <= self.crop <= self.resize <= 512:
            raise BadInput(
                "A picture is resized to at most 512 pixels and cut to at least 8, not to more than it has."
            )
        if not all(map(math.isfinite, (*self.mean, *self.std))) or min(self.std) <= 0:
            raise BadInput("The means are finite numbers, the standard deviations above 0.")
        if self.interpolation not in ("bilinear", "bicubic"):
            raise BadInput("The interpolation is bilinear or bicubic.")

    @classmethod
    def of(cls, architecture: str) -> "Input":
        """What torchvision's newest weights of this architecture ask for: the default.

        >>> Input.of("resnet50").resize
        232
        """
        preset = models.get_model_weights(architecture)["DEFAULT"].transforms()
        mean, std = tuple(preset.mean), tuple(preset.std)
        return cls(preset.resize_size[0], preset.crop_size[0], mean, std, preset.interpolation.value)

    @classmethod
    def told(cls, facts: Mapping[str, Any]) -> "Input":
        """Back from JSON, which knows no tuples.

        >>> Input.told(json.loads(json.dumps({"crop": 200, "mean": [0.5, 0.5, 0.5]}))).crop
        200
        """
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
        return cls(**values)

    def window(self, picture: np.ndarray) -> np.ndarray:
        """What the network sees of a picture uint8 (h, w, 3): uint8 (crop, crop, 3).

        >>> Input().window(np.zeros((300, 400, 3), np.uint8)).shape
        (224, 224, 3)
        """
        how = functional.InterpolationMode(self.interpolation)
        image = Image.fromarray(picture)
        image = image if self.channels == 3 else image.convert("L").convert("RGB")
        image = functional.resize(image, [self.resize], interpolation=how, antialias=True)
        return np.asarray(functional.center_crop(image, [self.crop]))

    def scaled(self, seen: np.ndarray | torch.Tensor) -> torch.Tensor:
        """(n, channels, crop, crop) of windows uint8 (n, crop, crop, 3): x/255, minus the mean, over the deviation.

        >>> Input().scaled(np.zeros((2, 224, 224, 3), np.uint8)).shape
        torch.Size([2, 3, 224, 224])
        """
        pixels = seen if isinstance(seen, torch.Tensor) else torch.as_tensor(np.array(seen))
        x = pixels.permute(0, 3, 1, 2)[:, : self.channels].float() / 255
        return functional.normalize(x, list(self.mean[: self.channels]), list(self.std[: self.channels]))


@dataclass(frozen=True, eq=False)
class Brought:
    """A network that was brought, on nobody's record.

    Attributes:
        architecture: torchvision's name of it, or OURS.
        classes: how many its head tells apart; one logit tells two.
        model: in evaluation mode, around the file's own numbers.
        how: how it takes pictures, if it was trained as such networks are.
        names: of the classes, where the file tells them; otherwise empty.
    """

    architecture: str
    classes: int
    model: nn.Module
    how: Input
    names: tuple[str, ...] = ()


def read_network(content: bytes) -> Brought:
    """The network in a safetensors file of a `state_dict`: torchvision's, or the lab's own CNN.

    >>> read_network(b"PK\\x03\\x04" + bytes(100))
    Traceback (most recent call last):
        ...
    dlcore.arguments.BadInput: This is a pickle or a zip archive. A pickle can run code, so the lab opens none. ...

    Raises:
        BadInput: too large, no safetensors, an architecture that is not known, a tensor that does not fit (the first
            one is named), numbers that are not finite.
    """
    shapes, said = _contents(content)
    ours = lab_weights.recipe_of(shapes, _side(said)) if lab_weights.is_ours(shapes) else None
    architecture, classes = recognized(shapes) if ours is None else (OURS, ours[2])
    try:
        state = safetensors.torch.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError, AttributeError):
        raise BadInput("This safetensors file is cut short or damaged. Make it again.") from None
    for name, values in state.items():
        if values.is_floating_point() and not bool(torch.isfinite(values).all()):
            raise BadInput(f"The weights “{shown(name)}” are not all finite numbers.")
    if ours is not None:
        _, (side, _, channels), _ = ours
        half = (0.5, 0.5, 0.5)
        how = Input(side, side, half, half, channels=channels)
        return Brought(
            OURS, classes, _filled(lab_weights.network(ours), OURS, state), how, _names(said, classes)
        )
    with torch.device("meta"):  # drawing initial weights globally would race between threads
        model: nn.Module = models.get_model(architecture, weights=None, num_classes=classes)
    filled = _filled(model.to_empty(device="cpu"), architecture, state)
    return Brought(architecture, max(classes, 2), filled, Input.of(architecture))


def recognized(shapes: Shapes) -> tuple[str, int]:
    """Architecture, and rows of the head, of tensors with these names and shapes.

    The architecture whose tensors share the most names and shapes; then every tensor has to fit.

    Raises:
        BadInput: nothing known; or the first tensor that does not fit the nearest architecture.
    """
    likeness = {name: shared(shapes, expected(name, MOST_CLASSES)) for name in HEADS}
    nearest = max(likeness, key=lambda name: likeness[name])
    if likeness[nearest] < 0.5:
        known = ", ".join(HEADS)
        raise BadInput(f"The names of its tensors are those of no architecture that the lab knows: {known}.")
    head = shapes.get(f"{HEADS[nearest]}.weight", ())
    classes = head[0] if len(head) == 2 else 0
    if not 1 <= classes <= MOST_CLASSES:
        raise BadInput(
            f"This looks like {nearest}, but “{HEADS[nearest]}.weight” is no head with 1 to {MOST_CLASSES} rows."
        )
    refuse_misfit(shapes, expected(nearest, classes), nearest)
    return nearest, classes


@functools.lru_cache(maxsize=32)
def expected(architecture: str, classes: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the architecture's tensors, in its own order."""
    with torch.device("meta"):
        model = models.get_model(architecture, weights=None, num_classes=classes)
    return {name: tuple(values.shape) for name, values in model.state_dict().items()}


def _contents(content: bytes) -> tuple[Shapes, dict[str, Any]]:
    """Names and shapes from the table of contents, before any tensor is read; and what the file says of itself."""
    if len(content) > MEGABYTES * 1_000_000:
        raise BadInput(f"This file has more than {MEGABYTES} MB.")
    length = int.from_bytes(content[:8], "little")
    if content.startswith(PICKLES):
        raise BadInput(
            "This is a pickle or a zip archive. A pickle can run code, so the lab opens none. "
            "Turn it into safetensors on your own machine with the line shown here."
        )
    if len(content) < 8 or length > min(len(content) - 8, HEADER):
        raise BadInput("This is no safetensors file, or only the beginning of one.")
    try:
        said = json.loads(content[8 : 8 + length])
        about = said.pop("__metadata__", {})
        shapes = {str(name): tuple(int(side) for side in entry["shape"]) for name, entry in said.items()}
        return shapes, dict(about)
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise BadInput("This is no safetensors file: it does not begin with a table of contents.") from None


def _side(said: Mapping[str, Any]) -> int:
    """The side of the pictures in pixels, where a file of the lab tells it; otherwise the usual one."""
    try:
        side = json.loads(said["image_shape"])[0]
    except (KeyError, TypeError, ValueError, IndexError, RecursionError):
        side = None
    return side if side in lab_weights.SIDES else lab_weights.SIDES[0]


def _names(said: Mapping[str, Any], classes: int) -> tuple[str, ...]:
    """The names of the classes that a file of the lab carries; none where they are not so many different ones."""
    try:
        found = [str(name) for name in json.loads(said["class_names"])]
        return class_names("\n".join(name.replace(",", " ") for name in found), classes) if found else ()
    except (KeyError, TypeError, ValueError, RecursionError):
        return ()


def _filled(model: nn.Module, architecture: str, state: State) -> nn.Module:
    """The architecture in evaluation mode, in float32, with these tensors."""
    counted = {
        name: torch.zeros_like(values)
        for name, values in model.state_dict().items()
        if name.endswith(COUNTED) and name not in state
    }
    try:
        model.load_state_dict({**state, **counted})
    except RuntimeError as error:
        raise BadInput(f"The tensors do not fit {architecture}: {str(error)[:200]}") from None
    return model.eval()


def class_names(text: str, classes: int) -> tuple[str, ...]:
    """Names of the classes, one a line or parted by commas; nothing written: class 0, class 1, …

    >>> class_names("ill, well", 2), class_names("", 2)
    (('ill', 'well'), ('class 0', 'class 1'))

    Raises:
        BadInput: another number of names, or one twice.
    """
    names: Sequence[str] = [name.strip()[:200] for name in text.replace("\n", ",").split(",") if name.strip()]
    if not names:
        return tuple(f"class {k}" for k in range(classes))
    if len(names) != classes or len(set(names)) < classes:
        raise BadInput(
            f"The network tells {classes} classes apart; here are {len(set(names))} different names."
        )
    return tuple(names)


def megabytes(model: nn.Module) -> float:
    """Megabytes that a network's numbers take."""
    tensors: list[Any] = [*model.parameters(), *model.buffers()]
    return sum(values.numel() * values.element_size() for values in tensors) / 1e6
