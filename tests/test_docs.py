"""What README, Makefile, requirements and code say of each other is true."""

import ast
import re
import sys
from pathlib import Path

from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
OURS = ("app.py", "serve.py", "lab.py", "pages", "ui", "dlcore", "tests", "benchmarks", "proofs", "docs")


def test_the_readmes_tree_is_the_tree() -> None:
    """Written by `python docs/tree.py`: every module with the first words of its docstring."""
    sys.path.insert(0, str(ROOT / "docs"))
    from tree import TREE, tree

    found = TREE.search(README)
    assert found is not None and found[0] == tree()


def test_the_readmes_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"make ([a-z]+)", README))
    assert {"run", "test", "lint"} <= targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_readmes_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_every_requirement_is_pinned_and_used() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", "-c"))]
    assert all(re.fullmatch(r"[\w\-]+==[\w.]+", pin) for pin in pins)
    imported = {name for file in map(Path, all_files()) for name in imports_of(file)}
    module = {
        "pillow": "PIL",
        "opencv-python-headless": "cv2",
        "scikit-learn": "sklearn",
        "prometheus-client": "prometheus_client",
        "medmnist": None,  # read as data: importing it takes seconds
        "orjson": None,  # plotly uses it where it finds it
    }
    for pin in pins:
        name = pin.split("==")[0]
        wanted = module.get(name, name)
        assert wanted is None or wanted in imported, f"{name} is pinned but nobody imports it"


def all_files() -> list[str]:
    return [str(f) for top in OURS for f in ((ROOT / top).rglob("*.py") if "." not in top else [ROOT / top])]


def imports_of(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_the_code_version_is_raised_when_training_changes() -> None:
    """A recipe's key contains CODE_VERSION; what it computes must not change under the same key.

    When this fails you have changed models, training or data. If a recipe's result changes, raise CODE_VERSION
    in dlcore/runs.py; in any case run `python tests/code_fingerprint.py`, which notes the new state.
    """
    from code_fingerprint import fingerprint

    from dlcore.runs import CODE_VERSION

    known = (ROOT / "tests" / "code_fingerprint.txt").read_text().split()
    assert known == [CODE_VERSION, fingerprint()], f"now: {CODE_VERSION} {fingerprint()}"


def test_every_threat_names_a_test_that_exists() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    named = {name for row in rows for name in re.findall(r"`(test_\w+)`", row)}
    there = {
        node.name
        for file in (ROOT / "tests").glob("test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert len(named) > 20
    assert named <= there, named - there
    threats = [row for row in rows if not row.startswith(("| threat", "| attack", "|---"))]
    assert all("`test_" in row for row in threats)


def test_every_import_of_ours_in_a_text_exists() -> None:
    """Scripts to copy and sources to show are texts: no import fails when what they name has moved."""
    missing = []
    for folder in ("ui", "pages", "docs", "dlcore", "benchmarks"):
        for file in (ROOT / folder).rglob("*.*"):
            if file.suffix not in (".py", ".md"):
                continue
            text = file.read_text(encoding="utf-8")
            named = [(m, n) for m, n in re.findall(r'"((?:dlcore|ui)[\w.]*):(\w+)"', text)]
            for module, names in re.findall(r"\bfrom (dlcore[\w.]*) import ([\w, ]+)", text):
                named += [(module, name.split(" as ")[0].strip()) for name in names.split(",")]
            missing += [f"{file.name}: {m}.{n}" for m, n in named if n and not _exists(m, n)]
    assert not missing


def _exists(module: str, name: str) -> bool:
    place = ROOT / module.replace(".", "/")
    if (place / name).is_dir() or (place / f"{name}.py").is_file():
        return True
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return file.is_file() and re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")) is not None
