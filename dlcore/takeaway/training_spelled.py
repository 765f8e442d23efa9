"""Loss, step, scores and loop of a recipe as lines of PyTorch; what the recipe does not use is not printed."""

from dlcore.runs import Recipe, Run

CLASSES = {  # torch's name, and what it takes besides
    "sgd": "SGD", "momentum": "SGD", "nesterov": "SGD", "adagrad": "Adagrad", "rmsprop": "RMSprop", "adam": "Adam",
    "adamw": "AdamW", "nadam": "NAdam",
}  # fmt: skip
FUSED = ("sgd", "momentum", "nesterov", "adagrad", "adam", "adamw")


def step(run: Run) -> str:
    """Augmentation, loss and optimizer."""
    recipe = run.recipe
    text = f"draws = torch.Generator().manual_seed({recipe.seed} + 2**32)  # decides the order of the images"
    text += "\n\n\n" if recipe.augmentation == "none" else f" and their changes\n\n\n{_augmented(recipe)}\n\n"
    return text + _loss(run) + "\n\n" + _weights(recipe) + _optimizer(recipe)


def _augmented(recipe: Recipe) -> str:
    mirrored = recipe.augmentation == "shifts_flips"
    half = " and half of them mirrored" if mirrored else ""
    flips = """\
    mirrored = torch.rand((len(i), 1), generator=draws, dtype=torch.float32) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
"""
    return f'''\
def changed(i):
    """Training images i, each moved by up to 2 pixels (edges repeat){half}."""
    h, w = x.shape[1:3]
    move = torch.randint(-2, 3, (2, len(i), 1), generator=draws)
    rows = (torch.arange(h) + move[0]).clamp_(0, h - 1)  # (b, h)
    columns = (torch.arange(w) + move[1]).clamp_(0, w - 1)  # (b, w)
{flips if mirrored else ""}    return x[i[:, None, None], rows[:, :, None], columns[:, None, :]]
'''


def _loss(run: Run) -> str:
    """The mean loss of a batch; with class weights, of each image too."""
    recipe, is_binary = run.recipe, len(run.class_names) == 2
    weighted = recipe.class_weights == "balanced"
    if recipe.loss == "squared_error":
        p = "torch.sigmoid(z)" if is_binary else "torch.softmax(z, dim=1)"
        columns = "    p = torch.cat([1 - p, p], dim=1)\n" if is_binary else ""
        each = f"    p = {p}  # (n, {run_classes(run, is_binary)})\n{columns}"
        each += (
            "    each = 0.5 * (p - nn.functional.one_hot(y, p.shape[1]).to(p.dtype)).square().sum(dim=1)\n"
        )
        said = "½ Σ (p − y)² of the probabilities p"
    elif is_binary:
        each = "    each = nn.functional.binary_cross_entropy_with_logits(z[:, 0], y.to(z.dtype), reduction={})\n"
        said = "Cross-entropy in nats, −[y log p + (1 − y) log(1 − p)] with p = σ(z)"
    else:
        each = "    each = nn.functional.cross_entropy(z, y, reduction={})\n"
        said = "Cross-entropy in nats, −log p of the true class with p = softmax(z)"
    if not weighted and recipe.loss != "squared_error":
        body = each.format('"mean"').replace("each = ", "return ").replace(', reduction="mean"', "")
        return f'def loss(z, y):\n    """{said}, mean of a batch."""\n{body}'
    mean = "each.mean()"
    if recipe.loss != "squared_error":
        mean = each.format('"mean"').strip().replace("each = ", "").replace(', reduction="mean"', "")
    each = each.format('"none"')
    if not weighted:
        return f'def loss(z, y):\n    """{said}, mean of a batch."""\n{each}    return each.mean()\n'
    return f'''\
def loss(z, y, w=None):
    """{said}; mean of a batch, each image weighted with w of its class."""
{each}    return {mean} if w is None else (w[y] * each).mean()
'''


