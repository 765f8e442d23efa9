"""The process in which learners' files are decoded, one after another: bounded in memory, without secrets.

`python -m dlcore.data.decoder`, started by decoding.py. A question is a line of JSON and the file's bytes, an
answer a line of JSON and the pixels, perhaps after lines that tell how far it is.
Nothing is unpickled, and nothing but a judged data set is written.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dlcore.data.gates import BadInput, Unavailable
from dlcore.data.image_files import read_image_with_notes
from dlcore.data.importing.of_pictures import PAD
from dlcore.data.importing.reading import read_any
from dlcore.data.importing.repairs import Import, examples
from dlcore.data.uploads import keep_set, keep_upload

MEMORY = 1 << 30  # bytes beyond what the empty process takes: a set of MOST_PIXELS is accepted, with its file
MOST_PIXELS = 190_000_000  # bytes of a set's pixels; with labels, a stored set has at most 200 MB
ENOUGH = 200 << 20  # who has once taken more than this beyond its start ends: memory goes back to the system
READ = 0.9  # of the way, when all pictures are read

Answer = tuple[dict[str, Any], bytes | memoryview]


def answer(
    question: dict[str, Any], content: bytes, tell: Callable[[float], None] = lambda _: None
) -> Answer:
    """The facts and pixels of a picture, or where a data set is kept; a refusal is a fact as well.

    Args:
        tell: told the share done, 0 to 1, where that takes time.
    """
    try:
        if question["kind"] == "picture":
            pixels, notes = read_image_with_notes(content)
            return {"shape": pixels.shape, "notes": notes}, pixels.reshape(-1).data
        if question["kind"] in ("look", "import"):
            # beyond READ a set is put together and kept; nobody knows how far that is
            found = read_any(
                content,
                question["side"],
                most_pixels=MOST_PIXELS,
                on_progress=lambda share: tell(READ * share),
            )
            if question["kind"] == "look":
                return looked(found)
            imported = found.apply(question["accepted"])
            return {"name": keep_set(imported, Path(question["root"]))}, b""
        return {"name": keep_upload(content, Path(question["root"]))}, b""
    except BadInput as refusal:
        return {"refused": str(refusal), "is_unavailable": isinstance(refusal, Unavailable)}, b""
    except MemoryError:
        return {"refused": "The file needs more memory than one file may take here."}, b""


def looked(imported: Import) -> Answer:
    """What an import would do: its repairs, and three pictures as they would be, by default and as a whole."""
    by_default = imported.apply()
    samples = examples(by_default.images)
    facts: dict[str, Any] = {
        "repairs": [asdict(repair) for repair in imported.repairs],
        "warnings": imported.warnings,
        "shape": samples.shape,
        "images": len(by_default),
        "class_names": by_default.class_names,
        "levels": None,
    }
    if imported.levels is not None:
        edges, counts, black, white = imported.levels
        facts["levels"] = [edges.tolist(), counts.tolist(), black, white]
    pad = {repair.key for repair in imported.repairs if repair.key == PAD}
    whole = examples(imported.apply(imported.default | pad).images) if pad else samples
    return facts, samples.tobytes() + whole.tobytes()


def limit_memory(memory: int = MEMORY) -> None:
    """From here on this process may take so many bytes more than it has; not on Windows, which has no such limit."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + memory
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


def serve(
    questions: BinaryIO,
    answers: BinaryIO,
    reply: Callable[[dict[str, Any], bytes, Callable[[float], None]], Answer] = answer,
    enough: int = ENOUGH,
) -> None:
    """Answer until nobody asks any more, or memory should go back to the system.

    Args:
        enough: bytes beyond the start; who has once taken more ends.
    """
    np.zeros(1)
    start = peak()

    def tell(share: float) -> None:
        answers.write(json.dumps({"progress": share}).encode() + b"\n")
        answers.flush()

    while line := questions.readline():
        question = json.loads(line)
        facts, pixels = reply(question, questions.read(question["size"]), tell)
        answers.write(json.dumps({**facts, "size": len(pixels)}).encode() + b"\n")
        answers.write(pixels)
        answers.flush()
        del pixels
        if peak() - start > enough:
            return


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)
    limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
