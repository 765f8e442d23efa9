"""All figures speak one language of marks: each is valid, its axes are titled, and nothing is written out anew."""

import ast
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import pytest
from conftest import ROOT

from dlcore.evaluation.calibration import calibration
from dlcore.evaluation.challenge import simulated
from dlcore.evaluation.fold_luck import Partitions
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.near_against_clean import NearAgainstClean
from dlcore.evaluation.nested_cross_validation import Optimism
from dlcore.evaluation.optimism import guesses
from dlcore.evaluation.published import table
from dlcore.evaluation.split_luck import class_shares
from dlcore.evaluation.thresholds import precision_recall, roc
from dlcore.experiments.groups import Folds
from dlcore.experiments.hyperparameters import Point, RangeTest
from dlcore.experiments.losses import judge
from dlcore.figures import evaluation, experiments, lenses, losses, marks, palette, splits
from dlcore.figures.prebuilt import Prebuilt
from dlcore.figures.published import against_published

FIGURES = ROOT / "dlcore" / "figures"
LONGEST = 45  # lines of a figure's function with its docstring; most have 20 to 40


def drawn() -> dict[str, go.Figure]:
    """A figure of every function that receives shares, scores or points, from results made here."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    p = rng.dirichlet([1, 1, 1], 200)
    few = [Share(k, 50) for k in (40, 42, 45)]
    rates = np.geomspace(1e-4, 1.0, 25)
    loss = 1 + (np.log10(rates) + 2) ** 2
    points = [Point(x, (0.8 + x, 0.82 + x)) for x in (0.01, 0.03)]
    arms = {"Adam": [*points, Point(0.1, (), 2)], "SGD": points}
    folds = Folds(dict(enumerate(few)), 5)
    deals = Partitions(rng.integers(30, 45, (20, 5)), np.full((20, 5), 50))
    chosen = Optimism(
        rng.uniform(0.8, 0.9, 20), rng.uniform(0.7, 0.8, 20), rng.uniform(0.7, 0.8, 20), 60, 500, 9
    )
    near = NearAgainstClean("abc", Share(9, 9), few[0], ((Share(0, 0), few[1]),) * 3, np.ones((2, 3), int))
    shifted = {"CNN": [few, few[::-1]], "MLP permuted": [few, few]}
    return {
        "roc": evaluation.roc(roc(p[:, 0], labels == 0), 0.5, "a"),
        "precision and recall": evaluation.precision_recall(precision_recall(p[:, 0], labels == 0), 0.5, "a"),
        "base rate": evaluation.beside_base_rate(few[2], few[0], "a"),
        "calibration": evaluation.calibration(calibration(p, labels)),
        "best of many": evaluation.best_of_many(guesses(100, 20, repeats=5)),
        "published": against_published(table(), {"breastmnist": few[0]}),
        "losses": losses.curves(3, judge(p, labels)),
        "against": lenses.against(arms, "learning rate η", "accuracy", band=(0.01, 0.03, "usual")),
        "range test": lenses.range_test(RangeTest(rates, loss, loss, 1e-3, 1e-2, 0.5, True)),
        "gaps": lenses.gaps({"nothing": [(0.99, 0.9), (0.98, 0.91)], "dropout": [(0.95, 0.92)]}),
        "seeds": experiments.seeds({"CNN": few, "MLP permuted": few[:1], "MLP": []}),
        "shift": experiments.by_shift(shifted),
        "folds": experiments.fold_dots(folds),
        "deals": experiments.deals(deals),
        "size": experiments.by_size([100, 200, 400], [1.0, 0.99, 0.98], few),
        "excess": experiments.excess(chosen),
        "challenge": experiments.validation_against_test(simulated(rng)),
        "winner's curse": experiments.winners_curse(simulated(rng)),
        "near and clean": splits.accuracies(near),
        "class spread": splits.class_spread(class_shares(labels, ("a", "b", "c"), (0.7, 0.15, 0.15), 10)),
        "confusion": evaluation.confusion(np.array([[9, 1], [2, 8]]), ["a", "b"]),
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, go.Figure]:
    return drawn()


def has_names(axis: str, figure: go.Figure) -> bool:
    """Whether names stand at an axis: as its ticks, or as the data themselves."""
    values = [trace[axis[0]] for trace in figure.data if trace[axis[0]] is not None]
    return bool(figure.layout[axis].ticktext) or any(isinstance(v[0], str) for v in values if len(v))


def test_every_axis_has_a_title_or_a_name_at_every_tick(figures: dict[str, go.Figure]) -> None:
    unsaid = {("base rate", "xaxis")}  # two bars in 130 pixels, with a sentence of the page above them
    for name, figure in figures.items():
        for axis in (key for key in figure.to_dict()["layout"] if key.startswith(("xaxis", "yaxis"))):
            said = figure.layout[axis].title.text or has_names(axis, figure)
            assert bool(said) != ((name, axis) in unsaid), (name, axis)


def test_a_part_of_the_data_has_one_colour_dash_and_symbol_in_every_figure(
    figures: dict[str, go.Figure],
) -> None:
    for name, figure in figures.items():
        for trace in figure.data:
            if trace.name not in palette.SPLIT or trace.type != "scatter":
                continue
            look = palette.LOOKS[trace.name]
            if "lines" in trace.mode:
                assert (trace.line.color, trace.line.dash) == (look.colour, look.dash), (name, trace.name)
            if "markers" in trace.mode:
                assert (trace.marker.color, trace.marker.symbol) == (look.colour, look.symbol), name


def test_the_parts_of_the_data_can_be_told_apart_without_colour() -> None:
    parts = [palette.LOOKS[part] for part in palette.SPLIT]
    assert len({look.dash for look in parts}) == len({look.symbol for look in parts}) == 3


def test_an_interval_ends_where_it_was_said_to() -> None:
    low, high = np.array([0.1, 0.3]), np.array([0.4, 0.9])
    dots = marks.dots([0, 1], [0.2, 0.5], "validation", "v", low=low, high=high)
    np.testing.assert_allclose(dots["y"] - dots["error_y"]["arrayminus"], low)
    np.testing.assert_allclose(dots["y"] + dots["error_y"]["array"], high)
    assert "error_x" not in dots
    share = Share(40, 50)
    lying = marks.shares(["a"], [share], "test", "t", lying=True)
    ends = lying["x"] - lying["error_x"]["arrayminus"], lying["x"] + lying["error_x"]["array"]
    np.testing.assert_allclose(np.ravel(ends), share.interval)
    assert lying["hovertext"] == [str(share)]


def test_every_mark_is_one_that_plotly_knows() -> None:
    shapes = [marks.upright(0.5, "accent"), marks.stripe(0, 1)]
    axes = {"xaxis": marks.axis("x", "pixels", log=True), "yaxis": marks.named_axis(["a", "b"], down=True)}
    traces = [
        marks.line([0, 1], [0, 1], "train", "t", size=4, low=[0, 0], high=[1, 2], hover=["a", "b"]),
        marks.dots([0, 1], [0, 1], "test", "t", opacity=0.5, hover=""),
        marks.written([0], [1], ["text"]),
        marks.click_targets([0], [1], size=9, hover=""),
        marks.bars(["a"], [1.0], palette.OURS, low=[0.5], high=[1.5], texts=["1"]),
        marks.band([0, 1], [0, 0], [1, 1], "validation", "b"),
        marks.cells(np.eye(2), palette.DIVERGING, (-1, 1), bar=marks.colour_bar("value")),
    ]
    layout = palette.layout(shapes=shapes, annotations=[marks.label(0, 1, "here")], **axes)
    figure = Prebuilt({"data": traces, "layout": layout})
    assert figure.layout.xaxis.title.text == "x (pixels)" and len(figure.data) == len(traces)
    with pytest.raises(KeyError):
        marks.dots([0], [0], "no such meaning")


@dataclass(frozen=True)
class Written:
    """A mark that a module writes out by itself, or a function that has grown too long."""

    module: str
    line: int
    what: str


def written_out(text: str, module: str) -> list[Written]:
    """Dictionaries with "type": "scatter", "bar" or "heatmap", go.Scatter, add_…, and long functions."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                pair = [each.value if isinstance(each, ast.Constant) else None for each in (key, value)]
                if pair[0] == "type" and pair[1] in {"scatter", "bar", "heatmap"}:
                    found.append(Written(module, node.lineno, str(pair[1])))
        elif isinstance(node, ast.Attribute):
            if node.attr in {"Scatter", "Bar", "Heatmap"} or node.attr.startswith(("add_", "update_")):
                found.append(Written(module, node.lineno, node.attr))
        elif isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= LONGEST:
            found.append(Written(module, node.lineno, f"{node.name} is too long"))
    return found


def test_marks_are_written_out_once() -> None:
    assert [
        found
        for path in sorted(FIGURES.glob("*.py"))
        if path.name != "marks.py"
        for found in written_out(path.read_text(encoding="utf-8"), path.name)
    ] == []


def test_a_mark_written_out_by_hand_is_noticed() -> None:
    by_hand = 'def f():\n    figure.add_scatter()\n    return {"type": "scatter", "x": go.Bar(x=1)}\n'
    assert [found.what for found in written_out(by_hand, "m")] == ["scatter", "add_scatter", "Bar"]
    assert len(written_out("def f():\n" + "    x = 1\n" * LONGEST, "m")) == 1
