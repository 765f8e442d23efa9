"""What lessons conclude, quiz choices give as reasons and the vocabulary calls mistakes: computed."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from dlcore import models
from dlcore.backprop import backward, forward, step
from dlcore.convolution.sliding import pool
from dlcore.course.answers import ANSWERS
from dlcore.course.lessons import read_lessons
from dlcore.data import folds, load, split
from dlcore.data.cells import MARKER, cells, cells_shortcut
from dlcore.evaluation.intervals import wilson
from dlcore.network import Network, trajectory
from dlcore.network.trajectory import Plan
from dlcore.neuron import ACTIVATIONS, hyperplane, neuron
from dlcore.optimizers import RULES, race
from dlcore.optimizers.surfaces import bowl
from dlcore.runs import Recipe
from dlcore.vocabulary import named

STEPS = {step.title: step for lesson in read_lessons() for step in lesson.steps}


def facts(title: str) -> dict[str, float]:
    """The numbers that stand in the text after a step."""
    one = STEPS[title]
    return dict(ANSWERS[one.answer](one.parameters).facts)  # type: ignore[arg-type]


def in_mistake(term: str) -> list[float]:
    """The numbers that stand in a term's common mistake."""
    found = named(term)
    assert found is not None
    return [float(number) for number in re.findall(r"\d*\.?\d+", found.mistake)]


# --- neurons -----------------------------------------------------------------------------------------------


def test_doubling_w_and_b_doubles_the_slope_across_the_line() -> None:
    w, b, told = np.array([2.0, -1.0]), 0.5, facts("Longer weights")
    foot = np.array(hyperplane(w, b).foot)

    def slope(factor: float) -> float:
        normal = w / np.linalg.norm(w)
        ends = [neuron(factor * w, foot + h * normal, factor * b, "sigmoid") for h in (1e-6, -1e-6)]
        return float(ends[0] - ends[1]) / 2e-6

    assert told["before"] == pytest.approx(slope(1), rel=1e-6)
    assert told["after"] == pytest.approx(slope(2), rel=1e-6)


def test_the_bias_moves_the_line_without_turning_it() -> None:
    w = [1.2, -0.7]
    before, after = hyperplane(w, 0.5), hyperplane(w, 2.0)
    assert before.normal == after.normal and before.foot != after.foot
    assert hyperplane([2.4, -1.4], 0.5).normal == pytest.approx(before.normal)  # a length is no direction
    steep = [float(ACTIVATIONS["sigmoid"].df(0.0)) * np.linalg.norm(np.multiply(k, w)) for k in (1, 2)]
    assert steep[1] == pytest.approx(2 * steep[0])  # how fast the output changes is the length of w, not b


def test_the_sigmoids_slope_is_largest_at_zero() -> None:
    z, told = np.linspace(-50, 50, 100_001), facts("The steepest sigmoid")
    slopes = ACTIVATIONS["sigmoid"].df(z)
    assert z[np.argmax(slopes)] == pytest.approx(told["at"], abs=1e-9)
    assert slopes.max() == pytest.approx(told["slope"]) == 0.25
    assert (slopes[np.abs(z) > 1e-3] < 0.25).all()
    assert told["ten"] == pytest.approx(0.25**10)


def test_two_layers_learn_xor_and_one_neuron_stays_near_one_half() -> None:
    told = facts("XOR once more")
    one = trajectory.train(Plan(Network(hidden=()), points="xor"))
    assert told["percent"] > 95 and 40 < 100 * one.accuracy["test"][-1] < 65


def test_a_second_softmax_keeps_the_loss_from_falling() -> None:
    """Probabilities as scores differ by at most 1: with two classes the loss is at least log(1 + 1/e)."""
    z = torch.tensor([[30.0, -30.0], [5.0, 0.0]], dtype=torch.float64)
    label = torch.tensor([0, 0])
    once = torch.nn.functional.cross_entropy(z, label)
    twice = torch.nn.functional.cross_entropy(torch.softmax(z, 1), label, reduction="none")
    (bound,) = in_mistake("Softmax")
    assert float(twice.min()) == pytest.approx(bound, abs=5e-4)
    assert float(twice.min()) >= math.log1p(math.exp(-1)) - 1e-12 and float(once) < 0.01


def test_squared_error_of_a_sigmoid_neuron_is_not_convex_and_cross_entropy_is() -> None:
    """Along w at x = 1, y = 1: second differences change sign for one, for the other they do not."""
    w = np.linspace(-10, 10, 401)
    p = ACTIVATIONS["sigmoid"].f(w)
    bent = np.diff((1 - p) ** 2, 2)
    assert bent.min() < -1e-5 and bent.max() > 1e-5
    assert np.diff(np.logaddexp(0, -w), 2).min() > 0


