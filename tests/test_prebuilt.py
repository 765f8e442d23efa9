"""Figures that reach a page unvalidated are what Plotly understands: here they are validated."""

import copy
import json
import pickle

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from dlcore.backprop import loss_curves
from dlcore.figures import backprop, palette
from dlcore.figures.curves import learning_curves
from dlcore.figures.prebuilt import Prebuilt
from dlcore.runs import Epoch

EPOCHS = [Epoch(n, 1 / n, 0.5, 0.8, 0.6, 0.7, None, 1.0, 1e-3, 0.1) for n in (1, 2, 3)]


def drawn() -> dict[str, Prebuilt]:
    return {
        "curves": learning_curves(EPOCHS, 5, 3, {"another": EPOCHS}, with_steps=True, marked=2),
        "losses": backprop.losses_and_slopes(loss_curves(1.0), -1.24),
    }


def test_the_figures_of_the_first_views_are_valid() -> None:
    for name, figure in drawn().items():
        given, layout = figure.to_dict()["layout"], figure.layout
        assert isinstance(figure, go.Figure) and len(figure.data) > 1, name
        assert layout.height == given["height"], name
        for axis in (key for key in given if key.startswith(("xaxis", "yaxis"))):
            # Plotly's script takes a title as an object only; go.Figure would have made one of a string.
            assert not isinstance(given[axis].get("title"), str), (name, axis)


def test_what_the_browser_gets_is_what_was_validated() -> None:
    for name, figure in drawn().items():
        sent = plotly.io.from_json(plotly.io.to_json(figure.to_dict(), validate=False))
        for ours, checked, given in zip(sent.data, figure.data, figure.to_dict()["data"], strict=True):
            assert ours.type == checked.type, name
            for column in {"x", "y"} & given.keys():
                left, right = np.asarray(ours[column], float), np.asarray(checked[column], float)
                np.testing.assert_allclose(left, right, err_msg=name)


def test_a_word_that_plotly_does_not_know_is_caught() -> None:
    with pytest.raises(ValueError, match="colour"):
        Prebuilt({"data": [{"type": "scatter", "colour": "red"}], "layout": palette.layout()}).data  # noqa: B018


def test_a_prebuilt_figure_is_plotlys_own_to_whoever_touches_it() -> None:
    for name, figure in drawn().items():
        plain = figure.to_dict()
        assert len(repr(figure)) > 50 and figure.to_dict().keys() == plain.keys(), name
        assert len(figure.to_dict()["layout"]["template"]) > 0, f"printing {name} took its template"
        figure.update_layout(title_text="Changed", width=333)
        figure.add_scatter(x=[0], y=[0], name="added")
        for same in (figure, copy.deepcopy(figure), pickle.loads(pickle.dumps(figure))):  # noqa: S301
            sent = json.loads(same.to_json())
            assert sent["layout"]["title"]["text"] == "Changed" and sent["layout"]["width"] == 333, name
            assert sent["data"][-1]["name"] == "added" and len(sent["data"]) == len(plain["data"]) + 1, name
            assert "Changed" in same.to_html(include_plotlyjs=False), name


def test_a_figure_that_nobody_touches_is_never_validated() -> None:
    wrong = {"data": [{"type": "scatter", "colour": "red"}], "layout": {}}
    figure = Prebuilt(wrong)
    assert (
        json.loads(plotly.io.to_json(figure.to_dict(), validate=False)) == wrong
    )  # go.Figure would refuse it
    figure.to_dict()["layout"]["height"] = 5
    assert wrong["layout"] == {}, "a copy was changed and the figure with it"
