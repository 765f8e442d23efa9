"""What pages and tabs claim and what they ask to notice: each sentence computed, for everything the menus offer.

The numbers are read from the sentences (`claimed`), so that a wrong one turns its test red.
"""

import functools
import itertools
import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch

from dlcore import data, gradcam, models, training
from dlcore.backprop import LOSSES, backward, forward
from dlcore.backprop.matrix_form import gradient_norms
from dlcore.backprop.sgd_repeated import descend, samples
from dlcore.backprop.two_neurons import error_signal
from dlcore.claims import Value
from dlcore.convolution import network_opened
from dlcore.convolution.kernels import KERNELS, horizontal_edge, vertical_edge
from dlcore.convolution.sliding import Geometry, convolve, grey
from dlcore.convolution.translation_invariance import measure
from dlcore.course.lessons import read_lessons
from dlcore.data.cells import cells
from dlcore.heatmaps.heatmaps import smooth, upsample
from dlcore.network import Network, trajectory
from dlcore.network import forward as forward_pass
from dlcore.neuron import ACTIVATIONS, glm, softmax
from dlcore.number_text import digits
from dlcore.optimizers import RULES, SURFACES, race
from dlcore.optimizers.surfaces import bowl
from dlcore.oracles import neuron as oracle
from dlcore.oracles.backprop import difference_errors
from dlcore.runs import Recipe
from dlcore.store.store import WITH_THE_LAB, Store
from dlcore.vocabulary import ALL_WORDS, plain
from ui.backprop.stepper import LIMITS, PRESETS
from ui.convolution import address as convolution_address
from ui.convolution import pooling
from ui.course import home
from ui.neuron import fitted_and_stacked

Claimed = Mapping[str, Value]
WORDS = {"three quarters": 0.75, "eight": 8}


# --- home, vocabulary --------------------------------------------------------------------------------------


def test_the_line_of_the_first_page_turns_most_at_first(claimed: Claimed) -> None:
    run = trajectory.train(home.PLAN, np.array(home.START))
    angle = np.unwrap(np.arctan2(run.theta[:, 1], run.theta[:, 0]))
    turned = np.abs(np.diff(angle))
    assert (np.diff(turned) < 0).all()  # more and more slowly, at every step
    done = np.cumsum(turned) / turned.sum()
    assert int(np.argmax(done >= WORDS[str(claimed["early"])])) + 1 == claimed["steps"]
    assert len(turned) == claimed["all"]
    wrong = 1 - run.accuracy["train"]
    assert wrong[0] > 2 * wrong[10] > 4 * wrong[-1]


def test_the_course_has_as_many_lessons_as_the_first_page_says(claimed: Claimed) -> None:
    lessons = read_lessons()
    assert len(lessons) == WORDS[str(claimed["lessons"])]
    assert "neuron" in lessons[0].title and "test set" in lessons[-1].title


def test_every_word_has_one_definition_and_a_link_where_there_is_an_experiment(claimed: Claimed) -> None:
    assert len(ALL_WORDS) == claimed["words"]
    assert len({plain(word.name) for word in ALL_WORDS}) == len(ALL_WORDS)
    assert all(word.definition and bool(word.page) == bool(word.link) for word in ALL_WORDS)
    assert 0 < len([word for word in ALL_WORDS if not word.link]) < len(ALL_WORDS) / 5


# --- one neuron, softmax, small network --------------------------------------------------------------------


