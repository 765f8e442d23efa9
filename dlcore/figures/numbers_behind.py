"""The numbers behind a figure: a table for each of its curves, for whoever cannot see it or wants to read it off."""

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.number_text import digits

MOST_ROWS, MOST_COLUMNS = 60, 30
ALL = "Curves over the same points"
FIELDS = {"scatter", "scattergl", "bar"}  # one row a point
SHEETS = {"heatmap", "contour", "surface"}  # one row a line of z


@dataclass(frozen=True)
class Table:
    """What one curve or field of a figure holds.

    Attributes:
        name: the curve's, as in the legend; "" where it has none.
        columns: title -> one text a row, all of one length.
        left_out: rows that are not shown, to keep the table readable.
    """

    name: str
    columns: dict[str, list[str]]
    left_out: int = 0


def tables(figure: Any) -> list[Table]:
    """The tables of a figure (a go.Figure, or its parts as a mapping): curves over the same points stand in one.

    What only decorates (no hover, hidden, without numbers) and pictures without a scale have none.
    """
    drawn = figure if isinstance(figure, Mapping) else figure.to_dict()
    made: list[Table] = []
    for trace in drawn.get("data", ()):
        table = _table(trace, drawn.get("layout", {}))
        if table is None or not any(table.columns.values()):
            continue
        together = _together(made[-1], table) if made else None
        made[-1:] = [together] if together else [*made[-1:], table]
    return made


def _together(one: Table, other: Table) -> Table | None:
    """Both in one table, if their first columns agree; a column is then called by its curve as well."""
    first = next(iter(one.columns))
    same = other.columns.get(first) == one.columns[first] and one.left_out == other.left_out
    if not same or not other.name or ("" in (one.name, first)):
        return None
    wide = dict(one.columns) if one.name == ALL else _called(one, first)
    more = _called(other, first)
    if any(title in wide for title in more if title != first):
        return None
    return Table(ALL, wide | more, one.left_out)


def _called(table: Table, first: str) -> dict[str, list[str]]:
    return {
        title if title == first else f"{table.name}: {title}": column
        for title, column in table.columns.items()
    }


def _table(trace: Mapping[str, Any], layout: Mapping[str, Any]) -> Table | None:
    kind = trace.get("type", "scatter")
    if trace.get("visible", True) is not True or kind not in FIELDS | SHEETS:
        return None
    if kind in SHEETS:
        return _sheet(trace)
    columns = {
        _title(layout, trace, axis): values(trace[axis]) for axis in "xy" if trace.get(axis) is not None
    }
    for axis in "xy":
        error = trace.get(f"error_{axis}") or {}
        if error.get("array") is not None:
            columns[f"± {_title(layout, trace, axis)}"] = values(error["array"])
    text = trace.get("text")
    if text is not None and not isinstance(text, str):
        columns["label"] = values(text)
    if len(columns) < 2 or (trace.get("hoverinfo") == "skip" and trace.get("mode") != "text"):
        return None
    rows = min(len(column) for column in columns.values())
    kept = _kept(rows)
    shown = {title: [_text(column[i]) for i in kept] for title, column in columns.items()}
    return Table(plain(str(trace.get("name") or "")), shown, rows - len(kept))


def _sheet(trace: Mapping[str, Any]) -> Table | None:
    z = np.array([values(row) for row in values(trace["z"])], dtype=object)
    if z.ndim != 2 or z.shape[0] > MOST_ROWS or z.shape[1] > MOST_COLUMNS:
        return None  # a picture: its numbers are in the page's download
    rows, columns = z.shape
    heads = values(trace["x"]) if trace.get("x") is not None else range(columns)
    names = values(trace["y"]) if trace.get("y") is not None else range(rows)
    shown = {"": [_text(name) for name in names]}
    shown |= {_text(head): [_text(value) for value in z[:, k]] for k, head in enumerate(heads)}
    return Table(str(trace.get("name") or ""), shown)


def _kept(rows: int) -> list[int]:
    """Which rows are shown: all, or evenly chosen ones with the first and the last."""
    if rows <= MOST_ROWS:
        return list(range(rows))
    return sorted({round(k * (rows - 1) / (MOST_ROWS - 1)) for k in range(MOST_ROWS)})


def _title(layout: Mapping[str, Any], trace: Mapping[str, Any], axis: str) -> str:
    """The title of the axis on which a curve is drawn."""
    name = str(trace.get(f"{axis}axis") or axis)
    title = (layout.get(f"{axis}axis{name[1:]}") or {}).get("title") or {}
    return plain(str((title.get("text") if isinstance(title, Mapping) else title) or axis))


def plain(text: str) -> str:
    """Plotly's text without its tags: lowered digits as such, a new line as a space."""
    lowered = re.sub(r"<sub>(\d)</sub>", lambda found: "₀₁₂₃₄₅₆₇₈₉"[int(found[1])], text)
    return re.sub(r"<[^>]+>", "", lowered.replace("<br>", " "))


def values(array: Any) -> list[Any]:
    """A list, an array, or Plotly's packed form of one (dtype, bdata, shape) as a list."""
    if isinstance(array, Mapping):
        flat = np.frombuffer(base64.b64decode(array["bdata"]), np.dtype(array["dtype"]))
        shape = array.get("shape")
        array = flat.reshape([int(n) for n in str(shape).split(",")]) if shape else flat
    return list(array.tolist() if isinstance(array, np.ndarray) else array)


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return plain(str(value))
    return str(value) if isinstance(value, int) else digits(float(value), 4)
