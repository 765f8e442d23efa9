"""What the lab draws in a step of a lesson, written down piece by piece: the same functions, run without a server."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dlcore.course.lessons import Step
from ui.frame import slow_answers
from ui.lesson_pictures import registry

_STEP = "site_step"
_SCRIPT = "from ui.site.recorded import _draw\n\n_draw()"
_LONGEST = 300  # seconds for what is slow


@dataclass(frozen=True)
class Piece:
    """One thing that the lab draws.

    Attributes:
        kind: "component", "figure", "table", "formula", "text", "small" or "control".
        content: the component's data; Plotly's figure as a dictionary; the columns of a table; else its text.
        name: of the component; what is to be seen in a figure; a control's label.
    """

    kind: str
    content: Any
    name: str = ""


class Recorder:
    """Draws steps one after another, in one session of its own."""

    def __init__(self) -> None:
        self._app = AppTest.from_string(_SCRIPT, default_timeout=_LONGEST)

    def drawn(self, step: Step) -> tuple[Piece, ...]:
        """The picture that stands in this step, in the state of its link; nothing where there is none.

        Raises:
            RuntimeError: the lab itself fails to draw it.
        """
        self._app.session_state[_STEP] = step
        for _ in range(int(_LONGEST / slow_answers.LOOK_AGAIN)):
            self._app.run()
            if self._app.exception:
                raise RuntimeError(f"“{step.title}”: {self._app.exception[0].message}")
            if not _is_waiting(self._app):
                break
            time.sleep(slow_answers.LOOK_AGAIN)
        return tuple(_pieces(self._app.main))


def _draw() -> None:
    """The script that is recorded."""
    standing = registry.standing_of(st.session_state[_STEP])
    picture = registry.picture_of(standing) if standing else None
    if standing and picture:
        picture.draw(standing)


def _is_waiting(app: AppTest) -> bool:
    return any(":material/hourglass_top:" in one.value for one in app.caption)


def _pieces(block: Block) -> Iterator[Piece]:
    """Depth first, as a reader meets them."""
    for node in block.children.values():
        if isinstance(node, Block):
            yield from _pieces(node)
        elif piece := _piece(node):
            yield piece


def _piece(node: Any) -> Piece | None:
    kind: str = node.type
    drawn: Any = getattr(node, "proto", None)
    if kind == "bidi_component":
        return Piece("component", json.loads(drawn.json), drawn.component_name.rpartition("lab_")[2])
    if kind == "plotly_chart":
        return Piece("figure", json.loads(drawn.spec), drawn.alt)
    if kind == "dataframe":
        table = node.value
        return Piece("table", {str(name): table[name].tolist() for name in table})
    if kind in TEXTS:
        return Piece(TEXTS[kind], node.value)
    if hasattr(node, "label") and hasattr(node, "value"):
        return Piece("control", _chosen(node), node.label)
    return None


TEXTS = {"markdown": "text", "caption": "small", "info": "small", "latex": "formula"}


def _chosen(control: Any) -> str:
    value = control.value
    named = getattr(control, "format_func", None)
    return str(named(value) if named else value)
