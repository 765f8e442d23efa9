"""The splits on screen: who is in which part, what has leaked, and what that does to an accuracy."""

from concurrent.futures import Future

import numpy as np
import streamlit as st

from dlcore.data import ImageSet, Leaks, Split, leaks
from dlcore.data.recipe_images import parts
from dlcore.evaluation.composition import PARTS, SHUFFLES, Composition, composition
from dlcore.evaluation.near_against_clean import NearAgainstClean, near_against_clean
from dlcore.evaluation.split_luck import ClassShares, TwinsAcross, class_shares, twins_across
from dlcore.figures import splits as figures
from dlcore.number_text import count, percent
from dlcore.runs import Recipe, Run
from ui.frame import frame, slow_answers
from ui.frame.address import State
from ui.frame.fields import Later, OneOf, OnOff
from ui.frame.rows_of_intervals import rows_of_intervals
from ui.frame.stored import image_set
from ui.frame.tiles import tiles
from ui.training import auditing, split_controls

PAIRS = 4  # shown at once
THUMBNAILS = 15  # of each part
MULTIPLICATIONS = 2e11  # of one comparison of all images with all, about 20 s; beyond, it is not offered
THRESHOLDS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
ALARM = 0.05  # random splits that are said to differ, at most
_SPLITS = {"tab": "Data splits"}
_TWINS = {**_SPLITS, "leaks": "true"}
STATE = State(
    "training",
    {
        "spread": OnOff(on=_SPLITS),
        "thumbnails": OnOff(on=_SPLITS),
        "leaks": OnOff(on=_SPLITS),
        "audit": OnOff(on=_SPLITS),
        "twin": OneOf(THRESHOLDS, default=0.99, on=_TWINS),
        "leak_who": Later(on=_TWINS),
    },
)


def chosen_deal(images: ImageSet) -> Recipe:
    """A recipe that says how these images are dealt, and nothing else: as the controls have it."""
    return Recipe(dataset=images.name, **split_controls.fields(images.name))


def splits_section(images: ImageSet, run: Run | None) -> None:
    """The parts as they are dealt now, beside their controls; what a closer look costs is done when asked for."""
    picture, controls = frame.picture_and_controls()
    with controls:
        split_controls.controls(images)
    split = parts(chosen_deal(images), images)
    with picture:
        proportions(images, split, chosen_deal(images))
    one, two, three, four = st.columns(4)
    spread = one.toggle("Split a hundred times", key="training_spread", bind="query-params")
    looks = two.toggle("Show images of each set", key="training_thumbnails", bind="query-params")
    twins = three.toggle("Find near-duplicates across sets", key="training_leaks", bind="query-params")
    audited = four.toggle("Audit this data set", key="training_audit", bind="query-params")
    if audited:
        auditing.audit_section(images, chosen_deal(images), run)
    if spread:
        class_spread(images)
    if looks:
        thumbnails(images, split)
    if twins:
        leak_detector(images, split, run)


def proportions(images: ImageSet, split: Split, deal: Recipe) -> None:
    """The parts and their class proportions, drawn; and what each of them is for."""
    found = composition(images.labels, split, images.class_names)
    train, validation, test = found.sizes
    low, high = found.intervals
    parts = [(f"{part} ({n:,} images)", part) for part, n in zip(PARTS, found.sizes, strict=True)]
    rows_of_intervals(found.class_names, parts, found.counts, low, high, _proportions_alt(found))
    st.caption(f"Bars are 95% intervals (Wilson). {shift_sentence(found)}")
    st.markdown(
        f"{which_split(images, deal)} The network learns from **train** ({train:,}), every choice is "
        f"made on **validation** ({validation:,}), and **test** ({test:,}) is kept for one last question: no "
        "decision may depend on it, neither the epoch kept nor the model or learning rate chosen. A decision made "
        "on test would make it a second validation set, and its number too good."
    )


def which_split(images: ImageSet, chosen: Recipe) -> str:
    """Whose split this recipe uses, and how it was dealt."""
    if images.official_split is not None and chosen.official_split:
        return images.split_sentence
    how = "each class in the same proportions" if chosen.stratified else "not stratified"
    twins = ", near-duplicates on one side" if chosen.grouped else ""
    shares = " / ".join(f"{100 * share:.0f}" for share in chosen.fractions)
    whose = "No official split" if images.official_split is None else "Not the set's own split"
    return f"{whose}: the images are split at random, {shares}%, {how}{twins} (seed {chosen.split_seed})."


def _proportions_alt(found: Composition) -> str:
    rows = [
        f"{name} "
        + ", ".join(f"{found.shares[i, c]:.1%} ({found.counts[i, c]:,})" for i in range(len(PARTS)))
        for c, name in enumerate(found.class_names)
    ]
    return "Class shares, and how many images, in train, validation, test: " + "; ".join(rows) + "."


