"""Where the Grad-CAM page's images and networks come from: gallery, other sets, uploads, photographs."""

import io
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import PATIENCE, ROOT
from PIL import Image
from safetensors.torch import save
from test_brought_weights import packed, state_of

from dlcore import training
from dlcore.classifiers import lab_weights, pretrained
from dlcore.classifiers.brought_weights import read_network
from dlcore.data import Unavailable, load
from dlcore.data.photographs import photograph
from dlcore.guests import asking
from dlcore.guests.worker import Worker
from dlcore.heatmaps.which_images import LEAST_SURE, MISTAKES, MOST_SURE
from dlcore.models import initialise
from dlcore.number_text import digits
from dlcore.runs import Recipe, Run
from dlcore.store.store import Store
from ui.gradcam import guests
from ui.gradcam import text as gradcam_text
from ui.gradcam.familiar import sentence
from ui.gradcam.subject import Subject
from ui.training.one_run import name_of

RECIPE = Recipe(dataset="digits", epochs=2, subset=200, width=4)


@pytest.fixture(scope="module")
def run(own_folders: None) -> Iterator[Run]:
    trained = training.fit(RECIPE, load("digits"))
    Store().publish(trained)
    yield trained
    Store().delete(trained.key)


@pytest.fixture
def page(run: Run) -> Callable[..., object]:
    from streamlit.testing.v1 import AppTest

    def open_(**address: str) -> object:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
        for name, value in {"gradcam_run": name_of(RECIPE), **address}.items():
            test.query_params[name] = value
            if name == "gradcam_tab":
                test.session_state[name] = value
        return test.switch_page("pages/gradcam.py").run()

    return open_


def text(test: object) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    return "\n".join(element.value for kind in kinds for element in getattr(test, kind))  # type: ignore[attr-defined]


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_the_most_confident_mistake_comes_first(page: Callable, run: Run) -> None:
    labels = load("digits").labels[run.val_index]
    p = run.val_probabilities
    worst = np.where(p.argmax(axis=1) != labels, p.max(axis=1), -1).argmax()
    test = page(gradcam_which=MISTAKES, gradcam_order=MOST_SURE)
    assert not test.exception
    shown = text(test)
    assert f"(mistakes, {MOST_SURE}); its class: {run.class_names[labels[worst]]}" in shown
    assert f"probability {digits(p[worst].max())}" in shown
    other = text(page(gradcam_which=MISTAKES, gradcam_order=LEAST_SURE))
    assert f"probability {digits(p[worst].max())}" not in other


def test_the_gallery_opens_and_the_number_stays_in_the_address(page: Callable) -> None:
    test = page(gradcam_image="61", gradcam_order="backwards")
    assert "does not exist: `gradcam_order`" in "".join(box.value for box in test.info)
    test.session_state["gradcam_gallery"] = True
    test.run()
    assert not test.exception and "61 to 120 of 360" in text(test)
    test.button(key="gradcam_back").click().run()
    assert not test.exception and test.number_input(key="gradcam_image").value == 1
    assert test.query_params["gradcam_image"] == "1"
    test.button(key="gradcam_on").click().run()
    assert test.query_params["gradcam_image"] == "61"


def test_another_set_is_offered_and_said_to_be_strange(page: Callable, run: Run) -> None:
    test = page(gradcam_which="another set: Blood cells (generated)")
    assert not test.exception
    shown = text(test)
    assert "looks like nothing the network has learned from" in shown and "nobody knows which pixels" in shown
    assert "Blood cells (generated), validation image 1 of 200" in shown
    subject = Subject(np.zeros((8, 8), np.uint8), "", None, None, 5, (), "cells")
    assert "load('cells')" in gradcam_text.gradcam_script(run, subject, "features.2", 0, 1.0)


def test_an_ordinary_image_is_not_called_strange() -> None:
    assert "ordinary" in sentence(0.3, 360) and "30.0% of 360" in sentence(0.3, 360)
    assert "unusual" in sentence(0.96, 360)
    assert "nothing the network has learned from" in sentence(1.0, 360) and "all 360" in sentence(1.0, 360)


