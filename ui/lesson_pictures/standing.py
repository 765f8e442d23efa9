"""Where a page's picture stands in a lesson: its state from the step's link, kept apart from the page's own.

A picture reads and writes through a Standing and nowhere else. It writes no address and no key of its page, so that
lesson and page do not fight over a control.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui.frame.address import State
from ui.frame.fields import Field, OnOff, RefusedError


@dataclass(frozen=True)
class Standing:
    """One picture in one step.

    Attributes:
        state: what the page's address may hold, as the page declares it.
        query: the parameters of the step's link, under the page's names, with their texts.
        step: the step's key; two steps with one link have two pictures.
    """

    state: State
    query: Mapping[str, Sequence[str]]
    step: str

    @property
    def key(self) -> str:
        """What the session's names of this picture begin with; another link is another picture."""
        link = repr((self.step, sorted((name, tuple(texts)) for name, texts in self.query.items())))
        return f"lesson_picture_{zlib.crc32(link.encode()):08x}"

    def key_of(self, name: str) -> str:
        """Of a component, a chart or a control of this picture."""
        return f"{self.key}_{name}"

    def value(self, name: str) -> Any:
        """What the hand left under a page's name, else what the link asks for, else the page's default."""
        return self._left().get(name, self.asked(name))

    def asked(self, name: str) -> Any:
        """What the link asks for; the page's default where it asks for nothing, or for what cannot be."""
        field = self._field(name)
        texts = self.query.get(self.state.prefix + name)
        try:
            return field.read(list(texts)) if texts else field.default
        except RefusedError:
            return field.default  # named by ui/course/checking.py when the file is checked

    def keep(self, name: str, value: Any) -> None:
        """Note what the hand left."""
        st.session_state.setdefault(self.key, {})[name] = value

    def control(self, draw: Callable[..., Any], label: str, name: str, *options: Any, **more: Any) -> Any:
        """A control of the picture, begun with what the link asks for; its value.

        Args:
            draw: st.slider, st.selectbox or their like.
            options: what `draw` takes between its label and its key.
        """
        key = self.key_of(name)
        if key not in st.session_state:
            st.session_state[key] = self.value(name)
        value = draw(label, *options, key=key, **more)
        self.keep(name, value)
        return value

    def now(self) -> dict[str, list[str]]:
        """The link's parameters as the hand has left them: the page opens with what stands in the lesson."""
        changed = {
            self.state.prefix + name: self._field(name).write(value)
            for name, value in self._left().items()
            if value is not None and value != self.asked(name)
        }
        return {**{name: list(texts) for name, texts in self.query.items()}, **changed}

    def is_moved(self) -> bool:
        """Whether anything differs from what the link asks for."""
        return any(value != self.asked(name) for name, value in self._left().items())

    def forget(self) -> None:
        """Back to the state of the link."""
        for name in [str(name) for name in st.session_state]:
            if name.startswith(self.key):
                del st.session_state[name]

    def _left(self) -> Mapping[str, Any]:
        return st.session_state.get(self.key, {})

    def _field(self, name: str) -> Field:
        field = self.state.field_of(name)
        assert field is not None, name
        return field


def switch(standing: Standing, label: str, name: str) -> bool:
    """A toggle for a page's switch."""
    assert isinstance(standing.state.field_of(name), OnOff), name
    return bool(standing.control(st.toggle, label, name))
