"""What every test may ask for: the app under AppTest, the app on a real server, and a real browser.

No test needs the network. Heavy pages and the training engine get one thread and a throw-away store.
"""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from browser_ready import system_browser

ROOT = Path(__file__).parent.parent
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Seconds that a test waits for what has to happen: only a test that fails waits so long, a loaded machine is slow.
PATIENCE = 240.0

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("DLCORE_NICE", "0")  # here nobody but the test waits, and it waits for the training


class Loggers(dict[str, Any]):
    """Of the logging module, where pytest looks at every one while a page's thread, warming up, makes more."""

    def values(self) -> Any:
        return list(super().values())


logging.root.manager.loggerDict = Loggers(logging.root.manager.loggerDict)


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Its result, from a thread of its own: the browser of other tests keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def fresh_python(code: str, seconds: float = 120, cwd: Path = ROOT, **environment: str) -> str:
    """What a new interpreter prints that treats every warning as an error; it has to end well."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout.strip()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for a browser stand between those that compute, and none of them comes last.

    Beside each other they keep the processor busy; `-n` shares the files out in this order (--no-loadscope-reorder).
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [path for path in files if any(each.get_closest_marker("browser") for each in files[path])]
    computing = [path for path in files if path not in set(waiting)]
    place = {path: 0.8 * i / len(waiting) for i, path in enumerate(waiting)}
    place |= {path: i / len(computing) for i, path in enumerate(computing)}
    items[:] = [item for path in sorted(files, key=place.__getitem__) for item in files[path]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Proofs that no longer speak of today's code: said at the end, red only in `make proofs`."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "stale proofs" and value:
                    terminalreporter.write_line(
                        f"Stale in benchmarks/PROOFS.md: {value} (make proofs)", yellow=True
                    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Runs and downloads of the tests go to a throw-away folder, also in the processes they start."""
    folder = tmp_path_factory.mktemp("lab")
    os.environ["DLCORE_RUNS"] = str(folder / "runs")
    os.environ["DLCORE_SEED_RUNS"] = "none"  # tests begin with a store that has nothing in it
    os.environ["DLCORE_DATA"] = str(folder / "data")


def start_server(
    entry: str = "serve.py", port: int | None = None, **environment: str
) -> tuple[subprocess.Popen[bytes], str]:
    """A fresh server on loopback (on a free port if none is named), and its address; wait until it answers."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", entry]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    log = Path(os.environ["DLCORE_RUNS"]).parent / f"server-{port}.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return server, address
        except OSError:
            time.sleep(0.1)
    server.kill()
    server.wait()
    raise RuntimeError(f"the server did not start: {log.read_text()}")


def stop_server(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def lab(own_folders: None) -> Iterator[str]:
    """Address of the running lab, one server for all browser tests of this worker."""
    server, address = start_server()
    yield address
    stop_server(server)


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_browser(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def blank(chromium: object) -> Iterator[object]:
    """An empty page of the browser, to compute in; see in_browser."""
    page = chromium.new_page()  # type: ignore[attr-defined]
    yield page
    page.close()


OWN = ("http://127.0.0.1", "http://localhost", "data:", "blob:", "about:")


@pytest.fixture
def open_page(lab: str, chromium: object) -> Iterator[Callable[..., object]]:
    """Opens a path of the lab in a new browser context and waits until the script has finished.

    open_page("neuron-playground?neuron_f=tanh", dark=True, width=390) -> playwright Page.
    Afterwards the test fails if the page has thrown a JavaScript error, shown a Streamlit exception, or asked
    anybody but this machine for anything.
    """
    contexts: list[object] = []
    errors: list[str] = []
    strangers: list[str] = []
    pages: list[object] = []

    def open_(
        path: str = "",
        *,
        dark: bool = False,
        width: int = 1280,
        height: int = 900,
        base: str = "",
        motion: bool = False,  # pictures that start by themselves; without it they stand still, as readers may ask
    ) -> object:
        context = chromium.new_context(  # type: ignore[attr-defined]
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="no-preference" if motion else "reduce",
            accept_downloads=True,
            # The policy refuses what wait_for_function does with an expression; test_policy_browser.py keeps it.
            bypass_csp=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: strangers.append(request.url))
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"{base or lab}/{path}")
        settle(page)
        pages.append(page)
        return page

    yield open_
    shown = [text for page in pages for text in page.locator("[data-testid=stException]").all_inner_texts()]  # type: ignore[attr-defined]
    for context in contexts:
        context.close()  # type: ignore[attr-defined]
    assert not errors, f"JavaScript errors: {errors}"
    strangers = [url for url in strangers if not url.startswith(OWN)]
    assert not strangers, f"others than the lab were asked: {strangers}"
    assert not shown, f"exceptions on the page: {shown}"


AT_REST = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  if (app?.dataset.testScriptState !== 'notRunning') { window.atRestSince = undefined; return false; }
  window.atRestSince ??= performance.now();
  return performance.now() - window.atRestSince > 250;
}"""


def in_browser(page: object, modules: tuple[str, ...], expression: str, argument: object = None) -> object:
    """The value of an expression in `m` and an argument; m holds the exports of modules of assets/components."""
    from ui.frame import javascript

    exports = ", ".join(f"...lab[{json.dumps(module)}]" for module in modules)
    program = (
        f"(argument) => {{ {javascript.script(*modules)} return ({expression})({{ {exports} }}, argument); }}"
    )
    return page.evaluate(program, argument)  # type: ignore[attr-defined]


def script_in_docs(name: str) -> ModuleType:
    """A script of docs/ as a module; docs/ is no package."""
    spec = spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settle(page: object) -> None:
    """Wait until the page's title is there and its script has come to rest, and stays so for a quarter second.

    At once after a click it still rests from the run before: what was typed is sent some moments later.
    """
    page.wait_for_selector("h1")  # type: ignore[attr-defined]
    page.evaluate("window.atRestSince = undefined")  # type: ignore[attr-defined]
    page.wait_for_function(AT_REST)  # type: ignore[attr-defined]


def drawn(page: object) -> None:
    """Wait until what was just done has been drawn: a component draws at the next frame, whenever that comes."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # type: ignore[attr-defined]


def rested(page: object) -> None:
    """Wait until a component has told the server where the hand rests, and the page has come to rest after it.

    The page's own clock: its timers fire in order, however slow the machine is.
    """
    page.evaluate("new Promise(done => setTimeout(done, 900))")  # type: ignore[attr-defined]
    settle(page)
    drawn(page)


@pytest.fixture
def claimed(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The numbers and words of the sentences that name the running test: what it has to find true."""
    from proofs.stated import numbers_of  # after the environment is set: it loads numpy

    return numbers_of(f"tests/{request.path.name}::{request.function.__name__}")


@pytest.fixture
def app() -> Iterator[Callable[[str], object]]:
    """Runs one page under AppTest, through the router: app("neuron") -> AppTest after its first run."""
    from streamlit.testing.v1 import AppTest

    def run(page: str) -> object:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
        return test if page == "home" else test.switch_page(f"pages/{page}.py").run()

    yield run
