"""Networks of others are asked in a process of their own: it says what this one would, and forgets."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import safetensors.torch
import torch
from test_brought_weights import state_of

from dlcore import gradcam
from dlcore.attribution import comparison, many_images, sanity_check
from dlcore.classifiers.brought_weights import Input, read_network
from dlcore.data import BadInput
from dlcore.data.decoding import Decoder
from dlcore.data.photographs import photograph
from dlcore.guests import asking
from dlcore.guests.worker import KEPT, Held, Worker, methods

NAME, K = "mobilenet_v3_small", 3
CONTENT = safetensors.torch.save(state_of(NAME, K))


@pytest.fixture(scope="module")
def outside() -> Iterator[Decoder]:
    yield asking.OUTSIDE
    asking.OUTSIDE.close()


@pytest.fixture(scope="module")
def guest(outside: Decoder) -> asking.Guest:
    return asking.brought(lambda: CONTENT)


@pytest.fixture(scope="module")
def seen(guest: asking.Guest) -> asking.Seen:
    return asking.seen(guest, guest.how, photograph("a flower"))


def test_a_brought_network_is_recognized_and_its_costs_are_said(guest: asking.Guest) -> None:
    inside = read_network(CONTENT).model
    assert (guest.architecture, guest.classes, guest.names) == (NAME, K, ())
    assert guest.parameters == sum(values.numel() for values in inside.parameters())
    assert min(guest.seconds) > 0 and guest.megabytes < guest.peak < 3000


def test_the_process_says_what_this_one_would(guest: asking.Guest, seen: asking.Seen) -> None:
    net, how = read_network(CONTENT).model, guest.how
    x = how.scaled(how.window(photograph("a flower"))[None])
    with torch.no_grad():
        p = net(x).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(seen.probabilities, p, rtol=1e-5)
    assert seen.layers == dict(gradcam.layers(net, x))
    for layer in (next(iter(seen.layers)), list(seen.layers)[-1]):
        theirs = gradcam.explain(net, x, None, layer)
        ours = asking.maps(guest, how, seen.window, range(K), layer)
        np.testing.assert_allclose(ours, theirs.heatmaps[0].numpy(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(seen.scores, theirs.scores[0].numpy(), rtol=1e-4, atol=1e-6)


def test_its_summary_of_a_picture_is_the_mean_of_every_layers_maps(
    guest: asking.Guest, seen: asking.Seen
) -> None:
    """By hooks of torch's own; the maps are read before a layer writes over them."""
    net, how = read_network(CONTENT).model, guest.how
    found: dict[str, np.ndarray] = {}
    for name in seen.layers:
        net.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: found.update({name: output.mean(dim=(2, 3))[0].numpy()})
        )
    with torch.no_grad():
        net(how.scaled(seen.window[None]))
    ours = asking.summary(guest, how, photograph("a flower"))
    for name, h in zip(seen.layers, ours, strict=True):
        np.testing.assert_allclose(h, found[name], atol=1e-5)


def test_so_do_its_curves_and_its_forgetting(guest: asking.Guest) -> None:
    net, how = read_network(CONTENT).model, Input(64, 64)
    seen = asking.seen(guest, how, photograph("a flower"))
    layer = list(seen.layers)[-1]
    ours = asking.erased(guest, how, seen.window, 1, layer, "mean colour")
    theirs = many_images.erased(
        net, seen.window[None], np.array([1]), layer, "mean colour", preprocess=how.scaled
    )
    for kind in ("deletion", "insertion"):
        for name, curve in getattr(theirs, kind).items():
            np.testing.assert_allclose(getattr(ours, kind)[name], curve, atol=1e-4)
    while_forgetting = asking.forgetting(guest, how, seen.window, 1, layer)
    maps = sanity_check.maps_while_forgetting(net, seen.window, 1, layer, preprocess=how.scaled)
    assert tuple(while_forgetting) == sanity_check.stages(net)
    np.testing.assert_allclose(list(while_forgetting.values()), maps, rtol=1e-3, atol=1e-5)


def test_every_method_answers_or_says_why_not(
    guest: asking.Guest, seen: asking.Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "STEPS", 2)
    monkeypatch.setattr(comparison, "SAMPLES", 2)
    held, layer = Held(read_network(CONTENT).model, NAME, K, guest.how), list(seen.layers)[-1]
    facts, arrays = methods(held, guest.how, seen.window, {"classes": [1], "layer": layer})
    assert len(facts["refusals"]) == len(arrays) + sum(map(bool, facts["refusals"])) and len(arrays) >= 6
    np.testing.assert_allclose(
        arrays[0], gradcam.heatmap(held.model, guest.how.scaled(seen.window[None]), 1, layer)[0, 0]
    )


