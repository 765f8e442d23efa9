"""How results show themselves in a notebook: one short line, a small table, rows for pandas.

Knows dataclasses and arrays, and nothing of what they mean.
"""

import dataclasses
import html
from collections.abc import Mapping, Sized
from typing import Any

import numpy as np

LONGEST = 60  # characters of one value
FEW = 6  # things that are named one by one


def in_short(value: Any) -> str:
    """A value in at most LONGEST characters: an array by its type and shape, many things by their number."""
    if isinstance(value, np.ndarray):
        return (
            f"{value.dtype} {value.shape}"
            if value.size > FEW
            else f"{value.dtype} {value.tolist()}"[:LONGEST]
        )
    if isinstance(value, float):
        return f"{value:.6g}"
    if dataclasses.is_dataclass(value) and not isinstance(value, Shown):
        return type(value).__name__
    if isinstance(value, Mapping):
        return _several(value, ", ".join(map(str, value)))
    if isinstance(value, tuple | list | frozenset) and not isinstance(value, str):
        return _several(value, ", ".join(in_short(each) for each in list(value)[:FEW]))
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _several(values: Sized, written: str) -> str:
    if len(values) <= FEW and len(written) <= LONGEST:
        return f"({written})"
    return f"{len(values):,} values"


class Shown:
    """A result that prints as one short line and shows itself in a notebook as a table of its facts."""

    def facts(self) -> dict[str, Any]:
        """What is shown of it, name by name; every field that says something, unless a class knows better."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        values = {field.name: getattr(self, field.name) for field in fields if field.repr}
        return {
            name: v
            for name, v in values.items()
            if v is not None and not (isinstance(v, Sized) and not len(v))
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={in_short(v)}' for k, v in self.facts().items())})"

    def _repr_html_(self) -> str:
        lines = (
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(in_short(value))}</td></tr>"
            for name, value in self.facts().items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{''.join(lines)}</table>"


def frame(rows: Any) -> Any:
    """The rows, a list of dictionaries, as a pandas DataFrame.

    Raises:
        ImportError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError("Tables need pandas, which is not installed here: pip install pandas") from None
    return pandas.DataFrame(rows)
