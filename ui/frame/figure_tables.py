"""The numbers behind every chart of a page as tables: for whoever cannot see it, and for whoever reads it off."""

from typing import Any

import streamlit as st

from dlcore.figures.numbers_behind import tables
from dlcore.number_text import count
from ui.frame.literal import literal

_DRAWN = "frame_figures"  # of the session: what the page that runs has drawn, by the key of the chart


def begin() -> None:
    """A page begins: the charts of another one are none of its own."""
    st.session_state[_DRAWN] = {}


def note(figure: Any, alt: str, key: str) -> None:
    """A chart has been drawn."""
    st.session_state.setdefault(_DRAWN, {})[key] = (alt, figure)


def draw() -> None:
    """One section below every page that has charts; they are read only while it is open."""
    drawn = st.session_state.pop(_DRAWN, {})
    if not drawn:
        return
    section = st.expander("The charts of this page as tables", key="figure_tables", on_change="rerun")
    if not section.open:
        return
    with section:
        for alt, figure in drawn.values():
            st.markdown(f"**{literal(alt)}**")
            found = tables(figure)
            if not found:
                st.caption("A picture without a table of its own.")
            for table in found:
                columns = {
                    literal(title): list(map(literal, texts)) for title, texts in table.columns.items()
                }
                st.table(columns, hide_index=True, alt=table.name or None)
                left = f"{count(table.left_out, 'row')} between these left out" if table.left_out else ""
                if said := ". ".join(filter(None, [literal(table.name), left])):
                    st.caption(f"{said}.")
