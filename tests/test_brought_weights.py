"""A network brought as weights: recognized, counted, refused by what does not fit; scaled as torchvision does."""

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from torchvision import models

from dlcore import gradcam
from dlcore import models as models_here
from dlcore.classifiers import brought_weights, lab_weights
from dlcore.classifiers.brought_weights import HEADS, Input, class_names, expected, read_network, recognized
from dlcore.data import BadInput
from dlcore.runs import Recipe


def state_of(name: str, classes: int) -> dict[str, torch.Tensor]:
    """Random numbers in the form of this architecture's weights."""
    generator = torch.Generator().manual_seed(0)
    made = {}
    for key, shape in expected(name, classes).items():
        if key.endswith("num_batches_tracked"):
            made[key] = torch.zeros((), dtype=torch.int64)
        elif "running_var" in key:
            made[key] = torch.ones(shape)
        else:
            made[key] = torch.randn(shape, generator=generator) / max(int(np.prod(shape[1:])), 4) ** 0.5
    return made


def packed(state: dict[str, torch.Tensor], said: dict[str, str] | None = None) -> bytes:
    """A safetensors file of these."""
    return safetensors.torch.save({name: values.contiguous() for name, values in state.items()}, said)


RESNET = state_of("resnet18", 3)


@pytest.mark.parametrize("name", HEADS)
def test_architecture_and_classes_are_read_from_names_and_shapes(name: str) -> None:
    for classes in (1, 7, 1000):
        assert recognized(expected(name, classes)) == (name, classes)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small"])
def test_a_brought_network_answers_as_torchvisions_own_and_gives_maps(name: str) -> None:
    state = state_of(name, 3)
    brought = read_network(safetensors.torch.save(state))
    theirs = models.get_model(name, num_classes=3).eval()
    theirs.load_state_dict(state)
    x = Input.of(name).scaled(np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3), dtype=np.uint8))
    with torch.no_grad():
        assert torch.equal(brought.model(x), theirs(x))
    assert (brought.architecture, brought.classes) == (name, 3)
    found = gradcam.explain(brought.model, x, None)
    assert found.heatmaps.shape[:2] == (2, 3) and bool(found.heatmaps.isfinite().all())


@pytest.mark.parametrize("name", HEADS)
def test_preprocessing_is_torchvisions(name: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (270, 330, 3), dtype=np.uint8)
    how = Input.of(name)
    theirs = models.get_model_weights(name)["DEFAULT"].transforms()(Image.fromarray(pixels))
    assert torch.equal(how.scaled(how.window(pixels)[None])[0], theirs)