def test_weights_agree_when_both_minimize_the_same_thing_and_only_then(claimed: Claimed) -> None:
    """At the columns the tab opens with and every penalty of its menu; scikit-learn's default is λ = 1/n."""

    def apart(ours: np.ndarray, w: np.ndarray, b: float) -> float:
        theirs = np.array([*w, b])
        return float(np.max(np.abs(ours - theirs) / np.abs(theirs)))

    classes = glm.classification(*fitted_and_stacked.USUAL["logistic"])
    lengths = glm.regression(*reversed(fitted_and_stacked.USUAL["linear"]))
    worst = 0.0
    for l2 in fitted_and_stacked.PENALTIES:
        ours = glm.fit(classes, l2)
        worst = max(worst, apart(ours.theta, *oracle.logistic_regression(classes.x, classes.y, l2)))
        default = oracle.logistic_regression(classes.x, classes.y, 1 / len(classes.y))
        assert apart(ours.theta, *default) > 0.1
        w, b = oracle.linear_regression(lengths.x, lengths.y, l2)
        worst = max(worst, apart(glm.fit(lengths, l2).theta, w, b))
    assert math.floor(-math.log10(worst)) == claimed["digits"]


def test_the_largest_share_falls_and_the_entropy_rises_with_temperature() -> None:
    z = np.random.default_rng(0).normal(size=(200, 3)) * 3
    temperatures = np.geomspace(0.1, 10, 40)
    p = np.array([softmax(z, T) for T in temperatures])  # (temperatures, n, 3)
    largest, entropy = p.max(axis=2), -(p * np.log(np.maximum(p, 1e-300))).sum(axis=2)
    assert (np.diff(largest, axis=0) <= 1e-15).all() and (np.diff(entropy, axis=0) >= -1e-12).all()
    assert (softmax(z, 1e-3).max(axis=1) > 0.99).mean() > 0.95
    assert np.abs(softmax(z, 1e3) - 1 / 3).max() < 0.01
    scaled = softmax(2 * z)  # multiplying the scores is a lower temperature: more extreme
    assert (scaled.max(axis=1) >= softmax(z).max(axis=1)).all()
    np.testing.assert_allclose(scaled.sum(axis=1), 1)


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_later_neurons_see_nothing_but_the_first_layer(f: str) -> None:
    """Two inputs that the first layer cannot tell apart get one output, whatever comes after it."""
    net = Network(hidden=(1, 3, 2), f=f)
    theta, rng = net.start(0), np.random.default_rng(1)
    x = rng.normal(size=(20, 2))
    w = theta[:2]  # the one neuron of the first layer
    along = np.array([w[1], -w[0]])
    here, there = forward_pass(net, theta, x), forward_pass(net, theta, x + along)
    np.testing.assert_allclose(here.z[0], there.z[0], atol=1e-12)
    np.testing.assert_allclose(here.z[-1], there.z[-1], atol=1e-9)


# --- backpropagation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
def test_one_error_signal_is_a_factor_of_every_gradient(loss: str) -> None:
    """δ times what the loss has no part in: (h, 1) and w₂ ReLU′(z₁) (x, 1); over all numbers the graph can hold."""
    rng = np.random.default_rng(3)
    for _ in range(300):
        at = {name: rng.uniform(*LIMITS[name][:2]) for name in ("w1", "b1", "w2", "b2")}
        x, y = rng.uniform(*LIMITS["x"][:2]), float(rng.integers(2))
        passed, found = forward(at, x, y, loss), backward(at, x, y, loss)
        delta = float(passed.y_hat) - y  # no σ′: it has cancelled against the slope of the cross-entropy
        if loss != "cross-entropy":
            delta *= float(passed.y_hat) * (1 - float(passed.y_hat))
        gate = at["w2"] * (float(passed.z1) > 0)
        expected = (delta * gate * x, delta * gate, delta * float(passed.h), delta)
        gradients = [float(getattr(found, name)) for name in ("w1", "b1", "w2", "b2")]
        np.testing.assert_allclose(gradients, expected, rtol=1e-9, atol=1e-12)
    assert float(error_signal(2.0, 1.0)) == pytest.approx(1 / (1 + math.exp(-2.0)) - 1)


def test_a_saturated_mistake_is_felt_by_cross_entropy_only(claimed: Claimed) -> None:
    at = PRESETS["saturated sigmoid"]
    felt = {loss: float(backward(at.params, at.x, at.y, loss).b2) for loss in LOSSES}
    assert digits(felt["cross-entropy"]) == digits(float(claimed["entropy"]))
    assert digits(felt["squared error"]) == digits(float(claimed["squared"]))


