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
from pathlib import Path
from typing import Any

import numpy as np

from dlcore.data.downloads import data_folder
from dlcore.data.gates import BadInput, File, Unavailable, bytes_of
from dlcore.data.image_files import MAX_BYTES, RGB, Notes
from dlcore.data.npz_files import MAX_BYTES as MAX_SET

SECONDS = {"picture": 20.0, "set": 120.0}  # a hostile file ends within these, also on a busy machine
TURN = 60.0  # seconds that a file waits for those before it
# OpenCV reads its limit when it is first imported: in there no picture above 16 Mpixel is decoded by it.
LIMITS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_IO_MAX_IMAGE_PIXELS": str(1 << 24)}
# What the process is told of this one's environment: no secret is among it.
HANDED_ON = ("PATH", "PYTHONPATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG", "LD_LIBRARY_PATH")


def decoded_picture(file: File) -> tuple[RGB, Notes]:
    """What `read_image_with_notes` makes of the file.

    Raises:
        BadInput: a sentence that says why the file is not a picture this lab can use.
        Unavailable: too many files are waiting.
    """
    facts, pixels = DECODER.ask("picture", bytes_of(file, MAX_BYTES))
    return np.frombuffer(pixels, np.uint8).reshape(facts["shape"]), tuple(facts["notes"])


def remember_upload(file: File, root: str | Path | None = None) -> str:
    """The name "upload:<sha256>" under which `load` finds this .npz from now on, after it has been judged.

    Raises:
        BadInput: the file is refused, see `read_npz`.
        Unavailable: it cannot be kept (full or read-only disk), or too many files are waiting.
    """
    facts, _ = DECODER.ask("set", bytes_of(file, MAX_SET), root=str(data_folder(root)))
    return str(facts["name"])


class Decoder:
    """The process, started when it is first needed and whenever the last one has ended; one file at a time."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, kind: str, content: bytes, **more: str) -> tuple[dict[str, Any], bytes]:
        """The facts and bytes that the process answers.

        Raises:
            BadInput: its refusal, or that it did not live through this file.
            Unavailable: the files before this one take too long.
        """
        if not self._turn.acquire(timeout=TURN):
            raise Unavailable("Many files are being read here just now. Try again in a minute.")
        try:
            facts, pixels = self._asked(kind, content, more)
        finally:
            self._turn.release()
        if "refused" in facts:
            raise (Unavailable if facts.get("is_unavailable") else BadInput)(facts["refused"])
        return facts, pixels

    def _asked(self, kind: str, content: bytes, more: dict[str, str]) -> tuple[dict[str, Any], bytes]:
        process = self._ready()
        assert process.stdin is not None and process.stdout is not None
        late = threading.Timer(SECONDS[kind], process.kill)
        late.start()
        try:
            process.stdin.write(json.dumps({"kind": kind, "size": len(content), **more}).encode() + b"\n")
            process.stdin.write(content)
            process.stdin.flush()
            facts = json.loads(process.stdout.readline())
            pixels = process.stdout.read(facts["size"])
            if len(pixels) == facts["size"]:
                return facts, pixels
        except (OSError, ValueError):  # it has ended in the middle of something
            pass
        finally:
            was_late = not late.is_alive()
            late.cancel()
        self.close()
        if was_late:
            return {
                "refused": f"Reading this file took longer than {SECONDS[kind]:.0f} s. It was given up."
            }, b""
        return {
            "refused": "The file breaks its decoder, or needs more memory than one file may take here."
        }, b""

    def _ready(self) -> subprocess.Popen[bytes]:
        if self.process is not None and self.process.poll() is not None:
            self.close()
        if self.process is None:
            handed_on = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
            path = os.pathsep.join(
                filter(None, [str(Path(__file__).parents[2]), handed_on.get("PYTHONPATH")])
            )
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dlcore.data.decoder"],
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
