"""A class session: a hundred learners answer, the teacher's page counts.

    python -m benchmarks.class_session
    python -m benchmarks.class_session --database postgresql --learners 100 --replicas 2 --promise 1000

Every learner keeps a session, as a browser of their own by its signed cookie, and asks for news about every
two seconds, as the page does; a fifth of them is cut off and comes back before they answer. A step of the lessons is
asked; all read it for three seconds and answer within ten more; the teacher's page redraws itself in its own rhythm.
Counted are: milliseconds from a learner's click to the teacher's screen (the k-th click against the first redraw
that counts k), from *Show the answer* to each learner's screen, and what went wrong. Learners, teacher and servers
share this machine. Ends with 1 if the promise was not kept.
"""

import argparse
import asyncio
import os
import random
import re
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta

from benchmarks.load import ROOT, Seen, Session, engine, server, session, warmed_up

sys.path.append(str(ROOT / "tests"))
import postgresql

CODE = "chalk"  # the teacher's
STEP = (1, 2)  # the second step of the first lesson: three choices
READING, ANSWERING = 3.0, 10.0  # seconds before the first answers, and within which all do


@dataclass
class Classroom:
    """What was seen: clicks, the teacher's counts, and when the answer came, all in seconds of one clock."""

    seen: Seen = field(default_factory=Seen)
    clicks: list[float] = field(default_factory=list)
    counts: list[tuple[float, int]] = field(default_factory=list)
    revealed: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)

    def on_screen(self) -> np.ndarray:
        """Milliseconds from the k-th click to the first count of k; infinite where it was never counted."""
        firsts = [
            next((when for when, count in self.counts if count >= k), float("inf"))
            for k in range(1, len(self.clicks) + 1)
        ]
        return 1000 * (np.array(firsts) - np.array(sorted(self.clicks)))


def texts(found: list[Delta]) -> str:
    """The Markdown that a run of a script has sent."""
    return "\n".join(d.new_element.markdown.body for d in found if d.new_element.HasField("markdown"))