def test_small_batches_take_more_and_noisier_steps(claimed: Claimed) -> None:
    at, (x, y) = PRESETS["good start"], samples(12)
    assert claimed["eta"] == 5  # the rate at which the other test of this sentence counts rising steps
    runs = {b: descend(at.params, x, y, at.eta, 1, b) for b in (1, 4, 12)}
    assert [len(runs[b].losses) - 1 for b in (1, 4, 12)] == [12, 3, 1]
    full = np.array([float(getattr(backward(at.params, x, y), name)) for name in ("w1", "b1", "w2", "b2")])
    rng, noise = np.random.default_rng(0), {}
    for b in (1, 4, 12):
        drawn = [rng.choice(12, b, replace=False) for _ in range(200)]
        slopes = [backward(at.params, x[i], y[i]) for i in drawn]
        each = np.array([[float(getattr(g, name)) for name in ("w1", "b1", "w2", "b2")] for g in slopes])
        noise[b] = float(np.sqrt(((each - full) ** 2).sum(axis=1).mean()))
    assert noise[1] > 1.5 * noise[4] > 10 * noise[12]


def test_the_sigmoid_fades_he_suits_relu_and_glorot_tanh(claimed: Claimed) -> None:
    """At some depths of the slider, its ends included."""
    ratio = {
        (f, scheme, depth): float(norms.delta[0] / norms.delta[-1])
        for f in ("sigmoid", "tanh", "relu")
        for scheme in ("Glorot", "He")
        for depth in (2, 10, 20, 35, 50)
        for norms in [gradient_norms(f, scheme, depth)]
    }
    for scheme in ("Glorot", "He"):
        faded = [ratio["sigmoid", scheme, depth] for depth in (2, 10, 20, 35, 50)]
        assert faded == sorted(faded, reverse=True) and faded[-1] < 1e-20
    sizes = [ratio["relu", "He", depth] for depth in (2, 10, 20, 35, 50)]
    assert math.ceil(max(*sizes, *(1 / size for size in sizes))) == claimed["factor"]
    assert ratio["relu", "Glorot", 50] < 1e-6 < 0.05 < ratio["tanh", "Glorot", 50] < 1
    slope = float(ACTIVATIONS["sigmoid"].df(np.linspace(-40, 40, 80_001)).max())
    assert {"¼": 0.25}[str(claimed["slope"])] == pytest.approx(slope)


def test_too_small_a_step_of_the_difference_is_worse(claimed: Claimed) -> None:
    at = PRESETS["good start"]
    found = difference_errors(at.params, at.x, at.y, at.loss)
    worst = np.max(list(found.errors.values()), axis=0)

    best = int(np.argmin(worst))
    assert found.h[best] == pytest.approx(float(claimed["best"]), rel=1e-9)
    assert worst[found.h < found.h[best] / 5].min() > worst[best]
    assert worst[found.h < 1e-10].min() > 100 * worst[best]


# --- optimizers --------------------------------------------------------------------------------------------


@functools.cache
def lowest(surface: str, steps: int, factor: float = 1.0) -> str:
    """Who stands lowest after so many steps from the surface's own start, of all without mini-batches."""
    rules = {name: rule for name, rule in RULES.items() if name not in ("sgd", "minibatch")}
    found = race(
        SURFACES[surface],
        [rule(lr=rule().lr * factor) for rule in rules.values()],
        [SURFACES[surface].start],
        steps,
    )
    return list(rules)[int(np.argmin(found.losses[:, 0, -1]))]


PLAIN = [name for name in SURFACES if name != "logistic"]  # the surface of real data takes seconds a race


def test_no_optimizer_wins_everywhere() -> None:
    assert len({lowest(surface, 150) for surface in PLAIN}) >= 3


def test_surface_rate_and_budget_decide_who_wins() -> None:
    assert lowest("himmelblau", 150) != lowest("beale", 150)
    assert any(lowest(surface, 10) != lowest(surface, 150) for surface in PLAIN)
    assert any(lowest(surface, 150, 0.1) != lowest(surface, 150) for surface in PLAIN)


