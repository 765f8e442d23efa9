"""The server on screen, for its teacher: what runs, what waits, what failed, and who looked at test sets."""

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dlcore.jobs import health as asked
from dlcore.jobs import jobs
from dlcore.jobs.admission import in_words
from dlcore.jobs.health import Health
from dlcore.store.store import shared
from ui.learner.access import AWAY
from ui.learner.learner import enter_code
from ui.training.one_run import name_of

REFRESH = 5.0  # seconds


@st.fragment(run_every=REFRESH)
def health() -> None:
    """The facts of now, asked every few seconds while this page is open."""
    now = asked.health()
    engine, queue, sessions, trained = st.columns(4)
    engine.metric("Trainings running", f"{now.running} of {now.workers}")
    queue.metric("Waiting", now.waiting, help="On the training engine, over all web processes.")
    sessions.metric("Browser sessions", now.sessions, help="Of this web process.")
    trained.metric("Trainings ended", sum(now.ended.values()), help="Of this web process, since it started.")
    for sentence in troubles(now):
        st.warning(sentence, icon=":material/error:")
    st.caption(said(now))
    for title, lines in (("Runs of other versions", skipped(now)), ("Done without being asked", mended(now))):
        if lines:
            st.markdown("\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)]))


@st.fragment
def trainings() -> None:
    """What is under way, whoever asked for it; a teacher may stop any of it."""
    rows = [
        {
            "training": name_of(recipe, key) if recipe else key[:6],
            "state": "runs" if runs else "waits",
            "key": key,
        }
        for key, recipe, runs in jobs.under_way()
    ]
    if not rows:
        st.caption("Nothing is being trained.")
        return
    event = st.dataframe(
        rows,
        column_order=("training", "state"),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key="server_trainings",
    )
    chosen = [rows[i]["key"] for i in event.selection.rows if i < len(rows)]
    if st.button("Stop these trainings", disabled=not chosen, key="server_stop"):
        for key in chosen:
            jobs.stop_for_all(key)
            shared().ledger.notice(f"Stopped by a teacher: the training {key[:6]}.")
        st.rerun()
    st.caption("Choose lines first. Who watches a stopped training is told that a teacher has stopped it.")


def skipped(now: Health) -> list[str]:
    """The runs that no list shows, each with the reason."""
    return [f"`{key[:12]}`: {plain(why)}" for key, why in sorted(now.skipped.items())]


def mended(now: Health) -> list[str]:
    """What the server mended, closed, removed or refused, the latest first, with its time (UTC)."""
    return [f"{notice['said'][:16].replace('T', ' ')}: {plain(notice['text'])}" for notice in now.notices]


def plain(text: str) -> str:
    """A sentence about something from outside, with nothing left in it that Markdown would act on."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+!|$~:" else c for c in text if c.isprintable())[:600]


def troubles(now: Health) -> list[str]:
    """What needs somebody's hand, a sentence each."""
    found = []
    if now.engine:
        found.append(now.engine)
    if not now.writable:
        found.append("The disk of the runs is read-only: trainings work, but are lost when the server stops.")
    if now.free_bytes is not None and now.free_bytes < 2**30:
        found.append(f"Only {now.free_bytes / 2**20:,.0f} MB are left on the disk of the runs.")
    if now.database:
        found.append(f"The database of runs and openings is in trouble. {now.database}")
    return found


def said(now: Health) -> str:
    """The rest in words."""
    ended = ", ".join(f"{n} {how.replace('_', ' ')}" for how, n in sorted(now.ended.items())) or "none yet"
    free = "unknown" if now.free_bytes is None else f"{now.free_bytes / 2**30:,.1f} GB"
    wait = in_words(now.waiting / now.workers * now.seconds) if now.workers and now.waiting else "none"
    return (
        f"Wait for a newcomer: {wait}. A training takes about {in_words(now.seconds)} here. Ended: {ended}. "
        f"Not admitted: {now.refused}. Free on the disk of the runs: {free}."
    )


def code_field() -> None:
    """Without accounts a teacher is who knows the code; this browser remembers it."""
    st.info("This page is for who teaches with this server.", icon=":material/lock:")
    typed = st.text_input("The teacher's code", type="password", key="server_code")
    if not typed:
        return
    try:
        refusal = enter_code(typed)
    except AWAY:
        st.warning("The database does not answer, so nothing was kept. Try again in a moment.")
        return
    if not refusal:
        st.rerun()
    st.warning(refusal)


def looks() -> None:
    """Who has opened which test set how often; a teacher may seal one again."""
    try:
        rows = shared().ledger.looks_of_the_class()
    except (OSError, RuntimeError, SQLAlchemyError):
        st.warning("The database does not answer; the openings are kept there and cannot be shown now.")
        return
    if not rows:
        st.caption("Nobody has opened a test set yet.")
        return
    event = st.dataframe(
        rows,
        column_order=("learner", "dataset", "looks", "last"),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="server_looks",
    )
    chosen = [rows[i] for i in event.selection.rows]
    label = "Seal this test set again for this learner"
    if st.button(label, disabled=not chosen, key="server_reseal"):
        for row in chosen:
            shared().ledger.reset_openings(row["dataset"], row["learner"])
        st.rerun()
    st.caption("Choose a line first. What was seen stays seen; only the count starts again.")
