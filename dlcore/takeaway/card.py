"""A model card (Mitchell et al. 2019, arXiv:1810.03993) in Markdown: what is known of a network."""

from dlcore import metrics
from dlcore.data import ImageSet
from dlcore.evaluation.intervals import Share
from dlcore.number_text import count, digits
from dlcore.runs import Recipe, Run, differences
from dlcore.takeaway.images_beside import name_of_file
from dlcore.takeaway.weights import NORMALIZATION


def card(run: Run, images: ImageSet) -> str:
    """The card of a run that kept weights."""
    recipe = run.recipe
    return "\n".join(
        [
            f"# {recipe.model.upper()} on {_plain(images.name.partition(':')[0])}, run {run.key[:6]}\n",
            *_about(run, images),
            *_trained(run, images),
            *_scores(run, images),
            *_loading(run),
            *_limits(images),
        ]
    )


def _about(run: Run, images: ImageSet) -> list[str]:
    rows, columns, channels = run.image_shape
    classes = ", ".join(f"{n} {_plain(name)}" for n, name in enumerate(run.class_names))
    return [
        f"- Network: {run.recipe.model.upper()}, {run.parameters:,} parameters.",
        f"- Takes: images of {rows} × {columns} pixels, {'in color' if channels == 3 else 'gray'}; {NORMALIZATION}.",
        f"- Gives: {_gives(run)}",
        f"- Classes: {classes}. Positive: {_plain(run.class_names[images.usual_positive])}"
        f"{'' if images.positive is not None else ' (the rarest; the data set names none)'}.",
        "",
    ]


def _gives(run: Run) -> str:
    if len(run.class_names) == 2:
        return f"one logit z; σ(z) is the probability of “{_plain(run.class_names[1])}”."
    return "one logit for each class; their softmax are the probabilities."


def _trained(run: Run, images: ImageSet) -> list[str]:
    recipe = run.recipe
    changed = differences(Recipe(dataset=recipe.dataset, model=recipe.model), recipe)
    special = "; ".join(f"{name.replace('_', ' ')} {value[1]}" for name, value in changed.items())
    return [
        "## Training\n",
        f"- Images: {_plain(images.name[:20])}, {run.train_size:,} for training, "
        f"{len(run.val_index):,} for validation.",
        f"- Source: {_plain(images.source) or 'not noted'}. License: {_plain(images.licence) or 'not noted'}.",
        f"- sha256 of images, labels and split: `{images.digest}`.",
        f"- Recipe: {recipe.optimizer}, learning rate {recipe.learning_rate:g}, batch size {recipe.batch_size}, "
        f"{len(run.epochs)} of {count(recipe.epochs or 0, 'epoch')}, seed {recipe.seed}; "
        f"not as by default: {special or 'nothing'}.",
        f"- Ended: {run.status.replace('_', ' ')}. Selected: epoch {run.best}, by "
        f"{'the highest AUC' if recipe.keep == 'auc' else 'the lowest loss'} on the validation images.",
        "",
    ]


def _scores(run: Run, images: ImageSet) -> list[str]:
    best, n = run.best_epoch, len(run.val_index)
    assert best is not None
    counts = metrics.confusion(run.val_probabilities, images.labels[run.val_index])
    names = [_plain(name) for name in run.class_names]
    table = [f"| label \\ predicted | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    table += [f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, counts, strict=True)]
    auc = "not defined (one class only)" if best.val_auc is None else f"{best.val_auc:.3f}"
    return [
        "## Scores on the validation images\n",
        f"- Accuracy {Share(round(best.val_accuracy * n), n)}.",
        f"- AUC {auc}; loss {digits(best.val_loss)}"
        f"{' nats per image' if run.recipe.loss == 'cross_entropy' else ''}.",
        "- The epoch was selected on these same images, so these scores flatter it a little. The test set is not "
        "opened here.\n",
        *table,
        "",
    ]


def _loading(run: Run) -> list[str]:
    file = f"{name_of_file(run)}.safetensors"
    return [
        "## Use\n",
        "With `features`, `head` and `model` as in the script of this run:\n",
        "```python",
        "from safetensors.torch import load_file",
        "",
        f'model.load_state_dict(load_file("{file}"))',
        "```\n",
        "The lab opens the same file again: Training, Saved runs, Bring a run.\n",
    ]


def _limits(images: ImageSet) -> list[str]:
    notes = [f"- {_plain(note)}" for note in images.notes]
    return [
        "## Limits\n",
        "- A network made for learning. It decides nothing about people.",
        "- Scores hold for images like these; other devices, places and patients are another question.",
        *notes,
        "",
    ]


def _plain(text: str) -> str:
    """A text of somebody's, with nothing in it that Markdown acts on."""
    return " ".join("".join(" " if sign in "*_`[]<>$\\#|~" else sign for sign in text).split())
