"""The recipe on screen: which images, which model, how it learns, and what that will cost."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from dlcore import runs
from dlcore.data import NAMES, ImageSet
from dlcore.data.recipe_images import parts
from dlcore.experiments import costs
from dlcore.experiments.hyperparameters import RATES
from dlcore.number_text import count
from dlcore.runs import Recipe
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Field, OneOf, Real, Whole
from ui.frame.tiles import tiles
from ui.training import split_controls
from ui.training.image_sets import UPLOAD, is_kept_upload, is_offered, title_of

SAMPLES, IN_ROW = 40, 8  # on a wide screen whole classes share a row, or a class has whole rows
BATCHES = (8, 16, 32, 64, 128, 256)


def _whole(recipe_field: str, default: int | None, surely: int | None = None, **more: Any) -> Whole:
    """A whole number of the recipe, as far as the recipe takes it."""
    _, low, high = runs.RANGES[recipe_field]
    return Whole(int(low), int(high), surely, default=default, **more)


def _real(recipe_field: str, default: float) -> Real:
    """A number of the recipe, as far as the recipe takes it."""
    _, low, high = runs.RANGES[recipe_field]
    return Real(low, high, default=default)


@dataclass(frozen=True)
class Images(OneOf):
    """An image set: one of those with a name, or an upload that is kept on this computer."""

    def read_one(self, text: str) -> str:
        return text if is_kept_upload(text) else super().read_one(text)

    def holds(self, value: Any) -> bool:
        return super().holds(value) or is_kept_upload(str(value))


def _epochs(dataset: str) -> Whole:
    return _whole("epochs", runs.Recipe(dataset).epochs, on={"data": title_of(dataset)})


# Field of the recipe -> its name in the address and of its control in the closed section; what both may be.
MORE: Mapping[str, tuple[str, Field]] = {
    "optimizer": ("optimizer", OneOf(runs.OPTIMIZERS, default="adam")),
    "width": ("width", _whole("width", None, 64)),
    "depth": ("depth", _whole("depth", None)),
    "head": ("head", OneOf(runs.HEADS, default="pooled")),
    "schedule": ("schedule", OneOf(runs.SCHEDULES, default="cosine")),
    "augmentation": ("augmentation", OneOf(runs.AUGMENTATIONS)),
    "weight_decay": ("decay", _real("weight_decay", 0.0)),
    "dropout": ("dropout", _real("dropout", 0.0)),
    "patience": ("patience", _whole("patience", 0)),
    "subset": ("subset", _whole("subset", None, 500)),
    "class_weights": ("class_weights", OneOf(runs.CLASS_WEIGHTS, default="none")),
    "keep": ("keep", OneOf(runs.KEEPS, default="loss")),
}


STATE = State(
    "training",
    {
        "data": Images(
            {name: title_of(name) for name in NAMES}, default=NAMES[0], also={n: n for n in NAMES}
        ),
        "model": OneOf({name: name.upper() for name in runs.MODELS}, default="cnn"),
        "rate": _real("learning_rate", 1e-3),
        "batch": _whole("batch_size", 64, 512),
        **{f"epochs_{name}": _epochs(name) for name in NAMES},
        "seed": Whole(0, 9999, default=0),
        **dict(MORE.values()),
    },
    families={f"epochs_{UPLOAD}": _epochs(UPLOAD)},
)


def choose_data(on_change: Callable[[], None]) -> str:
    """The data set, by the first control; an upload made in this session is offered as well."""
    control = STATE.control("data")
    if chosen := st.session_state.pop("training_chosen", None):  # just accepted
        st.session_state[control.key] = chosen
        on_change()
    if (asked := str(st.session_state[control.key])).startswith(UPLOAD):
        st.session_state["training_upload"] = asked
    mine = [st.session_state["training_upload"]] if "training_upload" in st.session_state else []
    options = (*mine, *(name for name in NAMES if is_offered(name) or name == asked))
    return str(
        control.keep(
            st.selectbox("Images", options, format_func=title_of, key=control.key, on_change=on_change)
        )
    )


def choose_model(on_change: Callable[[], None]) -> str:
    """CNN or MLP."""
    model = st.segmented_control(
        "Model",
        runs.MODELS,
        default="cnn",
        required=True,
        format_func=str.upper,
        key="training_model",
        on_change=on_change,
        bind="query-params",
    )
    return str(model)


def choose_recipe(dataset: str, model: str) -> Recipe | None:
    """The four numbers beside the picture; what stands in the closed section comes from the session.

    None, with a sentence on the page, where they ask for something that cannot be.
    """
    rate = _choose_number("Learning rate η", "rate", RATES)
    batch = _choose_number("Batch size b", "batch", BATCHES)
    control = STATE.control(f"epochs_{dataset[:20]}", _epochs(dataset))
    most = max(100, st.session_state[control.key])
    epochs = control.keep(st.slider("Epochs", 1, most, key=control.key))
    seed = frame.seed(st, "Seed", "training_seed")
    more = {recipe_field: STATE.value(name) for recipe_field, (name, _) in MORE.items()}
    for name, field in MORE.values():  # the closed section draws no control that would keep them
        STATE.keep(name, STATE.value(name), field)
    more = {f: value for f, value in more.items() if value != MORE[f][1].default}
    try:
        return Recipe(
            dataset=dataset,
            model=model,
            learning_rate=rate,
            batch_size=batch,
            epochs=epochs,
            seed=seed,
            **more | split_controls.fields(dataset) | _given(dataset),
        )
    except ValueError as error:
        st.warning(str(error), icon=":material/error:")
        return None


def _choose_number(label: str, name: str, usual: tuple[Any, ...]) -> Any:
    """One of the usual choices, or the one that a link or a repeated run asks for."""
    control = STATE.control(name)
    options = sorted({*usual, st.session_state[control.key]})
    return control.keep(st.select_slider(label, options, format_func="{:g}".format, key=control.key))


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
        f"training_epochs_{recipe.dataset[:20]}": recipe.epochs,
        "training_seed": min(recipe.seed, 9999),
        **{f"training_{name}": getattr(recipe, recipe_field) for recipe_field, (name, _) in MORE.items()},
        **split_controls.filled(recipe),
    }
    st.session_state.update(filled)
    usual, values = Recipe(dataset=recipe.dataset, model=recipe.model), asdict(recipe)
    no_control = set(runs.differences(usual, recipe)) - {*MORE, *BESIDE, *split_controls.FIELDS}
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


def more_recipe() -> None:
    """The rest of the recipe; an empty number takes the model's default. The address keeps it while closed."""
    left, middle, right = st.columns(3)
    _more(left.selectbox, "Optimizer", "optimizer", options=runs.OPTIMIZERS)
    _more(left.selectbox, "Schedule of η", "schedule", options=runs.SCHEDULES)
    _more(left.selectbox, "Head of the CNN", "head", options=runs.HEADS)
    _more(middle.number_input, "Width (channels or neurons)", "width", placeholder="16 or 128")
    _more(middle.number_input, "Depth (blocks or layers)", "depth", placeholder="3 or 2")
    _more(
        middle.selectbox,
        "Random changes of the images",
        "augmentation",
        options=runs.AUGMENTATIONS,
        index=None,
        placeholder="as suits the set",
    )
    _more(right.number_input, "Weight decay", "weight_decay", step=0.0001, format="%.4f")
    _more(right.slider, "Dropout", "dropout", step=0.05)
    _more(right.number_input, "Stop early after epochs without gain (0: never)", "patience")
    _more(left.selectbox, "Keep the epoch of the best validation …", "keep", options=runs.KEEPS)
    _more(right.number_input, "Learn from this many images only", "subset", placeholder="all")
    _more(middle.selectbox, "Weights of the classes in the loss", "class_weights", options=runs.CLASS_WEIGHTS)
    st.caption(WEIGHTS)


