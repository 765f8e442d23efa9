"""The process that holds networks of others and is asked about them: bounded in memory, without secrets.

`python -m dlcore.guests.worker`, started by asking.py; it speaks as dlcore.data.decoder does. Whoever names a network
has handed in its very bytes: the name is their hash. Nothing is written, and what nobody asks about is forgotten.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from dlcore import gradcam, models
from dlcore.attribution import comparison, many_images, sanity_check
from dlcore.classifiers import map_layers, pretrained
from dlcore.classifiers.brought_weights import Input, megabytes, read_network
from dlcore.data import BadInput, Unavailable
from dlcore.data.decoder import Answer, limit_memory, peak, serve

KEPT = 2  # networks at a time; who was asked last stays
IDLE = 600.0  # seconds without a question, after which the process ends and all it held is gone
MEMORY = 5 << 29  # bytes beyond what the empty process takes, 2.7 GB
WRONG_SIZE = "This network cannot take pictures of this size."
SIZES = ("cannot be multiplied", "size is too small", "can't be greater than")  # torch's words for it
TOO_MUCH = "This takes more memory than there is for it here. Choose a later layer, or a smaller input size."
ALLOCATOR = ("not enough memory", "can't allocate memory", "bad allocation")  # torch says it so


@dataclass(eq=False)
class Held:
    """One network, in evaluation mode; `names` are empty where nobody has told them."""

    model: nn.Module
    architecture: str
    classes: int
    how: Input
    names: tuple[str, ...] = ()
    layers: dict[int, dict[str, tuple[int, int, int]]] = field(default_factory=dict)  # by input size


class Worker:
    """Holds up to KEPT networks, and answers."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}

    def answer(
        self, question: dict[str, Any], content: bytes, tell: Callable[[float], None] = many_images.quiet
    ) -> Answer:
        """The facts and numbers asked for; a refusal, and a network that is not here any more, are facts as well."""
        try:
            if question["kind"] == "bring":
                return self._bring(question, content), b""
            held = self._held.pop(question["key"], None)
            if held is None:
                return {"missing": True}, b""
            self._held[question["key"]] = held
            pixels = np.frombuffer(content, np.uint8).reshape(question["shape"])
            facts, arrays = ANSWERS[question["kind"]](held, Input.told(question["how"]), pixels, question)
            return packed(facts, arrays)
        except BadInput as refusal:
            return {"refused": str(refusal), "is_unavailable": isinstance(refusal, Unavailable)}, b""
        except ValueError as error:  # of a layer or a class that this network does not have
            return {"refused": str(error)}, b""
        except MemoryError:
            return {"refused": TOO_MUCH}, b""
        except RuntimeError as error:
            if any(words in str(error) for words in SIZES):
                return {"refused": WRONG_SIZE}, b""
            if not any(words in str(error) for words in ALLOCATOR):
                raise
            return {"refused": TOO_MUCH}, b""

    def _bring(self, question: dict[str, Any], content: bytes) -> dict[str, Any]:
        while len(self._held) >= KEPT:
            del self._held[next(iter(self._held))]
        held = _published(question) if "name" in question else _brought(content)
        facts = _facts(held)
        self._held[question["key"]] = held
        return facts


def packed(facts: dict[str, Any], arrays: Sequence[np.ndarray]) -> Answer:
    """Facts with the types and shapes of the arrays, and the arrays' bytes one after the other."""
    kinds = [[array.dtype.str, array.shape] for array in arrays]
    return {**facts, "arrays": kinds}, b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def _published(question: dict[str, Any]) -> Held:
    name = question["name"]
    names = pretrained.class_names(name)
    return Held(pretrained.network(name, question["root"]), name, len(names), Input.of(name), names)


def _brought(content: bytes) -> Held:
    brought = read_network(content)
    return Held(brought.model, brought.architecture, brought.classes, brought.how, brought.names)


def _facts(held: Held) -> dict[str, Any]:
    """What is said of a network before it is asked; the seconds are those of a second time."""
    how = held.how
    x = how.scaled(np.zeros((1, how.crop, how.crop, 3), np.uint8))
    took = []
    for _ in range(2):
        start = time.perf_counter()
        with torch.inference_mode():
            held.model(x)
        middle = time.perf_counter()
        gradcam.explain(held.model, x, 0)
        took = [middle - start, time.perf_counter() - middle]
    return {
        "architecture": held.architecture,
        "classes": held.classes,
        "names": held.names,
        "parameters": sum(values.numel() for values in held.model.parameters()),
        "megabytes": megabytes(held.model),
        "how": asdict(how),
        "seconds": took,
        "peak": peak() / 1e6,
    }


