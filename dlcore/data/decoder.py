"""The process in which learners' files are decoded, one after another: bounded in memory, without secrets.

`python -m dlcore.data.decoder`, started by decoding.py. A question is a line of JSON and the file's bytes, an
answer a line of JSON and the pixels. Nothing is unpickled, and nothing but a judged data set is written.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dlcore.data.gates import BadInput, Unavailable
from dlcore.data.image_files import read_image_with_notes
from dlcore.data.uploads import keep_upload

MEMORY = 512 << 20  # bytes beyond what the empty process takes: a set of 200 MB is accepted, with its file
ENOUGH = 200 << 20  # who has once taken more than this beyond its start ends: memory goes back to the system


def answer(question: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes | memoryview]:
    """The facts and pixels of a picture, or where a data set is kept; a refusal is a fact as well."""
    try:
        if question["kind"] == "picture":
            pixels, notes = read_image_with_notes(content)
            return {"shape": pixels.shape, "notes": notes}, pixels.reshape(-1).data
        return {"name": keep_upload(content, Path(question["root"]))}, b""
    except BadInput as refusal:
        return {"refused": str(refusal), "is_unavailable": isinstance(refusal, Unavailable)}, b""
    except MemoryError:
        return {"refused": "The file needs more memory than one file may take here."}, b""


def limit_memory() -> None:
    """From here on this process may take MEMORY more than it has; not on Windows, which has no such limit."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):
        return


def peak() -> int:
    """Bytes that this process has had in memory at most; 0 where nobody counts them."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nobody asks any more, or memory should go back to the system."""
    np.zeros(1)
    start = peak()
    while line := questions.readline():
        question = json.loads(line)
        facts, pixels = answer(question, questions.read(question["size"]))
        answers.write(json.dumps({**facts, "size": len(pixels)}).encode() + b"\n")
        answers.write(pixels)
        answers.flush()
        del pixels
        if peak() - start > ENOUGH:
            return


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)
    limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
