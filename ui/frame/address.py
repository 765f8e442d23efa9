"""What stands in the address though no bound control keeps it there: a click elsewhere may change it as well.

A bound control's address follows only that control; these follow the value.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

Test = Callable[[str], bool]


def one_of(values: Iterable[object]) -> Test:
    """Whether a text is one of these values, as the address writes them."""
    allowed = {str(v) for v in values}
    return lambda text: text in allowed


def whole(low: int, high: int) -> Test:
    """Whether a text is a whole number from low to high."""
    # A field that works in floats inside writes 53.0.
    return lambda text: bool(re.fullmatch(r"\d{1,6}(\.0)?", text, re.ASCII)) and low <= float(text) <= high


def drop_what_cannot_be(prefix: str, allowed: Mapping[str, Test]) -> None:
    """Take from the address what no control can show, before the controls read it, and say so.

    Streamlit drops an unknown option in silence and stumbles over 1e999 in a number field.

    Args:
        prefix: of this page's names in the address ("neuron_").
        allowed: name -> whether a text can be its value.
    """
    dropped = []
    for name in [name for name in st.query_params if name.startswith(prefix)]:
        test = allowed.get(name)
        if test is None or not all(map(test, st.query_params.get_all(name))):
            dropped.append(name if test is not None else "an unknown name")
            # A name that a control of this session holds already cannot be deleted; the control keeps its value.
            with suppress(StreamlitAPIException):
                del st.query_params[name]
    if dropped:
        names = ", ".join(sorted(set(dropped)))
        st.info(
            f"The address held values that do not exist here ({names}); they were ignored.",
            icon=":material/info:",
        )


def keep(key: str, value: object, default: object) -> None:
    """Write a value into the address, or take it out where it is the default."""
    if value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = str(value)


def number(place: Any, label: str, key: str, low: int, high: int, start: int, beyond: str = "") -> int:
    """A field for a whole number from low to high, kept in the address; the bounds may change between runs.

    Args:
        start: what it holds at first, and what does not stand in the address.
        beyond: a sentence for a number that does not exist, with {shown} for what is shown instead.
    """
    asked = st.session_state.get(key, st.query_params.get(key, str(start)))
    readable = str(asked).isdecimal() and len(str(asked)) < 10
    shown = min(max(int(asked) if readable else start, low), high)
    if str(shown) != str(asked) and beyond:
        st.caption(beyond.format(shown=shown))
    st.session_state[key] = shown
    value = int(place.number_input(label, low, high, step=1, key=key))
    keep(key, value, start)
    return value
