"""Every page's state in its address: what can be makes the round trip, what cannot be is ignored with one sentence.

The tests are made from the pages' declarations, so that no field can be forgotten: a few by `make test`, as many as
one likes by `prove`.
"""

import ast
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import ROOT
from test_pages import PAGES

import ui.backprop.address
import ui.convolution.address
import ui.course.lessons
import ui.course.quiz
import ui.course.vocabulary
import ui.experiments.address
import ui.gradcam.address
import ui.network.controls
import ui.neuron.address
import ui.optimizers.address
from dlcore.runs import Recipe
from ui.backprop.stepper import URL_NAMES, from_url, to_url
from ui.frame import frame, old_links
from ui.frame.address import UNKNOWN, State
from ui.frame.fields import Field, RefusedError, RunKey, Several, Text

STATES: dict[str, State] = {
    "lessons": ui.course.lessons.STATE,
    "neuron": ui.neuron.address.STATE,
    "network": ui.network.controls.STATE,
    "backprop": ui.backprop.address.STATE,
    "optimizers": ui.optimizers.address.STATE,
    "training": ui.experiments.address.STATE,
    "convolution": ui.convolution.address.STATE,
    "gradcam": ui.gradcam.address.STATE,
    "vocabulary": ui.course.vocabulary.STATE,
    "quiz": ui.course.quiz.STATE,
}
FIELDS = [(page, name) for page, state in STATES.items() for name in state.fields]
HOSTILE: tuple[str | list[str], ...] = (
    "",
    " ",
    "nan",
    "inf",
    "1e999",
    "-1",
    str(2**64),
    "<script>alert(1)</script>",
    "\x00",
    "%00",
    "7" * 5000,
    "²",
    "true;drop",
    ["1", "1"],
    "🦠",
)
SENTENCE = "This link asks for"

Query = dict[str, str | list[str]]
Open = Callable[[str, Query], Any]


def texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


# --- the declarations --------------------------------------------------------------------------------------


def test_every_page_declares_its_state() -> None:
    pages = {file.stem for file in (ROOT / "pages").glob("*.py")}
    assert pages == {
        *STATES,
        "home",
        "server",
        "session",
    }  # nothing could be chosen there but a class by its code
    assert all(state.page == page for page, state in STATES.items())


