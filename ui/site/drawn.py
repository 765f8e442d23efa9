"""What was recorded of a step, for a page: the component with the state it begins in, everything else as HTML."""

import re
from collections.abc import Container, Iterable
from html import escape
from typing import Any

from dlcore.course.lessons import Step
from dlcore.number_text import digits
from ui.site.formulas import mathml
from ui.site.picture import Picture
from ui.site.prose import blocks, inline, table
from ui.site.recorded import Piece, Varied
from ui.site.still import svg

_ICON = re.compile(r":material/(\w+): ?")
ICONS = {"check_circle": "✓ ", "error": "✗ "}
SEED = "lr"  # every racer's rate stands in what the lab sends


def live(pieces: tuple[Piece, ...], step: Step, pictures: tuple[Picture, ...]) -> dict[str, Any] | None:
    """The step's component and what decides its state, as assets/components/site/moving.js takes them."""
    drawn = next((piece for piece in pieces if piece.kind == "component"), None)
    if drawn is None:
        return None
    page = next(picture for picture in pictures if picture.component == drawn.name)
    labels = {piece.name for piece in pieces if piece.kind == "control"}
    return {
        "name": drawn.name,
        "data": drawn.content,
        "controls": [_control(one, one["label"] in labels) for one in page.controls],
        "names": page.names,
        "fixed": page.fixed,
        "more": _more(page, drawn.content, step),
    }


def _control(one: dict[str, Any], is_shown: bool) -> dict[str, Any]:
    """A control of the page; whole grounds that are not chosen here stay as the lab has sent them."""
    if is_shown:
        return one
    if one.get("path") != "":
        return one | {"hidden": True}
    return {name: one[name] for name in ("name", "label", "kind", "default")} | {"hidden": True}


def _more(page: Picture, data: dict[str, Any], step: Step) -> dict[str, Any]:
    """What the states of this step are made from: of the page's, as far as the step can reach."""
    more = dict(page.more)
    if page.component == "convolution":
        kernel = next(one for one in page.controls if one["name"] == "convolution_kernel")
        chosen = step.parameters.get("convolution_kernel", kernel["default"])
        more["filters"] = {at: w for at, w in more["filters"].items() if at.partition("|")[0] == chosen}
    if page.component == "race":
        surface = step.parameters.get("optimizers_surface", page.controls[0]["default"])
        rates = {f"{surface}|{one['name']}": [one[SEED]] * len(more["presets"]) for one in data["racers"]}
        racers = {one["name"]: one for one in data["racers"]}
        more |= {"rates": rates, "racers": racers}
    more.pop("examples", None)
    return more


def frames(varied: Varied) -> dict[str, Any]:
    """A picture for every value of a control, and the one to begin with."""
    made = {value: as_html(pieces, {varied.label}) for value, pieces in varied.pictures.items()}
    return {"label": varied.label, "start": varied.start, "html": made}


def as_html(pieces: Iterable[Piece], drawn: Container[str] = ()) -> str:
    """Figures, formulas, tables and sentences in their order; controls as one line that says what is set.

    Args:
        drawn: labels of the controls that are there to be moved.

    Raises:
        ui.site.still.UnknownFigureError, ui.site.formulas.UnknownSignError: of what this edition cannot draw.
    """
    made, set_to = [], []
    for piece in pieces:
        if piece.kind == "control" and piece.name not in drawn:
            set_to.append(f"{escape(piece.name)}: {escape(piece.content)}")
        elif piece.kind not in ("component", "control"):
            made.append(_html(piece))
    if set_to:
        made.insert(0, f'<p class="small">{" · ".join(set_to)}</p>')
    return "".join(made)


def _html(piece: Piece) -> str:
    if piece.kind == "figure":
        return svg(piece.content, piece.name)
    if piece.kind == "html":
        return str(piece.content)
    if piece.kind == "formula":
        formula = mathml(piece.content.strip().strip("$").strip(), True)
        return f'<div class="scrolls" tabindex="0" role="region" aria-label="Formula">{formula}</div>'
    if piece.kind == "table":
        rows = zip(*piece.content.values(), strict=True)
        return table([escape(name) for name in piece.content], [[_cell(v) for v in row] for row in rows])
    text = blocks(_ICON.sub(lambda found: ICONS.get(found[1], ""), piece.content))
    return f'<div class="small">{text}</div>' if piece.kind == "small" else text


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return digits(value)
    return f"{value:,}" if isinstance(value, int) else inline(str(value))
