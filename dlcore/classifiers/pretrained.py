"""Published networks for photographs: torchvision's, with weights that others have learned on ImageNet.

A file of weights is looked for in the lab's data folder and in torch's own cache, fetched on request, and read
only if its content has the hash that its publishers wrote into its name.
"""

import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision import models

from dlcore.data import Unavailable
from dlcore.data.downloads import TIMEOUT, Progress, attempt, data_folder, downloader

NAMES = ("resnet18", "mobilenet_v3_small", "efficientnet_b0", "densenet121")
STILL = "The networks that were trained here, and everything else, go on working."
ONE_AT_A_TIME = (
    threading.Lock()
)  # of thirty readers who ask for the same file one fetches, the others find it


def weights(name: str) -> Any:
    """torchvision's entry for the weights: url, meta (categories, …), transforms; see NAMES."""
    return models.get_model_weights(name)["DEFAULT"]


def hash_prefix(name: str) -> str:
    """The first digits of the file's sha256, as its publishers wrote them into its name."""
    found = re.fullmatch(r".*-([0-9a-f]{8,64})\.pth", weights(name).url)
    assert found is not None, "torchvision names every file of weights so"
    return found[1]


def places(name: str, root: str | Path | None = None) -> tuple[Path, Path]:
    """Where the file is looked for: the lab's data folder (`root`), then torch's cache."""
    file = weights(name).url.rsplit("/", 1)[1]
    return data_folder(root) / "weights" / file, Path(torch.hub.get_dir()) / "checkpoints" / file


def is_here(name: str, root: str | Path | None = None) -> bool:
    """Whether a file of the right name lies in one of the places."""
    return any(file.is_file() for file in places(name, root))


def published_weights(content: bytes, prefix: str) -> dict[str, torch.Tensor]:
    """The named tensors in a published file.

    The only place of the lab that unpickles: after the hash, and nothing but tensors.

    Raises:
        ValueError: the content does not have this hash, or is no file of tensors.
    """
    if not hashlib.sha256(content).hexdigest().startswith(prefix):
        raise ValueError("The file is not the published one: its sha256 differs.")
    try:
        return dict(torch.load(BytesIO(content), map_location="cpu", weights_only=True))  # noqa: TID251
    except Exception as error:
        raise ValueError("The file cannot be read as weights.") from error


def fetch(
    name: str,
    root: str | Path | None = None,
    on_progress: Progress | None = None,
    timeout: tuple[float, float] = TIMEOUT,
) -> Path:
    """The good file of weights in the data folder; fetched unless one is there already.

    Args:
        on_progress: called with the bytes done and in total.
        timeout: seconds to connect, and to wait for the next bytes.

    Raises:
        Unavailable: offline, cut, too slow, wrong content, or no place to write; no partial file is left.
    """
    target = places(name, root)[0]
    with ONE_AT_A_TIME:
        attempt(
            lambda: _fetch(name, target, downloader(on_progress, timeout)),
            f"The weights of {name}",
            "what arrived is not the published file (wrong sha256)",
            target.parent,
            STILL,
        )
    return target


def _fetch(name: str, target: Path, fetcher: Callable[..., object]) -> None:
    """Puts the good file in its place, unless it is there; a temporary one beside it never stays."""
    prefix = hash_prefix(name)
    if _good(target, prefix):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    try:
        fetcher(weights(name).url, part, None)
        if not _good(Path(part), prefix):
            raise ValueError("wrong sha256")
        Path(part).replace(target)
    finally:
        Path(part).unlink(missing_ok=True)


def _good(file: Path, prefix: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest().startswith(prefix)


def network(name: str, root: str | Path | None = None) -> nn.Module:
    """The published network in evaluation mode, from a file that is here.

    Raises:
        Unavailable: there is no file, or none with the published content.
    """
    broken = False
    for file in places(name, root):
        try:
            state = published_weights(file.read_bytes(), hash_prefix(name))
            return _network(name, state)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RuntimeError):
            broken = True
    what = "are damaged; fetch them again" if broken else "are not on this computer yet"
    raise Unavailable(f"The weights of {name} {what}. {STILL}")


# Older files number a DenseNet layer's parts, "denselayer1.norm.1"; today they are "denselayer1.norm1".
DENSE = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.")


def _network(name: str, state: dict[str, torch.Tensor]) -> nn.Module:
    with torch.device("meta"):  # drawing initial weights globally would race between threads
        model: nn.Module = models.get_model(name, weights=None)
    model = model.to_empty(device="cpu")
    model.load_state_dict({DENSE.sub(r"\1\2.", key): values for key, values in state.items()})
    return model.eval()


def class_names(name: str) -> tuple[str, ...]:
    """The 1,000 classes. Two names are given twice: crane (bird and machine) and maillot."""
    return tuple(weights(name).meta["categories"])
