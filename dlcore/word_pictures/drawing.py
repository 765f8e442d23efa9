"""A small picture beside a word: lines, dots and bars in one frame, redrawn as a knob is moved.

The picture is a list of SVG elements for every value of the knob; assets/components/word_picture shows it. As in
every figure nothing is computed here: what is drawn comes from whoever calls.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore.figures.palette import MUTED
from dlcore.number_text import digits

WIDTH, HEIGHT = 360, 222  # of the picture, in its own units
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 10, 38
Element = tuple[str, dict[str, Any]]  # SVG tag, attributes; "text" is what an element says


@dataclass(frozen=True)
class Frame:
    """The picture at one value of the knob.

    Attributes:
        value: what the knob says, e.g. "0.5".
        said: one line below the picture, with the numbers of this frame.
    """

    value: str
    said: str
    elements: tuple[Element, ...]


@dataclass(frozen=True)
class SmallPicture:
    """A frame for every value of a knob; one frame alone has no knob.

    Attributes:
        alt: what is to be seen, for those who listen.
        knob: what is moved, e.g. "T".
        start: the frame shown first.
    """

    alt: str
    ground: tuple[Element, ...]
    frames: tuple[Frame, ...]
    knob: str = ""
    start: int = 0

    def to_data(self) -> dict[str, Any]:
        """As the component takes it: plain lists and numbers."""
        return {
            "alt": self.alt,
            "size": [WIDTH, HEIGHT],
            "ground": list(self.ground),
            "frames": [[frame.value, frame.said, list(frame.elements)] for frame in self.frames],
            "knob": self.knob,
            "start": self.start,
        }


@dataclass(frozen=True)
class Sheet:
    """A window of data units on the picture.

    Attributes:
        x, y: the ends of both axes in data units.
        x_title, y_title: "" for none.
        square: one unit is as long along x as along y.
        ticks: whether the ends of the axes are written.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_title: str = ""
    y_title: str = ""
    square: bool = False
    ticks: bool = True

    def _to_picture(self, x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        per_x, per_y = across / (self.x[1] - self.x[0]), up / (self.y[1] - self.y[0])
        if self.square:
            per_x = per_y = min(per_x, per_y)
        start = LEFT + (across - per_x * (self.x[1] - self.x[0])) / 2
        return (
            np.round(start + per_x * (np.asarray(x, float) - self.x[0]), 1),
            np.round(HEIGHT - BOTTOM - per_y * (np.asarray(y, float) - self.y[0]), 1),
        )

    def _inside(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        wide, high = self.x[1] - self.x[0], self.y[1] - self.y[0]
        return np.asarray(
            np.isfinite(x + y)
            & (np.abs(2 * x - sum(self.x)) <= 1.0001 * wide)
            & (np.abs(2 * y - sum(self.y)) <= 1.0001 * high)
        )

    def axes(self) -> tuple[Element, ...]:
        """The frame's left and lower edge, the zero lines inside it, ends and titles."""
        (x0, x1), (y0, y1) = self.x, self.y
        thin = {"stroke": MUTED, "stroke-width": 1, "stroke-opacity": 0.6}
        lines = [((x0, x1), (y0, y0)), ((x0, x0), (y0, y1))]
        lines += [((x0, x1), (0, 0))] if y0 < 0 < y1 else []
        lines += [((0, 0), (y0, y1))] if x0 < 0 < x1 else []
        drawn = [self._path(x, y, **thin) for x, y in lines]
        (left, right), (low, high) = self._to_picture([x0, x1], [y0, y1])
        if self.ticks:
            drawn += [
                _text(left, low + 13, digits(x0), "start"),
                _text(right, low + 13, digits(x1), "end"),
                _text(left - 4, low, digits(y0), "end"),
                _text(left - 4, high + 9, digits(y1), "end"),
            ]
        drawn.append(_text((left + right) / 2, low + 27, self.x_title, "middle"))
        turned = {"transform": f"rotate(-90 {left - 24:.0f} {(low + high) / 2:.0f})"}
        drawn.append(_text(left - 24, (low + high) / 2, self.y_title, "middle", **turned))
        return tuple(one for one in drawn if one[1].get("text") != "")

    def curve(
        self,
        x: ArrayLike,
        y: ArrayLike,
        colour: str,
        *,
        width: float = 2.5,
        dash: str = "",
        fill: str = "none",
    ) -> Element:
        """A line through points (n,), in data units; what lies outside the window is left out."""
        more = {"stroke-dasharray": dash} if dash else {}
        return self._path(x, y, stroke=colour, fill=fill, **{"stroke-width": width, **more})

    def _path(self, x: ArrayLike, y: ArrayLike, **look: Any) -> Element:
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        inside = self._inside(x, y)
        at_x, at_y = self._to_picture(np.where(inside, x, 0), np.where(inside, y, 0))
        steps, drawing = [], False
        for here, px, py in zip(inside, at_x, at_y, strict=True):
            if here:
                steps.append(f"{'L' if drawing else 'M'}{px:g} {py:g}")
            drawing = bool(here)
        return "path", {"d": "".join(steps), "fill": "none", "stroke-linejoin": "round", **look}

    def dots(
        self, x: ArrayLike, y: ArrayLike, colour: str, *, size: float = 4, hollow: bool = False
    ) -> list[Element]:
        """Circles at points (n,), in data units, where inside the window; `size` is their radius."""
        look = {"fill": "none", "stroke": colour, "stroke-width": 2} if hollow else {"fill": colour}
        x, y = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))
        inside = self._inside(x, y)
        places = zip(*self._to_picture(x[inside], y[inside]), strict=True)
        return [("circle", {"cx": f"{px:g}", "cy": f"{py:g}", "r": size, **look}) for px, py in places]

    def box(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        colour: str,
        *,
        opacity: float = 1.0,
        edge: str = "",
    ) -> Element:
        """A rectangle between two x and two y, in data units."""
        px, py = self._to_picture(sorted(x), sorted(y))
        look: dict[str, Any] = {"fill": colour, "fill-opacity": round(opacity, 3)}
        if edge:
            look |= {"stroke": edge, "stroke-width": 1}
        size = {"width": f"{px[1] - px[0]:g}", "height": f"{py[0] - py[1]:g}"}
        return "rect", {"x": f"{px[0]:g}", "y": f"{py[1]:g}", **size, **look}

    def text(
        self, x: float, y: float, words: str, anchor: str = "middle", *, colour: str = "currentColor"
    ) -> Element:
        """Words at a point, in data units; anchor "start", "middle" or "end"."""
        px, py = self._to_picture(x, y)
        return _text(float(px), float(py), words, anchor, fill=colour)

    def arrow(self, start: ArrayLike, end: ArrayLike, colour: str) -> list[Element]:
        """An arrow from one point (2,) to another, in data units."""
        both = np.array([start, end], dtype=np.float64)
        px, py = self._to_picture(both[:, 0], both[:, 1])
        way = np.array([px[1] - px[0], py[1] - py[0]])
        length = float(np.hypot(*way))
        if length < 1:
            return []
        along, aside = way / length * min(9.0, length), np.array([-way[1], way[0]]) / length * 4
        tip = np.array([px[1], py[1]])
        corners = [tip, tip - along + aside, tip - along - aside]
        shaft = f"M{px[0]:g} {py[0]:g}L{px[1]:g} {py[1]:g}"
        return [
            ("path", {"d": shaft, "stroke": colour, "stroke-width": 2.5, "fill": "none"}),
            ("polygon", {"points": " ".join(f"{a:.1f},{b:.1f}" for a, b in corners), "fill": colour}),
        ]


def _text(x: float, y: float, words: str, anchor: str, **look: Any) -> Element:
    given = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "font-size": 12, "text": words}
    return "text", {"fill": "currentColor", **given, **look}


def one_frame(alt: str, said: str, ground: Iterable[Element]) -> SmallPicture:
    """A picture without a knob."""
    return SmallPicture(alt, tuple(ground), (Frame("", said, ()),))
