"""The delicate tests pass under every kernel of this processor."""

import re

import numpy as np

from dlcore import backprop, metrics, models, network, neuron, training
from dlcore.backprop import sgd_repeated
from dlcore.experiments import hyperparameters
from dlcore.network import symptoms, trajectory
from dlcore.optimizers import racing, rules, second_order, stability, walking
from proofs import kernels

TESTS = tuple(
    file
    for file in sorted((kernels.ROOT / "tests").glob("test_*.py"))
    if "mark.delicate" in file.read_text("utf-8")
)
COVERS = (
    backprop, sgd_repeated, hyperparameters, metrics, models, network, neuron, symptoms, training, trajectory,
    racing, rules, second_order, stability, walking, kernels, *TESTS,
)  # fmt: skip


def sample(seed: int) -> None:
    """Under one kernel, drawn by the seed: the sample of the verdicts."""
    found = kernels.kernels()
    kernel = found[np.random.default_rng(seed).integers(len(found))]
    ended = kernel.run("-W", "ignore", "-c", f"from proofs.subjects import verdicts; verdicts.sample({seed})")
    assert ended.returncode == 0, f"{kernel.name}: {ended.stderr[-300:]}"


def prove() -> str:
    """All of them under each kernel."""
    told = []
    for kernel in kernels.kernels():
        passed, output = kernels.delicate(kernel)
        red = ", ".join(re.findall(r"^FAILED (\S+)", output, re.MULTILINE)) or output[-150:]
        assert passed, f"{kernel.name}: {red}"
        told += [f"{kernel.name} {n}" for n in re.findall(r"(\d+) passed", output)]
    return f"passed under {', '.join(told)}"
