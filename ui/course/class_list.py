"""Who of a class is where, for its teacher: who may need help first; never who has answered what."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dlcore.store.class_sessions import Member
from dlcore.store.store import shared
from ui.learner.access import AWAY

LOOK_EVERY = 3.0  # seconds
AWAY_AFTER = 60  # seconds since the browser was connected last
STUCK_AFTER = 300  # seconds at one place without an answer


@st.fragment(run_every=LOOK_EVERY)
def who_is_where(code: str) -> None:
    """The table, drawn anew every few seconds while it is open."""
    try:
        members = shared().ledger.members_of_class(code)
    except AWAY:
        st.caption("The database does not answer; the next look may succeed.")
        return
    rows = table(members, datetime.now(UTC))
    if not rows:
        st.caption("Nobody has joined yet.")
        return
    stuck, away = (sum(row["state"] == state for row in rows) for state in ("stuck", "away"))
    st.markdown(f"**{len(rows)}** here, of whom {stuck} may be stuck and {away} are away.")
    st.dataframe(rows, hide_index=True, key="session_members")
    st.caption(
        f"Stuck: {STUCK_AFTER // 60} minutes on a page without an answer. Away: no sign of the browser for a minute. "
        "Failed: trainings that failed or diverged. What somebody answered is not shown to anybody."
    )


def table(members: Sequence[Member], now: datetime) -> list[dict[str, str | int]]:
    """A row each: who may be stuck first, then who is there, then who is away; each in the order of joining.

    Args:
        now: with its time zone.
    """
    order = ("stuck", "", "away")
    rows = [_row(n, member, now) for n, member in enumerate(members, start=1)]
    return sorted(rows, key=lambda row: order.index(str(row["state"])))


def _row(n: int, member: Member, now: datetime) -> dict[str, str | int]:
    def ago(time: str) -> float:
        return (now - datetime.fromisoformat(time)).total_seconds()

    is_stuck = ago(member.since) > STUCK_AFTER
    return {
        "learner": member.nickname or f"learner {n}",
        "state": "away" if ago(member.seen) > AWAY_AFTER else "stuck" if is_stuck else "",
        "where": member.place,
        "minutes there": int(max(0.0, ago(member.since)) // 60),
        "this question": "answered" if member.has_answered else "",
        "answers": member.answers,
        "runs": member.runs,
        "failed": member.failed,
    }
