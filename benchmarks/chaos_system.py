"""The whole system of compose.yaml without its proxy, as processes of this machine, to be struck at.

PostgreSQL, a scheduler, workers and web processes on loopback; a relay between workers and scheduler that can be
shut, and, where this user may mount one, a small disk of its own for the runs that can be filled or made read-only.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.load import ROOT, free_port

sys.path.append(str(ROOT / "tests"))
import postgresql

DISK = "64m"
MEMORY = "2560MiB"  # of a worker, as in compose.yaml
PATIENCE = 90.0  # seconds until a process that has been started must answer


class Relay:
    """A way from one port of loopback to another that can be shut: nothing passes, and neither end learns why."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, free_port()
        self._loop = asyncio.new_event_loop()
        self._passing = asyncio.Event()
        self._passing.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def shut(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.clear)

    def open(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.set)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connect, "127.0.0.1", self.port))
        self._loop.run_forever()
        server.close()
        open_still = asyncio.all_tasks(self._loop)
        for task in open_still:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*open_still, return_exceptions=True))
        self._loop.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            await self._passing.wait()
            with contextlib.suppress(OSError):
                there, back = await asyncio.open_connection("127.0.0.1", self.target)
                with contextlib.closing(back):
                    await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Bytes one way, and then the end of them, also held back while the relay is shut."""
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await self._passing.wait()
                sink.write(data)
                await sink.drain()
        await self._passing.wait()
        sink.close()


class System:
    """Processes by name: "scheduler", "worker-1" …, "web-1" …; struck at and started again by that name.

    Attributes:
        environment: what all of them share; a process that looks into the store needs it as well.
        database: the PostgreSQL, or None where it is not installed and SQLite stands in.
        disk: where the runs' own disk is mounted, or None where this user may not mount one.
    """

    def __init__(
        self, folder: Path, database: postgresql.Server | None, disk: Path | None, shape: tuple[int, int]
    ) -> None:
        self.folder, self.database, self.disk = folder, database, disk
        self.workers = tuple(f"worker-{i + 1}" for i in range(shape[0]))
        self.webs = tuple(f"web-{i + 1}" for i in range(shape[1]))
        scheduler = free_port()
        self.ports = {name: free_port() for name in self.webs}
        self.relay = Relay(scheduler)
        self.runs = (disk or folder) / "runs"
        self.environment = {
            "DLCORE_RUNS": str(self.runs),
            "DLCORE_SHARED": "1",
            "DLCORE_NICE": "0",
            "DLCORE_WORKERS": "1",
            "DLCORE_WORKER_MEMORY": MEMORY,
            "DLCORE_LOG": "json",
            "OMP_NUM_THREADS": "1",
            "DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{scheduler}",
        }
        if database is not None:
            self.environment["DLCORE_DB_URL"] = database.url("lab")
            self.environment["DLCORE_DB_PASSWORD_FILE"] = str(database.password_file)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def address(self, web: str) -> str:
        return f"http://127.0.0.1:{self.ports[web]}"

    def start(self, name: str) -> None:
        """As a container engine starts it: the process alone, without waiting for it."""
        part, own = name.partition("-")[0], {}
        command = [sys.executable, "-m", "dlcore.jobs.engine", part]
        if part == "web":
            command = [sys.executable, "-m", "streamlit", "run", "serve.py"]
            command += ["--server.address", "127.0.0.1", "--server.port", str(self.ports[name])]
        elif part == "worker":
            own = {"DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{self.relay.port}"}
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **self.environment, **own},
                stdout=log,
                stderr=log,
                start_new_session=True,  # one group, so that it dies as a container does: with all its children
            )

    def kill(self, name: str) -> None:
        """kill -9, the process and whatever it has started."""
        process = self._processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def restart_the_dead(self) -> list[str]:
        """What a container engine does by itself: start again whoever has ended; their names."""
        dead = [name for name, process in self._processes.items() if process.poll() is not None]
        for name in dead:
            self.start(name)
        return dead

    def wait_for_scheduler(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.relay.target), 1).close()
                return
            time.sleep(0.1)
        raise TimeoutError(f"the scheduler does not answer: {self.log('scheduler')[-2000:]}")

    def wait_for_web(self, name: str) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.address(name)}/_stcore/health", timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"{name} does not answer: {self.log(name)[-2000:]}")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def fill_disk(self) -> None:
        """Not one byte more fits onto the runs' disk."""
        assert self.disk is not None
        with contextlib.suppress(OSError), (self.disk / "filler").open("wb", buffering=0) as out:
            for size in (2**20, 2**12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        out.write(b"\0" * size)

    def empty_disk(self) -> None:
        assert self.disk is not None
        (self.disk / "filler").unlink()

    def make_disk(self, mode: str) -> None:
        """Remount the runs' disk "ro" or "rw"."""
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.disk)], check=True)

    def stop(self) -> None:
        for name in [n for n in self._processes if n.startswith("web")] + list(self._processes):
            if name in self._processes:
                self.kill(name)
        self.relay.close()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk of a few megabytes in memory, if this user may mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "lab-chaos", str(folder)]
    try:
        mounted = subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def running(folder: Path, workers: int = 2, webs: int = 2, own_disk: bool = True) -> Iterator[System]:
    """The system, started; its web processes answer. Everything of it is gone afterwards."""
    with ExitStack() as stack:
        database = None
        if postgresql.programs() is not None:
            database = stack.enter_context(postgresql.running())
            database.create("lab")
        disk = stack.enter_context(small_disk(folder / "disk")) if own_disk else None
        system = System(folder, database, disk, (workers, webs))
        stack.callback(system.stop)
        system.start("scheduler")
        system.wait_for_scheduler()
        for name in (*system.workers, *system.webs):
            system.start(name)
        for name in system.webs:
            system.wait_for_web(name)
        yield system
