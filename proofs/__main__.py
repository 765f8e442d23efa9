"""python -m proofs [subject …]: proves every subject that is not fresh, or the named ones, and writes each down.

Goes on after a failure. Exit code 1 if a subject of the run is not proved in the end.
"""

import argparse
import datetime
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from proofs import entries
from proofs.entries import Entry


def commit() -> str:
    """The short name of the commit that is checked out, with a + where files differ from it; "" without git."""
    try:
        name, changed = (
            subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()
            for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return name + "+" * bool(changed)


def entry_of(name: str, subject: ModuleType, where: str) -> Entry:
    """Proves one subject; whatever it raises becomes the result of a failed entry."""
    began = time.monotonic()
    before = entries.fingerprint(subject)  # of the code as it was imported, should a file change meanwhile
    try:
        state, result = entries.PROVED, str(subject.prove())
    except Exception as error:  # the other subjects still have their turn
        traceback.print_exc()
        state, result = entries.FAILED, f"{type(error).__name__}: {error}"[:200]
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Entry(name, state, result, before, where, date, f"{time.monotonic() - began:.0f}")


def run(known: Mapping[str, ModuleType], chosen: Sequence[str], file: Path) -> int:
    """Proves, prints and writes; 0 if every subject of the run is proved by its entry now, else 1."""
    written = {name: entry for name, entry in entries.read(file).items() if name in known}
    where = commit()
    for name in chosen or known:
        if not chosen and entries.is_fresh(known[name], written.get(name)):
            print(f"{name}: fresh, proved on {written[name].date}", flush=True)
            continue
        print(f"{name} …", flush=True)
        written[name] = entry_of(name, known[name], where)
        print(
            f"{name}: {written[name].state} in {written[name].seconds} s: {written[name].result}", flush=True
        )
        entries.write(written.values(), file)
    entries.write(written.values(), file)
    red = [name for name in chosen or known if not entries.is_fresh(known[name], written[name])]
    if red:
        print(f"Not proved: {', '.join(red)}.")
    return int(bool(red))


def main() -> int:
    known = entries.found()
    parser = argparse.ArgumentParser(prog="python -m proofs", description=__doc__.splitlines()[0])
    parser.add_argument(
        "subject", nargs="*", help=f"one of {', '.join(known)}; none proves what is not fresh"
    )
    chosen = parser.parse_args().subject
    if unknown := [name for name in chosen if name not in known]:
        parser.error(f"no such subject: {', '.join(unknown)}")
    return run(known, chosen, entries.FILE)


if __name__ == "__main__":
    sys.exit(main())
