"""What README, Makefile, requirements and code say of each other is true."""

import ast
import re
from pathlib import Path

from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
OURS = ("app.py", "serve.py", "pages", "ui", "dlcore", "tests", "benchmarks", "proofs", "docs")


def tracked_modules() -> set[str]:
    found = {"app.py", "serve.py"}
    for folder in ("pages", "ui", "dlcore", "benchmarks", "proofs"):
        files = (ROOT / folder).rglob("*.py")
        found |= {str(f.relative_to(ROOT)) for f in files if f.name != "__init__.py"}
    return found


def test_the_readmes_tree_names_every_module_and_nothing_else() -> None:
    tree = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert tree is not None
    folder: list[str] = []
    named = set()
    for line in tree[1].splitlines():
        if match := re.match(r"( *)([\w.\-]+/?)  +\S", line):
            depth = len(match[1]) // 2
            folder = folder[:depth]
            if match[2].endswith("/"):
                folder.append(match[2].rstrip("/"))
            elif match[2].endswith(".py"):
                named.add("/".join([*folder, match[2]]))
    assert {name for name in named if not name.startswith(("tests", "docs"))} == tracked_modules()


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
    threats = [row for row in rows if not row.startswith(("| threat", "|---"))]
    assert all("`test_" in row for row in threats)