def test_a_network_that_the_process_has_forgotten_is_sent_again(
    guest: asking.Guest, seen: asking.Seen, outside: Decoder
) -> None:
    layer = list(seen.layers)[-1]
    before = asking.maps(guest, guest.how, seen.window, [0], layer)
    for key in map(str, range(KEPT)):
        outside.ask("bring", CONTENT, key=key)
    np.testing.assert_array_equal(asking.maps(guest, guest.how, seen.window, [0], layer), before)


def test_the_process_of_the_networks_gets_no_secret_and_its_memory_has_a_bound(
    guest: asking.Guest, outside: Decoder
) -> None:
    outside.ask("bring", CONTENT, key=guest.key)
    assert outside.process is not None
    process = psutil.Process(outside.process.pid)
    assert not [name for name in process.environ() if name.startswith("DLCORE_")]
    if hasattr(process, "rlimit"):
        assert 0 < process.rlimit(psutil.RLIMIT_AS)[0] < 32 << 30


def small_question(key: str, **more: Any) -> dict[str, Any]:
    how = {"resize": 64, "crop": 64}
    return {"kind": "maps", "key": key, "how": how, "shape": [64, 64, 3], "classes": [0], "layer": "?"} | more


def test_only_who_has_the_bytes_can_name_a_network_and_the_oldest_is_forgotten() -> None:
    worker, picture = Worker(), bytes(64 * 64 * 3)
    for key in map(str, range(KEPT + 1)):
        assert "refused" not in worker.answer({"kind": "bring", "key": key}, CONTENT)[0]
    assert worker.answer(small_question("0"), picture)[0] == {"missing": True}
    facts, _ = worker.answer(small_question(str(KEPT), layer="features.12"), picture)
    assert facts["arrays"] == [["<f4", (1, 2, 2)]]


def test_a_layer_a_class_and_an_input_that_cannot_be_are_refused() -> None:
    worker, picture = Worker(), bytes(64 * 64 * 3)
    worker.answer({"kind": "bring", "key": "a"}, CONTENT)
    assert "no layer" in worker.answer(small_question("a", layer="nowhere"), picture)[0]["refused"]
    wrong = small_question("a", layer="features.12", classes=[9])
    assert "9" in worker.answer(wrong, picture)[0]["refused"]
    assert "least 8" in worker.answer(small_question("a", how={"crop": 7}), picture)[0]["refused"]


def pickled() -> bytes:
    stream = io.BytesIO()
    torch.save({"a": torch.ones(2)}, stream)
    return stream.getvalue()


def forged() -> bytes:
    header = b'{"fc.weight":{"dtype":"F32","shape":[9999999,9999999],"data_offsets":[0,8]}}'
    return len(header).to_bytes(8, "little") + header + bytes(8)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "zero bytes"),
        (pickled(), "pickle"),
        (CONTENT[: len(CONTENT) // 2], "cut short or damaged"),
        (CONTENT[:100], "only the beginning"),
        (forged(), "no architecture"),
        (safetensors.torch.save(state_of(NAME, K) | {"features.0.0.weight": torch.ones(1)}), "features.0.0.weight"),
    ],
    ids=["empty", "pickle", "truncated", "beginning", "forged", "misfit"],
)  # fmt: skip
def test_a_bad_file_of_weights_ends_in_a_sentence(content: bytes, sentence: str, outside: Decoder) -> None:
    with pytest.raises(BadInput, match=sentence):
        asking.brought(lambda: content)


def test_a_file_above_the_limit_is_refused_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MEGABYTES", 1)
    with pytest.raises(BadInput, match="1 MB"):
        asking.brought(lambda: CONTENT)


def test_published_weights_that_are_not_here_are_said_so(outside: Decoder, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not on this computer yet"):
        asking.published("densenet121", tmp_path)


def test_published_networks_come_through_the_same_door(monkeypatch: pytest.MonkeyPatch) -> None:
    net = read_network(safetensors.torch.save(state_of(NAME, 1000))).model
    monkeypatch.setattr("dlcore.classifiers.pretrained.network", lambda name, root: net)
    worker = Worker()
    facts, _ = worker.answer({"kind": "bring", "key": NAME, "name": NAME, "root": ""}, b"")
    assert facts["classes"] == len(facts["names"]) == 1000 and "tabby" in facts["names"]
    found, raw = worker.answer(small_question(NAME, kind="maps", layer="features.12"), bytes(64 * 64 * 3))
    how = Input.told({"resize": 64, "crop": 64})
    black = how.scaled(np.zeros((1, 64, 64, 3), np.uint8))
    assert len(raw) == 4 * int(np.prod(found["arrays"][0][1]))
    theirs = gradcam.heatmap(net, black, 0, "features.12")[0].numpy()
    np.testing.assert_allclose(np.frombuffer(raw, np.float32).reshape(theirs.shape), theirs, atol=1e-6)
