"""The Grad-CAM page's tabs on whether a map is true: every one under AppTest, every figure validated."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from conftest import PATIENCE, ROOT

from dlcore import models, training
from dlcore.evaluation.intervals import Mean, Share
from dlcore.figures import sanity as lab_figures
from dlcore.figures import truth as figures
from dlcore.heatmaps import erasing, shortcut, similarity, truth
from dlcore.heatmaps.shortcut import Lit
from dlcore.heatmaps.similarity import Cascade
from dlcore.heatmaps.truth import Smoothing, Truth
from dlcore.runs import Recipe, Run
from dlcore.store.store import Store
from ui.frame.stored import image_set
from ui.gradcam import sanity_check, shortcuts
from ui.gradcam import truth as gradcam_truth
from ui.training.one_run import name_of

SMALL = Recipe(epochs=1, subset=100, width=4, seed=5)
MARKED = replace(SMALL, dataset="cells-shortcut", augmentation="none")
DIGITS = Recipe(dataset="digits", epochs=1, subset=100, width=4, depth=2, seed=5)
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def runs(own_folders: None) -> Iterator[list[Run]]:
    """Little networks in the store; taken out again, for other pages' tests expect an empty one."""
    store = Store()
    # through the pages' own cache, so that the images are drawn once
    trained = [training.fit(recipe, image_set(recipe.dataset)) for recipe in (SMALL, MARKED, DIGITS)]
    for run in trained:
        store.publish(run)
    yield trained
    for run in trained:
        store.delete(run.key)


@pytest.fixture
def tab(runs: list[Run]) -> Callable[..., Any]:
    """Opens a tab and runs the page until the text is there: tab("Against ground truth", "by scikit-learn")."""
    from streamlit.testing.v1 import AppTest

    def open_(name: str, until: str, recipe: Recipe = SMALL, **address: str) -> Any:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
        for key, value in {"gradcam_run": name_of(recipe), "gradcam_tab": name, **address}.items():
            test.query_params[key] = value
        test.switch_page("pages/gradcam.py").run()
        deadline = time.monotonic() + PATIENCE
        while until not in text(test) and not test.exception and time.monotonic() < deadline:
            time.sleep(0.2)
            test.run()
        assert not test.exception, test.exception
        assert until in text(test)
        assert "They should agree" not in text(test)
        return test

    return open_


def text(test: Any) -> str:
    return "\n".join(str(e.value) for kind in ("markdown", "caption", "error") for e in getattr(test, kind))


def test_methods_and_baselines_are_scored_on_the_whole_set(tab: Callable[..., Any]) -> None:
    shown = text(tab("Against ground truth", "scikit-learn, image by image"))
    assert "1,200 of 1,200 validation images" in shown
    for name in ("Grad-CAM", "HiResCAM", "Grad-CAM++", *truth.BASELINES):
        assert f"| {name} |" in shown
    mistakes = text(
        tab("Against ground truth", "scikit-learn, image by image", gradcam_truth_group="mistakes")
    )
    assert "1,200 of 1,200" not in mistakes


def test_garbled_addresses_change_nothing(tab: Callable[..., Any]) -> None:
    tab("Against ground truth", "image by image", gradcam_truth_measure="<b>", gradcam_truth_view="x" * 999)
    tab("Sanity check", "randomized", gradcam_sanity_seed="1e999", gradcam_sanity_alike="no")


def test_where_no_truth_is_known_pixels_are_taken_away(tab: Callable[..., Any]) -> None:
    shown = text(tab("Against ground truth", "area under the deletion curve", DIGITS))
    assert "nobody knows which pixels decide" in shown and "a lower area is better" in shown


