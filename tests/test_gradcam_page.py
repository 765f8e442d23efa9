"""The Grad-CAM page under AppTest: from the empty state to a scored map; script, table, bad values."""

import csv
import functools
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from conftest import PATIENCE, ROOT
from PIL import Image

from dlcore import gradcam, models, training
from dlcore.data import ImageSet
from dlcore.data import load as load_anew
from dlcore.data.fitting import fitted
from dlcore.figures import gradcam as figures
from dlcore.heatmaps.heatmaps import Look
from dlcore.oracles import gradcam as oracle
from dlcore.runs import Recipe, Run
from dlcore.store.store import Store
from ui.gradcam import text as gradcam_text
from ui.training.one_run import name_of

SMALL = Recipe(epochs=1, subset=100, width=4)
FLAT = Recipe(dataset="digits", epochs=1, subset=100, width=4, depth=2, head="flatten")


@functools.cache
def load(name: str) -> ImageSet:
    """Drawing 6000 cells takes a second."""
    return load_anew(name)


@pytest.fixture(scope="module")
def runs(own_folders: None) -> Iterator[dict[str, Run]]:
    """Two little networks in the store; taken out again, for other pages' tests expect an empty one."""
    store, trained = Store(), {}
    for name, recipe in {"cells": SMALL, "digits": FLAT}.items():
        trained[name] = training.fit(recipe, load(recipe.dataset))
        store.publish(trained[name])
    yield trained
    for run in trained.values():
        store.delete(run.key)


@pytest.fixture
def page(runs: dict[str, Run]) -> Callable[..., object]:
    """Opens the page with an address: page(gradcam_class="basophil") -> AppTest."""
    from streamlit.testing.v1 import AppTest

    def open_(**address: str) -> object:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
        for name, value in {"gradcam_run": name_of(SMALL), **address}.items():
            test.query_params[name] = value
        return test.switch_page("pages/gradcam.py").run()

    return open_


def text(test: object) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error", "latex")
    return "\n".join(element.value for kind in kinds for element in getattr(test, kind))  # type: ignore[attr-defined]


def test_without_a_network_the_page_offers_to_train_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Callable
) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))  # whatever other tests have trained
    test = app("gradcam")
    assert not test.exception
    assert "no trained CNN yet" in text(test)
    assert re.fullmatch(r"Train, about \d+ s", test.button(key="gradcam_train").label)


def test_the_page_shows_prediction_map_scores_and_both_checks(page: Callable) -> None:
    test = page()
    assert not test.exception
    shown = text(test)
    assert "validation image 2 of 1200" in shown.lower() and "7 × 7 = 49 numbers" in shown
    assert shown.count("**Check**") == 2 and "They should agree" not in shown
    assert "| AUC |" in shown and "Not for clinical use" in shown
    in_a_closed_popover = {"gradcam_order"}
    shown = {widget.key for widget in (*test.selectbox, *test.number_input, *test.slider)}
    assert len(shown - in_a_closed_popover) == 6


def test_the_address_restores_the_state(page: Callable, runs: dict[str, Run]) -> None:
    test = page(
        gradcam_class="basophil", gradcam_which="monocyte", gradcam_image="3", gradcam_layer="block 1 of 3"
    )
    shown = text(test)
    assert "Explained: “basophil”" in shown and "its class: monocyte" in shown and "image 3 of" in shown
    assert "14 × 14" in shown and shown.count("**Check**") == 1


def test_bad_addresses_end_in_sentences(page: Callable) -> None:
    test = page(gradcam_run="<script>", gradcam_class="nan", gradcam_image="999999", gradcam_which="x" * 5000)
    assert not test.exception
    said = [box.value for box in test.info if "This link asks for" in box.value]
    names = ("gradcam_class", "gradcam_image", "gradcam_run", "gradcam_which")
    assert len(said) == 1 and all(name in said[0] for name in names)
    test = page(gradcam_which="lymphocyte", gradcam_sigma="1e999", gradcam_image="1200")
    assert not test.exception
    said = [box.value for box in test.info if "This link asks for" in box.value]
    assert len(said) == 1 and "gradcam_image" in said[0] and "gradcam_sigma" in said[0]


def test_a_network_with_other_classes_can_be_chosen_at_any_time(page: Callable) -> None:
    test = page(gradcam_class="basophil", gradcam_which="basophil", gradcam_layer="block 1 of 3")
    test.selectbox(key="gradcam_run").set_value(name_of(FLAT)).run()
    assert not test.exception
    shown = text(test)
    assert "nobody knows which pixels decide" in shown and "They should agree" not in shown


