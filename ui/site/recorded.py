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
SWITCHES = ("toggle", "checkbox")
_LONGEST = 300  # seconds for what is slow
FEW = 9  # values of a control


@dataclass(frozen=True)
class Piece:
    """One thing that the lab draws.

    Attributes:
        kind: "component", "figure", "html", "table", "formula", "text", "small" or "control".
        content: the component's data; Plotly's figure as a dictionary; the columns of a table; else its text.
        name: of the component; what is to be seen in a figure; a control's label.
    """

    kind: str
    content: Any
    name: str = ""


@dataclass(frozen=True)
class Varied:
    """A picture once for every value of one of its controls.

    Attributes:
        label: of the control.
        start: the value in the question.
        pictures: value -> what is drawn.
    """

    label: str
    start: str
    pictures: dict[str, tuple[Piece, ...]]


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
        return self._run(step)

    def varied(self, step: Step) -> Varied | None:
        """The same for every value of the picture's first control that has a few; call it after drawn().

        None where there is no such control.
        """
        at = next((k for k, control in enumerate(self._controls()) if _values(control)), None)
        if at is None:
            return None
        control, made = self._controls()[at], dict[str, tuple[Piece, ...]]()
        start = _chosen(control)
        for text, value in _values(control).items():
            self._controls()[at].set_value(value)  # a run leaves new ones behind
            made[text] = self._run(step)
        return Varied(control.label, start, made)

    def _controls(self) -> list[Any]:
        return [node for node in _nodes(self._app.main) if hasattr(node, "set_value")]

    def _run(self, step: Step) -> tuple[Piece, ...]:
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
    return (piece for node in _nodes(block) if (piece := _piece(node)))


def _nodes(block: Block) -> Iterator[Any]:
    """Depth first, as a reader meets them."""
    for node in block.children.values():
        if isinstance(node, Block):
            yield from _nodes(node)
        else:
            yield node


def _values(control: Any) -> dict[str, Any]:
    """The values of a control as a reader sees them; of a long slider a few; nothing where there are too many."""
    if control.type in SWITCHES:
        return {"off": False, "on": True}
    if control.type == "slider":
        low, high = control.min, control.max
        steps = round((high - low) / control.step)
        values = {low + k * control.step for k in range(0, steps + 1, -(-steps // (FEW - 1)))}
        return {f"{v:g}": type(low)(v) for v in sorted(values | {control.value})}
    texts = list(getattr(control, "options", ()))
    return {text: text for text in texts} if 1 < len(texts) <= FEW else {}


def _piece(node: Any) -> Piece | None:
    kind: str = node.type
    drawn: Any = getattr(node, "proto", None)
    if kind == "bidi_component":
        return Piece("component", json.loads(drawn.json), drawn.component_name.rpartition("lab_")[2])
    if kind == "html":
        return Piece("html", drawn.body)
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
    if control.type in SWITCHES:
        return "on" if control.value else "off"
    if control.type == "slider":
        return f"{control.value:g}"
    named = getattr(control, "format_func", None)
    return str(named(control.value) if named else control.value)
