"""Prints the index that `make run` takes PyTorch from: the one without CUDA where no card could use it, or nothing.

Nothing means the usual index. Under Linux its wheels bring CUDA along, 5 GB that only an NVIDIA card has a use for;
elsewhere they do not. Exits with 1 where the index would be the better one and does not answer.

    python deploy/torch_index.py [cpu | usual | https://…]
"""

import shutil
import sys
import threading
import urllib.request
from pathlib import Path

CPU = "https://download.pytorch.org/whl/cpu"
PATIENCE = 5.0  # seconds, of which looking up a name may take any share


def wanted(wish: str = "") -> str:
    """The index by what is wished, else by what this computer has; "" for the usual one."""
    if wish:
        return {"cpu": CPU, "usual": ""}.get(wish, wish)
    return CPU if sys.platform == "linux" and not has_a_card() else ""


def has_a_card(driver: Path = Path("/proc/driver/nvidia/version")) -> bool:
    """Whether NVIDIA's driver is loaded, or, as in Windows' Linux, its tool is there."""
    return driver.exists() or shutil.which("nvidia-smi") is not None


def answers(index: str) -> bool:
    """Whether it lists PyTorch's wheels, within PATIENCE."""
    found = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(f"{index}/torch/", timeout=PATIENCE):
                found.append(index)
        except (OSError, ValueError):
            return

    asking = threading.Thread(target=ask, daemon=True)  # looking up a name has no time-out of its own
    asking.start()
    asking.join(PATIENCE)
    return bool(found)


def main() -> int:
    index = wanted(*sys.argv[1:2])
    if index and not answers(index):
        return 1
    sys.stdout.write(index)
    return 0


if __name__ == "__main__":
    sys.exit(main())
