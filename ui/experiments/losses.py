"""Losses on screen: what a network's own predictions cost under each, how hard they pull, and wrong labels."""

from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.claims import Claim
from dlcore.data import ImageSet
from dlcore.evaluation.intervals import Share
from dlcore.experiments import groups, hyperparameters, losses
from dlcore.experiments.losses import Judged
from dlcore.figures import lenses as lens_figures
from dlcore.figures import losses as figures
from dlcore.number_text import digits
from dlcore.runs import Recipe, Run
from ui.experiments.conduct import Finished, conduct, sizes
from ui.experiments.hyperparameters import budget, seeds_control
from ui.frame import frame
from ui.training.training import current

SHOWN = 400  # predictions drawn as dots
MARGINS = np.linspace(-20.0, 20.0, 161)  # where the formulas are held against torch


def losses_section(recipe: Recipe, images: ImageSet) -> None:
    """The curve as the margin moves, the predictions of the run on show on it, and label noise."""
    frame.say(
        Claim(
            "**Squared error stops learning from its worst mistakes**: where the network is confidently wrong, its "
            "gradient vanishes; cross-entropy pulls hardest there.",
            "tests/test_losses.py"
            "::test_a_confident_mistake_pulls_hard_under_cross_entropy_and_hardly_under_squared_error",
        )
    )
    run = current()[1]
    mine = run is not None and run.best and run.recipe.dataset == images.name
    judged = _judged(run, images) if run is not None and mine else None
    classes = len(images.class_names)
    st.latex(r"L_{\mathrm{ce}} = -\log \hat y_y = \log(1 + e^{-m})")
    bound = r" = \sigma(-m)^2" if classes == 2 else r" \le \sigma(-m)^2"
    st.latex(r"L_{\mathrm{se}} = \tfrac12 \sum_c (\hat y_c - [c = y])^2" + bound)
    frame.chart(figures.curves(classes, _thinned(judged)), _alt(judged), "training_losses_chart")
    if judged is None:
        st.caption(
            "Train a network on these images, and its validation predictions appear as dots on the curves."
        )
    else:
        _in_numbers(judged)
        if run is not None and not run.holds_logits:
            st.caption(
                "An older run, stored without logits: its largest margins are as its rounding left them."
            )
    _check(judged, run, images)
    if st.toggle("Learn from wrong labels", key="training_noise", bind="query-params"):
        label_noise(recipe, images)


def _judged(run: Run, images: ImageSet) -> Judged:
    said = run.predictions
    return losses.judge(said.probabilities, images.labels[run.val_index], said.logits)


def _thinned(judged: Judged | None) -> Judged | None:
    """At most SHOWN predictions, evenly from the whole range of margins."""
    if judged is None or len(judged.margins) <= SHOWN:
        return judged
    order = np.argsort(judged.margins)
    some = order[np.linspace(0, len(order) - 1, SHOWN).round().astype(int)]
    return Judged(
        judged.margins[some],
        {name: values[some] for name, values in judged.losses.items()},
        {name: values[some] for name, values in judged.pulls.items()},
        judged.right[some],
    )


def _alt(judged: Judged | None) -> str:
    text = (
        "Loss and gradient against the margin: cross-entropy grows without bound and pulls with strength 1 on "
        "confident mistakes; squared error levels off and its pull goes to zero on both sides."
    )
    return (
        text
        if judged is None
        else f"{text} {int((~judged.right).sum())} mistakes of {len(judged.right)} images."
    )


def _in_numbers(judged: Judged) -> None:
    """Who makes up the loss, and how hard the worst mistake pulls."""
    worst = int(np.argmin(judged.margins))
    n = len(judged.margins)
    st.markdown(
        f"The tenth of the n = {n:,} validation images with the largest loss makes up "
        f"**{judged.share_of_worst('cross_entropy'):.0%}** of all cross-entropy and "
        f"**{judged.share_of_worst('squared_error'):.0%}** of all squared error. The worst has margin "
        f"{digits(judged.margins[worst])}: cross-entropy pulls at it with "
        f"{digits(judged.pulls['cross_entropy'][worst])}, "
        f"squared error with {digits(judged.pulls['squared_error'][worst])}."
    )
    shown = f"{SHOWN:,} of {n:,} predictions are drawn; those" if n > SHOWN else "Predictions"
    st.caption(
        f"Pull: how strongly a step raises the true class's logit. {shown} with a margin beyond ± {losses.FAR:g} lie "
        "at the border."
    )


