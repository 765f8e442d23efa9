"""`python -m ui.site FOLDER` writes the static edition: a folder for any static host, or for a disk."""

import argparse
import logging
import sys
from collections.abc import Iterable
from pathlib import Path

from dlcore.optimizers import SURFACES
from dlcore.settings import SettingError, setting
from ui.site import pages, quiz, words
from ui.site.pictures import all_pictures

SEEDS = 20  # of the self-test


def build(
    folder: Path, lab: str = "", surfaces: Iterable[str] = SURFACES, seeds: int = SEEDS
) -> dict[str, int]:
    """Write all pages.

    Args:
        folder: made where it is not there; files of the same names are replaced.
        lab: address of the full lab, to which every page links; "" where there is none.
        surfaces: of the race.
        seeds: of the self-test.

    Returns:
        File -> its bytes.
    """
    pictures = all_pictures(surfaces)
    menu = [*(picture.file for picture in pictures), *pages.TEXTS]
    made = {picture.file: pages.page_of(picture, lab, menu, pictures) for picture in pictures}
    made |= {"vocabulary": words.page(lab, menu, pictures), "quiz": quiz.page(lab, menu, seeds)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {f"{name}.html": len(text.encode()) for name, text in made.items()}


def main() -> int:
    """The command."""
    ask = argparse.ArgumentParser(prog="python -m ui.site", description=__doc__)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--lab", default="", help="address of the full lab; by default DLCORE_LAB_URL")
    given = ask.parse_args()
    logging.disable(logging.WARNING)  # Streamlit misses a server, which is what this edition is for
    try:
        lab = given.lab or setting("DLCORE_LAB_URL", "")
    except SettingError as error:
        ask.error(str(error))
    written = build(given.folder, lab)
    lines = [f"{size / 1000:8.0f} kB  {given.folder / name}" for name, size in written.items()]
    sys.stdout.write("\n".join([*lines, f"{sum(written.values()) / 1e6:8.2f} MB in all", ""]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
