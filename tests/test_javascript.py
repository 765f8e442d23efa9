"""The components' files as code: what the concatenation of modules relies on, and what a server hands out."""

import re
from graphlib import CycleError
from pathlib import Path

import pytest
from conftest import ROOT

from ui.frame import components, javascript
from ui.site import lessons, packed, quiz, words

FILES = sorted((ROOT / "assets" / "components").glob("*/*.js"))
NAMES = sorted(
    file.parent.name
    for file in FILES
    if file.parent.name == file.stem and "export function create(host)" in file.read_text()
)


def path_of(file: Path) -> str:
    return file.relative_to(javascript.FOLDER).as_posix()


@pytest.mark.parametrize("file", FILES, ids=path_of)
def test_a_module_imports_and_exports_in_the_forms_that_can_be_concatenated(file: Path) -> None:
    text = file.read_text()
    begun = len(re.findall(r"^import\b", text, re.MULTILINE))
    assert begun == len(javascript.imports(path_of(file)))
    exported = re.findall(r"^export\b.*", text, re.MULTILINE)
    assert all(re.match(r"export ((async )?function|const|class) \w+", line) for line in exported)
    assert "import(" not in re.sub(
        r"/\*\*.*?\*/", "", text, flags=re.DOTALL
    )  # types may; a program would not travel
    for module in javascript.imports(path_of(file)):
        assert (javascript.FOLDER / module).exists()


@pytest.mark.parametrize("file", FILES, ids=path_of)
def test_a_module_is_short_and_no_line_is_wider_than_110(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert len(lines) <= 300
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("file", FILES, ids=path_of)
def test_only_the_hosts_know_who_shows_a_component(file: Path) -> None:
    host = re.search(
        r"setStateValue|setTriggerValue|parentElement\.querySelector|getPropertyValue", file.read_text()
    )
    assert not host or path_of(file) in (javascript.STREAMLIT_HOST, "shared/theme.js")


def test_every_module_belongs_to_a_component_or_a_host() -> None:
    pages = [f"site/{file.name}" for file in FILES if file.match("site/of_*.js")]
    pages += [javascript.STATIC_PAGE, words.SCRIPT, quiz.SCRIPT, lessons.SCRIPT, packed.UNPACK]
    entries = (javascript.STREAMLIT_HOST, *pages, *map(javascript.entry, NAMES))
    assert {path_of(file) for file in FILES} <= set(javascript.modules(*entries))


def test_modules_come_after_what_they_import_and_a_circle_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = javascript.modules(*map(javascript.entry, NAMES))
    assert all(order.index(used) < k for k, path in enumerate(order) for used in javascript.imports(path))
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "x.js").write_text('import { b } from "./y.js";\nexport const a = 1;\n')
    (tmp_path / "x" / "y.js").write_text('import { a } from "./x.js";\nexport const b = 1;\n')
    monkeypatch.setattr(javascript, "FOLDER", tmp_path)
    with pytest.raises(CycleError):
        javascript.modules("x/x.js")


def test_what_is_sent_with_every_change_is_small_once_files_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(components, "_served_from", "lab-components")
    for name in NAMES:
        assert len(components._fetching(name)) < 1200
        assert all(path in javascript.served() for path in (javascript.entry(name), f"{name}.css"))


def test_another_content_has_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = javascript.version()
    javascript.version.cache_clear()
    changed = {**javascript.served(), "neuron.css": ""}
    monkeypatch.setattr(javascript, "served", lambda: changed)
    assert javascript.version() != before
    javascript.version.cache_clear()
