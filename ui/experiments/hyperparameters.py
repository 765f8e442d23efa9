"""Lenses on screen: one setting of the recipe varied on few images, drawn as the runs come in."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future

import numpy as np
import streamlit as st

from dlcore.claims import Claim, definition, invitation
from dlcore.data import ImageSet
from dlcore.data.recipe_images import parts
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.remedies import against
from dlcore.experiments import hyperparameters
from dlcore.experiments.hyperparameters import Point
from dlcore.figures import lenses as figures
from dlcore.number_text import count, digits, points
from dlcore.runs import Recipe, Run
from ui.experiments.conduct import Finished, conduct, shape_of, sizes
from ui.frame import frame, slow_answers

SEEDS, FEW = (1, 2, 3), (100, 200, 500)
DECAYS, DROPOUTS = (1e-4, 1e-3, 1e-2, 1e-1), (0.2, 0.5, 0.8)


def seeds_control(name: str, default: int = 2) -> int:
    """How many seeds each setting gets."""
    chosen = st.segmented_control(
        "Seeds of each",
        SEEDS,
        default=default,
        required=True,
        key=f"training_{name}_seeds",
        bind="query-params",
    )
    return int(chosen or default)


def told(points: Sequence[Point]) -> str:
    """The best mean with its spread over the seeds, as words."""
    best = min(points, key=lambda point: point.mean if point.values else np.inf)
    return f"{digits(best.mean)}" + ("" if np.isnan(best.spread) else f" ± {digits(best.spread, 2)}")


def budget(recipe: Recipe, train: int) -> str:
    """How much each training of a lens costs, in a clause."""
    return f"{min(recipe.subset or train, train):,} training images, {count(recipe.epochs or 0, 'epoch')}"


# --- the batch size ----------------------------------------------------------------------------------------


def batch_size(recipe: Recipe, images: ImageSet) -> None:
    """Batch sizes at equal epochs and at equal numbers of updates: two comparisons that can part."""
    frame.say(
        invitation(
            "**Do large batches lose because their gradients are worse, or because they make fewer updates?** "
            "Compare them at equal epochs, then at equal numbers of updates."
        )
    )
    seeds = seeds_control("batch", 1)
    train, n = sizes(recipe, images)
    arms = hyperparameters.batch_sizes(recipe, train, seeds)
    some = next(iter(arms[hyperparameters.EQUAL_EPOCHS].values()))[0]
    same = next(iter(arms[hyperparameters.EQUAL_UPDATES].values()))[0]
    used = some.subset or train
    st.caption(
        f"{recipe.optimizer}, η = {recipe.learning_rate:g} for every batch size, {used:,} training images. Equal "
        f"epochs: {some.epochs} each. Equal updates: {used // same.batch_size * (same.epochs or 1):,} each: a "
        "batch sixteen times as large then sees sixteen times as many images."
    )

    def draw(done: Finished) -> None:
        points = {name: hyperparameters.points(arm, done) for name, arm in arms.items()}
        text = "; ".join(_ends(name, found) for name, found in points.items() if len(found) > 1)
        frame.chart(
            figures.against(points, "batch size b", "validation loss, last epoch (nats)"),
            f"Validation loss against batch size. {text}.",
            "training_batch_chart",
        )
        st.caption(
            f"{text}. n = {n:,} validation images. The gradient's noise shrinks like 1/√b: a step of a large batch "
            "is straighter; whether that pays for its price is what the two lines compare."
        )

    conduct(hyperparameters.experiment(*arms.values()), images, "batch", draw)
    st.page_link(
        "pages/optimizers.py",
        label="See the gradient's noise shrink like 1/√b",
        icon=":material/arrow_forward:",
        query_params={"optimizers_tab": "Gradient noise"},
    )


def _ends(name: str, points: Sequence[Point]) -> str:
    a, b = points[0], points[-1]
    return f"{name}: {digits(a.mean)} with b = {a.x:g}, {digits(b.mean)} with b = {b.x:g}"


# --- regularisation ----------------------------------------------------------------------------------------


def regularisation(recipe: Recipe, images: ImageSet) -> None:
    """One remedy at a time against overfitting on few images: what it does to the gap, and to validation."""
    frame.say(
        definition(
            "**A remedy for overfitting narrows the gap between training and validation accuracy. It helps only if "
            "validation accuracy rises.** Few images, and one remedy at a time."
        )
    )
    one, two, three, four = st.columns(4)
    few = one.segmented_control(
        "Training images",
        FEW,
        default=200,
        required=True,
        key="training_reg_images",
        bind="query-params",
    )
    decay = two.select_slider(
        "Weight decay", DECAYS, 1e-2, format_func="{:g}".format, key="training_reg_decay",
        bind="query-params",
    )  # fmt: skip
    drop = three.select_slider("Dropout", DROPOUTS, 0.5, key="training_reg_dropout", bind="query-params")
    with four:
        seeds = seeds_control("reg")
    train, n = sizes(recipe, images)
    arms = hyperparameters.regularised(recipe, train, seeds, int(few or 200), float(decay), float(drop))
    first = arms[hyperparameters.NOTHING][0]
    st.caption(f"{recipe.model.upper()}, {budget(first, train)} each.")
    conduct(
        hyperparameters.experiment(arms), images, "regularised", lambda done: _gaps(arms, done, images, n)
    )


def _gaps(arms: Mapping[str, Sequence[Recipe]], done: Finished, images: ImageSet, n: int) -> None:
    runs = {name: [done[r.key] for r in recipes if r.key in done] for name, recipes in arms.items()}
    runs = {name: [run for run in some if run.best] for name, some in runs.items()}
    answers = {run.key: _learned(run.key, run, images) for some in runs.values() for run in some}
    waiting = [answer for answer in answers.values() if not answer.done()]
    if waiting and not slow_answers.is_there(
        waiting[-1], "Predicting the training images again, unchanged …"
    ):
        return
    pairs = {
        name: [(answers[run.key].result().value, hyperparameters.kept_accuracy(run)) for run in some]
        for name, some in runs.items()
        if some
    }
    if not pairs:
        return
    lines = {name: (np.mean([a - b for a, b in p]), np.mean([b for _, b in p])) for name, p in pairs.items()}
    text = "; ".join(f"{name}: gap {gap:+.1%}, validation {val:.1%}" for name, (gap, val) in lines.items())
    frame.chart(figures.gaps(pairs), f"Means over the seeds. {text}.", "training_reg_chart")
    st.caption(f"{text} (means over the seeds; n = {n:,} validation images).")
    if all(recipe.key in done for recipes in arms.values() for recipe in recipes):
        st.markdown(remedies_sentence({name: _right(some, images) for name, some in runs.items() if some}))
    else:
        st.caption("The remedies are compared when all trainings have ended.")
    st.caption(
        "Both at the selected epoch, and the training images unchanged: an average over an epoch with dropout and "
        "shifted images would make the gap look smaller than it is. The selected epoch is the best on validation, so "
        "every line, the first included, has one remedy already: stopping early."
    )


def _right(runs: Sequence[Run], images: ImageSet) -> np.ndarray:
    """(k, n) whether the kept weights of each run classify each validation image correctly, in one order."""
    rows = []
    for run in runs:
        index = run.val_index
        correct = run.predictions.probabilities.argmax(axis=1) == images.labels[index]
        rows.append(correct[np.argsort(index)])
    return np.array(rows)


def remedies_sentence(right: Mapping[str, np.ndarray]) -> str:
    """Which remedies are shown to help, of all that were tried.

    Args:
        right: arm -> (k, n) whether each of its networks classifies each image correctly; "nothing" is one of them.
    """
    others = {name: rows for name, rows in right.items() if name != hyperparameters.NOTHING}
    if hyperparameters.NOTHING not in right or not others:
        return ""
    plain = right[hyperparameters.NOTHING]
    if max(len(rows) for rows in right.values()) < 2:
        best = max(others, key=lambda name: others[name].mean())
        gain = points(others[best].mean() - plain.mean())
        return (
            f"The best of {count(len(others), 'remedy', 'remedies')} is {best}, {gain} percentage points of "
            "validation accuracy relative to no remedy. One seed of each does not show how much seeds differ: **that "
            "any of them helps is not shown**. Take two or three."
        )
    found = against(plain, others)
    told = "; ".join(f"{name} {difference}" for name, difference in found.items())
    helps = [name for name, difference in found.items() if difference.low > 0]
    end = f"Shown to help: **{', '.join(helps)}**." if helps else "**That any of them helps is not shown.**"
    return (
        f"Validation accuracy relative to no remedy: {told}. The intervals hold for all {len(found)} together, other "
        f"seeds and other images included. {end}"
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _learned(key: str, _run: Run, _images: ImageSet) -> Future[Share]:
    """Accuracy on the training images, soon; one answer for all sessions."""
    return slow_answers.pool().submit(_on_train, _run, _images)


def _on_train(run: Run, images: ImageSet) -> Share:
    from dlcore.experiments.shifted_images import accuracy_on_training  # loads torch

    return accuracy_on_training(run, images)


# --- the receptive field -----------------------------------------------------------------------------------


def receptive_field(recipe: Recipe, images: ImageSet) -> None:
    """Depth is reach: networks of 1, 2 and 3 blocks with equally many parameters, and the object's size."""
    frame.say(
        Claim(
            "**Does a network classify best when the receptive field of its last layer covers a whole object?** "
            "One, two and three blocks with about equally many parameters differ in how many pixels a cell of the "
            "last layer can depend on.",
            "tests/test_lenses.py::test_networks_of_any_depth_learn_equally_many_numbers "
            "tests/test_lenses.py::test_the_counted_receptive_field_is_that_of_the_built_network",
        )
    )
    seeds = seeds_control("field")
    shape, (train, n) = shape_of(images), sizes(recipe, images)
    arms = hyperparameters.depths(recipe, shape, len(images.class_names), train, seeds)
    fields = {depth: hyperparameters.field(recipes[0], shape).size for depth, recipes in arms.items()}
    st.caption(
        "; ".join(f"{count(d, 'block')}: {fields[d]} × {fields[d]} pixels" for d in arms)
        + f". {budget(arms[1][0], train)} each; the head takes the mean over all positions."
    )
    band = _object_band(recipe, images)

    def draw(done: Finished) -> None:
        by_field = {float(fields[depth]): recipes for depth, recipes in arms.items()}
        points = hyperparameters.points(by_field, done, hyperparameters.kept_accuracy)
        text = "; ".join(f"{p.x:g} pixels: {p.mean:.1%}" for p in points if p.values)
        frame.chart(
            figures.against(
                {"CNN": points}, "receptive field (pixels)", "validation accuracy", log=False, band=band
            ),
            f"Validation accuracy by receptive field: {text}.",
            "training_field_chart",
        )
        st.caption(f"{text} (means over the seeds, selected epoch, n = {n:,} validation images).")

    conduct(hyperparameters.experiment(arms), images, "field", draw)
    if band is None:
        st.caption(
            "Where the objects lie in these images is not known: only the generated cells come with masks."
        )
    else:
        st.caption(
            f"Gray: the size of the objects, the longer side of each mask, from the 10th to the 90th percentile "
            f"({band[0]:g} to {band[1]:g} pixels)."
        )


def _object_band(recipe: Recipe, images: ImageSet) -> tuple[float, float, str] | None:
    if images.masks is None:
        return None
    train = parts(recipe, images).train
    low, high = np.percentile(hyperparameters.object_sizes(images.masks[train]), [10, 90])
    return float(low), float(high), "object size"
