"""A threshold by cost and prevalence, on screen: what it changes, and what it does not."""

import numpy as np
import streamlit as st

from dlcore.data import ImageSet
from dlcore.evaluation import thresholds
from dlcore.evaluation.thresholds import AtThreshold, cost_per_image, threshold_of
from dlcore.logits import Predictions
from dlcore.number_text import digits
from dlcore.runs import Run
from ui.frame.address import State
from ui.frame.fields import OneOf, Real

COSTS = (1, 2, 5, 10, 20, 50, 100)
_THRESHOLDS = {"tab": "Evaluation", "view": "Thresholds"}
STATE = State(
    "training",
    {
        "miss": OneOf(COSTS, default=1, on=_THRESHOLDS),
        "prevalence": Real(0.1, 99.9, default=None, on=_THRESHOLDS),
    },
)


def learned_share(run: Run, images: ImageSet, c: int) -> float:
    """The share of class c that a network's probabilities speak of: in training, or equal for weighted classes."""
    if run.recipe.class_weights == "balanced":
        return 1 / len(images.class_names)
    from dlcore.data.recipe_images import parts

    return float((images.labels[parts(run.recipe, images).train] == c).mean())


def costs_section(run: Run, images: ImageSet, said: Predictions, labels: np.ndarray, name: str) -> None:
    """What a miss costs and how common the class will be: the threshold that costs least, beside ½."""
    c = list(run.class_names).index(name)
    positive, learned = labels == c, learned_share(run, images, c)
    st.subheader("The threshold that costs least", anchor=False)
    left, right = st.columns(2)
    cost = left.select_slider(
        f"A missed “{name}” costs as much as so many false alarms",
        COSTS,
        1,
        key="training_miss",
        bind="query-params",
    )
    share = right.number_input(
        f"Percent of “{name}” where it will be used",
        0.1,
        99.9,
        None,
        placeholder=f"{100 * positive.mean():.1f}, as in validation",
        key="training_prevalence",
        bind="query-params",
    )
    prevalence = float(positive.mean()) if share is None else share / 100
    if not 0 < learned < 1:
        st.caption(
            "The network learned from one of the two groups only: its probabilities cannot be weighed."
        )
        return
    t = threshold_of(float(cost), prevalence, learned)
    rules = {p: thresholds.at_threshold(said.scores[:, c], positive, said.score_at(p)) for p in (t, 0.5)}
    st.markdown(in_words(t, rules, float(cost), prevalence))
    st.caption(
        "It changes which images are called positive, and so sensitivity, specificity and precision. It changes "
        "neither the network nor the order of the images: the ROC curve and its area stay. The rule is the best only "
        f"if the probabilities are calibrated (see Calibration) for the {learned:.1%} of “{name}” that the network "
        f"{'was made to see by its class weights' if run.recipe.class_weights == 'balanced' else 'learned from'}."
    )


def in_words(t: float, rules: dict[float, AtThreshold], cost: float, prevalence: float) -> str:
    """The threshold and what it costs beside ½, on the validation images."""
    costs = {p: cost_per_image(at, cost, prevalence) for p, at in rules.items()}
    told = "; ".join(
        f"from {digits(p)}: sensitivity {at.sensitivity.short}, specificity {at.specificity.short}, cost "
        f"{digits(1000 * costs[p])} false alarms per 1,000 images"
        for p, at in rules.items()
    )
    return f"Call it positive from **{digits(t)}**. For {prevalence:.1%} positives, on validation: {told}."
