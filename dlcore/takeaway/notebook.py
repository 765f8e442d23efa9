"""A run as a Jupyter notebook: the script cell by cell, then its curves, its confusion matrix and its heat maps."""

import json

from dlcore.data import ImageSet
from dlcore.runs import Run
from dlcore.takeaway.script import introduction, pieces

CURVES = """\
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for axis, name in zip(axes, ("loss", "accuracy")):
    for part, line in (("train", "-"), ("val", "--")):
        axis.plot(range(1, len(history) + 1), [scores[f"{part}_{name}"] for scores in history], line, label=part)
    axis.axvline(kept, color="gray", linewidth=0.8)  # the selected epoch
    axis.set(xlabel="epoch", ylabel=name)
axes[0].legend()
plt.show()
"""
CONFUSION = """\
called = predicted(predict(x_val))
counts = np.zeros((len(CLASSES), len(CLASSES)), int)
np.add.at(counts, (y_val.numpy(), called.numpy()), 1)
figure, axis = plt.subplots(figsize=(1.5 + 0.7 * len(CLASSES), 1.0 + 0.7 * len(CLASSES)), layout="constrained")
axis.imshow(counts, cmap="Blues")
for (row, column), count in np.ndenumerate(counts):
    axis.text(column, row, count, ha="center", va="center", color="white" if count > counts.max() / 2 else "black")
axis.set_xticks(range(len(CLASSES)), CLASSES, rotation=45, ha="right")
axis.set_yticks(range(len(CLASSES)), CLASSES)
axis.set(xlabel="predicted", ylabel="label")
plt.show()
"""
GRADCAM = '''\
def grad_cam(image, c):
    """Σ_k α_k A_k for class c: α_k is the mean of ∂z_c / ∂A_k over the positions of map A_k."""
    A = model.features(as_input(image[None])).detach().requires_grad_()
    z = model.head(A)[0]
    (gradient,) = torch.autograd.grad(SCORE, A)
    alpha = gradient.mean(dim=(2, 3), keepdim=True)
    return (alpha * A).sum(dim=1)[0].detach()  # (rows, columns) of the last maps, signed


examples = [int((y_val == c).nonzero()[0, 0]) for c in y_val.unique()[:5]]  # one of each class
figure, axes = plt.subplots(2, len(examples), figsize=(2 * len(examples), 4.2), layout="constrained")
for (above, below), n in zip(axes.T, examples):
    image, H = x_val[n].squeeze().numpy(), grad_cam(x_val[n], int(called[n])).numpy()
    above.imshow(image, cmap="gray")
    above.set_title(f"is {CLASSES[y_val[n]]}", fontsize=8)
    below.imshow(image, cmap="gray")
    box = (-0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5)
    top = max(abs(H).max(), 1e-9)
    below.imshow(H, cmap="RdBu_r", vmin=-top, vmax=top, alpha=0.5, extent=box, interpolation="bilinear")
    below.set_title(f"why {CLASSES[called[n]]}", fontsize=8)
    above.axis("off"), below.axis("off")
plt.show()
'''
WHY = """\
## Grad-CAM (Selvaraju et al. 2017)

Red raises the score of the predicted class, blue lowers it. A heat map shows which regions raised a score; it does
not show that the reason was a good one."""
NO_MAPS = """\
## No Grad-CAM

Grad-CAM needs feature maps with rows and columns. An MLP reads the image as one long vector and has none."""


def notebook(run: Run, images: ImageSet) -> str:
    """The notebook as JSON (nbformat 4.5), not yet executed; beside it lie the same files as beside the script."""
    title, _, rest = introduction(run).partition("\n\n")
    first, *others = pieces(run, images)
    cells = [("markdown", f"# {title}\n\n{rest}\n\nThe figures need matplotlib."), ("code", first.code)]
    for piece in others:
        cells += [("markdown", f"## {piece.heading}"), ("code", piece.code)]
    if run.best:
        cells += _figures(run)
    whole = {
        "cells": [_cell(n, kind, text.strip("\n")) for n, (kind, text) in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _figures(run: Run) -> list[tuple[str, str]]:
    """What is drawn of the trained network."""
    is_binary = len(run.class_names) == 2
    names = f"CLASSES = {tuple(run.class_names)!r}\n"
    cells = [
        (
            "markdown",
            "## Curves\n\nSolid: training. Dashed: validation. The gray line is the selected epoch.",
        ),
        ("code", CURVES),
        ("markdown", "## Confusion matrix of the validation images"),
        ("code", names + CONFUSION),
    ]
    if run.recipe.model != "cnn":
        return [*cells, ("markdown", NO_MAPS)]
    score = "z[0] if c == 1 else -z[0]" if is_binary else "z[c]"
    return [*cells, ("markdown", WHY), ("code", GRADCAM.replace("SCORE", score))]


def _cell(n: int, kind: str, text: str) -> dict[str, object]:
    common = {"cell_type": kind, "id": f"cell-{n}", "metadata": {}, "source": text.splitlines(keepends=True)}
    return common | ({"execution_count": None, "outputs": []} if kind == "code" else {})
