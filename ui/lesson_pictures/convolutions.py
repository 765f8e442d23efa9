"""The sliding filter and the pooled layer as they stand in a lesson."""

import streamlit as st

from dlcore.convolution.kernels import KERNELS, resized, vertical_edge
from dlcore.convolution.sliding import Geometry, grey
from ui.convolution import pooling, sliding_filter
from ui.convolution.address import OWN, OWN_PICTURE, pictures, read_cell, read_weights, write_weights
from ui.convolution.sliding_filter import Setting
from ui.frame.fields import Whole
from ui.lesson_pictures.standing import Standing


def _slider(standing: Standing, label: str, name: str) -> int:
    field = standing.state.fields[name]
    assert isinstance(field, Whole)
    return int(standing.control(st.slider, label, name, field.low, field.high))


def slide(standing: Standing) -> None:
    """The filter on its image, with stride and padding."""
    stage = st.container()  # the picture stands above its controls and is drawn after them
    size, stride, padding = st.columns(3)
    with size:
        k = _slider(standing, "Size k", "k")
    with stride:
        s = _slider(standing, "Stride s", "s")
    with padding:
        p = _slider(standing, "Padding p", "p")
    kernel, name = standing.value("kernel"), standing.value("image")
    name = pictures()[0] if name == OWN_PICTURE else name
    own = read_weights(standing.value("own")) or vertical_edge(3).tolist()
    w = resized(own, k) if kernel == OWN else KERNELS[kernel](k)
    setting = Setting(
        name, grey(sliding_filter.pixels(name)), kernel, w, Geometry(k, s, p, standing.value("d"))
    )
    if setting.problem:
        stage.info(setting.problem)
        return
    cell = read_cell(standing.value("cell"), *setting.sizes)
    with stage:
        sliding_filter.COMPONENT(
            key=standing.key_of("slide"),
            data=sliding_filter.payload(setting, cell),
            on_moved_change=lambda: _rested(standing),
        )
    sliding_filter.formula(setting, cell)


def _rested(standing: Standing) -> None:
    """The cell that the hand rests on, and the weights it typed."""
    sent = st.session_state[standing.key_of("slide")].get("moved") or {}
    cell, kernel = sent.get("cell"), sent.get("kernel")
    if isinstance(cell, list) and len(cell) == 2 and all(isinstance(v, int) for v in cell):
        standing.keep("cell", f"{cell[0]},{cell[1]}")
    if isinstance(kernel, list) and len(kernel) <= 49:
        standing.keep("own", write_weights([map(float, kernel)])[:1000])


def pooled(standing: Standing) -> None:
    """One layer stage by stage, and what a shift changes."""
    shift, window = st.columns(2)
    with shift:
        t = _slider(standing, "Shift to the right (pixels)", "shift")
    with window:
        size = _slider(standing, "Pooling window", "window")
    pooling.layer(standing.value("pool_image"), standing.value("pool_kernel"), size, t)
    pooling.with_shifts(standing.value("pool_kernel"), size)
