"""The lessons: every expected answer agrees with a second way of getting it, every link opens its state."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import ROOT

from dlcore.claims import fill
from dlcore.course.answers import ANSWERS
from dlcore.course.answers.images import blocks
from dlcore.course.edited import Edited
from dlcore.course.lessons import (
    FILE,
    LessonError,
    can_be_given,
    is_right,
    neighbour,
    read_lessons,
    read_place,
    write_place,
)
from dlcore.number_text import digits
from dlcore.runs import Recipe
from dlcore.store.ledger import Ledger
from dlcore.store.store import shared
from ui.course import quiz
from ui.learner import progress

LESSONS = read_lessons()
STEPS = [(i, s, step) for i, lesson in enumerate(LESSONS, 1) for s, step in enumerate(lesson.steps, 1)]
BY_TITLE = {step.title: step for _, _, step in STEPS}


def test_seven_lessons_or_more_of_ten_to_fifteen_minutes_in_the_texts_order() -> None:
    assert len(LESSONS) >= 7
    assert all(10 <= lesson.minutes <= 15 and 3 <= len(lesson.steps) <= 8 for lesson in LESSONS)
    pages = [lesson.steps[0].page for lesson in LESSONS]
    order = ("neuron", "backprop", "optimizers", "training", "convolution", "gradcam")
    firsts = [pages.index(page) for page in order]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("step", [step for _, _, step in STEPS], ids=lambda step: step.title)
def test_every_answer_is_one_of_the_choices_and_every_text_can_be_filled(step: object) -> None:
    answer = ANSWERS[step.answer](step.parameters)  # type: ignore[attr-defined]
    for text in (step.ask, step.after, step.proof):  # type: ignore[attr-defined]
        filled = fill(text, answer.facts)
        assert "[[" not in filled
        assert filled.count("$") % 2 == 0
    if step.choices:  # type: ignore[attr-defined]
        assert answer.value in dict(step.choices)  # type: ignore[attr-defined]
    else:
        assert isinstance(answer.value, int | float)
        assert math.isfinite(answer.value)


def expected(title: str) -> object:
    step = BY_TITLE[title]
    return ANSWERS[step.answer](step.parameters).value


def test_answers_by_hand_match_autograd() -> None:
    state = {k: float(v) for k, v in BY_TITLE["Forward"].parameters.items() if k != "backprop_step"}
    names = ("w1", "b1", "w2", "b2")
    w1, b1, w2, b2 = (
        torch.tensor(state[f"backprop_{n}"], dtype=torch.float64, requires_grad=True) for n in names
    )
    x, y = state["backprop_x"], state["backprop_y"]
    z2 = w2 * torch.relu(w1 * x + b1) + b2
    z2.retain_grad()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z2, torch.tensor(y, dtype=torch.float64))
    loss.backward()
    assert expected("Forward") == pytest.approx(float(torch.sigmoid(z2.detach())), abs=1e-12)
    assert expected("The error signal") == pytest.approx(float(z2.grad), abs=1e-12)  # type: ignore[arg-type]
    assert expected("All the way back") == pytest.approx(float(w1.grad), abs=1e-12)  # type: ignore[arg-type]
    assert expected("All the way back") != pytest.approx(float(w1.grad) * 1.02)  # type: ignore[arg-type]


def test_no_line_separates_xor() -> None:
    """The hard way: perceptron learning arrives for AND and OR, and never for XOR."""
    from dlcore.course.answers.networks import CORNERS, LOGIC

    def arrives(labels: np.ndarray) -> bool:
        w, x = np.zeros(3), np.column_stack([CORNERS, np.ones(4)])
        for _ in range(200):
            wrong = [i for i in range(4) if (x[i] @ w > 0) != labels[i]]
            if not wrong:
                return True
            w += x[wrong[0]] * (1 if labels[wrong[0]] else -1)
        return False

    found = ANSWERS["corners_right"]({"neuron_points": "xor"}).facts
    assert {name: arrives(labels) for name, labels in LOGIC.items()} == {
        name: right == 4 for name, right in found.items()
    }


def test_the_largest_rate_is_the_border_of_divergence() -> None:
    from dlcore.optimizers import RULES, race
    from dlcore.optimizers.surfaces import bowl

    border = float(expected("Too long a step"))  # type: ignore[arg-type]
    ends = [
        race(bowl(10.0), [RULES["gradient_descent"](lr=border * f)], [(-3.5, 1.5)], 300).losses[0, 0, -1]
        for f in (0.99, 1.01)
    ]
    assert ends[0] < 1 < ends[1]


def test_the_networks_sizes_are_those_of_the_real_models() -> None:
    from dlcore.convolution import network_opened
    from dlcore.data.cells import cells
    from dlcore.models import build

    images = cells(20)
    cnn, mlp = (build(Recipe(model=name), images).eval() for name in ("cnn", "mlp"))
    sizes = {m: sum(p.numel() for p in model.parameters()) for m, model in (("cnn", cnn), ("mlp", mlp))}
    assert expected("What it saves") == pytest.approx(sizes["mlp"] / sizes["cnn"])
    last = network_opened.feature_maps(cnn, images.images[0])[-1]
    assert expected("How fine is the map") == math.prod(last.maps.shape[1:])
    assert expected("What one cell sees") == last.field.size
    assert len(blocks(Recipe())) == 6


def test_the_best_of_twenty_coins_matches_a_simulation() -> None:
    rng = np.random.default_rng(5)
    best = rng.binomial(156, 0.5, (4000, 20)).max(axis=1) / 1.56
    assert expected("The best of twenty coins") == pytest.approx(best.mean(), abs=0.5)
    assert expected("The best of twenty coins") != pytest.approx(50, abs=0.5)


def test_small_numbers_by_other_means() -> None:
    step = ANSWERS["weighted_sum"](BY_TITLE["Weigh, add, bend"].parameters)
    assert step.value == 2 * 1.5 - 1 * 1 + 0.5
    assert expected("The steepest sigmoid") == pytest.approx(0.25)
    assert expected("A filter of five") == torch.nn.Conv2d(1, 1, 5, 2)(torch.zeros(1, 1, 28, 28)).shape[-1]
    assert expected("Knowing nothing") == pytest.approx(
        float(torch.nn.functional.cross_entropy(torch.zeros(1, 10), torch.tensor([3]))), rel=1e-6
    )
    assert expected("How often weights change") == len(range(0, 1078, 128))
    assert expected("Five folds") == 6000 * 0.8 * 0.8
    assert expected("Without the hats") == pytest.approx(0.3 / math.sqrt(0.001), rel=1e-5)


def test_an_answer_follows_the_state_in_the_link() -> None:
    assert ANSWERS["map_side"]({"convolution_k": "5", "convolution_s": "2"}).value == 12
    assert ANSWERS["map_side"]({"convolution_k": "5"}).value == 24
    assert ANSWERS["collapses"]({}).value != ANSWERS["collapses"]({"neuron_between": "ReLU"}).value


def test_a_prediction_counts_within_its_tolerance_only() -> None:
    step = BY_TITLE["Forward"]
    assert is_right(step, 0.62, 0.6225)
    assert not is_right(step, 0.65, 0.6225)
    assert is_right(step, 12.0, 12)
    assert not is_right(step, 12.1, 12)
    assert is_right(step, "same", "same")


# --- links and pages ---------------------------------------------------------------------------------------


def test_every_state_in_a_lesson_is_accepted_by_its_page(app: Callable) -> None:
    import re

    paths = dict(re.findall(r'"pages/(\w+)\.py",[^)]*url_path="([\w-]+)"', (ROOT / "app.py").read_text()))
    assert [s.title for _, _, s in STEPS if s.link.partition("?")[0] != paths[s.page]] == []
    states = {step.link: step for _, _, step in STEPS if step.parameters}
    one = app("home")

    def kept(page: str, parameters: dict[str, str], test: Any = one) -> bool:
        for key in list(test.query_params):
            del test.query_params[key]
        for key, value in parameters.items():
            test.query_params[key] = value
        test.switch_page(f"pages/{page}.py").run()
        assert not test.exception
        # What a page does not know it takes out of the address, or says that it ignored it.
        said = " ".join(element.value for element in (*test.info, *test.warning))
        same = all(test.query_params.get(key) == value for key, value in parameters.items())
        return same and "address" not in said

    # Without a trained network the Grad-CAM page has no tabs and no smoothing.
    known = [link for link, step in states.items() if step.page != "gradcam"]
    lost = [link for link in known if not kept(states[link].page, states[link].parameters)]
    # One visitor who goes from a page to the same page may lose what a learner keeps: they come from a lesson.
    assert [link for link in lost if not kept(states[link].page, states[link].parameters, app("home"))] == []
    assert not kept("neuron", {"neuron_tab": "Nonsense"})
    sources = "".join(
        file.read_text() for folder in ("pages", "ui") for file in (ROOT / folder).glob("grad*.py")
    )
    tabs = [step.parameters["gradcam_tab"] for _, _, step in STEPS if "gradcam_tab" in step.parameters]
    assert [tab for tab in tabs if f'"{tab}"' not in sources] == []


def opened(app: Callable, title: str) -> object:
    """The page of a step, opened by the step's link."""
    step = BY_TITLE[title]
    test = app("home")
    for key, value in step.parameters.items():
        test.query_params[key] = value
    test.switch_page(f"pages/{step.page}.py").run()
    assert not test.exception
    return test


