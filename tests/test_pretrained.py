"""Published networks against a small server on loopback: whole, cut, wrong, silent, absent, damaged on disk."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from file_server import serving
from torchvision import models

from dlcore import gradcam
from dlcore.classifiers import pretrained
from dlcore.classifiers.brought_weights import Input
from dlcore.classifiers.map_layers import layers
from dlcore.data import Unavailable
from dlcore.data.photographs import photograph

NAME = "mobilenet_v3_small"
ENTRIES = {name: models.get_model_weights(name)["DEFAULT"] for name in pretrained.NAMES}


def random_weights(name: str) -> dict[str, torch.Tensor]:
    """Random numbers in the form of the published file."""
    generator = torch.Generator().manual_seed(0)
    with torch.device("meta"):
        shapes = models.get_model(name, weights=None).state_dict()
    made = {}
    for key, values in shapes.items():
        if not values.is_floating_point():
            made[key] = torch.zeros(values.shape, dtype=values.dtype)
        elif "running_var" in key:
            made[key] = torch.ones(values.shape)
        else:
            made[key] = torch.randn(values.shape, generator=generator) / max(values[0].numel(), 4) ** 0.5
    return made


def file_of(tensors: object) -> bytes:
    stream = io.BytesIO()
    torch.save(tensors, stream)
    return stream.getvalue()


STATE = random_weights(NAME)
CONTENT = file_of(STATE)
PREFIX = hashlib.sha256(CONTENT).hexdigest()[:8]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(CONTENT) as address:
        yield address


@pytest.fixture(autouse=True)
def no_cache_of_torch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path / "hub"))


def publish(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Let the weights of NAME lie at this address; everything else about them stays."""
    entry = ENTRIES[NAME]
    url = f"{address}/{NAME}-{PREFIX}.pth"
    moved = SimpleNamespace(url=url, meta=entry.meta, transforms=entry.transforms)
    monkeypatch.setattr(pretrained, "weights", lambda name: moved)


def test_every_network_has_a_published_file_with_a_hash_and_a_thousand_classes() -> None:
    for name in pretrained.NAMES:
        assert len(pretrained.hash_prefix(name)) == 8
        assert len(pretrained.class_names(name)) == 1000
        assert {file.name for file in pretrained.places(name)} == {ENTRIES[name].url.split("/")[-1]}


def test_a_fetched_network_answers_and_gives_the_heat_map_of_any_class(
    monkeypatch: pytest.MonkeyPatch, server: str, tmp_path: Path
) -> None:
    publish(monkeypatch, f"{server}/ok")
    seen: list[tuple[int, int]] = []
    assert not pretrained.is_here(NAME, tmp_path)
    file = pretrained.fetch(NAME, tmp_path, lambda done, total: seen.append((done, total)))
    assert file.read_bytes() == CONTENT and seen[-1] == (len(CONTENT), len(CONTENT)) and len(seen) > 2
    assert pretrained.is_here(NAME, tmp_path) and list(file.parent.iterdir()) == [file]
    network = pretrained.network(NAME, tmp_path)
    for key, values in network.state_dict().items():
        assert torch.equal(values, STATE[key]), key
    how = Input.of(NAME)
    x = how.scaled(how.window(photograph("a flower"))[None])
    for layer in (next(iter(layers(network, x))), gradcam.last_layer(network, x)):
        found = gradcam.explain(network, x, [3, 999], layer)
        assert found.heatmaps.shape[:2] == (1, 2) and found.heatmaps.isfinite().all()
        assert found.heatmaps.abs().max() > 0


def test_a_good_file_is_not_fetched_again_and_a_damaged_one_is(
    monkeypatch: pytest.MonkeyPatch, server: str, tmp_path: Path
) -> None:
    publish(monkeypatch, f"{server}/ok")
    file = pretrained.fetch(NAME, tmp_path)
    publish(monkeypatch, "http://127.0.0.1:9")
    assert pretrained.fetch(NAME, tmp_path) == file
    file.write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(Unavailable, match="damaged; fetch them again"):
        pretrained.network(NAME, tmp_path)
    publish(monkeypatch, f"{server}/ok")
    assert pretrained.fetch(NAME, tmp_path).read_bytes() == CONTENT


def test_a_file_in_the_cache_of_torch_serves_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    publish(monkeypatch, "http://127.0.0.1:9")
    cached = pretrained.places(NAME, tmp_path)[1]
    assert cached.is_relative_to(tmp_path / "hub")
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT)
    assert pretrained.is_here(NAME, tmp_path) and not pretrained.network(NAME, tmp_path).training


@pytest.mark.parametrize(
    ("way", "words"),
    [("cut", "cut"), ("wrong", "sha256"), ("silent", "does not answer"), ("absent", "404")],
)
def test_a_failed_fetch_ends_in_a_sentence_and_leaves_no_file(
    way: str, words: str, monkeypatch: pytest.MonkeyPatch, server: str, tmp_path: Path
) -> None:
    publish(monkeypatch, f"{server}/{way}")
    with pytest.raises(Unavailable, match=words) as refusal:
        pretrained.fetch(NAME, tmp_path, timeout=(1, 0.3))
    assert "go on working" in str(refusal.value)
    assert list((tmp_path / "weights").iterdir()) == []


def test_offline_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    publish(monkeypatch, "http://127.0.0.1:9/nobody-listens")
    with pytest.raises(Unavailable, match="no connection"):
        pretrained.fetch(NAME, tmp_path)
    with pytest.raises(Unavailable, match="not on this computer yet"):
        pretrained.network(NAME, tmp_path)


def test_no_place_to_write_is_said_so(monkeypatch: pytest.MonkeyPatch, server: str, tmp_path: Path) -> None:
    publish(monkeypatch, f"{server}/ok")
    (tmp_path / "weights").write_text("not a folder")
    with pytest.raises(Unavailable, match="could not be downloaded"):
        pretrained.fetch(NAME, tmp_path)


class Planted:
    """What a pickle could smuggle in: a call made while it is read."""

    def __reduce__(self) -> tuple:
        return print, ("it ran",)


def test_a_file_that_runs_code_is_refused_even_with_the_right_hash(capsys: pytest.CaptureFixture) -> None:
    content = file_of({"weight": Planted()})
    with pytest.raises(ValueError, match="cannot be read as weights"):
        pretrained.published_weights(content, hashlib.sha256(content).hexdigest()[:8])
    with pytest.raises(ValueError, match="sha256 differs"):
        pretrained.published_weights(CONTENT, "00000000")
    assert "it ran" not in capsys.readouterr().out


def test_the_old_names_of_a_densenets_layers_are_understood() -> None:
    state = random_weights("densenet121")
    key = "features.denseblock1.denselayer1.norm1.weight"
    old = {k.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): v for k, v in state.items()}
    assert key not in old
    network = pretrained._network("densenet121", old)
    assert torch.equal(network.state_dict()[key], state[key])


def test_other_photographs_do_not_exist() -> None:
    with pytest.raises(ValueError, match="no photograph"):
        photograph("../secret")
