"""How the images are dealt, on screen: fractions, strata, families of twins; what is chosen goes into the recipe."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dlcore.data import ImageSet, is_here
from dlcore.data.families import COMPARABLE, families
from dlcore.runs import Recipe
from ui.frame.address import State
from ui.frame.fields import Numbers, OnOff, Whole
from ui.frame.stored import image_set

FIELDS = ("official_split", "fractions", "split_seed", "stratified", "grouped")
USUAL = (60, 80)  # percent: where train ends, and where validation does
SMALLEST = 5  # percent that every part keeps
STATE = State(
    "training",
    {
        "anew": OnOff(),
        "cuts": Numbers(0, 100, default=USUAL),
        "strata": OnOff(default=True),
        "families": OnOff(),
        "deal_seed": Whole(0, 9999, default=0),
    },
)


def fields(dataset: str) -> dict[str, Any]:
    """The recipe's fields that say how this set is dealt; those at their defaults are left out.

    Where near-duplicates are to be kept together, every pair of images is compared first, once per server.
    """
    anew = bool(STATE.value("anew"))
    found: dict[str, Any] = {}
    if not is_here(dataset):
        return found
    images = image_set(dataset)
    if images.official_split is not None:
        if not anew:
            return found
        found["official_split"] = False
    if (cuts := cuts_of(STATE.value("cuts"))) != USUAL:
        found["fractions"] = fractions_of(cuts)
    if not STATE.value("strata"):
        found["stratified"] = False
    if STATE.value("families") and len(images) <= COMPARABLE:
        with st.spinner("Comparing every image with every other, once …"):
            families(images)
        found["grouped"] = True
    if seed := int(STATE.value("deal_seed")):
        found["split_seed"] = seed
    return found


def filled(recipe: Recipe) -> dict[str, Any]:
    """The controls' values that give this recipe's fields, for the session's state."""
    train, validation, _ = (round(100 * share) for share in recipe.fractions)
    return {
        "training_anew": not recipe.official_split,
        "training_cuts": cuts_of((train, train + validation)),
        "training_strata": recipe.stratified,
        "training_families": recipe.grouped,
        "training_deal_seed": min(recipe.split_seed, 9999),
    }


def cuts_of(chosen: tuple[int, int]) -> tuple[int, int]:
    """Both cuts in percent, moved so far that every part keeps its smallest share."""
    first = min(max(int(chosen[0]), SMALLEST), 100 - 2 * SMALLEST)
    return first, min(max(int(chosen[1]), first + SMALLEST), 100 - SMALLEST)


def fractions_of(cuts: tuple[int, int]) -> tuple[float, float, float]:
    """Train, validation and test shares, adding up to 1."""
    return cuts[0] / 100, (cuts[1] - cuts[0]) / 100, (100 - cuts[1]) / 100


def controls(images: ImageSet) -> None:
    """The five controls; a set with a split of its own is dealt anew only when asked for."""
    official = images.official_split is not None
    anew = not official or _draw(st.toggle, "Split again", "anew")
    cuts = _draw(
        st.slider,
        "Train up to, validation up to (%)",
        "cuts",
        min_value=0,
        max_value=100,
        step=5,
        disabled=not anew,
    )
    if anew and cuts_of(cuts) != tuple(cuts):
        st.caption(f"Every part keeps {SMALLEST}%: cut at {' and '.join(map(str, cuts_of(cuts)))}%.")
    _draw(st.toggle, "Each class in the same proportions", "strata", disabled=not anew)
    many = len(images) > COMPARABLE
    _draw(
        st.toggle,
        "Keep near-duplicates on one side",
        "families",
        disabled=not anew or many,
        help=f"Needs every pair compared: at most {COMPARABLE:,} images." if many else None,
    )
    _draw(st.number_input, "Split seed", "deal_seed", min_value=0, max_value=9999, disabled=not anew)


def _draw(draw: Callable[..., Any], label: str, name: str, **more: Any) -> Any:
    control = STATE.control(name)
    return control.keep(draw(label, key=control.key, **more))
