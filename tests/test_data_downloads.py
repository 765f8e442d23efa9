"""Downloads against a small server on loopback: whole, cut, wrong, silent and absent."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from file_server import serving

from dlcore.data import BadInput, Unavailable, download, load, medmnist_sets

NAME = "breastmnist"


def small_file() -> bytes:
    """A little file in MedMNIST's format."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in (("train", 200), ("val", 20), ("test", 30)):
        arrays[f"{part}_images"] = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(n) % 2).astype(np.uint8)[:, None]
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


CONTENT = small_file()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(CONTENT) as address:
        yield address


@pytest.fixture(autouse=True)
def official_is_the_small_file(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    facts = {**medmnist_sets.info(NAME), "MD5": hashlib.md5(CONTENT).hexdigest(), "url": f"{server}/ok"}
    for room in ("downloads", "medmnist_sets"):
        monkeypatch.setattr(f"dlcore.data.{room}.info", lambda name: facts)


def test_a_whole_file_arrives_with_progress(tmp_path: Path, server: str) -> None:
    seen: list[tuple[int, int]] = []
    file = download(NAME, tmp_path / "new", on_progress=lambda done, total: seen.append((done, total)))
    assert file.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT)) and len(seen) > 2
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_load_downloads_what_is_absent_and_then_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(load(NAME, tmp_path)) == 250
    monkeypatch.setattr("pooch.retrieve", lambda *_, **__: pytest.fail("asked the network again"))
    assert len(load(NAME, tmp_path)) == 250


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    assert download(NAME).parent == tmp_path


def test_a_broken_file_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.npz").write_bytes(CONTENT[:-1] + b"?")
    assert len(load(NAME, tmp_path)) == 250
    assert (tmp_path / f"{NAME}.npz").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("way", "words"),
    [("cut", "cut"), ("wrong", "MD5"), ("silent", "does not answer"), ("absent", "404")],
)
def test_a_failed_download_ends_in_a_sentence_and_leaves_no_file(
    way: str, words: str, tmp_path: Path, server: str
) -> None:
    with pytest.raises(Unavailable, match=words) as refusal:
        download(NAME, tmp_path, url=f"{server}/{way}", timeout=(1, 0.3))
    assert "need no network" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_offline_is_said_so_and_the_embedded_sets_go_on(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no connection"):
        download(NAME, tmp_path, url="http://127.0.0.1:9/nobody-listens")
    assert len(load("digits", tmp_path)) == 1797


def test_no_place_to_write_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Unavailable, match="could not be downloaded"):
        download(NAME, tmp_path / "file")


@pytest.mark.parametrize("name", ["chestmnist", "organmnist3d", "../x", "cells"])
def test_only_the_single_label_sets_are_downloaded(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        download(name, tmp_path)
