"""The learning rate on screen: a range test, what it suggests, and a sweep of constant rates that checks it."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from dlcore.claims import invitation
from dlcore.data import ImageSet
from dlcore.experiments import hyperparameters
from dlcore.experiments.hyperparameters import Point, RangeTest
from dlcore.figures import lenses as figures
from dlcore.number_text import count, digits
from dlcore.runs import Recipe
from ui.experiments.conduct import Finished, conduct, finished, sizes
from ui.experiments.hyperparameters import budget, seeds_control, told
from ui.frame import frame

NO_FALL = (
    "At no rate does the loss fall by more than its own ups and downs: **no rate is suggested**. That does not show "
    "that none would do; with more images at each rate the fall might stand out."
)


def learning_rate_section(recipe: Recipe, images: ImageSet) -> None:
    """A rate that rises from step to step finds where learning sets in and where it breaks; a sweep checks it."""
    frame.say(
        invitation(
            "**Is one training enough to find a usable learning rate?** Let the rate rise from epoch to epoch, a few "
            "steps at each, and look where the loss falls fastest and where it climbs again "
            "([Smith 2015](https://arxiv.org/abs/1506.01186))."
        )
    )
    left, right = st.columns(2)
    with left:
        seeds = seeds_control("rate")
    sweep = right.toggle("Check it: train at seven constant rates", key="training_sweep", bind="query-params")
    train, _ = sizes(recipe, images)
    tests = hyperparameters.range_test(recipe, train, seeds)
    st.caption(
        f"{recipe.optimizer}, batches of {tests[0].batch_size}: {count(tests[0].epochs or 0, 'epoch')} on "
        f"{budget(tests[0], train).split(',')[0]}, η from "
        f"{digits(tests[0].learning_rate / hyperparameters.RISE, 1)} to "
        f"{tests[0].learning_rate:g}, by the same factor every time."
    )
    conduct(hyperparameters.experiment({"rising": tests}), images, "range", lambda done: _range(tests, done))
    if sweep:
        _sweep(hyperparameters.rates(recipe, train, seeds), tests, images, train)


def _range(tests: Sequence[Recipe], done: Finished) -> None:
    runs = [done[recipe.key] for recipe in tests if recipe.key in done]
    found = hyperparameters.range_of(runs)
    if found is None:
        st.caption(
            "The loss ceased to be a number too early to be read: the recipe is unstable from the start."
        )
        return
    if not found.falls:
        st.markdown(NO_FALL)
        return
    fall = f"The loss falls fastest near η = {digits(found.steepest, 2)}"
    end = (
        f"and by η = {digits(found.diverges, 2)}, {found.diverges / found.steepest:.0f} times that rate, at least "
        "half of that drop is lost again"
        if found.diverges is not None
        else "and does not climb back up to the last rate tried"
    )
    frame.chart(figures.range_test(found), f"{fall} {end}.", "training_range_chart")
    nearest = suggested(found)
    singles = [one.steepest for run in runs if (one := hyperparameters.range_of([run])) is not None]
    seeds = (
        f" Seed by seed the steepest fall lies at {', '.join(f'{digits(rate, 2)}' for rate in sorted(singles))}."
        if len(singles) > 1
        else ""
    )
    st.markdown(
        f"{fall} {end}. Suggestion: **η = {nearest:g}**, the rate on offer nearest to the steepest fall"
        + (", and below the one where training breaks down" if nearest < (found.diverges or 0) else "")
        + f".{seeds}"
    )
    if len(runs) < len(tests):
        return
    st.button(
        f"Use η = {nearest:g} in the recipe",
        icon=":material/check:",
        on_click=_use_rate,
        args=[nearest],
        key="training_use_rate",
    )
    st.caption(
        "A rule of thumb, not a theorem: earlier rates have already trained the network a little, so each drop "
        "partly reflects them."
    )


def suggested(found: RangeTest) -> float:
    """The rate on offer that is nearest to the steepest fall."""
    return min(hyperparameters.RATES, key=lambda rate: abs(np.log(rate / found.steepest)))


def _use_rate(rate: float) -> None:
    st.session_state["training_rate"] = rate


def _sweep(
    arms: Mapping[float, Sequence[Recipe]], tests: Sequence[Recipe], images: ImageSet, train: int
) -> None:
    one = next(iter(arms.values()))[0]
    st.markdown(f"**Seven constant rates**, {budget(one, train)} each.")

    def draw(done: Finished) -> None:
        points = hyperparameters.points(arms, done)
        whole = [point for point in points if point.values]
        lost = sum(point.lost for point in points)
        if not whole:
            return
        best = min(whole, key=lambda point: point.mean)
        near = [point.x for point in whole if point.mean <= 1.1 * best.mean]
        text = (
            f"Validation loss after the last epoch is least at η = {best.x:g}: {told(whole)}. "
            f"Within a tenth of it: {', '.join(f'{rate:g}' for rate in near)}. "
            + (f"{lost} of the trainings diverged." if lost else "None diverged.")
        )
        frame.chart(
            figures.against(
                {"validation loss": points}, "learning rate η, constant", "validation loss, last epoch (nats)"
            ),
            text,
            "training_sweep_chart",
        )
        _, n = sizes(one, images)
        st.caption(
            f"{text} Dots are seeds; n = {n:,} validation images each. {_held_against(whole, best, tests)}"
        )

    conduct(hyperparameters.experiment(arms), images, "sweep", draw)


def _held_against(points: Sequence[Point], best: Point, tests: Sequence[Recipe]) -> str:
    """What the range test's suggestion reached, beside the best of the sweep."""
    rising = finished(hyperparameters.experiment({"rising": tests}))
    found = hyperparameters.range_of(list(rising.values()))
    at = [point for point in points if found is not None and found.falls and point.x == suggested(found)]
    if not at:
        return ""
    if at[0].x == best.x:
        return f"The range test suggested that same rate, {best.x:g}."
    return (
        f"The range test suggested {at[0].x:g}, which reaches {digits(at[0].mean)}: "
        f"{digits(at[0].mean / best.mean, 2)} times "
        "the least loss with this budget."
    )
