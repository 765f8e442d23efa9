"""A fingerprint of the code that decides what a recipe computes; comments, layout and places do not count.

It is taken of every definition that `dlcore.training.fit` reaches, by name and through the imports of dlcore, late
ones included. Nobody keeps a list: what a training begins to use is in it from then on, wherever it moves.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
START = ("dlcore.training", "fit")
# What fit reaches and what cannot change a result, with the reason.
CANNOT_DECIDE = {
    "CODE_VERSION": "stands beside the fingerprint",
    "Run": "holds a result that is finished; what its properties make of it is read afterwards",
    "Shown": "how a finished result shows itself",
    "progress_bar": "shows how far a training is",
    "AlsoCalled": "reads a second name of an argument, whose value it leaves",
    "download": "fetches an official file, which is read only if its MD5 is the published one",
    "official_notes": "sentences for the page",
    "leak_notes": "sentences for the page",
    "class_notes": "sentences for the page",
}

Place = tuple[str, str]  # module and name


@functools.cache
def modules() -> dict[str, ast.Module]:
    """The syntax tree of every module of dlcore, by dotted name."""
    found = {}
    for file in sorted((ROOT / "dlcore").rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(encoding="utf-8"))
    return found


def imported(node: ast.AST) -> dict[str, str]:
    """Name -> what it stands for, of all imports anywhere below a node."""
    found = {}
    for each in ast.walk(node):
        if isinstance(each, ast.Import):
            found |= {(alias.asname or alias.name): alias.name for alias in each.names}
        elif isinstance(each, ast.ImportFrom):
            found |= {(alias.asname or alias.name): f"{each.module}.{alias.name}" for alias in each.names}
    return found


@functools.cache
def face(module: str) -> dict[str, str]:
    """Name -> what it stands for, of all imports of a module."""
    return imported(modules()[module])


@functools.cache
def definitions(module: str) -> dict[str, list[ast.stmt]]:
    """Name -> the top-level statements of a module that give it a meaning."""
    found: dict[str, list[ast.stmt]] = {}
    for node in modules()[module].body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.setdefault(node.name, []).append(node)
        else:
            targets = [
                n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            ]
            for name in targets:
                found.setdefault(name, []).append(node)
    return found


def used(module: str, node: ast.stmt) -> Iterator[Place]:
    """The places in dlcore that a statement names: in its own module, or imported there or in the statement."""
    names = face(module) | imported(node)
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            yield from resolved(module, f"{names.get(each.value.id, each.value.id)}.{each.attr}")
        if isinstance(each, ast.Name):
            yield from resolved(module, names.get(each.id, each.id))


def resolved(module: str, dotted: str) -> Iterator[Place]:
    """Where a dotted name is defined; a package's face is looked through."""
    if dotted in definitions(module):
        yield module, dotted
        return
    where, _, name = dotted.rpartition(".")
    if where not in modules():
        return
    if name in definitions(where):
        yield where, name
    elif (target := face(where).get(name)) is not None:
        yield from resolved(where, target)


@functools.cache
def reached() -> frozenset[Place]:
    """Every place that a training reaches, but for what cannot decide its result."""
    found: set[Place] = set()
    open_ = [START]
    while open_:
        place = open_.pop()
        if place in found or place[1] in CANNOT_DECIDE:
            continue
        found.add(place)
        for node in definitions(place[0])[place[1]]:
            open_ += used(place[0], node)
    return frozenset(found)


def bare(node: ast.AST) -> ast.AST:
    """The statement without its docstrings, and without imports: these say where a thing lies, not what it does."""
    tree = ast.parse(ast.unparse(node))
    for each in ast.walk(tree):
        body = getattr(each, "body", None)
        if isinstance(body, list) and body and isinstance(each, ast.FunctionDef | ast.ClassDef):
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                first.value.value = ""
            each.body = [n for n in body if not isinstance(n, ast.Import | ast.ImportFrom)]
    return tree


def fingerprint() -> str:
    """The first 16 digits of a sha256 over the syntax trees of all that is reached; a move changes nothing."""
    pieces = sorted(
        f"{name} {ast.dump(bare(node))}" for module, name in reached() for node in definitions(module)[name]
    )
    return hashlib.sha256("\n".join(pieces).encode()).hexdigest()[:16]


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(ROOT))
    from dlcore.runs import CODE_VERSION

    record = Path(__file__).with_suffix(".txt")
    record.write_text(f"{CODE_VERSION} {fingerprint()}\n")
    print(record.read_text(), end="")
