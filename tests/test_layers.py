"""The arrows of the design: pages -> ui -> dlcore, figures receive results, light rooms load no torch."""

import ast
import functools
import graphlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

# Rooms that may import torch, and (inside a function) whoever warms it up in the background.
TORCH_ROOMS = (
    "dlcore.models",
    "dlcore.training",
    "dlcore.kept_epochs",
    "dlcore.one_thread",
    "dlcore.notebook",
    "dlcore.classifiers",
    "dlcore.convolution.network_opened",
    "dlcore.convolution.portable",
    "dlcore.gradcam",
    "dlcore.attribution",
    "dlcore.guests",
    "dlcore.experiments.shifted_images",
    "dlcore.oracles",
)
TORCH_LATE = ("ui.server.warmup",)
# Pages whose first view must not wait for torch.
LIGHT_PAGES = ("home", "neuron", "backprop", "optimizers", "vocabulary")


@dataclass(frozen=True)
class Import:
    """One import: the imported module (or module.name), and whether it waits for a call or a condition."""

    target: str
    late: bool


@functools.cache  # every module is asked about many times
def imports_of(text: str) -> tuple[Import, ...]:
    """Every import in a module's text; `from a import b` counts as a.b, which may be a module or a name.

    A relative import keeps its dots.
    """
    tree = ast.parse(text)
    early = set(_statements_of_import_time(tree.body))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node not in early) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            found += [Import(f"{base}.{alias.name}", node not in early) for alias in node.names]
    return tuple(found)


