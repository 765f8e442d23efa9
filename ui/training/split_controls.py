"""How the images are dealt, on screen: fractions, strata, families of twins; what is chosen goes into the recipe."""

from typing import Any

import streamlit as st

from dlcore.data import ImageSet, is_here
from dlcore.data.families import COMPARABLE, families
from dlcore.runs import Recipe
from ui.frame import frame
from ui.frame.stored import image_set

FIELDS = ("official_split", "fractions", "split_seed", "stratified", "grouped")
ANEW, CUTS = "training_anew", "training_cuts"
STRATA, FAMILIES, SEED = "training_strata", "training_families", "training_deal_seed"
USUAL = (60, 80)  # percent: where train ends, and where validation does
SMALLEST = 5  # percent that every part keeps


def fields(dataset: str) -> dict[str, Any]:
    """The recipe's fields that say how this set is dealt; those at their defaults are left out.

    Where near-duplicates are to be kept together, every pair of images is compared first, once per server.
    """
    anew = bool(_chosen(ANEW, False))
    found: dict[str, Any] = {}
    if not is_here(dataset):
        return found
    images = image_set(dataset)
    if images.official_split is not None:
        if not anew:
            return found
        found["official_split"] = False
    if (cuts := cuts_of(_chosen(CUTS, USUAL))) != USUAL:
        found["fractions"] = fractions_of(cuts)
    if not _chosen(STRATA, True):
        found["stratified"] = False
    if _chosen(FAMILIES, False) and len(images) <= COMPARABLE:
        with st.spinner("Comparing every image with every other, once …"):
            families(images)
        found["grouped"] = True
    if seed := int(_chosen(SEED, 0.0)):
        found["split_seed"] = seed
    return found


def filled(recipe: Recipe) -> dict[str, Any]:
    """The controls' values that give this recipe's fields, for the session's state."""
    train, validation, _ = (round(100 * share) for share in recipe.fractions)
    return {
        ANEW: not recipe.official_split,
        CUTS: cuts_of((train, train + validation)),
        STRATA: recipe.stratified,
        FAMILIES: recipe.grouped,
        SEED: float(min(recipe.split_seed, 9999)),
    }


def _chosen(key: str, default: Any) -> Any:
    """A control's value; from the address while the control has not been drawn in this session."""
    if key in st.session_state:
        return st.session_state[key]
    words = st.query_params.get_all(key)
    try:
        if isinstance(default, bool):
            return words[-1] == "true" if words else default
        if isinstance(default, tuple):
            return tuple(int(float(word)) for word in words) if len(words) == 2 else default
        return min(9999.0, max(0.0, float(words[-1]))) if words else default
    except (ValueError, OverflowError):
        return default


def cuts_of(chosen: tuple[int, int]) -> tuple[int, int]:
    """Both cuts in percent, moved so far that every part keeps its smallest share."""
    first = min(max(int(chosen[0]), SMALLEST), 100 - 2 * SMALLEST)
    return first, min(max(int(chosen[1]), first + SMALLEST), 100 - SMALLEST)


def fractions_of(cuts: tuple[int, int]) -> tuple[float, float, float]:
    """Train, validation and test shares, adding up to 1."""
    return cuts[0] / 100, (cuts[1] - cuts[0]) / 100, (100 - cuts[1]) / 100


def controls(images: ImageSet) -> None:
    """The five controls; a set with a split of its own is dealt anew only when asked for."""
    keep: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
    official = images.official_split is not None
    anew = not official or st.toggle("Deal anew", key=ANEW, **keep)
    cuts = st.slider(
        "Train up to, validation up to (%)", 0, 100, USUAL, 5, key=CUTS, disabled=not anew, **keep
    )
    if anew and cuts_of(cuts) != tuple(cuts):
        st.caption(f"Every part keeps {SMALLEST}%: cut at {' and '.join(map(str, cuts_of(cuts)))}%.")
    st.toggle("Each class in the same proportions", True, key=STRATA, disabled=not anew, **keep)
    many = len(images) > COMPARABLE
    st.toggle(
        "Keep near-duplicates on one side",
        key=FAMILIES,
        disabled=not anew or many,
        help=f"Needs every pair compared: at most {COMPARABLE:,} images." if many else None,
        **keep,
    )
    frame.seed(st, "Seed of the deal", SEED, disabled=not anew, persist_state="session")
