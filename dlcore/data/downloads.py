"""Fetches an official MedMNIST file: time-out, progress, checksum, and never half a file in its place."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dlcore.data.gates import Unavailable
from dlcore.data.medmnist_sets import NAMES, check_name, info
from dlcore.settings import setting

if TYPE_CHECKING:
    from pooch import HTTPDownloader

Progress = Callable[[int, int], None]
CHUNK = 1 << 16
STILL = "The sets cells, cells-shortcut and digits need no network."
TIMEOUT = (5, 20)  # seconds to connect, and without a single byte


def data_folder(root: str | Path | None = None) -> Path:
    """Where data sets are kept: `root`, else the environment's DLCORE_DATA, else the user's cache."""
    if root is not None:
        return Path(root)
    if folder := setting("DLCORE_DATA"):
        return Path(folder)
    import pooch

    return Path(pooch.os_cache("deep-learning-lab")) / "data"


def is_official(file: Path, name: str) -> bool:
    """Whether the file is there and, byte for byte, the official one; medmnist itself does not look."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "md5").hexdigest() == info(name)["MD5"]
    except OSError:
        return False


def is_here(name: str, root: str | Path | None = None) -> bool:
    """Whether a set can be had without the network: embedded, uploaded, or lying in the data folder.

    >>> is_here("cells"), is_here("breastmnist", root="/nowhere")
    (True, False)
    """
    return name not in NAMES or (data_folder(root) / f"{name}.npz").is_file()


class Meter:
    """What pooch tells of its progress, passed on as (done, total) in bytes; total is 0 while unknown."""

    def __init__(self, on_progress: Progress) -> None:
        self.on_progress, self.total, self.done = on_progress, 0, 0

    def update(self, more: int) -> None:
        # pooch reports whole chunks, also for the last one
        self.done = min(self.done + more, self.total) if self.total else self.done + more
        self.on_progress(self.done, self.total)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        pass


def download(
    name: str,
    root: str | Path | None = None,
    on_progress: Progress | None = None,
    url: str | None = None,
    timeout: tuple[float, float] = TIMEOUT,
) -> Path:
    """The official file of a MedMNIST set in the data folder; fetched unless a good one is there already.

    A broken file stays until a good one replaces it; nobody reads it meanwhile.

    >>> download("chestmnist")
    Traceback (most recent call last):
        ...
    dlcore.arguments.BadInput: ChestMNIST gives 14 labels to each image at once; this lab ...

    Args:
        name: one of `medmnist_sets.NAMES`.
        root: the data folder, see `data_folder`.
        on_progress: called with the bytes done and in total.
        url: another address than the official one; the checksum stays the official one.
        timeout: seconds to connect, and to wait for the next bytes.

    Raises:
        BadInput: no such set.
        Unavailable: offline, cut, too slow, wrong content, or no place to write; no partial file is left.
    """
    check_name(name)
    facts = info(name)
    folder = data_folder(root)
    file = folder / f"{name}.npz"
    if is_official(file, name):
        return file
    import pooch  # on demand: it loads requests

    address = facts["url"] if url is None else url
    fetch = downloader(on_progress, timeout)
    attempt(
        lambda: pooch.retrieve(address, f"md5:{facts['MD5']}", file.name, folder, downloader=fetch),
        facts["python_class"],
        "what arrived is not the official file (wrong MD5)",
        folder,
        STILL,
    )
    return file


def downloader(on_progress: Progress | None, timeout: tuple[float, float] = TIMEOUT) -> "HTTPDownloader":
    """What fetches one address into one file; called as (address, file, None)."""
    import pooch

    bar = Meter(on_progress) if on_progress else False
    return pooch.HTTPDownloader(progressbar=bar, chunk_size=CHUNK, timeout=timeout)


def attempt(work: Callable[[], object], what: str, wrong: str, folder: Path, still: str) -> None:
    """Do the work of a download; whatever goes wrong becomes a sentence.

    Args:
        what: is fetched, as the sentence names it.
        wrong: what a ValueError means.
        folder: where it is written.
        still: what works all the same.

    Raises:
        Unavailable: with that sentence.
    """
    import requests

    try:
        work()
        return
    except requests.Timeout:
        why = "the server does not answer"
    except requests.HTTPError as error:
        why = f"the server answers with an error ({error})"
    except requests.RequestException:
        why = "there is no connection, or it was cut"
    except ValueError:
        why = wrong
    except OSError as error:
        why = f"{error.strerror or 'writing failed'} ({folder})"
    # Out here, for an exception raised inside would keep the broken connection open through its context.
    raise Unavailable(f"{what} could not be downloaded: {why}. {still}")
