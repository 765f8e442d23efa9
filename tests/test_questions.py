"""The self-test: every generator against a second implementation over many seeds, with a control."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore.course.questions import (
    EASY,
    GENERATORS,
    HARD,
    Concept,
    Question,
    QuestionError,
    draw,
    fresh,
    read_concepts,
)
from dlcore.course.questions.concepts import readable_concepts
from dlcore.course.questions.written import read_number
from dlcore.vocabulary import ALL_WORDS, named

SEEDS = range(120)


def numbers(text: str) -> list[float]:
    """The numbers of a question, in its order; indices such as w_1 are none."""
    plain = re.sub(r"_\{?\d\}?", "", text)
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", plain)]


def by_weighted_sum(text: str) -> float:
    w1, w2, b, x1, x2 = numbers(text)
    return float(
        torch.nn.functional.linear(torch.tensor([x1, x2]), torch.tensor([[w1, w2]]), torch.tensor([b]))
    )


def by_softmax(text: str) -> float:
    index = int(re.findall(r"a_(\d)", text)[0])
    return float(torch.softmax(torch.tensor(numbers(text)[:3]), 0)[index - 1])


def by_cross_entropy(text: str) -> float:
    y_hat, y = numbers(text)
    return float(torch.nn.functional.binary_cross_entropy(torch.tensor(y_hat), torch.tensor(y)))


def two_neurons(text: str) -> dict[str, torch.Tensor]:
    values = dict(zip(("w1", "b1", "w2", "b2", "x", "y"), numbers(text), strict=False))
    return {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in values.items()}


def logit(v: dict[str, torch.Tensor]) -> torch.Tensor:
    return v["w2"] * torch.relu(v["w1"] * v["x"] + v["b1"]) + v["b2"]


def by_forward_pass(text: str) -> float:
    return float(torch.sigmoid(logit(two_neurons(text))).detach())


def by_gradient(text: str) -> float:
    v = two_neurons(text)
    torch.nn.functional.binary_cross_entropy_with_logits(logit(v), v["y"].detach()).backward()
    letter, index = re.findall(r"\\partial ([wb])_(\d)", text)[0]
    grad = v[letter + index].grad
    return 0.0 if grad is None else float(grad)


def stepped(
    optimizer: type[torch.optim.Optimizer], theta: float, gradients: list[float], **options: float
) -> float:
    parameter = torch.tensor([theta], dtype=torch.float64, requires_grad=True)
    rule = optimizer([parameter], **options)  # type: ignore[call-arg]
    for g in gradients:
        parameter.grad = torch.tensor([g], dtype=torch.float64)
        rule.step()
    return float(parameter.detach())


def by_sgd_step(text: str) -> float:
    theta, g, eta = numbers(text)
    return stepped(torch.optim.SGD, theta, [g], lr=eta)


def by_momentum_step(text: str) -> float:
    _, theta, eta, beta, g1, g2 = numbers(text)
    return stepped(torch.optim.SGD, theta, [g1, g2], lr=eta, momentum=beta)


def by_adam_step(text: str) -> float:
    eta, beta1, beta2, theta, g1, g2 = numbers(text)
    return stepped(torch.optim.Adam, theta, [g1, g2], lr=eta, betas=(beta1, beta2))  # type: ignore[arg-type]


def by_split_size(text: str) -> float:
    n, train, *_ = (int(v) for v in numbers(text))
    assert n * train % 100 == 0  # nothing to round
    return n * train // 100


def by_updates_per_epoch(text: str) -> float:
    n, b, epochs = (int(v) for v in numbers(text))
    return epochs * len(torch.utils.data.DataLoader(range(n), batch_size=b))  # type: ignore[arg-type]


def by_parameter_count(text: str) -> float:
    side, _, width, classes = (int(v) for v in numbers(text))
    inputs = side * side * (3 if "RGB" in text else 1)
    model = torch.nn.Sequential(torch.nn.Linear(inputs, width), torch.nn.Linear(width, classes))
    return sum(p.numel() for p in model.parameters())


def by_filter_parameters(text: str) -> float:
    after, k, _, before = (int(v) for v in numbers(text))
    return sum(p.numel() for p in torch.nn.Conv2d(before, after, k).parameters())


def by_output_size(text: str) -> float:
    k, _, side, _, stride, padding = (int(v) for v in numbers(text))
    layer = torch.nn.Conv2d(1, 1, k, stride, padding)
    return layer(torch.zeros(1, 1, side, side)).shape[-1]


def by_receptive_field(text: str) -> float:
    """The pixels with a gradient from one cell in the middle of the last map."""
    layers: list[torch.nn.Module] = []
    for k, kind in re.findall(r"(\d) × \d (convolution|pooling)", text):
        pooling = kind == "pooling"
        layers.append(torch.nn.AvgPool2d(int(k)) if pooling else torch.nn.Conv2d(1, 1, int(k), bias=False))
        if not pooling:
            torch.nn.init.ones_(layers[-1].weight)  # type: ignore[arg-type]
    x = torch.zeros(1, 1, 60, 60, requires_grad=True)
    out = torch.nn.Sequential(*layers)(x)
    out[0, 0, out.shape[2] // 2, out.shape[3] // 2].backward()
    assert x.grad is not None
    return int((x.grad[0, 0] != 0).any(dim=0).sum())


def by_expected_optimism(text: str) -> float:
    """By the distribution of the largest of m, integrated with its density instead of its distribution."""
    m, share, n, _, told = numbers(text)
    z = np.linspace(-8, 8, 20001)
    below = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in z])
    density = m * below ** (m - 1) * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    assert told == pytest.approx(float(np.trapezoid(z * density, z)), abs=5.001e-4)
    return 100 * told * math.sqrt(share * (1 - share) / n)


SECOND = {
    name.removeprefix("by_"): function for name, function in globals().items() if name.startswith("by_")
}


@pytest.mark.parametrize("name", GENERATORS)
def test_answers_match_a_second_implementation(name: str) -> None:
    few = 8 if name in ("receptive_field", "expected_optimism") else len(SEEDS)
    differing = 0
    for seed in list(SEEDS)[:few]:
        question = fresh(GENERATORS[name], np.random.default_rng(seed))
        second = SECOND[name](question.ask)
        assert question.answer == pytest.approx(second, rel=1e-5, abs=1e-6), question.ask
        assert question.is_right(second)
        # The control: what is clearly something else is refused.
        wrong = second + 1 if isinstance(question.answer, int) else second + 0.011
        assert not question.is_right(wrong)
        differing += question.ask != fresh(GENERATORS[name], np.random.default_rng(0)).ask
    assert differing > 0.8 * (few - 1)


@pytest.mark.parametrize("name", GENERATORS)
def test_the_solution_ends_in_the_answer_and_is_balanced_latex(name: str) -> None:
    for seed in range(20):
        question = fresh(GENERATORS[name], np.random.default_rng(seed))
        for text in (question.ask, question.solution):
            assert text.replace("$$", "").count("$") % 2 == 0
            assert text.count("{") == text.count("}")
        shown = numbers(question.solution.replace("−", "-"))
        assert min(abs(v - question.answer) for v in shown) <= max(6e-4 * abs(question.answer), 5e-5)
        assert "nan" not in question.solution


@pytest.mark.parametrize("name", GENERATORS)
def test_no_classic_mistake_passes_and_each_is_named(name: str) -> None:
    """Over 500 seeds, exact and rounded to the two digits that are asked for."""
    unnamed = total = 0
    for seed in range(60 if name == "expected_optimism" else 500):
        question = fresh(GENERATORS[name], np.random.default_rng(seed))
        for value, said in question.mistakes:
            assert not question.is_right(value), (question.ask, said)
            assert not question.is_right(round(value, 2)), (question.ask, said)
            assert said.endswith(".")
            total += 1
            unnamed += question.mistake(value) == ""
        assert question.mistake(question.answer) == ""
    assert total >= 60
    assert unnamed == 0


def test_two_signed_steps_do_not_pass_as_adam_and_a_missing_power_is_named() -> None:
    for seed in range(500):
        question = fresh(GENERATORS["adam_step"], np.random.default_rng(seed))
        eta, _, _, theta, g1, g2 = numbers(question.ask)
        assert not question.is_right(round(theta - eta * (math.copysign(1, g1) + math.copysign(1, g2)), 2))
        m, v = 0.09 * g1 + 0.1 * g2, 0.000999 * g1**2 + 0.001 * g2**2
        unraised = theta - math.copysign(eta, g1) - eta * (m / 0.1) / math.sqrt(v / 0.001)
        assert "power" in question.mistake(unraised)


def test_every_rounding_to_two_digits_or_more_is_right_and_the_next_hundredth_is_not() -> None:
    question = Question("neuron", "", -0.375, "")
    for text in ("-0.38", "−0,38", "– 0.38", "-.375", "−3/8", "-0.3750", "-0.37"):
        given = read_number(text)
        assert given is not None, text
        assert question.is_right(given), text
    for text in ("-0.39", "-0.36", "0.38", "3/8", "-0.4"):
        given = read_number(text)
        assert given is not None, text
        assert not question.is_right(given), text
    for name in GENERATORS:
        for seed in range(40):
            drawn = fresh(GENERATORS[name], np.random.default_rng(seed))
            assert all(drawn.is_right(float(f"{drawn.answer:.{d}f}")) for d in (2, 3, 4, 6))


def test_numbers_are_read_as_they_are_written_and_nothing_else_is() -> None:
    read = {
        "1 3/8": 1.375,
        "-1 3/8": -1.375,
        " 2 / 3 ": 2 / 3,
        "0,5": 0.5,
        "1e-3": 0.001,
        "−7": -7.0,
        "+4.": 4.0,
    }
    assert {text: read_number(text) for text in read} == read
    grouped = {"1,600": 1600.0, "1.600": 1600.0, "1 600": 1600.0, "12'345": 12345.0, "1600": 1600.0}
    assert {text: read_number(text, whole=True) for text in grouped} == grouped
    assert read_number("1,600") == 1.6
    for text in ("", "x", "1/0", "1e999", "nan", "inf", "1,2,3", "--1", "1/2/3", "٣", "9" * 100, "1 2"):
        assert read_number(text) is None, text


def test_a_test_begins_with_an_easy_question() -> None:
    easy = (
        "A neuron has",
        "The prediction is",
        "$\\theta = ",
        "images are split",
        "A convolutional layer",
        "filter slides",
    )
    concepts = read_concepts()
    for seed in range(60):
        for topic in ("", "neuron", "optimizers", "training", "convolution"):
            first = draw(seed, 10, concepts, topic)[0]
            assert isinstance(first, Question)
            assert any(words in first.ask for words in easy), first.ask


def test_the_right_choice_is_not_given_away_by_its_length() -> None:
    concepts = read_concepts()
    longest = [c.ask for c in concepts if max(c.choices, key=lambda choice: len(choice.text)).is_right]
    assert 0.1 * len(concepts) <= len(longest) <= 0.4 * len(concepts), longest
    shortest = [c.ask for c in concepts if min(c.choices, key=lambda choice: len(choice.text)).is_right]
    assert len(shortest) <= 0.4 * len(concepts), shortest


def test_the_spread_over_folds_is_larger_than_the_standard_error_of_their_mean() -> None:
    """Nearest class mean on two clouds, 100 samples, five folds, 300 worlds: as the quiz's reason says."""
    rng = np.random.default_rng(1)
    y = np.arange(100) % 2
    means, spreads = [], []
    for _ in range(300):
        x = rng.normal(size=(100, 2)) + 1.2 * y[:, None]
        fold = rng.permutation(100) % 5
        scores = []
        for k in range(5):
            inside, out = fold != k, fold == k
            centers = np.stack([x[inside & (y == c)].mean(axis=0) for c in (0, 1)])
            said = np.linalg.norm(x[out][:, None] - centers, axis=2).argmin(axis=1)
            scores.append((said == y[out]).mean())
        means.append(np.mean(scores))
        spreads.append(np.std(scores, ddof=1))
    assert 1.6 < np.mean(spreads) / np.std(means, ddof=1) < 2.6
    (fold_question,) = (c for c in read_concepts() if "five folds" in c.ask)
    (said,) = (c.why for c in fold_question.choices if c.text.startswith("The standard error"))
    assert "too large" in said
    assert "about twice" in said


