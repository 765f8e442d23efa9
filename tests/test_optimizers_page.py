"""The race's page under AppTest and in a browser, and its figures, validated and small."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest
from conftest import ROOT, settle

from dlcore.figures import optimizer_lenses as lenses
from dlcore.figures.optimizers import LOOK, race_map
from dlcore.figures.prebuilt import Prebuilt, typed
from dlcore.optimizers import RULES, SURFACES, race
from dlcore.optimizers.basins import endings, grid
from dlcore.optimizers.fair import fair_race
from dlcore.optimizers.learning_rates import sweep
from dlcore.optimizers.newton_cost import step_cost
from dlcore.optimizers.noise import gradient_noise
from dlcore.optimizers.stability import heavy_ball_rate
from dlcore.optimizers.terrain import terrain
from ui.optimizers import checks, hand
from ui.optimizers.race import Plan
from ui.optimizers.text import race_script, table

EVERYONE = tuple(rule(lr=0.01) for rule in RULES.values())
TABS = (
    "Step by step",
    "Fair comparison",
    "Basins of attraction",
    "Learning rate",
    "Gradient noise",
    "Newton's method",
    "PyTorch comparison",
)


def validated(figure: go.Figure | Prebuilt) -> go.Figure:
    """A figure that Plotly has checked attribute by attribute."""
    made = figure.to_dict()
    return go.Figure(data=made["data"], layout=made["layout"], frames=made.get("frames"))


@pytest.mark.parametrize("name", ["two_wells", "monkey_saddle", "rastrigin", "logistic"])
def test_the_figure_is_valid_with_every_racer_and_shows_where_each_ended(name: str) -> None:
    result = race(name, EVERYONE, [SURFACES[name].start], 60)
    figure = validated(race_map(result, terrain(name), arrows=True))
    assert not figure.frames and [trace.name for trace in figure.data if trace.name] == [
        rule.title for rule in EVERYONE
    ]
    symbols = tuple(LOOK[rule.name].symbol for rule in EVERYONE)
    assert sum(trace.marker.symbol == symbols for trace in figure.data) == 2


def test_a_race_of_no_steps_is_drawn_as_well() -> None:
    assert validated(race_map(race("beale", EVERYONE[:2], [(1.0, 1.6)], 0), terrain("beale")))


def test_every_rule_has_a_look_of_its_own() -> None:
    assert set(RULES) <= set(LOOK)
    assert len(set(LOOK.values())) == len(LOOK)
    assert len({(look.dash, look.symbol) for name, look in LOOK.items() if name in RULES}) == len(RULES)


def test_typed_arrays_hold_the_numbers() -> None:
    packed = typed(np.arange(6.0).reshape(2, 3))
    assert packed["shape"] == "2, 3"
    assert validated(Prebuilt({"data": [{"type": "heatmap", "z": packed}], "layout": {}}))


@pytest.mark.parametrize("log", [True, False])
def test_a_terrain_is_drawn_the_higher_the_higher_it_is(log: bool) -> None:
    ground = terrain("himmelblau", log=log)
    assert np.isfinite(ground.height).all()
    assert (np.diff(ground.height.ravel()[np.argsort(ground.f.ravel())]) >= 0).all()
    assert (ground.height == ground.f).all() != log
    lengths = np.linalg.norm(np.diff(ground.field, axis=1), axis=-1)
    assert (lengths < 1).all()


def test_every_lens_draws_a_valid_figure() -> None:
    rules = (RULES["adam"](lr=0.1), RULES["gradient_descent"](lr=0.01))
    starts = grid(SURFACES["himmelblau"].view, 12)
    noise = gradient_noise(SURFACES["logistic"], (1.0, 1.0), (1, 8, 569), repeats=50, replace=False)
    beta = np.linspace(0, 0.99, 9)
    figures = [
        lenses.shares(fair_race("himmelblau", rules, starts, 30, "steps", 0.2), True),
        lenses.basin_map(endings("himmelblau", rules[0], starts, 30), terrain("himmelblau"), 12),
        lenses.basin_map(endings("rastrigin", rules[0], starts, 30), terrain("rastrigin"), 12),
        lenses.learning_rates(sweep("himmelblau", rules, starts[:1], 20)),
        lenses.learning_rates(sweep("monkey_saddle", rules, starts[:1], 20)),
        lenses.noise_arrows(noise, 1),
        lenses.noise_against_batch(noise),
        lenses.stability_map(
            np.linspace(0, 4, 11),
            beta,
            heavy_ball_rate(np.linspace(0, 4, 11), beta[:, None]),
            np.stack([beta, 2 + 2 * beta, (1 - np.sqrt(beta)) ** 2], -1),
            (1.0, 0.9),
        ),
        lenses.newton_cost(step_cost((2, 4), rounds=1)),
    ]
    for figure in figures:
        assert validated(figure).data


def plan(**more: object) -> Plan:
    given = {
        "surface": "beale",
        "condition": 10.0,
        "rules": (RULES["adam"](lr=0.1, beta1=0.8), RULES["lbfgs"](line_search=True)),
        "start": (1.0, 1.6),
        "steps": 30,
        "noise": 0.0,
        "seed": 0,
    }
    return Plan(**{**given, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("surface", ["beale", "bowl"])
def test_the_copied_script_runs_and_prints_the_numbers_on_screen(surface: str) -> None:
    here = plan(surface=surface, condition=25)
    result = race(here.ground(), here.rules, [here.start], here.steps)
    printed = subprocess.run(
        [sys.executable, "-c", race_script(here)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for line, rule, loss in zip(printed, here.rules, result.losses, strict=True):
        assert line.startswith(rule.title) and f"loss {loss[0, -1]:.6g}" in line


def test_the_table_holds_every_point() -> None:
    result = race("beale", plan().rules, [(1.0, 1.6)], 30)
    rows = table(plan(), result).splitlines()
    assert len(rows) == 1 + 2 * 31
    assert float(rows[31].split(",")[2]) == result.paths[0, 0, -1, 0]


def test_the_page_shows_a_race_and_its_check(app: Callable) -> None:
    page = app("optimizers")
    assert not page.exception and not page.error
    assert any("dual numbers" in caption.value for caption in page.caption)
    assert page.latex


def test_the_page_without_racers_says_what_to_do(app: Callable) -> None:
    page = app("optimizers")
    page.button_group(key="optimizers_racers").set_value([]).run()
    assert not page.exception
    assert "at least one racer" in page.info[0].value


@pytest.mark.parametrize("surface", SURFACES)
def test_the_page_runs_on_every_surface_and_says_who_left(surface: str, app: Callable) -> None:
    page = app("optimizers")
    page.selectbox(key="optimizers_surface").set_value(surface).run()
    page.button_group(key="optimizers_rate").set_value("too large").run()
    assert not page.exception and not page.error
    if surface in ("bowl", "monkey_saddle"):
        assert any("Diverged" in caption.value for caption in page.caption)


def raced(page: object, name: str) -> str:
    """What the race in the browser says of itself."""
    return str(page.locator(".root:has(.map)").first.get_attribute(f"data-{name}"))  # type: ignore[attr-defined]


def waits(page: object, name: str, value: str) -> None:
    page.locator(f".root[data-{name}='{value}']").wait_for()  # type: ignore[attr-defined]


def messages(page: object) -> list[int]:
    """Grows with every message that the page sends to the server from now on: to be asked for before it is opened."""
    sent: list[int] = []
    page.on(  # type: ignore[attr-defined]
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(len(frame)))
    )
    return sent


class Session(dict):
    """Streamlit's session state, as far as a callback uses it."""

    __getattr__ = dict.__getitem__


