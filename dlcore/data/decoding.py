"""A learner's files, decoded in one bounded process beside this one: what explodes there takes nobody along.

Whatever a file does to its decoder, here it ends in a picture, a name or a sentence.
"""

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.data.downloads import data_folder
from dlcore.data.gates import BadInput, File, Unavailable, bytes_of
from dlcore.data.image_files import MAX_BYTES, RGB, Notes
from dlcore.data.importing.reading import SIDE
from dlcore.data.importing.repairs import Repair
from dlcore.data.npz_files import MAX_BYTES as MAX_SET

SECONDS = {
    "picture": 20.0,
    "set": 120.0,
    "look": 180.0,
    "import": 180.0,
}  # a hostile file ends within these, also on a busy machine
Told = Callable[[float], None]
Stop = Callable[[], bool]
CANCELLED = "Reading was cancelled."
POLL = 0.1  # seconds between two looks at whether somebody has cancelled
TURN = 60.0  # seconds that a file waits for those before it
# OpenCV reads its limit when it is first imported: in there no picture above 16 Mpixel is decoded by it.
LIMITS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_IO_MAX_IMAGE_PIXELS": str(1 << 24)}
# What the process is told of this one's environment: no secret is among it.
HANDED_ON = ("PATH", "PYTHONPATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG", "LD_LIBRARY_PATH")


def decoded_picture(file: File) -> tuple[RGB, Notes]:
    """What `read_image_with_notes` makes of the file.

    >>> import cv2
    >>> png = cv2.imencode(".png", np.full((8, 9), 7, np.uint8))[1].tobytes()
    >>> picture, notes = decoded_picture(png)
    >>> picture.shape, notes
    ((8, 9, 3), ())

    Raises:
        BadInput: a sentence that says why the file is not a picture this lab can use.
        Unavailable: too many files are waiting.
    """
    facts, pixels = DECODER.ask("picture", bytes_of(file, MAX_BYTES))
    return np.frombuffer(pixels, np.uint8).reshape(facts["shape"]), tuple(facts["notes"])


def remember_upload(file: File, root: str | Path | None = None) -> str:
    """The name `upload:<sha256>` under which `load` finds this .npz from now on, after it has been judged.

    >>> remember_upload(b"no archive")
    Traceback (most recent call last):
        ...
    dlcore.arguments.BadInput: This is plain text, not an .npz file made by numpy.savez.

    Raises:
        BadInput: the file is refused, see `read_npz`.
        Unavailable: it cannot be kept (full or read-only disk), or too many files are waiting.
    """
    facts, _ = DECODER.ask("set", bytes_of(file, MAX_SET), root=str(data_folder(root)))
    return str(facts["name"])


@dataclass(frozen=True, eq=False)
class Preview:
    """What an import would do, as the process has found it.

    >>> import cv2, io, zipfile
    >>> with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
    ...     for name in (f"{label}/{i}.png" for label in ("ill", "well") for i in range(3)):
    ...         archive.writestr(name, cv2.imencode(".png", np.eye(9, dtype=np.uint8))[1].tobytes())
    >>> seen = looked_at(file.getvalue())
    >>> seen.images, seen.samples.shape
    (6, (3, 28, 28))

    Attributes:
        repairs, warnings: as of `read_any`.
        images: how many there would be, with these class names.
        samples: uint8 (k, h, w[, 3]), up to three as they would be.
        whole: the same pictures in one piece, where their middle square is taken by default.
        levels: edges and counts of the histogram of all levels beyond 8 bits, and where black and white would lie.
    """

    repairs: tuple[Repair, ...]
    warnings: tuple[str, ...]
    images: int
    class_names: tuple[str, ...]
    samples: NDArray[np.uint8]
    whole: NDArray[np.uint8]
    levels: tuple[list[float], list[int], float, float] | None


