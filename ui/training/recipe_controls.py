"""The recipe on screen: which images, which model, how it learns, and what that will cost."""

from dataclasses import asdict
from textwrap import wrap
from typing import Any

import streamlit as st

from dlcore import runs
from dlcore.data import NAMES, BadInput, ImageSet, download, is_here, remember_upload
from dlcore.data.recipe_images import parts
from dlcore.experiments import costs
from dlcore.experiments.hyperparameters import RATES
from dlcore.figures import training as figures
from dlcore.number_text import count
from dlcore.runs import Recipe, Run
from ui.frame import frame
from ui.frame.stored import image_set
from ui.frame.tiles import tiles
from ui.training import split_controls

TITLES = {
    "cells": "Blood cells (generated)",
    "cells-shortcut": "Blood cells with a shortcut",
    "digits": "Handwritten digits",
    "breastmnist": "BreastMNIST",
    "bloodmnist": "BloodMNIST",
    "dermamnist": "DermaMNIST",
    "octmnist": "OCTMNIST",
    "organamnist": "OrganAMNIST",
    "organcmnist": "OrganCMNIST",
    "organsmnist": "OrganSMNIST",
    "pathmnist": "PathMNIST",
    "pneumoniamnist": "PneumoniaMNIST",
    "retinamnist": "RetinaMNIST",
    "tissuemnist": "TissueMNIST",
}
SAMPLES = 24
BATCHES = (8, 16, 32, 64, 128, 256)


def title_of(dataset: str) -> str:
    """A data set's name on screen."""
    return TITLES.get(dataset, "Your images" if dataset.startswith("upload:") else dataset)


def choose_data() -> str:
    """The data set, by the first control; an upload made in this session is offered as well."""
    mine = [st.session_state["training_upload"]] if "training_upload" in st.session_state else []
    return st.selectbox(
        "Images", (*mine, *NAMES), format_func=title_of, key="training_data", bind="query-params"
    )


def fetched(dataset: str) -> ImageSet | None:
    """The chosen images; None, with an offer to download or a sentence on the page, if they are not here."""
    if not is_here(dataset):
        _offer_download(dataset)
        return None
    try:
        return image_set(dataset)
    except BadInput as error:
        st.warning(str(error), icon=":material/error:")
        return None


def images_of(run: Run) -> ImageSet | None:
    """The images of a stored run, or None with a sentence: a link may come from a computer that has more."""
    try:
        return image_set(run.recipe.dataset) if is_here(run.recipe.dataset) else None
    except BadInput as error:
        st.info(f"The images of this run cannot be shown: {error}", icon=":material/info:")
        return None


def _offer_download(dataset: str) -> None:
    st.info(
        f"{title_of(dataset)} is not on this computer yet. Fetch it once, and it stays.",
        icon=":material/download:",
    )
    if not st.button(f"Download {title_of(dataset)}", key="training_download"):
        return
    bar = st.progress(0.0, "Connecting …")

    def show(done: int, total: int) -> None:
        share = min(done / total, 1.0) if total else 0.0
        bar.progress(share, f"{done / 1e6:.1f} of {total / 1e6:.1f} MB")

    try:
        download(dataset, on_progress=show)
    except BadInput as error:
        bar.empty()
        st.warning(str(error), icon=":material/cloud_off:")
        return
    st.rerun()


