"""The blows: each way to hurt the whole system, how it is put right, and how soon the service must be back."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.chaos_system import System

BACK = 15.0  # seconds within which the service must be back


@dataclass(frozen=True)
class Blow:
    """One way to hurt the system, and how it is put right.

    Attributes:
        lasts: seconds until it is put right, at most; an outage ends soon after what ran has ended in it.
        is_restart: what was struck is started again: then the promise counts from the blow, not from the end
            of an outage that lasts as long as we choose.
        needs_disk: it strikes the runs' own disk.
        limit: seconds within which the service must be back.
    """

    text: str
    strike: Callable[[System], object]
    heal: Callable[[System], object]
    lasts: float = 1.0
    is_restart: bool = True
    needs_disk: bool = False
    needs_database: bool = False
    limit: float = BACK


BLOWS = {
    "worker": Blow("kill -9 a worker", lambda s: s.kill("worker-1"), lambda s: s.start("worker-1")),
    "scheduler": Blow("kill -9 the scheduler", lambda s: s.kill("scheduler"), lambda s: s.start("scheduler")),
    "web": Blow("kill -9 a web process", lambda s: s.kill("web-1"), lambda s: s.start("web-1")),
    "database": Blow(
        "database stopped at once, back after 20 s",
        lambda s: s.database.stop(),
        lambda s: s.database.start(),
        20.0,
        is_restart=False,
        needs_database=True,
    ),
    "network": Blow(
        "workers cut off from the scheduler for 25 s",
        lambda s: s.relay.shut(),
        lambda s: s.relay.open(),
        25.0,
        is_restart=False,
    ),
    "full": Blow(
        "disk of the runs full for 25 s",
        lambda s: s.fill_disk(),
        lambda s: s.empty_disk(),
        25.0,
        is_restart=False,
        needs_disk=True,
    ),
    "read-only": Blow(
        "disk of the runs read-only for 25 s",
        lambda s: s.make_disk("ro"),
        lambda s: s.make_disk("rw"),
        25.0,
        is_restart=False,
        needs_disk=True,
    ),
    "everything": Blow(
        "kill -9 scheduler, a worker and a web process together",
        lambda s: [s.kill(name) for name in ("scheduler", "worker-1", "web-1")],
        lambda s: [s.start(name) for name in ("scheduler", "worker-1", "web-1")],
        limit=2 * BACK,  # one restart is promised within BACK; these three share two cores
    ),
}
MEMORY_BLOW = "memory"  # no blow from outside: somebody asks for more than a worker has
