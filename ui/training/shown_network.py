"""Which trained network an explorer opens: the one just looked at or trained, else the lab's own; all on offer."""

from typing import Any

import streamlit as st

from dlcore.data import is_here
from dlcore.runs import Recipe, Run
from ui.frame.address import State
from ui.frame.fields import RunKey
from ui.frame.stored import Wanted, is_stored, needs_database, recent_runs, single_runs, stored_run
from ui.training.one_run import called

LOOKED_AT = "network_looked_at"  # of the session, on any page
MOST, MOST_OF_EXPERIMENTS = 50, 30  # listed


def note(run: Run | None) -> None:
    """Note that this session looks at a run: if it is a CNN, it is the one that the explorers open next."""
    if run is not None and _can_be_opened(run.recipe) and run.best:
        st.session_state[LOOKED_AT] = run.key


def _can_be_opened(recipe: Recipe) -> bool:
    return recipe.model == "cnn" and is_here(recipe.dataset)


def networks(state: State, scored: bool) -> dict[str, str] | None:
    """Key -> name of the stored CNNs whose images are here, newest first, those of experiments last.

    None, and a sentence, while the database does not answer: it is not as if there were none.

    Args:
        state: whose address may name a network that others have trained, for a learner who has none.
        scored: only those with a selected epoch.
    """

    def fits(row: dict[str, Any]) -> bool:
        return _can_be_opened(row["recipe"]) and (row["best"] > 0 or not scored)

    with needs_database("The trained networks cannot be listed"):
        is_single = single_runs()
        single = _listed(MOST, lambda row: fits(row) and is_single(row))
        others = _listed(MOST_OF_EXPERIMENTS, lambda row: fits(row) and not is_single(row))
        own = single | {key: f"Experiment · {name}" for key, name in others.items()}
        return own or _of_others(state)
    return None


def _of_others(state: State) -> dict[str, str]:
    """The network that the address names and the first recipe's, whoever has trained them.

    A run on public images is no secret, and its key opens it.
    """
    keys = [key for key in (state.value("run"), Recipe().key) if key]
    found = [run for key in dict.fromkeys(keys) if (run := stored_run(key)) is not None]
    return called({run.key: run.recipe for run in found if _can_be_opened(run.recipe) and run.best})


def _listed(most: int, wanted: Wanted) -> dict[str, str]:
    return called({row["key"]: row["recipe"] for row in recent_runs(most, wanted)})


def choose(state: State, names: dict[str, str], **more: Any) -> Run | None:
    """The network that a page opens, which its address names; None where its files are damaged.

    Args:
        names: key -> name of those on offer, at least one; a link may ask for another one.
        more: for the control.
    """
    offered = dict(names)
    here, elsewhere = f"{LOOKED_AT}_{state.page}", st.session_state.get(LOOKED_AT)
    asked = state.value("run")
    if (
        elsewhere
        and elsewhere != asked
        and asked in (None, st.session_state.get(here))
        and is_stored(elsewhere)
    ):
        asked = st.session_state[f"{state.prefix}run"] = elsewhere  # no link says another one
    for key in (asked, Recipe().key):
        older = stored_run(key) if key and key not in offered else None
        if older is not None and older.recipe.model == "cnn":
            offered |= called({older.key: older.recipe})
    default = Recipe().key if Recipe().key in offered else next(iter(offered))
    control = state.control("run", RunKey(offered.__contains__, offered.keys, default=default, always=True))
    draw = {"format_func": offered.__getitem__, "key": control.key, **more}
    run = stored_run(control.keep(st.selectbox("Network", list(offered), **draw)))
    if run is not None:
        st.session_state[here] = run.key
        note(run)
    return run


def name(run: Run) -> str:
    """The run's name on the picture."""
    return called({run.key: run.recipe})[run.key]
