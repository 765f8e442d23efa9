"""The runs in the store, on screen: sort, overlay, compare, and what can be done with one of them."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import pandas as pd
import streamlit as st

from dlcore.evaluation.intervals import Share
from dlcore.experiments import exports
from dlcore.runs import CODE_VERSION, Recipe, Run
from dlcore.store import shared
from dlcore.store.ownership import EVERYBODY
from ui.frame.files import File, offer
from ui.frame.stored import (
    forget,
    needs_database,
    own,
    recent_runs,
    single_runs,
    stored_run,
    unfit_run,
)
from ui.learner.learner import learner, marked
from ui.training import recipe_controls, submitting, take_home, training
from ui.training.image_sets import title_of
from ui.training.one_run import called, changes_of

MOST = 6  # runs drawn beside the current one
LIMIT = 100  # latest runs in the table
_ON_SHOW = "training_one_on_show"  # of the session: the run on show that was put in hand


@needs_database("The runs cannot be listed")
def run_table_section(on_show: Run | None) -> None:
    """A way in for a run from home; the table, the runs chosen in it beside each other, and one of them in hand."""
    with st.popover(
        "Bring a run", icon=":material/upload:", on_change="rerun", key="training_bring"
    ) as way_in:
        if way_in.open:
            take_home.bring()
    rows = _listed(on_show)
    owners = shared().ledger.owners(row["key"] for row in rows)
    me = learner()
    others = any(who - {me, EVERYBODY} for who in owners.values())
    if others and st.toggle("Only my runs", key="training_mine", bind="query-params"):
        rows = [row for row in rows if me in owners[row["key"]]]
    if not rows:
        st.caption("No runs yet. Every training you finish appears here, and stays.")
        return
    if skipped := shared().ledger.skipped():
        some = ", ".join(key[:6] for key in list(skipped)[:MOST])
        st.caption(
            f"Runs of another version of the lab that this one cannot read, {len(skipped)} in all: {some}."
        )
    touched = marked(rows)
    names = labels(rows, touched)
    mine = own(rows)
    _table(rows, names, touched, {key for key in mine if me in owners[key]})
    keys = _beside(names)
    chosen = [run for run in map(stored_run, keys) if run is not None]
    compared = [run for run in (on_show, *chosen) if run is not None]
    compared = list({run.key: run for run in compared}.values())
    if len(compared) > 1:
        _differences(compared, on_show)
    _export(chosen, [row["key"] for row in rows])
    _one(rows, names, mine, owners, on_show)


def _listed(on_show: Run | None) -> list[dict[str, Any]]:
    """The latest single trainings; those of experiments stand apart, behind a switch, unless they are on show."""
    is_single, compared = single_runs(), training.STATE.value("compare")
    shown = {*compared, on_show.key if on_show else ""}
    if recent_runs(1, lambda row: not is_single(row)) and st.toggle(
        "Also the runs of experiments", key="training_experiments", bind="query-params"
    ):
        return recent_runs(LIMIT)
    return recent_runs(LIMIT, lambda row: is_single(row) or row["key"] in shown)


def _beside(names: dict[str, str]) -> list[str]:
    """Keys of the runs that are drawn beside the current one, those of a link included."""
    keys = [key for key in training.STATE.value("compare") if key in names]
    st.session_state["training_compare"] = keys
    control = training.STATE.control("compare")
    chosen = st.multiselect(
        "Draw beside the current run",
        list(names),
        format_func=names.__getitem__,
        max_selections=MOST,
        key=control.key,
        placeholder="Tick rows in the table, or choose here",
    )
    return list(control.keep(chosen))


def labels(rows: list[dict[str, Any]], touched: set[str]) -> dict[str, str]:
    """Key -> what this learner calls the run, else what differs from the default; contaminated ones say so."""
    names = called({row["key"]: row["recipe"] for row in rows})
    return {key: name + " · contaminated" * (key in touched) for key, name in names.items()}


def table_of_runs(
    rows: list[dict[str, Any]], names: dict[str, str], contaminated: set[str], mine: set[str]
) -> pd.DataFrame:
    """The latest runs, newest first, one line each.

    Args:
        names: key -> name.
        contaminated: keys of those that may owe something to a look at the test set.
        mine: keys of those that this learner has asked for.
    """
    return pd.DataFrame(
        {
            "run": [row["key"][:6] for row in rows],
            "name": [names[row["key"]] for row in rows],
            "images": [title_of(row["dataset"]) for row in rows],
            "model": [row["model"].upper() for row in rows],
            "differs from the default in": [
                " · ".join(changes_of(row["recipe"])) or "nothing" for row in rows
            ],
            "validation AUC": [row["val_auc"] for row in rows],
            "validation accuracy": [row["val_accuracy"] for row in rows],
            "its 95% interval": [_interval(row) for row in rows],
            "parameters": [row["parameters"] for row in rows],
            "finished (UTC)": [row["finished"][:16].replace("T", " ") for row in rows],
            "duration (s)": [row["seconds"] for row in rows],
            "status": [row["status"].replace("_", " ") for row in rows],
            "whose": ["yours" if row["key"] in mine else "" for row in rows],
            "chosen": [
                "after the test set was opened: contaminated" if row["key"] in contaminated else ""
                for row in rows
            ],
            "version": [
                "" if row["code"] == CODE_VERSION else f"{row['code']}, an older one" for row in rows
            ],
        }
    )


def _interval(row: dict[str, Any]) -> str:
    """Wilson's interval of the validation accuracy; "" where it or the number of images is not in the index."""
    n, accuracy = row["validated"], row["val_accuracy"]
    if not n or accuracy is None:
        return ""
    low, high = Share(round(accuracy * n), n).interval
    return f"{low:.1%} to {high:.1%}, n = {n:,}"