def test_gradient_descent_diverges_along_the_steepest_direction_first() -> None:
    """Between 2/λmax and 2/λmin the steep coordinate grows and the flat one shrinks, at every condition number."""
    for condition in (2.0, 10.0, 100.0):
        surface = bowl(condition)
        flat, steep = np.linalg.eigvalsh(surface.hessian(np.zeros((1, 2)))[0])
        rate = 0.5 * (2 / steep + min(2 / flat, 4 / steep))
        path = race(surface, [RULES["gradient_descent"](lr=rate)], [(1.0, 1.0)], 20).paths[0, 0]
        assert abs(path[20, 1]) > abs(path[0, 1]) and abs(path[20, 0]) < abs(path[0, 0])


def test_adams_first_step_knows_no_slope() -> None:
    """η in each coordinate from slopes a thousand times apart, √2 η in the plane; gradient descent's step is not."""
    for eta in (0.001, 0.1):
        steps = []
        for slope in (1.0, 1000.0):
            path = race(bowl(10.0), [RULES["adam"](lr=eta)], [(slope, -slope)], 1).paths[0, 0]
            steps.append(np.abs(path[1] - path[0]))
        np.testing.assert_allclose(steps, eta, rtol=1e-6)
        assert np.hypot(*steps[0]) == pytest.approx(math.sqrt(2) * eta, rel=1e-6)
    plain_steps = [
        np.abs(
            np.diff(race(bowl(10.0), [RULES["gradient_descent"](lr=0.1)], [(x, x)], 1).paths[0, 0], axis=0)
        )
        for x in (1.0, 10.0)
    ]
    np.testing.assert_allclose(plain_steps[1], 10 * plain_steps[0])


# --- training ----------------------------------------------------------------------------------------------


def test_a_network_can_improve_on_its_training_images_and_get_worse_on_new_ones() -> None:
    recipe = Recipe(
        dataset="digits",
        model="mlp",
        subset=100,
        label_noise=0.3,
        learning_rate=1e-2,
        epochs=25,
        schedule="constant",
        augmentation="none",
    )
    run = training.fit(recipe, data.load("digits"))
    train = np.array([epoch.train_loss for epoch in run.epochs])
    held = np.array([epoch.val_loss for epoch in run.epochs])
    turn = int(np.argmin(held))
    assert 0 < turn < len(held) - 5
    assert held[-1] > 1.3 * held[turn] and train[-1] < 0.2 * train[turn]


# --- convolution -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in KERNELS if KERNELS[name](3).any()])
def test_a_filter_responds_where_its_pattern_is(name: str) -> None:
    """Its own pattern on black ground is answered with Σw², more than anywhere else, wherever it is put."""
    w = KERNELS[name](3)
    for i, j in ((2, 3), (10, 5), (6, 14)):
        image = np.zeros((20, 20))
        image[i : i + 3, j : j + 3] = w
        z = convolve(image, w, Geometry(3))
        assert np.unravel_index(np.argmax(z), z.shape) == (i, j)
        assert z.max() == pytest.approx((w**2).sum())


@pytest.mark.parametrize("name", ["vertical edge", "horizontal edge", "diagonal edge"])
def test_edge_filters_tell_the_bright_side_and_padding_makes_an_edge(name: str, claimed: Claimed) -> None:
    w, image = KERNELS[name](3), np.zeros((12, 12))
    image[6:, :] = image[:, 6:] = 1.0  # bright below and right
    z = convolve(image, w, Geometry(3))
    away = z[np.abs(z) > 1e-12]
    assert away.size and (away > 0).all()
    np.testing.assert_allclose(convolve(1 - image, w, Geometry(3)), -z, atol=1e-12)  # the sides change places
    bright = np.full((12, 12), 0.7)
    assert np.abs(convolve(bright, w, Geometry(3))).max() == pytest.approx(float(claimed["flat"]), abs=1e-12)
    assert np.abs(convolve(bright, w, Geometry(3, 1, 1))).max() > 0.5


