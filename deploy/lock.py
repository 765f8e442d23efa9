"""Writes requirements.lock: a hash for every file of every package of the image. `make lock`, when a version changes.

PyTorch's own wheels without CUDA come from PyTorch's index, whose hashes PyPI does not know: they and CUDA's parts
are left out, and pinned by version alone.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
FROM_PYTORCH = ("torch==", "torchvision==", "triton==", "nvidia-", "cuda-")
HEAD = """# Made by `make lock`; not to be changed by hand. The image installs these files and no others:
# pip install --require-hashes --no-deps -r requirements.lock. PyTorch comes from its own index, see the Dockerfile.
"""
COMMAND = (
    *("pip", "compile", "requirements-server.txt", "--quiet", "--generate-hashes", "--no-header", "--no-annotate"),
    *("--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28"),
)  # fmt: skip


def without_pytorch(compiled: str) -> str:
    """The entries of a compiled list, one package and its hashes each, that PyPI's files are meant for."""
    entries = re.split(r"^(?=[A-Za-z])", compiled, flags=re.MULTILINE)
    return "".join(entry for entry in entries if not entry.startswith(FROM_PYTORCH))


def main() -> int:
    uv = Path(sys.executable).parent / "uv"
    ran = subprocess.run([uv, *COMMAND], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if ran.returncode == 0:
        LOCK.write_text(HEAD + without_pytorch(ran.stdout), encoding="utf-8")
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main())