def test_the_script_prints_the_numbers_on_screen(runs: dict[str, Run], tmp_path: Path) -> None:
    from ui.gradcam.subject import Subject
    from ui.gradcam.view import view

    run, images = runs["cells"], load("cells")
    index = int(run.val_index[4])
    assert images.masks is not None
    subject = Subject(images.images[index], "", int(images.labels[index]), images.masks[index], index)
    look = gradcam.look(models.load(run), subject.pixels, "features.1")
    written = gradcam_text.gradcam_script(run, subject, "features.1", 2, 1.5)
    file = tmp_path / "script.py"
    file.write_text(written)
    ran = subprocess.run(
        [sys.executable, str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name, z, p in zip(run.class_names, look.scores, look.probabilities, strict=True):
        assert f"{name}: score {z:.6g}, probability {p:.6g}" in ran
    assert f"sum {look.heatmaps[2].sum():.6g} logits" in ran
    assert str(view(look, 2, subject, 1.5).shown_scores) in ran


def test_the_script_for_an_own_picture_runs_too(runs: dict[str, Run], tmp_path: Path) -> None:
    from ui.gradcam.subject import Subject

    Image.fromarray(np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)).save(tmp_path / "picture.png")
    subject = Subject(np.zeros((28, 28, 3), np.uint8), "your own picture")
    (tmp_path / "script.py").write_text(
        gradcam_text.gradcam_script(runs["cells"], subject, "features.2", 0, 0.0)
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "heat map (7, 7)" in ran


def test_the_table_holds_every_cell_of_every_class(runs: dict[str, Run]) -> None:
    run = runs["cells"]
    look = gradcam.look(models.load(run), load("cells").images[0])
    rows = list(csv.DictReader(io.StringIO(gradcam_text.table(look, run.class_names))))
    assert len(rows) == look.heatmaps.size
    values = np.array([float(row["logits"]) for row in rows]).reshape(look.heatmaps.shape)
    np.testing.assert_allclose(values, look.heatmaps, rtol=1e-7)


@pytest.mark.parametrize("dataset", ["cells", "digits"])
def test_the_second_opinion_agrees_at_every_block(runs: dict[str, Run], dataset: str) -> None:
    model, image = models.load(runs[dataset]), load(dataset).images[7]
    for block in range(runs[dataset].recipe.depth or 0):
        ours = gradcam.look(model, image, f"features.{block}").heatmaps
        np.testing.assert_allclose(ours, oracle.heatmaps(model, image, block), rtol=0, atol=1e-5)
    assert not np.allclose(ours, oracle.heatmaps(model, load(dataset).images[8], block), atol=1e-5)


def test_one_logit_networks_have_two_scores_and_two_opposite_maps() -> None:
    imageset = load("digits")
    two = type(imageset)("two", imageset.images, imageset.labels % 2, ("even", "odd"))
    model = models.build(FLAT, two).eval()
    look = gradcam.look(model, two.images[0])
    assert look.scores[0] == -look.scores[1] and look.probabilities.sum() == pytest.approx(1)
    np.testing.assert_array_equal(look.heatmaps[0], -look.heatmaps[1])
    np.testing.assert_allclose(oracle.heatmaps(model, two.images[0], 1), look.heatmaps, atol=1e-5)
    assert oracle.biases(model).shape == (2,)


def a_look(heatmap: np.ndarray) -> Look:
    return Look("features", np.array([1.0]), np.array([1.0]), heatmap[None], np.ones((1, 1)), heatmap[None])


def test_blank_and_all_negative_maps_are_explained_in_words() -> None:
    assert "blank" in (gradcam_text.in_words(a_look(np.zeros((2, 2))), 0, "a") or "")
    assert "No place speaks for" in (gradcam_text.in_words(a_look(-np.ones((2, 2))), 0, "a") or "")
    assert gradcam_text.in_words(a_look(np.array([[1.0, -1.0]])), 0, "a") is None


def test_the_formula_adds_up_to_the_value_it_shows() -> None:
    look = a_look(np.array([[1.0, -4.0]]))
    assert "L_{1,2}" in gradcam_text.formula(look, 0) and r"(-4)" in gradcam_text.formula(look, 0)


def test_figures_draw_every_kind_of_image_on_one_signed_scale() -> None:
    heat = np.array([[1.0, -2.0], [0.0, 0.5]])
    for image in (np.zeros((4, 6), np.uint8), np.zeros((4, 6, 3), np.uint8)):
        over = figures.image_and_overlay(image, np.zeros((4, 6)), 2.0, np.ones((4, 6), bool))
        checked = go.Figure(over.to_dict())  # validates what the page sends unchecked
        assert len(checked.data) == 5 and "heatmap" in checked.to_html(include_plotlyjs=False)
    pair = go.Figure(figures.raw_and_smoothed(heat, np.zeros((4, 6)), 2.0, 1.0).to_dict())
    assert all(trace.zmin == -2.0 and trace.zmax == 2.0 for trace in pair.data)
    bars = figures.probabilities(np.array([0.2, 0.8]), ("a", "b"), 0, 0)
    assert bars.layout.yaxis.ticktext == ("<b>a</b><br>true", "b<br>predicted")


@pytest.mark.parametrize("size", [(40, 60), (60, 40), (4, 200), (7, 7), (28, 28)])
@pytest.mark.parametrize("shape", [(28, 28, 3), (28, 28, 1), (8, 8, 1), (16, 32, 3)])
def test_any_picture_is_fitted_to_the_network(size: tuple[int, int], shape: tuple[int, int, int]) -> None:
    made = fitted(np.full((*size, 3), (200, 100, 50), np.uint8), shape)
    assert made.shape == (shape if shape[2] == 3 else shape[:2]) and made.dtype == np.uint8
    assert np.ptp(made.reshape(-1, shape[2]), axis=0).max() == 0


def test_fitting_keeps_the_middle_and_copies_what_fits() -> None:
    picture = np.zeros((28, 56, 3), np.uint8)
    picture[:, 14:42] = 255
    assert fitted(picture, (28, 28, 3)).min() == 255
    exact = np.random.default_rng(0).integers(0, 256, (28, 28, 3)).astype(np.uint8)
    np.testing.assert_array_equal(fitted(exact, (28, 28, 3)), exact)


def test_without_its_database_the_page_does_not_say_that_nothing_was_trained(
    page: Callable, app: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dlcore.store.ledger import Ledger

    assert "cannot be listed" not in text(page())  # the control: the database answers

    def away(*_: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(Ledger, "runs", away)
    test = page()
    assert not test.exception
    assert "cannot be listed just now" in text(test) and "no trained CNN yet" not in text(test)
    test = app("convolution")
    test.query_params["convolution_tab"] = "Inside a trained CNN"
    assert not test.run().exception
    assert "cannot be listed just now" in text(test) and "No trained CNN is stored yet" not in text(test)
