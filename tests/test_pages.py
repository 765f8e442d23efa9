"""Every page opens, alone and through the router; a cold deep link finds the right page and menu."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PATIENCE, ROOT, settle, start_server, stop_server

PAGES = dict(re.findall(r'"pages/(\w+)\.py",[^)]*url_path="([\w-]+)"', (ROOT / "app.py").read_text()))
# In the menu of a shared server only: for its teachers, and for a class.
SHARED = {page: PAGES.pop(page) for page in ("server", "session")}
ADDRESSES = {"home": "", **PAGES}


def test_every_page_file_is_in_the_menu() -> None:
    assert {file.stem for file in (ROOT / "pages").glob("*.py")} == {*ADDRESSES, *SHARED}


def test_no_url_path_equals_its_files_stem() -> None:
    assert all(page != address for page, address in {**PAGES, **SHARED}.items())


@pytest.mark.parametrize("page", sorted(ADDRESSES))
def test_page_runs_without_exception(page: str, app: Callable) -> None:
    test = app(page)
    assert not test.exception
    assert len(test.title) == 1


LIGHT_PAGES = ("home", "neuron", "backprop", "optimizers", "training", "convolution", "gradcam", "vocabulary")


def test_no_page_loads_torch_for_its_first_view(tmp_path: Path) -> None:
    """The first paint must not wait seconds for an import; torch comes in the background or with a click."""
    nothing_trained = {**os.environ, "DLCORE_RUNS": str(tmp_path / "runs")}
    program = f"""
import sys, warnings
warnings.simplefilter("ignore")
from streamlit.testing.v1 import AppTest
from ui.server import warmup
warmup.start = lambda: None
for page in {LIGHT_PAGES}:
    test = AppTest.from_file("app.py", default_timeout=240).run()
    test.switch_page(f"pages/{{page}}.py").run()
    assert not test.exception, (page, test.exception)
    assert "torch" not in sys.modules, page
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=nothing_trained, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# Each needs a server of its own, so not every page is tried; that none is called like its file is seen in app.py.
COLD_LINKS = [("serve.py", "grad-cam-explorer"), ("app.py", "the-vocabulary")]


def test_no_address_is_called_like_its_file() -> None:
    """Streamlit would run the bare page file, without this menu, in a session that comes first."""
    assert all(address != page for page, address in PAGES.items())


@pytest.mark.browser
@pytest.mark.parametrize(("entry", "address"), COLD_LINKS)
def test_a_cold_deep_link_shows_the_right_page_and_menu(entry: str, address: str, chromium: object) -> None:
    server, base = start_server(entry)
    try:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})  # type: ignore[attr-defined]
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"{base}/{address}")
        settle(page)
        menu = page.locator("[data-testid=stSidebarNavLink]").all_inner_texts()
        # A menu icon's text is its ligature; the title is the last line.
        assert [line.splitlines()[-1] for line in menu] == TITLES
        assert page.locator("h1").inner_text() == HEADINGS[address]
        context.close()
    finally:
        stop_server(server)


TITLES = re.findall(r'title="([^"]+)"', (ROOT / "app.py").read_text())
TITLES = [title for title in TITLES if title not in ("This server", "Class")]


def heading(page: str) -> str:
    """The first string a page file hands to open_page as its title."""
    text = (ROOT / "pages" / f"{page}.py").read_text()
    found = re.search(r'open_page\(\s*"([^"]+)"', text)
    assert found, f"pages/{page}.py opens no page"
    return found[1]


HEADINGS = {address: heading(page) for page, address in PAGES.items()}