def _statements_of_import_time(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """What runs whenever the module is imported: its statements, and those of a top-level try or class."""
    for node in body:
        yield node
        if isinstance(node, ast.Try | ast.ClassDef):
            yield from _statements_of_import_time(node.body)


def is_within(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def modules() -> dict[str, str]:
    """The text of every module of ours, by dotted name."""
    files = [file for folder in ("dlcore", "ui", "pages") for file in sorted((ROOT / folder).rglob("*.py"))]
    return {dotted(file): file.read_text(encoding="utf-8") for file in files} | {
        name: (ROOT / f"{name}.py").read_text(encoding="utf-8") for name in ("app", "lab", "serve")
    }


def dotted(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = modules()


# What puts together computing and drawing; nothing in dlcore rests on it.
COMPUTE_AND_DRAW = ("dlcore.notebook", "dlcore.word_pictures")


def offence(module: str, imported: Import) -> str:
    """What is wrong with this import in this module; "" if nothing is."""
    target, late = imported.target, imported.late
    if target.startswith("."):
        return "a relative import hides its arrow"
    if is_within(module, "dlcore"):
        if is_within(target, "streamlit", "ui", "pages", "app", "serve"):
            return "dlcore knows neither Streamlit nor the pages"
        if is_within(module, "dlcore.figures"):
            if is_within(
                target, "torch", "cv2", "sklearn", *TORCH_ROOMS, "dlcore.jobs.jobs", "dlcore.store.store"
            ):
                return "a figure receives a result and computes nothing"
        elif is_within(target, "dlcore.figures") and not is_within(module, *COMPUTE_AND_DRAW):
            return "what computes does not draw"
        if is_within(target, "torch", "torchvision") and not is_within(module, *TORCH_ROOMS):
            return "only the torch rooms import torch"
        if is_within(target, *TORCH_ROOMS) and not late and not is_within(module, *TORCH_ROOMS):
            return "importing a torch room loads torch"
    if is_within(module, "ui"):
        if is_within(target, "pages", "app", "serve"):
            return "ui does not know the pages"
        if is_within(target, "torch", "torchvision") and not (late and is_within(module, *TORCH_LATE)):
            return "ui asks dlcore, not torch"
    if is_within(module, "pages"):
        if is_within(target, "pages", "app", "serve"):
            return "a page does not import another"
        if is_within(target, "torch", "torchvision", "cv2"):
            return "a page asks dlcore, not torch"
    if is_early_oracle(module, imported):
        return EARLY_ORACLE
    if is_within(target, "tests", "benchmarks", "proofs"):
        return "the product does not import its tests"
    return ""


EARLY_ORACLE = "a second opinion is imported when its check is drawn"


def is_early_oracle(module: str, imported: Import) -> bool:
    """Whether a room or page imports a second opinion early, or ui one that loads its library at once."""
    if imported.late or is_within(module, "dlcore.oracles"):
        return False
    if not is_within(imported.target, "dlcore.oracles"):
        return False
    if not is_within(module, "ui"):
        return True
    oracle = ".".join(imported.target.split(".")[:3])
    return any(not i.late and is_within(i.target, *LIBRARIES) for i in imports_of(MODULES.get(oracle, "")))


# What second opinions are asked of; heavy, so that a page must not load them before it draws a check.
LIBRARIES = ("torch", "sklearn", "scipy", "sympy")


def offences(texts: dict[str, str]) -> list[str]:
    """One line for every forbidden import."""
    return [
        f"{module} imports {imported.target}: {why}"
        for module, text in texts.items()
        for imported in imports_of(text)
        if (why := offence(module, imported))
    ]


def test_imports_follow_the_arrows() -> None:
    assert [line for line in offences(MODULES) if not line.endswith(EARLY_ORACLE)] == []


def test_second_opinions_are_imported_when_their_check_is_drawn() -> None:
    assert [line for line in offences(MODULES) if line.endswith(EARLY_ORACLE)] == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("dlcore.neuron.one_neuron", "import streamlit as st"),
        ("dlcore.neuron.one_neuron", "from ui import frame"),
        ("dlcore.neuron.one_neuron", "def f():\n    from torch.nn import functional"),
        ("dlcore.neuron.one_neuron", "import dlcore.training"),
        ("dlcore.neuron.one_neuron", "from dlcore import models"),
        ("dlcore.neuron.one_neuron", "from dlcore.oracles import neuron"),
        ("dlcore.runs", "from .training import fit"),
        ("dlcore.runs", "from dlcore.figures import palette"),
        ("dlcore.figures.evaluation", "from dlcore.training import fit"),
        ("dlcore.figures.evaluation", "def f():\n    import torch"),
        ("ui.neuron.neuron", "import pages.neuron"),
        ("ui.neuron.neuron", "def f():\n    import torch"),
        ("ui.server.warmup", "import torch"),
        ("pages.neuron", "from pages import backprop"),
        ("pages.neuron", "from dlcore.oracles.neuron import check"),
        ("pages.gradcam", "import torch"),
        ("dlcore.jobs.jobs", "try:\n    import torch\nexcept ImportError:\n    pass"),
    ],
)
def test_a_forbidden_import_is_caught(module: str, text: str) -> None:
    assert len(offences({module: text})) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("dlcore.jobs.jobs", "def task(recipe):\n    from dlcore.training import fit"),
        ("dlcore.training", "import torch\nfrom dlcore import models"),
        ("dlcore.oracles.neuron", "import torch"),
        ("dlcore.figures.evaluation", "from dlcore.runs import Run"),
        ("ui.server.warmup", "def warm():\n    import torch"),
        ("ui.neuron.neuron", "def check():\n    from dlcore.oracles import neuron"),
        ("pages.neuron", "from dlcore import neuron\nfrom ui import frame"),
    ],
)
def test_an_allowed_import_passes(module: str, text: str) -> None:
    assert offences({module: text}) == []