def test_the_mean_curves_come_with_verdicts(tab: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlcore.attribution.many_images.ERASED", 4)
    address = {"gradcam_erase_fill": "blurred image"}
    shown = text(tab("Against ground truth", "Mean over 4 validation images", DIGITS, **address))
    assert shown.count("the map's order") == 4


def test_the_sanity_check_says_what_was_measured(
    tab: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlcore.attribution.sanity_check.MANY", 10)
    monkeypatch.setattr("dlcore.attribution.sanity_check.SEEDS", 2)
    test = tab("Sanity check", "by SciPy", DIGITS)
    assert "Means over 10 validation images" in text(test)
    assert any("Train 2 networks" in button.label for button in test.button)


def test_the_shortcut_lab_tells_the_whole_story(
    tab: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = {shortcuts.PLAIN: MARKED, shortcuts.ABSENT: SMALL}
    monkeypatch.setattr(shortcuts, "RECIPES", recipes)
    test = tab("Shortcuts", "light in the corner")
    shown = text(test)
    assert "once it is drawn again at random" in shown and "The second step" in shown
    assert "| without the marker |" in shown
    ledger, scores = Store().ledger, {"loss": 2.0, "accuracy": 0.25, "auc": 0.6}
    ledger.record_opening("cells-shortcut", "this computer", MARKED.key, scores)
    try:
        assert "The sealed test set has been opened with this network**: 25.0%" in text(test.run())
    finally:
        ledger.reset_openings("cells-shortcut", "this computer")


def test_the_recipes_compared_with_hold_no_information_or_only_another_seed(runs: list[Run]) -> None:
    run = runs[0]
    recipes = sanity_check._recipes(run)
    labels = RNG.integers(0, 5, 3000)
    noisy = training.noisy(labels, recipes[sanity_check.SHUFFLED].label_noise, 5, 0)
    agree = np.mean(noisy == labels)
    assert agree == pytest.approx(
        0.2, abs=0.001
    )  # as often right as a guess: a noise of 1 would be never right
    assert recipes[sanity_check.TWIN] == replace(run.recipe, seed=run.recipe.seed + 1)


def test_the_network_of_shuffled_labels_is_the_one_that_has_memorised(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels without information choose an early epoch on validation; compared is what has learned them by heart."""
    run = runs[0]
    recipes = sanity_check._recipes(run)
    early = replace(runs[0], best=1, epoch_weights={0: {}, 1: {}, 2: {}, 30: {}})
    monkeypatch.setattr(sanity_check.conduct, "finished", lambda _: {r.key: early for r in recipes.values()})
    asked: dict[str, int] = {}
    order = iter(recipes)
    monkeypatch.setattr(
        sanity_check, "_alike", lambda key, other, epoch, *_: asked.setdefault(next(order), epoch)
    )
    sanity_check._alike_to_others(run, "features.0")
    assert asked == {sanity_check.SHUFFLED: 30, sanity_check.TWIN: 1}
    last = max(run.epoch_weights)
    state = models.load(run, last).state_dict()
    assert all(
        np.array_equal(state[name].numpy(), values) for name, values in run.epoch_weights[last].items()
    )


# --- sentences are computed --------------------------------------------------------------------------------


def test_a_verdict_follows_the_interval() -> None:
    up, down, unclear = Mean(0.2, 0.1, 0.3, 9), Mean(-0.2, -0.3, -0.1, 9), Mean(0.0, -0.1, 0.1, 9)
    said = [gradcam_truth.compared(d) for d in (up, down, unclear)]
    assert said == ["is truer than", "is less true than", "cannot be told from"]
    values = {"Grad-CAM": np.full((30, 4), 0.4), "edges": np.full((30, 4), 0.9)}
    found = Truth(values, ("edges",), np.ones(30, bool), 0.2)
    assert "is less true than** " not in gradcam_truth.verdicts(found, found.right, 0)[0]
    assert "is less true than **edges**: −0.500" in gradcam_truth.verdicts(found, found.right, 0)[0]


def test_whether_smoothing_makes_a_map_truer_is_read_from_the_scores() -> None:
    base = RNG.random((3, 1, 40, 4))
    better = np.concatenate([base, base + 0.1], axis=1)
    worse = np.concatenate([base, base - 0.1], axis=1)
    for values, word in ((better, "**more accurate**"), (worse, "**less accurate**")):
        values[1:] = values[0]
        said = " ".join(gradcam_truth.is_it_truer(Smoothing(truth.MODES, (0.0, 6.0), values), 3))
        assert word in said


def lit_with(plain: np.ndarray, moved: np.ndarray) -> dict[str, Lit]:
    def of(hits: np.ndarray) -> Lit:
        nothing = np.zeros(0)
        return Lit({shortcut.KINDS[1]: hits}, Share(0, 0), nothing, nothing, nothing)

    return {shortcuts.PLAIN: of(plain), shortcuts.MOVED: of(moved)}


def test_whether_moving_the_images_helps_is_read_from_the_paired_interval() -> None:
    some = np.arange(1000)
    helped = shortcuts._does_moving_help(lit_with(some < 400, some < 800))
    worse = shortcuts._does_moving_help(lit_with(some < 800, some < 400))
    unclear = shortcuts._does_moving_help(lit_with(some < 400, (some < 380) | (some > 975)))
    assert "**helps**" in helped and "**makes it worse**" in worse and "**is not shown to help**" in unclear
    # Ten images more and none fewer: clear in pairs, though the two intervals overlap nearly whole.
    paired = shortcuts._does_moving_help(lit_with(some < 400, some < 410))
    assert "**helps**" in paired and "+1.0 percentage points (95% interval +0.4 to +1.7)" in paired


# --- figures -----------------------------------------------------------------------------------------------


def test_every_figure_passes_plotlys_validation() -> None:
    means = {
        "Grad-CAM": Mean(0.9, 0.8, 0.95, 9),
        "edges": Mean(0.5, 0.4, 0.6, 9),
        "none": truth.mean_of(np.array([np.nan]), "auc"),
    }
    drawn = [figures.method_scores(means, ("edges",), measure) for measure in truth.MEASURES]
    lines = {mode: [Mean(0.5, 0.4, 0.6, 9)] * 2 for mode in truth.MODES}
    drawn.append(figures.by_smoothing(lines, (0.0, 1.0), "iou"))
    curves = {"Grad-CAM": RNG.random((3, 5)), "random": RNG.random((3, 5))}
    found = erasing.Curves(np.linspace(0, 1, 5), curves, curves)
    drawn += [figures.erased(found, kind) for kind in ("deletion", "insertion")]
    alike = {name: RNG.random((2, 3)) for name in similarity.ALIKE}
    cascade = Cascade(("nothing", "head", "block 1"), alike, RNG.random((2, 3)), 5)
    drawn += [lab_figures.falling(cascade, name, {"another seed": 0.9}) for name in similarity.ALIKE]
    right = {"with": dict.fromkeys(shortcut.KINDS, Share(3, 4))}
    drawn.append(lab_figures.deceived(right))
    maps = RNG.normal(size=(2, 28, 28))
    images = RNG.integers(0, 256, (2, 28, 28, 3)).astype(np.uint8)
    drawn.append(lab_figures.row_of_maps({"a": maps[0], "b": maps[1]}))
    drawn.append(lab_figures.row_of_maps({"a": abs(maps[0])}, signed=False, marker=(1 / 28, 4 / 28)))
    pixels = lab_figures.examples(images, maps)
    assert pixels.dtype == np.uint8 and pixels.shape[0] == pixels.shape[1] >= 1400
    for figure in drawn:
        checked = go.Figure(figure.to_dict())
        assert checked.data and checked.layout.height
    assert drawn[0].data[1].marker.symbol == "diamond-open"
