"""The engine: a scheduler and its workers, in processes of their own.

`python -m dlcore.engine` starts the embedded one, for a laptop or a single server: everything on loopback; it
prints the scheduler's address as one line of JSON, and ends when its standard input ends, that is, when whoever
started it is gone, however that happened. It is a process of its own because Streamlit makes the page __main__,
and a worker spawned there would run the page.

`python -m dlcore.engine scheduler`, `… worker` and `… health` are the parts of a cluster over several
containers or hosts, with the same settings. They meet at DASK_SCHEDULER_ADDRESS; tls:// in it, and the
certificates in dask's own variables, encrypt and authenticate every connection.
"""

import asyncio
import json
import os
import socket
import sys
from typing import Any

import dask
from distributed import LocalCluster

SETTINGS: dict[str, Any] = {
    "distributed.scheduler.worker-saturation": 1.0,  # what has not started waits where its place can be seen
    "distributed.scheduler.allowed-failures": 1,  # a task whose worker dies is tried once more, not for ever
    "distributed.scheduler.no-workers-timeout": "300s",
    "distributed.scheduler.worker-ttl": "15s",
    "distributed.scheduler.default-task-durations": {"train": "15s"},
    "distributed.worker.memory.target": False,  # nothing to spill: kill at the limit, at once
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.preload": ["torch"],  # the first learner must not wait for the import
    "distributed.nanny.environ": {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    "distributed.admin.tick.limit": "60s",
}


def start() -> LocalCluster:
    """One single-threaded worker per core (DLCORE_WORKERS), each under a memory limit (DLCORE_WORKER_MEMORY).

    Everything listens on 127.0.0.1: whoever reaches a scheduler runs code as its workers.
    """
    dask.config.set(SETTINGS)
    if hasattr(os, "nice"):
        os.nice(int(os.environ.get("DLCORE_NICE", "10")))  # the pages come first; workers inherit this
    cluster = LocalCluster(
        n_workers=0,  # the address first: what is submitted meanwhile waits for the workers
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=os.environ.get("DLCORE_WORKER_MEMORY", "3GiB"),
        silence_logs=40,
    )
    cluster.scale(int(os.environ.get("DLCORE_WORKERS", os.cpu_count() or 1)))
    return cluster


def embedded() -> None:
    """The engine of one web process: lives as long as whoever holds the other end of standard input."""
    with start() as cluster:
        print(json.dumps({"address": cluster.scheduler_address}), flush=True)  # noqa: T201
        sys.stdin.read()


def address() -> str:
    """Where the parts of a cluster meet: DASK_SCHEDULER_ADDRESS."""
    return os.environ.get("DASK_SCHEDULER_ADDRESS") or "tcp://127.0.0.1:8786"


QUIET = ("--dashboard-address", "127.0.0.1:0", "--no-dashboard")  # dask's own pages stay on loopback


def scheduler() -> None:
    """Listens where DASK_SCHEDULER_ADDRESS points, for web processes and workers."""
    from distributed.cli.dask_scheduler import main

    dask.config.set(SETTINGS)
    protocol, place = address().split("://")
    host, port = place.rsplit(":", 1)
    main(["--protocol", protocol, "--host", host, "--port", port, *QUIET])


def worker() -> None:
    """DLCORE_WORKERS single-threaded workers; they end if they find no scheduler within five minutes."""
    from distributed.cli.dask_worker import main

    dask.config.set(SETTINGS)
    if hasattr(os, "nice"):
        os.nice(int(os.environ.get("DLCORE_NICE", "10")))
    workers = os.environ.get("DLCORE_WORKERS", "1")
    memory = os.environ.get("DLCORE_WORKER_MEMORY", "3GiB")
    options = ["--nthreads", "1", "--nworkers", workers, "--memory-limit", memory, "--death-timeout", "300"]
    main([address(), *options, "--name", f"{socket.gethostname()}-{os.getpid()}", *QUIET])


def health() -> None:
    """Exits with 0 if the scheduler answers and, on a worker's host, knows a worker of this host."""
    from distributed.core import rpc
    from distributed.security import Security

    async def names() -> list[str]:
        async with rpc(address(), connection_args=Security().get_connection_args("client")) as asked:
            known = await asyncio.wait_for(asked.identity(), 4)
            return [str(facts["name"]) for facts in known["workers"].values()]

    joined = asyncio.run(names())
    if sys.argv[2:] == ["worker"] and not any(name.startswith(socket.gethostname()) for name in joined):
        sys.exit("no worker of this host has joined")


PARTS = {"embedded": embedded, "scheduler": scheduler, "worker": worker, "health": health}

if __name__ == "__main__":
    PARTS[sys.argv[1] if len(sys.argv) > 1 else "embedded"]()