@pytest.mark.parametrize("given", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_right(given: float) -> None:
    question = fresh(GENERATORS["sgd_step"], np.random.default_rng(0))
    assert not question.is_right(given)


def test_the_same_seed_gives_a_class_the_same_questions() -> None:
    concepts = read_concepts()
    assert draw(5, 10, concepts) == draw(5, 10, concepts)
    assert draw(5, 10, concepts) != draw(6, 10, concepts)
    drawn = draw(5, 10, concepts)
    assert len(drawn) == 10
    assert {type(q) for q in drawn} == {Question, Concept}
    assert len({q.ask for q in drawn}) == 10
    assert all(q.topic == "backprop" for q in draw(5, 10, concepts, "backprop"))


def test_every_concept_has_one_right_answer_and_explains_each_wrong_one() -> None:
    concepts = read_concepts()
    assert len(concepts) >= 15
    assert {c.topic for c in concepts} >= {
        "neuron",
        "backprop",
        "optimizers",
        "training",
        "convolution",
        "gradcam",
    }
    for concept in concepts:
        assert [c.is_right for c in concept.choices].count(True) == 1
        assert all(len(c.why) > 15 for c in concept.choices)
        assert len({c.text for c in concept.choices}) == len(concept.choices) >= 3


WELL = "[[question]]\ntopic='neuron'\nask='b'\nright=['c','d']\nwrong=[['e','f'],['g','h']]\n"


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("[[question]]\ntopic = 'neuron'\n", "question 1 lacks the field “ask”"),
        (WELL.replace("neuron", "neurons"), "no topic “neurons”. Near it: neuron"),
        (WELL.replace("wrong=[['e','f'],['g','h']]", "wrong=[['e','f']]"), "at least two wrong"),
        (WELL.replace("right=['c','d']", "right=['c']"), "a pair of texts"),
        (WELL + "word='Zebra'", "no word 'Zebra'"),
        (WELL + "words='Zebra'", "a field “words” that does not exist. Near it: word"),
        ("[[question", "cannot be read"),
        ("", "at least one"),
    ],
)
def test_a_malformed_questions_file_is_a_sentence(text: str, tells: str, tmp_path: Path) -> None:
    file = tmp_path / "questions.toml"
    file.write_text(text)
    with pytest.raises(QuestionError, match=tells):
        read_concepts(file)


