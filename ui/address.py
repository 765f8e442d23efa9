"""What stands in the address though no bound control keeps it there: a click elsewhere may change it as well.

A bound control's address follows only that control; these follow the value.
"""

from typing import Any

import streamlit as st


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