def _table(rows: list[dict[str, Any]], names: dict[str, str], touched: set[str], mine: set[str]) -> None:
    keys = [row["key"] for row in rows]

    def tick() -> None:
        ticked = st.session_state["training_table"]["selection"]["rows"]
        st.session_state["training_compare"] = [keys[i] for i in ticked if i < len(keys)][:MOST]

    st.caption("Click a heading to sort; tick rows to draw them beside the current run.")
    st.dataframe(
        table_of_runs(rows, names, touched, mine),
        hide_index=True,
        height=min(38 + 35 * len(rows), 360),
        column_config={
            "name": None
            if all(n.endswith(k[:6]) for k, n in names.items())
            else st.column_config.TextColumn(),
            "version": None
            if all(row["code"] == CODE_VERSION for row in rows)
            else st.column_config.TextColumn(),
            "validation AUC": st.column_config.NumberColumn(format="%.3f"),
            "validation accuracy": st.column_config.NumberColumn(format="percent"),
            "parameters": st.column_config.NumberColumn(format="localized"),
            "duration (s)": st.column_config.NumberColumn(format="%.1f"),
        },
        on_select=tick,
        selection_mode="multi-row",
        key="training_table",
    )


def _differences(chosen: list[Run], on_show: Run | None) -> None:
    """Field by field what sets the chosen recipes apart, defaults included, and what came of it."""
    differing = exports.what_differs(chosen)
    results = {
        "→ validation accuracy": [
            f"{run.best_epoch.val_accuracy:.1%}" if run.best_epoch else "–" for run in chosen
        ],
        "→ validation AUC": [
            f"{run.best_epoch.val_auc:.3f}" if run.best_epoch and run.best_epoch.val_auc is not None else "–"
            for run in chosen
        ],
        "→ validation images": [f"{len(run.val_index):,}" for run in chosen],
        "→ selected epoch": [f"{run.best} of {len(run.epochs)}" for run in chosen],
    }
    cells = {name: [str(value) for value in values] for name, values in differing.items()} | results
    st.markdown(f"**What differs** between these {len(chosen)} recipes, and what came of it")
    st.dataframe(
        pd.DataFrame.from_dict(
            cells,
            orient="index",
            columns=[run.key[:6] + " (current)" * (run is on_show) for run in chosen],
        ),
        height=38 + 35 * len(cells),
        key="training_differences",
    )
    if len(differing) > 1:
        st.caption(
            f"They differ in {len(differing)} things: what came of it is owed to all of them together."
        )
    if len({run.recipe.dataset for run in chosen}) > 1:
        st.caption("These runs learned from different images: their figures cannot be ranked.")


