"""Tables as CSV text: what every download of numbers is written with, so that all of them read back alike."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def as_csv(rows: Iterable[Iterable[Any]], columns: Sequence[str] = ()) -> str:
    """The rows, one a line, after a line of column names if there are any.

    Numbers are written with as many digits as bring the same float64 back; what holds a comma, a quote or the end
    of a line is quoted.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if columns:
        writer.writerow(columns)
    writer.writerows(map(_plain, rows))
    return text.getvalue()


def _plain(row: Iterable[Any]) -> list[Any]:
    return [
        value.item() if hasattr(value, "item") else value for value in row
    ]  # numpy's 1.5 would say np.float64
