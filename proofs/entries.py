"""The entries of benchmarks/PROOFS.md, and which of them still speak of today's code."""

import ast
import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from types import ModuleType

from proofs import subjects

FILE = Path(__file__).parent.parent / "benchmarks" / "PROOFS.md"
HEAD = """# Proofs

Written by `make proofs`, one row a subject: what `make test` only samples, carried out in full. The fingerprint is
that of the code it was proved on (comments, docstrings and layout do not count): when that code changes, the row is
stale until the next `make proofs`. proofs/__init__.py says how a subject is made.

| subject | | result | fingerprint | commit | date | seconds |
|---|---|---|---|---|---|---|
"""
PROVED, FAILED = "proved", "**failed**"


@dataclass(frozen=True)
class Entry:
    """A row of PROOFS.md: subject, PROVED, FAILED or "open", one line of numbers, of which code, when, how long."""

    subject: str
    state: str
    result: str
    fingerprint: str
    commit: str
    date: str
    seconds: str


def found(package: ModuleType = subjects) -> dict[str, ModuleType]:
    """The subjects of a package by name, imported."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def fingerprint(subject: ModuleType) -> str:
    """The first 12 digits of a sha256 over the subject itself and all it covers.

    Of a module its syntax tree counts, without docstrings and without where it imports from: a module that only
    moves leaves every proof standing.
    """
    digest = hashlib.sha256()
    for covered in (subject, *subject.COVERS):
        for source in [covered] if isinstance(covered, Path) else _sources(covered):
            content = source.read_bytes()
            digest.update(code_of(content.decode()) if source.suffix == ".py" else content)
    return digest.hexdigest()[:12]


def _sources(module: ModuleType) -> list[Path]:
    """The file of a module; of a package, whose face says little, every file in it."""
    file = inspect.getsourcefile(module)
    assert file is not None
    return sorted(Path(file).parent.rglob("*.py")) if hasattr(module, "__path__") else [Path(file)]


def code_of(text: str) -> bytes:
    """What a source does: its syntax tree without docstrings and without where it imports from."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            node.module, node.level = None, 0
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first.value.value = ""
    return ast.dump(tree).encode()


def read(file: Path = FILE) -> dict[str, Entry]:
    """The entries by subject; none if there is no such file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| ")]
    return {row[0]: Entry(*row) for row in rows[1:]}


def write(entries: Iterable[Entry], file: Path = FILE) -> None:
    """All entries, by name. Cells hold one line; a bar in them would end them and becomes a slash."""
    rows = sorted(astuple(entry) for entry in entries)
    cells = [[" ".join(cell.split()).replace("|", "/") for cell in row] for row in rows]
    file.write_text(HEAD + "".join(f"| {' | '.join(row)} |\n" for row in cells), encoding="utf-8")


def is_fresh(subject: ModuleType, entry: Entry | None) -> bool:
    """Whether an entry proves the code as it is now."""
    return entry is not None and entry.state == PROVED and entry.fingerprint == fingerprint(subject)


def missing(known: Mapping[str, ModuleType], entries: Mapping[str, Entry]) -> list[str]:
    """Subjects that have no entry, proved or not."""
    return sorted(known.keys() - entries.keys())


def stale(known: Mapping[str, ModuleType], entries: Mapping[str, Entry]) -> list[str]:
    """Subjects that have an entry which no longer proves them."""
    return sorted(name for name in known.keys() & entries.keys() if not is_fresh(known[name], entries[name]))