def shift_sentence(found: Composition) -> str:
    """The largest prevalence shift from train, and whether all of them together are more than chance would make."""
    largest, p = found.shifts[0], found.by_chance
    size = f"The largest shift from train: “{largest.name}” in {largest.part}, {largest.difference} for it alone."
    often = f"at most {percent(p)}" if p <= 1 / (1 + SHUFFLES) else percent(p)
    chance = f"Of random splits, {often} differ from each other at least as much over all classes (χ², permutation)"
    if p <= ALARM:
        return f"{size} {chance}: the sets differ in how common the classes are."
    return f"{size} {chance}: a shift in prevalence is not shown."


@st.cache_data(max_entries=16, show_spinner=False)
def _shares(dataset: str, fractions: tuple[float, float, float]) -> ClassShares:
    images = image_set(dataset)
    return class_shares(images.labels, images.class_names, fractions)


def class_spread(images: ImageSet) -> None:
    """The validation part's class shares over a hundred deals, stratified and not."""
    fractions = chosen_deal(images).fractions
    found = _shares(images.name, fractions)
    c = int(np.argmin(found.whole))
    low, high = found.by_chance[:, c].min(), found.by_chance[:, c].max()
    text = (
        f"{len(found.by_chance)} splits, {found.size:,} validation images each. Left to chance, the rarest class "
        f"“{found.class_names[c]}” ({found.whole[c]:.1%} of the set) makes up {low:.1%} to {high:.1%} of them; the "
        f"standard deviation is {found.by_chance[:, c].std(ddof=1):.2%}, and √(p(1 − p)/m · (N − m)/(N − 1)) = "
        f"{found.expected[c]:.2%}. Stratified, it varies by {found.stratified[:, c].std(ddof=1):.2%}."
    )
    frame.chart(figures.class_spread(found), text, "training_spread_chart")
    st.caption(text)


def thumbnails(images: ImageSet, split: Split) -> None:
    """Some images of train and of validation; the test part stays closed."""
    left, right, closed = st.columns([2, 2, 1])
    for place, name, part in ((left, "train", split.train), (right, "validation", split.validation)):
        rng = np.random.default_rng(0)
        some = np.sort(rng.permutation(part)[:THUMBNAILS])
        with place:
            st.markdown(f"**{name}**, {len(some)} of {len(part):,}")
            captions = [images.class_names[c] for c in images.labels[some]]
            tiles(images.images[some], captions, f"{len(some)} images of {name}.", columns=5)
    with closed:
        st.markdown("**test**")
        st.caption(
            ":material/lock: Closed. A learner who has seen the test images would choose with them in mind; what is "
            "told of them is how many there are, their classes, and whether they have near-duplicates in training."
        )


# --- twins -------------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=12, show_spinner=False)
def _twins(recipe: Recipe) -> Future[Leaks]:
    """Each validation and test image's most similar training image, soon; shared by all sessions."""
    images = image_set(recipe.dataset)
    return slow_answers.pool().submit(leaks, images, threshold=-1, split=parts(recipe, images))


@st.cache_resource(max_entries=12, show_spinner=False)
def _across(dataset: str, fractions: tuple[float, float, float]) -> Future[TwinsAcross]:
    return slow_answers.pool().submit(twins_across, image_set(dataset), fractions)


def leak_detector(images: ImageSet, split: Split, run: Run | None) -> None:
    """Near-duplicates across the parts, side by side, and accuracy on them against the others."""
    train, validation, test = split
    pixels = int(np.prod(images.images.shape[1:]))
    if len(train) * (len(validation) + len(test)) * pixels > MULTIPLICATIONS:
        st.caption(
            f"Comparing {len(validation) + len(test):,} images with {len(train):,} takes minutes here. "
            f'From a script: `dlcore.data.leaks(dlcore.data.load("{images.name}"))`.'
        )
        return
    threshold = st.select_slider(
        "A near-duplicate has a correlation with a training image above",
        THRESHOLDS,
        0.99,
        key="training_twin",
        bind="query-params",
    )
    recipe = chosen_deal(images)
    answer = _twins(recipe)
    if not slow_answers.is_there(answer, "Comparing every image with every training image …"):
        return
    everything = answer.result()
    found = everything.above(threshold)
    counts = f"{len(found.test_near)} of {len(test):,} test images and {len(found.validation_near)} of "
    counts += f"{len(validation):,} validation images have a near-duplicate in training"
    frame.chart(
        figures.likeness(everything, threshold), f"At threshold {threshold:g} {counts}.", "training_likeness"
    )
    st.markdown(f"Above {threshold:g}: {counts}. {exact_sentence(found)}")
    _pairs(images, found)
    if len(images) ** 2 * pixels < MULTIPLICATIONS:
        _before_and_after(images, recipe.fractions)
    _accuracy_apart(images, everything, found, run)


def closest_pairs(images: ImageSet, deal: Recipe) -> None:
    """How alike the nearest images of train and of the other parts are: the closest pairs of all."""
    answer = _twins(deal)
    if slow_answers.is_there(answer, "Comparing every image with every training image …"):
        _pairs(images, answer.result())


