"""`python -m ui.site FOLDER` writes the static edition: a folder for any static host, or for a disk."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from dlcore.settings import SettingError, setting


def main(arguments: Sequence[str] | None = None, called: str = "python -m ui.site") -> int:
    """The exit code."""
    ask = argparse.ArgumentParser(prog=called, description=__doc__)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--lab", default="", help="address of the full lab; by default DLCORE_LAB_URL")
    given = ask.parse_args(arguments)
    try:
        lab = given.lab or setting("DLCORE_LAB_URL", "")
    except SettingError as error:
        ask.error(str(error))
    logging.disable(logging.WARNING)  # Streamlit misses a server, which is what this edition does without
    from ui.site.edition import build  # it warns while it is imported, too

    written = build(given.folder, lab)
    lines = [f"{size / 1000:8.0f} kB  {given.folder / name}" for name, size in written.items()]
    sys.stdout.write("\n".join([*lines, f"{sum(written.values()) / 1e6:8.2f} MB in all", ""]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
