"""The training page: its sections without a browser, and a training from click to curves in a real one."""

import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import PATIENCE, settle
from made_files import class_folders, picture, saved, zipped

from dlcore.data import NAMES, BadInput, ImageSet, Split, load
from dlcore.data.downloads import data_folder
from dlcore.data.uploads import keep_set
from dlcore.evaluation.intervals import Share
from dlcore.experiments import costs
from dlcore.experiments.groups import k_folds, like_for_like, subsets
from dlcore.jobs.quotas import kept_by
from dlcore.metrics import confusion
from dlcore.runs import Recipe, Run
from dlcore.store.store import shared
from dlcore.takeaway.weights import weights_with_metadata
from dlcore.training import fit
from ui.training.evaluation import _why_positive
from ui.training.one_run import FLATTERED


@pytest.fixture(scope="module")
def stored() -> list[Run]:
    """Three small runs in the store, as trainings would have left them."""
    runs = [fit(Recipe(dataset="digits", model="mlp", epochs=2, width=16, seed=seed)) for seed in range(3)]
    for run in runs:
        shared().publish(run)
    return runs


def open_tab(app: Callable, tab: str, run: Run | None = None, **query: str) -> Any:
    """The page with a tab open, a run on show and more in its address, in a session new to the page."""
    test = app("home").switch_page("pages/training.py")
    test.query_params["training_data"] = "Handwritten digits"
    test.query_params["training_tab"] = tab
    if run is not None:
        test.query_params["training_run"] = run.key
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def texts(test: Any) -> str:
    return "\n".join(str(e.value) for e in (*test.markdown, *test.caption, *test.warning, *test.info))


def wait_until(test: Any, text: str) -> Any:
    """Runs the page again until it says this: slow answers are made beside it."""
    end = time.monotonic() + PATIENCE
    while text not in texts(test):
        assert time.monotonic() < end, f"the page does not say {text!r}: {texts(test)}"
        time.sleep(0.2)
        test.run()
        assert not test.exception
    return test


def test_the_splits_say_which_split_they_are_and_what_test_is_for(app: Callable) -> None:
    test = open_tab(app, "Data splits")
    assert not test.exception
    said = texts(test)
    assert "No official split" in said and "no decision may depend on it" in said
    assert "a shift in prevalence is not shown" in said


def test_the_leak_detector_counts_pairs_and_sets_the_run_apart(app: Callable, stored: list[Run]) -> None:
    test = wait_until(
        open_tab(app, "Data splits", stored[0], training_leaks="true", training_twin="0.95"),
        "have a near-duplicate",
    )
    assert "near-duplicates" in texts(test) and "The class mix differs too" in texts(test)
    assert test.segmented_control(key="training_leak_who").value == "the MLP on show"
    closer = test.select_slider(key="training_twin").set_value(0.999).run()
    assert "nothing to set apart" in texts(closer)


def test_the_test_set_opens_once_confirmed_is_counted_and_contaminates_what_follows(
    app: Callable, stored: list[Run]
) -> None:
    ledger, first, second = shared().ledger, *stored[:2]
    ledger.reset_openings("digits", "this computer")
    test = open_tab(app, "Sealed test set", first)
    assert "is **closed**" in texts(test)
    assert test.button(key="training_open_test").disabled
    test.checkbox[0].check().run()
    test.button(key="training_open_test").click().run()
    wait_until(test, "has been submitted")
    looks = ledger.test_openings("digits", "this computer")
    assert [look["key"] for look in looks] == [first.key]
    assert f"{100 * looks[0]['scores']['accuracy']:.1f}% (" in texts(test)  # with its interval
    test.run()
    assert len(ledger.test_openings("digits", "this computer")) == 1  # a rerun is no look

    again = open_tab(app, "Sealed test set", second)
    assert "opened once already" in texts(again)
    assert "upper bound" in texts(again) and "E[max of 2]" in texts(again)
    again.checkbox[0].check().run()
    again.button(key="training_open_test").click().run()
    wait_until(again, "| 2 |")
    assert "contaminated" in texts(again)

    ledger.reset_openings("digits", "this computer")
    sealed = open_tab(app, "Sealed test set", second)
    assert "is **closed**" in texts(sealed)