def looked_at(
    file: File,
    side: int = SIDE,
    most_bytes: int = MAX_SET,
    on_progress: Told = lambda _: None,
    stop: Stop = lambda: False,
) -> Preview:
    """What `read_any` would make of the file; nothing is kept.

    >>> import cv2, io, zipfile
    >>> with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
    ...     for name in (f"{label}/{i}.png" for label in ("ill", "well") for i in range(3)):
    ...         archive.writestr(name, cv2.imencode(".png", np.eye(9, dtype=np.uint8))[1].tobytes())
    >>> looked_at(file.getvalue()).class_names
    ('ill', 'well')

    Args:
        side: pixels that every picture is brought to: 28, 64 or 128.
        on_progress: told the share done, 0 to 1.
        stop: asked ten times a second and after each share told; once it says True reading ends.

    Raises:
        BadInput: the file is refused, or reading was stopped.
        Unavailable: too many files are waiting.
    """
    facts, pixels = DECODER.ask("look", bytes_of(file, most_bytes), on_progress, stop, side=side)
    samples, whole = np.frombuffer(pixels, np.uint8).reshape(2, *facts["shape"])
    return Preview(
        tuple(Repair(**repair) for repair in facts["repairs"]),
        tuple(facts["warnings"]),
        facts["images"],
        tuple(facts["class_names"]),
        samples,
        whole,
        facts["levels"] and tuple(facts["levels"]),
    )


def remember_import(
    file: File,
    accepted: Collection[str],
    root: str | Path | None = None,
    side: int = SIDE,
    most_bytes: int = MAX_SET,
    on_progress: Told = lambda _: None,
    stop: Stop = lambda: False,
) -> str:
    """The name `upload:<sha256>` under which `load` finds this file's image set from now on, after these repairs.

    >>> import cv2, io, tempfile, zipfile
    >>> with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
    ...     for name in (f"{label}/{i}.png" for label in ("ill", "well") for i in range(3)):
    ...         archive.writestr(name, cv2.imencode(".png", np.eye(9, dtype=np.uint8))[1].tobytes())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     name = remember_import(file.getvalue(), ["labels", "sizes"], root=folder)
    ...     print(name[:7], load(name, root=folder).class_names)
    upload: ('ill', 'well')

    Args:
        side, on_progress, stop: as of `looked_at`; stopped, nothing is kept.

    Raises:
        BadInput: the file is refused, or a repair without which there is no set; or reading was stopped.
        Unavailable: it cannot be kept (full or read-only disk), or too many files are waiting.
    """
    kept_in, keys = str(data_folder(root)), sorted(accepted)
    content = bytes_of(file, most_bytes)
    facts, _ = DECODER.ask("import", content, on_progress, stop, side=side, root=kept_in, accepted=keys)
    return str(facts["name"])


class _Guard:
    """Ends a process that takes too long, or when somebody cancels, and says which it was."""

    def __init__(self, process: subprocess.Popen[bytes], what: str, seconds: float, stop: Stop) -> None:
        self.process, self.what, self.seconds, self.stop = process, what, seconds, stop
        self._over, self._why = threading.Event(), ""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        until = time.monotonic() + self.seconds
        while not self._over.wait(POLL) and not self.cancelled():
            if time.monotonic() > until:
                self._end(f"{self.what} took longer than {self.seconds:.0f} s. It was given up.")
                return

    def _end(self, why: str) -> None:
        self._why = why
        self.process.kill()

    def cancelled(self) -> bool:
        """Ask whether somebody has cancelled, and end the process if so."""
        if is_asked := self.stop():
            self._end(CANCELLED)
        return is_asked

    def over(self) -> str:
        """Watch no longer; why the process was ended, "" if it was not."""
        self._over.set()
        self._thread.join()
        return self._why


