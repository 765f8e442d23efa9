"""Writes the reference, a page for each room of dlcore, from its docstrings. `make reference`.

What is public is computed here and nowhere else: the names of the package's face (`dlcore.NAMES`), and those of every
room that has names of its own. Each function, method and class among them has an example, which
tests/test_reference.py runs; reference/front.md beside this file is what a reader is told first.
"""

import doctest
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import dlcore  # noqa: E402 - the copy beside this file, wherever it is called from

FACE = "dlcore"
# Those of the face, two that scripts load by name, and those whose results the face hands out.
ROOMS = (
    *dlcore.ROOMS,
    "audit",
    "jobs",
    "evaluation.calibration",
    "evaluation.intervals",
    "evaluation.thresholds",
    "notebook.comparing",
)
TO = ROOT / "reference"
WORDS = Path(__file__).with_suffix("")  # front.md, what a reader is told first, and our own style
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def names_of(module: ModuleType) -> list[str]:
    """What a room offers: its `__all__`, or else its functions, classes and CONSTANTS without an underscore."""
    offered = getattr(module, "__all__", None)
    if offered is not None:
        return list(offered)
    return [
        name
        for name, thing in vars(module).items()
        if name[0] != "_" and (name.isupper() or is_made_in(thing, module.__name__))
    ]


def is_made_in(thing: Any, place: str) -> bool:
    """Whether it is a function or class of this module or package."""
    made = getattr(thing, "__module__", None) or ""
    return hasattr(thing, "__qualname__") and (made == place or made.startswith(f"{place}."))


def pages() -> dict[str, dict[str, Any]]:
    """Page -> name -> what it is; rooms without names of their own have no page."""
    found = {FACE: {name: getattr(dlcore, name) for name in dlcore.NAMES}}
    for room in sorted(ROOMS):
        module = importlib.import_module(f"dlcore.{room}")
        names = {name: getattr(module, name) for name in names_of(module)}
        if any(public(names)):
            found[module.__name__] = names
    return found


def public(page: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The functions, classes and methods of a page by name; errors are described where they are raised."""
    for name, thing in page.items():
        if not is_made_in(thing, "dlcore") or (inspect.isclass(thing) and issubclass(thing, Exception)):
            continue
        yield name, thing
        if inspect.isclass(thing):
            yield from methods(name, thing)


def methods(name: str, kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods of a class that this package has written, inherited ones included."""
    for attribute in dir(kind):
        method = inspect.getattr_static(kind, attribute)
        method = getattr(method, "__func__", method)  # of a class method
        if attribute[0] != "_" and inspect.isfunction(method) and is_made_in(method, "dlcore"):
            yield f"{name}.{attribute}", method


def examples(page: dict[str, Any]) -> dict[str, doctest.DocTest]:
    """Name -> the example in its docstring, which knows the names of its page, those of dlcore, np and torch."""
    face = {name: getattr(dlcore, name) for name in dlcore.NAMES}
    known = {**face, "dlcore": dlcore, "np": np, "torch": torch, **page}
    parser = doctest.DocTestParser()
    return {
        name: parser.get_doctest(inspect.getdoc(thing) or "", known, name, None, None)
        for name, thing in public(page)
    }


def front(found: dict[str, dict[str, Any]]) -> str:
    """What a reader is told first, and the way to every page, with the first words of each room."""
    ways = (
        f"- [{name}]({name.replace('.', '/')}.html): {inspect.getdoc(sys.modules[name]).split(chr(10))[0]}"
        for name in found
        if name != FACE
    )
    return "\n".join(((WORDS / "front.md").read_text(encoding="utf-8"), "## The rooms", "", *ways))


def short_types(written: Callable[[str], str]) -> Callable[[str], str]:
    """How a signature's types are written, with NumPy's two by their own names and not by what they stand for."""
    long = {repr(ArrayLike): "ArrayLike", inspect.formatannotation(ArrayLike): "ArrayLike"}
    long[inspect.formatannotation(ArrayLike | None)] = "ArrayLike | None"
    array = re.compile(
        r"numpy\.ndarray\[tuple\[(?:typing\.)?Any, \.\.\.\], numpy\.dtype\[(?:numpy\.)?(\w+)\]\]"
    )

    def shortened(text: str) -> str:
        text = written(text)
        for form, name in long.items():
            text = text.replace(written(form), name)
        return array.sub(r"NDArray[\1]", text)

    return shortened


def write(to: Path, found: dict[str, dict[str, Any]]) -> None:
    """These pages as HTML in this folder; index.html is the first."""
    import pdoc

    for name, names in found.items():
        vars(sys.modules[name]).update(names)  # some are otherwise loaded when they are asked for
    vars(dlcore).update(__all__=list(found[FACE]), __doc__=front(found))
    # where every type of a signature passes in the pinned version
    pdoc.doc._remove_collections_abc = short_types(pdoc.doc._remove_collections_abc)
    modules = {name: pdoc.doc.Module(sys.modules[name]) for name in found}
    pdoc.render.configure(
        docformat="google", footer_text=f"dlcore {dlcore.__version__}", template_directory=WORDS
    )
    for name, module in modules.items():
        page = to / f"{name.replace('.', '/')}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(pdoc.render.html_module(module, modules), encoding="utf-8")
    (to / "index.html").write_text(pdoc.render.html_index(modules), encoding="utf-8")
    (to / "search.js").write_text(pdoc.render.search_index(modules), encoding="utf-8")


if __name__ == "__main__":
    write(TO, pages())
