"""Who may start what on a server that many share: a bounded queue, and bounded use by each learner.

On a laptop nothing is limited. With DLCORE_SHARED set, the limits come from the environment; whoever asks for
a training that is already under way, or already stored, is never refused: it costs nothing.
"""

from dataclasses import dataclass

from dlcore.settings import setting


class RefusedError(Exception):
    """Not now; the message is a sentence for the learner, and nothing that was asked for earlier is lost."""


@dataclass(frozen=True)
class Limits:
    """How much may be open at once.

    Attributes:
        trainings: open trainings of one learner, those of an experiment not counted.
        experiments: open experiments (a comparison, k folds, a sweep) of one learner.
        queue: trainings that wait, over all learners.
    """

    trainings: int
    experiments: int
    queue: int

    @classmethod
    def of_this_server(cls) -> "Limits | None":
        """DLCORE_MAX_TRAININGS, DLCORE_MAX_EXPERIMENTS, DLCORE_MAX_QUEUE; None where nothing is shared.

        Raises:
            SettingError: one of them is not a whole number from 1 on; for whoever set up the server.
        """
        if not setting("DLCORE_SHARED"):
            return None
        return cls(
            setting("DLCORE_MAX_TRAININGS", 2),
            setting("DLCORE_MAX_EXPERIMENTS", 1),
            setting("DLCORE_MAX_QUEUE", 200),
        )


def budget() -> int | None:
    """Seconds that one training may take: DLCORE_MAX_SECONDS, else 600 where many share; None: no limit."""
    return setting("DLCORE_MAX_SECONDS", 600 if setting("DLCORE_SHARED") else None)


def too_long(seconds: float, longest: int | None) -> str:
    """Why a training of so many expected seconds is not begun; "" if it fits the budget."""
    if longest is None or seconds <= longest:
        return ""
    return (
        f"This training would take about {in_words(seconds)}; on this server one may take {in_words(longest)}. "
        "Fewer epochs, fewer images or a smaller network fit; who runs the server can allow more."
    )


@dataclass(frozen=True)
class Use:
    """What is open now: by the learner who asks, and waiting on the server; `seconds` a training takes there."""

    trainings: int = 0
    experiments: int = 0
    waiting: int = 0
    workers: int = 1
    seconds: float = 15.0

    @property
    def wait(self) -> float:
        """Seconds until a newcomer starts, if those who wait take as long as those before them."""
        return self.waiting / max(1, self.workers) * self.seconds


def admit(new: int, is_experiment: bool, use: Use, limits: Limits | None) -> None:
    """Let `new` trainings in, or say why not.

    Raises:
        RefusedError: with the reason and what to do.
    """
    if limits is None or new == 0:
        return
    if is_experiment and use.experiments >= limits.experiments:
        raise RefusedError(
            "You have an experiment under way. On this shared server one at a time is the rule: wait for it, "
            "or cancel it."
        )
    if not is_experiment and use.trainings >= limits.trainings:
        raise RefusedError(
            f"You have {use.trainings} trainings under way, as many as one learner may have on this shared "
            "server. Wait for one of them, or cancel it."
        )
    if use.waiting + new > limits.queue:
        raise RefusedError(
            f"The queue is full: {use.waiting} trainings wait, and {limits.queue} may. Yours was not added, and "
            f"nothing else was touched. The queue is empty in about {in_words(use.wait)}; try again then."
        )


def in_words(seconds: float) -> str:
    """Seconds or minutes, rounded as a waiting person counts."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