@dataclass(frozen=True)
class Kind:
    """What a bounded process is for.

    Attributes:
        module: run as a program; it answers as dlcore.data.decoder.serve does.
        seconds: kind of question -> how long it may take.
        what: begins the sentence that it took too long.
        broken: the sentence where the process did not live through a question.
        busy: the sentence where others are asking.
        handed_on: what it is told of this process's environment.
    """

    module: str
    seconds: Mapping[str, float]
    what: str
    broken: str
    busy: str
    handed_on: tuple[str, ...] = HANDED_ON


DECODES = Kind(
    "dlcore.data.decoder",
    SECONDS,
    "Reading this file",
    "The file breaks its decoder, or needs more memory than one file may take here.",
    "Many files are being read here just now. Try again in a minute.",
)


class Decoder:
    """The process, started when it is first needed and whenever the last one has ended; one file at a time."""

    def __init__(self, kind: Kind = DECODES) -> None:
        self.kind = kind
        self._turn = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def ask(
        self,
        kind: str,
        content: bytes,
        on_progress: Told = lambda _: None,
        stop: Stop = lambda: False,
        **more: Any,
    ) -> tuple[dict[str, Any], bytes]:
        """The facts and bytes that the process answers.

        Args:
            on_progress: told the share done, 0 to 1, if the process says so.
            stop: asked while this file waits, and while it is read also after each share told; it ends the process.
            more: what JSON can say of the question.

        Raises:
            BadInput: its refusal, that it did not live through this file, or that it was stopped.
            Unavailable: the files before this one take too long.
        """
        self._wait(stop)
        try:
            facts, pixels = self._asked(kind, content, more, on_progress, stop)
        finally:
            self._turn.release()
        if "refused" in facts:
            raise (Unavailable if facts.get("is_unavailable") else BadInput)(facts["refused"])
        return facts, pixels

    def _wait(self, stop: Stop) -> None:
        """Take the turn.

        Raises:
            BadInput: stopped meanwhile.
            Unavailable: it takes too long.
        """
        until = time.monotonic() + TURN
        while not self._turn.acquire(timeout=POLL):
            if stop():
                raise BadInput(CANCELLED)
            if time.monotonic() > until:
                raise Unavailable(self.kind.busy)

    def _asked(
        self, kind: str, content: bytes, more: dict[str, Any], on_progress: Told, stop: Stop
    ) -> tuple[dict[str, Any], bytes]:
        process = self._ready()
        assert process.stdin is not None and process.stdout is not None
        guard = _Guard(process, self.kind.what, self.kind.seconds[kind], stop)
        try:
            process.stdin.write(json.dumps({"kind": kind, "size": len(content), **more}).encode() + b"\n")
            process.stdin.write(content)
            process.stdin.flush()
            while "progress" in (facts := json.loads(process.stdout.readline())):
                on_progress(float(facts["progress"]))
                guard.cancelled()  # a short file would be done before the next look
            pixels = process.stdout.read(facts["size"])
            is_whole = len(pixels) == facts["size"]
        except (OSError, ValueError):  # it has ended in the middle of something
            is_whole = False
        finally:
            ended_by = guard.over()
        if is_whole and not ended_by:
            return facts, pixels
        self.close()
        return {"refused": ended_by or self.kind.broken}, b""

    def _ready(self) -> subprocess.Popen[bytes]:
        if self.process is not None and self.process.poll() is not None:
            self.close()
        if self.process is None:
            handed_on = {name: os.environ[name] for name in self.kind.handed_on if name in os.environ}
            path = os.pathsep.join(
                filter(None, [str(Path(__file__).parents[2]), handed_on.get("PYTHONPATH")])
            )
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.kind.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**handed_on, "PYTHONPATH": path, **LIMITS},
            )
        return self.process

    def close(self) -> None:
        """End the process; the next file starts another. It ends by itself when this one is gone."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was still to be sent
                pipe.close()  # type: ignore[union-attr]


DECODER = Decoder()  # of this process, shared by every session on purpose: its files wait for each other
atexit.register(DECODER.close)
