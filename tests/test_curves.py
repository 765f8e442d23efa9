"""Learning curves: what is drawn where, and that nothing hides the raw curve."""

from dlcore.figures.curves import AXES, learning_curves
from dlcore.runs import Epoch

EPOCHS = [Epoch(n, 2 / n, 0.5, 0.6, 2.5 / n, 0.4, 0.55, 1 / n, 1e-3, 0.1) for n in range(1, 5)]


def drawn(figure: object, axis: str) -> dict[str, list[float]]:
    return {t.name: list(t.y) for t in figure.data if (t.yaxis or "y") == axis}  # type: ignore[attr-defined]


def test_first_view_has_two_panels_and_more_are_there_when_asked_for() -> None:
    assert {t.yaxis for t in learning_curves(EPOCHS, 10).data} == {"y", "y2"}
    figure = learning_curves(EPOCHS, 10, with_steps=True)
    assert drawn(figure, AXES["gradient_norm"]) == {"mean gradient norm": [1 / n for n in range(1, 5)]}
    assert drawn(figure, AXES["learning_rate"]) == {"learning rate": [1e-3] * 4}


def test_an_average_is_drawn_beside_the_raw_curve_never_instead() -> None:
    figure = learning_curves(EPOCHS, 10, averages={"val_loss": [9.0, 8.0, 7.0, 6.0]})
    losses = drawn(figure, "y")
    assert losses["validation"] == [2.5 / n for n in range(1, 5)]
    assert losses["validation, running average"] == [9.0, 8.0, 7.0, 6.0]


def test_kept_epoch_and_early_stop_are_marked_and_only_then() -> None:
    plain, marked = learning_curves(EPOCHS, 10), learning_curves(EPOCHS, 10, 3, stopped_early=True, marked=2)
    assert not plain.layout.shapes and "kept" not in " ".join(drawn(plain, "y"))
    assert drawn(marked, "y")["kept epoch"] == [2.5 / 3]
    assert [(s.x0, a.text) for s, a in zip(marked.layout.shapes, marked.layout.annotations, strict=True)] == [
        (2, "epoch 2"),
        (4, "stopped early"),
    ]
