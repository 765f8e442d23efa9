"""The teacher's code, and others that may be guessed: every wrong one is logged, and the next waits longer."""

import hmac
import logging
import threading
import time
from collections.abc import Callable

from dlcore.jobs.admission import in_words
from dlcore.settings import setting

LOG = logging.getLogger(__name__)
FREE = 2  # slips of the finger
LONGEST = 300.0  # seconds: guessing 10,000 codes takes a month


class Guard:
    """Judges codes. The teacher's is one for the whole process: who guesses takes a new session for every try.

    Args:
        what: the code, as the log calls it.
        free: wrong ones that cost nothing.
        longest: seconds to wait, at most.
    """

    def __init__(self, what: str = "teacher's code", free: int = FREE, longest: float = LONGEST) -> None:
        self.what, self.free, self.longest = what, free, longest
        self._lock = threading.Lock()
        self._wrong, self._until = 0, 0.0

    def refusal(self, typed: str, code: str, now: float) -> str:
        """Why the code is not taken; "" if it is right.

        Args:
            now: seconds of a clock that never goes back.
        """
        return self.judge(lambda: bool(code) and hmac.compare_digest(typed.encode(), code.encode()), now)

    def judge(self, is_right: Callable[[], bool], now: float) -> str:
        """The same for a code that is right where `is_right` says so."""
        with self._lock:
            if now < self._until:  # not even compared: a guess made while waiting tells nothing
                wait = in_words(self._until - now)
                return (
                    f"A wrong code was entered here before. Wait {wait}, then try again. Nothing was changed."
                )
            if is_right():
                self._wrong = 0
                return ""
            self._wrong += 1
            over = self._wrong - self.free
            wait_for = min(self.longest, 2.0 ** min(over, 30)) if over > 0 else 0.0
            self._until = now + wait_for
            told = self._wrong
        LOG.warning(
            "a wrong %s was entered, %d in a row; the next is taken in %.0f s", self.what, told, wait_for
        )
        return "The code is not right. Nothing was changed."


GUARD = Guard()


def refusal(typed: str) -> str:
    """Why what was typed does not make a teacher; "" if it is DLCORE_TEACHER_CODE."""
    return GUARD.refusal(typed, setting("DLCORE_TEACHER_CODE", ""), time.monotonic())
