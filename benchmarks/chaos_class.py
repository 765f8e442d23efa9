"""The class under the blows: learners who press Train on the page, watch it, and come again when they are cut off.

By Streamlit's protocol, each learner at one web process. What their screens say is all that they know.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from websockets.exceptions import WebSocketException

from benchmarks.chaos_system import System
from benchmarks.classroom import PAGE, epoch_shown, train_button
from benchmarks.load import Seen, Session, session
from dlcore.runs import Recipe


@dataclass
class Learner:
    """One of the class: where they sit, what they train, and what their screen has said.

    Attributes:
        link: the page's parameters.
        size: (width, depth) of the network, where it is not the default.
        ended: "" while it goes on; "finished", or "failed: …" with the page's own sentence.
        remarks: what the page added in other words.
        answers, moves: times at which a page was answered, and at which a training had moved on.
    """

    web: str
    recipe: Recipe
    seen: Seen
    link: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    pressed: float = 0.0
    epoch: int | None = None
    ended: str = ""
    remarks: set[str] = field(default_factory=set)
    answers: list[float] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)

    def look(self, deltas: list[Delta]) -> None:
        """Take in what a page says now."""
        self.answers.append(time.monotonic())
        epoch = epoch_shown(deltas, self.epoch)
        alerts = [
            d.new_element.alert
            for d in deltas
            if d.new_element.WhichOneof("type") == "alert" and self.pressed
        ]
        self.remarks |= {alert.body for alert in alerts}
        ended = ""
        if self.pressed and epoch is None and not any(_is_passing(alert.body) for alert in alerts):
            warned = [alert.body for alert in alerts if alert.format == Alert.WARNING]
            ended = f"failed: {warned[0]}" if warned else "finished"
        if (epoch or 0) > (self.epoch or 0) or (ended and not self.ended):
            self.moves.append(time.monotonic())
        self.epoch, self.ended = epoch, ended or self.ended


def _is_passing(sentence: str) -> bool:
    """Whether a page says that it cannot say now what has become of a training."""
    return "not stored here" in sentence or "database" in sentence


async def attend(system: System, learner: Learner, over: asyncio.Event) -> None:
    """Come, press Train, watch; come again when the connection breaks; stay until everybody is done."""
    while not over.is_set():
        try:
            async with session(system.address(learner.web), learner.seen) as here:
                await here.visit("")
                await stay(here, learner, over)
        except (OSError, TimeoutError, EOFError, WebSocketException):
            await asyncio.sleep(0.3)  # as the browser does
        except LookupError:  # the page came without its button; what it showed instead is counted
            await asyncio.sleep(1)


async def stay(here: Session, learner: Learner, over: asyncio.Event) -> None:
    """A session's life on the training page."""
    deltas = await here.deltas(PAGE, urlencode(learner.link))
    learner.look(deltas)
    if not learner.pressed:
        if any(learner.size):
            deltas = await enlarge(here, deltas, learner)
        learner.pressed = time.monotonic()
        deltas = await here.deltas(PAGE, urlencode(learner.link), press=train_button(deltas))
        learner.link["training_run"] = learner.recipe.key
        learner.look(deltas)
    while not over.is_set():
        if here.redraws and not learner.ended:
            deltas = await here.redraw(PAGE, await here.due())
        else:
            await asyncio.sleep(1)
            deltas = await here.deltas(PAGE, urlencode(learner.link))
        learner.look(deltas)


async def enlarge(here: Session, deltas: list[Delta], learner: Learner) -> list[Delta]:
    """The page after its section “More of the recipe” has been opened and the size set there."""
    section = next(
        d.add_block.expandable.id for d in deltas if d.add_block.expandable.label == "More of the recipe"
    )
    ask = BackMsg()
    ask.rerun_script.page_script_hash = here.scripts[PAGE]
    ask.rerun_script.query_string = urlencode(learner.link)
    ask.rerun_script.widget_states.widgets.add(id=section, bool_value=True)
    deltas = await here.ask(ask, PAGE)
    fields = [d.new_element.number_input for d in deltas]
    for label, value in zip(("Width", "Depth"), learner.size, strict=True):
        name = next(field.id for field in fields if field.label.startswith(label))
        ask.rerun_script.widget_states.widgets.add(id=name, double_value=value)
    await here.ask(ask, PAGE)
    return await here.ask(ask, PAGE)  # the recipe above reads what stood below it the run before


def seat(system: System, number: int, seed: int, model: str = "cnn") -> Learner:
    """A learner on one of the web processes, with a link to a recipe."""
    recipe = Recipe(dataset="digits", model=model, seed=seed)
    link = {
        "training_data": "Handwritten digits",
        "training_model": model.upper(),
        "training_seed": str(seed),
    }
    return Learner(system.webs[number % len(system.webs)], recipe, Seen(), link)


@contextmanager
def class_in(system: System, learners: list[Learner]) -> Iterator[None]:
    """They are at their pages inside."""
    over = asyncio.Event()
    tasks = [asyncio.create_task(attend(system, learner, over)) for learner in learners]
    try:
        yield
    finally:
        over.set()
        for task in tasks:
            task.cancel()
