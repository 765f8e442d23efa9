"""Which class, part and group a file belongs to: by the folders it lies in, or by a table beside it."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dlcore.data.gates import BadInput

PARTS = {
    **dict.fromkeys(("train", "training", "trn"), 0),
    **dict.fromkeys(("val", "valid", "validation", "dev"), 1),
    **dict.fromkeys(("test", "testing", "holdout", "hold-out"), 2),
}
COLUMNS = {
    "file": (
        "file",
        "filename",
        "file_name",
        "file name",
        "image",
        "image_id",
        "path",
        "picture",
        "name",
        "img",
    ),
    "label": ("label", "class", "target", "diagnosis", "category", "y", "dx"),
    "group": ("group", "patient", "patient_id", "patientid", "subject", "slide", "plate", "case", "donor"),
    "split": ("split", "set", "part", "subset", "partition"),
}
ORDER = ("file", "label", "group", "split")
DELIMITERS = ",;\t|"
TABLES = (".csv", ".tsv", ".txt")
MAX_TABLE = 5_000_000


@dataclass(frozen=True)
class Place:
    """What is known of one file: its class, the part it was dealt to (0, 1, 2 or None), its group or ""."""

    label: str
    part: int | None = None
    group: str = ""


def by_folders(paths: Sequence[str]) -> dict[str, Place]:
    """The class of every file by the last folder it lies in; train, val and test above (or below) it are parts.

    Raises:
        BadInput: files without a folder of a class.
    """
    found, bare = {}, 0
    for path in paths:
        folders = path.split("/")[:-1]
        parts = [PARTS[f.strip().lower()] for f in folders if f.strip().lower() in PARTS]
        classes = [f.strip() for f in folders if f.strip().lower() not in PARTS]
        if not classes:
            bare += 1
        else:
            found[path] = Place(classes[-1], parts[-1] if parts else None)
    if bare:
        raise BadInput(
            f"{bare:,} of {len(paths):,} pictures lie in no folder of a class. Put the pictures of each class into a "
            "folder of its own, or add a CSV with the columns file and label."
        )
    return found


@dataclass(frozen=True)
class Table:
    """A table of files as it was read.

    Attributes:
        places: file as the table names it -> what it says.
        form: how the table was written, in words, where that is not plain CSV.
    """

    places: Mapping[str, Place]
    form: str


def table(content: bytes) -> Table:
    """A table with a file and a label in each row, in whatever dialect a spreadsheet writes.

    Any of , ; tab | between columns, quotes, a byte-order mark, UTF-8, UTF-16 or Latin-1; columns are known by their
    names, or by their order file, label, group, split where there are no names.

    Raises:
        BadInput: no such table.
    """
    if len(content) > MAX_TABLE:
        raise BadInput("The table is larger than 5 MB.")
    text, form = _decoded(content)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise BadInput("The table is empty.")
    delimiter = max(
        DELIMITERS, key=lambda d: min(line.count(d) for line in lines[:50]) * 1000 + lines[0].count(d)
    )
    rows = [
        [cell.strip() for cell in row]
        for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        if any(row)
    ]
    columns = _columns(rows[0])
    has_head = "file" in columns and "label" in columns
    if not has_head:
        if len(rows[0]) < 2 or "." not in rows[0][0]:
            raise BadInput("The table needs the columns file and label; group and split may follow.")
        columns = dict(zip(ORDER, range(len(rows[0])), strict=False))
    places: dict[str, Place] = {}
    for number, row in enumerate(rows[has_head:], 1 + has_head):
        name, place = _row(row, columns, number)
        if places.setdefault(name, place) != place:
            raise BadInput(f"The table gives the file in row {number} two different labels.")
    forms = [form] * bool(form) + [f"columns by {_named(delimiter)}"] * (delimiter != ",")
    return Table(places, ", ".join(forms + ["no head: file, label"] * (not has_head)))


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "UTF-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return content.decode("utf-8-sig", errors="replace"), "byte-order mark"
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        return content.decode("latin-1"), "Latin-1"


def _named(delimiter: str) -> str:
    return {";": "semicolon", "\t": "tab", "|": "bar"}.get(delimiter, delimiter)


def _columns(head: Iterable[str]) -> dict[str, int]:
    """What each known column's place is."""
    found: dict[str, int] = {}
    for place, cell in enumerate(head):
        for what, names in COLUMNS.items():
            if cell.strip().lower() in names and what not in found:
                found[what] = place
                break
    return found


def _row(row: list[str], columns: Mapping[str, int], number: int) -> tuple[str, Place]:
    def cell(what: str) -> str:
        place = columns.get(what, len(row))
        return row[place] if place < len(row) else ""

    if not cell("file") or not cell("label"):
        raise BadInput(f"Row {number} of the table has no file or no label.")
    part = cell("split").lower()
    if part and part not in PARTS:
        raise BadInput(f"Row {number} of the table names a split that is none of train, val and test.")
    return cell("file").replace("\\", "/"), Place(plain_label(cell("label")), PARTS.get(part), cell("group"))


def plain_label(text: str) -> str:
    """A label as text; whole numbers written as 1.0 or 1,0 are 1."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return str(int(number)) if number == int(number) and abs(number) < 1e9 else text


def by_table(paths: Sequence[str], places: Mapping[str, Place]) -> tuple[dict[str, Place], int]:
    """What the table says of each file that is there, and how many of its rows name no file.

    A file is found by its path, else by its name, else by its name without the ending, if only one has it.
    """
    keys = [dict(_unique((key(path), path) for path in paths)) for key in (_whole, _name, _stem)]
    found, missing = {}, 0
    for named, place in places.items():
        path = next(
            (
                at[key(named)]
                for at, key in zip(keys, (_whole, _name, _bare), strict=True)
                if key(named) in at
            ),
            None,
        )
        if path is None:
            missing += 1
        else:
            found[path] = place
    return found, missing


def _unique(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    all_pairs = list(pairs)
    seen = Counter(key for key, _ in all_pairs)
    return [(key, path) for key, path in all_pairs if seen[key] == 1]


def _whole(path: str) -> str:
    return path.lower()


def _name(path: str) -> str:
    return path.lower().rpartition("/")[2]


def _stem(path: str) -> str:
    return _name(path).rpartition(".")[0]


def _bare(path: str) -> str:
    """A file as a table names it, whose ending may be missing or another one."""
    name = _name(path)
    stem, dot, ending = name.rpartition(".")
    return stem if dot and 2 <= len(ending) <= 4 else name
