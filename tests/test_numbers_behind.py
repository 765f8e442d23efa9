"""The tables behind the charts: what they hold is what is drawn."""

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest

from dlcore.figures.curves import learning_curves
from dlcore.figures.numbers_behind import MOST_ROWS, tables, values
from dlcore.runs import Epoch
from ui.frame.literal import literal


def test_a_curves_table_has_its_axes_titles_its_points_and_its_intervals() -> None:
    figure = go.Figure(
        go.Scatter(x=np.array([1.0, 2.0]), y=[0.5, np.nan], name="train", error_y={"array": [0.1, 0.2]}),
        {"xaxis": {"title": {"text": "epoch"}}, "yaxis": {"title": {"text": "loss (nats)"}}},
    )
    (table,) = tables(figure)
    assert table.name == "train" and table.left_out == 0
    assert table.columns == {
        "epoch": ["1", "2"],
        "loss (nats)": ["0.5", "–"],
        "± loss (nats)": ["0.1", "0.2"],
    }


def test_titles_are_read_without_tags() -> None:
    curve = {"x": [1], "y": [2], "name": "<b>ours</b>"}
    (table,) = tables({"data": [curve], "layout": {"xaxis": {"title": {"text": "∂L/∂z<sub>2</sub><br>now"}}}})
    assert table.name == "ours" and list(table.columns) == ["∂L/∂z₂ now", "y"]


def test_a_second_axis_is_called_by_its_own_title() -> None:
    second = {"x": [1], "y": [2], "yaxis": "y2"}
    (table,) = tables({"data": [second], "layout": {"yaxis2": {"title": {"text": "accuracy"}}}})
    assert table.columns == {"x": ["1"], "accuracy": ["2"]}


def test_a_long_curve_keeps_its_ends_and_says_what_is_left_out() -> None:
    n = 3 * MOST_ROWS
    (table,) = tables(go.Figure(go.Scatter(x=np.arange(n), y=np.arange(n) ** 2)))
    assert len(table.columns["x"]) + table.left_out == n and len(table.columns["x"]) == MOST_ROWS
    assert (table.columns["x"][0], table.columns["x"][-1]) == ("0", str(n - 1))


def test_a_matrix_is_a_table_with_its_names_and_a_large_picture_is_none() -> None:
    z = np.array([[40, 2], [1, 39]])
    (table,) = tables(go.Figure(go.Heatmap(z=z, x=["cat", "dog"], y=["cat", "dog"])))
    assert table.columns == {"": ["cat", "dog"], "cat": ["40", "1"], "dog": ["2", "39"]}
    assert tables(go.Figure(go.Heatmap(z=np.zeros((28, 64))))) == []


def test_what_only_decorates_has_no_table() -> None:
    line = go.Scatter(x=[0, 1], y=[0, 0], hoverinfo="skip")
    hidden = go.Scatter(x=[0, 1], y=[0, 0], visible="legendonly")
    assert tables(go.Figure([line, hidden])) == []


def test_plotlys_packed_arrays_are_unpacked() -> None:
    packed = go.Figure(go.Scatter(x=np.arange(6.0), y=np.arange(6, dtype=np.int16))).to_dict()["data"][0]
    assert values(packed["x"]) == list(range(6)) and values(packed["y"]) == list(range(6))


def test_learning_curves_can_be_read_off() -> None:
    epochs = tuple(Epoch(n, 1 / n, 0.8, 0.9, 1.2 / n, 0.7, 0.8, 1.0, 0.1, 0.5) for n in (1, 2, 3))
    (table,) = tables(learning_curves(epochs, 3))
    assert table.columns == {
        "epoch": ["1", "2", "3"],
        "train: loss (nats per image)": ["1", "0.5", "0.3333"],
        "validation: loss (nats per image)": ["1.2", "0.6", "0.4"],
        "train: accuracy": ["0.8"] * 3,
        "validation: accuracy": ["0.7"] * 3,
    }


def test_what_somebody_named_is_shown_sign_by_sign() -> None:
    assert literal("![x](http://e) **a**") == r"\!\[x\]\(http\://e\) \*\*a\*\*"
    assert literal("neutrophil\n  cell") == "neutrophil cell"


@pytest.mark.parametrize("page", ["neuron", "backprop", "training", "convolution", "gradcam", "optimizers"])
def test_a_page_with_charts_ends_with_their_tables(app: Callable, page: str) -> None:
    test = app(page)
    closed = len(test.table)
    test.session_state["figure_tables"] = True
    test.run()
    assert not test.exception
    sections = [each for each in test.expander if each.label == "The charts of this page as tables"]
    assert bool(sections) == bool(test.get("plotly_chart"))
    if sections:
        assert len(test.table) > closed or any("without a table" in each.value for each in test.caption)
