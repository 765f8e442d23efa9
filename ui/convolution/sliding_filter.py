"""The sliding filter on the page: its controls, the component, its state in the address, its checks."""

import sys
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.errors import StreamlitAPIException

from dlcore.convolution.kernels import KERNELS, resized, too_small, vertical_edge
from dlcore.convolution.sliding import Array, Geometry, convolve, grey, problem, remark
from dlcore.csv_text import as_csv
from dlcore.data import BadInput
from dlcore.data.cells import cells
from dlcore.data.smear import KINDS
from dlcore.figures import convolution as figures
from dlcore.figures import palette
from dlcore.number_text import digits, latex
from dlcore.oracles import convolution as oracle
from ui.convolution.address import (
    DIGITS,
    KERNEL_NAMES,
    OWN,
    OWN_PICTURE,
    STATE,
    pictures,
    read_cell,
    read_weights,
    write_weights,
)
from ui.frame import frame
from ui.frame.components import component
from ui.frame.fields import Whole
from ui.frame.stored import image_set
from ui.frame.uploads import pictures as uploaded

COMPONENT = component("convolution")
COLORS = {"diverging": palette.DIVERGING, "accent": palette.ACCENT, "muted": palette.MUTED}

SAMPLE = 200  # cells drawn for this page: the whole set would keep the first reader waiting
SIDE = 28  # pixels an own picture is resized to


@dataclass(frozen=True, eq=False)
class Setting:
    """What the six controls say.

    Attributes:
        picture: name of the image.
        x: (rows, cols) in [0, 1].
        kernel: name of the filter.
        w: (k, k).
    """

    picture: str
    x: Array
    kernel: str
    w: Array
    geometry: Geometry

    @property
    def problem(self) -> str:
        """Why it cannot be, as a sentence, or ""."""
        return problem(min(self.x.shape), self.geometry)

    @property
    def sizes(self) -> tuple[int, int]:
        """Rows and columns of z."""
        return self.geometry.size(self.x.shape[0]), self.geometry.size(self.x.shape[1])


@st.cache_resource(max_entries=32, show_spinner="Getting the image …")
def pixels(name: str) -> np.ndarray:
    """The first image of this name, uint8; read-only."""
    if name in KINDS:
        images, label = cells(SAMPLE), KINDS.index(name)
    elif name in DIGITS:
        images, label = image_set("digits"), DIGITS[name]
    else:
        images, label = image_set("breastmnist"), 0
    return images.images[images.labels == label][0]


def choose() -> Setting | None:
    """The six controls; None, with a sentence, where the image cannot be had."""
    name = st.selectbox("Image", (*pictures(), OWN_PICTURE), key="convolution_image", bind="query-params")
    own = own_pixels() if name == OWN_PICTURE else None
    name = pictures()[0] if name == OWN_PICTURE and own is None else name
    kernel = st.selectbox("Filter", KERNEL_NAMES, key="convolution_kernel", bind="query-params")
    k = slider("Size k", "k")
    s = slider("Stride s", "s")
    p = slider("Padding p", "p")
    d = slider("Dilation d", "d")
    try:
        x = grey(pixels(name) if own is None else own)
    except BadInput as error:
        st.warning(str(error), icon=":material/error:")
        return None
    w = resized(own_weights(), k) if kernel == OWN else KERNELS[kernel](k)
    return Setting(name, x, kernel, w, Geometry(k, s, p, d))


def own_pixels() -> np.ndarray | None:
    """The learner's picture, uint8 (28, 28), the last one chosen; None while there is none."""
    own = uploaded("convolution_file", (SIDE, SIDE, 1), "drawn cells")
    if not own:
        return None
    for note in own[-1][2]:
        st.caption(note)
    return own[-1][1]


def slider(label: str, name: str) -> int:
    """A slider between the bounds that the page's state declares."""
    field = STATE.fields[name]
    assert isinstance(field, Whole)
    key = f"convolution_{name}"
    return int(st.slider(label, field.low, field.high, field.default, key=key, bind="query-params"))


def own_weights() -> list[list[float]]:
    """The learner's own filter, from the address; a vertical edge to begin with."""
    return read_weights(STATE.asked("own")) or own_default()


def own_default() -> list[list[float]]:
    """The filter that a learner's own one begins as."""
    return vertical_edge(3).tolist()


def remember() -> None:
    """Keep what the hand did: the cell it rests on, and the weights it typed."""
    sent = st.session_state["convolution_slide"].get("moved") or {}
    if not isinstance(sent, dict):
        return
    cell, kernel = sent.get("cell"), sent.get("kernel")
    if isinstance(cell, list) and len(cell) == 2 and all(isinstance(v, int) for v in cell):
        STATE.keep("cell", f"{cell[0]},{cell[1]}")
    if isinstance(kernel, list) and len(kernel) <= 49:
        STATE.keep("own", write_weights([map(float, kernel)])[:1000])


def slide(setting: Setting) -> tuple[int, int]:
    """The picture; the output cell that is looked at."""
    cell = read_cell(STATE.asked("cell"), *setting.sizes)
    COMPONENT(key="convolution_slide", data=payload(setting, cell), on_moved_change=remember)
    return cell


