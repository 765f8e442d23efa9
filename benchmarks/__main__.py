"""All benchmarks one after another; the table goes to the screen and to benchmarks/RESULTS.md."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks import gradcam, network, optimizers, training
from benchmarks.harness import table

PACKAGES = ("torch", "numpy", "scikit-learn", "captum", "torchcam", "grad-cam")
HEAD = """# Benchmarks

Side by side with peers in one run, `make benchmarks`: the cases take turns, equal results are asserted before
anything is timed (for the MedMNIST epoch: validation AUCs within .1, since batches differ), one thread each.
Ratios hold from machine to machine, milliseconds do not; a goal is what we
aimed at.
"""


def main() -> None:
    torch.set_num_threads(1)
    results = []
    for room in (network, optimizers, training, gradcam):
        found = room.results()
        print(table(found), flush=True)
        results += found
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    about = f"Machine: {machine}. Python {platform.python_version()}, {versions}."
    text = f"{HEAD}\n{about}\n\n{table(results)}\n"
    (Path(__file__).parent / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