def words(test: object) -> str:
    """All captions, texts, formulas and check cards of a page."""
    kinds = ("caption", "markdown", "latex", "subheader")
    return " ".join(element.value for kind in kinds for element in getattr(test, kind))


def test_the_race_shows_the_answers_of_its_lesson(app: Callable) -> None:
    """Every step of "From SGD to Adam": the number of its answer stands on the page that its link opens."""
    facts = {title: ANSWERS[step.answer](step.parameters).facts for title, step in BY_TITLE.items()}

    test = opened(app, "Too long a step")
    assert f"λ = {facts['Too long a step']['steepest']:g} is the largest curvature" in words(test)

    test = opened(app, "A long valley")
    steps = int(facts["A long valley"]["steps"])
    assert test.slider(key="optimizers_step").value == steps  # type: ignore[attr-defined]
    table = test.dataframe[0].value  # type: ignore[attr-defined]
    row = table.loc[table["racer"] == "Gradient descent"].iloc[0]
    start = float(ANSWERS["narrow_valley"](BY_TITLE["A long valley"].parameters).facts["start"])
    assert row["η"] == pytest.approx(2 / 101)
    assert row["loss"] <= 1e-6 * start
    test.slider(key="optimizers_step").set_value(steps - 1).run()  # type: ignore[attr-defined]
    table = test.dataframe[0].value  # type: ignore[attr-defined]
    assert table.loc[table["racer"] == "Gradient descent"].iloc[0]["loss"] > 1e-6 * start

    test = opened(app, "Adam's first step")
    table = test.dataframe[0].value  # type: ignore[attr-defined]
    row = table.loc[table["racer"] == "Adam"].iloc[0]
    assert row["length of the step"] == pytest.approx(facts["Adam's first step"]["whole"], rel=1e-6)

    said = words(opened(app, "Without the hats"))
    assert f"without the correction {digits(float(facts['Without the hats']['factor']))}" in said

    said = words(opened(app, "Four times the batch"))
    assert f"b = 32: {digits(float(facts['Four times the batch']['variance32']))} measured" in said


