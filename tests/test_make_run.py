"""Where `make run` takes PyTorch from: the Makefile's own lines, a loopback index, wheels that hold nothing."""

import importlib
import os
import shutil
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest
from conftest import PATIENCE, ROOT, free_port

torch_index = importlib.import_module("deploy.torch_index")  # a folder of scripts, not a package
PACKAGES = ("torch", "torchvision")
SENTENCE = "cannot be reached: the usual one is taken"


def empty_wheel(folder: Path, name: str, version: str) -> None:
    """A wheel that installs nothing but its own name, and the page by which an index offers it."""
    info, file = f"{name}-{version}.dist-info", f"{name}-{version}-py3-none-any.whl"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
    }
    (folder / name).mkdir(parents=True)
    with zipfile.ZipFile(folder / name / file, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    (folder / name / "index.html").write_text(f'<a href="{file.replace("+", "%2B")}">{file}</a>')


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def indices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An address with /cpu and /usual, which have the wheels of PyTorch, and /old, which has other versions only."""
    folder = tmp_path_factory.mktemp("indices")
    for name in PACKAGES:
        empty_wheel(folder / "cpu", name, "9.1+cpu")
        empty_wheel(folder / "usual", name, "9.1")
        empty_wheel(folder / "old", name, "8.0+cpu")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def checkout(folder: Path, installer: str) -> Path:
    """What `make` needs of one, whose environment has uv, or pip alone."""
    (folder / "deploy").mkdir()
    for name in ("Makefile", "deploy/torch_index.py"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "constraints.txt").touch()
    (folder / "requirements.txt").write_text("-c constraints.txt\ntorch==9.1\ntorchvision==9.1\n")
    environment = folder / ".venv"
    venv.create(environment, with_pip=False, symlinks=True)
    (environment / ".venv").touch()  # `make` has nothing left to do for it
    if installer == "uv":
        (site,) = environment.glob("lib/python*/site-packages")
        (site / "uv").symlink_to(Path(str(find_spec("uv").origin)).parent)  # type: ignore[union-attr]
        (environment / "bin" / "uv").symlink_to(Path(sys.executable).parent / "uv")
    else:
        pip = environment / "bin" / "pip"
        pip.write_text(f'#!/bin/sh\nexec {sys.executable} -m pip --python {environment}/bin/python "$@"\n')
        pip.chmod(0o755)
    return folder


def made(folder: Path, index: str, usual: str) -> tuple[dict[str, str], str]:
    """The versions that `make` has installed, and what it said."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
    }
    environment |= {"PIP_INDEX_URL": usual, "UV_INDEX_URL": usual, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    ran = subprocess.run(
        ["make", ".venv/.run", f"TORCH_INDEX={index}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (site,) = (folder / ".venv").glob("lib/python*/site-packages")
    found = distributions(path=[str(site)])
    return {each.name: each.version for each in found if each.name in PACKAGES}, ran.stdout


QUICKER = "uv" if find_spec("uv") else "pip"  # where `make` could not install it, pip does everything


def test_where_the_index_without_cuda_answers_pytorch_comes_from_there(indices: str, tmp_path: Path) -> None:
    versions, said = made(checkout(tmp_path, QUICKER), f"{indices}/cpu", f"{indices}/usual")
    assert versions == dict.fromkeys(PACKAGES, "9.1+cpu")
    assert SENTENCE not in said


@pytest.mark.parametrize(("installer", "index"), [("pip", "closed"), (QUICKER, "old")])
def test_where_it_does_not_answer_or_lacks_the_version_one_sentence_says_so_and_the_usual_one_is_taken(
    installer: str, index: str, indices: str, tmp_path: Path
) -> None:
    asked = f"{indices}/old" if index == "old" else f"http://127.0.0.1:{free_port()}"
    versions, said = made(checkout(tmp_path, installer), asked, f"{indices}/usual")
    assert versions == dict.fromkeys(PACKAGES, "9.1")
    assert said.count(SENTENCE) == 1


def test_only_linux_without_a_card_is_better_off_there_and_whoever_wishes_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "version").touch()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert torch_index.has_a_card(tmp_path / "version") and not torch_index.has_a_card(tmp_path / "none")
    for platform, card, index in (
        ("linux", False, torch_index.CPU),
        ("linux", True, ""),
        ("darwin", False, ""),
        ("win32", False, ""),
    ):
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setattr(torch_index, "has_a_card", lambda card=card: card)
        assert torch_index.wanted() == index
        assert torch_index.wanted("cpu") == torch_index.CPU and torch_index.wanted("usual") == ""
        assert torch_index.wanted("https://mirror.example/whl") == "https://mirror.example/whl"


def test_an_index_that_keeps_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert torch_index.PATIENCE == 5
    asked, is_over = threading.Event(), threading.Event()

    def silent(*_: object, **__: object) -> NoReturn:
        asked.set()
        is_over.wait(PATIENCE)  # as a look-up of a name may
        raise TimeoutError

    monkeypatch.setattr(torch_index.urllib.request, "urlopen", silent)
    monkeypatch.setattr(torch_index, "PATIENCE", 0.05)
    assert not torch_index.answers("https://silent.example")
    assert asked.is_set()
    is_over.set()