def keys_of_bound_controls() -> Iterator[tuple[str, bool]]:
    """The keys of all controls that are bound to the address, and whether only their beginning is known."""
    for file in [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            given = {word.arg: word.value for word in node.keywords}
            if "bind" not in given or "key" not in given:
                continue
            match given["key"]:
                case ast.Constant(value=str(key)):
                    yield key, True
                case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                    yield start, False


def test_every_bound_control_is_declared() -> None:
    keys = set(keys_of_bound_controls())
    assert len(keys) > 60
    for key, whole in keys:
        page, _, name = key.partition("_")
        known = STATES[page].fields
        assert name in known if whole else any(each.startswith(name) for each in known), key


def judged(field: Field, value: str | list[str]) -> bool:
    """Whether a field takes this; what it takes, it can write."""
    try:
        read = field.read(texts(value))
    except RefusedError:
        return False
    assert field.read(field.write(read)) == read
    return True


@pytest.mark.parametrize(("page", "name"), FIELDS)
def test_a_field_reads_what_it_writes_and_refuses_what_is_hostile(page: str, name: str) -> None:
    field = STATES[page].fields[name]
    taken = [value for value in HOSTILE if judged(field, value)]
    free = isinstance(field, Text) and field.judge is None
    assert free or not {value for value in taken if isinstance(value, str)} - {"-1", ""}, taken
    assert isinstance(field, Several) or "" not in taken
    assert "\x00" not in taken and "7" * 5000 not in taken and " " not in taken
    if not isinstance(field, RunKey) and (not isinstance(field, Text) or field.examples):
        rng = random.Random(name)
        for _ in range(20):
            value = field.sample(rng)
            assert field.read(field.write(value)) == value and field.holds(value)


# --- under AppTest -----------------------------------------------------------------------------------------


@pytest.fixture
def open_at(app: Callable, stored: str) -> Open:
    """A page at an address, in a session that has not seen it."""

    def run(page: str, query: Query) -> Any:
        test = app("home").switch_page(f"pages/{page}.py")
        for name, value in query.items():
            test.query_params[name] = value
        return test.run()

    return run


@pytest.fixture(scope="module")
def stored(own_folders: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The key of a small CNN, alone in a store of its own."""
    from dlcore.store.store import shared
    from dlcore.training import fit

    run = fit(Recipe(dataset="digits", width=4, epochs=2, subset=100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLCORE_RUNS", str(tmp_path_factory.mktemp("addresses") / "runs"))
        shared().publish(run)
        yield run.key


def sentences(test: Any) -> list[str]:
    return [box.value for box in test.info if box.value.startswith(SENTENCE)]


def wrong_with_hostile(open_at: Open, page: str, query: Query) -> str:
    """What is wrong with a page at an address of hostile values, or ""."""
    state = STATES[page]
    refused = {
        f"`{name}`"
        for name, value in query.items()
        if not judged(state.fields[name.removeprefix(state.prefix)], value)
    }
    test = open_at(page, query)
    said = sentences(test)
    if test.exception or test.error:
        return f"{page} {query}: {[e.value for e in (*test.exception, *test.error)]}"
    if len(said) != bool(refused) or any(name not in said[0] for name in refused):
        return f"{page} {query}: of {refused} it says {said}"
    return ""


def bisected(wrong: Callable[[Query], str], query: Query) -> str:
    """What is wrong with an address, told by as few of its names as make it wrong."""
    told = wrong(query)
    if told and len(query) > 1:
        items = list(query.items())
        halves = (dict(items[: len(items) // 2]), dict(items[len(items) // 2 :]))
        return next((smaller for half in halves if (smaller := bisected(wrong, half))), told)
    return told


def hostile_addresses(page: str, rng: random.Random, size: int) -> Iterator[Query]:
    """Addresses with a hostile value under every name."""
    state = STATES[page]
    for _ in range(size):
        yield {state.prefix + name: rng.choice(HOSTILE) for name in state.fields}


def usable(field: Field) -> bool:
    return not isinstance(field, Text) or bool(field.examples)


def valid_addresses(page: str, rng: random.Random, size: int) -> Iterator[Query]:
    """Addresses that say something of a state in which all that they say is on screen."""
    state = STATES[page]
    for _ in range(size):
        opens = rng.choice([dict(field.on or {}) for field in state.fields.values()])
        query: Query = {state.prefix + name: text for name, text in opens.items()}
        there = {
            name: field
            for name, field in state.fields.items()
            if usable(field) and name not in opens and (field.on or {}).items() <= opens.items()
        }
        for name in rng.sample(sorted(there), min(len(there), 8)):
            value = there[name].sample(rng)
            if value != there[name].default or there[name].always:
                written = there[name].write(value)
                query[state.prefix + name] = written if len(written) > 1 else written[0]
        yield query


def canonical(page: str, query: Query) -> Query:
    """The address that a page writes for this one."""
    state = STATES[page]
    known = {name: state.fields[name.removeprefix(state.prefix)] for name in query}
    kept = {
        name: query[name] for name, f in known.items() if f.always or f.read(texts(query[name])) != f.default
    }
    if page == "backprop":  # its numbers stand there as what differs from a preset
        numbers = {f"backprop_{name}" for name in URL_NAMES}
        asked = {name: str(value) for name, value in query.items() if name in numbers}
        kept = {n: v for n, v in kept.items() if n not in numbers} | (
            to_url(*from_url(asked)) if asked else {}
        )
    return kept


def wrong_with_valid(open_at: Open, page: str, query: Query) -> str:
    """What is wrong with a page at an address of valid values, or ""."""
    test, state = open_at(page, query), STATES[page]
    if test.exception or sentences(test):
        return f"{page} {query}: {[e.value for e in test.exception]} {sentences(test)}"
    says = {name: texts(value) for name, value in test.query_params.items() if name.startswith(state.prefix)}
    wanted = {name: texts(value) for name, value in canonical(page, query).items()}
    if any(says.get(name) != value for name, value in wanted.items()):
        return f"{page} {query}: the address becomes {says}"
    for name, field in state.fields.items():
        key = state.prefix + name
        wants = field.read(texts(query[key])) if key in query else field.default
        if key not in test.session_state or wants is None or (page == "backprop" and name in URL_NAMES):
            continue
        if not same(test.session_state[key], wants):
            return f"{page} {query}: {key} is {test.session_state[key]!r}, not {wants!r}"
    return ""


def same(held: Any, wanted: Any) -> bool:
    return bool(list(held) == list(wanted) if isinstance(wanted, list | tuple) else held == wanted)


def prove(open_at: Open, size: int, seed: int = 0, pages: tuple[str, ...] = tuple(STATES)) -> list[str]:
    """All that is wrong with `size` hostile and `size` valid addresses of every page."""
    wrong = []
    for page in pages:
        rng = random.Random(f"{seed} {page}")
        for query in hostile_addresses(page, rng, size):
            wrong.append(bisected(lambda part, page=page: wrong_with_hostile(open_at, page, part), query))
        for query in valid_addresses(page, rng, size):
            wrong.append(bisected(lambda part, page=page: wrong_with_valid(open_at, page, part), query))
    return [each for each in wrong if each]


@pytest.mark.parametrize("page", STATES)
def test_addresses_make_the_round_trip_or_are_ignored_with_one_sentence(page: str, open_at: Open) -> None:
    assert not prove(open_at, 2, seed=1, pages=(page,))


def test_an_unknown_name_is_said_once_and_names_of_other_pages_are_left_alone(open_at: Open) -> None:
    test = open_at("neuron", {"neuron_bogus": "1", "neuron_zzz": "2", "gradcam_tab": "x", "neuron_f": "tanh"})
    assert len(sentences(test)) == 1 and sentences(test)[0].count(UNKNOWN) == 1
    assert "neuron_bogus" not in test.query_params and test.query_params["neuron_f"] == "tanh"


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("optimizers", {"optimizers_seed": "1e999"}),
        ("backprop", {"backprop_seed": "inf", "backprop_tab": "Deeper networks"}),
        ("neuron", {"neuron_n": ""}),
        ("backprop", {"backprop_batch": "", "backprop_tab": "Gradient descent"}),
    ],
)
def test_no_address_ends_in_an_error_box(page: str, query: Query, open_at: Open) -> None:
    test = open_at(page, query)
    assert not test.exception and not test.error and len(sentences(test)) == 1


# --- leaving and returning ---------------------------------------------------------------------------------


def returned(test: Any, page: str) -> Any:
    """After a look at the first page and the way back by the menu."""
    test.switch_page("pages/home.py")
    test.query_params.clear()
    test.run()
    test.switch_page(f"pages/{page}.py")
    test.query_params.clear()
    return test.run()


def test_a_page_is_found_again_as_it_was_left(open_at: Open, stored: str) -> None:
    query: Query = {
        "training_run": stored,
        "training_seed": "1",
        "training_epochs_cells": "3",
        "training_dropout": "0.25",
        "training_compare": stored,
    }
    test = returned(open_at("training", query), "training")
    assert {name: test.query_params.get(name) for name in query} == query
    assert test.number_input(key="training_seed").value == 1


def test_a_link_shows_what_it_says_and_nothing_of_an_earlier_visit(open_at: Open) -> None:
    test = open_at("neuron", {"neuron_f": "tanh", "neuron_at": "1,1;0.5;1,1"})
    test.switch_page("pages/home.py").run()
    test.switch_page("pages/neuron.py")
    test.query_params.clear()
    test.query_params["neuron_points"] = "xor"
    test.run()
    assert test.session_state["neuron_f"] == "sigmoid" and "neuron_at" not in test.query_params


def test_the_network_shown_stands_in_the_address_also_when_it_is_the_newest(
    open_at: Open, stored: str
) -> None:
    assert open_at("gradcam", {}).query_params["gradcam_run"] == stored
    opened = open_at("convolution", {"convolution_tab": "Inside a trained CNN"})
    assert opened.query_params["convolution_run"] == stored


def test_the_question_is_found_again_after_it_has_been_answered(open_at: Open) -> None:
    test = open_at("quiz", {"quiz_seed": "3", "quiz_at": "4"})
    test.session_state["quiz_answers"] = {"all-3-4": 0}
    assert test.run().query_params["quiz_at"] == "4"


# --- addresses of earlier versions -------------------------------------------------------------------------

OLD = ROOT / "tests" / "fixtures" / "version_0_1_0" / "addresses.json"


def old_addresses() -> list[tuple[str, dict[str, list[str]]]]:
    """One address for every page and tab of version 0.1.0, with everything that it could hold: page, parameters."""
    pages = {path: page for page, path in PAGES.items()}
    parts = map(urlsplit, json.loads(OLD.read_text(encoding="utf-8"))["addresses"])
    return [(pages.get(part.path, "home"), parse_qs(part.query, keep_blank_values=True)) for part in parts]


def ignored(page: str, query: Mapping[str, list[str]]) -> set[str]:
    """The names of an address that are not understood, where every run that it names exists."""
    found = set()
    for name, values in query.items():
        state = frame.EVERYWHERE if name in frame.EVERYWHERE.fields else STATES[page]
        field = state.field_of(name.removeprefix(state.prefix))
        try:
            if field is None:
                raise RefusedError(name)
            if isinstance(field, RunKey):
                known = [values[0][-6:] + "0" * 58] if " · " in values[0] else values
                field = replace(field, exists=lambda key: True, known=lambda known=known: known)
            field.read(values)
        except RefusedError:
            found.add(name)
    return found


def test_every_address_of_version_0_1_0_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ui.convolution.address, "is_here", lambda name: True
    )  # BreastMNIST was, when they were made
    old = old_addresses()
    assert len(old) > 100
    moved = 0
    for page, query in old:
        there = old_links.forward(page, query)
        moved += there is not None
        assert ignored(*(there or (page, query))) == set(), (page, query)
    assert moved > 2


def test_the_small_network_of_the_neuron_page_is_found_on_its_own_page(open_at: Open) -> None:
    query: Query = {
        "neuron_tab": "A small network",
        "neuron_data": "xor",
        "neuron_layers": "none",
        "neuron_features": ["x₁", "x₂", "x₁x₂"],
        "neuron_seed": "53.0",
        "neuron_epochs": "50",
        "bare": "1",
    }
    test = open_at("neuron", query)
    assert test.title[0].value == "Small network" and not sentences(test)
    assert test.session_state["network_data"] == "xor" and test.session_state["network_seed"] == 53
    assert test.session_state["network_features"] == ["x1", "x2", "x1x2"] and test.toggle(key="bare").value


def test_the_tab_in_three_dimensions_leads_to_the_first_tab_of_the_race(open_at: Open) -> None:
    test = open_at("optimizers", {"optimizers_tab": "In 3-D", "optimizers_surface": "Two wells"})
    assert not test.exception and not sentences(test)
    assert test.session_state["optimizers_tab"] == "Step by step"
    assert test.session_state["optimizers_surface"] == "two_wells"


@pytest.mark.parametrize("name", old_links.RENAMED)
def test_the_old_name_of_a_tab_leads_to_a_tab(name: str) -> None:
    page = name.split("_")[0]
    for old, new in old_links.RENAMED[name].items():
        on = {"training_tab": ["Experiments"]} if name == "training_experiment" else {}
        there = old_links.forward(page, {name: [old], **on})
        assert there == (page, {name: [new], **on}) and ignored(*there) == set()
        assert ignored(page, {name: [old], **on}) == {name}


def test_a_link_with_the_old_names_of_tab_and_experiment_opens_both(open_at: Open) -> None:
    test = open_at("training", {"training_tab": "Experiments", "training_experiment": "k folds"})
    assert not test.exception and not sentences(test)
    assert test.session_state["training_experiment"] == "Cross-validation"


def test_a_renamed_tab_is_one_more_row(monkeypatch: pytest.MonkeyPatch) -> None:
    row = old_links.Moved("quiz", {"quiz_topic": "Old"}, "quiz", now={"quiz_topic": "Neuron"})
    monkeypatch.setattr(old_links, "MOVES", (row,))
    said = old_links.forward("quiz", {"quiz_topic": ["Old"], "quiz_seed": ["3"]})
    assert said == ("quiz", {"quiz_seed": ["3"], "quiz_topic": ["Neuron"]})
    assert old_links.forward("quiz", {"quiz_topic": ["Neuron"]}) is None
