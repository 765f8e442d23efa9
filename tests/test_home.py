"""The first page: its picture is a recorded training run, its doors lead to pages that exist."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import ROOT, settle

from dlcore.network import backward, trajectory
from ui.course import home
from ui.learner import classroom


def test_picture_is_full_batch_gradient_descent() -> None:
    run, sets = trajectory.train(home.PLAN, np.array(home.START)), trajectory.sets(home.PLAN)
    x, y = sets.points.x[sets.train], sets.points.y[sets.train]
    for t in (0, 5, 100):
        step = home.PLAN.lr * backward(home.PLAN.net, run.theta[t], x, y)
        assert np.allclose(run.theta[t + 1], run.theta[t] - step, rtol=0, atol=1e-12)
        assert not np.allclose(run.theta[t + 1], run.theta[t] + step, rtol=0, atol=1e-6)


def test_line_starts_wrong_and_ends_separating() -> None:
    data = home.separation()
    points, theta = np.array(data["points"]), np.array(data["theta"])
    wrong = (theta[:, :2] @ points[:, :2].T + theta[:, 2:] > 0) != (points[:, 2] > 0)  # (steps + 1, n)
    assert wrong.sum(axis=1).tolist() == data["wrong"]
    assert data["wrong"][0] > len(points) / 3
    assert data["wrong"][-1] == 0


def test_home_lists_every_other_page(app: Callable) -> None:
    stems = {file.stem for file in (ROOT / "pages").glob("*.py")}
    assert set(home.PAGES) == stems - {"home", "server"}  # the last is its teacher's alone
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
def test_line_plays_on_demand_and_answers_to_the_keyboard(open_page: Callable) -> None:
    page = open_page("", width=390)
    slider = page.get_by_label("Training step")
    assert slider.input_value() == "120"  # the first paint shows the end, with the way there
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
def test_reduced_motion_jumps_instead_of_playing(open_page: Callable) -> None:
    page = open_page("")
    page.emulate_media(reduced_motion="reduce")
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
    assert page.locator("h1").inner_text() == "Backpropagation, step by step"