def test_the_runs_table_marks_a_run_made_after_a_look_and_names_a_default_run(
    app: Callable, stored: list[Run]
) -> None:
    ledger = shared().ledger
    ledger.reset_openings("digits", "this computer")
    ledger.record_opening("digits", "this computer", stored[0].key, {"accuracy": 0.5, "auc": None})
    late = fit(
        Recipe(dataset="digits", model="mlp", epochs=1, seed=77)
    )  # no other test has trained it before
    shared().publish(late)
    test = open_tab(app, "Saved runs")
    table = test.dataframe[0].value.set_index("run")
    assert table.loc[late.key[:6], "chosen"] == "after the test set was opened: contaminated"
    assert table.loc[stored[0].key[:6], "chosen"] == ""
    assert table.loc[late.key[:6], "differs from the default in"] == "epochs 1 · seed 77"
    ledger.reset_openings("digits", "this computer")


def test_chosen_runs_are_told_apart_renamed_exported_and_drawn(app: Callable, stored: list[Run]) -> None:
    first, second = stored[:2]
    test = open_tab(app, "Saved runs", first)
    test.multiselect(key="training_compare").set_value([first.key, second.key]).run()
    assert not test.exception
    differing = test.dataframe[1].value
    assert list(differing.index[:1]) == ["seed"] and list(differing.loc["seed"]) == ["0", "1"]
    assert first.key in test.code[0].value and "training_data=Handwritten" in test.code[0].value
    test.text_input(key=f"training_name_{first.key[:12]}").set_value("my first\n<b>").run()
    assert test.dataframe[0].value.set_index("run").loc[first.key[:6], "name"] == "my first <b>"
    shared().ledger.rename(first.key, "this computer", "")


def test_repeating_a_run_fills_every_control_so_that_the_recipe_comes_out_again(app: Callable) -> None:
    recipe = Recipe(
        dataset="digits", model="mlp", epochs=3, width=16, learning_rate=2e-3, batch_size=50, optimizer="sgd",
        schedule="cosine", dropout=0.35, weight_decay=2.0, label_noise=0.1, seed=4, patience=2,
    )  # fmt: skip
    shared().publish(fit(recipe))
    test = open_tab(app, "Saved runs")
    test.selectbox(key="training_one").select(recipe.key).run()
    test.button(key="training_repeat").click().run()
    assert not test.exception and not test.warning
    assert "label_noise 0.1" in texts(test)
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "dlcore.jobs.jobs.submit", lambda wanted, **_: asked.append(wanted) or stored_job(wanted)
        )
        test.button(key="training_start").click().run()
    assert asked == [recipe]
    test.session_state["training_more"] = True
    assert not test.run().exception  # the controls of the closed section take the values as well


def stored_job(recipe: Recipe) -> object:
    """A finished job without an engine."""
    from dlcore.jobs.jobs import Job
    from dlcore.jobs.lifecycle import find

    return Job(find(recipe))


def test_a_run_is_taken_home_in_four_files(app: Callable, stored: list[Run]) -> None:
    test = open_tab(app, "Saved runs", stored[1], training_takeaway="true")
    test.session_state["training_takeaway"] = True
    test.run()
    assert not test.exception
    assert any("import torch" in code.value and "dlcore" not in code.value for code in test.code)
    offered = {button.proto.label for button in test.get("download_button")}
    assert {"Script and images", "Notebook and images", "Weights", "Model card"} <= offered


def hand_in(app: Callable, content: bytes, words: str) -> Any:
    """The tab of the runs with this file handed in, once it says these words."""
    test = open_tab(app, "Saved runs")
    test.session_state["training_bring"] = True
    test.run()
    test.file_uploader(key="training_brought").upload("anything.bin", content).run()
    end = time.monotonic() + PATIENCE
    while words not in texts(test) + "".join(e.value for e in test.success):
        assert time.monotonic() < end, texts(test)
        time.sleep(0.2)
        test.run()
        assert not test.exception
    return test


