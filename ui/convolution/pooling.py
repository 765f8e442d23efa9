"""ReLU and pooling on the page: one layer stage by stage, and what pooling buys when the image is shifted."""

import numpy as np
import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.convolution.kernels import KERNELS
from dlcore.convolution.sliding import Geometry, convolve, grey, pool
from dlcore.convolution.translation_invariance import Invariance, measure, shifted
from dlcore.data.cells import cells
from dlcore.figures import convolution as figures
from dlcore.number_text import count, digits, percent
from dlcore.oracles import convolution as oracle
from ui.convolution.address import pictures
from ui.convolution.sliding_filter import SAMPLE, pixels, slider, torch_is_here
from ui.frame import frame

SIZE = 3


@st.cache_data(max_entries=64, show_spinner="Shifting 200 images …")
def measured(kernel: str, window: int) -> Invariance:
    """The change under shifts over the page's cells."""
    return measure([grey(image) for image in cells(SAMPLE).images], KERNELS[kernel](SIZE), window)


def lesson() -> None:
    """Image, z, ReLU(z) and both poolings of one layer; below, the change under shifts over many images."""
    left, middle, right, last = st.columns(4)
    with left:
        name = st.selectbox("Image", pictures(), key="convolution_pool_image", bind="query-params")
    with middle:
        kernel = st.selectbox(
            "Filter, 3 × 3", tuple(KERNELS), key="convolution_pool_kernel", bind="query-params"
        )
    with right:
        window = slider("Pooling window", "window")
    with last:
        shift = slider("Shift to the right (pixels)", "shift")
    a = layer(name, kernel, window, shift)
    with_shifts(kernel, window)
    if torch_is_here():
        theirs = oracle.pooled_by_torch(a, window, "max")
        difference = float(np.abs(pool(a, window) - theirs).max())
        ours = f"{theirs.shape[0]} × {theirs.shape[1]} cells"
        frame.check("max pooling", ours, "the same", difference, 0.0, "torch.nn.functional.max_pool2d")
    frame.notice(
        invitation(
            "Shift the picture by one pixel and watch the max-pooled map; then take a window of 4, or a blur."
        ),
        Claim(
            "Pooling reduces the effect of a shift by one pixel but does not remove it; after a blur max pooling "
            "does not even reduce it. The maximum over the whole map changes by at most [[percent]]% of the distance "
            "between two images, but it no longer says where the pattern was.",
            "tests/test_page_claims.py::test_pooling_reduces_the_effect_of_a_shift_and_does_not_remove_it",
            {"percent": 8},
        ),
    )


def layer(name: str, kernel: str, window: int, shift: int) -> np.ndarray:
    """One layer on an image, stage by stage, drawn; ReLU(z)."""
    x = grey(pixels(name))[None]
    x = x if min(x.shape[1:]) >= 16 else np.pad(x, ((0, 0), (4, 4), (4, 4)), mode="edge")
    x = shifted(x, shift, 1)[0]
    z = convolve(x, KERNELS[kernel](SIZE), Geometry(SIZE))
    a = np.maximum(0.0, z)
    maps = [
        ("z", z),
        ("ReLU(z)", a),
        ("max pooling", pool(a, window)),
        ("average", pool(a, window, "average")),
    ]
    alt = f"The middle of “{name}”, shifted by {count(shift, 'pixel')}; then " + ", ".join(
        f"{title}: {m.shape[0]} by {m.shape[1]}, {digits(m.min())} to {digits(m.max())}" for title, m in maps
    )
    frame.chart(figures.stages(x, maps), alt, "convolution_stages")
    return a


def with_shifts(kernel: str, window: int) -> None:
    """What changes when the images are shifted, drawn and in words."""
    found = measured(kernel, window)
    frame.chart(figures.change_under_shifts(found), change_alt(found), "convolution_shifts")
    st.markdown(in_words(found, window))


def change_alt(found: Invariance) -> str:
    """The curves in words."""
    rows = [
        f"{name} {row[1]:.2f} to {row[-1]:.2f}" for name, row in zip(found.stages, found.change, strict=True)
    ]
    return f"Change under a shift of 1 to 4 pixels, {found.n} images: " + ", ".join(rows)


def in_words(found: Invariance, window: int) -> str:
    """What was measured, with n and intervals."""
    row = {name: k for k, name in enumerate(found.stages)}

    def said(name: str, t: int) -> str:
        return f"{found.change[row[name], t]:.2f} ± {found.interval[row[name], t]:.2f}"

    return (
        f"**Measured on n = {found.n} images**, shifted to the right and down; 0: nothing changed, 1: as "
        f"different as another image. A shift of one pixel changes ReLU(z) by {said('ReLU(z)', 1)}, after "
        f"{window} × {window} max pooling by {said('max pooling', 1)}, after average pooling by "
        f"{said('average pooling', 1)}; four pixels by {said('ReLU(z)', 4)}, {said('max pooling', 4)} and "
        f"{said('average pooling', 4)}. {percent(found.same[1])} of the max-pooled cells keep their value exactly "
        f"under one pixel, of which {percent(found.zeros[1])} of all cells are 0 before and after; of the positive "
        f"cells {percent(found.positive[1])} keep it, under four pixels {percent(found.positive[4])} "
        "(± is half the 95% interval of the mean)."
    )


def pooling_script(kernel: str, window: int) -> str:
    """Python that prints the measured changes."""
    return f"""from dlcore.data.cells import cells
from dlcore.convolution.translation_invariance import measure
from dlcore.convolution.kernels import KERNELS
from dlcore.convolution.sliding import grey

images = [grey(image) for image in cells({SAMPLE}).images]
found = measure(images, KERNELS["{kernel}"]({SIZE}), window={window})
for name, change in zip(found.stages, found.change):
    print(name, *(f"{{v:.4f}}" for v in change), sep=", ")
"""
