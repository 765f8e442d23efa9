"""A page's state in its address, declared once: read and judged on arrival, kept by the controls, restored on return.

A control that is bound to the address (bind="query-params") keeps its own name there. Everything else goes through
State.control, or State.value and State.keep.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ui.frame import old_links
from ui.frame.fields import Field, RefusedError, Text, Whole

# Of the session: the page that is open, the names ignored in this run, and where the sentence about them stands.
OPEN, IGNORED, NOTICE = "address_page", "address_ignored", "address_notice"
UNKNOWN = "an unknown name"
RUNS = ("training_run", "gradcam_run", "convolution_run")  # a stored run, as the pages that open one name it


@dataclass(frozen=True)
class Control:
    """A control that no binding keeps in the address: give it `key` and no default, and pass on what it returns."""

    state: "State"
    name: str
    field: Field

    @property
    def key(self) -> str:
        """Of the control, and of its value in the address."""
        return self.state.prefix + self.name

    def keep(self, value: Any) -> Any:
        """Write the control's value into the address, and return it."""
        self.state.keep(self.name, value, self.field)
        return value


@dataclass(frozen=True)
class State:
    """What the address of one page may hold.

    Attributes:
        page: the stem of the page's file; its names in the address begin with it.
        fields: name without that prefix -> what it may be.
        families: beginnings of names whose ends are not known beforehand ("epochs_upload:") -> what these may be.
        held: what this session holds besides, under names with the same prefix, and forgets with the fields.
    """

    page: str
    fields: Mapping[str, Field]
    families: Mapping[str, Field] = field(default_factory=dict)
    held: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What this page's names begin with."""
        return f"{self.page}_" if self.page else ""

    def field_of(self, name: str) -> Field | None:
        """What a name may be; None if this page has no such name."""
        if name in self.fields:
            return self.fields[name]
        found = (each for start, each in self.families.items() if name.startswith(start))
        return next(found, None)

    # --- on arrival ----------------------------------------------------------------------------------------

    def __or__(self, other: "State") -> "State":
        """Both parts of a page's state together."""
        assert self.page == other.page and not set(self.fields) & set(other.fields)
        families = {**self.families, **other.families}
        return State(self.page, {**self.fields, **other.fields}, families, self.held + other.held)

    def arrive(self, *shared: "State") -> None:
        """Forward old addresses, restore what this session left, and take out, with a sentence, what cannot be.

        Call it before any control of the page is drawn.

        Args:
            shared: states that belong to no page, under names without a prefix.
        """
        session = st.session_state
        entered, session[OPEN] = session.get(OPEN) != self.page, self.page
        session[IGNORED] = session.pop(f"{IGNORED}_before", [])
        session[NOTICE] = st.empty()
        self._forward()
        self._adopt_run()
        asked = self._asked()
        if entered and asked:
            self._forget()
        elif entered and self._restore():
            st.rerun()
        before = len(session[IGNORED])
        taken_out = [state._judge(state._asked()) for state in (self, *shared)]
        if len(session[IGNORED]) > before and all(taken_out):
            session[f"{IGNORED}_before"] = session[IGNORED]
            st.rerun()  # what a bound control shows is decided by what the address said before the first line
        remember(self.page)
        _say()

    def _forward(self) -> None:
        moved = old_links.forward(self.page, _everything())
        if moved is not None:
            page, query = moved
            with suppress(StreamlitAPIException):  # a page that runs alone knows no other pages
                st.switch_page(f"pages/{page}.py", query_params=query)

    def _adopt_run(self) -> None:
        """A run that a link names as another page does is meant here too."""
        own = self.prefix + "run"
        named = [name for name in RUNS if name != own and name in st.query_params]
        if "run" in self.fields and named and own not in st.query_params:
            with suppress(StreamlitAPIException):
                st.query_params[own] = st.query_params[named[0]]
                for name in named:
                    del st.query_params[name]

    def _asked(self) -> dict[str, list[str]]:
        """What the address says under this page's names; the page "" owns the names that it declares."""
        everything = {name: texts for name, texts in _everything().items() if name.startswith(self.prefix)}
        if not self.prefix:
            everything = {name: texts for name, texts in everything.items() if name in self.fields}
        return {name.removeprefix(self.prefix): texts for name, texts in everything.items()}

    def _forget(self) -> None:
        """A link shows what it says, whatever this session did here before."""
        for key in [str(key) for key in st.session_state]:
            name = key.removeprefix(self.prefix)
            if key.startswith(self.prefix) and (name in self.held or self.field_of(name) is not None):
                del st.session_state[key]

    def _restore(self) -> bool:
        """Put back what the address said when this session left the page; whether there was anything.

        Bound controls remember their values without help.
        """
        left: Mapping[str, list[str]] = st.session_state.get(_left(self.page), {})
        lost = {name: texts for name, texts in left.items() if self.prefix + name not in st.session_state}
        for name, texts in lost.items():
            with suppress(StreamlitAPIException):
                st.query_params[self.prefix + name] = texts
        return bool(lost)

    def _judge(self, asked: Mapping[str, list[str]]) -> bool:
        """Take out what is new in the address and cannot be; whether all of that is gone."""
        clean = True
        for name, texts in asked.items():
            field = self.field_of(name)
            typed = isinstance(field, Text) and self.prefix + name in st.session_state
            seen = self._seen(name)
            if typed or texts in seen:  # what is typed into a field of the page is no link
                continue
            try:
                if field is None:
                    raise RefusedError(name)
                field.read(texts)
                if seen:  # kept by a control until now, and another address has been opened on the same page
                    st.session_state.pop(self.prefix + name, None)
            except RefusedError:
                st.session_state[IGNORED].append(UNKNOWN if field is None else self.prefix + name)
                clean &= self._take_out(name, field)
        return clean

    def _seen(self, name: str) -> list[list[str]]:
        """What a control of this session has written under a name."""
        written: dict[str, list[list[str]]] = st.session_state.get(_written(self.page), {})
        return written.get(name, [])

    def _take_out(self, name: str, field: Field | None) -> bool:
        """Whether it is gone; a name that a control of this page holds already can only be given its default."""
        try:
            st.query_params.pop(self.prefix + name, None)
        except StreamlitAPIException:
            if field is not None:
                st.session_state[self.prefix + name] = field.default
            return False
        return True

    # --- values --------------------------------------------------------------------------------------------

    def value(self, name: str, field: Field | None = None) -> Any:
        """What the control of this name holds, drawn or not; before it is drawn, what the address asks for."""
        held = st.session_state.get(self.prefix + name, self)
        return self.asked(name, field) if held is self else held

    def asked(self, name: str, field: Field | None = None) -> Any:
        """What the address asks for; the default, and a sentence, where that cannot be."""
        field = field or self.field_of(name)
        assert field is not None, name
        texts = st.query_params.get_all(self.prefix + name)
        try:
            return field.read(texts) if texts else field.default
        except RefusedError:
            if self.prefix + name not in st.session_state[IGNORED]:
                st.session_state[IGNORED].append(self.prefix + name)
                _say()
            with suppress(StreamlitAPIException):
                del st.query_params[self.prefix + name]
            return field.default

    def control(self, name: str, field: Field | None = None) -> Control:
        """A control that is about to be drawn; it begins with what the address asks for.

        Args:
            field: what it may be, where that is known only now.
        """
        field = field or self.field_of(name)
        assert field is not None, name
        value = self.value(name, field)
        st.session_state[self.prefix + name] = value if field.holds(value) else field.default
        return Control(self, name, field)

    def number(self, place: Any, label: str, name: str, low: int, high: int, start: int) -> int:
        """A field for a whole number from low to high, which are known only now.

        Args:
            start: what it holds at first, and what does not stand in the address.
        """
        control = self.control(name, Whole(low, high, default=start))
        return int(control.keep(place.number_input(label, low, high, step=1, key=control.key)))

    def keep(self, name: str, value: Any, field: Field | None = None) -> None:
        """Write a value into the address, or take it out where it is the default."""
        field = field or self.field_of(name)
        assert field is not None, name
        texts = [] if value is None or (value == field.default and not field.always) else field.write(value)
        left = st.session_state.setdefault(_left(self.page), {})
        left.pop(name, None) if not texts else left.update({name: texts})
        if self.page and st.session_state.get(OPEN) != self.page:
            return  # said on another page: the address there is not this one's
        if texts != st.query_params.get_all(self.prefix + name):
            if texts:
                st.query_params[self.prefix + name] = texts if len(texts) > 1 else texts[0]
            else:
                st.query_params.pop(self.prefix + name, None)
        written = st.session_state.setdefault(_written(self.page), {}).setdefault(name, [])
        if texts not in written:
            written.append(texts)

    def drop(self, *names: str) -> None:
        """Back to the defaults of these fields, which no control is bound to."""
        for name in names:
            st.session_state.pop(self.prefix + name, None)
            st.query_params.pop(self.prefix + name, None)


def remember(page: str) -> None:
    """Note what the address says, for a session that leaves the page and returns."""
    if page:
        asked = {name: texts for name, texts in _everything().items() if name.startswith(f"{page}_")}
        st.session_state[_left(page)] = {
            name.removeprefix(f"{page}_"): texts for name, texts in asked.items()
        }


def forget(page: str) -> None:
    """Nothing of this page is restored when the session returns to it."""
    st.session_state.pop(_left(page), None)
    st.session_state.pop(_written(page), None)
    st.session_state.pop(OPEN, None)


def _written(page: str) -> str:
    return f"address_written_{page}"


def _left(page: str) -> str:
    return f"address_left_{page}"


def _everything() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _say() -> None:
    """One sentence about everything that was ignored."""
    names = sorted(set(st.session_state[IGNORED]), key=lambda name: (name == UNKNOWN, name))
    if not names:
        return
    listed = ", ".join(name if name == UNKNOWN else f"`{name}`" for name in names)
    one = "a value that does not exist", "The default is shown"
    several = "values that do not exist", "The defaults are shown"
    what, shown = one if len(names) == 1 else several
    st.session_state[NOTICE].info(f"This link asks for {what}: {listed}. {shown}.", icon=":material/info:")
