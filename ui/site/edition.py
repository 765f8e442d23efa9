"""All pages of the static edition, written into a folder."""

from collections.abc import Iterable
from pathlib import Path

from dlcore.course.lessons import Lesson
from dlcore.optimizers import SURFACES
from ui.site import lessons, pages, quiz, words
from ui.site.pictures import all_pictures

SEEDS = 20  # of the self-test


def build(
    folder: Path,
    lab: str = "",
    surfaces: Iterable[str] = SURFACES,
    seeds: int = SEEDS,
    course: tuple[Lesson, ...] = (),
) -> dict[str, int]:
    """Write all pages.

    Args:
        folder: made where it is not there; files of the same names are replaced.
        lab: address of the full lab, to which every page links; "" where there is none.
        surfaces: of the race.
        seeds: of the self-test.
        course: the lessons; by default all.

    Returns:
        File -> its bytes.
    """
    pictures = all_pictures(surfaces)
    menu = [*(picture.file for picture in pictures), *pages.TEXTS]
    made = {picture.file: pages.page_of(picture, lab, menu, pictures) for picture in pictures}
    made |= {"vocabulary": words.page(lab, menu, pictures), "quiz": quiz.page(lab, menu, seeds)}
    made["lessons"] = lessons.page(lab, menu, pictures, course)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {f"{name}.html": len(text.encode()) for name, text in made.items()}