def test_links_open_what_their_steps_speak_of(app: Callable) -> None:
    assert opened(app, "XOR once more").toggle(key="network_test").value  # type: ignore[attr-defined]
    assert "gradcam_sigma=3" in BY_TITLE["A smoother map"].link
    said = words(opened(app, "A filter of five"))
    assert str(expected("A filter of five")) in said
    said = words(opened(app, "One pixel to the right"))
    facts = ANSWERS["kept_after_shift"](BY_TITLE["One pixel to the right"].parameters).facts
    assert all(f"{facts[name]:.1f}%" in said for name in ("percent", "zeros", "positive"))


def test_the_map_is_of_rank_49_at_the_smoothing_of_the_link_and_a_coarser_one_is_not() -> None:
    from dlcore.heatmaps.heatmaps import smooth, upsample

    each = np.eye(49).reshape(-1, 7, 7)
    seen = smooth(upsample(each, (28, 28), "bilinear"), 3.0).reshape(49, -1)
    assert (
        np.linalg.matrix_rank(seen)
        == 49
        == ANSWERS["numbers_after_smoothing"]({"gradcam_sigma": "3"}).facts["rank"]
    )


def test_the_field_of_a_cell_grows_by_the_rule_that_the_lesson_tells() -> None:
    """Two cells a 3 × 3 convolution, one a 2 × 2 pooling, which doubles the spacing; the old rule gives 23."""
    field, spacing, doubled = 1, 1, 1
    for window in blocks(Recipe()):
        pooling = window.s == 2
        field += (1 if pooling else 2) * spacing
        spacing *= 2 if pooling else 1
        doubled = 2 * doubled if pooling else doubled + 2
    assert field == expected("What one cell sees")
    assert doubled != field


