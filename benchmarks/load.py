"""A class at the door: many browser sessions, by Streamlit's own protocol, against a server started for it.

    python -m benchmarks.load --users 30 --trainings 2 --promise 500
    python -m benchmarks.load --users 100 --replicas 2 --think 10 --promise 1000
    python -m benchmarks.load --users 30 --seconds 600 --soak

Every user opens a websocket, keeps a session, and again and again waits for a while (exponentially distributed,
`--think` seconds on average), then moves to another page or runs the same one again, and counts the time until
the server says that the script has finished and all its messages have come. `--browsers` adds real ones, in which
the time is from the click to the page's title. Everything stays on loopback. Figures are for this machine: users,
server and trainings share its cores. Ends with one line that sums up, and with 1 if a promise was not kept.
"""

import argparse
import asyncio
import json
import os
import shutil
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
# What a browser clicks in the menu, and the title that it then waits for.
VISITED = (
    ("Neuron playground", "Neuron playground"),
    ("Backprop stepper", "Backprop stepper"),
    ("Optimizer race", "Optimizer race"),
    ("Training dashboard", "Training dashboard"),
    ("Vocabulary", "Vocabulary"),
)
PATIENCE = 60.0  # seconds until an answer counts as an error
STEADY = 0.05  # share by which memory may change after warm-up


@dataclass
class Seen:
    """What the users saw: seconds of every rerun, by page, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    megabytes: float = 0.0
    memory: list[float] = field(default_factory=list)  # of all servers, in MB, every five seconds
    browsers: list[float] = field(default_factory=list)  # seconds of a real browser's change of page

    def add(self, page: str, seconds: float) -> None:
        self.seconds.setdefault(page or "home", []).append(seconds)

    @property
    def all(self) -> np.ndarray:
        return np.array([s for page in self.seconds.values() for s in page])

    @property
    def growth(self) -> float:
        """The servers' memory at the end over that after warm-up, minus 1: medians of the last and second third."""
        third = len(self.memory) // 3
        return float(np.median(self.memory[-third:]) / np.median(self.memory[third : 2 * third]) - 1)


class Session:
    """One browser's end of the protocol: what it must send, and what it must wait for."""

    def __init__(self, socket: ClientConnection, seen: Seen) -> None:
        self.socket, self.seen = socket, seen
        self.scripts: dict[str, str] = {}  # address -> hash, as the menu says
        self.redraws: dict[str, float] = {}  # fragment -> seconds between the runs that it asks for by itself
        self._last: dict[str, float] = {}  # fragment -> time.monotonic() of its last run

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
        return await self.ask(ask, page)

    async def due(self) -> str:
        """The fragment that redraws itself next, once it is time: a page has several, with intervals of their own."""
        times = {name: self._last[name] + interval for name, interval in self.redraws.items()}
        first = min(times, key=lambda name: times[name])
        await asyncio.sleep(max(0.0, times[first] - time.monotonic()))
        return first

    async def redraw(self, page: str, fragment: str) -> list[Delta]:
        """What a fragment that redraws itself consists of now; or the page, if it has asked for that."""
        self._last[fragment] = time.monotonic()
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
                elif kind == "new_session" and not said.metadata.run.fragment_ids:
                    self.redraws.clear()  # a run of the whole page says anew what redraws itself
                elif kind == "delta":
                    found.append(said.delta)
                    if said.delta.new_element.WhichOneof("type") == "exception":
                        self.seen.errors[f"{page or 'home'}: {said.delta.new_element.exception.type}"] += 1
                elif kind == "auto_rerun":
                    self.redraws[said.auto_rerun.fragment_id] = said.auto_rerun.interval
                    self._last.setdefault(said.auto_rerun.fragment_id, time.monotonic())
                elif kind == "stop_auto_rerun":
                    for fragment in said.stop_auto_rerun.fragment_ids:
                        self.redraws.pop(fragment, None)
                elif kind == "page_not_found":
                    self.seen.errors[f"{page}: not found"] += 1
                elif kind == "script_finished" and said.script_finished in FINISHED:
                    return found


