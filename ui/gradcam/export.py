"""What leaves the Grad-CAM page: arrays, overlay as PNG and SVG, and a report to print."""

import dataclasses
from collections.abc import Sequence
from io import BytesIO

import numpy as np

from dlcore.figures import overlay, prebuilt
from dlcore.heatmaps import report
from dlcore.heatmaps.heatmaps import Look
from dlcore.heatmaps.report import Report, Section
from dlcore.number_text import digits
from dlcore.runs import CODE_VERSION, Run
from ui.frame.files import File
from ui.gradcam.subject import Subject
from ui.gradcam.view import View

SIDE = 512  # pixels of an exported picture, at least
WARNING = "Not for clinical use. A heat map is about this network, not about the disease."


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """What was looked at: uint8 (h, w[, 3]), what it is, the class explained, and what was done to it."""

    pixels: np.ndarray
    title: str
    name: str
    notes: tuple[str, ...] = ()


Rows = Sequence[Sequence[str]]


def files(
    run: Run, subject: Subject, look: Look, k: int, view: View, sigma: float, familiar: str
) -> tuple[File, ...]:
    """The files on offer beside numbers and figure.

    Args:
        familiar: the sentence on how the image compares with those the network knows.
    """
    picture = Picture(
        subject.pixels, subject.title, run.class_names[k], (familiar.replace("**", ""), *subject.notes)
    )
    answers = _answers(run, subject, look, k)
    return pictures_and_report(picture, look.heatmaps, view, look.layer, sigma, answers, _recipe(run))


def pictures_and_report(
    picture: Picture,
    heatmaps: np.ndarray,
    view: View,
    layer: str,
    sigma: float,
    answers: Rows,
    network: Rows,
) -> tuple[File, ...]:
    """The same of any network.

    Args:
        heatmaps: float32 (classes, rows, cols), of the classes on show.
        answers, network: tables for the report, the head first.
    """
    title = f"Heat map of {picture.name}: {picture.title}"
    return (
        File(
            "Heat maps of all classes (NPY)",
            lambda: npy(heatmaps),
            "heatmaps.npy",
            "application/octet-stream",
        ),
        File("Image and map (PNG)", lambda: overlay_png(picture.pixels, view), "gradcam.png", "image/png"),
        File(
            "Image and map (SVG)",
            lambda: overlay.svg(picture.pixels, view.shown, view.limit, title),
            "gradcam.svg",
            "image/svg+xml",
        ),
        File(
            "Report to print (HTML)",
            lambda: report.html(written(picture, view, layer, sigma, answers, network)),
            "gradcam-report.html",
            "text/html",
        ),
    )


def npy(array: np.ndarray) -> bytes:
    """The array as numpy writes it, float32 (classes, rows, cols)."""
    out = BytesIO()
    np.save(out, array.astype(np.float32), allow_pickle=False)
    return out.getvalue()


def overlay_png(pixels: np.ndarray, view: View) -> bytes:
    """The image with its map over it, in the page's colours and scale."""
    return prebuilt.png(overlay.enlarged(overlay.tinted(pixels, view.shown, view.limit), SIDE))


def written(picture: Picture, view: View, layer: str, sigma: float, answers: Rows, network: Rows) -> Report:
    """The report: image, map, scale, scores, recipe, versions."""
    rows, cols = view.raw.shape
    pictures = [
        ("The image", prebuilt.png(overlay.enlarged(overlay.coloured(picture.pixels), SIDE))),
        ("The heat map over it", overlay_png(picture.pixels, view)),
    ]
    first, *rest = (*picture.notes, "")
    return Report(
        title=f"Where did the network look? Score of “{picture.name}”",
        sentences=(
            f"{picture.title[0].upper()}{picture.title[1:]}. {first}".strip(),
            f"Grad-CAM at {layer}: {rows} × {cols} = {rows * cols} signed numbers in logit units, from "
            f"{digits(view.raw.min())} to {digits(view.raw.max())}, their sum {digits(view.raw.sum())}. Drawn "
            f"enlarged "
            f"(bilinear) and smoothed (Gaussian, σ = {sigma:g} image pixels), on one scale for all classes of this "
            "image; nothing is stretched.",
            *filter(None, rest),
        ),
        warning=WARNING,
        pictures=[(caption, prebuilt.data_address(content)) for caption, content in pictures],
        drawing=overlay.scale_svg(view.limit),
        sections=[
            Section("What the network answers", answers),
            *_truth(view),
            Section("The network", network),
            Section(
                "Versions", [("package", "version"), ("code of this lab", CODE_VERSION), *report.versions()]
            ),
        ],
    )


def _answers(run: Run, subject: Subject, look: Look, k: int) -> list[Sequence[str]]:
    table: list[Sequence[str]] = [("class", "score z, logits", "probability", "")]
    for c, name in enumerate(run.class_names):
        roles = {"predicted": int(look.probabilities.argmax()), "true": subject.label, "explained": k}
        role = ", ".join(role for role, which in roles.items() if which == c)
        table.append((name, f"{digits(look.scores[c], 4)}", f"{look.probabilities[c]:.4f}", role))
    return table


def _truth(view: View) -> list[Section]:
    """Scores against the pixels that decide, where they are known."""
    if view.raw_scores is None or view.shown_scores is None:
        return []
    rows: list[Sequence[str]] = [("score", "raw", "as drawn")]
    for name in (field.name for field in dataclasses.fields(view.raw_scores)):
        values = [getattr(scores, name) for scores in (view.raw_scores, view.shown_scores)]
        rows.append((name.replace("_", " "), *("none" if v is None else f"{v:.3f}" for v in values)))
    return [Section("Against the pixels that decide the class", rows)]


def _recipe(run: Run) -> list[Sequence[str]]:
    best = run.best_epoch
    rows: list[Sequence[str]] = [("what", "value"), ("key", run.key)]
    rows += [(name.replace("_", " "), str(value)) for name, value in dataclasses.asdict(run.recipe).items()]
    rows += [("training images", f"{run.train_size:,}"), ("parameters", f"{run.parameters:,}")]
    if best is not None:
        auc = "" if best.val_auc is None else f", AUC {best.val_auc:.3f}"
        rows.append(
            (
                "validation",
                f"accuracy {best.val_accuracy:.3f}{auc}, n = {len(run.val_index):,}, epoch {best.number}",
            )
        )
    return rows
