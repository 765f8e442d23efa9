"""For a room full of people: projector mode, hidden controls, links that give everybody the same state."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dlcore.course.lessons import Lesson

ROOT = Path(__file__).parents[2]


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


def class_link(base: str, path: str, parameters: Mapping[str, str]) -> str:
    """An address to hand out: page and state.

    Args:
        base: any address of this lab; its last part names the page that is open.
    """
    start = base.split("?")[0].rsplit("/", 1)[0]
    return f"{start}/{path}?{urlencode(parameters)}"


def plans(lessons: Sequence[Lesson]) -> None:
    """For teachers: a class link, made here; and the lesson plans of docs/teaching.md."""
    st.subheader("A link for the class", anchor=False)
    what, which = st.columns(2, vertical_alignment="bottom")
    kind = what.segmented_control(
        "What", ("A lesson", "A self-test"), default="A lesson", required=True, key="lessons_link_kind"
    )
    extra = {key: "1" for key in ("projector", "bare") if st.session_state.get(f"kept_{key}")}
    if kind == "A lesson":
        titles = [f"{i}. {lesson.title}" for i, lesson in enumerate(lessons, start=1)]
        number = titles.index(which.selectbox("Lesson", titles, key="lessons_link_lesson")) + 1
        path, parameters = "all-lessons", {"lessons_at": f"{number}.1"}
    else:
        seed = int(which.number_input("Seed", 0, 9999, 1, key="lessons_link_seed"))
        path, parameters = "test-yourself", {"quiz_seed": str(seed)}
    st.code(
        class_link(st.context.url or "http://localhost:8501/", path, {**parameters, **extra}), language=None
    )
    st.caption(
        "Everybody who opens it has the same numbers and the same seeds. The switches in the sidebar, Projector "
        "and Hide controls, enter the link while they are on. Any other page: set it up, copy its address."
    )
    st.divider()
    st.markdown(PLANS.read_text(encoding="utf-8").split("\n", 1)[1])
