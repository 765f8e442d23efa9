"""The Grad-CAM page's derivation, all classes and methods under AppTest; the oracle and the pictures behind them."""

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest
from test_attribution import small_network
from test_gradcam_page import FLAT, SMALL, page, runs, text

from dlcore import gradcam
from dlcore.attribution.comparison import compare, derivation, window_of
from dlcore.figures import attribution as figures
from dlcore.figures import panels
from dlcore.heatmaps.methods import METHODS
from dlcore.oracles.attribution import Opinion
from ui.frame import frame
from ui.gradcam import all_classes, methods, step_by_step
from ui.training.one_run import name_of

__all__ = ["page", "runs"]  # fixtures
IMAGE = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)


@pytest.mark.parametrize("step", step_by_step.STEPS)
def test_every_step_of_the_derivation_is_drawn_with_numbers(page: Callable, step: str) -> None:
    test = page(gradcam_step=step)
    assert not test.exception
    assert text(test).count("They should agree") == 0
    assert any("=" in element.value or r"\le" in element.value for element in test.latex)


def test_the_sum_is_the_score_only_behind_a_pooled_head(page: Callable) -> None:
    shown = text(page(gradcam_step="6 Cut at zero"))
    assert "This map sums to" in shown and "of the score y =" in shown
    for address in ({"gradcam_layer": "block 1 of 3"}, {"gradcam_run": name_of(FLAT)}):
        shown = text(page(gradcam_step="6 Cut at zero", **address))
        assert "Here they need not agree" in shown and "of the score y =" not in shown
    assert "weighs every cell on its own" in shown


@pytest.mark.parametrize(
    ("view", "run"), [*((view, SMALL) for view in all_classes.VIEWS), (all_classes.TWO, FLAT)]
)
def test_every_view_of_all_classes_is_drawn(page: Callable, view: str, run: object) -> None:
    address = {"gradcam_tab": "Compare classes", "gradcam_classes": view, "gradcam_run": name_of(run)}
    test = page(**address, gradcam_rival="<script>", gradcam_stretch="perhaps")
    assert not test.exception
    shown = text(test)
    assert (
        "The orange" in shown
        or "One scale for all" in shown
        or "L[" in shown
        or "multiplied by 10⁻⁶" in shown
    )


def test_stretching_is_off_until_asked_for(page: Callable) -> None:
    test = page(gradcam_tab="Compare classes")
    assert not test.toggle(key="gradcam_stretch").value and "One scale for all" in text(test)
    test.toggle(key="gradcam_stretch").set_value(True).run()
    assert not test.exception and "Now every map" in text(test)


@pytest.mark.parametrize(
    ("method", "number"),
    [("Grad-CAM++", "1"), ("Occlusion", "1"), ("Integrated gradients", "1"), ("Integrated gradients", "30")],
)
def test_the_methods_agree_with_their_second_opinions(page: Callable, method: str, number: str) -> None:
    test = page(
        gradcam_tab="Compare methods", gradcam_method=method, gradcam_image=number, gradcam_empty="black"
    )
    shown = text(test)
    assert not test.exception and shown.count("**Check**") == 3 and "They should agree" not in shown


def test_cam_is_missing_with_a_sentence_behind_a_flat_head(page: Callable) -> None:
    test = page(gradcam_tab="Compare methods", gradcam_run=name_of(FLAT), gradcam_method="CAM")
    assert not test.exception and "CAM exists only where" in text(test)


# --- behind the page


@pytest.mark.parametrize(("head", "outputs", "k"), [("pooled", 5, 2), ("flatten", 5, 0), ("pooled", 2, 0)])
def test_our_methods_equal_the_plain_formulas_in_float64(head: str, outputs: int, k: int) -> None:
    model = small_network(head, outputs)
    opinion, of_another_class = Opinion(model, IMAGE, k, 1), Opinion(model, IMAGE, 1 - k if k < 2 else 0, 1)
    compared = 0
    for answer in compare(model, IMAGE, k, "features.1", 0.5):
        name, asked = answer.method.name, (*window_of(12), 0.5)
        if answer.heatmap is None or (theirs := opinion.heatmap(name, *asked)) is None:
            continue
        compared += 1
        room = 1e-4 * max(1.0, np.abs(theirs).max())
        assert np.abs(answer.heatmap - theirs).max() <= room, name
        control = of_another_class.heatmap(name, *asked)
        assert control is not None and np.abs(answer.heatmap - control).max() > 10 * room
    assert compared == (4 if head == "flatten" else 5)


def test_the_pictures_are_valid_figures_with_one_scale_where_one_is_promised() -> None:
    model = small_network()
    found, look = derivation(model, IMAGE, 1, "features.1"), gradcam.look(model, IMAGE, "features.1")
    mask = IMAGE > 200
    limit = float(np.abs(look.heatmaps).max())
    shown = [figures.Panel(str(c), h, limit) for c, h in enumerate(look.heatmaps)]
    drawn = figures.side_by_side(shown, (12, 12), 3, panels.SIGNED_LOGITS, IMAGE, mask)
    figure = go.Figure(drawn.to_dict())
    maps = [trace for trace in figure.data if trace.type == "heatmap"]
    assert len(maps) == 5 and {(trace.zmin, trace.zmax) for trace in maps} == {(-limit, limit)}
    assert [trace.showscale for trace in maps] == [False] * 4 + [True]
    assert len({trace.xaxis for trace in figure.data}) == 6
    for other in (figures.running_total(found, 2, (12, 12)), figures.before_and_after(found, (12, 12))):
        assert len(go.Figure(other.to_dict()).data) >= 2
    share = figures.side_by_side([figures.Panel("a", found.heatmap, 1.0, "share")], (12, 12), 1)
    assert share.to_dict()["data"][0]["zmin"] == 0
    assert len(figures.weights(found).data[0].x) == len(found.alpha)
    np.testing.assert_array_equal(figures.score_bars(found, tuple("abcde")).data[0].x, found.scores)


def test_every_method_shows_its_own_source() -> None:
    for method in METHODS:
        name, code = frame._code_of(method.code)
        assert name == method.code.replace(":", ".") and code.startswith("def ")


def test_the_table_scores_only_what_is_there() -> None:
    found = compare(small_network("flatten"), IMAGE, 1, "features.1")
    lines = methods.table(found, IMAGE > 128)
    assert [line["method"] for line in lines] == list(methods.NAMES)
    missing = lines[methods.NAMES.index("CAM")]
    assert missing["AUC"] == "none" and missing["sum"] == "none"
    assert "AUC" not in methods.table(found, None)[0]
