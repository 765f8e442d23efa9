"""The server's side of the network in the hand: what is sent, what comes back, the checks, old links."""

import base64
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from dlcore import models
from dlcore.data import load
from dlcore.gradcam import explain
from dlcore.runs import Epoch, Recipe, Run
from dlcore.store.store import Store
from ui.convolution import beside, hand, hand_checks
from ui.convolution import models as convolution_models
from ui.convolution.address import wrong_spot, wrong_strokes
from ui.frame import old_links

TAB = {"convolution_tab": "Inside a trained CNN"}


def a_run(width: int = 4, head: str = "pooled") -> Run:
    """A run on digits: initial weights stand in for learned ones, others for those of an epoch before."""
    images, recipe = load("digits"), Recipe(dataset="digits", width=width, epochs=4, head=head)
    first, second = (models.build(replace(recipe, seed=seed), images).state_dict() for seed in (0, 1))
    numbers = [{name: values.numpy().copy() for name, values in state.items()} for state in (first, second)]
    return Run(
        recipe=recipe,
        epochs=tuple(Epoch(n, 1.0, 0.5, None, 1.0, 0.5, None, 1.0, 0.01, 1.0) for n in range(1, 5)),
        status="finished",
        best=3,
        weights=numbers[1],
        epoch_weights={2: numbers[0], 3: numbers[1]},
        val_index=np.arange(10),
        val_logits=np.eye(10, dtype=np.float32)[images.labels[:10]],
        class_names=images.class_names,
        image_shape=(8, 8, 1),
        parameters=1,
        train_size=50,
        seconds=1.0,
    )


@pytest.fixture
def run(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path))
    found = a_run()
    Store().publish(found)
    return found


def as_sent(run: Run, epoch: int, k: int = 4) -> dict[str, Any]:
    """What a browser sends that computes as PyTorch does."""
    pixels = load("digits").images[5]
    model = models.load(run, epoch)
    found = explain(model, models.preprocess(pixels[None]), [k], "features")
    with torch.inference_mode():
        h, sums = models.preprocess(pixels[None]), []
        for module in model.features.modules():
            if not list(module.children()):
                h = module(h)
                sums.append(float(h.double().sum()))
    return {
        "run": convolution_models.name_of(run),
        "has": [f"{convolution_models.name_of(run)}:{epoch}"],
        "state": {"epoch": epoch, "strokes": "", "k": k, "spot": None, "stage": "relu", "each": False},
        "pixels": base64.b64encode(pixels.tobytes()).decode(),
        "logits": found.logits[0].tolist(),
        "sums": sums,
        "heat": found.heatmaps[0, 0].flatten().tolist(),
        "k": k,
        "chosen": [2, 1, 0, 1],
    }


def cards(check: Callable[..., None], run: Run, sent: dict[str, Any]) -> dict[str, bool]:
    """Claim -> whether the check holds."""
    rest, found = hand.read(sent, run), {}
    assert rest is not None
    check(
        run, rest, lambda claim, _o, _r, difference, allowed, _n: found.update({claim: difference <= allowed})
    )
    return found


def sent_to(test: Any) -> dict[str, Any]:
    """What the page sends to the component."""
    protos = [element.proto for element in test.get("bidi_component")]
    return next(json.loads(p.json) for p in protos if p.component_name.endswith("lab_hand"))


def opened(app: Callable[[str], Any], **address: str) -> Any:
    test = app("convolution")
    for name, value in (TAB | address).items():
        test.query_params[name] = value
    test.session_state["convolution_tab"] = TAB["convolution_tab"]
    return test.run()


def test_the_page_sends_the_weights_of_the_epoch_asked_for_once(run: Run, app: Callable[[str], Any]) -> None:
    test = opened(app, convolution_epoch="2", convolution_strokes="pFADD", convolution_class="7")
    assert not test.exception and not test.error
    data, name = sent_to(test), f"{convolution_models.name_of(run)}:2"
    assert list(data["weights"]) == [name] and data["epochs"] == [0, 2, 3]
    numbers = np.frombuffer(base64.b85decode(data["weights"][name]), ">f4")
    np.testing.assert_array_equal(numbers[:36], run.epoch_weights[2]["features.0.0.weight"].ravel())
    assert data["state"] == {
        **{
            "strokes": "pFADD",
            "epoch": 2,
            "k": 7,
            "spot": None,
            "stage": "relu",
            "each": False,
            "beside": "",
        },
    }
    image = hand.Shown(load("digits").images[0], "0", 0)
    assert (
        hand.payload(run, image, hand.known({"has": [f"{convolution_models.name_of(run)}:3"]}))["weights"]
        == {}
    )


def an_mlp() -> Run:
    """Another run on the same images: an MLP, which has no maps."""
    cnn, recipe = a_run(), Recipe(dataset="digits", model="mlp", epochs=4, seed=2)
    weights = {
        name: v.numpy().copy() for name, v in models.build(recipe, load("digits")).state_dict().items()
    }
    return replace(cnn, recipe=recipe, weights=weights, epoch_weights={3: weights})


