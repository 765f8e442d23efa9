"""The static edition: built once, numbers and links judged here, every page opened from disk without a network."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from conftest import drawn
from test_accessibility_browser import findings

from dlcore.course.questions import draw, read_concepts
from dlcore.course.questions.written import read_number
from dlcore.data import load
from dlcore.network import trajectory
from dlcore.vocabulary import ALL_WORDS, find
from proofs import stated
from ui.backprop import stepper
from ui.convolution import sliding_filter
from ui.convolution.address import read_weights
from ui.course.quiz import COUNT, TOPICS
from ui.frame import take_along
from ui.network import controls, playground, rest
from ui.neuron import neuron, softmax
from ui.optimizers import hand as race_hand
from ui.optimizers import race as race_page
from ui.site import hand, pages, pictures, quiz
from ui.site.edition import SEEDS, build
from ui.site.formulas import UnknownSignError, mathml
from ui.site.prose import blocks
from ui.site.sentences import told

LAB = "https://lab.example/dl"
FEW, SURFACES = 2, ("beale", "bowl")  # seeds and surfaces of this build


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(folder, LAB, SURFACES, FEW)
    return folder


def text_of(site: Path, name: str) -> str:
    return (site / f"{name}.html").read_text(encoding="utf-8")


# --- the files ----------------------------------------------------------------------------------------------


def test_the_edition_stays_below_4_mb_with_all_its_seeds(site: Path) -> None:
    sizes = {file.stem: file.stat().st_size for file in site.iterdir()}
    assert set(sizes) == set(pages.MENU)
    assert sum(sizes.values()) + sizes["quiz"] / FEW * (SEEDS - FEW) <= 4_000_000


def test_a_page_asks_nobody_for_anything_and_links_to_pages_that_exist(site: Path) -> None:
    for name in pages.MENU:
        text = text_of(site, name)
        assert "default-src 'none'" in text
        markup = text.partition("<script>")[0]
        links = re.findall(r'(?:href|src)="([^"]+)"', markup)
        files = {urlsplit(link).path for link in links if not link.startswith((LAB, "#"))}
        assert {f"{other}.html" for other in pages.MENU} <= files <= {f.name for f in site.iterdir()}
        assert f"{LAB}/" in markup


def test_a_page_says_what_the_lab_says() -> None:
    known = {str(claim) for _, claim in stated.on_pages()}
    all_told = [told("home"), told("neuron", "one"), told("neuron", "shares"), told("quiz")]
    all_told += [told("network", lesson="network/lesson"), told("convolution", "slides")]
    for one in all_told:
        said = [one.claim, *one.more, *(c for c in (one.to_try, one.to_see) if c is not None)]
        assert {str(claim) for claim in said} <= known
    assert told("neuron", "shares").claim != told("neuron", "one").claim
    with pytest.raises(LookupError):
        told("neuron", "no such tab")


def test_every_text_of_words_and_questions_becomes_well_formed_and_an_unknown_sign_is_noticed() -> None:
    texts = [
        text for word in ALL_WORDS for text in (word.definition, word.mistake, f"$${word.formula or 1}$$")
    ]
    for question in draw(5, 40, read_concepts()):
        texts += [question.ask, getattr(question, "solution", "")]
    for text in texts:
        made = ElementTree.fromstring(f"<p>{blocks(text).replace('<br>', '<br/>')}</p>")
        assert "\\" not in "".join(made.itertext()) and "$" not in "".join(made.itertext())
    assert "<mfrac>" in mathml(r"\frac{1}{2}")
    with pytest.raises(UnknownSignError):
        mathml(r"\oiint x")


def test_a_seed_asks_here_what_it_asks_in_the_lab() -> None:
    questions, drawn_here = quiz.all_drawn(FEW)
    for place, topic in enumerate(TOPICS):
        there = draw(1, COUNT, read_concepts(), topic)
        assert [questions[at]["ask"] for at in drawn_here[place][1]] == [blocks(q.ask) for q in there]


def test_the_line_for_a_frame_points_to_the_static_edition_and_is_missing_without_one(
    app: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = take_along.frame_line("home", "https://site.example/a/", f'{LAB}?a="1"&b=2')
    assert 'src="https://site.example/a/index.html#bare=1&amp;a=&quot;1&quot;&amp;b=2"' in line
    assert {take_along.FILES[name] for name in take_along.FILES} <= set(pages.MENU)
    monkeypatch.setenv("DLCORE_SITE_URL", "https://site.example/a/")
    page = app("neuron")
    assert any("<iframe" in code.value and "/a/neuron.html#bare=1" in code.value for code in page.code)
    monkeypatch.delenv("DLCORE_SITE_URL")
    assert not any("<iframe" in code.value for code in page.run().code)


# --- in a browser -------------------------------------------------------------------------------------------


def opened(chromium: Any, errors: list[str], **more: Any) -> Any:
    """A page of a browser without a network, that notes every error."""
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **more})
    context.set_offline(True)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return page


JUDGED = ("index", "network", "hand", "vocabulary", "quiz")  # by axe; `make proofs` judges all (ENGINES=all)
WIDER = "document.documentElement.scrollWidth > innerWidth"


@pytest.mark.browser
def test_every_page_opens_from_disk_without_a_network_in_the_dark_and_on_a_phone(
    site: Path, chromium: Any
) -> None:
    errors: list[str] = []
    page = opened(chromium, errors, reduced_motion="reduce")
    found = {}
    for name in pages.MENU:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
        some = (
            "#vocabulary_q=adam" if name == "vocabulary" else ""
        )  # axe takes half a minute for all its entries
        page.goto((site / f"{name}.html").as_uri() + some)
        page.locator("h1").wait_for()
        drawn(page)
        assert not page.evaluate(WIDER), name
        if page.locator("#compute").count():
            assert page.evaluate(
                "document.querySelector('#picture').shadowRoot.querySelector('.root *') !== null"
            )
            page.locator("#compute").click()
            assert page.locator("#verdict").inner_text().startswith("✓"), name
            page.evaluate("lab.page.page.checks.cases[0].numbers[0] += 1")  # a wrong number is noticed
            page.locator("#compute").click()
            assert "49 of 50 states" in page.locator("#verdict").inner_text(), name
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="dark")
        drawn(page)
        assert not page.evaluate(WIDER), name
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"
        if (name in JUDGED or os.environ.get("ENGINES") == "all") and (lines := findings(page)):
            found[name] = lines
    assert found == {}
    moving = opened(
        chromium, errors, bypass_csp=True
    )  # to wait for something, Playwright needs what the policy refuses
    moving.goto((site / "index.html").as_uri())
    at = "document.querySelector('#picture').shadowRoot.querySelector('input[type=range]').value"
    first = moving.evaluate(at)
    moving.wait_for_function(f"{at} !== {json.dumps(first)}")
    for one in (page, moving):
        one.context.close()
    assert errors == []


def plan_of(**values: Any) -> trajectory.Plan:
    fields = controls.STATE.fields
    return controls.plan_of({name: field.default for name, field in fields.items()} | values, "")[0]


def some_states() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """File -> what an address of the lab says, and what the lab sends its component there."""
    at = "1.25,-0.5;0.125;2,-3"
    neuron_asked = {"neuron_f": "tanh", "neuron_points": "xor", "neuron_at": at}
    scores = "2,1.5,-0.5,1;0.5"
    graph = {
        "backprop_x": "2",
        "backprop_w1": "-2",
        "backprop_loss": "squared error",
        "backprop_step": "d_w1",
    }
    own = "1,0,-1,2,0,-2,1,0,-1"
    filtered = {"convolution_image": "eosinophil", "convolution_kernel": "your own", "convolution_own": own}
    filtered |= {"convolution_k": "5", "convolution_s": "2", "convolution_p": "3", "convolution_cell": "1,2"}
    setting = sliding_filter.Setting(
        "eosinophil",
        sliding_filter.grey(sliding_filter.pixels("eosinophil")),
        "your own",
        sliding_filter.resized(read_weights(own) or [], 5),
        sliding_filter.Geometry(5, 2, 3, 1),
    )
    trained = {"network_data": "moons", "network_layers": "3-2", "network_act": "ReLU", "network_lr": "0.1"}
    trained |= {"network_opt": "Adam", "network_batch": "all points", "network_features": ["x₁", "x₁x₂"]}
    trained |= {"network_epoch": "40", "network_edit": "10:0:1.5"}
    plan = plan_of(
        data="moons", layers="3-2", act="relu", lr=0.1, opt="adam", batch=0, features=["x1", "x1x2"]
    )
    sent = playground.payload(
        plan, trajectory.sets(plan), "tv", True, 40, rest.edits_of([(10, 0, 1.5)], plan.net.size)
    )
    raced = {"optimizers_surface": race_page.SURFACE_NAMES["bowl"], "optimizers_racers": "Adam"}
    raced |= {"optimizers_rate": "too large", "optimizers_x": "1.5", "optimizers_adam_beta1": "0.5"}
    adam = race_page.RULES["adam"]
    rate = float(f"{race_page.rates('bowl', 10.0, adam())[2]:.3g}")
    start = (1.5, race_page.ground("bowl", 10.0).start[1])
    race = race_page.Plan("bowl", 10.0, (adam(lr=rate, beta1=0.5),), start, 150, 0.0, 0)
    return {
        "neuron": (neuron_asked, neuron.payload("tanh", 2, "xor", neuron.read_hand(at, 2)[0])),
        "softmax": ({"neuron_softmax": scores}, softmax.payload(*softmax.read(scores)[:2])),
        "backprop": (graph, stepper.payload(stepper.from_url(graph)[0], "")),
        "convolution": (filtered, sliding_filter.payload(setting, (1, 2))),
        "network": (trained, sent),
        "race": (raced, race_hand.payload(race, {"arrows": False, "log": True})),
    }


NOT_COMPARED = {"revision", "id", "early"}  # names of a state, and when the lab is told of it


@pytest.mark.browser
def test_an_address_of_the_lab_opens_the_same_state_here_and_leads_back_to_it(
    site: Path, chromium: Any
) -> None:
    errors: list[str] = []
    page = opened(chromium, errors, reduced_motion="reduce")
    for name, (asked, sent) in some_states().items():
        page.goto("about:blank")
        page.goto(f"{(site / f'{name}.html').as_uri()}#{urlencode(asked, doseq=True)}")
        data = page.evaluate("lab.page.data")
        expected = json.loads(json.dumps(sent, default=lambda value: value.tolist()))
        assert {k: v for k, v in data.items() if k not in NOT_COMPARED} == {
            k: v for k, v in expected.items() if k not in NOT_COMPARED
        }, name
        back = parse_qs(urlsplit(page.locator("#lab").get_attribute("href")).query)
        assert {k: v for k, v in back.items() if k != "neuron_tab"} == parse_qs(
            urlencode(asked, doseq=True)
        ), name
        assert page.locator("#problem").inner_text() == "", name
    second = hand.own_networks()[1]
    asked = {"convolution_run": second.key, "convolution_number": "3", "convolution_strokes": "pFAKLKM"}
    asked |= {"convolution_epoch": "0", "convolution_class": "1", "convolution_spot": "1.2.3.4"}
    page.goto(f"{(site / 'hand.html').as_uri()}#{urlencode(asked)}")
    data = page.evaluate("lab.page.data")
    labels = load(second.recipe.dataset).labels
    assert data["run"] == second.key[:16]
    assert data["truth"] == second.class_names[int(labels[second.val_index[3]])]
    state = {
        "strokes": "pFAKLKM",
        "epoch": 0,
        "k": 1,
        "spot": [1, 2, 3, 4],
        "stage": "relu",
        "each": False,
        "beside": "",
    }
    assert data["state"] == state
    assert errors == []
    page.context.close()


@pytest.mark.browser
def test_what_a_hand_does_here_stands_in_the_address_and_so_does_a_choice(site: Path, chromium: Any) -> None:
    errors: list[str] = []
    page = opened(chromium, errors, reduced_motion="reduce", bypass_csp=True)
    page.goto((site / "index.html").as_uri())
    page.get_by_label("Address").fill(f"{LAB}/neuron-playground?neuron_f=tanh&neuron_run=1")
    page.get_by_role("button", name="Open the same state here").click()
    page.wait_for_url("**/neuron.html#*")
    assert "neuron_run" in page.locator("#problem").inner_text()
    page.locator(".handle.x").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash.includes('neuron_at=')")
    page.get_by_label("Points to separate").select_option("xor")
    back = urlsplit(page.locator("#lab").get_attribute("href"))
    assert back.path == "/dl/neuron-playground"
    assert parse_qs(back.query).keys() == {"neuron_f", "neuron_at", "neuron_points"}
    framed = f"{site.name}/neuron.html#bare=1&amp;neuron_f=tanh"
    (site.parent / "deck.html").write_text(
        f'<iframe sandbox="allow-scripts" src="{framed}" width=900 height=700>'
    )
    page.goto((site.parent / "deck.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("#picture .root[data-draws]").wait_for()
    assert not frame.locator("nav").is_visible()
    frame.locator(".handle.x").focus()
    frame.locator(".handle.x").press("ArrowRight")
    frame.get_by_label("Activation f").select_option("ReLU")
    page.goto(f"{(site / 'quiz.html').as_uri()}#quiz_seed=1&quiz_at=2")
    assert page.locator(".numbers [aria-current]").inner_text() == "2"
    for text, whole in (("−3/8", False), ("1 3/8", False), ("1,600", True), ("0,375", False), ("x", False)):
        typed = page.evaluate(f"lab['site/typed.js'].readNumber({json.dumps(text)}, {json.dumps(whole)})")
        assert typed == read_number(text, whole)
    page.goto((site / "vocabulary.html").as_uri())
    for query in (
        "gradient",
        "∇",
        "normalisations",
        "losses",
        "step size",
        "momentun",
        "lerning rate",
        "hesian",
    ):
        page.get_by_label("Search").fill(query)
        shown = page.locator("article:visible h3").all_inner_texts()
        assert shown == [word.name for word in find(query, ALL_WORDS)], query
    assert errors == []
    page.context.close()


def test_a_link_of_a_word_leads_to_a_page_that_can_show_it(site: Path) -> None:
    known = {
        picture.file: picture for picture in (pictures.one_neuron(), pictures.shares(), pictures.graph())
    }
    links = re.findall(r'<p>→ <a href="(\w+)\.html#?([^"]*)"', text_of(site, "vocabulary"))
    assert len(links) > 20
    for file, query in links:
        if file in known:
            picture = known[file]
            names = {one["name"] for one in picture.controls} | set(picture.names) | set(picture.fixed)
            assert set(parse_qs(query.replace("&amp;", "&"))) <= names