def _export(chosen: list[Run], keys: list[str]) -> None:
    """The chosen runs, or all in the table, for other programs."""

    def runs() -> list[Run]:
        return chosen or [run for run in map(stored_run, keys) if run is not None]

    which = f"{len(chosen)} chosen" if chosen else f"all {len(keys)}"
    left, right = st.columns(2)
    offer(
        File(f"Runs as CSV ({which})", lambda: exports.as_csv(runs()), "runs.csv", "text/csv"),
        "training_runs_csv",
        left,
    )
    offer(
        File(f"Runs as JSON ({which})", lambda: exports.as_json(runs()), "runs.json", "application/json"),
        "training_runs_json",
        right,
    )


# --- one run in hand ---------------------------------------------------------------------------------------


def _one(
    rows: list[dict[str, Any]],
    names: dict[str, str],
    mine: set[str],
    owners: dict[str, set[str]],
    on_show: Run | None,
) -> None:
    keys = list(names)
    if on_show is not None and on_show.key in keys and st.session_state.get(_ON_SHOW) != on_show.key:
        st.session_state["training_one"] = st.session_state[_ON_SHOW] = (
            on_show.key
        )  # another one: it is in hand
    key = st.selectbox("One run", keys, format_func=names.__getitem__, key="training_one")
    if sentence := unfit_run(key):
        st.warning(f"{sentence} It stays until you delete it.", icon=":material/error:")
    recipe: Recipe = next(row["recipe"] for row in rows if row["key"] == key)
    a, b, c = st.columns(3)
    a.button(
        "Open",
        icon=":material/open_in_new:",
        on_click=_open,
        args=[key],
        key="training_open",
        width="stretch",
    )
    b.button(
        "Repeat",
        icon=":material/replay:",
        help="Fills the controls above with this recipe. Change what you like, then train.",
        on_click=recipe_controls.fill,
        args=[recipe],
        key="training_repeat",
        width="stretch",
    )
    with c:
        _delete(key, key in mine, len(owners[key] - {learner(), EVERYBODY}))
    submitting.offer(key)
    st.text_input(
        "What you call it (empty: by its recipe)",
        shared().ledger.names(learner()).get(key, ""),
        max_chars=60,
        on_change=_renamed,
        args=[key],
        key=f"training_name_{key[:12]}",
    )
    st.caption("A link that opens this run, for whoever uses this server:")
    st.code(link_of(key, recipe), language=None)


def link_of(key: str, recipe: Recipe) -> str:
    """The address of a run, with the controls that show the same images and model."""
    here = urlsplit(str(st.context.url or ""))
    state = {
        "training_run": key,
        "training_data": recipe_controls.STATE.fields["data"].write(recipe.dataset)[0],
        "training_model": recipe.model.upper(),
    }
    return f"{here.scheme}://{here.netloc}{here.path}?{urlencode(state)}"


@needs_database("The name could not be kept")
def _renamed(key: str) -> None:
    shared().ledger.rename(key, learner(), st.session_state[f"training_name_{key[:12]}"])


def _open(key: str) -> None:
    training.STATE.keep("run", key)
    st.session_state.pop("training_job", None)


def _delete(key: str, is_mine: bool, shared_with: int) -> None:
    """Own runs can be deleted; on one's own computer also those that are nobody's, or came with the lab."""
    if not is_mine:
        st.button("Delete", disabled=True, help="Not your run.", key="training_not_mine", width="stretch")
        return
    with st.popover("Delete", icon=":material/delete:", width="stretch"):
        st.markdown(
            f"It stays for the {shared_with} others who asked for the same recipe; you let go of it."
            if shared_with
            else "Its weights and curves are deleted for good. Openings of the test set stay counted."
        )
        st.button("Delete this run", on_click=_deleted, args=[key], key=f"training_delete_{key[:12]}")


@needs_database("The run could not be deleted")
def _deleted(key: str) -> None:
    was_shown = training.STATE.asked("run") == key
    forget(key)
    st.session_state["training_compare"] = [k for k in training.STATE.value("compare") if k != key]
    st.session_state.pop("training_one", None)
    if was_shown:
        training.STATE.drop("run")
        st.session_state.pop("training_job", None)
