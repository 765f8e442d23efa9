"""What the wheel asks for: the lines of requirements.txt, the one place where they stand. Read by the build alone."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RequirementsOfTheWheel(MetadataHookInterface):
    """Adds `dependencies` to the project's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Every pin of requirements.txt; what these in turn depend on, their own metadata says."""
        text = Path(self.root, "requirements.txt").read_text(encoding="utf-8")
        metadata["dependencies"] = re.findall(r"^[\w-]+==[\w.]+", text, re.MULTILINE)