def test_a_valley_of_ten_times_the_condition_is_narrower_by_the_root_of_ten() -> None:
    assert "ten times as narrow" not in BY_TITLE["A long valley"].ask
    from dlcore.optimizers.surfaces import bowl

    width = [
        1 / math.sqrt(np.linalg.eigvalsh(bowl(k).hessian(np.zeros((1, 2)))[0])[-1]) for k in (10.0, 100.0)
    ]
    assert width[0] / width[1] == pytest.approx(math.sqrt(10))


def test_a_step_asks_waits_and_answers(app: Callable) -> None:
    shared().ledger.forget_steps("this computer")
    page = app("home")
    page.query_params["lessons_at"] = "1.2"
    page.switch_page("pages/lessons.py").run()
    assert not page.exception
    assert "Lesson 1, step 2" in page.subheader[0].value
    assert not any("Computed" in box.value for box in page.markdown)
    page.radio[0].set_value("moves")
    page.button(key="FormSubmitter:lessons_answer_1_2-That is my prediction").click().run()
    assert any("Your prediction: **It moves" in box.value for box in page.markdown)
    page.button(key="lessons_reveal").click().run()
    assert any("not what you predicted" in box.value for box in page.markdown)
    assert page.query_params["lessons_at"] == "1.2-2"

    again = app("home")  # another session of the same learner
    again.query_params["lessons_at"] = "1.2"
    again.switch_page("pages/lessons.py").run()
    assert any("Computed" in box.value for box in again.markdown)


def test_a_prediction_of_a_step_that_was_edited_since_is_none_and_breaks_nothing(app: Callable) -> None:
    """A step of choices that asks for a number now, and the other way round: what was kept fits no more."""
    number, choice = LESSONS[0].steps[2], LESSONS[0].steps[1]
    assert not number.choices and choice.choices
    page = app("home")
    page.session_state["lessons_marks"] = {
        number.key: progress.Mark("some choice", True),
        choice.key: progress.Mark("3", True),
    }
    for at in ("1.3", "1.2"):
        page.query_params["lessons_at"] = at
        page.switch_page("pages/lessons.py").run()
        assert not page.exception
        said = " ".join(box.value for box in page.markdown)
        assert "Computed:" in said and "Your prediction:" not in said
    assert not any(can_be_given(number, text) for text in ("some choice", "nan", "inf", "1e999"))
    assert can_be_given(number, "3.5") and can_be_given(number, "") and not can_be_given(choice, "3")