WEIGHTS = (
    "Balanced: a training image of a class that is k times rarer counts k times as much. That moves the decision: "
    "more of the rare class are found, more others are called rare. It adds no information: the images' ranking "
    "(ROC, AUC) need not change, and the probabilities no longer say how common a class is. The training and "
    "validation losses on show are not weighted."
)


def _more(draw: Callable[..., Any], label: str, recipe_field: str, **more: Any) -> None:
    """One control of the closed section."""
    name, field = MORE[recipe_field]
    control = STATE.control(name)
    if isinstance(field, Whole | Real):
        more |= {"min_value": field.low, "max_value": field.high}
        more |= {"value": None} if field.default is None else {}
    control.keep(draw(label, key=control.key, **more))


def samples(images: ImageSet) -> None:
    """What the network will learn from: the same number of training images of every class."""
    train = parts(Recipe(dataset=images.name, **split_controls.fields(images.name)), images).train
    names = images.class_names
    each = max(k for k in (1, 2, 4, IN_ROW, 2 * IN_ROW) if k == 1 or k * len(names) <= SAMPLES)
    picked = [i for c in range(len(names)) for i in train[images.labels[train] == c][:each]]
    tiles(
        images.images[picked],
        [names[c] for c in images.labels[picked]],
        f"{len(picked)} training images of {len(names)} classes: {', '.join(names)}.",
        IN_ROW,
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