# --- answers: (network, how it takes pictures, pixels uint8, the question) -> facts, arrays --------------------

Found = tuple[dict[str, Any], list[np.ndarray]]


def seen(held: Held, how: Input, picture: np.ndarray, question: dict[str, Any]) -> Found:
    """What the network sees of a picture (h, w, 3), the scores and probabilities (K,), and its layers."""
    window = how.window(picture)
    x = how.scaled(window[None])
    if how.crop not in held.layers:
        held.layers[how.crop] = dict(map_layers.layers(held.model, x))
    with torch.inference_mode():
        logits = held.model(x)
    z = torch.cat([-logits, logits], dim=1) if logits.shape[1] == 1 else logits
    p = models.probabilities(logits)[0].numpy()
    return {"layers": held.layers[how.crop]}, [window, z[0].numpy(), p]


def summary(held: Held, how: Input, picture: np.ndarray, question: dict[str, Any]) -> Found:
    """What each layer makes of a picture (h, w, 3), (channels,); see map_layers.means."""
    found = map_layers.means(held.model, how.scaled(how.window(picture)[None]))
    return {}, [h[0].float().numpy() for h in found.values()]


def maps(held: Held, how: Input, window: np.ndarray, question: dict[str, Any]) -> Found:
    """Heat maps (k, rows, cols) of these classes at a layer."""
    found = gradcam.explain(held.model, how.scaled(window[None]), question["classes"], question["layer"])
    return {}, [found.heatmaps[0].numpy()]


def methods(held: Held, how: Input, window: np.ndarray, question: dict[str, Any]) -> Found:
    """Every method's map of one class; x₀ is 0, the mean of all images by the normalization."""
    k, layer = question["classes"][0], question["layer"]
    found = comparison.compare(held.model, window, k, layer, 0.0, how.scaled)
    arrays = [each.heatmap for each in found if each.heatmap is not None]
    return {"refusals": [each.refusal for each in found], "passes": [each.passes for each in found]}, arrays


def erased(held: Held, how: Input, window: np.ndarray, question: dict[str, Any]) -> Found:
    """Curves of deletion and insertion of one image (2, orders, steps + 1)."""
    k = np.array(question["classes"][:1])
    found = many_images.erased(
        held.model, window[None], k, question["layer"], question["fill"], preprocess=how.scaled
    )
    both = [np.stack([curves[order][0] for order in curves]) for curves in (found.deletion, found.insertion)]
    return {"orders": list(found.deletion)}, [found.shares, np.stack(both)]


def forgetting(held: Held, how: Input, window: np.ndarray, question: dict[str, Any]) -> Found:
    """One class's map (stages, rows, cols) while a copy of the network forgets."""
    k, layer = question["classes"][0], question["layer"]
    found = sanity_check.maps_while_forgetting(
        held.model, window, k, layer, seed=question["seed"], preprocess=how.scaled
    )
    return {"stages": sanity_check.stages(held.model)}, [found]


ANSWERS = {
    "seen": seen,
    "summary": summary,
    "maps": maps,
    "methods": methods,
    "erased": erased,
    "forgetting": forgetting,
}


def _ends_when_idle(worker: Worker) -> Callable[..., Answer]:
    """The worker's answers; the process ends when nobody has asked for IDLE seconds."""
    waiting: list[threading.Timer] = []

    def reply(question: dict[str, Any], content: bytes, tell: Callable[[float], None]) -> Answer:
        while waiting:
            waiting.pop().cancel()
        found = worker.answer(question, content, tell)
        waiting.append(threading.Timer(IDLE, os._exit, [0]))
        waiting[0].daemon = True
        waiting[0].start()
        return found

    return reply


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)
    torch.set_num_threads(1)
    limit_memory(MEMORY)
    serve(sys.stdin.buffer, sys.stdout.buffer, _ends_when_idle(Worker()), enough=2 * MEMORY)
