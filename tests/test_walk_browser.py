"""Lessons: each step's link opened in a real browser, done as it says, and the answer's numbers are on the screen."""

import os
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from conftest import PATIENCE, settle, start_server, stop_server

from dlcore.store.store import WITH_THE_LAB
from proofs import walk

# One step, another one whenever the course changes; `make proofs` walks them all.
ALL = sorted(walk.WALKS)
CHOSEN = ALL if os.environ.get("WALK") else [ALL[len(str(walk.steps())) % len(ALL)]]
SHOWN = """() => {
  const out = [];
  const read = (node) => {
    if (node.nodeType === Node.TEXT_NODE) { out.push(node.data); return; }
    if (node.nodeType === Node.ELEMENT_NODE) {
      // display: contents has no box, but its parts have.
      const isSeen = node.checkVisibility() || getComputedStyle(node).display === "contents";
      if (/^(STYLE|SCRIPT|ANNOTATION)$/i.test(node.tagName) || !isSeen) return;
      if (node.tagName === "INPUT") out.push(` ${node.value} `);
      if (node.shadowRoot) node.shadowRoot.childNodes.forEach(read);
    }
    node.childNodes.forEach(read);
    if (/^(P|DIV|TR|TD|LI|TEXT|OUTPUT|BUTTON|MATH)$/i.test(node.tagName ?? "")) out.push("\\n");
  };
  read(document.querySelector("[data-testid=stMain]"));
  return out.join("");
}"""


def do(page: object, act: tuple[str, str]) -> None:
    """One act of a learner."""
    kind, name = act
    if kind == "key":
        page.keyboard.press(name)  # type: ignore[attr-defined]
    elif kind == "pick":
        page.get_by_text(name, exact=True).first.click()  # type: ignore[attr-defined]
    else:
        role = {"press": "button", "tab": "tab"}[kind]
        page.get_by_role(role, name=name).first.click()  # type: ignore[attr-defined]
    settle(page)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, own_folders: None) -> Iterator[str]:
    """A lab as it is installed: with the networks that come with it."""
    runs = tmp_path_factory.mktemp("walk") / "runs"
    server, address = start_server(DLCORE_RUNS=str(runs), DLCORE_SEED_RUNS=str(WITH_THE_LAB))
    yield address
    stop_server(server)


@pytest.mark.browser
@pytest.mark.parametrize("title", CHOSEN)
def test_the_answers_numbers_stand_on_the_screen_after_what_the_step_says(
    title: str, open_page: Callable, installed: str
) -> None:
    step = walk.steps()[title]
    page = open_page(step.link, base=installed)
    for act in walk.WALKS[title].acts:
        do(page, act)
    values, said, end = walk.wanted(step), walk.sentences(step), time.monotonic() + PATIENCE

    def left() -> list[str]:
        text = page.evaluate(SHOWN)
        return walk.missing(values, lambda: text) + walk.unsaid(said, lambda: text)

    while left() and time.monotonic() < end:
        page.wait_for_timeout(300)
    assert left() == [], values


def test_a_value_is_on_the_screen_as_it_is_rounded_there_and_another_is_not() -> None:
    shown = walk.numbers("ŷ = 0.622, L = −1,234.5, 3 of 4; 7")
    assert shown == {"0.622", "-1234.5", "3", "4", "7"}
    rng = np.random.default_rng(0)
    for value in rng.uniform(-9, 9, 50):
        assert walk.is_shown(value, {f"{value:.3f}"}) and not walk.is_shown(value + 0.01, {f"{value:.3f}"})
    assert walk.is_shown(0.62246, shown) and walk.is_shown(3.0, shown)
    assert not walk.is_shown(3.4, shown)  # one digit is no answer
    assert walk.missing({"a": 0.62246, "b": 5.0}, lambda: "0.62") == ["b"]


def test_walks_are_of_steps_that_exist_and_look_for_what_their_answers_give() -> None:
    for title in walk.WALKS:
        step = walk.steps()[title]
        assert walk.wanted(step) or walk.sentences(step)


def test_a_sentence_is_found_with_its_number_and_not_with_another() -> None:
    shown = "on the right side\n3 of 4 points"
    assert walk.unsaid(["side 3 of 4"], lambda: shown) == []
    assert walk.unsaid(["side 2 of 4"], lambda: shown) == ["side 2 of 4"]
