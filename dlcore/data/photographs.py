"""Two photographs that come with scikit-learn, for networks that know photographs."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput
from dlcore.data.image_files import read_image

LICENCE = "danielbuechele and vultilion on Flickr, by scikit-learn, CC BY 2.0"
FILES = {"a temple": "china.jpg", "a flower": "flower.jpg"}


def photograph(name: str) -> NDArray[np.uint8]:
    """uint8 (427, 640, 3): "a temple" or "a flower".

    Raises:
        BadInput: any other name, or scikit-learn came without its pictures.
    """
    if name not in FILES:
        raise BadInput(f"There is no photograph {str(name)[:40]!r}; there are {' and '.join(FILES)}.")
    package = find_spec("sklearn")  # found, not imported: that would take a second
    folder = Path(package.origin).parent if package and package.origin else Path()
    return read_image(folder / "datasets" / "images" / FILES[name])
