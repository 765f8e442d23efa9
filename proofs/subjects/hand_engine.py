"""The lab's networks in the browser give PyTorch's logits, maps and heat maps, on 200 images of each of six kinds."""

import json
import os
import subprocess
import sys

import numpy as np
import torch

from dlcore import gradcam, models
from dlcore.convolution import portable
from dlcore.runs import Recipe
from proofs.walk import ROOT

COVERS = (
    models,
    portable,
    gradcam,
    ROOT / "assets" / "components" / "hand" / "engine.js",
    ROOT / "tests" / "test_hand_engine.py",
)
IMAGES = 200


def sample(seed: int) -> None:
    """What is sent holds every number of the network once, in order; the browser's part is a test."""
    recipe = Recipe(width=4 + seed % 5, depth=1 + seed % 4, head=("pooled", "flatten")[seed % 2])
    generator = torch.Generator().manual_seed(seed)
    model = models.empty(recipe, (3, 28, 28), 5, generator)
    models.initialise(model, generator)
    sent = portable.portable(model)
    numbers = [v.detach().contiguous().numpy().ravel() for v in model.state_dict().values() if v.ndim]
    np.testing.assert_array_equal(np.sort(sent.weights), np.sort(np.concatenate(numbers)))
    assert next(layer["at"] for layer in sent.layers if "at" in layer) == 0


def prove() -> str:
    """All six, in a browser."""
    words = [sys.executable, "-m", "pytest", "-q", "-s", "-n0", "-p", "no:cacheprovider"]
    words += ["tests/test_hand_engine.py", "-k", "are_pytorchs"]
    environment = {**os.environ, "HAND_IMAGES": str(IMAGES)}
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-1500:]
    found: dict[str, dict[str, float]] = {}
    for line in ended.stdout.splitlines():
        if "largest differences: " in line:
            found |= json.loads(line.split("largest differences: ")[1])
    told = ", ".join(f"{name} {each['logits']:.1e} ({each['maps']:.1e})" for name, each in found.items())
    return (
        f"{len(found)} networks, {IMAGES} images each, largest difference of a logit (of any value): {told}"
    )
