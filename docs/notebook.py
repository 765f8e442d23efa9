"""Writes docs/notebook.ipynb from docs/notebook.md, its scripts as cells. `python docs/notebook.py`."""

import json
import re
from pathlib import Path

HERE = Path(__file__).parent
SCRIPT = re.compile(r"^```python\n(.*?)^```\n", re.DOTALL | re.MULTILINE)


def scripts(text: str) -> list[str]:
    """The Python scripts of a page, in their order."""
    return SCRIPT.findall(text)


def notebook(text: str) -> str:
    """The page as a notebook (nbformat 4.5)."""
    pieces = SCRIPT.split(text)  # text, script, text, script …, text
    cells = [_cell(i, piece.strip("\n")) for i, piece in enumerate(pieces) if piece.strip()]
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    whole = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _cell(i: int, content: str) -> dict[str, object]:
    common = {"id": f"piece-{i}", "metadata": {}, "source": content.splitlines(keepends=True)}
    if i % 2:
        return {"cell_type": "code", "execution_count": None, "outputs": [], **common}
    return {"cell_type": "markdown", **common}


if __name__ == "__main__":
    page = (HERE / "notebook.md").read_text(encoding="utf-8")
    (HERE / "notebook.ipynb").write_text(notebook(page), encoding="utf-8")
