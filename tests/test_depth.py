"""Backpropagation in matrix form against torch.autograd; the norms against the theory of their authors."""

import numpy as np
import pytest
import torch

from dlcore.backprop import backward
from dlcore.backprop.matrix_form import (
    DOUBLING,
    doubling_chain,
    gradient_norms,
    initial_parameters,
    output_jacobian,
    run,
    weight_scale,
)
from dlcore.oracles.backprop import layer_complex_steps

pytestmark = pytest.mark.delicate

F = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def torch_gradients(parameters: list, x: np.ndarray, y: float, f: str) -> tuple[float, list[np.ndarray]]:
    leaves = [torch.tensor(value, requires_grad=True) for layer in parameters for value in layer]
    a = torch.as_tensor(x)
    for k in range(0, len(leaves), 2):
        a = leaves[k] @ a + leaves[k + 1]
        if k + 2 < len(leaves):
            a = F[f](a)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(a, torch.full_like(a, y))
    loss.backward()
    return loss.item(), [leaf.grad.numpy() for leaf in leaves]


@pytest.mark.parametrize("f", F)
@pytest.mark.parametrize("widths", [(1, 1, 1, 1), (2, 3, 1), (3, 4, 4, 4, 1)])
def test_layers_match_autograd(f: str, widths: tuple[int, ...]) -> None:
    for seed in range(10):
        parameters = initial_parameters(widths, "He", seed)
        x = np.random.default_rng(seed).normal(size=widths[0])
        passed = run(parameters, x, 1.0, f)
        loss, gradients = torch_gradients(parameters, x, 1.0, f)
        assert passed.loss == pytest.approx(loss, abs=1e-14)
        for layer, W_gradient, b_gradient in zip(passed.layers, gradients[::2], gradients[1::2], strict=True):
            np.testing.assert_allclose(layer.W_gradient, W_gradient, atol=1e-13)
            np.testing.assert_allclose(layer.b_gradient, b_gradient, atol=1e-13)


def test_complex_steps_agree_and_a_wrong_layer_does_not() -> None:
    parameters, x = initial_parameters((3, 4, 4, 1), "Glorot", 1), np.array([0.6, -1.2, 0.9])
    passed, reference = run(parameters, x, 1.0, "tanh"), layer_complex_steps(parameters, x, 1.0, "tanh")
    for layer, (W_gradient, b_gradient) in zip(passed.layers, reference, strict=True):
        np.testing.assert_allclose(layer.W_gradient, W_gradient, rtol=1e-12)
        np.testing.assert_allclose(layer.b_gradient, b_gradient, rtol=1e-12)
    assert np.max(np.abs(passed.layers[1].W_gradient.T - reference[1][0])) > 1e-3  # transposed


def test_a_chain_of_two_is_the_two_neuron_network() -> None:
    params = {"w1": 0.8, "b1": 0.2, "w2": -1.1, "b2": 0.3}
    layers = [(np.array([[params[f"w{k}"]]]), np.array([params[f"b{k}"]])) for k in (1, 2)]
    passed, ours = run(layers, np.array([1.5]), 1.0, "relu"), backward(params, 1.5, 1.0)
    assert [layer.W_gradient.item() for layer in passed.layers] == pytest.approx(
        [ours.w1, ours.w2], abs=1e-15
    )


def test_delta_is_the_product_of_jacobians_times_the_error() -> None:
    passed = run(initial_parameters((3, 4, 4, 4, 1), "Glorot", 2), np.array([0.6, -1.2, 0.9]), 1.0, "tanh")
    for index, layer in enumerate(passed.layers[:-1]):
        product = output_jacobian(passed, index)
        assert product.shape == (1, layer.a.size)
        np.testing.assert_allclose(layer.delta, layer.slope * product[0] * (passed.y_hat - 1.0), atol=1e-15)


def test_weights_have_the_schemes_scale() -> None:
    assert weight_scale(8, 2, "He") == 0.5 and weight_scale(6, 2, "Glorot") == 0.5
    W, b = initial_parameters((200, 300), "He", 0)[0]
    assert np.std(W) == pytest.approx(0.1, rel=0.02) and not b.any()


def test_sigmoid_vanishes_he_keeps_relu_level_glorot_does_not() -> None:
    ratio = {
        (f, scheme): float(norms.delta[0] / norms.delta[-1])
        for f, scheme in [("sigmoid", "Glorot"), ("relu", "He"), ("relu", "Glorot"), ("tanh", "Glorot")]
        for norms in [gradient_norms(f, scheme, depth=20)]
    }
    assert ratio["sigmoid", "Glorot"] < 1e-10
    assert 0.1 < ratio["relu", "He"] < 10
    # Glorot halves the variance of a ReLU layer's signal: 2^(−19/2) over 19 layers, about 1/700
    assert 1e-4 < ratio["relu", "Glorot"] < 1e-2
    assert ratio["tanh", "Glorot"] > 0.05


def test_depth_and_width_are_bounded() -> None:
    assert len(gradient_norms("tanh", "He", depth=10_000, width=4, seeds=1).delta) == 60


def test_large_weights_make_ten_sigmoids_amplify_the_error(claimed: dict[str, float]) -> None:
    """By autograd: the error signal of the chain before its ten sigmoids over the one behind them."""
    w, b, layers = claimed["w"], claimed["b"], int(claimed["layers"])
    z = [torch.tensor(w * claimed["x"] + b, dtype=torch.float64, requires_grad=True)]
    for _ in range(layers):
        z.append(w * torch.sigmoid(z[-1]) + b)
    torch.nn.functional.softplus(-z[-1]).backward(inputs=[z[0]])  # cross-entropy of y = 1
    behind = float(torch.sigmoid(z[-1].detach())) - 1
    assert z[0].grad.item() / behind == pytest.approx(claimed["times"])
    ours = doubling_chain(layers + 1).delta  # of the hidden neurons, the first to the last
    assert ours[0] / ours[-1] == pytest.approx(claimed["times"])
    assert (w, b, claimed["x"]) == tuple(DOUBLING.values())