def test_a_run_brought_back_is_checked_and_on_show(app: Callable) -> None:
    away = fit(Recipe(dataset="digits", model="cnn", epochs=2, width=3, seed=77))
    file = weights_with_metadata(away, load("digits"))
    test = hand_in(app, file, "agree with the images here")
    key = hashlib.sha256(file).hexdigest()
    back = shared().get(key)
    assert back is not None and back.epochs == away.epochs and shared().get(away.key) is None
    assert shared().ledger.owners([key])[key] == {"this computer"}
    assert "You brought this run in a file" in texts(test)
    assert key[:6] in set(test.dataframe[0].value["run"])
    for tab in ("Evaluation", "Sealed test set", "Data splits"):
        assert not open_tab(app, tab, back).exception
    for page, address in (("gradcam", "gradcam_run"), ("convolution", "convolution_run")):
        other = app("home").switch_page(f"pages/{page}.py")
        other.query_params[address] = key
        assert not other.run().exception
    shared().delete(key)


def test_a_brought_run_whose_images_are_not_here_says_so(
    app: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = fit(Recipe(dataset="digits", model="mlp", epochs=1, width=3, seed=78))
    absent = replace(away, recipe=replace(away.recipe, dataset="breastmnist"))
    file = weights_with_metadata(absent, load("digits"))
    test = hand_in(app, file, "nothing could be checked")
    back = shared().get(hashlib.sha256(file).hexdigest())
    assert back is not None and "Its images are not here" in texts(test)
    for tab in ("Evaluation", "Sealed test set", "Data splits"):
        assert not open_tab(app, tab, back).exception
    # Its images arrive, and are others than those it names.
    others = replace(load("digits"), images=255 - load("digits").images)
    monkeypatch.setattr("ui.frame.stored.is_here", lambda _: True)
    monkeypatch.setattr("ui.frame.stored.image_set", lambda _: others)
    test = open_tab(app, "Saved runs", back)
    test.selectbox(key="training_one").select(back.key).run()
    assert not test.exception and "other images than those" in texts(test)
    shared().delete(back.key)


def test_a_file_that_is_no_run_gets_a_sentence_on_the_page(
    app: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shared().ledger.keys()
    hand_in(app, b"no run at all", "Nothing was changed.")
    assert shared().ledger.keys() == before


def test_only_own_runs_can_be_deleted_and_a_deleted_one_is_gone(app: Callable) -> None:
    mine, theirs = (fit(Recipe(dataset="digits", model="mlp", epochs=1, seed=s)) for s in (31, 32))
    for run in (mine, theirs):
        shared().publish(run)
    shared().ledger.claim([theirs.key], "somebody else")
    test = open_tab(app, "Saved runs", mine)
    test.selectbox(key="training_one").select(theirs.key).run()
    assert test.button(key="training_not_mine").disabled
    test.selectbox(key="training_one").select(mine.key).run()
    test.button(key=f"training_delete_{mine.key[:12]}").click().run()
    assert not test.exception
    assert shared().get(mine.key) is None and shared().get(theirs.key) is not None
    assert mine.key[:6] not in set(test.dataframe[0].value["run"])


def with_epochs(test: Any, epochs: int) -> Any:
    return test.slider(key="training_epochs_digits").set_value(epochs).run()


def test_folds_that_are_done_are_drawn_with_both_errors_and_the_rest_is_offered(app: Callable) -> None:
    recipe = Recipe(dataset="digits", model="mlp", epochs=1)
    for done in k_folds(recipe, 3).recipes[:2]:
        shared().publish(fit(done))
    test = with_epochs(
        open_tab(
            app, "Experiments", training_experiment="Cross-validation", training_model="MLP", training_k="3"
        ),
        1,
    )
    assert not test.exception
    assert "2 of 3 folds. Mean" in texts(test) and "makes √(p(1 − p)/n)" in texts(test)
    assert test.button(key="training_start_folds").label.startswith("Train 1 network, about")
    test.toggle(key="training_deals").set_value(True).run()
    wait_until(test, "moves only by")
    assert "the honest comparison is" in texts(test)


def test_mlp_against_cnn_tells_equal_parameter_counts_and_draws_what_is_done(app: Callable) -> None:
    base = Recipe(dataset="digits", model="mlp", epochs=1)
    recipes = like_for_like(base, (8, 8, 1), 10, 1).recipes
    for done in recipes:
        shared().publish(fit(done))
    test = with_epochs(open_tab(app, "Experiments", training_model="MLP", training_seeds="1"), 1)
    assert not test.exception
    assert all(f"{costs.parameters(recipe, (8, 8, 1), 10):,}" in texts(test) for recipe in recipes)
    assert "CNN " in texts(test) and "(one seed)" in texts(test)
    test.toggle(key="training_shift").set_value(True).run()
    wait_until(test, "Every validation image is moved")
    test.toggle(key="training_permuted").set_value(True).run()
    assert test.button(key="training_start_mlp_cnn").label.startswith("Train 2 networks")


def test_the_overfitting_lens_draws_the_gap(app: Callable) -> None:
    base = Recipe(dataset="digits", model="mlp", epochs=1)
    recipes = subsets(base, 1078).recipes
    for done in (recipes[0], recipes[-1]):
        shared().publish(fit(done))
    test = with_epochs(
        open_tab(app, "Experiments", training_experiment="Training set size", training_model="MLP"), 1
    )
    assert not test.exception
    assert "with 20 images" in texts(test) and "with 1,078" in texts(test)
    assert test.button(key="training_start_sizes").label.startswith("Train 4 networks")


def test_thresholds_move_both_curves_and_agree_with_scikit_learn(app: Callable, stored: list[Run]) -> None:
    test = open_tab(app, "Evaluation", stored[0], training_view="Thresholds")
    assert not test.exception
    assert "Always saying" in texts(test) and "average precision: ours" in texts(test)
    test.slider(key="training_threshold").set_value(0.0).run()
    assert "Sensitivity for “8” 100.0%" in texts(test) and "Recall of “8” 100.0%" in texts(test)
    test.slider(key="training_threshold").set_value(1.0).run()
    assert "specificity for “8” 100.0%" in texts(test)
    assert not test.error


def test_the_positive_class_is_named_beside_every_figure_and_can_be_changed(
    app: Callable, stored: list[Run]
) -> None:
    test = open_tab(app, "Evaluation", stored[0], training_view="Thresholds")
    assert "Positive is “8” (the rarest class" in texts(test)
    test.selectbox(key="training_roc_class").set_value("3").run()
    said = texts(test)
    assert "Positive is “3” (you chose it)" in said and "for “8”" not in said
    for figure in ("Sensitivity for", "specificity for", "precision for", "Recall of"):
        assert f"{figure} “3” " in said


def test_the_thresholds_of_breastmnist_call_the_disease_positive() -> None:
    labels = np.array([0, 1, 1, 1])
    images = ImageSet("breastmnist", np.zeros((4, 2, 2), np.uint8), labels, ("malignant", "normal, benign"))
    assert "“malignant” (the rarest class" in _why_positive(images, "malignant")
    images = replace(images, positive=0)
    assert "“malignant” (the disease" in _why_positive(images, "malignant")
    assert "“normal, benign” (you chose it)" in _why_positive(images, "normal, benign")


def test_the_headline_has_wilsons_interval_and_says_that_the_epoch_was_chosen_here(
    app: Callable, stored: list[Run]
) -> None:
    run = stored[0]
    best = run.best_epoch
    assert best is not None
    said = str(Share(round(best.val_accuracy * len(run.val_index)), len(run.val_index)))
    test = open_tab(app, "Evaluation", run)
    assert f"accuracy {said}. {FLATTERED}" in texts(test)  # under the formula
    assert f"Validation accuracy **{said}** after epoch {run.best}" in texts(test)
    assert "±" not in said


def test_calibration_stands_beside_the_classes(app: Callable, stored: list[Run]) -> None:
    test = open_tab(app, "Evaluation", stored[0], training_view="Calibration")
    assert "Expected calibration error" in texts(test)
    assert len(test.dataframe[0].value) == 10


def test_any_epoch_can_be_looked_at_and_a_run_without_a_history_says_so(
    app: Callable, stored: list[Run]
) -> None:
    run = stored[0]
    test = open_tab(app, "Evaluation", run)
    slider = test.select_slider(key=f"training_epoch_{run.key[:12]}")
    assert slider.value == run.best
    other = 1 if run.best == 2 else 2
    slider.set_value(other).run()
    assert not test.exception and not test.error  # the check against the recorded accuracy holds
    assert f"after epoch {other}" in texts(test)
    assert f"{100 * run.epochs[other - 1].val_accuracy:.1f}% (" in texts(test)
    old = replace(
        run,
        recipe=replace(run.recipe, seed=77),
        history=run.history[:0],
        history_epochs=run.history_epochs[:0],
    )
    shared().publish(old)
    assert "before epochs were remembered" in texts(open_tab(app, "Evaluation", old))


def test_a_cell_of_the_matrix_is_chosen_by_two_lists(app: Callable, stored: list[Run]) -> None:
    labels = load("digits").labels[stored[0].val_index]
    hits = confusion(stored[0].val_probabilities, labels).diagonal()
    name, found = str(hits.argmax()), hits.max()  # the digits' classes are called by their digit
    test = open_tab(app, "Evaluation", stored[0])
    test.selectbox(key="training_true").select(name).run()
    test.selectbox(key="training_called").select(name).run()
    assert found and f"{found} images" in texts(test).replace(f"16 of {found}", str(found))


def test_the_published_table_needs_no_run_and_its_recipe_fills_the_controls(app: Callable) -> None:
    test = open_tab(app, "Evaluation", training_view="Published results")
    assert not test.exception
    assert len(test.dataframe[0].value) == 12 and "no ranking survives" in texts(test)
    assert "none on validation images is shown" in texts(test)
    test.button(key="training_protocol").click().run()
    assert test.slider(key="training_epochs_digits").value == 100
    assert test.select_slider(key="training_batch").value == 128
    assert test.session_state["training_schedule"] == "step" and not test.warning


def test_a_refused_answer_is_a_sentence_and_an_unforeseen_one_is_not_hidden() -> None:
    from streamlit.testing.v1 import AppTest

    def page(kind: str) -> None:
        import builtins
        from concurrent.futures import Future

        from ui.frame import slow_answers

        future: Future = Future()
        future.set_exception(getattr(builtins, kind)("Too few images."))
        assert not slow_answers.is_there(future, "Working …")

    refused = AppTest.from_function(page, kwargs={"kind": "ValueError"}).run()
    assert not refused.exception and refused.warning[0].value == "Too few images."
    assert AppTest.from_function(page, kwargs={"kind": "RuntimeError"}).run().exception


@pytest.mark.parametrize("tab", ["Saved runs", "Experiments", "Evaluation", "Sealed test set"])
def test_every_tab_opens_before_anything_has_been_trained(tab: str, app: Callable) -> None:
    test = open_tab(app, tab)
    assert not test.exception and not test.error


@pytest.mark.parametrize(
    "query",
    [
        {"training_run": "../../etc/passwd"},
        {"training_run": "f" * 64},
        {"training_tab": "<script>"},
        {"training_leaks": "true", "training_twin": "7"},
        {
            "training_tab": "Experiments",
            "training_experiment": "Cross-validation",
            "training_k": "99",
            "training_deals": "perhaps",
        },
        {
            "training_tab": "Experiments",
            "training_experiment": "<b>",
            "training_seeds": "-1",
            "training_seed": "1e999",
        },
        {"training_tab": "Sealed test set", "training_noise_m": "1e999", "training_noise_seed": "1e999"},
        {"training_data": "NoSuchSet", "training_model": "transformer", "training_rate": "inf"},
    ],
)
def test_a_garbled_address_gives_no_exception(query: dict[str, str], app: Callable) -> None:
    test = app("home").switch_page("pages/training.py")
    for name, value in query.items():
        test.query_params[name] = value
    assert not test.run().exception


def test_a_bad_upload_gets_a_sentence_and_changes_nothing(app: Callable) -> None:
    test = brought(open_tab(app, "Data splits"), "mine.npz", b"not an archive")
    wait_until(test, "Nothing was changed.")
    assert test.selectbox(key="training_data").value == "digits"


def brought(test: Any, name: str, content: bytes) -> Any:
    """The page after a file was put into its uploader."""
    test.session_state["training_upload_section"] = True
    test.run()
    return test.file_uploader(key="training_file").upload(name, content).run()


def test_a_zip_of_class_folders_is_shown_with_its_repairs_accepted_and_chosen_at_once(app: Callable) -> None:
    test = brought(open_tab(app, "Data splits"), "mine.zip", zipped(class_folders(size=(30, 44))))
    wait_until(test, "**12 images of 2 classes**")
    assert (
        test.checkbox(key="training_repair_sizes").value
        and not test.checkbox(key="training_repair_pad").value
    )
    test.button(key="training_accept").click().run()
    wait_until(test, "Accepted, and chosen")
    name = test.selectbox(key="training_data").value
    assert name.startswith("upload:") and load(name).class_names == ("bright", "dark")
    test.button(key="training_forget_sets").click().run()
    assert not test.exception and test.selectbox(key="training_data").value == NAMES[0]
    with pytest.raises(BadInput):
        load(name)


def test_pictures_are_kept_at_the_chosen_size_whose_cost_is_said_before(app: Callable) -> None:
    test = brought(open_tab(app, "Data splits"), "mine.zip", zipped(class_folders(size=(90, 90))))
    wait_until(test, "**28 × 28: 0.0094 MB, about 2 s**; 64 × 64: 0.049 MB")
    assert "for as long" not in texts(test) and "until you remove them" in texts(test)
    test.button_group(key="training_side").set_value(64).run()
    wait_until(test, "**64 × 64: 0.049 MB")
    wait_until(test, "**12 images of 2 classes**").button(key="training_accept").click().run()
    wait_until(test, "Accepted, and chosen")
    assert load(test.selectbox(key="training_data").value).images.shape == (12, 64, 64)


def test_the_uploader_says_for_how_long_pictures_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.training.own_images import patients

    assert "until you remove them" in patients() and "days" not in patients()
    monkeypatch.setenv("DLCORE_KEEP_DAYS", "12")
    assert "for 12 days or until you remove them" in patients()


def test_reading_files_shows_progress_and_can_be_cancelled(
    app: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.training import own_images

    def slow(_content: bytes, _side: int, on_progress: Callable, stop: Callable) -> None:
        on_progress(0.25)
        while not stop():
            time.sleep(0.01)
        raise BadInput("Reading was cancelled.")

    monkeypatch.setattr(own_images, "looked_at", slow)
    test = brought(open_tab(app, "Data splits"), "mine.npz", b"anything")
    test.button(key="slow_answer_cancel").click().run()
    wait_until(test, "Reading was cancelled. Nothing was changed.")
    assert test.selectbox(key="training_data").value == "digits"


def test_a_refused_repair_is_not_made_and_one_that_is_needed_ends_in_a_sentence(app: Callable) -> None:
    test = brought(open_tab(app, "Data splits"), "mine.zip", zipped(class_folders(size=(30, 44))))
    wait_until(test, "**12 images of 2 classes**")
    test.checkbox(key="training_repair_sizes").uncheck().run()
    test.button(key="training_accept").click().run()
    wait_until(test, "Without this repair the file cannot be used")
    assert test.selectbox(key="training_data").value == "digits"


def test_several_pictures_are_read_once_each_has_a_label(app: Callable) -> None:
    test = open_tab(app, "Data splits")
    test.session_state["training_upload_section"] = True
    test.run()
    files = {f"p{i}.png": saved(picture((60, 190)[i % 2], i)) for i in range(8)}
    for name, content in files.items():
        test.file_uploader(key="training_file").upload(name, content)
    test.run()
    wait_until(test, "Every picture needs a label.")
    lines = "\n".join(f"{name},{'dark' if i % 2 == 0 else 'bright'}" for i, name in enumerate(files))
    test.text_area[0].set_value(lines).run()
    wait_until(test, "**8 images of 2 classes**")


def test_the_data_set_is_audited_beside_the_page_and_its_report_is_offered(app: Callable) -> None:
    test = open_tab(app, "Data splits", training_audit="true")
    wait_until(test, "questions asked, 0 with something to act on.")
    assert any("near twin" in text.value for text in test.text)
    assert not test.exception


def test_the_network_on_show_is_audited_as_well_and_its_sealed_score_only_when_asked_for(
    app: Callable, stored: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlcore.attribution.many_images.ERASED", 4)
    monkeypatch.setattr("dlcore.attribution.sanity_check.MANY", 8)
    ledger, run = shared().ledger, stored[0]
    ledger.reset_openings("digits", "this computer")
    test = open_tab(app, "Data splits", run, training_audit="true")
    wait_until(test, "with something to act on")
    end = time.monotonic() + PATIENCE
    while "Add the sealed test score to the audit" not in [e.label for e in test.expander]:
        assert time.monotonic() < end
        time.sleep(1)
        test.run()
    said = " ".join(text.value for text in test.text)
    assert (
        "rank correlation" in said and "top left corner of another image" in said and "against pixels" in said
    )
    assert "has been opened 0 times" in said and ledger.test_openings("digits", "this computer") == []
    assert (
        test.checkbox(key=f"training_sure_{run.key[:12]}_0")
        and test.button(key="training_open_test").disabled
    )
    ledger.record_opening("digits", "this computer", run.key, {"loss": 0.5, "accuracy": 0.9, "auc": 0.99})
    test.run()
    assert any("This was look 1 of 1" in text.value for text in test.text) and not test.exception
    ledger.reset_openings("digits", "this computer")


def test_a_shortcut_is_masked_by_one_click_as_a_version_that_is_mine_chosen_and_audited_beside_the_old_one(
    app: Callable,
) -> None:
    noise = np.random.default_rng(0).integers(60, 120, (90, 28, 28), np.uint8)
    labels = np.arange(90) % 2
    noise[:, :5, -5:] += (80 * labels).astype(np.uint8)[:, None, None]
    noise[60:, :5, -5:] = 90  # the marker is missing in the test part
    parts = Split(range(40), range(40, 60), range(60, 90))
    mine = ImageSet("mine", noise, labels, ("class 0", "class 1"), parts)
    name = keep_set(mine, data_folder())
    shared().claim_upload(name, "this computer")
    test = open_tab(app, "Data splits", training_data=name, training_audit="true")
    wait_until(test, "From audit to action")
    test.button(key="training_version_mask_top_right_corner").click().run()
    wait_until(test, "Before and now")
    version = test.selectbox(key="training_data").value
    assert version.startswith("upload:") and version != name
    assert load(version).made_from == ((name, "top right corner masked"),)
    assert "AUC of a guess by top right corner" in texts(
        test
    ) and "not asked: nothing differs there" in texts(test)
    owners = shared().ledger.owners_of_uploads({version})
    assert owners[version] == {"this computer"} and version in {one.name for one in kept_by("this computer")}
    test.button(key="training_version_back").click().run()
    assert test.selectbox(key="training_data").value == name and not test.exception


def written(page: Any, words: str) -> None:
    """Wait until the page holds these words, be it as text or as the name of a picture."""
    page.wait_for_function("words => document.documentElement.outerHTML.includes(words)", arg=words)


ZOOM = "() => document.querySelector('.steady-chart')._fullLayout.xaxis.range"


def zoomed(page: Any, chart: Any) -> list[float]:
    """Zooms into the live chart by its button: a redrawing in between may swallow a click."""
    from playwright.sync_api import TimeoutError

    chart.locator(".nsewdrag").first.wait_for()
    whole = page.evaluate(ZOOM)
    for _ in range(10):
        chart.locator(".nsewdrag").first.hover()
        with contextlib.suppress(TimeoutError):
            chart.locator(".modebar-btn[data-title='Zoom in']").click(timeout=5_000)
            page.wait_for_function(f"before => ({ZOOM})()[0] > before", arg=whole[0], timeout=5_000)
            page.wait_for_timeout(500)  # the zoom glides
            return list(page.evaluate(ZOOM))
    pytest.fail("the chart never took the zoom")


@pytest.mark.browser
def test_a_training_from_click_to_curves_survives_leaving_and_shows_its_predictions(
    open_page: Callable,
) -> None:
    page = open_page("training-dashboard?training_data=Handwritten+digits&training_model=MLP")
    epochs = page.get_by_role("slider", name="Epochs")
    epochs.focus()
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    # the server has heard of the last key before the button is pressed
    page.wait_for_url("**training_epochs_digits=3*")
    page.get_by_role("button", name="Train, about").click()
    chart = page.locator(".steady-chart")
    chosen = zoomed(page, chart)
    page.get_by_text("Selected: epoch").wait_for()
    page.wait_for_url("**/*training_run=*")
    key = page.url.split("training_run=")[1][:64]
    page.wait_for_function("document.querySelector('.steady-chart').data[0].x.length === 3")
    written(page, "Loss and accuracy over 3 of 3 epochs")
    assert chart.locator(".scatterlayer .trace").count() >= 4
    assert page.evaluate(ZOOM) == chosen  # three epochs and the end of the run have been drawn since

    page.get_by_role("link", name="Vocabulary").click()
    page.wait_for_url("**/the-vocabulary*")
    settle(page)
    page.goto(page.url.split("/the-vocabulary")[0] + f"/training-dashboard?training_run={key}")
    settle(page)
    page.get_by_text("Selected: epoch").wait_for()
    page.get_by_role("tab", name="Evaluation").click()
    page.get_by_text("the most confident first").wait_for()
    written(page, "validation images on the diagonal")


def test_a_first_visit_opens_on_an_example_and_the_whole_set_is_one_click_away(app: Callable) -> None:
    test = app("training")
    assert not test.exception
    assert test.query_params["training_subset"] == "100"
    assert any("100 training images" in caption.value for caption in test.caption)
    test.button(key="training_whole").click().run()
    assert not test.exception
    assert "training_subset" not in test.query_params
    assert not any("100 training images, as many" in caption.value for caption in test.caption)


def test_an_address_is_not_replaced_by_the_example(app: Callable) -> None:
    test = app("home")
    test.query_params["training_rate"] = "0.01"
    test.switch_page("pages/training.py").run()
    assert "training_subset" not in test.query_params


def test_the_example_shows_what_the_page_claims() -> None:
    """A network that keeps improving on its training images while it gets worse on new ones."""
    from dlcore.training import fit
    from ui.training import example

    run = fit(example.RECIPE)
    best = min(run.epochs, key=lambda epoch: epoch.val_loss)
    last = run.epochs[-1]
    assert last.train_loss < 0.5 * best.train_loss
    assert last.val_loss > best.val_loss + 0.1
    assert last.train_accuracy - last.val_accuracy > 0.3


def test_a_set_that_is_not_here_says_what_it_is(app: Callable) -> None:
    test = app("home")
    test.query_params["training_data"] = "BloodMNIST"
    test.switch_page("pages/training.py").run()
    said = " ".join(box.value for box in test.markdown)
    assert (
        not test.exception
        and "17,092 images of 28 × 28" in said
        and "basophil" in said
        and "CC BY 4.0" in said
    )


def test_a_training_over_the_budget_of_the_server_cannot_be_begun_and_why_is_said(
    app: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLCORE_MAX_SECONDS", "1")
    test = app("training")
    assert test.button(key="training_start").disabled
    assert any("on this server one may take 1 s" in warning.value for warning in test.warning)
    monkeypatch.setenv("DLCORE_MAX_SECONDS", "3600")
    test.run()
    assert not test.button(key="training_start").disabled
    assert any("It may take 60 min on this server" in caption.value for caption in test.caption)


def test_a_file_that_stands_in_the_uploader_is_judged_once_and_not_at_every_rerun(
    app: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.training import own_images

    judged: list[int] = []

    def look(content: bytes, side: int, **_: object) -> None:
        judged.append(len(content))
        raise BadInput("This is no set.")

    monkeypatch.setattr(own_images, "looked_at", look)
    test = brought(app("training").run(), "mine.npz", b"not an archive")
    for _ in range(3):
        wait_until(test, "This is no set. Nothing was changed.")
        test.run()
    assert judged == [14]
