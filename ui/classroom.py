"""For a room full of people: projector mode, hidden controls, links that give everybody the same state."""

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

ROOT = Path(__file__).parent.parent


def _style(name: str) -> str:
    return f"<style>{(ROOT / 'assets' / f'{name}.css').read_text(encoding='utf-8')}</style>"


PROJECTOR, BARE = _style("projector"), _style("bare")
PLANS = ROOT / "docs" / "teaching.md"


def switches() -> None:
    """Two switches in the sidebar; on every page, in the address (?projector=1), and kept from page to page."""
    with st.sidebar:
        if _switch("projector", "Projector", "Large type, more contrast."):
            st.html(PROJECTOR)
        if _switch("bare", "Hide controls", "Picture, formula and check remain."):
            st.html(BARE)


def _switch(key: str, label: str, tells: str) -> bool:
    """A switch that the address can turn on. Streamlit's own ways (bind, persist_state) lose a value that came
    by the address at the first change of page, so the session keeps it under a name of its own."""
    if st.query_params.get(key) in ("1", "true"):
        st.session_state[f"kept_{key}"] = True
    st.session_state[key] = st.session_state.get(f"kept_{key}", False)
    on = st.toggle(label, key=key, help=tells, on_change=_to_address, args=(key,))
    if on and key not in st.query_params:
        st.query_params[key] = "1"
    return on


def _to_address(key: str) -> None:
    st.session_state[f"kept_{key}"] = st.session_state[key]
    if not st.session_state[key]:
        st.query_params.pop(key, None)


def class_link(base: str, path: str, **parameters: str) -> str:
    """An address to hand out: page and state."""
    return f"{base.rstrip('/')}/{path}?{urlencode(parameters)}"
