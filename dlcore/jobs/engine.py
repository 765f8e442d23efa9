"""The engine: a scheduler and its workers, in processes of their own.

`python -m dlcore.jobs.engine` starts the embedded one, for a laptop or a single server: everything on loopback; it
prints the scheduler's address as one line of JSON, and ends when its standard input ends, that is, when whoever
started it is gone, however that happened. It is a process of its own because Streamlit makes the page __main__,
and a worker spawned there would run the page.

`python -m dlcore.jobs.engine scheduler`, `… worker` and `… health` are the parts of a cluster over several
containers or hosts, with the same settings. They meet at DASK_SCHEDULER_ADDRESS; tls:// in it, and the
certificates in dask's own variables, encrypt and authenticate every connection.
"""

import argparse
import asyncio
import contextlib
import inspect
import itertools
import json
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import dask
from distributed import LocalCluster, Nanny
from distributed.utils import get_mp_context

from dlcore.settings import problems, setting

LOG = logging.getLogger(__name__)
DEATH_TIMEOUT = 300.0  # seconds that workers look for a scheduler before they end
# torch.optim imports torch._dynamo at its first use, which takes two seconds, though nothing here compiles.
NEEDED = ["torch", "torch._dynamo", "dlcore.training", "dlcore.jobs.ready"]
SETTINGS: dict[str, Any] = {
    "distributed.scheduler.worker-saturation": 1.0,  # what has not started waits where its place can be seen
    "distributed.scheduler.allowed-failures": 1,  # a task whose worker dies is tried once more, not for ever
    "distributed.scheduler.no-workers-timeout": "300s",
    "distributed.scheduler.worker-ttl": "15s",
    "distributed.scheduler.default-task-durations": {"train": "15s"},
    "distributed.worker.memory.target": False,  # nothing to spill: kill at the limit, at once
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.preload": NEEDED,  # the first learner must not wait for the import
    "distributed.nanny.environ": {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    "distributed.admin.tick.limit": "60s",
    # An engine that waits costs next to nothing: nobody reads dask's profiles, and what it has computed stays where
    # it is. Work stealing stays on: a few that wait are given to busy workers at once, and must move to a free one.
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "2s",
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.active-memory-manager.start": False,
}


def step_back() -> None:
    """The pages come first: this process and its workers are nicer than they are (DLCORE_NICE)."""
    if hasattr(os, "nice"):
        os.nice(setting("DLCORE_NICE", 10))


def keep_one_ready() -> None:
    """Workers are forked from a process that has imported what a training needs, where the system can fork.

    So one that was killed is replaced at once, and not after the seconds that torch takes to import; and all of
    them share the memory of what was imported. That process holds no model and starts no threads.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    os.environ |= SETTINGS["distributed.nanny.environ"]  # torch reads these when it is imported
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    get_mp_context().set_forkserver_preload([*NEEDED, "distributed"])


def start() -> LocalCluster:
    """One single-threaded worker per core (DLCORE_WORKERS), each under a memory limit (DLCORE_WORKER_MEMORY).

    Everything listens on 127.0.0.1: whoever reaches a scheduler runs code as its workers.
    """
    dask.config.set(SETTINGS)
    step_back()
    keep_one_ready()
    cluster = LocalCluster(
        n_workers=0,  # the address first: what is submitted meanwhile waits for the workers
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=setting("DLCORE_WORKER_MEMORY", "3GiB"),
        silence_logs=40,
    )
    cluster.scale(setting("DLCORE_WORKERS", os.cpu_count() or 1))
    return cluster


def embedded() -> None:
    """The engine of one web process: lives as long as whoever holds the other end of standard input."""
    with start() as cluster:
        print(json.dumps({"address": cluster.scheduler_address}), flush=True)  # noqa: T201
        sys.stdin.read()


def address() -> str:
    """Where the parts of a cluster meet: DASK_SCHEDULER_ADDRESS."""
    return str(setting("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:8786"))


QUIET = ("--dashboard-address", "127.0.0.1:0", "--no-dashboard")  # dask's own pages stay on loopback


def scheduler() -> None:
    """Listens where DASK_SCHEDULER_ADDRESS points, for web processes and workers."""
    from distributed.cli.dask_scheduler import main

    dask.config.set(SETTINGS)
    protocol, place = address().split("://")
    host, port = place.rsplit(":", 1)
    main(["--protocol", protocol, "--host", host, "--port", port, *QUIET])


def worker() -> None:
    """DLCORE_WORKERS single-threaded workers, until a signal; the scheduler may come and go meanwhile.

    They meet `python -m dlcore.jobs.engine scheduler` at DASK_SCHEDULER_ADDRESS, and end if they find none within
    five minutes.
    """
    dask.config.set(SETTINGS)
    step_back()
    keep_one_ready()
    asyncio.run(_work())


async def _work() -> None:
    """Workers, and new ones when those have lost their scheduler, until a signal."""
    to_end = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows: there a signal ends the process as it is
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, to_end.set)
    end, last_seen = asyncio.create_task(to_end.wait()), time.monotonic()
    for turn in itertools.count():
        # A new name each time: a scheduler that was only cut off may still know the old ones.
        workers = [_nanny(f"{turn}-{n}") for n in range(setting("DLCORE_WORKERS", 1))]
        try:
            await _either(end, asyncio.gather(*workers))
            last_seen = time.monotonic()
            await _either(end, asyncio.gather(*(nanny.finished() for nanny in workers)))
            last_seen = time.monotonic()
        except (OSError, TimeoutError) as error:
            LOG.warning("no scheduler: %s", error)
            if time.monotonic() - last_seen > DEATH_TIMEOUT:
                raise
            await asyncio.sleep(1)
        finally:
            await asyncio.gather(*(nanny.close(timeout=10) for nanny in workers), return_exceptions=True)
        if end.done():
            return


async def _either(end: "asyncio.Future[Any]", other: "asyncio.Future[Any]") -> None:
    """Until one of two has happened; raises what the other one raised."""
    await asyncio.wait([end, other], return_when=asyncio.FIRST_COMPLETED)
    if other.done():
        other.result()


def _nanny(name: str) -> Nanny:
    """One worker to be, which a process of its own watches, ends and starts again."""
    return Nanny(
        address(),
        nthreads=1,
        memory_limit=setting("DLCORE_WORKER_MEMORY", "3GiB"),
        death_timeout=DEATH_TIMEOUT,
        name=f"{socket.gethostname()}-{os.getpid()}-{name}",
        dashboard=False,
        dashboard_address="127.0.0.1:0",
    )


def health(of: str | None = None) -> None:
    """Exits with 0 if the scheduler answers and, on a worker's host, knows a worker of this host.

    Args:
        of: "worker" asks for both.
    """
    from distributed.core import rpc
    from distributed.security import Security

    async def names() -> list[str]:
        async with rpc(address(), connection_args=Security().get_connection_args("client")) as asked:
            known = await asyncio.wait_for(asked.identity(), 4)
            return [str(facts["name"]) for facts in known["workers"].values()]

    joined = asyncio.run(names())
    if of == "worker" and not any(name.startswith(socket.gethostname()) for name in joined):
        sys.exit("no worker of this host has joined")


AS_WRITTEN = argparse.RawDescriptionHelpFormatter
PARTS: dict[str, Callable[..., None]] = {
    "embedded": embedded,
    "scheduler": scheduler,
    "worker": worker,
    "health": health,
}


def main(arguments: Sequence[str] | None = None, called: str = "python -m dlcore.jobs.engine") -> int:
    """The exit code."""
    ask = argparse.ArgumentParser(prog=called, description=__doc__, formatter_class=AS_WRITTEN)
    parts = ask.add_subparsers(dest="part", metavar="PART")
    for name, part in PARTS.items():
        about = inspect.getdoc(part) or ""
        of_part = parts.add_parser(
            name, help=about.split("\n")[0], description=about, formatter_class=AS_WRITTEN
        )
        if name == "health":
            of_part.add_argument(
                "of", nargs="?", choices=["worker"], help="also ask for a worker of this host"
            )
    given = ask.parse_args(arguments)
    if found := problems():
        sys.exit("\n".join(found))
    PARTS[given.part or "embedded"](*([given.of] if given.part == "health" else []))
    return 0


if __name__ == "__main__":
    sys.exit(main())
