"""The sentences about a small network's training hold on every processor.

Too long steps are chaos: initial weights changed in their last bit end elsewhere. So each example is trained again
from weights a few roundings apart, the one with too large a rate from other seeds too, under each kernel; and runs
that learn quietly, as a control, must not be said to jump.
"""

import json
from dataclasses import replace

import numpy as np

from dlcore import network, neuron
from dlcore.network import Network, symptoms, trajectory
from dlcore.network.trajectory import Plan, Trajectory
from proofs.kernels import Kernel, kernels
from ui.network import controls
from ui.network.controls import Example

COVERS = (symptoms, trajectory, network, neuron, controls)
JUMPING = "Too large a learning rate"
# The first words of every sentence that a run of the example gets; on no processor another one.
SAID = {
    "A circle, learned": (),
    "xor without a hidden layer": (),
    "xor with the feature x₁x₂": (),
    "Dead ReLUs": ("Dead: neuron",),
    "Dead, and back again": ("Dead: neuron", "The loss jumps"),
    JUMPING: ("The loss jumps",),
    "The unlucky seed": (),
    "Overfitting on 20 points": ("Overfitting: validation",),
    "The spiral": (),
}
QUIET = replace(Plan(), lr=0.01, epochs=60)


def plan_of(example: Example) -> Plan:
    """The plan of an example, as the page makes it of its controls."""
    on = {**controls.DEFAULTS, **example.settings}
    hidden, _ = controls.read_layers(on["network_layers"])
    net = Network(tuple(on["network_features"]), hidden, on["network_act"], on["network_loss"])
    return Plan(
        net,
        on["network_data"],
        n=on["network_size"],
        noise=on["network_noise"] / 100,
        optimizer=on["network_opt"],
        lr=on["network_lr"],
        seed=int(on["network_seed"]),
    )


PLANS = {example.name: plan_of(example) for example in controls.EXAMPLES}


def nearby(plan: Plan, seed: int) -> Trajectory:
    """The run of a plan from initial weights that differ by up to four units of the last place; 0: its own."""
    theta = plan.net.start(plan.seed)
    if seed:
        theta += np.spacing(theta) * np.random.default_rng(seed).integers(-4, 5, theta.shape)
    return trajectory.train(plan, theta)


def heard(run: Trajectory) -> tuple[str, ...]:
    """The first two or three words of each sentence about a run."""
    known = {words for said in SAID.values() for words in said}
    sentences = symptoms.symptoms(run)
    return tuple(next((words for words in known if s.startswith(words)), s) for s in sentences)


def check(name: str, seed: int) -> None:
    """One example, from weights some roundings away."""
    assert heard(nearby(PLANS[name], seed)) == SAID[name], (
        f"{name}, {seed=}: {heard(nearby(PLANS[name], seed))}"
    )


def count(seeds: int, roundings: int) -> dict[str, int]:
    """How many runs of each kind were made, all with the right sentences."""
    for name in SAID:
        for seed in range(roundings):
            check(name, seed)
    for seed in range(seeds):
        jumping = heard(nearby(replace(PLANS[JUMPING], seed=seed), 0))
        assert jumping == SAID[JUMPING], f"{JUMPING}, initial weights {seed}: {jumping}"
        quiet = heard(nearby(replace(QUIET, seed=seed), 0))
        assert "The loss jumps" not in quiet, f"quiet, initial weights {seed}: {quiet}"
    return {"roundings": roundings * len(SAID), "jumping": seeds, "quiet": seeds}


def under(kernel: Kernel, seeds: int, roundings: int) -> dict[str, int]:
    """The same in a process of its own under a kernel."""
    code = f"import json; from proofs.subjects.verdicts import count; print(json.dumps(count({seeds}, {roundings})))"
    ended = kernel.run("-W", "ignore", "-c", code)
    assert ended.returncode == 0, f"{kernel.name}: {ended.stderr[-300:]}"
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def sample(seed: int) -> None:
    """Two examples some roundings away, the jumping one from one other seed."""
    rng = np.random.default_rng(seed)
    for name in (JUMPING, list(SAID)[rng.integers(len(SAID))]):
        check(name, int(rng.integers(1, 10**6)))
    other = int(rng.integers(100, 10**6))
    assert heard(nearby(replace(PLANS[JUMPING], seed=other), 0)) == SAID[JUMPING], other


def prove() -> str:
    """40 seeds and 10 roundings of each example, under every kernel."""
    made = {kernel.name: under(kernel, seeds=40, roundings=10) for kernel in kernels()}
    total = {kind: sum(one[kind] for one in made.values()) for kind in ("roundings", "jumping", "quiet")}
    return (
        f"{', '.join(made)}: right in {total['roundings']} runs of the {len(SAID)} examples, roundings apart, "
        f"and in {total['jumping']} from other weights; {total['quiet']} quiet runs, none said to jump"
    )