async def news(address: str, token: str) -> str:
    """What the server says to a browser that asks whether something is new."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(
        f"GET /lab-class/{token} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode()
    )
    answer = (await reader.read()).decode()
    writer.close()
    return answer.rpartition("\r\n\r\n")[2] if " 200 " in answer.splitlines()[0] else ""


async def learner(
    address: str, number: int, cookie: str, token: str, room: Classroom, asked: asyncio.Event
) -> None:
    """Comes, waits to be asked, answers, and sees the answer once it is shown."""
    rng = random.Random(number)
    if number % 5 == 0:
        async with session(address, room.seen, cookie) as cut:
            await cut.visit("all-lessons")
    async with session(address, room.seen, cookie) as here:
        query = "lessons_at={}.{}".format(*STEP)
        await here.deltas("")
        await asked.wait()
        await asyncio.sleep(rng.uniform(0, 2.25))  # until this browser asks for news
        found = await here.deltas("all-lessons", query)
        radio = next(d.new_element.radio for d in found if d.new_element.HasField("radio"))
        button = next(
            d.new_element.button.id
            for d in found
            if d.new_element.HasField("button") and d.new_element.button.is_form_submitter
        )
        await asyncio.sleep(READING + rng.uniform(0, ANSWERING))
        await _answer(here, query, radio.id, radio.options[rng.randrange(len(radio.options))], button, room)
        before = await news(address, token)
        while True:
            await asyncio.sleep(rng.uniform(1.5, 2.25))
            begin = time.monotonic()
            now = await news(address, token)
            room.polls.append(time.monotonic() - begin)
            if now != before:
                break
        shown = texts(await here.deltas("all-lessons", query))
        if "Computed:" in shown:
            room.revealed.append(time.monotonic())
        else:
            room.seen.errors["no answer is shown"] += 1


async def _answer(here: Session, query: str, radio: str, option: str, button: str, room: Classroom) -> None:
    ask = BackMsg()
    ask.rerun_script.page_script_hash = here.scripts["all-lessons"]
    ask.rerun_script.query_string = query
    ask.rerun_script.widget_states.widgets.add(id=radio, string_value=option)
    ask.rerun_script.widget_states.widgets.add(id=button, trigger_value=True)
    room.clicks.append(time.monotonic())
    if "Your prediction" not in texts(await here.ask(ask, "all-lessons")):
        room.seen.errors["an answer was not taken"] += 1


async def teacher(address: str, cookie: str, room: Classroom, is_over: asyncio.Event) -> None:
    """The page Class, redrawn as it asks to be, until all have seen the answer."""
    async with session(address, room.seen, cookie) as here:
        await here.deltas("class")
        while not is_over.is_set():
            found = texts(await here.redraw("class", await here.due()))
            if count := re.search(r"\*\*(\d+) of \d+\*\*", found):
                room.counts.append((time.monotonic(), int(count[1])))


async def measure(addresses: list[str], learners: int) -> tuple[Classroom, float]:
    """What the class saw, and when the answer was shown."""
    from dlcore.course.lessons import read_lessons
    from dlcore.store import secret
    from dlcore.store.class_sessions import LESSON
    from dlcore.store.store import default_folder, shared
    from ui.learner import browser

    room, asked, is_over, ledger = Classroom(), asyncio.Event(), asyncio.Event(), shared().ledger
    cookies = [f"{browser.COOKIE}={browser.new_value()}" for _ in range(learners + 1)]
    names = [f"browser:{cookie.partition('=')[2].partition('.')[0]}" for cookie in cookies]
    ledger.note_teacher(names[0], secret.sign("teacher", f"{names[0]}\0{CODE}", default_folder()))
    code = ledger.begin_class(names[0])
    tokens = []
    for name in names:
        told = f"{code}.{name.encode().hex()}"
        tokens.append(f"{told}.{secret.sign('class', told, default_folder())}")
    for name in names[1:]:
        assert ledger.join_class(code, name, name[-4:])
    crowd = [
        asyncio.create_task(learner(addresses[i % len(addresses)], i, cookies[i], tokens[i], room, asked))
        for i in range(1, learners + 1)
    ]
    await asyncio.sleep(10)
    ledger.ask_class(code, LESSON + read_lessons()[STEP[0] - 1].steps[STEP[1] - 1].key)
    watching = asyncio.create_task(teacher(addresses[0], cookies[0], room, is_over))
    await asyncio.sleep(2)
    asked.set()
    for _ in range(600):
        await asyncio.sleep(0.1)
        if room.counts and room.counts[-1][1] >= learners:
            break
    await asyncio.sleep(2)
    shown = time.monotonic()
    ledger.reveal_to_class(code)
    for ended in await asyncio.gather(*crowd, return_exceptions=True):
        if ended is not None:
            room.seen.errors[f"{type(ended).__name__}: {ended}"] += 1
    is_over.set()
    await watching
    ledger.end_class(code)
    return room, shown


def quantiles(values: np.ndarray) -> str:
    return "p50 {:.0f} ms, p95 {:.0f} ms, slowest {:.0f} ms".format(*np.quantile(values, (0.5, 0.95, 1.0)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=100)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--promise", type=float, default=1000, help="p95 in ms that must be kept")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {
            "DLCORE_RUNS": str(folder / "runs"),
            "DLCORE_SHARED": "1",
            "DLCORE_TEACHER_CODE": CODE,
            "DLCORE_SECRET": "a-key-for-this-measurement",
        }
        if asked.database == "postgresql":
            database = stack.enter_context(postgresql.running())
            database.create("lab")
            environment["DLCORE_DB_URL"] = database.url("lab")
            environment["DLCORE_DB_PASSWORD_FILE"] = str(database.password_file)
        os.environ.update(environment)
        os.environ["DASK_SCHEDULER_ADDRESS"] = stack.enter_context(engine(environment))
        started = [stack.enter_context(server(folder)) for _ in range(asked.replicas)]
        warmed_up([process for _, process in started])
        room, shown = asyncio.run(measure([address for address, _ in started], asked.learners))
    on_screen = room.on_screen()
    print(
        f"{asked.learners} learners, {asked.replicas} web processes, {asked.database}, "
        f"load average {os.getloadavg()[0]:.1f}:\n\n"
        f"click to the teacher's count: {quantiles(on_screen)}\n"
        f"shown to a learner's screen: {quantiles(1000 * (np.array(room.revealed) - shown))}\n"
        f"a browser's question for news: {quantiles(1000 * np.array(room.polls))}\n\n"
        f"Errors: {dict(room.seen.errors) or 'none'}."
    )
    p95 = float(np.quantile(on_screen, 0.95))
    print(f"\np95 {p95:.0f} ms of {len(on_screen)} answers, {room.seen.errors.total()} errors")
    sys.exit(0 if p95 <= asked.promise and not room.seen.errors else 1)


if __name__ == "__main__":
    main()
