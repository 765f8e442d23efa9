"""Public docstrings name the shapes of arrays and the errors raised: the rooms that are held to it."""

import ast
import re
from collections.abc import Iterator

import pytest
from conftest import ROOT

DLCORE = ROOT / "dlcore"
# Rooms that keep the rule. One that is brought up to it is added, none is taken away.
HELD = ("evaluation", "figures", "heatmaps", "optimizers", "store")
# A tuple of sizes, "(n,)", "(rows, cols, 3)", "(h, w[, 3])", but no year of a paper; or the word itself.
SHAPE = re.compile(
    r"\((?![^()]*\b(?:19|20)\d\d\b)[^()]*,[^()]*(?:\([^()]*\)[^()]*)*\)|\bscalars?\b|\bshape\b"
)
Definition = ast.FunctionDef | ast.ClassDef


def arrays_named_in(tree: ast.Module) -> set[str]:
    """Names that a module gives to types made of arrays."""
    given = [node for node in tree.body if isinstance(node, ast.Assign)]
    types = [node for node in given if re.match(r"NDArray\[|Callable\[.*NDArray", ast.unparse(node.value))]
    return {target.id for node in types for target in node.targets if isinstance(target, ast.Name)}


def arrays_known_in(tree: ast.Module) -> re.Pattern[str]:
    """NDArray, Tensor, and the module's own names for types made of them, given or imported."""
    imported = {
        each.asname or each.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }
    names = {"NDArray", "ndarray", "Tensor", "ArrayLike"} | arrays_named_in(tree) | (imported & NAMED)
    return re.compile(rf"\b({'|'.join(sorted(names))})\b")


NAMED = {
    name
    for path in DLCORE.rglob("*.py")
    for name in arrays_named_in(ast.parse(path.read_text(encoding="utf-8")))
}


def public(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, Definition]]:
    """Public functions, methods and classes of a module or class, by name."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield owner + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{node.name}.")


def annotations(node: Definition) -> str:
    """What a function takes and gives back, or what a class holds, as written."""
    if isinstance(node, ast.ClassDef):
        fields = [field.annotation for field in node.body if isinstance(field, ast.AnnAssign)]
        return " ".join(ast.unparse(each) for each in fields)
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    said = [each.annotation for each in given] + [node.returns]
    return " ".join(ast.unparse(each) for each in said if each is not None)


def raises(node: ast.FunctionDef) -> bool:
    """Whether the body raises something new: not again what somebody else named, nor for want of a subclass."""
    new = [each.exc for each in ast.walk(node) if isinstance(each, ast.Raise) and each.exc is not None]
    return any(ast.unparse(each) != "NotImplementedError" for each in new)


def unsaid(text: str) -> list[str]:
    """What a module's public docstrings leave out: "name: a shape", "name: Raises:"."""
    tree = ast.parse(text)
    arrays = arrays_known_in(tree)
    found = []
    for name, node in public(tree.body):
        docstring = ast.get_docstring(node) or ""
        if arrays.search(annotations(node)) and not SHAPE.search(docstring):
            found.append(f"{name}: a shape")
        if isinstance(node, ast.FunctionDef) and raises(node) and "Raises:" not in docstring:
            found.append(f"{name}: Raises:")
    return found


@pytest.mark.parametrize("room", HELD)
def test_a_docstring_names_the_shapes_of_arrays_and_the_errors_raised(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} {what}"
        for path in sorted((DLCORE / room).rglob("*.py"))
        for what in unsaid(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_what_is_left_out_is_noticed() -> None:
    silent = '''
def mean(x: NDArray) -> float:
    """The mean."""
    if not len(x):
        raise ValueError("empty")
    return x.mean()

def _private(x: NDArray) -> float:
    """Nobody's business."""

class Found:
    """What was found."""
    values: NDArray

    def first(self) -> "Tensor":
        """The first of them, a scalar."""
'''
    assert unsaid(silent) == ["mean: a shape", "mean: Raises:", "Found: a shape"]
    told = '"""The mean of x (n,).\n\n    Raises:\n        ValueError: x is empty.\n    """'
    assert unsaid(silent.replace('"""The mean."""', told)) == ["Found: a shape"]
