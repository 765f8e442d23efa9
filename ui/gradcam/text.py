"""What the Grad-CAM page writes: the formula with its numbers, the map in words, scores, script, table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlcore.csv_text import as_csv
from dlcore.heatmaps.heatmaps import Look
from dlcore.number_text import digits, latex, latex_factor
from dlcore.runs import Run
from ui.gradcam.subject import Subject
from ui.gradcam.view import View

if TYPE_CHECKING:
    from dlcore.classifiers.brought_weights import Input
    from dlcore.guests.asking import Guest


def formula(look: Look, k: int) -> str:
    """L at its extreme cell, as the sum over maps, with the three largest terms written out."""
    h = look.heatmaps[k]
    rows, cols = h.shape
    i, j = np.unravel_index(np.abs(h).argmax(), h.shape)
    terms = look.alpha[k] * look.maps[:, i, j]  # (c,)
    largest = np.argsort(-np.abs(terms))[:3]
    written = [rf"{latex_factor(look.alpha[k, c])} \cdot {latex_factor(look.maps[c, i, j])}" for c in largest]
    if len(terms) > 3:
        rest = float(terms.sum() - terms[largest].sum())
        written.append(rf"\underbrace{{{latex_factor(rest)}}}_{{{len(terms) - 3}\text{{ more maps}}}}")
    lines = r" \\ &\quad + ".join(written)  # one term a line: it must fit a phone
    partial = r"\frac{\partial z}{\partial A_{c,ij}}"
    return (
        rf"\begin{{aligned}} \alpha_c &= \frac{{1}}{{{rows} \cdot {cols}}} \sum_{{i,j}} {partial} \\[4pt]"
        r"L_{ij} &= \sum_c \alpha_c A_{c,ij} \\[4pt]"
        rf"L_{{{i + 1},{j + 1}}} &= {lines} \\ &= {latex(h[i, j])} \end{{aligned}}"
    )


def in_words(look: Look, k: int, name: str) -> str | None:
    """A sentence about a map that would look empty elsewhere; None for an ordinary one."""
    h = look.heatmaps[k]
    if not np.any(h):
        return (
            f"The map of “{name}” is blank: where a feature is active its weight is 0, so no place raises or "
            "lowers this score to first order. That is an answer, not an error."
        )
    if h.max() <= 0:
        return (
            f"No place speaks for “{name}”: every value is at or below zero. Tools that cut off below zero "
            "would show nothing here, or stretch nothing to full color."
        )
    return None


def alt(look: Look, k: int, name: str, subject: Subject, view: View) -> str:
    """What a reader who cannot see the picture should know."""
    h, w = view.shown.shape
    i, j = np.unravel_index(view.shown.argmax(), view.shown.shape)
    text = (
        f"Heat map of the score of {name} ({digits(look.scores[k])} logits) over {subject.title}, "
        f"{w} by {h} pixels. "
        f"Values from {digits(view.shown.min())} to {digits(view.shown.max())} logits; the largest at "
        f"row {i + 1}, column {j + 1}."
    )
    if view.shown_scores is not None:
        inside = "inside" if view.shown_scores.pointing_hit > 0.5 else "outside"
        text += f" That is {inside} the outlined truth."
    return text


def caption(look: Look, k: int, name: str, subject: Subject) -> str:
    """Which image, which score, how many numbers the map really has."""
    rows, cols = look.heatmaps.shape[1:]
    what = subject.title[0].upper() + subject.title[1:]
    return (
        f"{what}. Explained: “{name}”, score z = {digits(look.scores[k])} logits, probability "
        f"{digits(look.probabilities[k])}. The map has {rows} × {cols} = {rows * cols} numbers; everything finer "
        "is interpolation."
    )


def pair_alt(view: View, sigma: float) -> str:
    rows, cols = view.raw.shape
    return (
        f"The raw heat map, {rows} by {cols} cells from {digits(view.raw.min())} to {digits(view.raw.max())} logits, "
        f"beside the same map enlarged and smoothed with sigma {sigma:g} pixels, from {digits(view.shown.min())} "
        f"to {digits(view.shown.max())}. Both on one scale from {digits(-view.limit)} to {digits(view.limit)}."
    )


def probabilities_alt(look: Look, run: Run, label: int | None) -> str:
    listed = ", ".join(f"{name} {p:.3f}" for name, p in zip(run.class_names, look.probabilities, strict=True))
    true = "" if label is None else f" The true class is {run.class_names[label]}."
    return f"Probabilities: {listed}. Predicted: {run.class_names[int(look.probabilities.argmax())]}.{true}"


def table(look: Look, class_names: Sequence[str]) -> str:
    """The raw heat maps of all classes as CSV, one line per cell."""
    rows = [
        (name, i, j, value)
        for k, name in enumerate(class_names)
        for (i, j), value in np.ndenumerate(look.heatmaps[k])
    ]
    return as_csv(rows, ["class", "row", "column", "logits"])


def gradcam_script(run: Run, subject: Subject, layer: str, k: int, sigma: float) -> str:
    """A script that prints the numbers on screen; an own picture is to be put in its place."""
    if subject.index is None:
        image = (
            "picture = dlcore.data.read_image('picture.png')  # your file\n"
            "image, mask = fitted(picture, run.image_shape), None"
        )
        imports = "from dlcore.data.fitting import fitted\n"
    elif subject.dataset is not None:
        image = (
            f"images = dlcore.data.load({subject.dataset!r})\n"
            f"image, mask = fitted(coloured(images.images[{subject.index}]), run.image_shape), None"
        )
        imports = "from dlcore.data.fitting import fitted\nfrom dlcore.figures.overlay import coloured\n"
    else:
        image = (
            f"images = dlcore.data.load({run.recipe.dataset!r})\n"
            f"image = images.images[{subject.index}]\n"
            f"mask = None if images.masks is None else images.masks[{subject.index}]"
        )
        imports = ""
    return f'''"""Where did the network look? Prints the numbers of the Grad-CAM page."""

import dlcore.data
{imports}from dlcore import gradcam, models
from dlcore.store import Store

run = Store().get("{run.key}")  # or, to train it again: dlcore.training.fit(recipe)
assert run is not None, "this run is not in the store of DLCORE_RUNS"
{image}
look = gradcam.look(models.load(run), image, "{layer}")
for name, z, p in zip(run.class_names, look.scores, look.probabilities):
    print(f"{{name}}: score {{z:.6g}}, probability {{p:.6g}}")

h = look.heatmaps[{k}]  # the class {run.class_names[k]!r}
print("heat map", h.shape, f"from {{h.min():.6g}} to {{h.max():.6g}}, sum {{h.sum():.6g}} logits")
shown = gradcam.smooth(gradcam.upsample(h, image.shape[:2], "bilinear"), {sigma})
if mask is not None:
    print(gradcam.score(shown, mask))
'''


def guest_script(
    guest: "Guest", how: "Input", photograph: str | None, layer: str, k: int, sigma: float
) -> str:
    """A script that prints what a network of others says; the owner's files are to be put in their places.

    Args:
        photograph: name of one of the lab's; None for the owner's picture.
    """
    names = "Input" if guest.root else "Input, read_network"
    imports = [f"from dlcore.classifiers.brought_weights import {names}"]
    if guest.root:
        imports.insert(0, "from dlcore.classifiers import pretrained")
        network = f'pretrained.network("{guest.key}")'
    else:
        network = 'read_network(Path("network.safetensors").read_bytes()).model'
    if photograph is None:
        imports.append("from dlcore.data import read_image")
        picture = 'read_image("picture.png")'
    else:
        imports.append("from dlcore.data.photographs import photograph")
        picture = f'photograph("{photograph}")'
    head, imported = "" if guest.root else "from pathlib import Path\n\n", "\n".join(imports)
    return f'''"""Where did a network of others look? Prints the numbers of the page; your files beside it."""

{head}from dlcore import gradcam, models
{imported}

network = {network}
how = {how!r}
window = how.window({picture})
found = gradcam.explain(network, how.scaled(window[None]), {k}, "{layer}")

p = models.probabilities(found.logits)[0]
for c in p.argsort(descending=True)[:12].tolist():
    print(f"class {{c}}: probability {{p[c]:.6g}}")
h = found.heatmaps[0, 0].numpy()
print("heat map", h.shape, f"from {{h.min():.6g}} to {{h.max():.6g}}, sum {{h.sum():.6g}} logits")
shown = gradcam.smooth(gradcam.upsample(h, window.shape[:2], "bilinear"), {sigma})
print("as drawn", shown.shape, f"from {{shown.min():.6g}} to {{shown.max():.6g}}")
'''