def run_classes(run: Run, is_binary: bool) -> int:
    """Columns of the logits."""
    return 1 if is_binary else len(run.class_names)


def _weights(recipe: Recipe) -> str:
    if recipe.class_weights != "balanced":
        return ""
    return """\
counts = torch.bincount(y).to(torch.float32)
class_weights = len(y) / (counts.count_nonzero() * counts)  # every class has the same say; the mean weight is 1
"""


def _optimizer(recipe: Recipe) -> str:
    settings = [f"lr={recipe.learning_rate!r}"]
    if recipe.optimizer in ("momentum", "nesterov") and recipe.momentum:
        settings.append(f"momentum={recipe.momentum!r}")
        settings += ["nesterov=True"] if recipe.optimizer == "nesterov" else []
    if recipe.weight_decay or recipe.optimizer == "adamw":  # torch's AdamW decays unless told
        settings.append(f"weight_decay={recipe.weight_decay!r}")
    if recipe.optimizer in FUSED:
        settings.append("fused=True")
    return f"optimizer = torch.optim.{CLASSES[recipe.optimizer]}(model.parameters(), {', '.join(settings)})\n"


def scoring(run: Run) -> str:
    """How validation images are scored."""
    is_binary = len(run.class_names) == 2
    called = """\
    return (torch.sigmoid(z[:, 0].double()) > 0.5).long()"""
    if not is_binary:
        called = """\
    e = np.exp(z.double().numpy() - z.double().numpy().max(axis=1, keepdims=True))
    return torch.from_numpy((e / e.sum(axis=1, keepdims=True)).argmax(axis=1))  # of the softmax, in float64"""
    text = f'''\
@torch.inference_mode()
def predict(images):
    """Logits (n, {run_classes(run, is_binary)}), batch normalization with its running means."""
    return torch.cat([model.eval()(as_input(part)) for part in images.split(256)])


def predicted(z):
    """The most probable class."""
{called}


def accuracy(z, y):
    return float((predicted(z) == y).double().mean())
'''
    if run.recipe.model == "mlp":
        text = text.replace(", batch normalization with its running means", "")
    return text + (_auc(is_binary) if has_auc(run) else "")


def has_auc(run: Run) -> bool:
    """Whether a positive and a negative are among the validation images."""
    return run.best_epoch is None or run.best_epoch.val_auc is not None


def _auc(is_binary: bool) -> str:
    if is_binary:
        return '''

def auc(z, y):
    """Probability that a positive scores above a negative, ties counting one half."""
    positive, negative = z[y == 1, 0].numpy(), np.sort(z[y == 0, 0].numpy())
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(below.sum() / 2 / (len(positive) * len(negative)))
'''
    return '''

def auc(z, y):
    """Mean over the classes: the probability that an image of it scores above another, ties counting one half."""
    found = []
    for c in y.unique():
        others = torch.cat([z[:, :c], z[:, c + 1 :]], dim=1).double()
        score = (z[:, c] - others.logsumexp(dim=1)).numpy()  # log-odds: rank as p does, without its rounding
        positive, negative = score[y == c], np.sort(score[y != c])
        below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
        found.append(below.sum() / 2 / (len(positive) * len(negative)))
    return float(np.mean(found))
'''


def loop(run: Run) -> str:
    """All epochs; which one is kept, and when it ends."""
    recipe = run.recipe
    return f"""\
history, best, kept = [], {_worst(run)}, 0
for epoch in {_epochs(run)}
{_rate(recipe)}    order, L_sum, z_train = torch.randperm(len(y), generator=draws), [], []
    model.train()
    for i in {_batches(run)}
{_step(recipe)}    z = predict(x_val)
    L_val, z_train = loss(z.double(), y_val), torch.cat(z_train)
{_diverged(run)}    scores = {{
        "train_loss": float(torch.stack(L_sum).sum()) / len(y), "train_accuracy": accuracy(z_train, y[order]),
        "val_loss": float(L_val), "val_accuracy": accuracy(z, y_val){_auc_too(run)},
    }}
    history.append(scores)
    print(f"{{epoch:3}}", *(f"{{name}} {{value:.6f}}" for name, value in scores.items()), sep="  ")
{_kept(run)}{_patience(recipe)}"""


