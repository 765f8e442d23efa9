"""The ways this processor can multiply matrices, and tests run under each: python -m proofs.kernels [--oldest].

OpenBLAS and PyTorch pick their kernels by the processor; each rounds otherwise, in the last digit. What a test or a
page says must not depend on that. Tests marked `delicate` are run here under every kernel the processor has.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
AVX512 = frozenset(f"avx512{part}" for part in ("f", "cd", "bw", "dq", "vl"))
# OpenBLAS's names from the oldest to the newest, and the flags in /proc/cpuinfo without which they end in SIGILL.
CORES = {
    "Prescott": frozenset({"pni"}),
    "Nehalem": frozenset({"sse4_2"}),
    "Sandybridge": frozenset({"avx"}),
    "Haswell": frozenset({"avx2", "fma"}),
    "Zen": frozenset({"avx2", "fma"}),
    "SkylakeX": AVX512,
}
MARK = "mark.delicate"
ASK = "import numpy, threadpoolctl as pools; print([pool.get('architecture') for pool in pools.threadpool_info()])"


@dataclass(frozen=True)
class Kernel:
    """What NumPy says it multiplies with, and the environment that makes it, PyTorch and NumPy's loops do so."""

    name: str
    environment: tuple[tuple[str, str], ...] = ()

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """python with these arguments under this kernel, in the project's folder; its output is kept."""
        env = {**os.environ, "PYTHONPATH": str(ROOT), **dict(self.environment)}
        return subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True)


def flags() -> frozenset[str]:
    """What the processor says it can; empty where /proc/cpuinfo does not say (macOS, Windows, ARM)."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return frozenset(next((line.split(":")[1] for line in lines if line.startswith("flags")), "").split())


def environment(core: str, can: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """OpenBLAS as this core has it, PyTorch's kernels and NumPy's loops of the same age."""
    new = CORES[core] == AVX512
    middle = "avx2" in CORES[core]
    levels = {"X86_V4": can >= AVX512 and not new, "X86_V3": "avx2" in can and not (new or middle)}
    return (
        ("OPENBLAS_CORETYPE", core),
        ("ATEN_CPU_CAPABILITY", "avx512" if new else "avx2" if middle else "default"),
        ("NPY_DISABLE_CPU_FEATURES", " ".join(level for level, off in levels.items() if off)),
    )


@cache
def kernels() -> tuple[Kernel, ...]:
    """The kernels of this processor that really differ, from the oldest to the newest.

    Each is asked which architecture NumPy's library then names: builds leave some out and fall back to others.
    Elsewhere than on x86 under Linux there is one, as it is.
    """
    can, found = flags(), dict[str, Kernel]()
    for core, needs in CORES.items():
        if needs <= can:
            kernel = Kernel(core, environment(core, can))
            found.setdefault(kernel.run("-c", ASK).stdout, kernel)
    return tuple(found.values()) or (Kernel("as it is"),)


def delicate(kernel: Kernel, words: Sequence[str] = ()) -> tuple[bool, str]:
    """Whether the delicate tests pass under a kernel, and pytest's output."""
    files = [str(path) for path in sorted((ROOT / "tests").glob("test_*.py")) if MARK in path.read_text()]
    ended = kernel.run(
        *("-m", "pytest", "-m", "delicate", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider"),
        *words,
        *files,  # to collect all the others takes as long as these tests do
    )
    return ended.returncode == 0, ended.stdout + ended.stderr


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.kernels")
    parser.add_argument(
        "--oldest", action="store_true", help="only the oldest kernel: `make test` runs under the newest"
    )
    options, words = parser.parse_known_args()
    chosen = kernels()[:1] if options.oldest else kernels()
    red = []
    for kernel in chosen:
        passed, output = delicate(kernel, words)
        print(f"{kernel.name}: {output if not passed else output.strip().splitlines()[-1]}", flush=True)
        red += [] if passed else [kernel.name]
    return int(bool(red))


if __name__ == "__main__":
    sys.exit(main())
