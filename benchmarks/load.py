"""A class at the door: many browser sessions, by Streamlit's own protocol, against a server started for it.

    python -m benchmarks.load --users 30 --seconds 60 --trainings 2
    python -m benchmarks.load --users 100 --replicas 2
    python -m benchmarks.load --users 30 --seconds 600 --soak

Every user opens a websocket, keeps a session, and again and again waits for a while (exponentially distributed,
`--think` seconds on average), then moves to another page or runs the same one again, and counts the time until
the server says that the script has finished and all its messages have come. Everything stays on loopback.
Figures are for this machine: users, server and trainings share its cores.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).parent.parent
PAGES = (
    "",
    "neuron-playground",
    "backprop-stepper",
    "optimizer-race",
    "training-dashboard",
    "the-vocabulary",
)
# Not "finished early for a rerun": then another run of the script follows, and its end is the end.
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
PATIENCE = 60.0  # seconds until an answer counts as an error


@dataclass
class Seen:
    """What the users saw: seconds of every rerun, by page, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    megabytes: float = 0.0

    def add(self, page: str, seconds: float) -> None:
        self.seconds.setdefault(page or "home", []).append(seconds)

    @property
    def all(self) -> np.ndarray:
        return np.array([s for page in self.seconds.values() for s in page])


class Session:
    """One browser's end of the protocol: what it must send, and what it must wait for."""

    def __init__(self, socket: ClientConnection, seen: Seen) -> None:
        self.socket, self.seen = socket, seen
        self.scripts: dict[str, str] = {}  # address -> hash, as the menu says
        self.redraws: dict[str, float] = {}  # fragment -> seconds between the runs that it asks for by itself

    async def visit(self, page: str) -> float:
        """Seconds from the click to the end of the page's script."""
        begin = time.perf_counter()
        await self.deltas(page)
        return time.perf_counter() - begin

    async def deltas(self, page: str, query: str = "", press: str = "") -> list[Delta]:
        """What the page consists of.

        Args:
            query: of the page's address, without the question mark.
            press: the identity of a button that is pressed.
        """
        ask = BackMsg()
        ask.rerun_script.page_script_hash = self.scripts.get(page, "")
        ask.rerun_script.page_name = "" if page in self.scripts else page
        ask.rerun_script.query_string = query
        if press:
            ask.rerun_script.widget_states.widgets.add(id=press, trigger_value=True)
        self.redraws.clear()  # a run of the whole page says anew what redraws itself
        return await self.ask(ask, page)

    async def redraw(self, page: str, fragment: str) -> list[Delta]:
        """What a fragment that redraws itself consists of now; or the page, if it has asked for that."""
        ask = BackMsg()
        ask.rerun_script.page_script_hash = self.scripts[page]
        ask.rerun_script.fragment_id = fragment
        ask.rerun_script.is_auto_rerun = True
        return await self.ask(ask, page)

    async def ask(self, ask: BackMsg, page: str) -> list[Delta]:
        """Send one message and take in everything until its script has finished."""
        found = []
        await self.socket.send(ask.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = await self.socket.recv()
                assert isinstance(frame, bytes)
                self.seen.megabytes += len(frame) / 1e6
                said = ForwardMsg.FromString(frame)
                kind = said.WhichOneof("type")
                if kind == "navigation":
                    self.scripts = {p.url_pathname: p.page_script_hash for p in said.navigation.app_pages}
                elif kind == "delta":
                    found.append(said.delta)
                    if said.delta.new_element.WhichOneof("type") == "exception":
                        self.seen.errors[f"{page or 'home'}: {said.delta.new_element.exception.type}"] += 1
                elif kind == "auto_rerun":
                    self.redraws[said.auto_rerun.fragment_id] = said.auto_rerun.interval
                elif kind == "stop_auto_rerun":
                    for fragment in said.stop_auto_rerun.fragment_ids:
                        self.redraws.pop(fragment, None)
                elif kind == "page_not_found":
                    self.seen.errors[f"{page}: not found"] += 1
                elif kind == "script_finished" and said.script_finished in FINISHED:
                    return found


@asynccontextmanager
async def session(address: str, seen: Seen) -> AsyncIterator[Session]:
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(url, subprotocols=["streamlit"], max_size=None, open_timeout=PATIENCE) as socket:  # type: ignore[list-item]
        yield Session(socket, seen)


async def user(address: str, number: int, until: float, think: float, seen: Seen) -> None:
    """One learner: comes, thinks, clicks, thinks, clicks."""
    rng = np.random.default_rng(number)
    await asyncio.sleep(rng.uniform(0, think))  # a class does not come in one instant
    try:
        async with session(address, seen) as here:
            await here.visit("")  # the first visit is another matter: it is not counted
            while time.monotonic() < until:
                await asyncio.sleep(rng.exponential(think))
                page = PAGES[rng.integers(len(PAGES))]
                seen.add(page, await here.visit(page))
    except (OSError, TimeoutError, EOFError) as error:
        seen.errors[type(error).__name__] += 1


# --- the server ---------------------------------------------------------------------------------------------


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path, **environment: str) -> Iterator[tuple[str, psutil.Process]]:
    """A server of our own on a free port of loopback."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "serve.py", "--server.address", "127.0.0.1"]
    command += ["--server.port", str(port)]
    log = (folder / f"server-{port}.log").open("wb")
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)
        log.close()


@contextmanager
def engine(environment: dict[str, str]) -> Iterator[str]:
    """One training engine for all replicas."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dlcore.engine"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["address"]
    finally:
        process.stdin.close()
        process.wait(30)


