"""A learner's files are decoded in one bounded process: whatever they do there, this one stays as it is."""

import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import ROOT
from made_files import zipped
from PIL import Image
from test_bad_inputs import PHOTO, encoded, good_arrays, npz

from dlcore.data import (
    BadInput,
    Unavailable,
    decoded_picture,
    decoder,
    load,
    read_image,
    remember_import,
    remember_upload,
)
from dlcore.data.decoding import Decoder

MB = 1 << 20


@pytest.fixture
def own() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


def webp_of_700_bytes() -> bytes:
    return encoded(Image.new("RGB", (4096, 4096)), "WEBP", lossless=True)


def float_tiff() -> bytes:
    levels = np.repeat(np.linspace(-3, 5, 4096, dtype=np.float32)[:, None], 4096, axis=1)
    return encoded(Image.fromarray(levels), "TIFF", compression="tiff_lzw")


def large_set(is_damaged: bool = False) -> bytes:
    """Nearly 200 MB of images in less than 3; damaged: the last part's checksum is wrong."""
    arrays = good_arrays()
    for part, n in (("train", 150_000), ("val", 50_000), ("test", 50_000)):
        arrays[f"{part}_images"] = np.zeros((n, 28, 28), np.uint8)
        arrays[f"{part}_images"][:, 0, 0] = np.arange(n) % 251
        arrays[f"{part}_labels"] = (np.arange(n) % 2).astype(np.uint8)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.save(one, array, allow_pickle=False)
            archive.writestr(f"{name}.npy", one.getvalue())
    content = bytearray(stream.getvalue())
    if is_damaged:
        at = content.rindex(b"PK\x01\x02", 0, len(content))  # the directory's last entry; its CRC is at 16
        content[at + 16] ^= 1
    return bytes(content)


