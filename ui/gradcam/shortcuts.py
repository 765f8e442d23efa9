"""The shortcut lab: a marker gives the class away, the network takes it, and the map shows where; then the repair."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dlcore.data import BadInput
from dlcore.evaluation.intervals import Share, bootstrap, newcombe_paired
from dlcore.experiments.groups import Experiment
from dlcore.figures import sanity as figures
from dlcore.heatmaps import shortcut, shortcut_mended
from dlcore.heatmaps.shortcut import Lit
from dlcore.number_text import percent
from dlcore.runs import Recipe, Run
from ui.experiments import conduct
from ui.frame import frame, slow_answers
from ui.frame.stored import AWAY, image_set, made_for_all, needs_database
from ui.gradcam.models import network
from ui.learner.learner import looks_at

NAME = "cells-shortcut"
PLAIN, MOVED, ABSENT = "with the marker", "with the marker, shifted and mirrored", "without the marker"
PAINTED = "with the marker painted over"
RECIPES = {
    PLAIN: Recipe(dataset=NAME, augmentation="none"),
    MOVED: Recipe(dataset=NAME),
    ABSENT: Recipe(dataset="cells"),
}


def shortcuts_section() -> None:
    """The story from high validation accuracy to the corner that explains it, and what mends it."""
    images = image_set(NAME)
    st.markdown(
        "In these images a small colored square in the top left corner agrees with the class. It does so in the "
        "training **and** in the validation images, as a scanner's label or a ruler might: validation cannot see "
        "the fraud. Three networks: trained with the marker, trained with it while images are shifted and mirrored, "
        "and trained on the same images without it."
    )
    recipes = RECIPES | _repair()
    arms = {name: (recipe,) for name, recipe in recipes.items()}
    conduct.conduct(
        Experiment(arms),
        images,
        "gradcam_shortcut",
        lambda done: _draw({n: done.get(r.key) for n, r in recipes.items()}),
    )
    _leaks()
    frame.source(
        "gradcam_shortcuts",
        shortcut.drawn_anew,
        shortcut.painted_over,
        shortcut.positive_share,
        of="this tab",
    )


@st.cache_resource(max_entries=1, show_spinner="Painting the marker over in 6,000 images")
def _painted() -> str:
    """The name of the repaired set, after it has been put among the uploads."""
    name = shortcut_mended.keep(shortcut_mended.mended(image_set(NAME)))
    made_for_all(name)
    return name


def _repair() -> dict[str, Recipe]:
    """A fourth training, on repaired images, when the learner asks for it."""
    wanted = st.toggle(
        "Repair it: paint the marker over in every image, then train on those",
        key="gradcam_shortcut_repair",
        bind="query-params",
    )
    if not wanted:
        return {}
    try:
        name = _painted()
    except BadInput as error:
        st.warning(f"The repaired images could not be kept. {error}")
        return {}
    except AWAY:
        st.warning(
            "The repaired images could not be kept: the database does not answer. Try again in a moment."
        )
        return {}
    usual = RECIPES[PLAIN]
    return {PAINTED: Recipe(dataset=name, augmentation=usual.augmentation, epochs=usual.epochs)}


@st.cache_resource(max_entries=16, show_spinner=False)
def _lit(key: str, _index: np.ndarray) -> slow_answers.Answer:
    """What the network of this run makes of the marked validation images."""
    model, images = network(key), image_set(NAME)

    def work(tell: Callable[[float], None]) -> Lit:
        from dlcore.attribution import many_images

        assert images.masks is not None
        layer = f"features.{len(model.features) - 1}"
        return many_images.lit(
            model, images.images[_index], images.masks[_index], images.labels[_index], layer, tell
        )

    return slow_answers.Answer(work)


def _draw(done: dict[str, Run | None]) -> None:
    """The picture of the networks that are there."""
    runs = {name: run for name, run in done.items() if run is not None and run.best}
    if not runs:
        return
    index = image_set(NAME).split_for().validation  # the repaired set keeps this split, in another order
    if ABSENT in runs:
        index = np.intersect1d(index, runs[ABSENT].val_index)  # images that none of them has learned from
    answers = {name: _lit(run.key, index) for name, run in runs.items()}
    for answer in answers.values():
        if not answer.is_there("Asking the networks about the marker …"):
            return
    lit: dict[str, Lit] = {name: answer.result for name, answer in answers.items()}
    _deceived(lit)
    _where(lit)
    if PLAIN in runs:
        _examples(runs[PLAIN], index)
        _sealed(runs[PLAIN])


def _deceived(lit: dict[str, Lit]) -> None:
    """Accuracy with an honest marker, with a random one, and without."""
    right = {name: found.right for name, found in lit.items()}
    agrees, anew, _ = shortcut.KINDS
    spoken = "; ".join(
        f"{name}, {kind}: {share}" for name, kinds in right.items() for kind, share in kinds.items()
    )
    frame.chart(
        figures.deceived(right), f"Validation images called rightly. {spoken}.", "gradcam_shortcut_right"
    )
    for name, found in lit.items():
        a, b = found.right[agrees], found.right[anew]
        st.markdown(
            f"- Trained **{name}**: {a.value:.1%} with the marker as it was, **{b.value:.1%}** once it is drawn "
            f"again at random. Where the new marker names another class, {found.follows} follow the marker."
        )
    if PLAIN in lit and MOVED in lit:
        st.markdown(_does_moving_help(lit))


def _does_moving_help(lit: dict[str, Lit]) -> str:
    """Whether shifting and mirroring mends it: read from paired intervals, for all networks judge the same images."""
    anew = shortcut.KINDS[1]
    hits = {name: found.hits[anew] for name, found in lit.items()}
    gain = newcombe_paired(hits[MOVED], hits[PLAIN])
    verdict = (
        "**helps**" if gain.low > 0 else "**makes it worse**" if gain.high < 0 else "**is not shown to help**"
    )
    text = f"Shifting and mirroring {verdict} against this marker drawn at random: {gain}"
    cures = [name for name in (PAINTED, ABSENT) if name in lit]
    if any(newcombe_paired(hits[name], hits[MOVED]).low > 0 for name in cures):
        text += ". It is **no repair**: the marker stays in every training image. Trained "
        text += ", ".join(f"**{name}**: {percent(lit[name].right[anew].value)}" for name in cures)
    return text + "."


def _where(lit: dict[str, Lit]) -> None:
    """Mean heat maps, and the share of their light in the corner."""
    size = next(iter(lit.values())).mean_map.shape[0]
    frame.chart(
        figures.row_of_maps(
            {name.replace(", ", ",<br>"): found.mean_map for name, found in lit.items()},
            signed=False,
            marker=(shortcut.MARKER.start / size, shortcut.MARKER.stop / size),
        ),
        "Mean heat maps, positive part, one scale. "
        + "; ".join(f"{n}: {np.nanmean(f.in_corner):.1%} of the light in the corner" for n, f in lit.items()),
        "gradcam_shortcut_maps",
    )
    area = shortcut.CORNER**2 / size**2
    lines = ["| trained | light in the corner | light in the cell |", "|---|---|---|"]
    for name, found in lit.items():
        corner, cell = (bootstrap(v[np.isfinite(v)]) for v in (found.in_corner, found.in_cell))
        lines.append(f"| {name} | {corner.share} | {cell.share} |")
    n = len(next(iter(lit.values())).in_corner)
    st.markdown("\n".join(lines))
    st.caption(
        f"Positive mass of the Grad-CAM map of the predicted class at the last block, mean over {n:,} validation "
        "images that none of the networks has learned from, all with their marker; 95% bootstrap intervals. The "
        f"corner is the top left {shortcut.CORNER} × {shortcut.CORNER} pixels, {area:.1%} of an image; the orange "
        "square is the marker; bright means more light. A cell of the map sees more than its own place, so the "
        "light spreads."
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _example_maps(key: str, _images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from dlcore.attribution import many_images
    from dlcore.heatmaps.heatmaps import upsample

    model = network(key)
    called = many_images.predicted(model, _images)
    maps = many_images.maps_of(model, _images, called, f"features.{len(model.features) - 1}")
    return upsample(maps, _images.shape[1:3]), called


def _examples(run: Run, index: np.ndarray) -> None:
    """A few images with their maps, as the deceived network sees them."""
    images = image_set(NAME)
    labels = images.labels[index]
    chosen = np.array([index[labels == c][0] for c in np.unique(labels)])  # one of every class
    maps, called = _example_maps(run.key, images.images[chosen])
    names = [run.class_names[c] for c in called]
    st.image(
        figures.examples(images.images[chosen], maps),
        alt="One image of every class, and below it the heat map of the network trained with the marker.",
        width="stretch",
    )
    st.caption(
        f"One validation image of every class as the network trained **{PLAIN}** sees it, called "
        + ", ".join(names)
        + ". Above the image with its marker, below the map of the class predicted, each on a scale of its own."
    )


@needs_database("The sealed test set cannot be shown")
def _sealed(run: Run) -> None:
    """The second step: the test images, whose marker is random, behind the seal where looks are counted."""
    mine = [look for look in looks_at(NAME) if look["key"] == run.key]
    if mine:
        n = len(image_set(NAME).split_for().test)
        share = Share(round(mine[0]["scores"]["accuracy"] * n), n)
        e = run.best_epoch
        assert e is not None
        st.markdown(
            f"**The sealed test set has been opened with this network**: {share}, against {e.val_accuracy:.1%} in "
            "validation."
        )
        return
    st.markdown(
        "**The second step.** In the sealed test set the marker is random too. So far no test image has been looked "
        "at; opening it, with the network trained with the marker, is counted on the training page."
    )
    st.page_link(
        "pages/training.py",
        label="Open its sealed test set",
        icon=":material/lock_open:",
        query_params={
            "training_run": run.key,
            "training_data": NAME,
            "training_tab": "Sealed test set",
        },
    )


def _leaks() -> None:
    """The same story with another cause: test images that the network has nearly learned from."""
    st.markdown(
        "**The same with a leak.** A split can give the answer away without any marker. In the official BreastMNIST "
        "many test images have a near-duplicate in training: who remembers images scores better than who understands "
        "them, and a heat map of a remembered image looks as good as any other. The leak detector finds the "
        "pairs and scores both kinds of images apart."
    )
    st.page_link(
        "pages/training.py",
        label="Look for leaks in BreastMNIST",
        icon=":material/content_copy:",
        query_params={"training_data": "breastmnist", "training_tab": "Data splits"},
    )