def _check(judged: Judged | None, run: Run | None, images: ImageSet) -> None:
    """The formulas against torch's own losses and autograd: on a grid, and on the predictions if there are any."""
    from dlcore.oracles import losses as oracle

    differences = []
    for name, loss in losses.LOSSES.items():
        value, slope = oracle.binary(MARGINS, name)
        differences += [loss.of(MARGINS) - value, loss.slope(MARGINS) - slope]
        if judged is not None and run is not None:
            said, labels = run.predictions, images.labels[run.val_index]
            value, pull = oracle.categorical(said.probabilities, labels, name, said.logits)
            differences += [judged.losses[name] - value, judged.pulls[name] - pull]
    n = 0 if judged is None else len(judged.margins)
    frame.check(
        f"losses and gradients at {len(MARGINS)} margins" + (f" and for {n:,} predictions" if n else ""),
        float(losses.LOSSES["squared_error"].slope(-3.0)),
        float(oracle.binary(np.array([-3.0]), "squared_error")[1][0]),
        max(float(np.abs(d).max()) for d in differences),
        1e-11,
        "torch and its autograd (shown: the slope of squared error at m = −3)",
    )


# --- wrong labels ------------------------------------------------------------------------------------------


def label_noise(recipe: Recipe, images: ImageSet) -> None:
    """Both losses on training labels of which a share is wrong; judged on validation labels that are right."""
    frame.say(
        Claim(
            "**Which loss forgives wrong labels?** A share of the training labels is replaced by another class. "
            "Cross-entropy pulls hardest at images whose label the network contradicts; squared error is bounded "
            "([Ghosh et al. 2017](https://arxiv.org/abs/1712.09482)).",
            "tests/test_losses.py"
            "::test_a_confident_mistake_pulls_hard_under_cross_entropy_and_hardly_under_squared_error "
            "tests/test_losses.py::test_squared_error_lies_in_its_band_and_in_no_narrower_one",
        )
    )
    seeds = seeds_control("noise")
    train, n = sizes(recipe, images)
    arms = hyperparameters.noise_levels(replace(recipe, label_noise=0.0), train, seeds)
    one = arms["cross_entropy"][0.0][0]
    st.caption(f"{one.model.upper()}, {budget(one, train)} each; the validation labels are as they were.")

    def draw(done: Finished) -> None:
        points = {
            figures.NAMES[loss]: hyperparameters.points(arm, done, lambda run: groups.right(run).value)
            for loss, arm in arms.items()
        }
        frame.chart(
            lens_figures.against(
                points, "training labels that are wrong", "validation accuracy", log=False, percent=True
            ),
            f"Validation accuracy by share of wrong labels. {_compared(points, n)}",
            "training_noise_labels_chart",
        )
        st.caption(_compared(points, n))

    conduct(hyperparameters.experiment(*arms.values()), images, "noise", draw)


def _compared(points: dict[str, list[hyperparameters.Point]], n: int) -> str:
    """Both losses at the largest share of wrong labels that both have reached."""
    (one, first), (other, second) = points.items()
    shared = {p.x for p in first if p.values} & {p.x for p in second if p.values}
    if not shared:
        return ""
    x = max(shared)
    a, b = (next(p for p in some if p.x == x).mean for some in (first, second))
    return (
        f"With {x:.0%} wrong labels: {one} {Share(round(a * n), n)}, {other} {Share(round(b * n), n)}, a difference "
        f"of {b - a:+.1%} (means over the seeds, at the selected epoch)."
    )
