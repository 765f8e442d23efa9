"""Writes README's tree: every module with the first words of its docstring. `python docs/tree.py`."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
TREE = re.compile(r"(?<=```text\n).*?(?=```)", re.DOTALL)
CODE = ("app.py", "serve.py", "lab.py", "pages", "ui", "dlcore")
# What is not Python, or not ours to list file by file.
OTHERS = {
    "assets/": "vocabulary.toml (the text), words/ (more), lessons, questions, components/ (the moving pictures)",
    "tests/": "Mirrors dlcore/, plus pages (AppTest), browser (Playwright), layers, safety, docs",
    "benchmarks": None,
    "proofs": None,
    "docs/": "Architecture, deploying, security, teaching, a notebook; scripts: reference, fonts, pictures, tree",
    "deploy/": "The proxy of compose.yaml, its preparation, backup and restore; what `make run` and the wheel need",
}
# Folders without a docstring of their own.
FOLDERS = {
    "pages": "One thin lesson per file",
    "benchmarks": "Side by side with peers, in one run, as ratios (RESULTS.md); the server's promises (PROMISES.md)",
}
NAME_WIDTH, LINE_WIDTH = 28, 130


def half_line(file: Path) -> str:
    """The first words of a module's docstring: as many whole clauses as fit."""
    text = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    clauses = re.split(r"(?<=[,:;.?]) ", " ".join(text.split()))
    said = clauses[0]
    for clause in clauses[1:]:
        if len(said) + 1 + len(clause) > LINE_WIDTH - NAME_WIDTH:
            break
        said += f" {clause}"
    return said.rstrip(",;:. ")


def lines_of(path: Path, depth: int = 0) -> list[str]:
    """One line for a module; for a folder its own and those of all that is in it."""
    name = f"{'  ' * depth}{path.name}{'/' * path.is_dir()} ".ljust(NAME_WIDTH)
    if not path.is_dir():
        return [name + half_line(path)]
    own = path / "__init__.py"
    said = half_line(own) if own.is_file() else FOLDERS[path.name]
    children = [child for child in path.iterdir() if child.suffix == ".py" and child.name != "__init__.py"]
    folders = [child for child in path.iterdir() if child.is_dir() and any(child.rglob("*.py"))]
    ordered = sorted(children, key=lambda f: f.name) + sorted(folders, key=lambda f: f.name)
    return [name + said, *(line for child in ordered for line in lines_of(child, depth + 1))]


def tree() -> str:
    """The whole tree as README shows it."""
    lines = [line for name in CODE for line in lines_of(ROOT / name)]
    for name, said in OTHERS.items():
        lines += [f"{name:{NAME_WIDTH}}{said}"] if said else lines_of(ROOT / name)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(
        TREE.sub(lambda _: tree(), README.read_text(encoding="utf-8"), count=1), encoding="utf-8"
    )