def _worst(run: Run) -> str:
    return "(-1.0, -np.inf)" if _by_auc(run) else "np.inf"


def _by_auc(run: Run) -> bool:
    return run.recipe.keep == "auc" and has_auc(run)


def _epochs(run: Run) -> str:
    if run.status == "cancelled":
        return f"range(1, {len(run.epochs)} + 1):  # of {run.recipe.epochs}: the lab's training was cancelled here"
    return "range(1, EPOCHS + 1):"


def _rate(recipe: Recipe) -> str:
    """The learning rate of an epoch; nothing where it stays as it is."""
    if recipe.schedule == "constant":
        return ""
    last = "max(1, EPOCHS - 1)" if recipe.schedule == "rising" else "EPOCHS"
    factor, why = {
        "cosine": (
            "float(0.5 * (1 + np.cos(np.pi * done)))",
            "η falls slowly, then fast, then slowly to zero",
        ),
        "step": (
            "0.1 ** ((done >= 0.5) + (done >= 0.75))",
            "a tenth of η from the middle on, then a hundredth",
        ),
        "rising": ("10.0 ** (6 * (done - 1))", "from a millionth of η up to it"),
    }[recipe.schedule]
    return f"""\
    done = (epoch - 1) / {last}  # {why}
    for group in optimizer.param_groups:
        group["lr"] = {recipe.learning_rate!r} * {factor}
"""


def _batches(run: Run) -> str:
    size, n = run.recipe.batch_size, run.train_size
    if n > size > 1 and n % size == 1:
        return f"order.tensor_split(tuple(range({size}, {n - 1}, {size}))):  # a last batch of one joins its neighbor"
    return f"order.split({size}):"


def _step(recipe: Recipe) -> str:
    chosen = "x[i]" if recipe.augmentation == "none" else "changed(i)"
    weighted = recipe.class_weights == "balanced"
    weights = ", class_weights" if weighted else ""
    measured = "loss(z.detach(), y[i])" if weighted else "L.detach()"
    return f"""\
        z = model(as_input({chosen}))
        L = loss(z, y[i]{weights})
        optimizer.zero_grad()
        L.backward()
        optimizer.step()
        L_sum.append({measured} * len(i))
        z_train.append(z.detach())
"""


def _diverged(run: Run) -> str:
    if run.status != "diverged":
        return ""
    return """\
    numbers = [*L_sum, L_val, z, *model.state_dict().values()]
    if not all(number.isfinite().all() for number in numbers):
        print(f"{epoch:3}  diverged: the steps were too long")
        break
"""


def _auc_too(run: Run) -> str:
    return ', "val_auc": auc(z, y_val)' if has_auc(run) else ""


def _kept(run: Run) -> str:
    if not run.best:
        return ""
    score = '(scores["val_auc"], -scores["val_loss"])' if _by_auc(run) else 'scores["val_loss"]'
    better = ">" if _by_auc(run) else "<"
    return f"""\
    if {score} {better} best:
        best, kept = {score}, epoch
        weights = {{name: values.clone() for name, values in model.state_dict().items()}}
"""


def _patience(recipe: Recipe) -> str:
    if not recipe.patience:
        return ""
    return f"    if epoch - kept >= {recipe.patience}:\n        break  # early stopping\n"


def printed(run: Run) -> str:
    """The last lines: the kept epoch's weights, and its scores; nothing of a run that kept none."""
    if not run.best:
        return ""
    by = "highest AUC" if _by_auc(run) else "lowest loss"
    return f"""
# The epoch with the {by} on the validation images, whose scores therefore flatter it a little
model.load_state_dict(weights)
print("Selected: epoch", kept, {{name: round(value, 6) for name, value in history[kept - 1].items()}})
"""
