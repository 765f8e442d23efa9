"""The embedded engine: a scheduler and its workers in processes of their own, for one laptop or one server.

`python -m dlcore.engine` starts them on loopback, prints the scheduler's address as one line of JSON, and
ends when its standard input ends, that is, when whoever started it is gone, however that happened. It is a
process of its own because Streamlit makes the page __main__, and a worker spawned there would run the page.
"""

import json
import os
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
        os.nice(10)  # the pages come first; workers inherit this
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


def main() -> None:
    with start() as cluster:
        print(json.dumps({"address": cluster.scheduler_address}), flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main()