def train(how_many: int) -> None:
    """Keeps so many trainings under way: long runs on small images, which the end of the engine ends."""
    from dlcore import jobs
    from dlcore.runs import Recipe

    for seed in range(how_many):
        jobs.submit(Recipe(dataset="digits", epochs=500, seed=seed))


async def measure(addresses: list[str], servers: list[psutil.Process], asked: argparse.Namespace) -> Seen:
    seen = Seen()
    until = time.monotonic() + asked.seconds
    crowd = [
        asyncio.create_task(user(addresses[i % len(addresses)], i, until, asked.think, seen))
        for i in range(asked.users)
    ]
    memory = []
    while not all(task.done() for task in crowd):
        await asyncio.sleep(5)
        memory.append(sum(process.memory_info().rss for process in servers) / 2**20)
        if asked.soak:
            print(f"{len(seen.all):6d} reruns  {memory[-1]:7.0f} MB", flush=True)
    await asyncio.gather(*crowd)
    third = len(memory) // 3
    if asked.soak and third:
        early, late = np.median(memory[third : 2 * third]), np.median(memory[-third:])
        print(f"memory after warm-up: {early:.0f} MB, at the end {late:.0f} MB ({late / early - 1:+.1%})")
    return seen


def report(seen: Seen, asked: argparse.Namespace) -> str:
    """The result as Markdown."""
    lines = [
        f"{asked.users} users, {asked.think:g} s think time, {asked.replicas} web process(es), "
        f"{asked.trainings} trainings under way, {asked.seconds:g} s, load average {os.getloadavg()[0]:.1f}:",
        "",
        "| page | reruns | p50 | p95 | slowest |",
        "|---|---|---|---|---|",
    ]
    for page, seconds in [*sorted(seen.seconds.items()), ("all", list(seen.all))]:
        p50, p95, worst = np.quantile(seconds, (0.5, 0.95, 1.0)) * 1e3
        lines.append(f"| {page} | {len(seconds)} | {p50:.0f} ms | {p95:.0f} ms | {worst:.0f} ms |")
    lines += ["", f"Errors: {dict(seen.errors) or 'none'}. {seen.megabytes:.0f} MB were sent to the users."]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, default=5)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--trainings", type=int, default=0)
    parser.add_argument("--soak", action="store_true", help="print the servers' memory as time goes by")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {"DLCORE_RUNS": str(folder / "runs"), "DLCORE_SHARED": "1"}
        os.environ.update(environment)
        os.environ["DASK_SCHEDULER_ADDRESS"] = stack.enter_context(engine(environment))
        started = [stack.enter_context(server(folder)) for _ in range(asked.replicas)]
        addresses, processes = [address for address, _ in started], [process for _, process in started]
        train(asked.trainings)
        time.sleep(15 if asked.trainings else 8)  # the servers' warm-up is not what is measured
        seen = asyncio.run(measure(addresses, processes, asked))
        print(report(seen, asked))
        from dlcore import jobs

        jobs.shut_down()


if __name__ == "__main__":
    main()
