"""The teacher's code where there are no accounts: after every wrong one, all who try wait longer; each is logged."""

import hmac
import logging
import threading
import time

from dlcore.jobs.admission import in_words
from dlcore.settings import setting

LOG = logging.getLogger(__name__)
FREE = 2  # slips of the finger
LONGEST = 300.0  # seconds: guessing 10,000 codes takes a month


class Guard:
    """Judges codes. One for the whole process: who guesses takes a new session for every try."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong, self._until = 0, 0.0

    def refusal(self, typed: str, code: str, now: float) -> str:
        """Why the code is not taken; "" if it is right.

        Args:
            now: seconds of a clock that never goes back.
        """
        with self._lock:
            if now < self._until:  # not even compared: a guess made while waiting tells nothing
                wait = in_words(self._until - now)
                return (
                    f"A wrong code was entered here before. Wait {wait}, then try again. Nothing was changed."
                )
            if code and hmac.compare_digest(typed.encode(), code.encode()):
                self._wrong = 0
                return ""
            self._wrong += 1
            wait_for = min(LONGEST, 2.0 ** (self._wrong - FREE)) if self._wrong > FREE else 0.0
            self._until = now + wait_for
            told = self._wrong
        LOG.warning(
            "a wrong teacher's code was entered, %d in a row; the next is taken in %.0f s", told, wait_for
        )
        return "The code is not right. Nothing was changed."


GUARD = Guard()


def refusal(typed: str) -> str:
    """Why what was typed does not make a teacher; "" if it is DLCORE_TEACHER_CODE."""
    return GUARD.refusal(typed, setting("DLCORE_TEACHER_CODE", ""), time.monotonic())
