"""Mutants: a module with one thing wrong, and whether the tests that import it notice.

The wrong source is planted by a loader in a process of its own; no file of the project is touched. What is planted is
not seen by processes that a test starts itself (engine, browser, server): their tests are left out.
"""

import ast
import copy
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

ROOT = Path(__file__).parent.parent
QUIET = (
    "-q",
    "-x",
    "-n0",
    "-p",
    "no:cacheprovider",
    "--tb=no",
    "--durations=0",
    "--timeout=120",
)
KILLED, SURVIVED, ENDLESS = "killed", "survived", "endless"  # the last: not known, counted as survived

Change = tuple[str, Callable[[], object]]

# --- what is made wrong ------------------------------------------------------------------------------------

OTHER: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
SILENT = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)  # what they say decides no number
SYMMETRIC = {"max", "min", "maximum", "minimum", "hypot"}  # swapped arguments are the same
GUARDS = {"strict", "kw_only"}  # named arguments that only guard: right code never meets them


@dataclass(frozen=True)
class Mutant:
    """One wrong module.

    Attributes:
        kind: what was changed, in which expression.
        source: the whole module.
        place: which of this kind in the module, from 1.
        is_alike: wrong in writing only: it computes what the right one does.
    """

    module: str
    kind: str
    source: str
    place: int = 1
    is_alike: bool = False

    @property
    def key(self) -> str:
        """Under which the verdict on it is kept; lines may move."""
        return f"{self.module}: {self.kind}" + (f" ({self.place})" if self.place > 1 else "")


def mutants_of(module: str) -> list[Mutant]:
    """Every mutant of a module: operators, comparisons, factors, indices, arguments swapped or forgotten."""
    tree = ast.parse(file_of(module).read_text(encoding="utf-8"))
    found: list[Mutant] = []
    places: Counter[str] = Counter()
    guards = {
        id(one.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for one in node.keywords
        if one.arg in GUARDS and getattr(one.value, "value", None) is True
    }
    for at, node in enumerate(_spoken(tree)):
        for which, (kind, _) in enumerate(_changes(node)):
            wrong = copy.deepcopy(tree)
            _, change = _changes(list(_spoken(wrong))[at])[which]
            change()
            told = f"{kind} {ast.unparse(node)[:60]}"
            places[told] += 1
            is_alike = id(node) in guards or _is_alike(kind, node)
            found.append(Mutant(module, told, ast.unparse(wrong), places[told], is_alike))
    return found


def _is_alike(kind: str, node: ast.expr) -> bool:
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub(), right=ast.BinOp(op=ast.Mult(), left=ast.Constant(value=0))):
            return True  # one of 1 + 0 · x's shape, plus or minus
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            twice = kind == "swapped" and ast.dump(node.args[0]) == ast.dump(node.args[1])
            symmetric = kind == "swapped" and name in SYMMETRIC
            return twice or symmetric or kind.removeprefix("forgotten ") in GUARDS
    return False


def _spoken(node: ast.AST) -> Iterator[ast.expr]:
    """All expressions that are carried out: no annotations, no decorators, no sentences of errors."""
    if isinstance(node, SILENT):
        return
    if isinstance(node, ast.expr):
        yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _spoken(child)


def _changes(node: ast.expr) -> list[Change]:
    """[(kind, what makes it wrong in place)] of one expression."""
    change = functools.partial(setattr, node)
    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in OTHER:
            return [("operator", functools.partial(change, "op", OTHER[type(op)]()))]
        case ast.Compare(ops=[op]) if type(op) in OTHER:
            return [("comparison", functools.partial(change, "ops", [OTHER[type(op)]()]))]
        case ast.UnaryOp(op=ast.USub()):
            return [("sign", functools.partial(change, "op", ast.UAdd()))]
        case ast.Constant(value=bool(truth)):
            return [("truth", functools.partial(change, "value", not truth))]
        case ast.Constant(value=int(number)):
            return [("off by one", functools.partial(change, "value", number + 1))]
        case ast.Constant(value=float(number)):
            return [("factor", functools.partial(change, "value", 2 * number or 1.0))]
        case ast.Call():
            return _calls(node)
    return []


def _calls(node: ast.Call) -> list[Change]:
    """Arguments swapped, and each named one forgotten."""
    found: list[Change] = []
    given = node.args
    if len(given) > 1 and not any(isinstance(one, ast.Starred) for one in given[:2]):
        found.append(("swapped", functools.partial(setattr, node, "args", [given[1], given[0], *given[2:]])))
    for at, one in enumerate(node.keywords):
        if one.arg:
            found.append((f"forgotten {one.arg}", functools.partial(node.keywords.pop, at)))
    return found


# --- whether it is noticed ---------------------------------------------------------------------------------


class _Planted(importlib.machinery.SourceFileLoader):
    """Loads a file as if it held another source."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        """The code of the wrong source, under the file's own name."""
        return compile(self.source, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.module:
            return None
        file = str(file_of(fullname))
        return importlib.util.spec_from_file_location(
            fullname, file, loader=_Planted(fullname, file, self.source)
        )


def session(module: str, tests: list[str]) -> int:
    """pytest's exit code for tests with the module as it stands on standard input; in a process of its own."""
    import pytest

    sys.meta_path.insert(0, _Finder(module, sys.stdin.read()))
    return int(pytest.main([*QUIET, *tests]))


def verdict(module: str, source: str, tests: Sequence[str], seconds: float = 1200) -> str:
    """KILLED if a test is red with this source or has not ended after two minutes, SURVIVED if all are green.

    ENDLESS if all of them together take longer than `seconds`.

    Raises:
        RuntimeError: pytest found no such tests.
    """
    code = f"import sys; from proofs.planting import session; sys.exit(session({module!r}, {list(tests)!r}))"
    try:
        ended = subprocess.run(
            [sys.executable, "-c", code],
            input=source.encode(),
            cwd=ROOT,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return ENDLESS
    if ended.returncode in (4, 5):  # a wrong call, or nothing collected: not the mutant's doing
        text = ended.stdout.decode()[-500:]
        if "error" not in text.lower():
            raise RuntimeError(f"No tests among {tests}: {text}")
    return KILLED if ended.returncode else SURVIVED


# --- which tests import it ---------------------------------------------------------------------------------


def file_of(module: str) -> Path:
    """The file of a module of this project."""
    stem = ROOT / Path(*module.split("."))
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


def importing_tests(module: str) -> list[str]:
    """The test files that import a module by name, its namesake first; none that opens a page or a browser."""
    files = _imports_of_tests()
    found = [file for file, names in files.items() if module in names]
    while not found and "." in module:  # a module inside a room that is imported as a whole
        module = module.rpartition(".")[0]
        found = [file for file, names in files.items() if module in names]
    own = f"test_{module.rpartition('.')[2]}"
    found.sort(key=lambda file: (file.stem != own, file.stat().st_size))
    return [str(file.relative_to(ROOT)) for file in found]


@functools.cache
def _imports_of_tests() -> dict[Path, set[str]]:
    return {
        file: _imported(file.read_text(encoding="utf-8"))
        for file in sorted((ROOT / "tests").glob("test_*.py"))
        if not file.stem.endswith(("_browser", "_page"))
    }


def _imported(text: str) -> set[str]:
    """The modules that a source imports: by name, or through the package that hands on what they define."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dlcore"):
            where = importlib.import_module(str(node.module))
            found.add(where.__name__)
            for one in node.names:
                value = getattr(where, one.name, None)
                found.add(value.__name__ if isinstance(value, ModuleType) else f"{node.module}.{one.name}")
                found.add(getattr(value, "__module__", None) or "")
    return found
