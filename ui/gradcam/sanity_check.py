"""The sanity check on the page: the network forgets, layer by layer from the head; does its map notice?"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.blocks import block_count
from dlcore.claims import invitation
from dlcore.experiments.groups import Experiment
from dlcore.figures import sanity as figures
from dlcore.heatmaps import similarity, truth
from dlcore.heatmaps.similarity import Cascade
from dlcore.number_text import typeset
from dlcore.runs import Recipe, Run
from ui.experiments import conduct
from ui.frame import frame
from ui.frame.slow_answers import Answer
from ui.frame.stored import image_set
from ui.gradcam.models import network
from ui.gradcam.subject import Subject

TITLES = {"spearman": "Ranks, signed", "absolute": "Ranks of |values|", "ssim": "SSIM"}
SHUFFLED, TWIN = "labels shuffled", "another seed"
FEW, OFTEN = 600, 30  # images and epochs: enough to learn any labels by heart


def sanity_check_section(run: Run, subject: Subject, k: int, block: int) -> None:
    """The maps while the network forgets, their similarity over many images, and two other networks."""
    layer = f"features.{block}"
    st.markdown(
        "The weights of a private copy are randomized again, from the head downwards, as before any training. "
        "A map of what the network has learned must change; one that stays was a map of the image."
    )
    left, right = st.columns([1, 2])
    seed = frame.seed(left, "Seed of the new weights", "gradcam_sanity_seed")
    alike = right.segmented_control(
        "Similarity by",
        similarity.ALIKE,
        format_func=TITLES.__getitem__,
        default="spearman",
        required=True,
        key="gradcam_sanity_alike",
        bind="query-params",
    )
    _maps_in_a_row(run, subject, k, layer, seed)
    answer = _cascade(run.key, layer, run)
    if answer.is_there("Letting copies of the network forget …"):
        _falls(run, answer.result, str(alike), layer)
        _check(run, subject, k, layer, seed)
    _other_networks(run)
    frame.source(
        "gradcam_sanity",
        "dlcore.attribution.sanity_check:forget",
        similarity.spearman,
        similarity.ssim,
        of="this tab",
    )


# --- one image ---------------------------------------------------------------------------------------------


@st.cache_data(max_entries=128, show_spinner="Letting a copy of the network forget")
def _maps(key: str, pixels: np.ndarray, k: int, layer: str, seed: int) -> np.ndarray:
    from dlcore.attribution import sanity_check

    return sanity_check.maps_while_forgetting(network(key), pixels, k, layer, seed=seed)


def _maps_in_a_row(run: Run, subject: Subject, k: int, layer: str, seed: int) -> None:
    maps = _maps(run.key, subject.pixels, k, layer, seed)
    stages = _stages(run)
    edges = truth.edges(subject.pixels[None])[0]
    row = {stage if i < 2 else f"+ {stage}": h for i, (stage, h) in enumerate(zip(stages, maps, strict=True))}
    alike = similarity.spearman(np.repeat(maps[:1], len(maps), axis=0), maps)
    frame.chart(
        figures.row_of_maps(row),
        f"Maps of “{run.class_names[k]}” after randomizing: "
        + "; ".join(f"{name}: rank correlation {a:.2f}" for name, a in zip(row, alike, strict=True)),
        "gradcam_sanity_maps",
    )
    frame.chart(
        figures.row_of_maps(dict.fromkeys(row, edges)),
        "The edge detector beside it: the same picture at every depth, because it asks no network.",
        "gradcam_sanity_edges",
    )
    st.caption(
        f"Above: the map of “{run.class_names[k]}” for {subject.title}, each on a scale of its own, because random "
        "weights give scores of another size; what has been randomized stands over it. Below: the "
        "edge detector, which stays exactly as it was."
    )


def _stages(run: Run) -> tuple[str, ...]:
    return ("nothing", "head", *(f"block {i}" for i in range(block_count(run), 0, -1)))


# --- many images -------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=32, show_spinner=False)
def _cascade(key: str, layer: str, _run: Run) -> Answer:
    model, imageset = network(key), image_set(_run.recipe.dataset)

    def work(tell: Callable[[float], None]) -> Cascade:
        from dlcore.attribution import many_images, sanity_check

        some = many_images.some(_run, sanity_check.MANY, 1)
        images, _ = many_images.shown(_run, imageset, some)
        return sanity_check.cascade(model, images, imageset.labels[some], layer, tell=tell)

    return Answer(work)


def _falls(run: Run, found: Cascade, alike: str, layer: str) -> None:
    """The curve, and what it says."""
    others = _alike_to_others(run, layer)
    shown = {name: values[alike] for name, values in others.items()}
    mean, seeds = found.alike[alike].mean(axis=0), len(found.alike[alike])
    spoken = ", ".join(f"{s} {m:.2f}" for s, m in zip(found.stages, mean, strict=True))
    frame.chart(
        figures.falling(found, alike, shown),
        f"Similarity to the trained map after randomizing: {spoken}. Edge detector: 1 everywhere.",
        "gradcam_sanity_falling",
    )
    spread = found.alike[alike].std(axis=0, ddof=1)
    st.markdown(
        f"With the head alone randomized the similarity is **{_two(mean[1])}** (standard deviation over {seeds} "
        f"seeds {spread[1]:.2f}), with everything randomized **{_two(mean[-1])}** ({spread[-1]:.2f}). "
        + (
            "The map depends on what was learned."
            if found.depends(alike)
            else "**The map hardly changes**: it reflects the image more than the trained weights."
            if found.depends(alike) is False
            else "Between the two, or not to be told from so few seeds: part of this map may come from the image "
            "and the architecture alone."
        )
        + " The edge detector’s similarity is exactly 1 at every depth. Whoever finds its picture convincing has "
        "learned nothing about the network."
    )
    for name, value in shown.items():
        st.markdown(f"- {name.capitalize()}: similarity **{_two(value)}**. {_meaning(name, run)}")
    st.caption(
        f"Means over {found.n} validation images drawn at random and {seeds} seeds (thin lines); the class explained "
        f"is always the one the trained network predicts. Rightly called: {found.right[0, 0]:.1%} before, "
        f"{found.right[:, -1].mean():.1%} with everything randomized. Ranks are compared cell by cell, SSIM at the "
        "images' size, each map divided by its largest |value|. SSIM can take a map's negative for the map: "
        "read it beside the signed ranks."
    )


def _two(value: float) -> str:
    """Two decimals, with a proper minus."""
    return typeset(f"{value:.2f}")


def _meaning(name: str, run: Run) -> str:
    """What one of the two other networks is, with what it has achieved."""
    other = conduct.finished(_others(run))[_recipes(run)[name].key]
    if name == SHUFFLED:
        last = other.epochs[_latest(other) - 1]
        return (
            f"It learned {other.train_size} images with labels drawn at random, by heart: with its weights after "
            f"epoch {last.number} it is {last.train_accuracy:.0%} right in training, {last.val_accuracy:.0%} in "
            "validation."
        )
    e = other.best_epoch
    assert e is not None
    return f"The same recipe from other initial weights: {e.val_accuracy:.1%} right in validation."


def _latest(run: Run) -> int:
    """The last epoch whose weights were kept. The best on validation is no use where labels mean nothing: it is an
    early one, by chance, and its network has learned nothing yet."""
    return max((*run.epoch_weights, run.best))


def _check(run: Run, subject: Subject, k: int, layer: str, seed: int) -> None:
    from dlcore.oracles import truth as oracle

    maps = _maps(run.key, subject.pixels, k, layer, seed)
    ours = float(similarity.spearman(maps[:1], maps[-1:])[0])
    theirs = oracle.rank_correlation(maps[0], maps[-1])
    frame.check(
        "rank correlation of this image's first and last map",
        ours,
        theirs,
        0.0 if np.isnan(ours) and np.isnan(theirs) else abs(ours - theirs),
        1e-9,
        "SciPy",
    )


# --- other networks ----------------------------------------------------------------------------------------


def _recipes(run: Run) -> dict[str, Recipe]:
    """Two trainings to compare with: labels independent of the images, and merely another seed.

    Replacing a share 1 − 1/K of the labels by another class leaves each label equally likely: no information.
    """
    K = len(run.class_names)
    few = min(FEW, run.recipe.subset or FEW)
    return {
        SHUFFLED: replace(
            run.recipe, label_noise=1 - 1 / K, subset=few, epochs=OFTEN, augmentation="none", patience=0
        ),
        TWIN: replace(run.recipe, seed=(run.recipe.seed + 1) % 2**31),
    }


def _others(run: Run) -> Experiment:
    return Experiment({name: (recipe,) for name, recipe in _recipes(run).items()})


@st.cache_data(max_entries=64, show_spinner="Asking another network")
def _alike(key: str, other: str, epoch: int, layer: str, _run: Run) -> dict[str, float]:
    from dlcore.attribution import many_images, sanity_check

    some = many_images.some(_run, sanity_check.MANY, 1)
    images, _ = many_images.shown(_run, image_set(_run.recipe.dataset), some)
    return sanity_check.alike_to(network(key), network(other, epoch), images, layer)


def _alike_to_others(run: Run, layer: str) -> dict[str, dict[str, float]]:
    """How alike the maps of the two other networks are, of those that have been trained."""
    done = conduct.finished(_others(run))
    others = {name: done.get(recipe.key) for name, recipe in _recipes(run).items()}
    return {
        name: _alike(run.key, other.key, _latest(other) if name == SHUFFLED else other.best, layer, run)
        for name, other in others.items()
        if other is not None and other.best
    }


def _other_networks(run: Run) -> None:
    """The button that trains them, until they are there."""
    if len(conduct.finished(_others(run))) < 2:
        frame.say(
            invitation(
                "**Two more networks to compare with.** One learns labels that were drawn at random: its maps should "
                "not resemble these. One learns the same from other initial weights: its maps should."
            )
        )
    conduct.conduct(_others(run), image_set(run.recipe.dataset), "gradcam_sanity", lambda done: None)
