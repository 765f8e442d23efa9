"""Files that go out: kept until who asked has them, however many other pages come to rest meanwhile."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.runtime import media_file_manager
from streamlit.runtime.media_file_manager import MediaFileManager, MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from ui.server import files_out

ROOT = Path(__file__).parent.parent


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def manager(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[MediaFileManager]:
    monkeypatch.setattr(media_file_manager, "_get_session_id", lambda: "a learner")
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    files_out.keep_of(manager, clock)
    yield manager


def storage(manager: MediaFileManager, url: str) -> bytes:
    return manager._storage.get_file(url.rsplit("/", 1)[-1]).content  # type: ignore[attr-defined, no-any-return]


def test_a_file_made_by_a_click_outlives_other_pages_that_come_to_rest(
    manager: MediaFileManager, clock: Clock
) -> None:
    button = manager.add_deferred(lambda: "a,b", "text/csv", "place", "numbers.csv")
    url = manager.execute_deferred(button)
    for _ in range(30):  # a class: each page that comes to rest sweeps
        clock.seconds += 0.1
        manager.remove_orphaned_files()
        assert storage(manager, url) == b"a,b"
    for _ in range(2):  # nobody fetches it: it does not stay
        clock.seconds += files_out.SECONDS + 1
        manager.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        storage(manager, url)


def test_a_button_on_a_page_that_is_being_written_still_gives_its_file(
    manager: MediaFileManager, clock: Clock
) -> None:
    button = manager.add_deferred(lambda: "a,b", "text/csv", "place", "numbers.csv")
    manager.clear_session_refs()  # this page begins anew: for a moment nothing stands on it
    clock.seconds += 1
    manager.remove_orphaned_files()  # somebody else's comes to rest
    assert storage(manager, manager.execute_deferred(button)) == b"a,b"


def test_without_the_keeper_both_would_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept against: should Streamlit learn to do this itself, ui/server/files_out.py can go."""
    monkeypatch.setattr(media_file_manager, "_get_session_id", lambda: "a learner")
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    button = manager.add_deferred(lambda: "a,b", "text/csv", "place", "numbers.csv")
    url = manager.execute_deferred(button)
    manager.remove_orphaned_files()
    manager.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        storage(manager, url)
    manager.clear_session_refs()
    manager.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        manager.execute_deferred(button)


def test_every_file_is_given_by_the_one_button() -> None:
    files = [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    found = [
        str(path.relative_to(ROOT)) for path in files if re.search(r"\bdownload_button\(", path.read_text())
    ]
    assert found == ["ui/frame/files.py"]
