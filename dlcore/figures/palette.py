"""Every colour of the lab, one meaning each, and the layout all figures share.

The hues are mid-tones after Okabe and Ito (2008): each stands out by at least 3:1 from a white and from a
near-black ground, so one figure serves light, dark and print. Colour never stands alone: a sign, a dash or a
label says the same.
"""

from typing import Any, NamedTuple

POSITIVE = "#2A86C7"
NEGATIVE = "#D9731A"
ZERO = "#EDEDED"

TRAIN = "#7A6FD0"
VALIDATION = "#159A7C"
TEST = "#C8508C"
SPLIT = {"train": TRAIN, "validation": VALIDATION, "test": TEST}

PREDICTED = "#A87C00"
TRUE = "#4C8C2B"

OURS = "#2A86C7"  # drawn solid
REFERENCE = "#6B7785"  # drawn dotted
ACCENT = "#B457A0"  # what the eye should follow now
MUTED = "#7C8896"
DANGER = "#D13B3B"


class Look(NamedTuple):
    """How one meaning is drawn: its colour, and the dash or the marker that says the same without colour."""

    colour: str
    dash: str = "solid"
    symbol: str = "circle"


LOOKS = {
    "train": Look(TRAIN, "solid", "circle"),
    "validation": Look(VALIDATION, "dash", "diamond"),
    "test": Look(TEST, "dot", "square"),
    "ours": Look(OURS, "solid", "circle"),
    "reference": Look(REFERENCE, "dot", "diamond-open"),
    "positive": Look(POSITIVE, "solid", "circle"),
    "negative": Look(NEGATIVE, "dash", "x"),
    "accent": Look(ACCENT, "dot", "square"),
    "muted": Look(MUTED),
    "danger": Look(DANGER, "dot", "x"),
}

CATEGORIES = (
    "#2A86C7",
    "#D9731A",
    "#159A7C",
    "#B457A0",
    "#8A7A12",
    "#7A6FD0",
    "#C8508C",
    "#4C8C2B",
    "#A0623A",
    "#6B7785",
)

# Signed quantities: orange below zero, blue above, always centred at zero.
DIVERGING = ((0.0, "#A84F06"), (0.25, NEGATIVE), (0.5, ZERO), (0.75, POSITIVE), (1.0, "#0B5488"))
# Magnitudes: perceptually uniform, legible in grey.
SEQUENTIAL = "Cividis"
# Heights of a loss under a path, in every figure: grey, the higher the denser, so that colour is the path's alone.
# Flat, light and dark shine through; a surface in space must be opaque.
GROUND, GROUND_DENSITY = (124, 136, 150), 0.6
GROUND_SCALE = (
    (0.0, "rgba({},{},{},0)".format(*GROUND)),
    (1.0, "rgba({},{},{},{})".format(*GROUND, GROUND_DENSITY)),
)
LANDMARK = "#B08A00"  # minima and saddles on that ground
GREY = ((0.0, "#000000"), (1.0, "#FFFFFF"))  # an image's own pixels

GRID = "rgba(124,136,150,0.25)"
FONT = "Source Sans, system-ui, sans-serif"

AXIS = {"gridcolor": GRID, "zerolinecolor": MUTED, "automargin": True}
_COLORBAR = {"colorbar": {"outlinewidth": 0, "ticks": ""}}
_AXIS = {"ticks": "", "title": {"standoff": 15}, "zerolinewidth": 2}
# The few lines of Plotly's "plotly_white" that show in our figures. Naming that template instead copies and
# validates the whole of it for every figure: 15 ms each, more than everything else on a page together.
TEMPLATE: dict[str, Any] = {
    "layout": {
        "autotypenumbers": "strict",
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "title": {"x": 0.05},
        "annotationdefaults": {"arrowhead": 0, "arrowwidth": 1},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    },
    "data": {
        "heatmap": [_COLORBAR],
        "contour": [_COLORBAR],
        "surface": [_COLORBAR],
        "bar": [{"marker": {"line": {"color": "white", "width": 0.5}}}],
    },
}


def layout(height: int = 360, **more: Any) -> dict[str, Any]:
    """The layout every figure starts from; `more` overrides it.

    Args:
        height: pixels, reserved before the picture arrives so that nothing jumps.
    """
    return {
        "template": TEMPLATE,
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "font": {"family": FONT, "size": 14},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": AXIS,
        "yaxis": AXIS,
        "dragmode": False,  # a finger that meets a figure scrolls the page; zooming is a button of the figure
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0},
        "hoverlabel": {"font": {"family": FONT}},
        **more,
    }


def translucent(colour: str, opacity: float) -> str:
    """The colour "#RRGGBB" with what lies behind it shining through; opacity from 0 to 1."""
    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({r},{g},{b},{opacity:g})"