def without(key: str) -> dict[str, torch.Tensor]:
    return {name: values for name, values in RESNET.items() if name != key}


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (without("layer2.0.conv1.weight"), "resnet18, but “layer2.0.conv1.weight”.* is missing"),
        (without("fc.weight"), "“fc.weight” is no head"),
        ({**RESNET, "bn1.weight": torch.ones(3)}, r"“bn1.weight” has the shape \(3,\) instead of \(64,\)"),
        ({**RESNET, "more.weight": torch.ones(3)}, "it has no “more.weight”"),
        ({**RESNET, "bn1.weight": torch.full((64,), torch.nan)}, "“bn1.weight” are not all finite"),
        ({"a": torch.ones(3)}, "no architecture that the lab knows"),
    ],
)
def test_the_first_tensor_that_does_not_fit_is_named(state: dict[str, torch.Tensor], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_network(safetensors.torch.save(state))


def test_pickles_and_broken_files_are_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    content = safetensors.torch.save(RESNET)
    for bad, sentence in (
        (b"PK\x03\x04" + bytes(99), "pickle"),
        (b"\x80\x02" + bytes(99), "pickle"),
        (b"", "no safetensors"),
        (content[:-9], "cut short"),
        ((4).to_bytes(8, "little") + b"[1] ", "table of contents"),
    ):
        with pytest.raises(BadInput, match=sentence):
            read_network(bad)
    monkeypatch.setattr(brought_weights, "MEGABYTES", 1)
    with pytest.raises(BadInput, match="more than 1 MB"):
        read_network(content)


@pytest.mark.parametrize(
    ("recipe", "shape", "classes"),
    [
        (Recipe("cells"), (28, 28, 1), 2),
        (Recipe("cells", width=8, depth=2, head="flatten"), (64, 64, 3), 5),
        (Recipe("digits", depth=1), (8, 8, 1), 10),
    ],
)
def test_the_labs_own_cnn_is_recognized_and_answers_as_in_the_lab(
    recipe: Recipe, shape: tuple[int, int, int], classes: int
) -> None:
    rows, columns, channels = shape
    model = lab_weights.network((recipe, shape, classes))
    models_here.initialise(model, torch.Generator().manual_seed(0))
    said = {"class_names": '["ill", "well"]', "image_shape": str([rows, columns, channels])}
    brought = read_network(packed(model.state_dict(), said))
    assert (brought.architecture, brought.classes) == (brought_weights.OURS, classes)
    assert brought.names == (("ill", "well") if classes == 2 else ())
    assert (brought.how.crop, brought.how.channels) == (rows, channels)
    pixels = np.random.default_rng(1).integers(0, 255, (3, *shape), dtype=np.uint8)
    seen = np.stack([brought.how.window(np.repeat(one, 3 // channels, axis=2)) for one in pixels])
    with torch.no_grad():
        ours, theirs = model(models_here.preprocess(pixels)), brought.model(brought.how.scaled(seen))
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert gradcam.explain(brought.model, brought.how.scaled(seen), None).heatmaps.isfinite().all()


def test_what_does_not_fit_a_network_of_the_lab_is_named() -> None:
    state = dict(lab_weights.network((Recipe("cells"), (28, 28, 1), 2)).state_dict())
    without_one = {name: v for name, v in state.items() if name != "features.1.2.weight"}
    mlp = lab_weights.network((Recipe("cells", "mlp"), (28, 28, 1), 2)).state_dict()
    for bad, sentence in (
        (without_one, r"“features.1.2.weight” \(32,\) is missing"),
        ({**state, "features.0.2.bias": torch.ones(3)}, r"has the shape \(3,\) instead of \(16,\)"),
        ({**state, "more.<b>": torch.ones(3)}, "it has no “more. b ”"),
        ({**state, "features.0.0.weight": torch.ones(16, 2, 3, 3)}, "no 3 × 3 convolution"),
        ({**state, "head.3.weight": torch.ones(1001, 64)}, "“head.3.weight” is no head with 1 to 1000 rows"),
        (dict(mlp), "an MLP of the lab"),
    ):
        with pytest.raises(BadInput, match=sentence):
            read_network(packed(bad))


def test_counters_of_batches_may_be_missing_and_half_floats_are_taken() -> None:
    ours = lab_weights.network((Recipe("cells"), (28, 28, 1), 2))
    models_here.initialise(ours, torch.Generator().manual_seed(0))
    for state in (RESNET, ours.state_dict()):
        few = {name: v.half() for name, v in state.items() if "num_batches" not in name}
        assert next(read_network(packed(few)).model.parameters()).dtype == torch.float32


def test_names_and_inputs_are_judged() -> None:
    assert class_names("a\nb\nc", 3) == ("a", "b", "c") and class_names("", 2) == ("class 0", "class 1")
    for bad in ("a, b", "a, a, b"):
        with pytest.raises(BadInput, match="tells 3 classes apart"):
            class_names(bad, 3)
    for wrong in ({"crop": 300}, {"crop": 7}, {"std": (0.0, 1.0, 1.0)}, {"interpolation": "nearest"}):
        with pytest.raises(BadInput):
            Input(**wrong)
