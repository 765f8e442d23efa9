"""Is the map true? Scores against a known truth over a whole set, with baselines; smoothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from dlcore.evaluation.intervals import Mean, bootstrap
from dlcore.figures import truth as figures
from dlcore.heatmaps import erasing, truth
from dlcore.heatmaps.truth import Smoothing, Truth
from dlcore.runs import Run
from ui.frame import frame
from ui.frame.slow_answers import Answer
from ui.frame.stored import image_set
from ui.gradcam import erasing as gradcam_erasing
from ui.gradcam.models import network
from ui.gradcam.subject import Subject

VIEWS = ("Against the truth", "Smoothed", "Pixels taken away")
TITLES = {
    "pointing_hit": "Maximum inside",
    "mass_inside": "Mass inside",
    "iou": "IoU",
    "auc": "AUC",
}
FAST, SLOW = ("Grad-CAM", "HiResCAM", "Grad-CAM++"), ("Integrated gradients", "SmoothGrad", "Occlusion")
GROUPS = ("all", "rightly called", "mistakes")
CHECKED = 60  # images whose AUC a second implementation computes


def truth_section(run: Run, subject: Subject, k: int, block: int) -> None:
    """The choice of a question, and its answer."""
    if image_set(run.recipe.dataset).masks is None:
        st.caption(
            "For these images nobody knows which pixels decide. What can be asked is the network itself: does its "
            "answer fall when the pixels go that the map calls important?"
        )
        name: str | None = VIEWS[2]
    else:
        name = st.pills(
            "Question",
            VIEWS,
            default=VIEWS[0],
            required=True,
            label_visibility="collapsed",
            key="gradcam_truth_view",
            bind="query-params",
        )
    layer = f"features.{block}"
    if name == VIEWS[0]:
        against_the_truth(run, layer)
    elif name == VIEWS[1]:
        smoothed(run, layer)
    else:
        gradcam_erasing.erasing_section(run, layer)
    frame.source(
        "gradcam_truth",
        truth.score_all,
        truth._auc,
        truth.edges,
        bootstrap,
        erasing.order_of,
        erasing.steps_between,
        of="this tab",
    )


def choose_measure(place: Any) -> str:
    """Which of the four scores is drawn."""
    return str(
        place.segmented_control(
            "Measure",
            truth.MEASURES,
            format_func=TITLES.__getitem__,
            default="pointing_hit",
            required=True,
            key="gradcam_truth_measure",
            bind="query-params",
        )
    )


# --- against the truth -------------------------------------------------------------------------------------


@st.cache_resource(max_entries=32, show_spinner=False)
def _scored(key: str, layer: str, methods: tuple[str, ...], _run: Run) -> Answer:
    """The scores to come of these methods and of all baselines, on every validation image."""
    model, imageset = network(key), image_set(_run.recipe.dataset)

    def work(tell: Callable[[float], None]) -> tuple[Truth, float]:
        from dlcore.attribution import many_images
        from dlcore.oracles import truth as oracle

        images, masks = many_images.shown(_run, imageset, _run.val_index)
        assert masks is not None
        found = many_images.scored(
            model, images, masks, imageset.labels[_run.val_index], layer, methods, tell
        )
        theirs = oracle.aucs(truth.edges(images[:CHECKED]), masks[:CHECKED])
        return found, float(np.nanmean(theirs))

    return Answer(work)


def against_the_truth(run: Run, layer: str) -> None:
    """Every method and baseline with its interval, the verdicts in words, all numbers in a table."""
    left, right = st.columns([3, 2])
    measure = choose_measure(left)
    group = right.segmented_control(
        "Validation images",
        GROUPS,
        default="all",
        required=True,
        key="gradcam_truth_group",
        bind="query-params",
    )
    methods: tuple[str, ...] = FAST
    if st.toggle(
        "Also integrated gradients, SmoothGrad and occlusion, on 100 of the images",
        key="gradcam_truth_slow",
        bind="query-params",
    ):
        methods += SLOW
    answer = _scored(run.key, layer, methods, run)
    if not answer.is_there("Scoring every validation image …"):
        return
    found, theirs = answer.result
    keep = {"all": np.ones_like(found.right), GROUPS[1]: found.right, GROUPS[2]: ~found.right}[str(group)]
    if not keep.any():
        st.caption("There are no such images: the network calls every validation image rightly.")
        return
    column = truth.MEASURES.index(measure)
    means = {name: truth.mean_of(v[keep, column], measure) for name, v in found.values.items()}
    spoken = "; ".join(f"{name} {mean}" for name, mean in means.items())
    frame.chart(figures.method_scores(means, found.baselines, measure), f"{spoken}.", "gradcam_truth_scores")
    for line in verdicts(found, keep, column):
        st.markdown(line)
    st.caption(
        f"The map explains the class that the network predicts, on {keep.sum():,} of {len(keep):,} validation "
        f"images, at {layer}, enlarged bilinearly, not smoothed. 95% intervals: Wilson's for the share of "
        "maxima, bootstrap over the images for the means. The truth covers "
        f"{found.area:.1%} of an image, so that is what chance points at. Center: a Gaussian in the middle; "
        "edges: Sobel's filters on the image; random: noise."
        + (
            " The slow methods were asked about 100 of the images, drawn at random."
            if methods != FAST
            else ""
        )
    )
    st.markdown(table(found, keep))
    ours = float(np.nanmean(found.values["edges"][:CHECKED, 3]))
    frame.check(
        f"mean AUC of the edge detector on {min(CHECKED, len(keep))} images",
        ours,
        theirs,
        abs(ours - theirs),
        1e-10,
        "scikit-learn, image by image",
    )


def verdicts(found: Truth, keep: np.ndarray, column: int) -> list[str]:
    """One sentence per baseline: is the first method higher on the same images, and how clearly."""
    first = next(iter(found.values))
    lines = []
    for name in found.baselines:
        d = truth.difference(found.values[first][keep, column], found.values[name][keep, column])
        if not d.n:
            continue
        lines.append(f"- **{first}** {compared(d)} **{name}**: {d.signed}.")
    return lines


def compared(d: Mean) -> str:
    """What an interval of a paired difference says."""
    if d.low > 0:
        return "is truer than"
    return "is less true than" if d.high < 0 else "cannot be told from"


def table(found: Truth, keep: np.ndarray) -> str:
    """The means of all four measures of all rows as Markdown; their intervals stand in the picture."""
    lines = ["| | " + " | ".join(TITLES.values()) + " |", "|---|" + "---|" * len(TITLES)]
    for name, values in found.values.items():
        cells = []
        for column, measure in enumerate(truth.MEASURES):
            mean = truth.mean_of(values[keep, column], measure)
            cells.append(f"{mean.value:.3f}" if mean.n else "none")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


# --- looks better, is it truer? ----------------------------------------------------------------------------


@st.cache_resource(max_entries=32, show_spinner=False)
def _by_smoothing(key: str, layer: str, method: str, _run: Run) -> Answer:
    model, imageset = network(key), image_set(_run.recipe.dataset)

    def work(tell: Callable[[float], None]) -> Smoothing:
        from dlcore.attribution import many_images

        images, masks = many_images.shown(_run, imageset, _run.val_index)
        assert masks is not None
        called = many_images.predicted(model, images)
        raw = many_images.maps_of(model, images, called, layer, method)
        return truth.by_smoothing(raw, masks, tell=tell)

    return Answer(work)


def smoothed(run: Run, layer: str) -> None:
    """The score against σ, for three ways of enlarging."""
    measure = choose_measure(st)
    answer = _by_smoothing(run.key, layer, "Grad-CAM", run)
    if not answer.is_there("Smoothing and scoring every map …"):
        return
    found: Smoothing = answer.result
    column = truth.MEASURES.index(measure)
    means = {
        mode: [truth.mean_of(found.values[m, s, :, column], measure) for s in range(len(found.sigmas))]
        for m, mode in enumerate(found.modes)
    }
    figure = figures.by_smoothing(means, found.sigmas, measure)
    sentences = is_it_truer(found, column)
    frame.chart(figure, " ".join(sentences).replace("**", ""), "gradcam_truth_smoothing")
    st.markdown("**It looks better. Is it more accurate?** " + " ".join(sentences))
    st.caption(
        f"Mean over {found.values.shape[2]:,} validation images with 95% intervals; the class explained is the "
        "one predicted. “nearest” at σ = 0 is the raw map, cell by cell. The best σ was picked on these same "
        "images, so its lead is a little flattered."
    )


def is_it_truer(found: Smoothing, column: int) -> list[str]:
    """What smoothing and enlarging do to one measure: computed, with paired intervals."""
    values = found.values[..., column]  # (modes, sigmas, n)
    with np.errstate(invalid="ignore"):
        means = np.nanmean(values, axis=2)
    raw, bilinear = values[0, 0], found.modes.index("bilinear")
    enlarged = truth.difference(values[bilinear, 0], raw)
    best = int(means[bilinear].argmax())
    ahead = truth.difference(values[bilinear, best], values[bilinear, 0])
    widest = truth.difference(values[bilinear, -1], raw)
    sentences = [
        f"Enlarging bilinearly instead of in squares changes the score by {enlarged.signed}.",
        f"Of the widths tried σ = {found.sigmas[best]:g} px scores best; against no smoothing that is "
        f"{ahead.signed}."
        if best
        else "No smoothing at all scores best of the widths tried.",
        f"At σ = {found.sigmas[-1]:g} px, where the map is smoothest to the eye, it is "
        f"{widest.signed} against the raw map: "
        + (
            "**more accurate**."
            if widest.low > 0
            else "**less accurate**."
            if widest.high < 0
            else "**no detectable difference**."
        ),
    ]
    return sentences
