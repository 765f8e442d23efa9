"""A run taken home trains where there is no lab, to the same numbers; brought back it is the same run, or refused."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from dlcore import models
from dlcore.data import BadInput, ImageSet, load
from dlcore.runs import Recipe, Run
from dlcore.takeaway import brought, card, weights
from dlcore.takeaway.images_beside import beside, name_of_file
from dlcore.takeaway.network_spelled import network
from dlcore.takeaway.script import script
from dlcore.training import fit
from proofs.subjects import takeaway


@pytest.mark.parametrize("model", ["cnn", "mlp"])
def test_the_script_of_a_default_network_prints_the_same_bits_where_there_is_no_lab(
    model: str, tmp_path: Path
) -> None:
    assert takeaway.difference(Recipe(model=model, epochs=2, subset=300), tmp_path) == 0


def test_a_script_that_forgets_something_is_found_out(tmp_path: Path) -> None:
    recipe = Recipe(dataset="digits", model="mlp", epochs=2, width=8)
    right = 'nonlinearity="relu"'
    assert (
        takeaway.difference(recipe, tmp_path, lambda text: text.replace(right, 'nonlinearity="tanh"')) > 1e-3
    )


def test_only_what_a_recipe_uses_is_printed() -> None:
    plain = script_of(
        Recipe(dataset="digits", model="mlp", augmentation="none", schedule="constant", epochs=1)
    )
    for word in (
        "Conv2d",
        "Dropout",
        "changed(",
        "class_weights",
        "group[",
        "break",
        "rng",
        "Pool",
        "dlcore",
    ):
        assert word not in plain, word
    full = script_of(
        Recipe(
            dataset="digits",
            width=2,
            dropout=0.1,
            augmentation="shifts",
            class_weights="balanced",
            schedule="step",
            patience=1,
            label_noise=0.1,
            epochs=1,
        )
    )
    for word in ("Conv2d", "Dropout", "changed(", "class_weights", "group[", "break", "rng", "Pool"):
        assert word in full, word
    assert max(len(plain.splitlines()), len(full.splitlines())) < 170  # what can be read in a lecture


def script_of(recipe: Recipe) -> str:
    images = load(recipe.dataset)
    return script(fit(recipe, images), images)


def test_the_network_spelled_out_takes_the_weights_of_the_file() -> None:
    run = the_run()
    room: dict[str, object] = {"torch": torch, "nn": torch.nn}
    exec("from collections import OrderedDict\n" + network(run), room)  # noqa: S102 - our own text
    model = room["model"]
    assert isinstance(model, torch.nn.Module)
    model.load_state_dict({name: torch.from_numpy(np.array(v)) for name, v in run.weights.items()})


def test_the_notebook_draws_curves_confusion_and_the_labs_own_heat_maps(tmp_path: Path) -> None:
    assert takeaway.notebook_drawn(Recipe(dataset="digits", width=4, epochs=2, subset=200), tmp_path) < 1e-4


def test_the_test_images_stay_in_the_lab(tmp_path: Path) -> None:
    run, images = the_run(), load("digits")
    (tmp_path / "images.npz").write_bytes(beside(run, images))
    with np.load(tmp_path / "images.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {"train_images", "train_labels", "val_images", "val_labels"}
        assert len(arrays["train_labels"]) == run.train_size and len(arrays["val_labels"]) == len(
            run.val_index
        )


def test_the_card_says_what_is_known_and_escapes_what_is_somebodys() -> None:
    run, images = the_run(), load("digits")
    text = card.card(run, images)
    assert images.digest in text and f"n = {len(run.val_index)}" in text and "flatter" in text
    assert f"{run.parameters:,} parameters" in text
    odd = dataclasses.replace(run, class_names=("<b>|x", *run.class_names[1:]))
    assert "<b>" not in card.card(odd, images)


# --- brought back ------------------------------------------------------------------------------------------


_RUNS: dict[str, Run] = {}


def the_run() -> Run:
    """A small CNN on digits, trained once."""
    if "run" not in _RUNS:
        _RUNS["run"] = fit(Recipe(dataset="digits", width=4, epochs=2, subset=200))
    return _RUNS["run"]


def the_file() -> bytes:
    return weights.weights_with_metadata(the_run(), load("digits"))


def rewritten(
    said: Callable[[dict[str, str]], object] = lambda said: None,
    arrays: Callable[[dict[str, np.ndarray]], object] = lambda arrays: None,
) -> bytes:
    """The file with other metadata or weights and a checksum that fits: what a forger would write."""
    tensors = safetensors.numpy.load(the_file())
    texts = brought._metadata(the_file())
    del texts["sha256"]
    said(texts)
    arrays(tensors)
    return bytes(safetensors.numpy.save(tensors, texts | {"sha256": weights.checksum(tensors, texts)}))


def changed(name: str, **values: object) -> Callable[[dict[str, str]], None]:
    def change(said: dict[str, str]) -> None:
        said[name] = json.dumps({**json.loads(said[name]), **values})

    return change


def test_a_run_comes_back_as_it_went() -> None:
    run = the_run()
    back = brought.read_brought(the_file())
    brought.check_against(back, load("digits"), np.random.default_rng(0))
    assert (back.recipe, back.epochs, back.best, back.status) == (
        run.recipe,
        run.epochs,
        run.best,
        run.status,
    )
    assert (back.class_names, back.image_shape, back.code) == (run.class_names, run.image_shape, run.code)
    assert (back.parameters, back.train_size) == (run.parameters, run.train_size)
    assert np.array_equal(back.val_logits, run.val_logits) and np.array_equal(back.val_index, run.val_index)
    assert all(np.array_equal(back.weights[name], values) for name, values in run.weights.items())
    models.load(back)


def test_a_brought_run_does_not_pass_for_the_run_of_its_recipe() -> None:
    back = brought.read_brought(the_file())
    assert back.key != the_run().key and back.key != brought.read_brought(rewritten(arrays=scaled)).key


def scaled(arrays: dict[str, np.ndarray]) -> None:
    arrays["head.3.weight"] = arrays["head.3.weight"] * np.float32(1.01)


def test_a_file_that_torch_reads_holds_the_state_dict_alone(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    (tmp_path / "renamed.bin").write_bytes(the_file())
    missing, strange = models.load(the_run()).load_state_dict(
        load_file(tmp_path / "renamed.bin"), strict=False
    )
    assert not missing and not strange


@pytest.mark.parametrize("length", [0, 4, 8, 100, 5000, -1])
def test_a_file_that_is_cut_short_gets_a_sentence(length: int) -> None:
    with pytest.raises(BadInput, match=r"Fetch it again\.|beginning"):
        brought.read_brought(the_file()[:length])


def test_any_changed_byte_gets_a_sentence() -> None:
    whole = the_file()
    for place in np.random.default_rng(0).integers(0, len(whole), 150):
        bent = bytearray(whole)
        bent[place] ^= 1 << int(place % 8)
        with pytest.raises(BadInput):
            brought.read_brought(bytes(bent))


def test_a_pickle_is_not_opened_whatever_it_is_called(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(2)}, tmp_path / "weights.safetensors")
    with pytest.raises(BadInput, match="pickle"):
        brought.read_brought((tmp_path / "weights.safetensors").read_bytes())


def test_plain_weights_without_metadata_get_a_sentence() -> None:
    with pytest.raises(BadInput, match="not taken home from the lab"):
        brought.read_brought(safetensors.numpy.save({"x": np.zeros(2, np.float32)}))


FORGED = {
    "another width": (changed("recipe", width=8), "features.0.0.weight"),
    "another model": (changed("recipe", model="mlp"), "features.1.weight"),
    "an unknown optimizer": (changed("recipe", optimizer="magic"), "optimizer"),
    "a set of nobody": (changed("recipe", dataset="../secret"), "names images"),
    "no recipe": (lambda said: said.pop("recipe"), "recipe"),
    "a recipe that is a list": (lambda said: said.update(recipe="[1]"), "do not describe a run"),
    "deep nesting": (lambda said: said.update(recipe="[" * 200_000), "do not describe a run"),
    "more classes": (lambda said: said.update(class_names=json.dumps([str(n) for n in range(11)])), "reshape|logits"),
    "a class of markup": (lambda said: said.update(class_names='["a\\n", "b"]'), "no names"),
    "no epoch": (changed("run", best=7), "selected"),
    "not a number": (changed("run", seconds="NaN"), "no number"),
    "infinite": (changed("run", seconds=float("inf")), "no number"),
    "huge images": (lambda said: said.update(image_shape="[99999, 99999, 3]"), "none that the lab knows"),
    "other scores": (changed("scores", val_auc=0.99), "scores"),
    "logits of text": (lambda said: said.update(val_logits="???"), "do not describe a run"),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_forged_metadata_get_a_sentence(how: str) -> None:
    forge, words = FORGED[how]
    with pytest.raises(BadInput, match=words) as refused:
        brought.read_brought(rewritten(forge))
    assert str(refused.value)[0].isupper() and "Traceback" not in str(refused.value)


def better(said: dict[str, str]) -> None:
    """Scores and selected epoch agree with each other, not with the predictions."""
    epochs = json.loads(said["epochs"])
    for epoch in epochs:
        epoch["val_accuracy"] = epoch["val_auc"] = 0.99
    said["epochs"] = json.dumps(epochs)
    changed("scores", val_accuracy=0.99, val_auc=0.99)(said)


def shuffled(said: dict[str, str]) -> None:
    """Another data seed than that of the split."""
    changed("recipe", split_seed=5)(said)


def of_other_images(said: dict[str, str]) -> None:
    said["data_sha256"] = "0" * 64


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (lambda: rewritten(better), "validation accuracy"),
        (lambda: rewritten(shuffled), "split"),
        (lambda: rewritten(of_other_images), "other images"),
        (lambda: rewritten(arrays=scaled), "does not compute"),
    ],
)
def test_claims_about_images_that_are_here_are_held_against_them(
    file: Callable[[], bytes], words: str
) -> None:
    run = brought.read_brought(file())
    with pytest.raises(BadInput, match=words):
        brought.check_against(run, load("digits"), np.random.default_rng(0))


def test_a_newer_labs_additions_are_skipped_by_a_harmless_name() -> None:
    back = brought.read_brought(rewritten(changed("recipe", **{"**bold**<b>": 1})))
    assert back.unread == ("  bold   b ",)


def test_the_metadata_say_what_a_stranger_needs() -> None:
    said = brought._metadata(the_file())
    images: ImageSet = load("digits")
    assert said["data_sha256"] == images.digest and said["positive_class"] in images.class_names
    assert json.loads(said["class_names"]) == list(images.class_names)
    assert json.loads(said["image_shape"]) == [8, 8, 1] and "127.5" in said["normalization"]
    assert {"lab", "torch", "numpy", "python"} <= set(json.loads(said["versions"]))
    assert name_of_file(the_run()) == f"digits-cnn-{the_run().key[:6]}"


def test_there_is_no_lab_where_the_scripts_run(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-I", "-c", "import dlcore"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0 and "No module named 'dlcore'" in ran.stderr