def choose_recipe(dataset: str) -> Recipe | None:
    """The five controls beside the picture; what stands in the closed section comes from the session.

    None, with a sentence on the page, where they ask for something that cannot be.
    """
    model = st.segmented_control(
        "Model",
        runs.MODELS,
        default="cnn",
        required=True,
        format_func=str.upper,
        key="training_model",
        bind="query-params",
    )
    rate = st.select_slider(
        "Learning rate η",
        _with_filled(RATES, "training_rate"),
        1e-3,
        format_func="{:g}".format,
        key="training_rate",
        bind="query-params",
    )
    batch = st.select_slider(
        "Batch size b", _with_filled(BATCHES, "training_batch"), 64, key="training_batch", bind="query-params"
    )
    usual = runs.DEFAULT_EPOCHS.get(dataset, 20)
    key = epochs_key(dataset)
    epochs = st.slider("Epochs", 1, max(100, st.session_state.get(key, 1)), usual, key=key)
    seed = frame.seed(st, "Seed", "training_seed")
    more = {name: st.session_state[key] for name, key in MORE.items() if key in st.session_state}
    more = {name: value for name, value in more.items() if value not in (None, "")}
    try:
        return Recipe(
            dataset=dataset,
            model=str(model),
            learning_rate=rate,
            batch_size=batch,
            epochs=epochs,
            seed=seed,
            **more | split_controls.fields(dataset) | _given(dataset),
        )
    except ValueError as error:
        st.warning(str(error), icon=":material/error:")
        return None


def epochs_key(dataset: str) -> str:
    """The key of the slider for epochs: every data set has its own."""
    return f"training_epochs_{dataset[:20]}"


def _with_filled(options: tuple[Any, ...], key: str) -> tuple[Any, ...]:
    """The usual choices, and the one that a repeated run has filled in."""
    filled = st.session_state.get("training_filled", {}).get(key)
    return options if filled is None or filled in options else tuple(sorted({*options, filled}))


def fill(recipe: Recipe) -> None:
    """Set all controls to this recipe; call it from a button's on_click. Trains nothing.

    What no control offers (folds, label noise, moved pixels …) is remembered beside them, and said.
    """
    if recipe.dataset.startswith("upload:"):
        st.session_state["training_upload"] = recipe.dataset
    filled = {
        "training_data": recipe.dataset,
        "training_model": recipe.model,
        "training_rate": recipe.learning_rate,
        "training_batch": recipe.batch_size,
        epochs_key(recipe.dataset): recipe.epochs,
        "training_seed": float(recipe.seed),
        **{key: getattr(recipe, name) for name, key in MORE.items()},
        **split_controls.filled(recipe),
    }
    st.session_state.update(filled)
    usual, values = Recipe(dataset=recipe.dataset, model=recipe.model), asdict(recipe)
    no_control = set(runs.differences(usual, recipe)) - {*MORE, *BESIDE, *split_controls.FIELDS}
    st.session_state["training_filled"] = filled
    st.session_state["training_given"] = {
        "dataset": recipe.dataset,
        "fields": {k: values[k] for k in no_control},
    }


def _given(dataset: str) -> dict[str, Any]:
    """Fields that a repeated run has and no control offers, with a way to drop them."""
    given = st.session_state.get("training_given", {})
    fields = given.get("fields", {}) if given.get("dataset") == dataset else {}
    if fields:
        st.caption(
            "As in the repeated run: " + ", ".join(f"{k} {v}" for k, v in sorted(fields.items())) + "."
        )
        st.button("Drop these", on_click=lambda: st.session_state.pop("training_given"), key="training_drop")
    return fields


# Fields with a control beside the picture.
BESIDE = ("dataset", "model", "learning_rate", "batch_size", "epochs", "seed")
# Field of the recipe -> key of its widget in the closed section.
MORE = {
    "optimizer": "training_optimizer",
    "width": "training_width",
    "depth": "training_depth",
    "head": "training_head",
    "schedule": "training_schedule",
    "augmentation": "training_augmentation",
    "weight_decay": "training_decay",
    "dropout": "training_dropout",
    "patience": "training_patience",
    "subset": "training_subset",
}