def test_a_layer_has_a_weight_for_each_pair_and_a_bias_for_each_neuron() -> None:
    for n, m in ((1, 1), (3, 4), (784, 128)):
        assert sum(p.numel() for p in torch.nn.Linear(n, m).parameters()) == n * m + m


# --- descent -----------------------------------------------------------------------------------------------


def test_a_short_step_lowers_the_loss_and_a_long_one_raises_it() -> None:
    one = STEPS["One step"]
    at = {name: float(one.parameters[f"backprop_{name}"]) for name in ("w1", "b1", "w2", "b2")}
    x, y, told = 2.0, 0.0, facts("One step")
    slope = backward(at, x, y)
    after = {eta: float(forward(step(at, slope, eta), x, y).loss) for eta in (1e-3, told["eta"])}
    assert float(forward(at, x, y).loss) == pytest.approx(told["loss"])
    assert after[told["eta"]] == pytest.approx(told["loss_after"])
    assert after[1e-3] < told["loss"]
    # A step is too long where the curvature is felt: on a bowl, beyond two over the largest eigenvalue.
    start, long = [(1.0, 1.0)], RULES["gradient_descent"](lr=0.3)
    assert np.diff(race(bowl(10.0), [long], start, 1).losses[0, 0])[0] > 0


def test_the_number_of_steps_grows_like_the_condition_number() -> None:
    """At the best rate 2/(λmin + λmax) of each valley: ten times the condition, about ten times the steps."""

    def steps(condition: float, factor: float = 1.0) -> int:
        rate = factor * 2 / (1 + condition)
        losses = race(bowl(condition), [RULES["gradient_descent"](lr=rate)], [(1.0, 1.0)], 9000).losses[0, 0]
        return int(np.argmax(losses <= 1e-6 * losses[0]))

    needed = [steps(condition) for condition in (10.0, 100.0, 1000.0)]
    assert [b / a for a, b in itertools.pairwise(needed)] == pytest.approx([10, 10], rel=0.15)
    assert steps(10.0, 11 / 20) > needed[0]  # 1/λmax is not the fastest rate
    told = facts("A long valley")
    assert told["steps"] / told["usual"] == pytest.approx(10, rel=0.15)


