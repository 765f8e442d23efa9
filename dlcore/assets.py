"""Where the lab's texts, pictures and own two networks lie: in assets/, beside `dlcore` or in the installed lab."""

from pathlib import Path

_BESIDE = Path(__file__).parents[1]
_INSTALLED = _BESIDE / "deep_learning_lab"  # pyproject.toml puts there what is no part of dlcore
ASSETS = (_INSTALLED if _INSTALLED.is_dir() else _BESIDE) / "assets"