def more_recipe() -> None:
    """The rest of the recipe; an empty number takes the model's default. Keeps its values while closed."""
    keep: dict[str, Any] = {"persist_state": "session"}
    left, middle, right = st.columns(3)
    left.selectbox("Optimizer", runs.OPTIMIZERS, index=5, key=MORE["optimizer"], **keep)
    left.selectbox("Schedule of η", runs.SCHEDULES, key=MORE["schedule"], **keep)
    left.selectbox("Head of the CNN", runs.HEADS, key=MORE["head"], **keep)
    middle.number_input(
        "Width (channels or neurons)", 1, 1024, None, key=MORE["width"], placeholder="16 or 128", **keep
    )
    middle.number_input(
        "Depth (blocks or layers)", 1, 6, None, key=MORE["depth"], placeholder="3 or 2", **keep
    )
    middle.selectbox(
        "Random changes of the images",
        runs.AUGMENTATIONS,
        index=None,
        placeholder="as suits the set",
        key=MORE["augmentation"],
        **keep,
    )
    right.number_input(
        "Weight decay", 0.0, 10.0, 0.0, 0.0001, format="%.4f", key=MORE["weight_decay"], **keep
    )
    right.slider("Dropout", 0.0, 0.95, 0.0, 0.05, key=MORE["dropout"], **keep)
    right.number_input(
        "Stop early after epochs without gain (0: never)", 0, 500, 0, key=MORE["patience"], **keep
    )
    right.number_input(
        "Learn from this many images only", 2, None, None, key=MORE["subset"], placeholder="all", **keep
    )


def upload() -> None:
    """The learner's own .npz in MedMNIST's format, through the gate."""
    st.markdown(
        "Six arrays: `train_images`, `val_images`, `test_images` (uint8, n × h × w or n × h × w × 3) and "
        "`train_labels`, `val_labels`, `test_labels` (uint8, n or n × 1). Up to 50 MB. The file is kept on "
        "this computer under the name of its content, so that a run can be repeated."
    )
    file = st.file_uploader("Your images (.npz)", type="npz", max_upload_size=50, key="training_file")
    if file is None:
        return
    try:
        name = remember_upload(file.getvalue())
    except BadInput as error:
        st.warning(f"{error} Nothing was changed.", icon=":material/error:")
        return
    if st.session_state.get("training_upload") != name:
        st.session_state["training_upload"] = name
        st.rerun()
    st.caption("Accepted. Choose “Your images” at the top of the list.")
    for note in image_set(name).notes:
        st.caption(f":material/info: {note}")


def samples(images: ImageSet) -> None:
    """What the network will learn from: the same number of training images of every class."""
    train = parts(Recipe(dataset=images.name, **split_controls.fields(images.name)), images).train
    names = images.class_names
    each = max(1, SAMPLES // len(names))
    picked = [i for c in range(len(names)) for i in train[images.labels[train] == c][:each]]
    columns = min(6, each * max(1, 6 // each))  # whole classes in a row, or a class in whole rows
    # On a phone a tile is as wide as eleven letters; the whole name is under the pointer.
    short = ["<br>".join(wrap(n, 11, max_lines=2, placeholder=" …", break_long_words=False)) for n in names]
    hover = [names[c] for c in images.labels[picked]]
    tiles(
        figures.gallery(
            images.images[picked], [short[c] for c in images.labels[picked]], columns=columns, hover=hover
        ),
        f"{len(picked)} training images of {len(names)} classes: {', '.join(names)}.",
        "training_samples",
    )


def train_size(recipe: Recipe, images: ImageSet) -> int:
    """How many images the recipe learns from."""
    return len(parts(recipe, images).train)


def updates_in_words(n: int, batch: int) -> str:
    """⌈N / b⌉ updates per epoch, and one less, said so, where a last image alone joins the batch before it."""
    whole, updates = -(-n // batch), costs.updates_per_epoch(n, batch)
    joined = (
        "" if updates == whole else f" − 1 = {updates:,}, as a last image alone joins the batch before it:"
    )
    return f"⌈{n:,} / {batch}⌉{joined or ' ='} {count(updates, 'update')} per epoch"


def describe(recipe: Recipe, images: ImageSet) -> tuple[str, float]:
    """One line on what will be trained, and the seconds it is expected to take."""
    shape = (images.images.shape[1], images.images.shape[2], images.channels)
    classes = len(images.class_names)
    n = train_size(recipe, images)
    line = (
        f"{costs.parameters(recipe, shape, classes):,} parameters · {n:,} training images · "
        f"{updates_in_words(n, recipe.batch_size)}"
    )
    return line, costs.expected_seconds(recipe, shape, classes, n)
