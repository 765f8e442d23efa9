"""What comes with the lab and needs no network: scikit-learn's real digits and tables."""

import numpy as np

from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet, Table

TABLES = ("breast_cancer", "iris")


def digits() -> ImageSet:
    """1,797 real handwritten digits of 8x8 pixels, kept at their size; grey 0..16 becomes 0..255."""
    from sklearn.datasets import load_digits  # on demand: scikit-learn takes more than a second to import

    bunch = load_digits()
    return ImageSet(
        name="digits",
        images=np.rint(bunch.images * (255 / 16)).astype(np.uint8),
        labels=bunch.target,
        class_names=tuple(str(name) for name in bunch.target_names),
        licence="CC BY 4.0",
        source="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI, by scikit-learn",
    )


def table(name: str) -> Table:
    """A table of real measurements: breast_cancer (569 x 30, two classes) or iris (150 x 4, three classes).

    Raises:
        BadInput: any other name.
    """
    if name not in TABLES:
        raise BadInput(f"There is no table {str(name)[:40]!r}; there are {' and '.join(TABLES)}.")
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    return Table(
        name=name,
        x=bunch.data,
        y=bunch.target,
        names=tuple(str(column) for column in bunch.feature_names),
        class_names=tuple(str(label) for label in bunch.target_names),
        licence="CC BY 4.0",
        source={
            "breast_cancer": "Wolberg et al., Breast Cancer Wisconsin (Diagnostic), UCI, by scikit-learn",
            "iris": "Fisher 1936, Iris, UCI, by scikit-learn",
        }[name],
    )
