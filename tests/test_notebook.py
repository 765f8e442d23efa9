"""The scripts of docs/notebook.md run as they stand, in few lines, and leave the process as it was."""

import json
import os
import re
import runpy
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, fresh_python, script_in_docs
from PIL import Image

MOST = 11  # statements' lines of a script, imports and a preprocess of one's own besides


TEXT = (ROOT / "docs" / "notebook.md").read_text(encoding="utf-8")
NOTEBOOK = script_in_docs("notebook")
SCRIPTS = NOTEBOOK.scripts(TEXT)


def lines(script: str) -> list[str]:
    return [line for line in script.splitlines() if line.strip() and not line.startswith(("#", "import"))]


def folder_of_pictures(root: Path) -> None:
    rng = np.random.default_rng(0)
    for name, grey in (("dark", 40), ("light", 200)):
        (root / name).mkdir(parents=True)
        for i in range(12):
            pixels = (grey + rng.integers(0, 30, (40, 30, 3))).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{i}.png")


def test_the_notebook_is_the_page() -> None:
    made = (ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8")
    assert made == NOTEBOOK.notebook(TEXT), "python docs/notebook.py writes it anew"
    cells = json.loads(made)["cells"]
    assert sum(cell["cell_type"] == "code" for cell in cells) == len(SCRIPTS) == 5
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_a_task_takes_ten_lines() -> None:
    for script in SCRIPTS:
        assert len(lines(script)) <= MOST, script


@pytest.mark.parametrize("i", range(len(SCRIPTS)))
def test_a_script_runs_as_it_stands_and_with_warnings_as_errors(i: int, tmp_path: Path) -> None:
    folder_of_pictures(tmp_path / "my_pictures")
    script = SCRIPTS[i]
    official = os.environ.get("DLCORE_DATA_TEST", "")
    if not (Path(official) / "breastmnist.npz").is_file():
        script = script.replace('"breastmnist"', '"digits"')
    if find_spec("kaleido") is None:
        script = "".join(line for line in script.splitlines(keepends=True) if ".write_image(" not in line)
    places = {"PYTHONPATH": str(ROOT), "DLCORE_DATA": official or str(tmp_path / "data")}
    told = fresh_python(script, 240, tmp_path, **places)
    pages = list(tmp_path.glob("*.html"))
    assert pages and all(page.stat().st_size > 10_000 for page in pages)
    assert len(told) < 4000, "a result prints as one short line"


def test_the_readmes_ten_lines_audit_train_and_explain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (script,) = NOTEBOOK.scripts((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
    few = script.replace("cells-shortcut", "digits").replace("epochs=4", "epochs=1")
    (tmp_path / "ten_lines.py").write_text(few, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    left = runpy.run_path(
        "ten_lines.py"
    )  # in this process: to load torch once more would take longer than the rest
    assert left["run"].status == "finished" and left["maps"].shape[0] == 8 and left["finding"].text
    assert (tmp_path / "maps.html").stat().st_size > 10_000


def test_importing_the_package_loads_and_changes_nothing() -> None:
    code = """
import os, sys
before, environment = set(sys.modules), dict(os.environ)
import dlcore
print(sorted({name.split(".")[0] for name in set(sys.modules) - before} - {"dlcore"} - set(sys.stdlib_module_names)))
print(environment == dict(os.environ), bool(dlcore.__version__))
"""
    assert fresh_python(code).splitlines() == ["[]", "True True"]


# Of the face's names: what is data, or is held by another's example.
def test_every_name_of_the_face_is_there() -> None:
    import dlcore

    for name in (*dlcore.NAMES, *dlcore.ROOMS):
        assert getattr(dlcore, name) is not None, name
        assert name in dir(dlcore)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dlcore.nothing  # noqa: B018


def test_a_type_checker_sees_the_same_names() -> None:
    import dlcore

    stub = (ROOT / "dlcore" / "__init__.pyi").read_text(encoding="utf-8")
    seen = {
        name: (module, its)
        for module, its, name in re.findall(r"^from (\S+) import (\w+) as (\w+)$", stub, re.M)
    }
    assert seen == {**dlcore.NAMES, **{room: ("dlcore", room) for room in dlcore.ROOMS}}