def payload(setting: Setting, cell: tuple[int, int]) -> dict[str, Any]:
    """What the component draws."""
    (rows, cols), g = setting.x.shape, setting.geometry
    return {
        "id": f"{setting.picture} {zlib.crc32(setting.x.tobytes())}",
        "pixels": np.rint(setting.x * 765).astype(int).ravel().tolist(),
        "rows": rows,
        "cols": cols,
        "kernel": setting.w.ravel().tolist(),
        "own": setting.kernel == OWN,
        "geometry": {"k": g.k, "s": g.s, "p": g.p, "d": g.d},
        "cell": cell,
        "colors": COLORS,
        "alt": f"Image “{setting.picture}”, {rows} by {cols} pixels, filter “{setting.kernel}” of size {g.k}",
    }


def formula(setting: Setting, cell: tuple[int, int] | None) -> None:
    """The sum with this cell's numbers, and the size of the output with these choices."""
    g, n = setting.geometry, setting.x.shape[0]
    size = (
        r"\text{size} = \left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1 = "
        rf"\left\lfloor \frac{{{n} + 2\cdot{g.p} - {g.d}({g.k}-1) - 1}}{{{g.s}}} \right\rfloor + 1 = {g.size(n)}"
    )
    if cell is None:
        st.latex(size.removesuffix(f" = {g.size(n)}"))
        return
    z = convolve(setting.x, setting.w, g)[cell]
    st.latex(
        r"z_{ij} = \sum_{t,u} w_{tu}\, x_{si - p + dt,\; sj - p + du}, \qquad "
        rf"z_{{{cell[0]},{cell[1]}}} = {latex(z)}"
    )
    st.latex(size)
    for sentence in (remark(n, g), too_small(setting.kernel, g.k)):
        if sentence:
            st.caption(f":material/info: {sentence}")


def torch_is_here() -> bool:
    """Whether torch has been loaded: the first picture does not wait for it."""
    module = sys.modules.get("torch")
    return module is not None and not getattr(module.__spec__, "_initializing", False)


def check(setting: Setting) -> None:
    """The whole map against the convolution theorem, and against torch once it is loaded."""
    at = setting.x, setting.w, setting.geometry
    z = convolve(*at)
    others = [("the Fourier transform (numpy.fft)", oracle.by_fourier)]
    if torch_is_here():
        others.insert(0, ("torch.nn.functional.conv2d", oracle.by_torch))
    size = f"{z.shape[0]} × {z.shape[1]} cells, the first {digits(z[0, 0], 6)}"
    for name, other in others:
        theirs = other(*at)
        told = f"{theirs.shape[0]} × {theirs.shape[1]} cells, the first {digits(theirs[0, 0], 6)}"
        tolerance = 1e-12 * max(1.0, float(np.abs(setting.w).sum()))
        frame.check("the map z", size, told, float(np.abs(z - theirs).max()), tolerance, name)


def image_code(name: str) -> str:
    """Python that makes `image`, the picture of this name."""
    if name in KINDS:
        return f"from dlcore.data.cells import cells\n\nimages, label = cells({SAMPLE}), {KINDS.index(name)}"
    source, label = ("digits", DIGITS[name]) if name in DIGITS else ("breastmnist", 0)
    return f'from dlcore.data import load\n\nimages, label = load("{source}"), {label}'


def weights_code(setting: Setting) -> str:
    """Python for the filter of this setting."""
    if setting.kernel == OWN:
        return f"np.array({setting.w.tolist()})"
    return f'KERNELS["{setting.kernel}"]({setting.geometry.k})'


def filter_script(setting: Setting, cell: tuple[int, int]) -> str:
    """Python that prints the size of the map and the cell on screen."""
    g = setting.geometry
    if setting.picture == OWN_PICTURE:
        taken = f'x = grey(fitted(read_image("picture.png"), ({SIDE}, {SIDE}, 1)))  # your file'
        first, rest = "from dlcore.data import read_image\nfrom dlcore.data.fitting import fitted", ""
    else:
        first, rest = image_code(setting.picture).split("\n\n")
        rest, taken = f"{rest}\n", "x = grey(images.images[images.labels == label][0])"
    imported = "import numpy as np\n\n" if setting.kernel == OWN else ""
    kernels = "" if setting.kernel == OWN else "from dlcore.convolution.kernels import KERNELS\n"
    return f"""{imported}{first}
{kernels}from dlcore.convolution.sliding import Geometry, convolve, grey

{rest}{taken}
w = {weights_code(setting)}
z = convolve(x, w, Geometry(k={g.k}, s={g.s}, p={g.p}, d={g.d}))
print(*z.shape)
print(f"{{z[{cell[0]}, {cell[1]}]:.6f}}")
"""


def csv(setting: Setting) -> str:
    """The map z, one line per row."""
    return as_csv(convolve(setting.x, setting.w, setting.geometry))


def figure(setting: Setting) -> go.Figure:
    """Image and map, to keep."""
    z = convolve(setting.x, setting.w, setting.geometry)
    return figures.stages(setting.x, [(f"z, {setting.kernel}", z)])


def use_as_own(w: Array) -> None:
    """Make a filter the learner's own: it is then what slides over the picture, and can be changed."""
    STATE.keep("own", write_weights(w))
    chosen = {"convolution_kernel": OWN, "convolution_k": len(w), "convolution_tab": "Sliding filter"}
    for key, value in chosen.items():
        st.session_state[key] = value
        # The address follows a control only when a hand moves it; where a control holds it, it may not be set.
        with suppress(StreamlitAPIException):
            st.query_params[key] = str(value)
