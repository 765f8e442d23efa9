"""What comes with the lab and needs no network: scikit-learn's real digits and tables."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet, Table

TABLES = ("breast_cancer", "iris")


def digits() -> ImageSet:
    """1,797 real handwritten digits of 8x8 pixels, kept at their size; grey 0..16 becomes 0..255.

    Read from scikit-learn's own file, 64 pixels and the label a line: to import scikit-learn for it takes
    seconds, in every web process and every worker.
    """
    package = find_spec("sklearn")
    assert package is not None and package.origin is not None
    file = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    lines = np.loadtxt(file, delimiter=",")
    return ImageSet(
        name="digits",
        images=np.rint(lines[:, :64].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8),
        labels=lines[:, 64].astype(np.int64),
        class_names=tuple("0123456789"),
        licence="CC BY 4.0",
        source="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI, by scikit-learn",
    )


def table(name: str) -> Table:
    """A table of real measurements: breast_cancer (569 x 30, two classes) or iris (150 x 4, three classes).

    >>> table("breast_cancer").x.shape, np.bincount(table("breast_cancer").y).tolist()
    ((569, 30), [212, 357])

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
