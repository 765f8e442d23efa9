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

from dlcore.course.lessons import Step, is_right, read_lessons, read_place, write_place
from dlcore.course.questions import draw, read_concepts
from dlcore.course.questions.written import read_number
from dlcore.data import load
from dlcore.network import trajectory
from dlcore.vocabulary import ALL_WORDS, find
from dlcore.word_pictures import picture as word_picture
from proofs import stated
from ui.backprop import stepper
from ui.convolution import sliding_filter
from ui.convolution.address import read_weights
from ui.course.checking import expected
from ui.course.quiz import COUNT, TOPICS
from ui.frame import take_along
from ui.network import controls, playground, rest
from ui.neuron import neuron, softmax
from ui.optimizers import hand as race_hand
from ui.optimizers import race as race_page
from ui.site import hand, pages, pictures, quiz
from ui.site.edition import SEEDS, build
from ui.site.formulas import UnknownSignError, mathml
from ui.site.packed import unpacked
from ui.site.prose import blocks
from ui.site.sentences import told
from ui.site.still import UnknownFigureError, svg

LAB = "https://lab.example/dl"
FEW, SURFACES = 2, ("beale", "bowl")  # seeds and surfaces of this build
COURSE = tuple(lesson for n, lesson in enumerate(read_lessons(), 1) if n in (1, 2, 3, 4, 6))  # of this build
SPARE = 250_000  # bytes for the lessons left out here


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(folder, LAB, SURFACES, FEW, COURSE)
    return folder


def text_of(site: Path, name: str) -> str:
    return (site / f"{name}.html").read_text(encoding="utf-8")


# --- the files ----------------------------------------------------------------------------------------------


def test_the_edition_stays_below_4_mb_with_all_its_seeds(site: Path) -> None:
    sizes = {file.stem: file.stat().st_size for file in site.iterdir()}
    assert set(sizes) == set(pages.MENU)
    assert sum(sizes.values()) + sizes["quiz"] / FEW * (SEEDS - FEW) + SPARE <= 4_000_000


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


def sent(site: Path, name: str) -> Any:
    """What a page unpacks."""
    found = re.search(r'unpack\("([\w+/=]+)"\)', text_of(site, name))
    assert found
    return unpacked(found[1])


def test_every_step_of_the_lessons_is_asked_here_as_in_the_lab_or_says_that_it_needs_a_training(
    site: Path,
) -> None:
    here = sent(site, "lessons")["lessons"]
    assert [lesson["title"] for lesson in here] == [lesson.title for lesson in COURSE]
    left_out = set()
    for lesson, made in zip(COURSE, here, strict=True):
        for step, one in zip(lesson.steps, made["steps"], strict=True):
            assert one["key"] == step.key
            if "closed" in one:
                left_out.add(step.title)
                assert "needs a training" in one["closed"] and one["link"].startswith(f"{LAB}/training-")
                continue
            assert one["answer"] == expected(step).value and one["veiled"] == step.veiled
            assert "[[" not in one["ask"] + one["after"] + one["proof"]
            assert one["live"] or one["still"] or one.get("frames") or one["file"]
    assert left_out == {"Shuffled pixels"}


def test_a_steps_picture_is_the_one_that_the_lab_sends_in_the_state_of_its_link(site: Path) -> None:
    steps = [step for lesson in sent(site, "lessons")["lessons"] for step in lesson["steps"]]
    shown = {step["title"]: step["live"] for step in steps if step.get("live")}
    assert {one["name"] for one in shown.values()} == {
        *("neuron", "network", "softmax", "backprop", "race", "convolution"),
    }
    hand, _ = neuron.read_hand("1,1;-3;1,1", 2)
    there = json.loads(json.dumps(neuron.payload("relu", 2, "none", hand)))
    assert shown["A sleeping ReLU"]["data"] == there
    assert shown["XOR once more"]["data"]["net"]["hidden"] == [4, 2]
    assert shown["XOR once more"]["data"]["shown"] == "tve"
    frames = {step["title"]: step["frames"] for step in steps if "frames" in step}
    assert [*frames["What it saves"]["html"]] == ["CNN", "MLP"] and frames["What it saves"]["start"] == "CNN"
    assert "318,341" in frames["What it saves"]["html"]["MLP"]
    assert frames["Six layers with a bend"]["start"] == "6"
    assert len({*frames["Six layers with a bend"]["html"].values()}) == 6
    valley = {one["name"]: one["lr"] for one in shown["A long valley"]["data"]["racers"]}
    assert valley["gradient_descent"] == pytest.approx(2 / 101)


def test_a_figure_becomes_a_still_picture_with_its_points_where_they_belong() -> None:
    axes = {"xaxis": {"range": [0, 10]}, "yaxis": {"range": [-1, 1]}, "height": 300}
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 5, 10],
        "y": [-1, 0, 1],
        "line": {"color": "#2A86C7"},
    }
    made = ElementTree.fromstring(svg({"data": [line], "layout": axes}, "a < b"))
    assert made.get("aria-label") == "a < b"
    (path,) = (one for one in made.iter("path") if one.get("stroke") == "#2A86C7")
    at = [tuple(map(float, point.split())) for point in re.split("[ML]", path.get("d", ""))[1:]]
    assert at[1] == pytest.approx(((at[0][0] + at[2][0]) / 2, (at[0][1] + at[2][1]) / 2), abs=0.11)
    assert at[0][0] < at[2][0] and at[0][1] > at[2][1]  # y grows upwards
    assert {text.text for text in made.iter("text")} >= {"0", "10", "−1", "1"}
    decades = svg({"data": [line], "layout": {"xaxis": {"type": "log", "range": [-2, 1]}}}, "")
    assert ">0.01<" in decades and ">10<" in decades and "nan" not in decades
    with pytest.raises(UnknownFigureError):
        svg({"data": [{"type": "surface"}], "layout": {}}, "")


