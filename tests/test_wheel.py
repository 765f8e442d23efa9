"""The wheel, built as `python -m build` builds it, installed outside the checkout: `import dlcore` and `lab`."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from conftest import PATIENCE, ROOT, free_port, stop_server


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution first, and the wheel from it: what the former lacks the latter cannot hold."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=PATIENCE)
    (made,) = folder.glob("*.whl")
    return made


class Installed:
    """The wheel in a folder of its own, whose user has a home and nothing else; PyTorch and the others are ours.

    Attributes:
        site: what stands for site-packages.
        home: the user's.
        away: a working directory that has nothing to do with either.
    """

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.site, self.home, self.away = folder / "site", folder / "home", folder / "away"
        self.home.mkdir()
        self.away.mkdir()
        install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
        subprocess.run([*install, "--target", str(self.site), str(wheel)], check=True, timeout=PATIENCE)
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("DLCORE_")
        }
        self.environment |= {
            "HOME": str(self.home),
            "PYTHONPATH": str(self.site),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.environment |= {
            f"XDG_{kind}_HOME": str(self.home / kind.lower()) for kind in ("DATA", "CACHE", "CONFIG")
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.away,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def python(self, code: str) -> str:
        ran = self.run("-W", "error", "-c", code)
        assert ran.returncode == 0, ran.stderr[-3000:]
        return ran.stdout

    def lab(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.site / "bin" / "lab"), *words)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(wheel, tmp_path_factory.mktemp("installed"))


def test_the_wheel_holds_every_file_of_ours_under_two_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        about = {Path(name).name: opened.read(name).decode() for name in names if ".dist-info/" in name}
    info = next(name for name in names if name.endswith("/METADATA")).partition("/")[0]
    assert {name.partition("/")[0] for name in names} == {"dlcore", "deep_learning_lab", info}
    for folder, there in (("dlcore", ""), ("ui", "deep_learning_lab/"), ("pages", "deep_learning_lab/"),
                          ("assets", "deep_learning_lab/")):  # fmt: skip
        files = [file for file in (ROOT / folder).rglob("*") if file.is_file() and file.suffix != ".pyc"]
        assert files and {f"{there}{file.relative_to(ROOT).as_posix()}" for file in files} <= names
    assert "dlcore/py.typed" in names
    pins = re.findall(r"^[\w-]+==\S+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert len(pins) > 10 and sorted(
        re.findall(r"^Requires-Dist: ([\w-]+==\S+)$", about["METADATA"], re.M)
    ) == sorted(pins)
    assert about["entry_points.txt"].split() == [
        "[console_scripts]",
        "lab",
        "=",
        "deep_learning_lab.lab:main",
    ]


def test_runs_and_sets_go_to_the_users_folders_and_the_labs_own_networks_are_there(
    installed: Installed,
) -> None:
    told = installed.python(
        "from dlcore.store.store import default_folder, shared\n"
        "from dlcore.data.downloads import data_folder\n"
        "import dlcore\n"
        "print(dlcore.__file__, default_folder(), data_folder(), len(shared().runs()))"
    )
    package, runs, sets, count = told.split()
    assert Path(package) == installed.site / "dlcore" / "__init__.py"
    assert Path(runs).is_relative_to(installed.home / "data")
    assert Path(sets).is_relative_to(installed.home / "cache")
    assert int(count) == 2


ASK_EACH = """
import contextlib, io, json
from deep_learning_lab import lab
texts = {}
for command in lab.COMMANDS:
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as said:
        lab.main([command, "--help"])
    texts[command] = said.getvalue()
print(json.dumps(texts))
"""


def test_each_command_says_what_it_does(installed: Installed) -> None:
    said = installed.lab("--help")
    assert said.returncode == 0 and said.stdout.startswith("usage: lab "), said.stderr
    texts = json.loads(installed.python(ASK_EACH))
    assert set(texts) == {"audit", "site", "seeds", "worker"}
    for command, text in texts.items():
        assert text.startswith(f"usage: lab {command} ") and len(text.splitlines()) > 4
        assert re.search(rf"^ +{command} +\w", said.stdout, re.MULTILINE)


@contextmanager
def started(installed: Installed, *words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with (installed.away / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, str(installed.site / "bin" / "lab"), *words],
            cwd=installed.away,
            env=installed.environment | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        yield server
        stop_server(server)


def test_lab_starts_and_the_browser_opens_a_page_that_works(installed: Installed) -> None:
    address, opened = f"http://localhost:{(port := free_port())}", installed.away / "opened"
    browser = installed.away / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\npathlib.Path('opened').write_text(sys.argv[1])\n"
    )
    browser.chmod(0o755)
    asked = {"BROWSER": str(browser), "STREAMLIT_SERVER_SCRIPT_HEALTH_CHECK_ENABLED": "true"}
    with started(installed, "--port", str(port), **asked) as server:
        end = time.monotonic() + PATIENCE
        while (
            not (opened.exists() and opened.read_text()) and server.poll() is None and time.monotonic() < end
        ):
            time.sleep(0.1)
        said = (installed.away / "lab.log").read_text()
        assert server.poll() is None, said
        assert opened.read_text() == address
        for path in ("_stcore/script-health-check", "small-network", "lab-components/0/neuron.css"):
            with urllib.request.urlopen(f"{address}/{path}", timeout=PATIENCE) as answer:
                assert answer.status == 200
    assert address in said and "Network URL" not in said, "config.toml says that only this computer is served"


def test_lab_audit_judges_a_set(installed: Installed) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 28, 28), np.uint8)
    parts = {"train": images[:40], "val": images[40:50], "test": images[:10]}  # the test part is a leak
    labels = {f"{part}_labels": np.arange(len(x)) % 2 for part, x in parts.items()}
    np.savez(installed.away / "leak.npz", **{f"{part}_images": x for part, x in parts.items()}, **labels)
    ran = installed.lab("audit", "leak.npz", "-o", "report.html")
    assert ran.returncode == 1 and (installed.away / "report.json").exists(), ran.stderr


# The words, a few questions and two pictures that need no torch; tests/test_site.py looks at all of it.
A_FEW_PAGES = """
import pathlib, sys
from deep_learning_lab import lab
sys.path.insert(0, str(lab.HERE))
from dlcore.course.lessons import read_lessons
from ui.site import edition, pictures
edition.all_pictures = lambda _: (pictures.first(), pictures.one_neuron())
edition.build.__defaults__ = ("", (), 1, read_lessons()[:1])
assert lab.main(["site", "edition"]) == 0
from ui.frame import frame
from ui.learner import classroom
assert frame._code_of("dlcore.training:one_pass")[1].startswith("def one_pass(")
assert "lesson" in classroom.PLANS.read_text(encoding="utf-8")
"""


def test_lab_site_writes_the_static_edition_and_pages_find_what_they_show(installed: Installed) -> None:
    installed.python(A_FEW_PAGES)
    written = {file.stem for file in (installed.away / "edition").iterdir() if file.stat().st_size > 10_000}
    assert written == {"index", "neuron", "vocabulary", "quiz", "lessons"}
