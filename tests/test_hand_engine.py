"""The lab's networks in the browser beside PyTorch: logits, every layer's maps, heat maps; MLP and CNN, any head."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from conftest import in_browser
from torch import nn

from dlcore import gradcam, models
from dlcore.convolution.portable import portable, text_of
from dlcore.data import ImageSet
from dlcore.data.cells import cells
from dlcore.runs import Recipe

pytestmark = pytest.mark.browser
ENGINE = ("hand/engine.js",)
BOUND = 1e-4  # of max(1, |value|)
IMAGES = int(os.environ.get("HAND_IMAGES", "4"))
# Every kind of network that a recipe can describe; the last number is the classes.
NETWORKS: dict[str, tuple[Recipe, tuple[int, ...], int]] = {
    "default CNN": (Recipe(), (28, 28, 3), 5),
    "flat head": (Recipe(width=8, depth=2, head="flatten"), (28, 28, 3), 8),
    "one block, one logit": (Recipe(width=24, depth=1), (28, 28), 2),
    "four blocks": (Recipe(width=4, depth=4), (28, 28, 3), 5),
    "digits, odd sides": (Recipe(dataset="digits", width=6, depth=3, head="flatten"), (9, 11), 10),
    "MLP": (Recipe(model="mlp"), (28, 28, 3), 5),
}


def some_network(name: str) -> tuple[nn.Module, ImageSet]:
    """A network whose every number is drawn, running statistics and biases too, and images for it."""
    recipe, shape, classes = NETWORKS[name]
    rng = np.random.default_rng(len(name))
    noise = rng.integers(0, 256, (IMAGES, *shape)).astype(np.uint8)
    drawn = cells(IMAGES).images if shape == (28, 28, 3) else noise
    images = np.where(np.arange(IMAGES).reshape(-1, *[1] * len(shape)) % 2, noise, drawn)
    labels = np.arange(IMAGES) % classes
    names = tuple(str(k) for k in range(classes))
    imageset = ImageSet(name="some", images=images, labels=labels, class_names=names, licence="", source="")
    model = models.build(recipe, imageset)
    generator = torch.Generator().manual_seed(1)
    for values in model.buffers():
        if values.is_floating_point():
            values.uniform_(0.5, 2, generator=generator)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d | nn.Linear):
                module.bias.normal_(generator=generator)
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(-1, 2, generator=generator)
    return model.eval(), imageset


def torchs(model: nn.Module, images: np.ndarray, names: list[str]) -> Iterator[np.ndarray]:
    """Of every layer of these names in order, (n, …)."""
    modules, h = dict(model.named_modules()), models.preprocess(images)
    with torch.inference_mode():
        for name in names:
            h = torch.relu(h) if isinstance(modules[name], nn.ReLU) else modules[name](h)
            yield h.flatten(1).contiguous().numpy()


LARGEST = """(m, { layers, weights, shape, images, expected, heat }) => {
    const net = m.networkOf(layers, m.floats(weights), shape);
    const theirs = expected.map(m.floats), heats = m.floats(heat);
    const largest = layers.map(() => 0);
    let hottest = 0;
    const apart = (a, b) => Math.abs(a - b) / Math.max(1, Math.abs(b));
    images.forEach((image, n) => {
        const values = m.forward(net, m.inputOf(image, shape));
        values.forEach((own, l) => own.forEach((v, p) => {
            const d = apart(v, theirs[l][n * own.length + p]);
            if (!(d <= largest[l])) largest[l] = d;
        }));
        if (!heats.length) return;
        const classes = Math.max(2, values.at(-1).length), each = heats.length / images.length / classes;
        for (let k = 0; k < classes; k++) m.heatOf(net, values, k).heat.forEach((v, p) => {
            const d = apart(v, heats[(n * classes + k) * each + p]);
            if (!(d <= hottest)) hottest = d;
        });
    });
    return { largest, hottest };
}"""


def compared(page: object, name: str, spoil: float = 0.0) -> dict[str, Any]:
    """Largest difference of every layer, and of the heat maps of all classes, over all images."""
    model, imageset = some_network(name)
    sent = portable(model)
    channels, rows, cols = models.shape_of(imageset.images)
    weights = sent.weights.copy()
    weights[0] += spoil
    found = {"largest": [0.0] * len(sent.layers), "hottest": 0.0}
    for part in np.array_split(imageset.images, -(-len(imageset.images) // 20)):
        heat = np.zeros(0)
        if model.head and name != "MLP":
            heat = gradcam.heatmap(model, models.preprocess(part), None, "features").numpy()
        told = {
            "layers": sent.layers,
            "weights": text_of(weights),
            "shape": [channels, rows, cols],
            "images": part.reshape(len(part), -1).tolist(),
            "expected": [
                text_of(values) for values in torchs(model, part, [one["name"] for one in sent.layers])
            ],
            "heat": text_of(heat),
        }
        got = in_browser(page, ENGINE, LARGEST, told)
        found["largest"] = np.maximum(found["largest"], got["largest"]).tolist()
        found["hottest"] = max(found["hottest"], got["hottest"])
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_maps_and_heat_maps_in_the_browser_are_pytorchs(name: str, blank: object) -> None:
    found = compared(blank, name)
    assert max(found["largest"]) <= BOUND and found["hottest"] <= BOUND, found
    rounded = {"maps": max(found["largest"]), "logits": found["largest"][-1], "heat": found["hottest"]}
    print(f"largest differences: {json.dumps({name: rounded})}")


def test_one_wrong_weight_is_noticed(blank: object) -> None:
    assert max(compared(blank, "flat head", spoil=1e-3)["largest"]) > BOUND


def test_a_layer_that_the_labs_networks_do_not_have_is_refused() -> None:
    model, _ = some_network("four blocks")
    model.features[0][0] = nn.Conv2d(3, 4, 5)
    with pytest.raises(ValueError, match="3 × 3"):
        portable(model)
    model.features[0][0] = nn.GELU()
    with pytest.raises(ValueError, match="GELU"):
        portable(model)


PASSES = """(m, { layers, weights, shape, image, passes }) => {
    const net = m.networkOf(layers, m.floats(weights), shape), x = m.inputOf(image, shape);
    for (let n = 0; n < 20; n++) m.forward(net, x);
    const start = performance.now();
    for (let n = 0; n < passes; n++) m.forward(net, x);
    return (performance.now() - start) / passes;
}"""


def test_how_long_a_pass_takes_is_reported(blank: object) -> None:
    model, imageset = some_network("default CNN")
    sent, image = portable(model), imageset.images[0]
    told = {"layers": sent.layers, "weights": text_of(sent.weights), "shape": [3, 28, 28]}
    milliseconds = in_browser(blank, ENGINE, PASSES, told | {"image": image.ravel().tolist(), "passes": 200})
    print(f"a pass of the default CNN: {milliseconds:.2f} ms, load {os.getloadavg()[0]:.1f}, {time.ctime()}")
    assert milliseconds > 0
