"""For a room full of people: projector mode, hidden controls, links that give everybody the same state."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dlcore.assets import ASSETS
from dlcore.course.lessons import Lesson


def _style(name: str) -> str:
    return f"<style>{(ASSETS / f'{name}.css').read_text(encoding='utf-8')}</style>"


PROJECTOR, BARE = _style("projector"), _style("bare")
SWITCHES = (
    ("projector", "Projector", "Large type, more contrast."),
    ("bare", "Hide controls", "Picture, formula and check remain."),
)
PLANS = Path(__file__).parents[2] / "docs" / "teaching.md"


def switches(asked: Callable[[str], bool], keep: Callable[[str, bool], None]) -> None:
    """Two switches in the sidebar; on every page, in the address (?projector=1), and kept from page to page.

    Args:
        asked: whether the address asks for the switch of this name.
        keep: writes into the address whether it is on.
    """
    with st.sidebar:
        for key, label, tells in SWITCHES:
            if asked(key):
                st.session_state[f"kept_{key}"] = True
            st.session_state[key] = st.session_state.get(f"kept_{key}", False)
            on = st.toggle(label, key=key, help=tells, on_change=_flipped, args=(key,))
            keep(key, on)
            if on and key == "projector":
                st.html(PROJECTOR)
            elif on:
                st.html(BARE)


def _flipped(key: str) -> None:
    """The session keeps the switch under a name of its own, and a link no longer asks for it."""
    st.session_state[f"kept_{key}"] = st.session_state[key]
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