def test_a_link_alone_resumes(app: Callable) -> None:
    page = app("home")
    page.query_params["lessons_at"] = "2.1-0.3"
    page.switch_page("pages/lessons.py").run()
    assert page.query_params["lessons_at"].startswith("2.1-")
    assert any("Computed" in box.value for box in page.markdown)


@pytest.mark.parametrize("text", ["x", "0.0", "9.9", "1.1-zz", "1" * 500, "1.1-" + "f" * 13, "١.٢"])
def test_a_garbled_place_is_a_sentence_not_a_traceback(text: str, app: Callable) -> None:
    page = app("home")
    page.query_params["lessons_at"] = text
    page.switch_page("pages/lessons.py").run()
    assert not page.exception
    assert sum("This link asks for" in box.value for box in page.info) == 1


def test_a_page_reached_through_a_lesson_knows_the_way_back(app: Callable) -> None:
    page = app("home")
    page.query_params["lesson"] = "3.2-1f"
    page.switch_page("pages/optimizers.py").run()
    assert any(box.value == LESSONS[2].steps[1].do for box in page.caption)
    plain = app("optimizers")
    assert not any(box.value == LESSONS[2].steps[1].do for box in plain.caption)


@pytest.mark.parametrize("d", [1, 2, 7, 1000])
def test_adams_first_step_is_root_d_rates_long_in_any_dimension(d: int) -> None:
    """By torch's Adam, at gradients of every size far above ε."""
    scales = 10 ** np.random.default_rng(d).uniform(-3, 3, d)
    w = torch.nn.Parameter(torch.zeros(d, dtype=torch.float64))
    w.grad = torch.tensor(scales * np.where(np.arange(d) % 2, 1, -1))
    torch.optim.Adam([w], lr=0.1, eps=1e-12).step()
    assert w.detach().norm().item() == pytest.approx(0.1 * math.sqrt(d), rel=1e-6)


@pytest.mark.parametrize("w", [2.0, 4.0, 6.0])
def test_the_quarter_alone_does_not_make_gradients_vanish(w: float) -> None:
    """By autograd: the chain of the proof rests at 0 and multiplies its error signal by w / 4 a layer."""
    first = z = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for _ in range(10):
        z = w * torch.sigmoid(z) - w / 2
    z.backward()
    assert z.item() == 0 and first.grad is not None
    assert first.grad.item() == pytest.approx((w / 4) ** 10)


# --- places, the file, the ledger --------------------------------------------------------------------------


def test_places_survive_the_address() -> None:
    rng = np.random.default_rng(0)
    places = [(i, s) for i, s, _ in STEPS]
    for _ in range(50):
        place = places[rng.integers(len(places))]
        done = frozenset(p for p in places if rng.random() < 0.3)
        assert read_place(write_place(place, done, LESSONS), LESSONS) == (place, done, "")
    assert write_place((1, 1), (), LESSONS) == "1.1"
    assert neighbour((1, len(LESSONS[0].steps)), LESSONS, 1) == (2, 1)
    assert neighbour((1, 1), LESSONS, -1) is None


GOOD = """
[[lesson]]
title = "A"
minutes = 10
aim = "B"
[[lesson.step]]
title = "C"
ask = "D"
answer = "shuffled_pixels"
page = "neuron"
link = "neuron-playground"
do = "E"
after = "F"
[lesson.step.choices]
cnn = "G"
mlp = "H"
"""