def test_pooling_reduces_the_effect_of_a_shift_and_does_not_remove_it(claimed: Claimed) -> None:
    """For every filter and window of the tab, images moved by one pixel."""
    images = [grey(image) for image in cells(pooling.SAMPLE).images]
    field = convolution_address.STATE.fields["window"]
    windows = range(field.low, field.high + 1)  # type: ignore[attr-defined]
    largest, worse = 0.0, set()
    for name, kernel in KERNELS.items():
        for window in windows:
            found = measure(images, kernel(pooling.SIZE), window)
            change = dict(zip(found.stages, found.change[:, 1], strict=True))
            assert 0.05 < change["average pooling"] < change["ReLU(z)"], name
            assert change["max pooling"] > 0.05
            if change["max pooling"] >= change["ReLU(z)"]:
                worse.add(name)
            largest = max(largest, change["max of the whole map"])
    assert worse == {"box blur", "bell blur"}
    assert math.ceil(100 * largest) == claimed["percent"]


def test_later_layers_have_more_maps_fewer_cells_and_wider_fields() -> None:
    images = cells(20)
    for depth in (1, 2, 3):
        network = models.build(Recipe(depth=depth), images).eval()
        layers = network_opened.feature_maps(network, images.images[0])
        count, side, field = (
            np.array(column)
            for column in zip(*((*one.maps.shape[:2], one.field.size) for one in layers), strict=True)
        )
        assert (np.diff(count) >= 0).all() and (np.diff(side) <= 0).all() and (np.diff(field) >= 0).all()
        of_block = {one.name.split(".")[1]: (one.maps.shape, one.field.size) for one in layers}
        ends = list(of_block.values())
        assert all(a[0][0] < b[0][0] and a[1] < b[1] for a, b in itertools.pairwise(ends))


def test_random_filters_mark_outlines_as_well() -> None:
    """The best of an untrained network's first maps follows the outline of its image, not that of another one."""
    images = cells(40).images

    def outline(image: np.ndarray) -> np.ndarray:
        x = np.pad(grey(image), 1, mode="edge")
        return np.hypot(*(convolve(x, w(3), Geometry(3)) for w in (vertical_edge, horizontal_edge)))

    def likeness(maps: np.ndarray, drawn: np.ndarray) -> float:
        return max(abs(np.corrcoef(a.ravel(), drawn.ravel())[0, 1]) for a in maps if a.std() > 1e-9)

    network = models.build(Recipe(), cells(20)).eval()
    first = [network_opened.feature_maps(network, image)[0].maps for image in images[:20]]
    own = [likeness(maps, outline(image)) for maps, image in zip(first, images, strict=False)]
    others = [likeness(maps, outline(image)) for maps, image in zip(first, images[20:], strict=True)]
    assert np.mean(own) > 0.35 and np.mean(own) > 1.5 * np.mean(others)


# --- heat maps ---------------------------------------------------------------------------------------------


class MarkerReader(torch.nn.Module):
    """A network that reads nothing but how much of an image is white: brightness above .9, averaged."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torch.nn.Conv2d(1, 1, 1)
        self.head = torch.nn.Linear(1, 2)
        with torch.no_grad():
            self.features.weight.fill_(1.0)
            self.features.bias.fill_(-0.9)
            self.head.weight.copy_(torch.tensor([[-100.0], [100.0]]))
            self.head.bias.copy_(torch.tensor([0.1, -0.1]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.features(x)).mean(dim=(2, 3)))


def test_a_good_map_can_show_a_bad_reason() -> None:
    """A marker agrees with the class in training and is random in the test set: one map, right or wrong."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    for marked, accuracy in ((labels == 1, 1.0), (rng.integers(0, 2, 200) == 1, 0.5)):
        x = torch.tensor(0.8 * rng.random((200, 1, 14, 14)), dtype=torch.float32)
        x[torch.tensor(marked), :, :3, :3] = 1.0
        network = MarkerReader().eval()
        called = network(x).argmax(dim=1).numpy()
        assert np.mean(called == labels) == pytest.approx(accuracy, abs=0.1)
        heat = gradcam.heatmap(network, x, [1], "features").numpy()[:, 0]
        positive = np.maximum(heat[marked], 0)
        assert (positive[:, :3, :3].sum(axis=(1, 2)) > 0.99 * positive.sum(axis=(1, 2))).all()
        right, wrong = (positive[(called == labels)[marked] == is_right] for is_right in (True, False))
        if len(wrong):  # the map of a mistake is that of a right answer
            np.testing.assert_allclose(wrong.mean(axis=0), right.mean(axis=0), atol=1e-5)