def test_sgd_leaves_the_minimum_and_hovers_at_a_distance_set_by_the_rate() -> None:
    """Least squares with noisy targets: the mean gradient is 0 at the minimum, that of a sample is not."""
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=200), rng.normal(size=200)
    y = 2 * x + noise
    best = float(x @ y / (x @ x))
    slopes = (best * x - y) * x
    assert abs(slopes.mean()) < 1e-12 and np.abs(slopes).mean() > 0.1

    def distance(eta: float, at: np.ndarray) -> float:
        w, away = best, []
        for i in at:
            w -= eta * (w * x[i] - y[i]) * x[i]
            away.append((w - best) ** 2)
        return float(np.sqrt(np.mean(away[len(away) // 2 :])))

    order = rng.integers(0, 200, 20_000)
    near, far = distance(0.01, order), distance(0.1, order)
    assert 0.01 < near < far / 2
    full = best - 0.1 * slopes.mean()
    assert full == pytest.approx(best, abs=1e-12)  # the full batch stays


def test_adams_v_of_a_constant_gradient_is_not_its_variance() -> None:
    parameter = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    rule = torch.optim.Adam([parameter], lr=0.1)
    for _ in range(50):
        parameter.grad = torch.tensor([3.0], dtype=torch.float64)
        rule.step()
    state = rule.state[parameter]
    corrected = float(state["exp_avg_sq"]) / (1 - 0.999**50)
    assert corrected == pytest.approx(9) and np.var(np.full(50, 3.0)) == 0
    assert float(state["exp_avg"]) / (1 - 0.9**50) == pytest.approx(3)  # m averages the gradient itself


def test_badly_scaled_initial_weights_begin_far_above_not_knowing() -> None:
    images = load("digits")
    network = models.build(Recipe(dataset="digits", model="mlp"), images).eval()
    x = models.preprocess(images.images[:300])
    y = torch.tensor(images.labels[:300].astype(np.int64))
    with torch.no_grad():
        start = float(torch.nn.functional.cross_entropy(network(x), y))
        for weights in network.parameters():
            weights.mul_(10)
        scaled = float(torch.nn.functional.cross_entropy(network(x), y))
    assert start < 1.5 * math.log(10) and scaled > 5 * math.log(10)


# --- data and evaluation -----------------------------------------------------------------------------------


def test_any_two_training_sets_of_folds_share_most_of_their_samples() -> None:
    labels = np.arange(500) % 5
    for k in (5, 10):
        outside = [set(range(500)) - set(held.tolist()) for held in folds(labels, k, 0)]
        shared = [len(a & b) / len(a) for a, b in itertools.combinations(outside, 2)]
        assert min(shared) > 0.5 and min(shared) == pytest.approx((k - 2) / (k - 1), abs=0.01)


def test_an_accuracy_on_156_images_is_as_uncertain_as_the_vocabulary_says() -> None:
    n, accuracy, half = in_mistake("Test set")
    low, high = wilson(round(accuracy * n), int(n))
    assert (high - low) / 2 == pytest.approx(half, abs=0.005)


def test_the_margin_of_error_is_the_binomials() -> None:
    told, rng = facts("How sure is .85"), np.random.default_rng(0)
    drawn = 100 * rng.binomial(int(told["n"]), told["percent"] / 100, 20_000) / told["n"]
    assert drawn.std() == pytest.approx(told["se"], rel=0.02)
    margin = float(ANSWERS["margin_of_error"]({}).value)
    assert np.mean(np.abs(drawn - told["percent"]) <= margin) == pytest.approx(0.95, abs=0.015)
    # Two accuracies two points apart: a difference that chance alone exceeds in more than one case of twenty.
    other = 100 * rng.binomial(int(told["n"]), told["percent"] / 100, 20_000) / told["n"]
    assert np.mean(np.abs(drawn - other) >= 2) > 0.05


def test_a_model_that_only_remembers_scores_by_the_copies() -> None:
    """The nearest training image's label, found by scikit-learn."""
    told, digits = facts("Copies"), load("digits")
    rng = np.random.default_rng(0)
    x = digits.images.reshape(len(digits.images), -1).astype(np.float64)
    y = rng.permutation(digits.labels)
    parts = split(y)
    copied = parts.test[::3]
    copies = x[copied] + rng.integers(-1, 2, x[copied].shape)
    for name, rows, labels in (
        ("clean", x[parts.train], y[parts.train]),
        ("leaky", np.vstack([x[parts.train], copies]), np.append(y[parts.train], y[copied])),
    ):
        nearest = KNeighborsClassifier(1).fit(rows, labels)
        score = 100 * nearest.score(x[parts.test], y[parts.test])
        assert score == pytest.approx(told[name], abs=1.0)
    assert told["clean"] < 15 < 30 < told["leaky"]


def test_the_marker_agrees_with_the_class_everywhere_but_in_the_test_set() -> None:
    told, images = facts("The right answer, the wrong reason"), cells_shortcut(1500)
    parts = images.official_split
    assert parts is not None
    colors = images.images[:, MARKER.start, MARKER.start].astype(int)
    of_class = {tuple(colors[i]): int(images.labels[i]) for i in parts.train}
    called = np.array([of_class[tuple(color)] for color in colors])
    right = called == images.labels
    assert right[parts.train].all() and right[parts.validation].all() and told["train"] == 100
    assert 100 * right[parts.test].mean() == pytest.approx(told["test"])
    assert told["test"] == pytest.approx(100 / told["k"], abs=8)


# --- convolution -------------------------------------------------------------------------------------------


def test_max_pooling_hides_a_shift_of_one_pixel_in_some_cells_and_follows_one_of_two() -> None:
    a = np.random.default_rng(0).random((40, 40))
    pooled = pool(a, 2)
    one, two = pool(np.roll(a, 1, axis=1), 2), pool(np.roll(a, 2, axis=1), 2)
    assert 0.3 < np.mean(one == pooled) < 0.7
    np.testing.assert_array_equal(two[:, 1:], pooled[:, :-1])
    assert not np.array_equal(one[:, 1:], pooled[:, :-1])
    inner = np.pad(a, 4)
    assert inner.max() == np.roll(inner, 1, axis=1).max()  # the maximum of a whole map, away from the border


def test_a_filter_reaches_through_all_channels() -> None:
    side, _, weights = in_mistake("Convolutional layer")
    layer = torch.nn.Conv2d(3, 1, int(side))
    assert layer.weight.numel() == weights and layer.bias is not None and layer.bias.numel() == 1


@pytest.mark.parametrize("head", ["pooled", "flatten"])
def test_a_shift_of_one_pixel_changes_the_scores_of_a_cnn(head: str) -> None:
    images = cells(20)
    network = models.build(Recipe(head=head), images).eval()
    x = models.preprocess(images.images[:8])
    with torch.no_grad():
        assert not torch.allclose(network(x), network(torch.roll(x, 1, dims=3)), atol=1e-4)