def loaded_by(module: str, texts: dict[str, str]) -> set[str]:
    """Every module that importing this one imports, ours followed, the late imports left out."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for imported in imports_of(texts.get(name, "")):
            if not imported.late:
                target = imported.target  # a.b.c loads a, a.b and a.b.c
                waiting += [target.rsplit(".", i)[0] for i in range(target.count(".") + 1)]
    return seen


def test_light_pages_do_not_load_torch() -> None:
    for page in LIGHT_PAGES:
        heavy = [name for name in loaded_by(f"pages.{page}", MODULES) if is_within(name, "torch", "medmnist")]
        assert heavy == [], f"pages/{page}.py loads {heavy}"


def test_torch_behind_two_imports_is_found() -> None:
    texts = {"pages.x": "from ui import y", "ui.y": "from dlcore import z", "dlcore.z": "import torch.nn"}
    assert "torch" in loaded_by("pages.x", texts)
    assert "torch" not in loaded_by("pages.x", texts | {"dlcore.z": "def f():\n    import torch.nn"})


def light_rooms() -> list[str]:
    """Every module of dlcore that is not a torch room."""
    return [name for name in MODULES if is_within(name, "dlcore") and not is_within(name, *TORCH_ROOMS)]


def heavy_after(importing: list[str]) -> str:
    """Which of torch, Streamlit and medmnist are loaded after these imports in a fresh interpreter."""
    code = "\n".join(f"import {name}" for name in importing)
    code += "\nimport sys\nprint(*sorted({'torch', 'streamlit', 'medmnist'} & set(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_light_rooms_load_neither_torch_nor_streamlit() -> None:
    assert heavy_after(light_rooms()) == ""


def test_loading_a_heavy_module_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "medmnist.py").write_text("")  # a stand-in: the real one takes seconds
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert heavy_after(["dlcore.vocabulary", "medmnist"]) == "medmnist"


def test_router_and_server_hold_no_lesson() -> None:
    for entry in ("app", "serve"):
        targets = [imported.target for imported in imports_of(MODULES[entry])]
        assert not [target for target in targets if is_within(target, "dlcore", "torch")], entry


# --- no circles ----------------------------------------------------------------------------------------------


def room(module: str) -> str:
    """The folder a module lives in; what lies directly in a top folder is a room of its own."""
    return ".".join(module.split(".")[:2])


def graph(texts: Mapping[str, str], node: Callable[[str], str]) -> dict[str, set[str]]:
    """Who imports whom, late imports counted; a package's face belongs to the package.

    Args:
        node: what an arrow leaves and reaches: the module itself, or the room it lives in.
    """
    arrows: dict[str, set[str]] = {}
    for module, text in texts.items():
        for imported in imports_of(text):
            target = imported.target
            while target and target not in texts:
                target = target.rpartition(".")[0]
            # A module reaches its own package's face by living in it; that is no arrow.
            if target and not is_within(module, target) and node(target) != node(module):
                arrows.setdefault(node(module), set()).add(node(target))
    return arrows


def circle(texts: Mapping[str, str], node: Callable[[str], str]) -> list[str]:
    """One circle of imports, or nothing."""
    try:
        graphlib.TopologicalSorter(graph(texts, node)).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_on_a_detour() -> None:
    assert circle(MODULES, lambda module: module) == []


def test_no_folder_imports_itself_on_a_detour() -> None:
    assert circle(MODULES, room) == []


def test_a_planted_circle_is_found() -> None:
    there = {"ui.a.x": "from ui.b import y", "ui.b.y": "", "ui.b.z": "def f():\n    from ui.a import x"}
    assert circle(there, lambda module: module) == []
    assert set(circle(there, room)) == {"ui.a", "ui.b"}
    assert set(circle({**there, "ui.b.y": "from ui.b import z"}, lambda module: module)) == {*there}


def test_the_arrows_of_the_architecture_exist_and_none_runs_against_them() -> None:
    """Every arrow of the picture in docs/architecture.md is an import; no import runs from its head to its tail."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = re.search(r"```mermaid\ngraph(.*?)```", text, re.DOTALL)
    assert picture is not None
    drawn = re.findall(r"^ +(\w+) --> (\w+)$", picture[1], re.MULTILINE)
    arrows = graph(MODULES, room)
    assert len(drawn) > 20
    for tail, head in drawn:
        assert f"dlcore.{head}" in arrows[f"dlcore.{tail}"], (tail, head)
        assert f"dlcore.{tail}" not in arrows.get(f"dlcore.{head}", ()), (head, tail)
    assert {name for name in arrows if name.startswith("dlcore.")} <= {
        f"dlcore.{name}" for name in sum(drawn, ())
    }


# --- sizes ---------------------------------------------------------------------------------------------------

MOST_LINES, MOST_FILES = 400, 25


def ours() -> list[Path]:
    """Every file of code that people read, tests exempt."""
    folders = ("dlcore", "ui", "pages", "assets", "benchmarks", "docs")
    return [f for folder in folders for f in (ROOT / folder).rglob("*") if f.suffix in (".py", ".js", ".css")]


def test_no_file_is_longer_than_one_idea() -> None:
    long = {
        str(f.relative_to(ROOT)): n for f in ours() if (n := len(f.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}


def test_no_folder_is_a_heap() -> None:
    files = [f.parent for f in ours() if f.name != "__init__.py"]
    assert {str(folder) for folder in files if files.count(folder) > MOST_FILES} == set()
