"""The figure of a result, whichever it is: Plotly's own, to show, to change, to write as HTML, PNG or SVG."""

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.arguments import BadInput
from dlcore.evaluation.calibration import Calibration
from dlcore.figures import curves, evaluation, optimizers, overlay, palette, sanity, truth
from dlcore.heatmaps.erasing import Curves
from dlcore.heatmaps.similarity import Cascade
from dlcore.notebook.comparing import Comparison, CrossValidation
from dlcore.optimizers.racing import Race
from dlcore.optimizers.terrain import terrain
from dlcore.runs import Run


def draw(result: Any, **how: Any) -> go.Figure:
    """The figure of a Run, Comparison, CrossValidation, Race, Cascade, Curves or Calibration.

    >>> walked = race("bowl", [RULES["newton"]()], [(1.0, 2.0)], steps=3)
    >>> draw(walked).layout.xaxis.title.text
    'x'

    Args:
        how: of a Race on a surface of one's own, surface=; of a Cascade, alike="ssim" or "absolute"; of deletion and
            insertion, kind="insertion".

    Raises:
        BadInput: nothing here draws that.
    """
    for kind, drawn in DRAWN.items():
        if isinstance(result, kind):
            return drawn(result, **how)
    known = ", ".join(kind.__name__ for kind in DRAWN)
    raise BadInput(f"Nothing here draws a {type(result).__name__}; there are figures of {known}.")


def _run(run: Run) -> go.Figure:
    return curves.learning_curves(run.epochs, run.recipe.epochs or len(run.epochs), run.best)


def _comparison(found: Comparison) -> go.Figure:
    name, first = next((name, runs[0]) for name, runs in found.runs.items())
    others = {other: runs[0].epochs for other, runs in found.runs.items() if other != name}
    drawn = curves.learning_curves(first.epochs, first.recipe.epochs or len(first.epochs), first.best, others)
    return drawn.update_layout(title_text=f"{name}, beside {', '.join(others)}" if others else name)


def _race(found: Race, surface: Any = None) -> go.Figure:
    return optimizers.race_map(found, terrain(found.surface if surface is None else surface))


def _cascade(found: Cascade, alike: str = "spearman") -> go.Figure:
    return sanity.falling(found, alike, {})


def _erased(found: Curves, kind: str = "deletion") -> go.Figure:
    return truth.erased(found, kind)


def _folds(found: CrossValidation) -> go.Figure:
    return evaluation.calibration(found.calibration())


DRAWN: dict[type, Callable[..., go.Figure]] = {
    Run: _run,
    Comparison: _comparison,
    CrossValidation: _folds,
    Race: _race,
    Cascade: _cascade,
    Curves: _erased,
    Calibration: evaluation.calibration,
}


def draw_maps(images: Any, heatmaps: Any, columns: int = 4) -> go.Figure:
    """The pictures with their heat maps laid over them, all on one scale of colours.

    >>> images, maps = np.zeros((2, 8, 8), np.uint8), np.random.default_rng(0).random((2, 8, 8))
    >>> draw_maps(images, maps).data[0].type
    'image'

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3); heatmaps: (n, h, w), as Explainer.heatmap gives them.
    """
    limit = float(np.abs(heatmaps).max()) or 1.0
    tinted = [overlay.tinted(image, h, limit) for image, h in zip(np.asarray(images), heatmaps, strict=True)]
    sheet = overlay.enlarged(overlay.sheet(tinted, columns), 600)
    figure = go.Figure(go.Image(z=sheet), palette.layout(height=max(300, sheet.shape[0] + 40)))
    return figure.update_xaxes(visible=False).update_yaxes(visible=False)
