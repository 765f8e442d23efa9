"""Every colour of the lab, one meaning each, and the layout all figures share.

The hues are mid-tones after Okabe and Ito (2008): each stands out by at least 3:1 from a white and from a
near-black ground, so one figure serves light, dark and print. Colour never stands alone: a sign, a dash or a
label says the same.
"""

from typing import Any

POSITIVE = "#2A86C7"
NEGATIVE = "#D9731A"
ZERO = "#EDEDED"

TRAIN = "#7A6FD0"
VALIDATION = "#159A7C"
TEST = "#C8508C"
DASH = {"train": "solid", "validation": "dash", "test": "dot"}
SPLIT = {"train": TRAIN, "validation": VALIDATION, "test": TEST}

PREDICTED = "#A87C00"
TRUE = "#4C8C2B"

OURS = "#2A86C7"  # drawn solid
REFERENCE = "#6B7785"  # drawn dotted
ACCENT = "#B457A0"  # what the eye should follow now
MUTED = "#7C8896"
DANGER = "#D13B3B"

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
# The ground under coloured paths: grey, the higher the denser; light and dark shine through.
GROUND, GROUND_DENSITY = (124, 136, 150), 0.6
LANDMARK = "#B08A00"  # minima and saddles on that ground
GROUND_3D = ((0.0, "#E9EDF1"), (1.0, "#5F6B79"))

GRID = "rgba(124,136,150,0.25)"
FONT = "Source Sans, system-ui, sans-serif"

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
    axis = {"gridcolor": GRID, "zerolinecolor": MUTED, "automargin": True}
    return {
        "template": TEMPLATE,
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "font": {"family": FONT, "size": 14},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0},
        "hoverlabel": {"font": {"family": FONT}},
        **more,
    }
