"""Where files go out: kept until whoever asked for them has them.

Streamlit sweeps away what no page shows each time *any* page comes to rest. A page that is being written shows
nothing yet, and a file made by a click is shown by no page at all: beside a class, most such downloads were
gone before their browsers could fetch them.
"""

import time
from collections.abc import Callable

from streamlit.runtime import Runtime
from streamlit.runtime.media_file_manager import MediaFileManager

SECONDS = 10.0  # between two sweeps; a file that no page shows is marked by one and taken away by the next


def rarely(sweep: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> Callable[[], None]:
    """The same sweep, carried out when the last one is `SECONDS` ago; else nothing happens."""
    last = clock()

    def now_and_then() -> None:
        nonlocal last
        if (now := clock()) - last >= SECONDS:
            last = now
            sweep()

    return now_and_then


def keep_of(manager: MediaFileManager, clock: Callable[[], float] = time.monotonic) -> None:
    """From now on this manager sweeps rarely."""
    manager.remove_orphaned_files = rarely(manager.remove_orphaned_files, clock)  # type: ignore[method-assign]


def keep(runtime: Runtime) -> None:
    """Keep the files of this server until those who asked for them have them."""
    keep_of(runtime.media_file_mgr)