def exact_sentence(found: Leaks) -> str:
    """How many images are a training image, pixel by pixel, and whether their labels agree."""
    if not len(found.exact):
        return "No image equals a training image in every pixel."
    odd = int((~found.exact_agrees).sum())
    first = found.exact[np.argmin(found.exact_agrees)]
    labels = (
        f"{odd} with another label (images {first[0]} and {first[1]})" if odd else "all with the same label"
    )
    verb = "equals" if len(found.exact) == 1 else "equal"
    return f"{count(len(found.exact), 'image')} {verb} a training image in every pixel, {labels}."


def _pairs(images: ImageSet, found: Leaks) -> None:
    """The closest pairs, twin beside training image."""
    pairs = np.concatenate([found.pairs, found.validation_pairs])
    r = np.concatenate([found.correlations, found.validation_correlations])
    parts = ["test"] * len(found.pairs) + ["validation"] * len(found.validation_pairs)
    if not len(pairs):
        st.caption("No pairs above this threshold: move it down to see the most similar ones.")
        return
    closest = np.argsort(-r, kind="stable")[:PAIRS]
    names = images.class_names
    captions = []
    for i in closest:
        captions += [
            f"{parts[i]}\n{names[images.labels[pairs[i, 0]]]}",
            f"train, r = {r[i]:.4f}\n{names[images.labels[pairs[i, 1]]]}",
        ]
    tiles(
        images.images[pairs[closest].ravel()],
        captions,
        f"The {len(closest)} most similar pairs, each with its training image to the right.",
    )


def _before_and_after(images: ImageSet, fractions: tuple[float, float, float]) -> None:
    """How many images have a near-duplicate in training: in the set's own split, split again, and by groups."""
    answer = _across(images.name, fractions)
    if not slow_answers.is_there(answer, "Comparing every image with every other …"):
        return
    found = answer.result()
    of_validation, of_test = found.sizes
    rows = ["| how the set is split | validation | test |", "|---|---|---|"]
    if found.official is not None and found.official_sizes is not None:
        (a, b), (n, m) = found.official, found.official_sizes
        rows.append(f"| the set's own split | {a} of {n} | {b} of {m} |")
    mean, low, high = found.anew.mean(axis=0), found.anew.min(axis=0), found.anew.max(axis=0)
    often = len(found.anew)
    rows += [
        f"| again, {often} times: mean (least to most) | {mean[0]:.1f} ({low[0]}–{high[0]}) of {of_validation} "
        f"| {mean[1]:.1f} ({low[1]}–{high[1]}) of {of_test} |",
        f"| again, near-duplicates on one side | {found.together[0]} | {found.together[1]} |",
    ]
    st.markdown(
        f"**Images with a near-duplicate in training (above 0.99)**, by the way the set is split. It holds "
        f"{found.pairs:,} pairs."
    )
    st.markdown("\n".join(rows))


def _accuracy_apart(images: ImageSet, everything: Leaks, found: Leaks, run: Run | None) -> None:
    """Validation accuracy on near-duplicates against clean images, of a run and of copying a neighbour."""
    index = everything.validation_pairs[:, 0]
    labels = images.labels[index]
    near = np.isin(index, found.validation_near)
    copied = images.labels[everything.validation_pairs[:, 1]]
    who = {"copy the label of the most similar training image": copied}
    if run is not None and np.array_equal(np.sort(run.val_index), np.sort(index)):
        order = np.argsort(run.val_index)  # the pairs are sorted by index
        who = {f"the {run.recipe.model.upper()} on show": run.val_probabilities[order].argmax(axis=1)} | who
    control = STATE.control("leak_who", OneOf(list(who), default=next(iter(who))))
    chosen = control.keep(st.segmented_control("Who predicts", list(who), required=True, key=control.key))
    if not near.any():
        st.caption(
            "No validation image has a near-duplicate at this threshold: there is nothing to set apart."
        )
        return
    result = near_against_clean(who[chosen], labels, near, images.class_names)
    frame.chart(
        figures.accuracies(result),
        f"Accuracy: near-duplicates {result.near}, clean {result.clean}.",
        "training_near_clean",
    )
    st.caption(f"All classes: near-duplicates {result.near}; clean {result.clean}. {mix_sentence(result)}")
    if run is None:
        st.caption("Train a network, and its own predictions can be set apart in the same way.")


def mix_sentence(result: NearAgainstClean) -> str:
    """Whether the two groups hold the classes in other proportions, so that nobody over-claims."""
    shares = result.prevalence / np.maximum(result.prevalence.sum(axis=1, keepdims=True), 1)
    c = int(np.argmax(np.abs(shares[0] - shares[1])))
    thin = int(min(share.n for pair in result.by_class for share in pair))
    return (
        f"The class mix differs too: “{result.class_names[c]}” is {shares[0, c]:.0%} of the near-duplicates "
        f"and {shares[1, c]:.0%} of the clean images, so part of the gap may be prevalence. "
        f"Read it class by class; the smallest group holds {count(thin, 'image')}, and where "
        "two intervals overlap widely, nothing is shown."
    )
