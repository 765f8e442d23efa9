"""Pictures in rows: images and heat maps in image pixels, side by side, above one colour scale or each on its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dlcore.figures import marks, palette
from dlcore.figures.prebuilt import Prebuilt, data_address, png_of, typed

BAR_ROOM = 56  # pixels under the panels for a colour bar with its title
SIGNED_LOGITS = "− against the class · logits · for the class +"
# The colour bar under all panels, as wide as the picture.
BAR = marks.colour_bar(
    orientation="h",
    len=1.0,
    xpad=0,
    yref="container",
    y=0.0,
    yanchor="bottom",
    ypad=4,
    tickformat=".2~g",
)
# From nothing to much, where there is no sign: a share of 1 in the blue of the signed scale; else a magnitude.
SHARE = tuple((2 * at - 1, colour) for at, colour in palette.DIVERGING if at >= 0.5)


def places(n: int) -> tuple[str, ...]:
    """The names of n panels: "", "2", "3" …"""
    return tuple("" if i == 0 else str(i + 1) for i in range(n))


def grid(
    traces: list[dict[str, Any]],
    size: tuple[int, int],
    titles: Sequence[str],
    columns: int,
    row_height: int = 290,
    bar_room: int = BAR_ROOM,
) -> Prebuilt:
    """The panels in rows of `columns`, one title above each; y points down, as in images.

    Args:
        traces: of `photograph`, `heat` and `outline`.
        size: (h, w) of the image that every panel shows.
        row_height: pixels of one row with its title.
        bar_room: pixels under the last row, for the colour bar; 0 where there is none.
    """
    h, w = size
    rows = -(-len(titles) // columns)
    title_room = 10 + 20 * max(title.count("<br>") + 1 for title in titles)
    height = rows * row_height + bar_room
    margin = {"l": 4, "r": 4, "t": title_room, "b": 4 + bar_room}
    layout = palette.layout(height=height, showlegend=False, margin=margin)
    plot = height - title_room - 4 - bar_room
    step, gap = (plot + title_room) / rows / plot, 0.03 / columns
    for i, (place, title) in enumerate(zip(places(len(titles)), titles, strict=True)):
        row, column = divmod(i, columns)
        top = max(0.0, 1 - row * step)
        layout[f"xaxis{place}"] = marks.unseen_axis(
            constrain="domain",
            range=[-0.5, w - 0.5],
            domain=[column / columns + gap / 2, (column + 1) / columns - gap / 2],
            anchor=f"y{place}",
            side="top",
            title={"text": title, "standoff": 4, "font": {"size": 13}},
        )
        layout[f"yaxis{place}"] = marks.unseen_axis(
            constrain="domain",
            range=[h - 0.5, -0.5],
            domain=[max(0.0, top - step + title_room / plot), top],
            anchor=f"x{place}",
            scaleanchor=f"x{place}",
            constraintoward="bottom",
        )
    return Prebuilt({"data": traces, "layout": layout})


def photograph(image: NDArray[np.uint8], place: str) -> dict[str, Any]:
    """The image itself, uint8 (h, w) or (h, w, 3), in the panel at `place`."""
    source = data_address(png_of(Image.fromarray(image).convert("RGB")))
    return {
        "type": "image",
        "source": source,
        "xaxis": f"x{place}",
        "yaxis": f"y{place}",
        "hoverinfo": "skip",
    }


def heat(
    values: NDArray[np.floating],
    size: tuple[int, int],
    limit: float,
    place: str,
    colours: Sequence[Any] | str = palette.DIVERGING,
    bar: str = "",
    signed: bool = True,
) -> dict[str, Any]:
    """A heat map stretched over an image of this size, in the panel at `place`.

    Args:
        values: (rows, cols); size: (h, w) of the image, in pixels.
        limit: |value| at both ends of the colour scale; without a sign it begins at 0.
        colours: a colour scale of Plotly, as pairs or by name.
        bar: title of the colour bar under the panels; "" for none.
    """
    (rows, cols), (h, w) = values.shape, size
    return marks.cells(
        typed(values),
        colours,
        (-limit if signed else 0, limit),
        bar=BAR | {"title": {"text": bar, "side": "bottom"}} if bar else None,
        hover="row %{y:.0f}, column %{x:.0f}: %{z:.3g}<extra></extra>",
        x0=w / cols / 2 - 0.5,
        dx=w / cols,
        y0=h / rows / 2 - 0.5,
        dy=h / rows,
        xaxis=f"x{place}",
        yaxis=f"y{place}",
    )


def outline(mask: NDArray[np.bool_], place: str) -> dict[str, Any]:
    """The border of the mask (h, w) of what decides the class."""
    return {
        "type": "contour",
        "z": typed(mask, "uint8"),
        "autocontour": False,
        "contours": {"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
        "line": {"color": palette.TRUE, "width": 2.5},
        "showscale": False,
        "hoverinfo": "skip",
        "xaxis": f"x{place}",
        "yaxis": f"y{place}",
    }