@pytest.mark.parametrize(
    ("old", "new", "tells"),
    [
        ('aim = "B"', "", "lesson 1 lacks the field “aim”"),
        ("minutes = 10", 'minutes = "ten"', "lesson 1: “minutes” must be a whole number"),
        ('ask = "D"', "", "lesson 1 (“A”), step 1 lacks the field “ask”"),
        ('do = "E"', 'do = "E"\ncolour = "red"', "step 1 has a field “colour”"),
        ("shuffled_pixels", "no_such", "step 1: no function of dlcore/course/answers is called “no_such”"),
        ("shuffled_pixels", "shuffle_pixel", "called “shuffle_pixel”. Near it: shuffled_pixels"),
        ('mlp = "H"', "", "step 1: choices are at least two texts"),
        ('after = "F"', 'after = "F"\nkind = "opinion"', "the text after it is of the kind “opinion”"),
        ('after = "F"', 'after = "F"\nproved_by = "a test"', "the text after it names “a” instead of a test"),
        ("[[lesson.step]]", "[lesson.step]", "must be a list"),
        ('answer = "shuffled_pixels"', "", "step 1 needs either “answer”"),
        ('answer = "shuffled_pixels"', 'typed = "both"', "the answer is “both”, and no choice has this key"),
    ],
)
def test_what_is_wrong_closes_its_own_step_and_says_the_place(
    old: str, new: str, tells: str, tmp_path: Path
) -> None:
    file = tmp_path / "lessons.toml"
    file.write_text(GOOD + GOOD.replace('"A"', '"Another"').replace('"C"', '"Another"'))
    assert [step.problem for lesson in read_lessons(file) for step in lesson.steps] == ["", ""]
    file.write_text(GOOD.replace(old, new, 1) + GOOD.replace('"A"', '"Another"').replace('"C"', '"Another"'))
    (closed,), (other,) = (lesson.steps for lesson in read_lessons(file))
    assert tells in closed.problem and other.problem == ""


@pytest.mark.parametrize(
    ("old", "new", "tells"),
    [('title = "A"', 'title = "A', "not valid TOML"), ("[[lesson]]", "[[lessons]]", "lessons.toml")],
)
def test_what_is_no_course_at_all_is_a_sentence(old: str, new: str, tells: str, tmp_path: Path) -> None:
    file = tmp_path / "lessons.toml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(LessonError) as caught:
        read_lessons(file)
    assert tells in str(caught.value)


def test_an_edit_of_a_course_or_of_questions_takes_effect_at_once(tmp_path: Path) -> None:
    """A correction as well as a mistake; and a file that has not changed is not read again."""
    read: list[Path] = []

    def reader(file: Path) -> tuple[object, ...]:
        read.append(file)
        return read_lessons(file)

    file = tmp_path / "lessons.toml"
    now = Edited(file, reader, (), LessonError)
    assert now()[0] == () and "cannot be read" in now()[1]
    text = FILE.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    (first, *_), problem = now()
    assert (first.title, problem) == ("One neuron", "")
    assert now() is now() and len(read) == 2
    file.write_text(text.replace('"One neuron"', '"One cell"'), encoding="utf-8")
    assert now()[0][0].title == "One cell"
    file.write_text("lesson = ", encoding="utf-8")
    assert now()[0] == () and "not valid TOML" in now()[1]
    file.write_text(text, encoding="utf-8")
    assert now()[1] == "" and len(now()[0]) == len(read_lessons())
    assert isinstance(progress.lessons, Edited) and isinstance(quiz.concepts_now, Edited)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="cannot be read"):
        read_lessons(tmp_path / "none.toml")


def test_the_ledger_keeps_each_learners_latest_prediction(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.note_step("ada", "one line", "3", False)
    ledger.note_step("ada", "one line", "3", True)
    ledger.note_step("bob", "one line", "4", False)
    assert [(row["given"], row["revealed"]) for row in ledger.steps_of("ada")] == [("3", True)]
    ledger.forget_steps("ada")
    assert ledger.steps_of("ada") == []
    assert len(ledger.steps_of("bob")) == 1