@asynccontextmanager
async def session(address: str, seen: Seen, cookie: str = "") -> AsyncIterator[Session]:
    """A browser's session; `cookie` is what it shows, as "name=value"."""
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    headers = {"Cookie": cookie} if cookie else {}
    async with connect(
        url,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers=headers,
        max_size=None,
        open_timeout=PATIENCE,
    ) as socket:
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
        [sys.executable, "-m", "dlcore.jobs.engine"],
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


def warmed_up(servers: list[psutil.Process]) -> None:
    """Waits until the servers have loaded what they load after their start: that is not what is measured."""
    time.sleep(5)
    for _ in range(60):
        for process in servers:
            process.cpu_percent()
        time.sleep(2)
        if all(process.cpu_percent() < 10 for process in servers):
            return


def train(how_many: int) -> None:
    """Keeps so many trainings under way: long runs on small images, which the end of the engine ends."""
    from dlcore.jobs import jobs
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
    real = [
        asyncio.create_task(asyncio.to_thread(browse, addresses[i % len(addresses)], i, until, seen))
        for i in range(asked.browsers)
    ]
    while not all(task.done() for task in crowd):
        await asyncio.sleep(5)
        seen.memory.append(sum(process.memory_info().rss for process in servers) / 2**20)
    await asyncio.gather(*crowd, *real)
    return seen


def browse(address: str, number: int, until: float, seen: Seen) -> None:
    """A real browser among the simulated ones: clicks from page to page and waits for each to stand."""
    from playwright.sync_api import Error, sync_playwright

    rng, place = np.random.default_rng(1000 + number), 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        page.on("pageerror", lambda error: seen.errors.update([f"in the browser: {error}"]))
        try:
            page.goto(address)
            page.get_by_role("link", name="Lessons").first.wait_for()
            while time.monotonic() < until:
                time.sleep(rng.exponential(3))
                place = (place + rng.integers(1, len(VISITED))) % len(VISITED)  # never the page it is on
                link, title = VISITED[place]
                begin = time.perf_counter()
                page.get_by_role("link", name=link, exact=True).first.click()
                page.get_by_role("heading", name=title, exact=True).first.wait_for()
                seen.browsers.append(time.perf_counter() - begin)
                if page.locator("[data-testid=stException]").count():
                    seen.errors[f"an exception on the page {link}"] += 1
        except Error as error:
            seen.errors[f"a browser: {str(error).splitlines()[0]}"] += 1
        finally:
            chromium.close()


def report(seen: Seen, asked: argparse.Namespace) -> tuple[str, bool]:
    """The result as Markdown, and whether what was promised was kept."""
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
    in_short = f"p95 {p95:.0f} ms of {len(seen.all)} reruns, {seen.errors.total()} errors"
    kept = not seen.errors and p95 <= asked.promise
    if asked.browsers:
        p50, p95, worst = np.quantile(seen.browsers, (0.5, 0.95, 1.0)) * 1e3
        lines += ["", f"{asked.browsers} real browsers, click to title, {len(seen.browsers)} times:"]
        lines += [f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, slowest {worst:.0f} ms."]
    if asked.soak:
        in_short += f", memory {seen.growth:+.1%} after warm-up ({np.median(seen.memory):.0f} MB)"
        kept = kept and abs(seen.growth) <= STEADY
    lines += ["", f"Errors: {dict(seen.errors) or 'none'}. {seen.megabytes:.0f} MB were sent to the users."]
    return "\n".join([*lines, "", in_short]), kept


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, default=5)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--trainings", type=int, default=0)
    parser.add_argument("--browsers", type=int, default=0, help="real ones beside the simulated users")
    parser.add_argument("--soak", action="store_true", help="the servers' memory must stay as it is, ± 5 %%")
    parser.add_argument("--promise", type=float, default=float("inf"), help="p95 in ms that must be kept")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {"DLCORE_RUNS": str(folder / "runs"), "DLCORE_SHARED": "1"}
        os.environ.update(environment)
        os.environ["DASK_SCHEDULER_ADDRESS"] = stack.enter_context(engine(environment))
        started = [stack.enter_context(server(folder)) for _ in range(asked.replicas)]
        addresses, processes = [address for address, _ in started], [process for _, process in started]
        train(asked.trainings)
        warmed_up(processes)
        seen = asyncio.run(measure(addresses, processes, asked))
        from dlcore.jobs import jobs

        jobs.shut_down()
    text, kept = report(seen, asked)
    print(text)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
