"""The first page: its picture is a recorded training run, its doors lead to pages that exist."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import ROOT, in_browser, settle

from dlcore.network import trajectory
from ui.course import home
from ui.learner import classroom


def test_the_browser_learns_as_dlcore_does(blank: object) -> None:
    data = home.separation()
    run = trajectory.train(home.PLAN, np.array(home.START))
    call = "(m, d) => m.descend(d.points, d.start, d.eta, d.steps)"
    path = in_browser(blank, ("home/descent.js",), call, data)
    assert len(path) == len(run.theta) == home.PLAN.epochs + 1
    np.testing.assert_allclose([step["theta"] for step in path], run.theta, rtol=1e-10)
    np.testing.assert_allclose([step["loss"] for step in path], run.loss["train"], rtol=1e-10)
    wrong = np.rint((1 - run.accuracy["train"]) * len(data["points"]))
    assert [step["wrong"] for step in path] == wrong.tolist()
    assert wrong[0] > len(data["points"]) / 3 and wrong[-1] == 0


def test_a_drawn_line_goes_through_both_its_ends(blank: object) -> None:
    call = "(m, [a, b, like]) => m.through(a, b, like)"
    for like in ([1.2, -1.5, 2.0], [-1.2, 1.5, 0.0]):
        w1, w2, b = in_browser(blank, ("home/descent.js",), call, [[-2, 1], [3, 0.5], like])
        for x1, x2 in ((-2, 1), (3, 0.5)):
            assert abs(w1 * x1 + w2 * x2 + b) < 1e-12
        assert np.hypot(w1, w2) == pytest.approx(np.hypot(like[0], like[1]))
        assert w1 * like[0] + w2 * like[1] > 0  # class 1 keeps its side


def test_home_lists_every_other_page(app: Callable) -> None:
    stems = {file.stem for file in (ROOT / "pages").glob("*.py")}
    assert set(home.PAGES) == stems - {"home", "server", "session"}  # these two are a shared server's
    page = app("home")
    assert not page.exception
    assert {box.value for box in page.subheader} >= {
        "I have ten minutes",
        "I follow the course",
        "I teach it",
    }


def test_doors_lead_to_states_that_exist_and_remember_the_course(app: Callable) -> None:
    for _, stem, parameters in home.TEN_MINUTES:
        page = app("home")
        for key, value in parameters.items():
            page.query_params[key] = value
        page.switch_page(f"pages/{stem}.py").run()
        assert not page.exception
        assert {key: page.query_params.get(key) for key in parameters} == parameters
    plans = app("home")
    plans.query_params["lessons_plans"] = "1"
    plans.switch_page("pages/lessons.py").run()
    assert any("all-lessons?lessons_at=1.1" in box.value for box in plans.code)


def test_projector_and_hidden_controls_come_by_link_and_stay(app: Callable) -> None:
    page = app("home")
    page.query_params["projector"] = "1"
    page.switch_page("pages/neuron.py").run()
    assert page.toggle(key="projector").value
    assert not page.toggle(key="bare").value
    page.switch_page("pages/vocabulary.py").run()
    assert page.toggle(key="projector").value
    page.toggle(key="projector").set_value(False).run()
    page.switch_page("pages/neuron.py").run()
    assert not page.toggle(key="projector").value
    assert "projector" not in page.query_params


def test_a_class_link_names_page_and_state() -> None:
    link = classroom.class_link(
        "https://lab.example/all-lessons?lessons_plans=1", "test-yourself", {"quiz_seed": "7"}
    )
    assert link == "https://lab.example/test-yourself?quiz_seed=7"


@pytest.mark.browser
def test_line_moves_by_itself_once_and_answers_to_the_keyboard(open_page: Callable) -> None:
    page = open_page("", width=390, motion=True)
    slider = page.get_by_label("Training step")
    page.wait_for_function("n => +n.value === 120", arg=slider.element_handle())
    page.get_by_role("button", name="Play from start").click()
    page.wait_for_function("n => +n.value > 3 && +n.value < 120", arg=slider.element_handle())
    page.get_by_role("button", name="Pause").click()
    paused = slider.input_value()
    page.wait_for_timeout(200)
    assert slider.input_value() == paused
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == int(paused) + 1
    page.keyboard.press("Home")
    assert "Step 0 of 120" in slider.get_attribute("aria-valuetext")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_a_line_drawn_across_the_picture_is_where_it_learns_from(open_page: Callable) -> None:
    page = open_page("")
    box = page.locator("svg[role=img]").bounding_box()
    before = page.locator(".numbers").inner_text()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 300, steps=4)
    during = page.locator(".numbers").inner_text()
    assert during.startswith("Step 0 of 120")
    page.mouse.up()
    after = page.locator(".numbers").inner_text()
    assert after.startswith("Step 120 of 120") and after != before


@pytest.mark.browser
def test_reduced_motion_jumps_instead_of_playing(open_page: Callable) -> None:
    page = open_page("")
    slider = page.get_by_label("Training step")
    page.get_by_role("button", name="Show the start").click()
    assert slider.input_value() == "0"
    page.wait_for_timeout(300)
    assert slider.input_value() == "0"
    page.get_by_role("button", name="Show the end").click()
    assert slider.input_value() == "120"


@pytest.mark.browser
def test_a_door_opens_its_page(open_page: Callable) -> None:
    page = open_page("")
    page.get_by_role("link", name="Backprop stepper").last.click()
    page.wait_for_url("**/backprop-stepper*")
    settle(page)
    assert page.locator("h1").inner_text() == "Backprop stepper"