# Runs in a fresh interpreter: how much its own memory grows at most while a file is read, and how it ends.
MEASURE = """
import resource, sys
from dlcore.data import BadInput, decoding
decoding.decoded_picture(open(sys.argv[1], "rb").read())  # the process is there
content = open(sys.argv[2], "rb").read()
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    if sys.argv[3] == "picture":
        print(decoding.decoded_picture(content)[0].shape)
    else:
        print(decoding.remember_upload(content, sys.argv[4])[:7])
except BadInput as refusal:
    print(refusal)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) // 1024)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def measured(kind: str, content: bytes, folder: Path) -> tuple[str, int]:
    """What came out, and by how many MB the asking process grew."""
    (folder / "small.png").write_bytes(encoded(PHOTO))
    (folder / "file").write_bytes(content)
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder / "small.png"), str(folder / "file"), kind, str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    ).stdout.splitlines()  # fmt: skip
    return told[0], int(told[1])


def test_a_webp_of_700_bytes_and_a_float_tiff_cost_the_asking_process_their_pixels_only(
    tmp_path: Path,
) -> None:
    assert len(webp_of_700_bytes()) < 1000
    for content in (webp_of_700_bytes(), float_tiff()):
        said, grown = measured("picture", content, tmp_path)
        assert said == "(4096, 4096, 3)" and grown <= 150


def test_a_set_of_200_mb_is_taken_packed_and_does_not_grow_the_asking_process(tmp_path: Path) -> None:
    said, grown = measured("set", large_set(), tmp_path)
    assert said == "upload:" and grown <= 20
    (kept,) = (tmp_path / "uploads").iterdir()
    assert kept.stat().st_size < 5 * MB  # 196 MB of zeros


def test_a_damaged_set_is_refused_before_memory_is_taken_for_its_images() -> None:
    code = (
        "import resource, sys; from dlcore.data import BadInput, read_npz; content = sys.stdin.buffer.read()\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: read_npz(content)\nexcept BadInput as refusal: print(refusal)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) // 1024)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=large_set(is_damaged=True), capture_output=True, check=True,
        timeout=300,
    )  # fmt: skip
    said, grown = ran.stdout.decode().splitlines()
    assert "damaged" in said and int(grown) <= 150


def test_pictures_and_sets_come_out_as_they_do_without_the_process(tmp_path: Path) -> None:
    pixels, _ = decoded_picture(encoded(PHOTO))
    np.testing.assert_array_equal(pixels, read_image(encoded(PHOTO)))
    with pytest.raises(BadInput, match="PDF"):
        decoded_picture(b"%PDF-1.4 and so on")
    name = remember_upload(npz(good_arrays()), tmp_path)
    assert len(load(name, tmp_path)) > 0
    (tmp_path / "none").write_text("")
    with pytest.raises(Unavailable, match="cannot be kept"):
        remember_upload(npz(good_arrays()), tmp_path / "none")


def test_a_process_that_is_killed_hangs_or_dies_gives_a_sentence_and_a_new_one(
    own: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.ask("picture", encoded(PHOTO))
    first = own.process
    assert first is not None
    first.kill()
    first.wait()
    assert own.ask("picture", encoded(PHOTO))[0]["shape"] == list(
        PHOTO.shape
    )  # between two files nobody notices
    assert own.process is not None
    stopped = psutil.Process(own.process.pid)
    stopped.suspend()
    monkeypatch.setitem(decoding_seconds(), "picture", 0.3)
    with pytest.raises(BadInput, match=r"took longer than"):
        own.ask("picture", encoded(PHOTO))
    monkeypatch.setitem(decoding_seconds(), "picture", 20.0)
    assert own.ask("picture", encoded(PHOTO))[0]["shape"] == list(PHOTO.shape)
    dying = own.process
    assert dying is not None
    kill = threading.Timer(0.2, dying.kill)
    psutil.Process(dying.pid).suspend()
    kill.start()
    with pytest.raises(BadInput, match="breaks its decoder"):
        own.ask("picture", encoded(PHOTO))


def test_reading_can_be_cancelled_while_it_runs_and_while_it_waits(own: Decoder) -> None:
    own.ask("picture", encoded(PHOTO))
    assert own.process is not None
    psutil.Process(own.process.pid).suspend()  # it would never end by itself
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(BadInput, match="Reading was cancelled"):
        own.ask("picture", encoded(PHOTO), stop=stop.is_set)
    with own._turn, pytest.raises(BadInput, match="Reading was cancelled"):
        own.ask("picture", encoded(PHOTO), stop=stop.is_set)
    assert own.ask("picture", encoded(PHOTO))[0]["shape"] == list(PHOTO.shape)


def test_progress_is_told_while_a_set_is_read_and_a_cancelled_set_is_not_kept(tmp_path: Path) -> None:
    large = encoded(np.tile(PHOTO, (1000 // len(PHOTO), 1000 // len(PHOTO), 1)))  # seconds for all of them
    content = zipped({f"{c}/{i}.png": large for c in ("a", "b") for i in range(60)})
    told: list[float] = []
    with pytest.raises(BadInput, match="Reading was cancelled"):
        remember_import(
            content, ("labels", "sizes"), tmp_path, on_progress=told.append, stop=lambda: bool(told)
        )
    assert told and told == sorted(told) and max(told) < 1
    assert not list(tmp_path.rglob("*.npz"))


def decoding_seconds() -> dict[str, float]:
    from dlcore.data import decoding

    return decoding.SECONDS


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit is Linux's")
def test_the_process_may_take_so_much_memory_and_no_more() -> None:
    code = (
        "from dlcore.data import decoder\nimport numpy as np\ndecoder.limit_memory()\n"
        "np.ones(decoder.MEMORY // 2, np.uint8)\n"
        "try: np.ones(decoder.MEMORY + 2**20, np.uint8)\nexcept MemoryError: print('refused')"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "refused\n"


def test_the_process_gets_no_secret_and_ends_with_who_asks(
    own: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLCORE_TEACHER_CODE", "open sesame")
    own.ask("picture", encoded(PHOTO))
    assert own.process is not None and own.process.stdin is not None
    assert "DLCORE_TEACHER_CODE" not in psutil.Process(own.process.pid).environ()
    own.process.stdin.close()
    assert own.process.wait(60) == 0


def test_files_wait_for_each_other_and_not_for_ever(own: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlcore.data import decoding

    monkeypatch.setattr(decoding, "TURN", 0.05)
    with own._turn, pytest.raises(Unavailable, match="Try again"):
        own.ask("picture", encoded(PHOTO))


def test_a_memory_error_in_the_process_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(_content: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(decoder, "read_image_with_notes", no_memory)
    facts, pixels = decoder.answer({"kind": "picture"}, b"")
    assert "more memory" in facts["refused"] and not pixels
