"""A chart that is redrawn while the reader looks into it: zoom, hidden curves and the pointer's box survive."""

import plotly
import plotly.io
import streamlit as st
from plotly.basedatatypes import BaseFigure

from ui.frame import figure_tables, frame
from ui.frame.components import component

# serve.py hands out Plotly's own bundle; `streamlit run app.py` does not, and Streamlit's chart steps in.
SOURCE = f"lab-plotly.js?v={plotly.__version__}"
COMPONENT = component("steady_chart")


def steady_chart(figure: BaseFigure, alt: str, key: str) -> None:
    """Draw a figure in place; arguments as of frame.chart."""
    if st.session_state.get(key, {}).get("missing"):
        frame.chart(figure, alt, f"{key}_plain")
        return
    figure_tables.note(figure, alt, key)
    drawn = figure.to_dict()
    bare = {"data": drawn["data"], "layout": {k: v for k, v in drawn["layout"].items() if k != "template"}}
    COMPONENT(
        data={
            "figure": plotly.io.to_json(bare, validate=False),
            "alt": alt,
            "config": frame.CHART_CONFIG,
            "source": SOURCE,
        },
        on_missing_change=lambda: None,
        key=key,
    )
