"""What a server does in the background: load what heavy pages need, take up what was under way."""

import functools
import logging
import threading
import time

from streamlit import runtime

LOG = logging.getLogger(__name__)
AGAIN = 10.0  # seconds between tries to read what was open
TIDY = 6 * 3600.0  # seconds between two looks at what is older than it may be


def _import_heavy_modules() -> None:
    try:
        _import_them()
    except SystemError as error:
        # CPython 3.11 and 3.12 may confuse two threads that build a syntax tree at the same moment, as Streamlit does
        # of each page; what was half imported is imported again.
        LOG.warning("imported again: %s", error)
        _import_them()


def _import_them() -> None:
    # scikit-learn before torch: it looks into torch if that is there, also while a page imports the one and
    # this thread is in the middle of the other.
    import cv2  # noqa: F401
    import distributed  # noqa: F401
    import sklearn.datasets  # noqa: F401
    import torch

    torch.set_num_threads(1)  # one reader's heat map must not take both cores from thirty others
    # What these pages import, and the images the dashboard opens with: seconds for whoever comes first.
    from ui.convolution import network_opened  # noqa: F401
    from ui.experiments import menu  # noqa: F401
    from ui.frame import stored
    from ui.gradcam import subject  # noqa: F401

    stored.image_set("cells")


def _take_up_what_was_open() -> None:
    """Ask again for what was under way; a database that is away now is asked again until it answers."""
    from sqlalchemy.exc import SQLAlchemyError

    from dlcore.jobs import jobs

    while True:
        try:
            jobs.resume()
        except (OSError, RuntimeError, SQLAlchemyError) as error:
            # A disk or database that cannot be used now.
            LOG.warning("open requests could not be taken up: %s", error)
            time.sleep(AGAIN)
        else:
            return


def _start_the_engine() -> None:
    """Nobody's first training waits for it; a cluster that is away now is looked for until it is there."""
    from dlcore.jobs import jobs

    while True:
        try:
            jobs.warm()
        except jobs.JobError as error:
            LOG.warning("%s", error)
            time.sleep(AGAIN)
        else:
            return


def _let_go_of_what_is_old() -> None:
    """What learners have brought is removed when its days are over: now, and every few hours."""
    from sqlalchemy.exc import SQLAlchemyError

    from dlcore.jobs.retention import remove_old
    from ui.frame import stored

    while True:
        try:
            stored.drop(*remove_old())
        except (OSError, RuntimeError, SQLAlchemyError) as error:
            LOG.warning("what is old could not be removed: %s", error)
        time.sleep(TIDY)


def _get_going() -> None:
    threading.Thread(target=_take_up_what_was_open, name="resume", daemon=True).start()
    if runtime.exists():  # a test of a page has no server
        threading.Thread(target=_start_the_engine, name="engine", daemon=True).start()
        threading.Thread(target=_let_go_of_what_is_old, name="retention", daemon=True).start()
    _import_heavy_modules()


@functools.cache
def start() -> threading.Thread:
    """Start all this once per server, a moment after the first page may have been asked for."""
    thread = threading.Timer(2.0, _get_going)
    thread.daemon = True
    thread.name = "warm-up"
    thread.start()
    return thread
