"""A learner's derivative: equivalent forms are accepted, wrong ones get their first counter-example."""

import numpy as np
import pytest

from dlcore.backprop import backward
from dlcore.backprop.own_derivative import ANSWERS, NAMES, check_derivative, closed_form, random_points
from dlcore.formulas.expressions import BadExpression


@pytest.mark.parametrize("loss", ANSWERS)
@pytest.mark.parametrize("parameter", ["w1", "b1", "w2", "b2"])
def test_the_books_answer_is_accepted(loss: str, parameter: str) -> None:
    verdict = check_derivative(ANSWERS[loss][parameter], parameter, loss)
    assert verdict.agrees and verdict.points == 200 and verdict.counterexample is None


@pytest.mark.parametrize(
    "text",
    [
        "(sigmoid(w2*relu(w1*x + b1) + b2) - y) * w2 * step(w1*x + b1) * x",
        "x*w2*step(z1)*y_hat - x*y*w2*step(z1)",
        "(1/(1 + exp(-z2)) - y) * w2 * x * step(h)",
        "w2*x*step(z1)*(tanh(z2/2) + 1)/2 - y*w2*x*step(z1)",
    ],
)
def test_equivalent_forms_are_accepted(text: str) -> None:
    assert check_derivative(text, "w1").agrees


@pytest.mark.parametrize(
    "text",
    [
        "(y_hat - y)*w2*x",
        "(y - y_hat)*w2*step(z1)*x",
        "(y_hat - y)*step(z1)*x",
        "0",
        "1.0001*(y_hat-y)*w2*step(z1)*x",
    ],
)
def test_wrong_forms_get_a_counterexample_that_is_one(text: str) -> None:
    verdict = check_derivative(text, "w1")
    assert not verdict.agrees and verdict.wrong > 0
    point = verdict.counterexample
    assert set(point) == set(NAMES)
    assert float(backward(point, point["x"], point["y"]).w1) == pytest.approx(verdict.expected, abs=1e-12)
    assert abs(verdict.got - verdict.expected) > 1e-9


def test_a_formula_without_a_value_counts_as_wrong() -> None:
    verdict = check_derivative("log(h) * 0 + (y_hat - y)*h", "w2")
    assert verdict.agrees  # 0 · log h is folded away by algebra, as a learner would
    verdict = check_derivative("(y_hat - y)*h*h/h", "w2")
    assert verdict.agrees
    verdict = check_derivative("(y_hat - y)*h + log(h) - log(h + 0.0001)", "w2")
    assert not verdict.agrees and verdict.wrong >= 50


def test_the_answer_for_one_loss_is_wrong_for_the_other() -> None:
    assert not check_derivative(ANSWERS["cross-entropy"]["b2"], "b2", "squared error").agrees


def test_unknown_names_are_refused() -> None:
    with pytest.raises(BadExpression, match="not known"):
        check_derivative("delta * h", "w2")


def test_points_repeat_and_avoid_the_kink() -> None:
    points = random_points(200, 0)
    assert all(len(points[name]) == 200 for name in NAMES)
    assert np.min(np.abs(points["z1"])) > 1e-6
    assert 60 < (points["z1"] > 0).sum() < 140
    np.testing.assert_array_equal(points["w1"], random_points(200, 0)["w1"])
    assert closed_form(points, "b2", "cross-entropy") == pytest.approx(points["y_hat"] - points["y"])
