"""How results show themselves in a notebook: one short line, a small table, rows for pandas.

Knows dataclasses and arrays. What a run can be asked besides is asked of the package's face, which knows all rooms.
"""

import dataclasses
import html
from collections.abc import Mapping, Sized
from typing import Any

import numpy as np

import dlcore

LONGEST = 60  # characters of one value
FEW = 6  # things that are named one by one


def in_short(value: Any) -> str:
    """A value in at most LONGEST characters: an array by its type and shape, many things by their number."""
    if shape := tuple(getattr(value, "shape", ())):
        few = isinstance(value, np.ndarray) and value.size <= FEW
        return f"{value.dtype} {value.tolist() if few else shape}"[:LONGEST]
    if isinstance(value, float):
        return f"{value:.6g}"
    if dataclasses.is_dataclass(value) and not isinstance(value, Shown):
        return str(value) if type(value).__str__ is not object.__str__ else type(value).__name__
    if isinstance(value, Mapping):
        return _several(value, ", ".join(map(str, value)))
    if isinstance(value, tuple | list | frozenset) and not isinstance(value, str):
        return _several(value, ", ".join(in_short(each) for each in list(value)[:FEW]))
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _several(values: Sized, written: str) -> str:
    if len(values) <= FEW and len(written) <= LONGEST:
        return f"({written})"
    return f"{len(values):,} values"


class Shown:
    """A result that prints as one short line and shows itself in a notebook as a table of its facts."""

    def facts(self) -> dict[str, Any]:
        """What is shown of it, name by name; every field that says something, unless a class knows better.

        >>> dlcore.split([0, 1] * 5).facts()["test"].tolist()
        [2, 7]
        """
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        values = {field.name: getattr(self, field.name) for field in fields if field.repr}
        return {
            name: v
            for name, v in values.items()
            if v is not None and not (isinstance(v, Sized) and not len(v))
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={in_short(v)}' for k, v in self.facts().items())})"

    def _repr_html_(self) -> str:
        lines = (
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(in_short(value))}</td></tr>"
            for name, value in self.facts().items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{''.join(lines)}</table>"


def frame(rows: Any) -> Any:
    """The rows, a list of dictionaries, as a pandas DataFrame.

    Raises:
        ImportError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError("Tables need pandas, which is not installed here: pip install pandas") from None
    return pandas.DataFrame(rows)


class ShownRun(Shown):
    """A run asked in a notebook for its network, for what that says of other pictures, for its curves and numbers."""

    def facts(self: Any) -> dict[str, Any]:
        """The recipe's main words, and the kept epoch's numbers.

        >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=2, subset=100))
        >>> run.facts()["epochs"], run.facts()["status"]
        ('2 of 2', 'finished')
        """
        recipe, best = self.recipe, self.best_epoch
        said = {
            name: getattr(recipe, name) for name in ("dataset", "model", "optimizer", "learning_rate", "seed")
        }
        kept = {} if best is None else {"val_accuracy": best.val_accuracy, "val_auc": best.val_auc}
        ran = {
            "epochs": f"{len(self.epochs)} of {recipe.epochs}",
            "kept_epoch": self.best,
            "status": self.status,
        }
        return said | ran | kept | {"seconds": self.seconds}

    @property
    def model(self: Any) -> Any:
        """The network with the kept weights, in evaluation mode; a new one each time, so that it may be changed."""
        return dlcore.models.load(self)

    def predict(self, images: Any) -> np.ndarray:
        """(n,) the class number that the kept network calls most probable.

        >>> digits = dlcore.load("digits").images[:5]
        >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
        >>> run.predict(digits).tolist() == run.predict_proba(digits).argmax(axis=1).tolist()
        True

        Args:
            images: of the size and colours it has learned from, as ImageSet.from_arrays takes them.

        Raises:
            dlcore.data.BadInput: another size, or grey for coloured.
        """
        return np.asarray(self.predict_proba(images).argmax(axis=1))

    def predict_proba(self: Any, images: Any) -> np.ndarray:
        """(n, classes) its probabilities, float64; arguments as of `predict`.

        >>> digits = dlcore.load("digits").images[:5]
        >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
        >>> p = run.predict_proba(digits)
        >>> p.shape, p.sum(axis=1).round(6).tolist()
        ((5, 10), [1.0, 1.0, 1.0, 1.0, 1.0])
        """
        return np.asarray(dlcore.notebook.of_a_run.run_probabilities(self, images))

    def curves(self) -> Any:
        """The figure of its loss and accuracy over the epochs.

        >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=2, subset=100))
        >>> sorted({trace.name for trace in run.curves().data})
        ['kept epoch', 'train', 'validation']
        """
        return dlcore.draw(self)

    def to_frame(self: Any) -> Any:
        """Its epochs as a pandas DataFrame, a row each.

        >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=2, subset=100))
        >>> run.to_frame().number.tolist()
        [1, 2]
        """
        return frame([dataclasses.asdict(epoch) for epoch in self.epochs])