def emptiest_spot(image: np.ndarray, mask: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The disc of this diameter that is most like the background, outside the cell; and the background's color."""
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    ground = np.sort(border, axis=0)[len(border) // 2]
    rows, cols = np.indices(mask.shape)
    middles = itertools.product(range(3, 25), repeat=2)
    discs = [(rows - i) ** 2 + (cols - j) ** 2 <= size**2 / 4 for i, j in middles]
    off = np.abs(image.astype(float) - ground).mean(axis=2)
    return min((disc for disc in discs if not (mask & disc).any()), key=lambda disc: off[disc].mean()), ground


def test_what_a_covered_spot_does_depends_on_the_color(claimed: Claimed) -> None:
    run, imageset = Store(WITH_THE_LAB).get(Recipe().key), data.load("cells")
    assert run is not None and imageset.masks is not None
    assert claimed["images"] == 300  # one more or less gives the same percentages
    index, painted = run.val_index[: int(claimed["images"])], []
    for image, mask in zip(imageset.images[index], imageset.masks[index], strict=True):
        disc, ground = emptiest_spot(image, mask, int(claimed["size"]))
        hole = disc[..., None]
        painted += [image, np.where(hole, 0, image), np.where(hole, ground, image)]
    with torch.inference_mode():
        called = (
            models.load(run)(models.preprocess(np.stack(painted).astype(np.uint8))).argmax(1).reshape(-1, 3)
        )
    black, alike = (100 * float((called[:, n] != called[:, 0]).double().mean()) for n in (1, 2))
    assert black == pytest.approx(float(claimed["black"]), abs=1)
    assert alike == pytest.approx(float(claimed["ground"]), abs=0.5)


def test_a_smoothed_map_holds_at_most_the_numbers_of_the_raw_one(claimed: Claimed) -> None:
    """At every smoothing of the slider the enlarged map is a linear function of the raw numbers: rank ≤ 49."""
    side = int(claimed["side"])
    assert side**2 == claimed["numbers"]
    network, image = models.build(Recipe(), cells(20)).eval(), cells(20).images[0]
    assert network_opened.feature_maps(network, image)[-1].maps.shape[1:] == (side, side)
    each = np.eye(side**2).reshape(-1, side, side)
    for sigma in np.arange(0.0, 6.25, 0.25).tolist():
        seen = smooth(upsample(each, (28, 28), "bilinear"), sigma).reshape(side**2, -1)
        assert np.linalg.matrix_rank(seen) <= side**2
        map_ = np.random.default_rng(0).normal(size=(side, side))
        whole = smooth(upsample(map_[None], (28, 28), "bilinear"), sigma).ravel()
        np.testing.assert_allclose(whole, map_.ravel() @ seen, atol=1e-10)  # linear: nothing else goes in


def test_earlier_layers_of_published_networks_give_maps_at_least_as_fine() -> None:
    from torchvision import models as published

    from dlcore.classifiers.map_layers import layers
    from ui.gradcam.guests import NETWORKS

    for name, _ in NETWORKS.values():
        network = published.get_model(name, weights=None).eval()
        sides = [int(shape[1]) for shape in layers(network, torch.zeros(1, 3, 224, 224)).values()]
        assert sides == sorted(sides, reverse=True), name
