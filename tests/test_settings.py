"""Settings that make no sense end a server at its start, with a sentence: variable, value, remedy."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from dlcore.settings import SETTINGS, SettingError, problems, setting, taken_port

NONSENSE = {
    "DLCORE_MAX_TRAININGS": "zwei",
    "DLCORE_MAX_QUEUE": "0",
    "DLCORE_MAX_SECONDS": "-5",
    "DLCORE_WORKERS": "1.5",
    "DLCORE_NICE": "20",
    "DLCORE_METRICS_PORT": "70000",
    "DLCORE_WORKER_MEMORY": "much",
    "DLCORE_LOG": "xml",
    "DLCORE_SEED_RUNS": "/nowhere/seeds",
    "DLCORE_DB_PASSWORD_FILE": "/nowhere/password",
    "DASK_SCHEDULER_ADDRESS": "scheduler:8786",
    "DLCORE_TEACHER_CLAIM": "teachers",
}


@pytest.mark.parametrize(("name", "value"), NONSENSE.items())
def test_a_nonsense_setting_is_named_with_its_value_and_the_remedy(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    (sentence,) = problems()
    assert sentence.startswith(f"{name} is {value!r}; it has to be ")
    with pytest.raises(SettingError):
        setting(name)


def test_a_file_where_a_folder_should_be_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "file" / "runs"))
    assert "a file lies in its way" in problems()[0]


def test_what_is_unset_or_empty_is_the_default_and_sensible_values_are_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in SETTINGS:
        monkeypatch.setenv(name, "")
    assert problems() == [] and setting("DLCORE_MAX_QUEUE", 200) == 200
    monkeypatch.setenv("DLCORE_MAX_QUEUE", "7")
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tls://10.0.0.5:8786")
    monkeypatch.setenv("DLCORE_WORKER_MEMORY", "2560MiB")
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "not" / "yet"))
    assert problems() == [] and setting("DLCORE_MAX_QUEUE", 200) == 7


def test_a_sentence_about_a_secret_does_not_tell_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_DB_URL", "mysql://lab:hunter2@host/lab")
    (sentence,) = problems()
    assert "DLCORE_DB_URL" in sentence and "postgresql+psycopg://" in sentence and "hunter2" not in sentence


def test_a_taken_port_of_the_counters_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("DLCORE_METRICS_PORT", str(port))
        (sentence,) = taken_port()
    assert "DLCORE_METRICS_PORT" in sentence and str(port) in sentence and "choose a port" in sentence
    monkeypatch.setenv("DLCORE_METRICS_PORT", "0")
    assert taken_port() == []


@pytest.mark.parametrize(
    "start", [("-m", "streamlit", "run", "serve.py"), ("-m", "dlcore.jobs.engine", "worker")]
)
def test_a_server_does_not_start_with_nonsense_and_says_so_in_one_line(start: tuple[str, ...]) -> None:
    environment = os.environ | {"DLCORE_MAX_TRAININGS": "zwei"}
    ended = subprocess.run(
        [sys.executable, *start],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == "DLCORE_MAX_TRAININGS is 'zwei'; it has to be a whole number from 1 on.\n"


def test_every_setting_that_the_code_reads_is_declared() -> None:
    sources = [f for top in ("dlcore", "ui", "pages") for f in (ROOT / top).rglob("*.py")]
    sources = [f for f in sources if f.name != "settings.py"] + [
        ROOT / f"{name}.py" for name in ("app", "lab", "serve")
    ]
    read = {
        name
        for file in sources
        for name in re.findall(r'"(DLCORE_[A-Z_]+|DASK_SCHEDULER_ADDRESS)"', file.read_text(encoding="utf-8"))
    }
    assert read == set(SETTINGS)


def test_no_error_box_offers_a_search_engine() -> None:
    import tomllib

    client = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["client"]
    assert client["showErrorLinks"] == "false" and client["showErrorDetails"] == "none"
