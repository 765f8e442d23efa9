"""The delicate tests pass under every kernel of this processor."""

import re

import numpy as np

from dlcore import backprop, descent, lenses, metrics, models, network, neuron, symptoms, training, trajectory
from dlcore.optimizers import racing, rules, second_order, stability, walking
from proofs import kernels
from proofs.subjects import verdicts

TESTS = tuple(
    file
    for file in sorted((kernels.ROOT / "tests").glob("test_*.py"))
    if "mark.delicate" in file.read_text("utf-8")
)
COVERS = (
    backprop, descent, lenses, metrics, models, network, neuron, symptoms, training, trajectory,
    racing, rules, second_order, stability, walking, kernels, *TESTS,
)  # fmt: skip


def sample(seed: int) -> None:
    """Under one kernel, drawn by the seed: the examples of the small network say what they say here."""
    found = kernels.kernels()
    verdicts.under(found[np.random.default_rng(seed).integers(len(found))], seeds=1, roundings=1)


def prove() -> str:
    """All of them under each kernel."""
    told = []
    for kernel in kernels.kernels():
        passed, output = kernels.delicate(kernel)
        red = ", ".join(re.findall(r"^FAILED (\S+)", output, re.MULTILINE)) or output[-150:]
        assert passed, f"{kernel.name}: {red}"
        told += [f"{kernel.name} {n}" for n in re.findall(r"(\d+) passed", output)]
    return f"passed under {', '.join(told)}"