def test_the_words_have_the_labs_own_small_pictures(site: Path) -> None:
    here = sent(site, "vocabulary")
    there = {word.slug: drawn.to_data() for word in ALL_WORDS if (drawn := word_picture(word.name))}
    assert here == json.loads(json.dumps(there)) and len(here) > 40
    assert text_of(site, "vocabulary").count('<div class="picture">') == len(here)


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


JUDGED = (
    "index",
    "network",
    "hand",
    "lessons",
    "vocabulary",
    "quiz",
)  # by axe; `make proofs` judges all (ENGINES=all)
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
        # axe takes half a minute for all entries of the vocabulary
        some = {"vocabulary": "#vocabulary_q=adam", "lessons": "#lessons_at=1.4"}.get(name, "")
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
def test_a_step_is_predicted_tried_and_answered_here_and_a_link_or_the_browser_resumes_it(
    site: Path, chromium: Any
) -> None:
    errors: list[str] = []
    page = opened(chromium, errors, reduced_motion="reduce", bypass_csp=True)
    page.goto((site / "lessons.html").as_uri())
    page.get_by_role("link", name="Begin with lesson 1, step 1").click()
    shown = page.locator(".shown")
    assert shown.get_attribute("inert") is not None  # the picture says the answer
    page.get_by_label("Your prediction").fill("5/2")
    page.keyboard.press("Enter")
    assert shown.get_attribute("inert") is None
    page.get_by_role("button", name="Show the answer").press("Enter")
    assert "2.5 — as you predicted" in page.locator("#verdict").inner_text()
    assert "Your prediction 2.5, the answer 2.5." in page.locator(".scale").get_attribute("aria-label")
    page.locator(".handle.x").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="As in the question").wait_for()
    whole = page.get_by_role("link", name="Open the whole page").get_attribute("href")
    assert (
        whole.startswith("neuron.html#neuron_at=") and whole != "neuron.html#neuron_at=2%2C-1%3B0.5%3B1.5%2C1"
    )
    page.get_by_label("Activation f").select_option("tanh")
    assert page.evaluate("lab.page.moving.data.f") == "tanh"
    page.get_by_role("button", name="As in the question").click()
    assert page.evaluate("lab.page.moving.data.at") == "2,-1;0.5;1.5,1"
    here = urlsplit(page.url).fragment
    assert here == f"lessons_at={write_place((1, 1), [(1, 1)], COURSE)}"
    assert parse_qs(urlsplit(page.locator("#lab").get_attribute("href")).query) == parse_qs(here)
    page.get_by_role("link", name="Next step").click()
    page.get_by_label("It turns.").check()
    page.get_by_role("button", name="That is my prediction").click()
    page.get_by_role("button", name="Show the answer").click()
    assert "not what you predicted" in page.locator("#verdict").inner_text()
    page.reload()
    assert "not what you predicted" in page.locator("#verdict").inner_text()  # this browser has kept it
    page.get_by_role("link", name="All lessons").click()
    page.get_by_role("link", name="Go on with lesson 1, step 3").wait_for()
    for text in ("3.2-7.1", "1.99-ffff", "2.2", "x"):
        read = page.evaluate(f"lab['site/progress.js'].readToken('{text}', lab.page.page.lessons)")
        place, done, problem = read_place(text, COURSE)
        assert (read["place"] and tuple(read["place"]), {*map(tuple, read["done"])}) == (place, done)
        assert read["problem"] == problem
    for given, answer in ((2.51, 2.5), (2.56, 2.5), (3.0, 3), (3.1, 3), (0.0, 0.0)):
        step = {"answer": answer, "whole": isinstance(answer, int), "tolerance": 0.02}
        judged = page.evaluate(f"lab['site/prediction.js'].isRight({json.dumps(step)}, {given})")
        assert judged == is_right(Step("", "", "", "", "", ""), given, answer)
    framed = f"{site.name}/lessons.html#bare=1&amp;lessons_at=1.3"
    (site.parent / "framed.html").write_text(f'<iframe sandbox="allow-scripts" src="{framed}" width=900>')
    page.goto((site.parent / "framed.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your prediction").fill("3")
    frame.get_by_role("button", name="That is my prediction").click()  # no form is submitted in such a frame
    frame.get_by_role("button", name="Show the answer").click()
    assert not frame.locator("nav").first.is_visible()
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
    page.goto(f"{(site / 'vocabulary.html').as_uri()}#vocabulary_term=stride")
    page.wait_for_function("document.querySelector('#stride .picture').shadowRoot?.querySelector('svg')")
    assert 0 <= page.evaluate("document.querySelector('#stride').getBoundingClientRect().top") < 100
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