@pytest.mark.parametrize(
    "moved",
    [
        None,
        [],
        {"surface": "bowl", "start": [1.0, 2.0], "racers": []},  # of another surface
        {"surface": "beale", "start": [1.0, float("nan")], "racers": None},
        {"surface": "beale", "start": ["1", True], "racers": [["adam"], ["moon", 1.0, None], "adam", 3]},
        {"surface": "beale", "start": None, "racers": [["adam", "0.1", [1]], ["momentum", None, 2.0]]},
    ],
)
def test_what_a_hand_cannot_have_moved_moves_nothing(moved: object, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(optimizers_hand={"moved": moved})
    monkeypatch.setattr(hand.st, "session_state", session)
    hand.take_hand("beale")
    assert set(session) == {"optimizers_hand"}


def test_what_a_hand_has_moved_goes_to_the_controls_within_their_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved = {
        "surface": "beale",
        "start": [-12.0, 0.5],
        "racers": [["adam", 0.25, 0.5], ["newton", 2e9, None]],
    }
    session = Session(optimizers_hand={"moved": moved})
    monkeypatch.setattr(hand.st, "session_state", session)
    hand.take_hand("beale")
    del session["optimizers_hand"]
    assert session == {
        "optimizers_x": -10.0,
        "optimizers_y": 0.5,
        "optimizers_adam_lr": 0.25,
        "optimizers_adam_beta1": 0.5,
        "optimizers_newton_lr": 1000.0,
    }


@pytest.mark.browser
def test_the_race_starts_by_itself_once_and_plays_to_its_end(open_page: Callable) -> None:
    page = open_page("optimizer-race?optimizers_steps=20", motion=True)
    waits(page, "step", "20")
    page.get_by_role("button", name="Back to the start").click()
    waits(page, "step", "0")
    assert raced(page, "playing") == "false"
    page.get_by_role("button", name="Play or pause").click()
    waits(page, "step", "20")


@pytest.mark.browser
def test_with_reduced_motion_the_race_stands_at_its_end(open_page: Callable) -> None:
    page = open_page("optimizer-race?optimizers_steps=20")
    waits(page, "step", "20")
    assert raced(page, "playing") == "false"


@pytest.mark.browser
def test_in_slow_motion_the_arrow_keys_take_the_racer_in_hand_step_by_step(open_page: Callable) -> None:
    page = open_page("optimizer-race?optimizers_steps=20&optimizers_adam_lr=0.1")
    waits(page, "step", "20")
    numbers = page.locator("table.numbers")
    assert not numbers.is_visible()
    page.locator(".racer", has_text="Adam").click()
    page.get_by_role("button", name="The racer in hand step by step").click()
    waits(page, "step", "1")
    assert numbers.locator("caption").inner_text().startswith("Adam, step 1.")
    step = numbers.locator("tr", has_text="Δ = ").locator("td")
    assert step.all_inner_texts() == [
        "−0.1",
        "−0.1",
    ]  # both coordinates by η, as different as their slopes are
    page.keyboard.press("ArrowRight")
    waits(page, "step", "2")
    assert numbers.locator("caption").inner_text().startswith("Adam, step 2.")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    waits(page, "step", "0")
    assert "stands at its start" in numbers.inner_text()
    page.get_by_role("button", name="The racer in hand step by step").click()
    waits(page, "step", "20")
    assert not numbers.is_visible()


@pytest.mark.browser
def test_dragging_the_start_moves_everybody_and_sends_one_message_at_rest(open_page: Callable) -> None:
    page = open_page("optimizer-race?optimizers_steps=40")
    page.reload()
    sent = messages(page)
    page.reload()
    settle(page)
    box = page.locator("canvas.map").bounding_box()
    loss = page.locator(".racer .loss").first
    before, draws, said = loss.inner_text(), int(raced(page, "draws")), len(sent)
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for k in range(12):
        page.mouse.move(
            box["x"] + (0.6 - 0.03 * k) * box["width"], box["y"] + (0.3 + 0.03 * k) * box["height"]
        )
    page.wait_for_function(
        "n => +n[0].dataset.draws >= n[1]",
        arg=[page.locator(".root:has(.map)").first.element_handle(), draws + 2],
    )
    assert loss.inner_text() != before and len(sent) == said
    page.mouse.up()
    page.wait_for_function("document.querySelector('input[aria-label=\"Start x\"]').value !== ''")
    settle(page)
    assert len(sent) == said + 1
    x, y = (float(each) for each in raced(page, "start").split(","))
    assert float(page.get_by_label("Start x").input_value()) == pytest.approx(x, abs=0.01)
    assert f"optimizers_x={x:g}" in page.url and f"optimizers_y={y:g}" in page.url


@pytest.mark.browser
def test_arrow_keys_move_the_start(open_page: Callable) -> None:
    page = open_page("optimizer-race?optimizers_steps=20")
    handle = page.locator("button.start")
    handle.press("ArrowRight")
    handle.press("Shift+ArrowDown")
    waits(page, "start", "1.045,1.35")
    assert "(1.04, 1.35)" in str(handle.get_attribute("aria-label"))


@pytest.mark.browser
def test_a_tap_moves_the_start_and_a_swipe_over_the_map_scrolls(open_page: Callable) -> None:
    page = open_page("optimizer-race?optimizers_steps=20", width=390)
    canvas = page.locator("canvas.map")
    assert "pan-y" in canvas.evaluate("e => getComputedStyle(e).touchAction")
    assert page.locator("button.start").evaluate("e => getComputedStyle(e).touchAction") == "none"
    tap = """(e) => {
      const { left, top, width, height } = e.getBoundingClientRect();
      const at = { clientX: left + width / 4, clientY: top + height / 4, pointerType: "touch", bubbles: true };
      e.dispatchEvent(new PointerEvent("pointerdown", at));
      const down = e.closest(".root").dataset.start;
      e.dispatchEvent(new PointerEvent("click", at));
      return down;
    }"""
    assert canvas.evaluate(tap) == "1,1.6"  # a finger that comes down may be about to scroll
    page.wait_for_function(
        "r => r.dataset.start !== '1,1.6'", arg=page.locator(".root:has(.map)").first.element_handle()
    )
    x, y = (float(each) for each in raced(page, "start").split(","))
    assert x == pytest.approx(-2.25, abs=0.05) and y == pytest.approx(1.25, abs=0.05)


@pytest.mark.browser
def test_the_rate_of_the_racer_in_hand_turns_and_a_preset_takes_it_back(open_page: Callable) -> None:
    page = open_page("optimizer-race?optimizers_surface=Bowl&optimizers_steps=20")
    page.locator(".racer", has_text="Momentum").click()
    eta = page.get_by_label("Learning rate η of Momentum")
    eta.evaluate(
        "e => { e.value = -2; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change')); }"
    )
    page.wait_for_function("location.search.includes('optimizers_momentum_lr=0.01')")
    assert "η 0.01" in page.locator(".racer", has_text="Momentum").inner_text()
    beta = page.get_by_label("β of Momentum")
    beta.evaluate(
        "e => { e.value = 0.5; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change')); }"
    )
    page.wait_for_function("location.search.includes('optimizers_momentum_beta=0.5')")
    page.get_by_role("radio", name="too small").or_(
        page.get_by_role("button", name="too small")
    ).first.click()
    page.wait_for_function("!location.search.includes('optimizers_momentum_lr')")


@pytest.mark.browser
def test_400_starts_say_where_they_end_as_dlcore_does(open_page: Callable) -> None:
    page = open_page(
        "optimizer-race?optimizers_surface=Himmelblau&optimizers_steps=60&optimizers_adam_lr=0.1"
    )
    page.locator(".racer", has_text="Adam").first.click()
    page.get_by_role("button", name="from 400 starts at once").click()
    page.locator(".where", has_text="Adam from 400 starts").filter(has_text="%").wait_for()
    rule = RULES["adam"](lr=0.1)
    found = endings("himmelblau", rule, grid(SURFACES["himmelblau"].view, 20), 60)
    assert f"{100 * found.reached:.3g}% reach a global minimum" in page.locator(".where").inner_text()


@pytest.mark.browser
def test_a_typed_formula_is_raced_and_stands_in_the_address_and_a_bad_one_says_why(
    open_page: Callable,
) -> None:
    page = open_page(
        "optimizer-race?optimizers_surface=Your+own+f(x,+y)&optimizers_own=x^2+%2B+4y²&optimizers_steps=50"
    )
    assert (
        page.locator("canvas.map").get_attribute("aria-label").startswith("Map of the surface “Your own f”")
    )
    typed = page.get_by_label("f(x, y) =")
    typed.fill("(x² - 4)²/4 + y²")
    typed.press("Enter")
    page.wait_for_function("decodeURIComponent(location.search).includes('(x²+-+4)²/4')")
    typed.fill("x + |y|")
    typed.press("Enter")
    page.get_by_text("Write |x| as abs(x).").wait_for()


@pytest.mark.browser
def test_every_tab_opens_and_draws(open_page: Callable) -> None:
    page = open_page("optimizer-race?optimizers_steps=30&optimizers_tab=PyTorch+comparison")
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        page.wait_for_function(
            "name => [...document.querySelectorAll('[role=tab]')]"
            ".some(tab => tab.textContent.includes(name) && tab.ariaSelected === 'true')",
            arg=tab,
        )
        settle(page)
        assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.browser
def test_a_link_opens_the_race_it_names_and_a_bad_one_the_default(open_page: Callable) -> None:
    state = "optimizers_surface=Two+wells&optimizers_racers=Adam&optimizers_rate=too+small"
    page = open_page(f"optimizer-race?{state}")
    page.locator(".racer").first.wait_for()
    assert [text.split("η")[0] for text in page.locator(".racer .name").all_text_contents()] == ["Adam"]
    odd = open_page("optimizer-race?optimizers_surface=moon&optimizers_x=1e9&optimizers_steps=-3", width=390)
    assert odd.get_by_text("dual numbers").count() == 1
    assert odd.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_famous_mistakes_at_a_rate_of_zero_are_no_nan(app: Callable) -> None:
    test = app("optimizers")
    test.query_params |= {
        "optimizers_tab": "PyTorch comparison",
        "optimizers_racers": "Adam",
        "optimizers_adam_lr": "0",
    }
    test.run()
    assert not test.exception and not any("nan" in caption.value for caption in test.caption)


@pytest.mark.parametrize("surface", SURFACES)
def test_at_a_rate_of_zero_nothing_moves_and_no_check_shows_nan(surface: str) -> None:
    rules = tuple(rule(lr=0.0) for rule in RULES.values())
    rows = checks.differences(plan(surface=surface, rules=rules, start=SURFACES[surface].start, steps=5))
    assert len(rows) >= 10 and all(row["difference"] == 0 for row in rows)
    assert "nan" not in " ".join(f"{row['ours']} {row['reference']}" for row in rows)


def test_checks_hold_where_they_once_turned_red_or_broke() -> None:
    """NAdam at η = 10; Nesterov with β = 0; a racer that leaves while its rate follows a schedule."""
    rules = (
        RULES["nadam"](lr=10.0),
        RULES["nesterov"](lr=0.01, beta=0.0),
        RULES["momentum"](lr=0.3, schedule="cosine"),
        RULES["newton"](lr=1.0),
    )
    for surface, start in (("beale", (1.0, 1.6)), ("monkey_saddle", (0.0, 0.0)), ("rosenbrock", (-1.2, 1.0))):
        found = checks.rows(plan(surface=surface, start=start, rules=rules, steps=150))
        assert len(found) >= 3 and all(row["difference"] <= row["tolerance"] for row in found)


def test_every_measurement_of_a_step_is_the_askers_own(app: Callable) -> None:
    test = app("optimizers")
    test.query_params["optimizers_tab"] = "Newton's method"
    test.run().button(key="optimizers_cost").click().run()
    first = test.session_state["optimizers_measured"]
    first.result(60)
    test.run()
    assert any("medians of 15 rounds" in caption.value for caption in test.caption)
    test.button(key="optimizers_cost").click().run()
    assert test.session_state["optimizers_measured"] is not first
