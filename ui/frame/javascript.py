"""The components' files in assets/components/: their order, and one script or style sheet made of several.

Knows no Streamlit: a page opened from disk is made of the same files. A module there imports by
`import { a, b } from "./x.js"` and exports functions, constants and classes by name; a test holds them to it.
"""

import functools
import hashlib
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import PurePosixPath
from posixpath import normpath
from types import MappingProxyType

from dlcore.assets import ASSETS

FOLDER = ASSETS / "components"
STATIC_HOST, STREAMLIT_HOST = "shared/static_host.js", "shared/streamlit_host.js"
STATIC_PAGE = (
    "site/site.js"  # of the static edition; "site/of_neuron.js" says what an address means to the neuron
)
# Not behind a shadow root: Plotly brings styles of its own. It must not bring rules for the whole page either.
BARE = frozenset({"steady_chart"})
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)

_COMMENT = re.compile(
    r"^ *(?://[^\n]*|/\*\*[^*]*\*+(?:[^/*][^*]*\*+)*/)\n", re.MULTILINE
)  # on lines of their own


def entry(name: str) -> str:
    """The module of a component: "neuron" -> "neuron/neuron.js"."""
    return f"{name}/{name}.js"


@functools.cache
def _text(path: str) -> str:
    return (FOLDER / path).read_text(encoding="utf-8")


def _target(path: str, relative: str) -> str:
    return normpath((PurePosixPath(path).parent / relative).as_posix())


def imports(path: str) -> list[str]:
    """The modules that a module imports, as paths below the folder."""
    return [_target(path, relative) for _, relative in _IMPORT.findall(_text(path))]


def modules(*entries: str) -> list[str]:
    """The entries and everything they import, each after what it imports; CycleError if that is impossible."""
    graph: dict[str, list[str]] = {}
    waiting = list(entries)
    while waiting:
        path = waiting.pop()
        if path not in graph:
            graph[path] = imports(path)
            waiting += graph[path]
    return list(TopologicalSorter(graph).static_order())


def script(*entries: str) -> str:
    """A classic script that leaves `lab`: from each module's path to its exports.

    Each module becomes a function, called once: what it does not export stays inside, so equal names in two
    modules do not meet.
    """
    parts = [f'lab["{path}"] = (() => {{\n{_body(path)}\n}})();' for path in modules(*entries)]
    return "\n".join(["const lab = {};", *parts, ""])


def _body(path: str) -> str:
    def fetched(found: re.Match[str]) -> str:
        names = found[1].replace(" as ", ": ")
        return f'const {{{names}}} = lab["{_target(path, found[2])}"];\n'

    text = _COMMENT.sub("", _text(path))
    exports = ", ".join(name for _, name in _EXPORT.findall(text))
    inside = _EXPORT.sub(r"\1 \2", _IMPORT.sub(fetched, text))
    return f"{inside}return {{ {exports} }};"


def style(name: str) -> str:
    """A component's style sheet, after what all of them share."""
    own = _text(f"{name}/{name}.css")
    return own if name in BARE else _text("shared/shared.css") + own


@functools.cache
def served() -> Mapping[str, str]:
    """What a server hands out, by path: every module as it stands, and a style sheet a component."""
    names = sorted(folder.name for folder in FOLDER.iterdir() if (folder / f"{folder.name}.css").exists())
    sheets = {f"{name}.css": style(name) for name in names if name != "shared"}
    scripts = {file.relative_to(FOLDER).as_posix(): file.read_text("utf-8") for file in FOLDER.glob("*/*.js")}
    return MappingProxyType(scripts | sheets)


@functools.cache
def version() -> str:
    """A name for the contents of all served files together: as long as it is the same, they are."""
    together = "\0".join(f"{path}\0{text}" for path, text in sorted(served().items()))
    return hashlib.sha256(together.encode()).hexdigest()[:12]
