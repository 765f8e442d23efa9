"""What the vocabulary calls common mistakes with the words beyond the text's: computed; numbers are read there."""

import itertools
import re

import numpy as np
import pytest
import torch
from scipy.stats import norm

from dlcore import metrics, models, philox
from dlcore.backprop import matrix_form
from dlcore.convolution.receptive_field import field_of
from dlcore.convolution.sliding import Geometry, convolve
from dlcore.evaluation import thresholds
from dlcore.evaluation.calibration import calibration
from dlcore.evaluation.intervals import wilson
from dlcore.formulas import dual_numbers
from dlcore.formulas.expressions import parse
from dlcore.network import Network, loss, trajectory
from dlcore.network.trajectory import Plan
from dlcore.neuron import relu, sigmoid, softmax
from dlcore.optimizers import RULES
from dlcore.optimizers.surfaces import bowl
from dlcore.schedules import cosine
from dlcore.vocabulary import ALL_WORDS, named

RNG = np.random.default_rng(20_261_127)
START = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    """Every test draws the same numbers, whichever ran before."""
    RNG.bit_generator.state = START


def said(name: str) -> list[float]:
    """The numbers that stand in a word's common mistake, in their order; superscripts are none."""
    word = named(name, ALL_WORDS)
    assert word is not None and word.mistake
    return [float(text.replace(",", "")) for text in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", word.mistake)]


# --- slopes ------------------------------------------------------------------------------------------------


def test_minus_the_gradient_misses_the_minimum_by_so_many_degrees() -> None:
    condition, degrees = said("Gradient")
    around = np.linspace(0, np.pi / 2, 100_001)
    points = np.stack([np.cos(around), np.sin(around)], axis=-1)
    slopes = bowl(condition).grad(points)
    cosines = (slopes * points).sum(-1) / np.linalg.norm(slopes, axis=-1)
    assert np.degrees(np.arccos(cosines.min())) == pytest.approx(degrees, abs=0.05)


def test_partial_derivatives_at_a_point_do_not_make_a_function_continuous() -> None:
    def f(x: float, y: float) -> float:
        return x * y / (x**2 + y**2) if x or y else 0.0

    for h in (1e-1, 1e-4, 1e-8):
        assert (f(h, 0) - f(0, 0)) / h == (f(0, h) - f(0, 0)) / h == 0  # both partial derivatives are 0
        assert f(h, h) == pytest.approx(0.5)  # and yet, as near as one likes, the value is ½


def test_the_jacobian_of_softmax_is_not_diagonal() -> None:
    z, h = RNG.normal(size=4), 1e-6
    columns = [(softmax(z + h * e) - softmax(z - h * e)) / (2 * h) for e in np.eye(4)]
    jacobian = np.stack(columns, axis=1)
    p = softmax(z)
    np.testing.assert_allclose(jacobian, np.diag(p) - np.outer(p, p), atol=1e-9)
    assert (np.abs(jacobian) > 1e-4).all()
    slope = (relu(z[:, None] + h * np.eye(4)) - relu(z[:, None] - h * np.eye(4))) / (2 * h)
    assert not (slope - np.diag(np.diag(slope))).any()  # that of a ReLU layer is


def test_gradient_descent_leaves_a_saddle_and_newton_jumps_onto_it() -> None:
    below, _ = said("Saddle point")
    hessian = np.diag([2.0, -2.0])
    for eta in (0.01, 0.3, 0.99 * below):
        for start in RNG.uniform(-1, 1, (20, 2)):
            theta = start.copy()
            for _ in range(50):
                theta = theta - eta * hessian @ theta
            assert abs(theta[1]) > abs(start[1])
        on_axis = np.array([1.0, 0.0])
        for _ in range(2000):
            on_axis = on_axis - eta * hessian @ on_axis
        assert np.abs(on_axis).max() < 1e-8
    start = RNG.normal(size=2)
    np.testing.assert_allclose(start - np.linalg.solve(hessian, hessian @ start), 0, atol=1e-15)


def test_halfway_between_two_equal_networks_the_loss_is_larger() -> None:
    plan = Plan(points="xor", net=Network(hidden=(4,)), epochs=60, n=100, lr=0.1)
    run, points = trajectory.train(plan), trajectory.sets(plan).points
    trained = run.theta[-1].copy()
    swapped = trained.copy()
    first, last = plan.net.layers(swapped)
    first[[0, 1]] = first[[1, 0]]
    last[:, [0, 1]] = last[:, [1, 0]]

    def at(theta: np.ndarray) -> float:
        return loss(plan.net, theta, plan.net.inputs(points.x), points.y)

    assert not np.allclose(swapped, trained)
    assert at(swapped) == pytest.approx(at(trained), rel=1e-12)
    assert at((trained + swapped) / 2) > 1.05 * at(trained)


def test_the_axes_of_a_level_ellipse_are_in_the_ratio_of_the_root() -> None:
    (condition,) = said("Condition number")
    f = bowl(condition).f
    assert f(np.array([3.0, 0.0])) == pytest.approx(f(np.array([0.0, 1.0])))  # three times as long as wide
    assert np.linalg.cond(bowl(condition).hessian(np.zeros(2))) == pytest.approx(condition)


def test_a_lower_rate_leaves_the_ratio_between_the_layers_steps() -> None:
    scaled = [
        (2 * W, b) for W, b in matrix_form.initial_parameters((8, 32, 32, 32, 32, 32, 32, 32, 32, 1), "He")
    ]
    passed = matrix_form.run(scaled, RNG.normal(size=8), 0.5, "relu")
    sizes = np.array([np.linalg.norm(layer.delta) for layer in passed.layers])
    assert sizes[0] > 20 * sizes[-1]
    for eta in (1.0, 1e-3):
        steps = [np.linalg.norm(eta * layer.b_gradient) for layer in passed.layers]
        assert steps[0] / steps[-1] == pytest.approx(sizes[0] / sizes[-1])


def test_dual_numbers_are_exact_where_every_central_difference_is_not() -> None:
    true = np.exp(1.0)
    central = [(np.exp(1 + h) - np.exp(1 - h)) / (2 * h) for h in 10.0 ** -np.arange(1, 13)]
    assert (np.abs(np.array(central) / true - 1) > 1e-12).all()
    _, slope = dual_numbers.value_and_slope(parse("exp(x)", ("x",)), {"x": 1.0}, "x")
    assert abs(float(slope) / true - 1) < 1e-15


# --- optimizing --------------------------------------------------------------------------------------------


def test_momentum_lengthens_steady_steps_by_so_many_times() -> None:
    *_, beta, times = said("Momentum")
    rule = RULES["momentum"](lr=0.1, beta=beta)
    theta, state, steps = 0.0, rule.initial(), []
    for t in range(1, 300):
        after, state = rule.step(theta, 1.0, state, t, 0.1)
        steps.append(theta - after)
        theta = after
    assert steps[0] == pytest.approx(0.1)
    assert steps[-1] / steps[0] == pytest.approx(times)


def test_nesterov_as_torch_writes_it_is_the_original_seen_from_the_point_ahead() -> None:
    eta, beta, hessian = 0.05, 0.9, np.diag([1.0, 10.0])
    theta = phi = np.array([1.0, 1.0])
    v = u = np.zeros(2)
    rule = RULES["nesterov"](lr=eta, beta=beta)
    state = rule.initial()
    for t in range(1, 40):
        theta, state = rule.step(theta, hessian @ theta, state, t, eta)
        u = beta * u + hessian @ (phi - eta * beta * u)  # the gradient where momentum alone would lead
        phi = phi - eta * u
        np.testing.assert_allclose(theta, phi - eta * beta * u, rtol=1e-9, atol=1e-12)
    assert not np.allclose(theta, phi, atol=1e-9) and not v.any()


def test_rmsprops_first_step_is_so_many_times_the_rate() -> None:
    *_, beta2, times = said("RMSprop")
    rule = RULES["rmsprop"](lr=1.0, beta2=beta2)
    theta, _ = rule.step(np.zeros(2), np.array([3.0, -0.2]), rule.initial(), 1, 1.0)
    np.testing.assert_allclose(np.abs(theta), times, rtol=1e-5)


def test_an_l2_penalty_inside_adam_spares_weights_with_large_gradients_and_adamw_does_not() -> None:
    eta, decay = 1e-3, 0.1
    sizes = np.array([1.0, 100.0])  # of two weights' gradients, whose sign changes at every step
    inside, outside = RULES["adam"](lr=eta), RULES["adamw"](lr=eta, weight_decay=decay)
    a = b = np.ones(2)
    state, other = inside.initial(), outside.initial()
    for t in range(1, 2001):
        g = sizes * (-1) ** t
        a, state = inside.step(a, g + decay * a, state, t, eta)
        b, other = outside.step(b, g, other, t, eta)
    assert 1 - a[0] > 10 * abs(1 - a[1])
    np.testing.assert_allclose(b[0], b[1], rtol=1e-6)
    assert b[0] < 0.9


def test_under_gradient_descent_decay_is_an_l2_penalty() -> None:
    eta, decay, hessian = 0.1, 0.3, np.diag([1.0, 5.0])
    w = RNG.normal(size=2)
    np.testing.assert_allclose((1 - eta * decay) * w - eta * hessian @ w, w - eta * (hessian @ w + decay * w))


def test_halfway_a_cosine_schedule_is_at_half_its_rate() -> None:
    assert cosine(501, 1000) == pytest.approx(0.5)
    assert cosine(500, 500) < 1e-4


def test_plain_steps_jump_across_the_zero_that_soft_thresholding_reaches() -> None:
    eta, penalty, wanted = 0.1, 1.0, 0.3  # ½ (w − 0.3)² + |w| is smallest at 0
    w, soft, signs = 0.77, 0.77, []
    for _ in range(500):
        w -= eta * (w - wanted + penalty * np.sign(w))
        signs.append(np.sign(w))
        step = soft - eta * (soft - wanted)
        soft = np.sign(step) * max(0.0, abs(step) - eta * penalty)
    assert set(signs[-20:]) == {-1.0, 1.0} and abs(w) < 0.2
    assert soft == 0


def test_a_stronger_penalty_ends_at_a_higher_training_loss() -> None:
    x, y = RNG.normal(size=(40, 5)), RNG.normal(size=40)
    losses = []
    for penalty in (0.0, 0.1, 1.0, 10.0):
        w = np.linalg.solve(x.T @ x + penalty * np.eye(5), x.T @ y)
        losses.append(float(np.mean((x @ w - y) ** 2)))
    assert losses == sorted(losses) and losses[-1] > losses[0]


def test_in_training_mode_an_images_maps_depend_on_its_batch() -> None:
    block = models.block(1, 4, 1, pool=False)
    generator = torch.Generator().manual_seed(0)
    models.initialise(block, generator)
    batch = torch.rand(6, 1, 8, 8, generator=generator)
    other = torch.cat([batch[:1], 5 * batch[1:]])
    block.train()
    assert not torch.allclose(block(batch)[0], block(other)[0])
    block.eval()
    assert torch.allclose(block(batch)[0], block(other)[0])


def test_neurons_that_start_alike_stay_alike() -> None:
    plan = Plan(points="xor", net=Network(hidden=(3,)), epochs=5, n=60)
    theta = np.full(plan.net.size, 0.4)
    ended = trajectory.train(plan, theta).theta[-1]
    first, last = plan.net.layers(ended)
    assert not np.allclose(first, 0.4)
    np.testing.assert_allclose(first, first[:1].repeat(3, axis=0), rtol=1e-12)
    np.testing.assert_allclose(last[0, :3], last[0, 0], rtol=1e-12)


def test_under_glorot_each_relu_layer_halves_the_mean_square() -> None:
    (layers,) = said("Glorot initialization")
    n = 512
    scale = matrix_form.weight_scale(n, n, "Glorot")
    z, ratios = RNG.normal(size=(n, 200)), []
    for _ in range(6):
        after = RNG.normal(0, scale, (n, n)) @ relu(z)
        ratios.append(np.mean(after**2) / np.mean(z**2))
        z = after
    assert np.mean(ratios) == pytest.approx(0.5, abs=0.05)
    assert 0.5**layers == pytest.approx(1e-6, rel=0.05)


def test_equal_seeds_give_equal_numbers_and_streams_keep_them_apart() -> None:
    one, two = np.random.default_rng(7).normal(size=500), np.random.default_rng(7).normal(size=500)
    assert np.array_equal(one, two)
    apart = np.corrcoef(philox.uniforms(7, 500, 0), philox.uniforms(7, 500, 1))[0, 1]
    assert abs(apart) < 0.15


def test_the_order_of_a_sum_changes_its_last_bit() -> None:
    a, b, c, *again = said("Reproducibility")
    assert again == [a, b, c]
    assert (a + b) + c != a + (b + c)


# --- judging -----------------------------------------------------------------------------------------------


def test_equal_answers_can_have_very_different_losses() -> None:
    timid, sure, times = said("Prediction")
    y = np.zeros(5, dtype=int)
    answers = [np.tile([p, 1 - p], (5, 1)) for p in (timid, sure)]
    assert metrics.accuracy(answers[0], y) == metrics.accuracy(answers[1], y) == 1
    assert np.log(timid) / np.log(sure) == pytest.approx(times, abs=0.5)


def test_equal_steps_of_probability_are_unequal_steps_of_logits() -> None:
    a, b, first, c, d, second = said("Logit")
    assert b - a == pytest.approx(0.1) and d - c == pytest.approx(0.01)
    for low, high, step in ((a, b, first), (c, d, second)):
        assert np.log(high / (1 - high)) - np.log(low / (1 - low)) == pytest.approx(step, abs=0.005)
        assert sigmoid(np.log(high / (1 - high))) == pytest.approx(high)


def test_a_temperature_never_changes_which_class_is_largest() -> None:
    z = RNG.normal(size=(200, 5))
    largest = [softmax(z, T).argmax(1) for T in (0.2, 1.0, 7.0)]
    assert all(np.array_equal(one, z.argmax(1)) for one in largest)
    assert softmax(z, 0.2).max(1).mean() > softmax(z, 7.0).max(1).mean() + 0.3


def test_saying_nothing_costs_the_logarithm_of_the_number_of_classes() -> None:
    classes, _, cost = said("Categorical cross-entropy")
    p = softmax(np.zeros(int(classes)))
    assert -np.log(p[3]) == pytest.approx(cost, abs=5e-4)


def test_a_likelihood_does_not_integrate_to_one() -> None:
    low, high, area, _ = said("Maximum likelihood")
    p = np.linspace(low, high, 10_001)
    assert np.trapezoid(p, p) == pytest.approx(area)


def test_naming_the_common_class_scores_its_share() -> None:
    first, share = said("Accuracy")
    y = np.arange(100) >= first
    assert first == share == 100 * metrics.accuracy(np.tile([1.0, 0.0], (100, 1)), y.astype(int))


def test_rows_of_the_confusion_matrix_give_sensitivity_and_columns_precision() -> None:
    y, scores = RNG.random(200) < 0.3, RNG.random(200)
    table = metrics.confusion(np.stack([1 - scores, scores], 1), y.astype(int))
    at = thresholds.at_threshold(scores, y, 0.5)
    assert table[1, 1] / table[1].sum() == pytest.approx(at.sensitivity.value)
    assert table[1, 1] / table[:, 1].sum() == pytest.approx(at.precision.value)
    assert at.sensitivity.value != pytest.approx(at.precision.value)


def test_calling_everything_positive_is_fully_sensitive_and_not_at_all_specific() -> None:
    sensitivity, specificity = said("Sensitivity")
    at = thresholds.at_threshold(RNG.random(50), np.arange(50) < 20, -1.0)
    assert (at.sensitivity.value, at.specificity.value) == (sensitivity, specificity)


def test_so_many_false_alarms_are_expected_among_the_healthy() -> None:
    percent, healthy, alarms = said("Specificity")
    assert healthy * (1 - percent / 100) == pytest.approx(alarms)


def test_precision_falls_with_the_prevalence() -> None:
    quality, high, common, low, rare = (number / 100 for number in said("Precision"))

    def precision(prevalence: float) -> float:
        hits, alarms = quality * prevalence, (1 - quality) * (1 - prevalence)
        return hits / (hits + alarms)

    assert precision(common) == pytest.approx(high)
    assert precision(rare) == pytest.approx(low)


def test_squaring_all_probabilities_leaves_the_roc_curve() -> None:
    p, y = RNG.random(100), RNG.random(100) < 0.4
    one, two = thresholds.roc(p, y), thresholds.roc(p**2, y)
    np.testing.assert_array_equal(one.true_positive_rate, two.true_positive_rate)
    np.testing.assert_array_equal(one.false_positive_rate, two.false_positive_rate)


def test_a_perfect_ranking_can_be_half_wrong_at_one_half() -> None:
    scores, y = np.array([0.3, 0.35, 0.4, 0.45]), np.array([0, 0, 1, 1])
    assert metrics.auc(scores, y) == said("AUC")[0]
    assert metrics.accuracy(np.stack([1 - scores, scores], 1), y) == 0.5


def test_answering_the_prevalence_is_calibrated_and_ranks_nobody() -> None:
    y = (np.arange(200) < 60).astype(int)
    p = np.full(200, y.mean())
    assert calibration(np.stack([1 - p, p], 1), y).expected_error == pytest.approx(0, abs=1e-12)
    assert metrics.auc(p, y) == said("Calibration")[0]


def test_at_another_prevalence_a_half_means_something_else() -> None:
    percent, before, after = said("Prevalence")
    odds = thresholds.odds(before) * thresholds.odds(percent / 100) / thresholds.odds(0.5)
    assert odds / (1 + odds) == pytest.approx(after)


def test_the_cheapest_threshold_follows_from_the_cost_of_a_miss() -> None:
    cost, threshold = said("Decision threshold")
    assert thresholds.threshold_of(cost, 0.3, 0.3) == pytest.approx(threshold)
    p = np.linspace(0.001, 0.999, 999)
    calls_cost, silence_costs = 1 - p, cost * p
    assert ((calls_cost < silence_costs) == (p > threshold))[np.abs(p - threshold) > 1e-9].all()


def test_twenty_of_twenty_is_not_certainty() -> None:
    z, right, n, width, begins = said("Confidence interval")
    assert norm.ppf(0.975) == pytest.approx(z, abs=0.005)
    p = right / n
    assert z * np.sqrt(p * (1 - p) / n) == width
    assert wilson(int(right), int(n))[0] == pytest.approx(begins, abs=5e-4)


def test_the_most_common_class_beats_a_uniform_guess() -> None:
    *shares, scored = said("Baseline")
    assert sum(shares) == 100
    assert np.dot(shares, np.full(3, 1 / 3)) == pytest.approx(100 / 3)
    assert max(shares) == scored


# --- data --------------------------------------------------------------------------------------------------


def test_balanced_weights_move_the_best_constant_answer() -> None:
    n, plain, weighted = said("Class imbalance")
    y = np.arange(int(n)) == 0
    p = np.linspace(0.001, 0.999, 999)

    def best(weights: np.ndarray) -> float:
        losses = -(weights * np.where(y, np.log(p[:, None]), np.log(1 - p[:, None]))).mean(1)
        return float(p[losses.argmin()])

    counts = np.where(y, y.sum(), (~y).sum())
    assert best(np.ones(int(n))) == pytest.approx(plain)
    assert best(n / (2 * counts)) == pytest.approx(weighted)


def test_features_chosen_before_the_folds_make_noise_look_learned() -> None:
    n, chosen, features, wrong, right = map(int, said("Data leakage"))
    rng = np.random.default_rng(0)

    def picked(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.argsort(-np.abs(x[y == 1].mean(0) - x[y == 0].mean(0)))[:chosen]

    def scores() -> tuple[float, float]:
        x, y = rng.normal(size=(n, features)), rng.permutation(np.arange(n) % 2)
        before, hits = picked(x, y), np.zeros(2)
        for fold in np.array_split(rng.permutation(n), 5):
            learned = np.setdiff1d(np.arange(n), fold)
            for k, columns in enumerate((before, picked(x[learned], y[learned]))):
                centers = [x[learned][y[learned] == c][:, columns].mean(0) for c in (0, 1)]
                away = [((x[fold][:, columns] - center) ** 2).sum(1) for center in centers]
                hits[k] += np.sum((away[1] < away[0]) == y[fold])
        return hits[0] / n, hits[1] / n

    outside, inside = np.mean([scores() for _ in range(60)], axis=0)
    assert outside > wrong / 100
    assert inside == pytest.approx(right / 100, abs=0.06)


def test_against_wrong_labels_the_truth_scores_less() -> None:
    noise, scored = said("Label noise")
    labels = np.zeros(200, dtype=int)
    labels[: int(200 * noise / 100)] = 1
    assert 100 * metrics.accuracy(np.tile([1.0, 0.0], (200, 1)), labels) == scored


def test_far_away_a_relu_network_is_almost_certain() -> None:
    sizes = (2, 32, 32, 3)
    layers = matrix_form.initial_parameters(sizes, "He", seed=3)
    directions = RNG.normal(size=(200, 2))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)

    def confidence(x: np.ndarray) -> np.ndarray:
        for W, b in layers[:-1]:
            x = relu(x @ W.T + b)
        W, b = layers[-1]
        return softmax(x @ W.T + b).max(1)

    assert np.mean(confidence(1e4 * directions) > 0.999) > 0.95
    assert np.mean(confidence(directions) > 0.999) < 0.05


def test_a_constant_answer_has_no_gap() -> None:
    gaps = []
    for _ in range(2000):
        y = RNG.random(60) < 0.5
        gaps.append(np.mean((y[:30] - 0.4) ** 2) - np.mean((y[30:] - 0.4) ** 2))
    assert np.mean(gaps) == pytest.approx(said("Generalization gap")[0], abs=4 * np.std(gaps) / 2000**0.5)


def test_one_parameter_labels_all_points_in_every_way() -> None:
    points = np.array(said("Capacity"))
    np.testing.assert_allclose(points, 10.0 ** -np.arange(1, 4))
    for n in (3, 6):
        x = 10.0 ** -np.arange(1, n + 1)
        for labels in itertools.product((1, -1), repeat=n):
            w = np.pi * (1 + sum(10**i for i, label in enumerate(labels, 1) if label < 0))
            assert np.array_equal(np.sign(np.sin(w * x)), labels)


def test_a_weight_of_a_convolution_is_used_at_every_position() -> None:
    rows, columns, times = said("Parameter count")
    x = RNG.normal(size=(int(rows), int(columns)))
    assert convolve(x, np.ones((3, 3)), Geometry(3, p=1)).size == rows * columns == times


def test_a_product_of_two_vectors_takes_so_many_operations() -> None:
    length, operations = said("FLOP")
    assert length + (length - 1) == operations


# --- images ------------------------------------------------------------------------------------------------


def test_a_filter_has_a_weight_for_every_input_channel() -> None:
    side, _, channels, weights = said("Channel")
    layer = torch.nn.Conv2d(int(channels), 1, int(side), bias=False)
    assert sum(p.numel() for p in layer.parameters()) == weights


def test_with_stride_two_a_shift_of_one_pixel_is_no_shift_of_the_output() -> None:
    (stride,) = said("Stride")
    x, w = RNG.normal(size=(20, 20)), RNG.normal(size=(3, 3))
    for s, keeps in ((1, True), (int(stride), False)):
        before = convolve(x, w, Geometry(3, s=s))
        after = convolve(np.roll(x, 1, axis=1), w, Geometry(3, s=s))
        shifts = [np.allclose(after[:, 2:6], before[:, 2 - t : 6 - t]) for t in (-1, 0, 1)]
        assert any(shifts) is keeps


def test_two_equal_dilations_skip_every_other_pixel() -> None:
    side, dilation = said("Dilation")
    geometry = Geometry(int(side), d=int(dilation))
    assert field_of([geometry, geometry]).size == 9
    x = np.zeros((9, 9))
    seen = []
    for j in range(9):
        x[:] = 0
        x[4, j] = 1
        once = convolve(x, np.ones((3, 3)), geometry)
        seen.append(bool(convolve(once, np.ones((3, 3)), geometry).any()))
    assert seen == [True, False] * 4 + [True]


def test_three_small_convolutions_see_so_many_pixels() -> None:
    side, _, stride, seen, _, power, _ = said("Receptive field")
    assert field_of([Geometry(int(side), s=int(stride))] * 3).size == seen
    assert side**3 == power != seen


def test_the_gradient_of_a_shared_weight_is_a_sum_over_positions() -> None:
    x, w, h = RNG.normal(size=(6, 6)), RNG.normal(size=(3, 3)), 1e-6
    z = convolve(x, w, Geometry(3))

    def value(weights: np.ndarray) -> float:
        return float(0.5 * (convolve(x, weights, Geometry(3)) ** 2).sum())

    for p, q in ((0, 0), (2, 1)):
        nudge = np.zeros((3, 3))
        nudge[p, q] = h
        numeric = (value(w + nudge) - value(w - nudge)) / (2 * h)
        summed = (z * x[p : p + z.shape[0], q : q + z.shape[1]]).sum()
        assert numeric == pytest.approx(summed, rel=1e-6)
        assert numeric != pytest.approx(summed / z.size, rel=0.1)


def test_a_mean_over_positions_forgets_where() -> None:
    maps = RNG.normal(size=(5, 49))
    np.testing.assert_allclose(maps.mean(1), maps[:, RNG.permutation(49)].mean(1))


def test_the_gradient_of_a_linear_score_does_not_depend_on_the_image() -> None:
    w = torch.tensor([2.0, -1.0, 0.5])
    gradients = []
    for image in (torch.zeros(3), torch.tensor([0.0, 5.0, 1.0])):
        x = image.requires_grad_()
        gradients.append(torch.autograd.grad(w @ x, x)[0])
    assert torch.equal(gradients[0], w) and torch.equal(gradients[1], w)


def test_integrated_gradients_add_up_for_every_baseline_and_differ() -> None:
    A = RNG.normal(size=(3, 3))
    x, t = RNG.normal(size=3), (np.arange(2000) + 0.5) / 2000
    maps = []
    for base in (np.zeros(3), RNG.normal(size=3)):
        way = base + t[:, None] * (x - base)
        maps.append((x - base) * (way @ (A + A.T)).mean(0))
        assert maps[-1].sum() == pytest.approx(x @ A @ x - base @ A @ base)
    assert not np.allclose(maps[0], maps[1], atol=0.1)


def test_the_drops_of_occlusion_do_not_add_up() -> None:
    one, other, drop = said("Occlusion")
    score = one * other
    drops = [score - 0 * other, score - one * 0]
    assert drops == [drop, drop] and sum(drops) == 2 * score


def test_reshaping_is_not_permuting_axes() -> None:
    images = RNG.random((2, 4, 4, 3))
    right = images.transpose(0, 3, 1, 2)
    wrong = images.reshape(2, 3, 4, 4)
    np.testing.assert_array_equal(right[0, 1], images[0, :, :, 1])
    assert not np.array_equal(wrong, right)


# --- what comes next ---------------------------------------------------------------------------------------


def test_clipping_coordinates_turns_the_gradient() -> None:
    a, b, c, d, turned, straight = said("Gradient clipping")
    clipped = np.clip([a, b], -1, 1)
    assert clipped.tolist() == [c, d]
    assert np.degrees(np.arctan2(d, c)) == pytest.approx(turned, abs=0.05)
    assert np.degrees(np.arctan2(b, a)) == pytest.approx(straight, abs=0.05)


def test_layer_normalization_works_along_rows_and_batch_normalization_down_columns() -> None:
    z = torch.tensor(RNG.normal(size=(8, 5)) + 3 * np.arange(5), dtype=torch.float64)
    rows = torch.nn.LayerNorm(5, elementwise_affine=False, dtype=torch.float64)(z)
    columns = torch.nn.BatchNorm1d(5, affine=False, dtype=torch.float64)(z)
    assert rows.mean(1).abs().max() < 1e-12 < 0.1 < rows.mean(0).abs().max()
    assert columns.mean(0).abs().max() < 1e-12 < 0.1 < columns.mean(1).abs().max()


def test_a_residual_block_can_still_have_the_jacobian_zero() -> None:
    x = torch.tensor([1.0, -2.0])
    jacobian = torch.autograd.functional.jacobian(lambda v: v + (-v), x)
    assert not jacobian.any()


def test_a_neuron_fed_on_another_scale_calls_nearly_everything_bright() -> None:
    low, high, _, most = said("Transfer learning")
    brightness = np.linspace(low, high, 256)
    bright = sigmoid(20 * (brightness - 0.5)) > 0.5
    assert bright.mean() == 0.5
    assert (sigmoid(20 * (brightness * most - 0.5)) > 0.5).mean() > 0.99


def test_too_large_a_rate_leaves_a_minimum_from_however_near() -> None:
    curvature = 5.0
    for eta, leaves in ((1.9 / curvature, False), (2.1 / curvature, True)):
        w = 1e-6
        for _ in range(300):
            w -= eta * curvature * w
        assert (abs(w) > 1) is leaves


def test_looking_up_a_row_is_multiplying_a_one_hot_vector() -> None:
    table = torch.nn.Embedding(7, 3)
    one_hot = torch.nn.functional.one_hot(torch.tensor(4), 7).float()
    assert torch.equal(table(torch.tensor(4)), one_hot @ table.weight)


def test_products_of_queries_and_keys_grow_like_the_root_of_d() -> None:
    spread, d = said("Attention")
    products = RNG.normal(size=(400, int(d))) @ RNG.normal(size=(400, int(d))).T
    assert products.std() == pytest.approx(spread, rel=0.03) and spread**2 == d
    scaled, raw = softmax(products / spread).max(1), softmax(products).max(1)
    assert np.median(raw) > 0.5 > 0.1 > np.median(scaled)


def attention(x: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """One head: softmax(QKᵀ/√d) V."""
    q, k, v = (x @ one for one in maps)
    return softmax(q @ k.T / np.sqrt(k.shape[1])) @ v


def test_attention_does_not_know_the_order_of_its_inputs() -> None:
    x, maps, order = RNG.normal(size=(6, 4)), RNG.normal(size=(3, 4, 4)), RNG.permutation(6)
    np.testing.assert_allclose(attention(x[order], maps), attention(x, maps)[order])


def test_correlated_errors_leave_a_floor_under_the_ensembles_variance() -> None:
    (_, rho) = said("Ensemble")
    for m in (1, 4, 1000):
        covariance = np.full((m, m), rho) + (1 - rho) * np.eye(m)
        variance = covariance.mean()  # of the mean of m errors of variance 1
        assert variance == pytest.approx(rho + (1 - rho) / m)
    assert variance == pytest.approx(0.5, abs=1e-3)


def test_the_code_of_a_linear_autoencoder_is_not_unique() -> None:
    x = RNG.normal(size=(50, 4)) * [3, 2, 1, 0.5]
    _, _, axes = np.linalg.svd(x - x.mean(0), full_matrices=False)
    mixed = RNG.normal(size=(2, 2))
    encoder, decoder = axes[:2].T, axes[:2]
    other = encoder @ mixed, np.linalg.inv(mixed) @ decoder
    np.testing.assert_allclose(x @ encoder @ decoder, x @ other[0] @ other[1])
    assert not np.allclose(encoder, other[0])


def test_depth_makes_pieces_faster_than_width() -> None:
    times, low, high, pieces, neurons = (int(number) for number in said("Universal approximation"))
    x = np.linspace(low, high, 2**14 + 1)
    y = x
    for _ in range(times):
        y = 2 * relu(y) - 4 * relu(y - 0.5)  # the tent map, as a layer of two ReLU neurons
    bends = np.count_nonzero(np.abs(np.diff(y, 2)) > 1e-9)
    assert bends + 1 == pieces == 2**times
    assert neurons == pieces - 1  # each neuron of one hidden layer bends the line at one place at most
