"""What a file that teachers edit says now: read once, and again as soon as the file is another one."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Edited(Generic[T]):
    """The content of a file as it is now; called for each page view, it costs one look at the file's time and size.

    Streamlit's cache is not asked: it would have to be told of every edit, and it does not look at arguments whose
    names begin with an underscore.
    """

    def __init__(self, file: Path, read: Callable[[Path], T], nothing: T, problem: type[Exception]) -> None:
        self.file, self.read, self.nothing, self.problem = file, read, nothing, problem
        self._known: tuple[tuple[int, int] | None, tuple[T, str]] | None = None

    def __call__(self) -> tuple[T, str]:
        """What `read` makes of the file and ""; or `nothing`, and the sentence of a `problem` that it raised."""
        now, known = self._stamp(), self._known
        if known is None or known[0] != now:
            try:
                found = self.read(self.file), ""
            except self.problem as error:
                found = self.nothing, str(error)
            known = self._known = now, found
        return known[1]

    def _stamp(self) -> tuple[int, int] | None:
        try:
            facts = self.file.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size
