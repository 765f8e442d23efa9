"""The playground's engine beside its peers: 300 recorded epochs with 301 surfaces, and the 20-seed table.

python -m benchmarks.network           times, interleaved, equality asserted first
python -m benchmarks.network table     20 seeds at TensorFlow Playground's own settings
"""

import statistics
import sys
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.harness import Result, interleaved, table
from dlcore.network import Network
from dlcore.network.trajectory import Plan, orders, outputs, sets, slices, train

SIDE = 48
LINE = np.linspace(-6, 6, SIDE)
GRID = np.stack(np.meshgrid(LINE, LINE), axis=-1).reshape(-1, 2)
ROUNDS = 5


def ours(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Parameters of every epoch, and every surface as bytes."""
    run = train(plan)
    surfaces = np.tanh(outputs(plan.net, run.theta, plan.net.inputs(GRID)))
    return run.theta, np.rint(127 * surfaces + 128).astype(np.uint8)


def torch_loop(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """The usual loop: nn.Sequential, autograd, torch.optim, the surface after every epoch."""
    import torch

    from dlcore.oracles.network import flat, module

    torch.set_num_threads(1)  # the fairest for tensors this small: more threads only wait for each other
    parts = sets(plan)
    x = torch.tensor(plan.net.inputs(parts.points.x)[parts.train])
    y = torch.tensor(parts.points.y[parts.train])[:, None]
    grid = torch.tensor(plan.net.inputs(GRID))
    layers = module(plan.net, plan.net.start(plan.seed))
    model = torch.nn.Sequential(*[part for layer in layers for part in (layer, torch.nn.Tanh())])
    optimizer = torch.optim.SGD(model.parameters(), lr=plan.lr)
    theta, surfaces = [flat(layers)], [model(grid).detach().numpy()[:, 0]]
    for order in orders(len(y), plan.epochs, plan.seed):
        for part in slices(len(y), plan.batch):
            chosen = order[part]
            optimizer.zero_grad()
            loss = 0.5 * torch.nn.functional.mse_loss(model(x[chosen]), y[chosen])
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            theta.append(flat(layers))
            surfaces.append(model(grid).numpy()[:, 0])
    return np.array(theta), np.rint(127 * np.array(surfaces) + 128).astype(np.uint8)


def scikit_learn(plan: Plan) -> tuple[None, np.ndarray]:
    """partial_fit an epoch at a time; its output is linear, so only its speed is compared."""
    from sklearn.neural_network import MLPRegressor

    parts = sets(plan)
    x, y = plan.net.inputs(parts.points.x)[parts.train], parts.points.y[parts.train]
    model = MLPRegressor(
        hidden_layer_sizes=plan.net.hidden,
        activation="tanh",
        solver="sgd",
        alpha=0.0,
        batch_size=plan.batch,
        learning_rate_init=plan.lr,
        momentum=0.0,
        random_state=plan.seed,
    )
    surfaces = []
    for _ in range(plan.epochs):
        model.partial_fit(x, y)
        surfaces.append(model.predict(plan.net.inputs(GRID)))
    return None, np.rint(127 * np.clip(surfaces, -1, 1) + 128).astype(np.uint8)


def results() -> list[Result]:
    """300 epochs of the default network with 301 surfaces; all 301 states are asserted to equal torch's first."""
    plan = Plan()
    (a, pictures), (b, reference) = ours(plan), torch_loop(plan)
    assert np.abs(a - b).max() < 1e-9
    assert np.abs(pictures.astype(int) - reference.astype(int)).max() <= 1
    ways = {"ours": ours, "torch loop": torch_loop, "scikit-learn partial_fit": scikit_learn}
    taken = interleaved({name: partial(way, plan) for name, way in ways.items()}, rounds=ROUNDS)
    work = "playground, 300 epochs with surfaces"
    return [Result(work, peer, taken["ours"], taken[peer], "≥ 15×") for peer in list(ways)[1:]]


# TensorFlow Playground's settings: 500 points, half of them for training, coordinates within [-6, 6], initial
# weights uniform in (-.5, .5), biases .1, plain SGD on half the squared error of a tanh output. The medians of
# its own engine over 20 seeds stand beside ours; only the first row has a published range.
HALF = (0.5, 0.01, 0.49)
ROWS: tuple[tuple[str, Plan, str], ...] = (
    ("default: circle, 4-2 tanh", Plan(), ".048 1.00 | .010 1.00 | .0025 (.001-.275) 1.00"),
    ("the same, linear activation", Plan(Network(f="identity")), ".505 .58 | .506 | .506 .59"),
    ("xor, 4-2 tanh", Plan(points="xor"), ".103 .96 | .021 | .005 1.00"),
    ("xor, no hidden layer", Plan(Network(hidden=()), "xor"), ".510 | .510 | .510 .51"),
    (
        "xor, no hidden layer, + x1x2",
        Plan(Network(("x1", "x2", "x1x2"), ()), "xor"),
        ".006 | .005 | .003 1.00",
    ),
    ("gauss, no hidden layer", Plan(Network(hidden=()), "gauss"), ".001 | .0005 | .0002 1.00"),
    ("circle, batch 30", Plan(batch=30), ".441 .73 | .218 .91 | .011 1.00"),
)


def medians(plan: Plan, seeds: int = 20) -> tuple[dict[int, tuple[float, float]], tuple[float, float]]:
    """Median test loss and accuracy at epochs 50, 100, 300 over seeds, and the range of the last loss."""
    runs = [train(replace(plan, seed=s, data_seed=s, fractions=HALF)) for s in range(seeds)]
    found = {}
    for epoch in (50, 100, 300):
        at = [int(np.flatnonzero(r.epochs == epoch)[0]) for r in runs]
        losses = [r.loss["test"][t] for r, t in zip(runs, at, strict=True)]
        right = [r.accuracy["test"][t] for r, t in zip(runs, at, strict=True)]
        found[epoch] = (statistics.median(losses), statistics.median(right))
    last = [float(r.loss["test"][-1]) for r in runs]
    return found, (min(last), max(last))


def medians_beside_playground() -> None:
    print("median test loss and accuracy over 20 seeds; TensorFlow Playground's engine behind the bar")
    for name, plan, theirs in ROWS:
        found, (low, high) = medians(plan)
        ours_text = " | ".join(f"{loss:.4f} {right:.2f}" for loss, right in found.values())
        print(f"{name:30s} {ours_text} ({low:.4f}-{high:.3f})   ||  {theirs}", flush=True)


if __name__ == "__main__":
    medians_beside_playground() if "table" in sys.argv[1:] else print(table(results()))