def test_a_bad_question_is_left_out_and_named_and_the_others_are_asked(tmp_path: Path) -> None:
    file = tmp_path / "questions.toml"
    file.write_text(WELL + WELL.replace("neuron", "neurons"))
    (asked,), (told,) = readable_concepts(file)
    assert asked.ask == "b" and "question 2" in told


def test_the_page_asks_checks_and_explains(app: Callable) -> None:
    page = app("home")
    page.query_params["quiz_seed"] = "7.0"
    page.switch_page("pages/quiz.py").run()
    assert not page.exception
    asked = draw(7, 10, read_concepts())
    for i, question in enumerate(asked, start=1):
        page.session_state["quiz_at"] = i
        page.run()
        name = f"all-7-{i}"
        if isinstance(question, Concept):
            right = [c.is_right for c in question.choices].index(True)
            page.radio(key=f"quiz_choice_{name}").set_value(right)
        else:
            text = f"{question.answer + (i == 1):.6f}".replace(".", ",").replace("-", "−")
            page.text_input(key=f"quiz_number_{name}").set_value(text)
        page.button(key=f"FormSubmitter:quiz_form_{name}-Check").click().run()
        assert not page.exception
        if i > 1:
            assert any("**Right.**" in box.value for box in page.markdown)
    wrong = 0 if isinstance(asked[0], Concept) else 1
    assert any(box.value.startswith(f"{10 - wrong} of 10 answered") for box in page.caption)