def test_what_was_trained_on_the_same_images_can_stand_beside_it(run: Run, app: Callable[[str], Any]) -> None:
    other = an_mlp()
    Store().publish(other)
    alien = replace(an_mlp(), recipe=Recipe(model="mlp"), class_names=load("cells").class_names)
    Store().publish(alien)
    data = sent_to(opened(app))
    assert [name for name, _ in data["others"]] == [run.key[:16], other.key[:16]] and data["beside"] is None
    data = sent_to(opened(app, convolution_beside=other.key))
    assert data["beside"]["run"] == data["state"]["beside"] == other.key[:16]
    assert {layer["kind"] for layer in data["beside"]["layers"]} == {"flatten", "linear", "relu"}
    assert set(data["weights"]) == {f"{run.key[:16]}:3", f"{other.key[:16]}:3"}
    data = sent_to(opened(app, convolution_beside=run.key))
    assert data["beside"]["epoch"] == 0 and set(data["weights"]) == {f"{run.key[:16]}:{n}" for n in (0, 3)}
    test = opened(app, convolution_beside=alien.key)
    assert sent_to(test)["beside"] is None and not test.exception
    assert any("trained on other images" in caption.value for caption in test.caption)


def test_without_the_database_the_first_network_is_in_the_hand_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError("away")

    monkeypatch.setattr(beside, "recent_runs", away)
    second = beside.second(run, run.key)
    assert beside.offered(run, second) == [(run.key[:16], beside.BEFORE)]
    assert beside.key_of(run, run.key[:16]) == run.key and beside.key_of(run, "x" * 16) is None
    assert beside.key_of(run, None) is None and beside.key_of(run, ["x"]) is None


def test_the_second_networks_check_holds_for_its_own_logits_only(run: Run) -> None:
    second = beside.second(run, run.key)
    assert second is not None
    for epoch, holds in ((0, True), (3, False)):
        with torch.inference_mode():
            logits = convolution_models.network(run.key, epoch)(
                models.preprocess(load("digits").images[5][None])
            )
        rest = hand.read(as_sent(run, 3) | {"beside": logits[0].tolist()}, run)
        assert rest is not None
        found: list[bool] = []
        card = lambda _c, _o, _r, d, most, _n, told=found: told.append(d <= most)  # noqa: E731
        hand_checks.check(run, replace(rest, second=second), card)
        assert found == [True, holds]


@pytest.mark.parametrize("epoch", [2, 3])
def test_the_checks_hold_for_a_browser_that_computes_as_pytorch_does(run: Run, epoch: int) -> None:
    sent = as_sent(run, epoch)
    shown = cards(hand_checks.check, run, sent) | cards(hand_checks.other_checks, run, sent)
    assert len(shown) == 4 and all(shown.values()), shown


@pytest.mark.parametrize(
    ("what", "spoiled"),
    [
        ("the logit", {"logits": [0.0] * 10}),
        ("the logit", {"logits": [0.0] * 3}),
        ("the logit", {"pixels": base64.b64encode(bytes(64)).decode()}),
        ("the logit", {"logits": [math.nan] * 10}),
        ("the sum of all values", {"sums": [1.0] * 14}),
        ("the heat map", {"heat": [1.0] * 4}),
    ],
)
def test_a_check_fails_for_a_browser_that_computes_something_else(
    run: Run, what: str, spoiled: dict[str, Any]
) -> None:
    sent = as_sent(run, 3) | spoiled
    shown = cards(hand_checks.check, run, sent) | cards(hand_checks.other_checks, run, sent)
    assert [holds for claim, holds in shown.items() if claim.startswith(what)] == [False]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"run": "another"},
        {"pixels": "no base64 !"},
        {"pixels": ""},
        {"k": 10},
        {"k": None},
        {"state": {"epoch": 7}},
        {"state": None},
        {"chosen": [1, 2]},
        {"chosen": [0, 0, -1, 0]},
        {"logits": "many"},
    ],
)
def test_what_no_browser_of_ours_sends_is_not_read(run: Run, spoiled: dict[str, Any]) -> None:
    assert hand.read(as_sent(run, 3), run) is not None
    assert hand.read(as_sent(run, 3) | spoiled, run) is None
    assert hand.read(None, run) is None


def test_strokes_and_values_of_an_address_are_judged() -> None:
    good = ("pFADD", "pFADDEEFF.bHAAA.mFAAADD.nFCAA.kDBCC")
    bad = ("pFA", "pFAD", "xFADD", "pFADD.", "pFADD pFADD", "p" * 50)
    assert not any(map(wrong_strokes, good)) and all(map(wrong_strokes, bad))
    assert not wrong_spot("2.14.3.4") and wrong_spot("2.14.3")


def test_a_link_to_the_page_of_single_layers_leads_to_the_network_in_the_hand() -> None:
    old = TAB | {
        "convolution_when": "before training",
        "convolution_layer": "features.0.0: x",
        "convolution_row": "3",
    }
    there = old_links.forward("convolution", {name: [text] for name, text in old.items()})
    assert there is not None
    page, query = there
    assert page == "convolution"
    assert query == {name: [text] for name, text in (TAB | {"convolution_epoch": "0"}).items()}


def test_a_network_too_large_for_a_browser_is_computed_by_the_server(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, app: Callable[[str], Any]
) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path))
    Store().publish(a_run(width=48))
    test = opened(app)
    assert not test.exception and any("cannot be painted on" in info.value for info in test.info)
    assert len(test.get("plotly_chart")) >= 4
