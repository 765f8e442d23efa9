"""The first press on Train: seconds until its first epoch is on screen, on a server that has just been started.

    python -m benchmarks.first_press
    python -m benchmarks.first_press --up 20 --promise 1.5

One learner opens the dashboard, presses Train with the page's own recipe, and follows it in the rhythm in which the
page asks to be redrawn; then the same with other seeds, the engine being there by then. Ends with one line that sums
up, and with 1 if the promise was not kept.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.classroom import PAGE, epoch_shown, query, train_button
from benchmarks.load import Seen, Session, server, session

PATIENCE = 120.0


async def pressed(here: Session, seed: int) -> float:
    """Seconds from a press on Train to the first epoch on screen."""
    button = train_button(await here.deltas(PAGE, query(seed, "cells")))
    begin = time.perf_counter()
    shown = epoch_shown(await here.deltas(PAGE, query(seed, "cells"), press=button))
    while not shown and here.redraws and time.perf_counter() - begin < PATIENCE:
        shown = epoch_shown(await here.redraw(PAGE, await here.due()), shown)
    return time.perf_counter() - begin


async def presses(address: str, up: float, times: int) -> list[float]:
    """The first press after so many seconds, and further ones; each waits until the one before is over."""
    seen, found = Seen(), []
    await asyncio.sleep(up)
    for seed in range(701, 701 + times):
        async with session(address, seen) as here:
            await here.visit("")
            found.append(await pressed(here, seed))
            shown = epoch_shown(await here.deltas(PAGE, query(seed, "cells")))
            while shown is not None and here.redraws:
                shown = epoch_shown(await here.redraw(PAGE, await here.due()), shown)
    assert not seen.errors, seen.errors
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--up", type=float, default=20.0, help="seconds that the server has been up")
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--promise", type=float, default=0.0, help="seconds for the first press")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folders = {"DLCORE_RUNS": f"{place}/runs", "DLCORE_DATA": f"{place}/data"}
        with server(Path(place), **folders) as (address, _):
            first, *later = asyncio.run(presses(address, asked.up, asked.times))
            log = next(Path(place).glob("server-*.log")).read_text(errors="replace")
    complaints = log.count("ScriptRunContext") + log.count("Traceback")
    kept = not asked.promise or first <= asked.promise
    print(
        f"{'kept' if kept else 'NOT KEPT'}: first press {first:.2f} s, then "
        f"{', '.join(f'{s:.2f}' for s in later)} s; up for {asked.up:.0f} s; load average "
        f"{os.getloadavg()[0]:.1f}; {complaints} complaints in the log"
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