def test_every_concept_names_its_word_and_the_experiment_that_shows_it() -> None:
    concepts = read_concepts()
    words = [named(concept.word, ALL_WORDS) for concept in concepts]
    assert [c.ask for c, word in zip(concepts, words, strict=True) if word is None or not word.page] == []
    pages = {c.topic: word.page for c, word in zip(concepts, words, strict=True) if word}
    assert pages["gradcam"] == "gradcam" and pages["convolution"] == "convolution"


def test_what_was_missed_is_asked_again_and_what_was_right_is_kept(app: Callable) -> None:
    page = app("home")
    page.query_params["quiz_seed"] = "7"
    page.switch_page("pages/quiz.py").run()
    asked = draw(7, 10, read_concepts())
    right, wrong = {}, {}
    for i, question in enumerate(asked[:4], start=1):
        if isinstance(question, Concept):
            places = [c.is_right for c in question.choices]
            right[f"all-7-{i}"], wrong[f"all-7-{i}"] = places.index(True), places.index(False)
        else:
            right[f"all-7-{i}"], wrong[f"all-7-{i}"] = question.answer, question.answer + 1e6
    names = list(right)
    page.session_state["quiz_answers"] = right | {names[1]: wrong[names[1]], names[3]: wrong[names[3]]}
    page.run()
    page.button(key="quiz_missed").click().run()
    assert set(page.session_state["quiz_answers"]) == {names[0], names[2]}
    assert page.session_state["quiz_at"] == 2
    assert not [button for button in page.button if button.key == "quiz_missed"]


def test_links_of_questions_are_accepted_by_their_pages(app: Callable) -> None:
    for make in GENERATORS.values():
        question = fresh(make, np.random.default_rng(1))
        if not question.parameters:
            continue
        page = app("home")
        for key, value in question.parameters.items():
            page.query_params[key] = value
        page.switch_page(f"pages/{question.topic}.py").run()
        assert not page.exception
        assert {k: page.query_params.get(k) for k in question.parameters} == question.parameters
        assert not any("address" in box.value for box in (*page.info, *page.warning))


@pytest.mark.parametrize("topic", ["", "neuron", "optimizers", "training"])
def test_questions_get_harder(topic: str) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        names = {fresh(make, rng).ask: name for name, make in GENERATORS.items()}
        drawn = [names.get(q.ask, "a concept") for q in draw(seed, 10, read_concepts(), topic)]
        levels = [0 if name in EASY else 2 if name in HARD else 1 for name in drawn]
        assert levels == sorted(levels) and len(set(levels)) > 1, drawn
    assert set(EASY) | set(HARD) <= set(GENERATORS) and not set(EASY) & set(HARD)