def test_several_uploads_are_told_apart_and_a_bad_one_is_named(page: Callable) -> None:
    test = page(gradcam_which="your own pictures")
    good, bad = png(np.full((20, 30, 3), 200, np.uint8)), b"%PDF-1.7"
    test.file_uploader(key="gradcam_file").set_value(
        [("a.png", good, "image/png"), ("b.pdf", bad, "image/png"), ("c.png", good, "image/png")]
    ).run()
    assert not test.exception
    shown = text(test)
    assert "File 2: This is a PDF document" in shown and "Your picture 1 of 2" in shown
    test.number_input(key="gradcam_image").set_value(2).run()
    assert not test.exception and "Your picture 2 of 2" in text(test)


def test_many_images_share_one_scale(page: Callable) -> None:
    test = page(gradcam_tab="Many images", gradcam_image="358")
    assert not test.exception and "Images 349 to 360 of 360" in text(test)


def test_without_weights_the_page_offers_to_fetch_them_and_offline_it_goes_on(
    page: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    nowhere = SimpleNamespace(url="http://127.0.0.1:9/resnet18-00000000.pth")
    monkeypatch.setattr(pretrained, "weights", lambda name: nowhere)
    monkeypatch.setattr(pretrained, "is_here", lambda name: False)
    test = page(gradcam_tab="Photographs")
    assert not test.exception and "not on this computer yet" in text(test)
    test.button(key="gradcam_photo_fetch").click().run()
    assert not test.exception
    shown = text(test)
    assert "no connection" in shown and "go on working" in shown
    assert test.segmented_control(key="gradcam_whose").value == guests.OTHERS  # an old link's tab


def test_every_published_network_has_a_name_on_screen() -> None:
    assert tuple(name for name, _ in guests.NETWORKS.values()) == pretrained.NAMES


@pytest.fixture(scope="module")
def weights() -> bytes:
    """Random numbers in the form of a small network's weights, with three classes."""
    return save(state_of("mobilenet_v3_small", 3))


def brought(page: Callable, content: bytes) -> object:
    """The page with this file in the uploader for networks."""
    test = page(gradcam_whose=guests.OTHERS, gradcam_photo_net=guests.OWN)
    assert not test.exception and "torch.load" in code(test)
    file = ("net.safetensors", content, "application/octet-stream")
    return test.file_uploader(key="gradcam_guest_file").set_value(file).run()


def code(test: object) -> str:
    return " ".join(block.value for block in test.code)


def test_a_brought_network_is_recognized_named_and_asked(page: Callable, weights: bytes) -> None:
    test = brought(page, weights)
    assert not test.exception
    shown = text(test)
    assert "Recognized as **mobilenet_v3_small**: 3 classes" in shown and "Explained: “class" in shown
    (key,) = {area.key for area in test.text_area}
    test.text_area(key=key).set_value("ill, well, unclear").run()
    assert not test.exception
    test.selectbox(key="gradcam_photo_class").select("well (1)").run()
    assert not test.exception and "Explained: “well”" in text(test)
    test.text_area(key=key).set_value("ill, well").run()
    assert not test.exception and "2 different names" in " ".join(e.value for e in test.error)


def test_the_labs_own_cnn_comes_back_with_its_class_names_and_its_gray_pictures(page: Callable) -> None:
    network = lab_weights.network((Recipe("cells"), (28, 28, 1), 2))
    initialise(network, torch.Generator().manual_seed(0))
    test = brought(page, packed(network.state_dict(), {"class_names": '["ill", "well"]'}))
    assert not test.exception
    assert "Recognized as **CNN of the lab**: 2 classes" in text(test) and "7 × 7 = 49 numbers" in text(test)
    labels = {field.label for field in test.text_input}
    assert {"Mean", "Standard deviation"} <= labels
    test.selectbox(key="gradcam_photo_class").select("well (1)").run()
    assert not test.exception and "Explained: “well”" in text(test)


def test_a_brought_network_is_asked_more_closely_after_the_time_was_said(
    page: Callable, weights: bytes
) -> None:
    test = brought(page, weights)
    test.session_state["gradcam_guest_tab"] = "Forgetting"
    test.run()
    button = test.button(key="gradcam_guest_forgetting")
    assert "about" in button.label
    button.click().run()
    assert not test.exception and "Rank correlation with the first map" in text(test)


@pytest.mark.parametrize("photo", ["a flower", None], ids=["photograph", "own picture"])
def test_the_script_of_a_brought_network_prints_its_numbers(
    weights: bytes,
    photo: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    guest = asking.brought(lambda: weights)
    pixels = photograph("a flower")
    seen = asking.seen(guest, guest.how, pixels)
    layer = list(seen.layers)[-1]
    h = asking.maps(guest, guest.how, seen.window, (2,), layer)[0]
    (tmp_path / "network.safetensors").write_bytes(weights)
    (tmp_path / "picture.png").write_bytes(png(pixels))
    monkeypatch.chdir(tmp_path)
    Path("script.py").write_text(gradcam_text.guest_script(guest, guest.how, photo, layer, 2, 1.5))
    runpy.run_path("script.py")
    printed = capsys.readouterr().out
    for k, p in enumerate(seen.probabilities):
        assert f"class {k}: probability {p:.4g}"[:-1] in printed
    (numbers,) = [line for line in printed.splitlines() if line.startswith("heat map")]
    low, high, total = re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", numbers.partition("from")[2])
    np.testing.assert_allclose(
        [float(low), float(high), float(total)], [h.min(), h.max(), h.sum()], rtol=1e-4
    )


def test_a_picture_is_held_against_reference_pictures(page: Callable, weights: bytes) -> None:
    test = brought(page, weights)
    test.session_state["gradcam_guest_tab"] = "Reference pictures"
    test.run()
    assert not test.exception and "fewer than two good reference pictures" in text(test)
    temple = photograph("a temple")
    windows = [temple[i * 7 : i * 7 + 300, i * 11 : i * 11 + 300] for i in range(20)]
    references = [("a.png", png(window), "image/png") for window in windows] + [("b.png", b"no", "image/png")]
    test.file_uploader(key="gradcam_guest_references").set_value(references).run()
    assert not test.exception and "File 21" in " ".join(error.value for error in test.error)
    assert "Of 21 pictures, your 20 and this one" in text(test)
    test.selectbox(key="gradcam_photo").select("a flower").run()
    assert not test.exception and "**This picture is unlike your reference pictures.**" in text(test)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"PK\x03\x04" + bytes(99), "A pickle can run code"), (b"\xff" * 99, "no safetensors file")],
    ids=["pickle", "nonsense"],
)
def test_a_file_that_is_no_network_gets_a_sentence_and_the_line_that_makes_one(
    page: Callable, content: bytes, sentence: str
) -> None:
    test = brought(page, content)
    assert not test.exception and sentence in " ".join(error.value for error in test.error)
    assert "safetensors" in code(test)


def test_a_brought_network_is_shown_to_nobody_else(page: Callable, weights: bytes) -> None:
    mine = brought(page, weights)
    assert "Recognized as" in text(mine)
    other = page(gradcam_whose=guests.OTHERS, gradcam_photo_net=guests.OWN)
    assert not other.exception and "Recognized as" not in text(other)
    mine.file_uploader(key="gradcam_guest_file").clear().run()
    assert not mine.exception and "Recognized as" not in text(mine)
    assert guests.BROUGHT not in mine.session_state


def test_a_published_network_that_is_here_is_drawn_and_one_that_cannot_be_asked_says_why(
    page: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that holds it is played by one in this process; its weights are random numbers."""
    network = read_network(save(state_of("mobilenet_v3_small", 1000))).model
    monkeypatch.setattr("dlcore.classifiers.pretrained.network", lambda name, root: network)
    monkeypatch.setattr("dlcore.classifiers.pretrained.is_here", lambda name: True)
    worker = Worker()

    def ask(kind: str, content: bytes, **more: object) -> tuple[dict, bytes]:
        return worker.answer({"kind": kind, **more}, content)

    def busy(kind: str, content: bytes, **more: object) -> tuple[dict, bytes]:
        raise Unavailable(asking.GUESTS.busy)

    monkeypatch.setattr(asking.OUTSIDE, "ask", busy)
    test = page(gradcam_whose=guests.OTHERS, gradcam_photo_net="MobileNetV3 small")
    assert not test.exception and asking.GUESTS.busy in " ".join(box.value for box in test.warning)
    assert not any("not on this computer" in box.value for box in test.info)
    monkeypatch.setattr(asking.OUTSIDE, "ask", ask)
    test.run()
    assert not test.exception
    shown = text(test)
    assert "Published **mobilenet_v3_small**: 1,000 classes" in shown and "Explained: “" in shown
    test.run()  # what is cached by now comes back
    assert not test.exception and "Published **mobilenet_v3_small**" in text(test)
