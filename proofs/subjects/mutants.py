"""A module with one thing wrong turns a test red that imports it.

NAMED are the mistakes that tests have once let pass, each with the test that notices it now. Besides them a seeded
sample of all mutants of the modules below; verdicts are kept in benchmarks/MUTANTS.json, so that it can go on.
"""

import hashlib
import json
import time
from collections.abc import Iterable

import numpy as np

from proofs import planting
from proofs.entries import code_of
from proofs.planting import (
    ENDLESS,
    KILLED,
    ROOT,
    SURVIVED,
    Mutant,
    file_of,
    importing_tests,
    mutants_of,
    verdict,
)

MODULES = (
    "dlcore.training",
    "dlcore.models",
    "dlcore.gradcam",
    "dlcore.data.splits",
    "dlcore.data.recipe_images",
    *(
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for room in ("evaluation", "heatmaps", "attribution", "backprop", "optimizers")
        for file in sorted((ROOT / "dlcore" / room).glob("*.py"))
        if file.stem != "__init__"
    ),
)
COVERS = (planting, *(file_of(module) for module in MODULES))
KEPT = ROOT / "benchmarks" / "MUTANTS.json"
WANTED, SEED = 300, 0
PART = 60  # of one module at most: long lists of numbers would otherwise be most of the sample
ENOUGH = 0.95
SECONDS = 5400.0  # at a stretch; the next run goes on

TRAINING, DEALING = "tests/test_training.py::", "tests/test_dealing.py::"
SCORES = "score = (-1.0 if auc is None else auc, -epoch.val_loss)"
# (module, what stands there, what stands there wrongly, the test that notices)
NAMED = (
    (
        "dlcore.training",
        "weights=kept.weights,",
        "weights=kept.last,",
        TRAINING + "test_the_kept_epoch_is_the_first_of_the_best_and_its_weights_and_logits_are_kept",
    ),
    (
        "dlcore.kept_epochs",
        "if score > self.score:",
        "if score >= self.score:",
        TRAINING + "test_the_kept_epoch_is_the_first_of_the_best_and_its_weights_and_logits_are_kept",
    ),
    (
        "dlcore.kept_epochs",
        SCORES,
        "score = (-epoch.val_loss, 0.0)",
        TRAINING + "test_the_kept_epoch_is_the_first_of_the_best_and_its_weights_and_logits_are_kept",
    ),
    (
        "dlcore.training",
        "losses.append(loss.detach() * len(i))",
        "losses.append(loss.detach() * len(y) / -(-len(y) // recipe.batch_size))",
        TRAINING + "test_a_passs_loss_and_accuracy_are_means_over_images",
    ),
    (
        "dlcore.training",
        "torch.cat(logits), y[torch.cat(order)],",
        "torch.cat(logits), y,",
        TRAINING + "test_a_passs_loss_and_accuracy_are_means_over_images",
    ),
    (
        "dlcore.logits",
        "np.hstack([-z / 2, z / 2])",
        "np.hstack([z / 2, -z / 2])",
        "tests/test_logits.py::test_one_logit_is_the_log_odds_of_class_1_in_both_places",
    ),
    (
        "dlcore.models",
        "torch.cat([1 - p, p], dim=1)",
        "torch.cat([p, 1 - p], dim=1)",
        "tests/test_logits.py::test_one_logit_is_the_log_odds_of_class_1_in_both_places",
    ),
    (
        "dlcore.training",
        "model = models.build(recipe, imageset)",
        "model = models.build(recipe, imageset); y_val = torch.from_numpy("
        "noisy(y_val.numpy(), recipe.label_noise, classes, recipe.split_seed))",
        TRAINING + "test_label_noise_is_on_the_training_images_alone",
    ),
    (
        "dlcore.data.recipe_images",
        "order = np.random.default_rng([recipe.split_seed, 1])",
        "train = np.concatenate([train, validation]); order = np.random.default_rng([recipe.split_seed, 1])",
        DEALING + "test_a_subset_is_drawn_from_the_training_images_alone",
    ),
    (
        "dlcore.training",
        "x, y = _tensors(recipe, imageset, parts(recipe, imageset).test)",
        "x, y = _tensors(dataclasses.replace(recipe, pixel_permutation=None), imageset, "
        "parts(recipe, imageset).test)",
        TRAINING + "test_the_test_images_are_permuted_as_the_runs_were",
    ),
    (
        "dlcore.evaluation.nested_cross_validation",
        "mean, scale = x[learn].mean(axis=0), x[learn].std(axis=0)",
        "mean, scale = x.mean(axis=0), x.std(axis=0)",
        "tests/test_nested.py::test_columns_are_standardized_by_the_rows_that_are_learned_from",
    ),
    (
        "dlcore.evaluation.calibration",
        "sum(s.n / len(labels) * abs",
        "sum(1 / len(used) * abs",
        "tests/test_evaluation.py::test_the_calibration_error_weighs_every_bin_by_its_images",
    ),
)


def named(k: int) -> Mutant:
    """The k-th of the mistakes with a name."""
    module, right, wrong, _ = NAMED[k]
    text = file_of(module).read_text(encoding="utf-8")
    assert text.count(right) == 1, f"{module} holds {text.count(right)} times: {right}"
    return Mutant(module, wrong, text.replace(right, wrong))


def drawn() -> list[Mutant]:
    """WANTED mutants of all modules, drawn from at most PART of each; none that computes the same all the same.

    Those with a verdict come first: a module that changes moves no other's sample.
    """
    rng, known = np.random.default_rng(SEED), read()
    pot, judged_once = [], []
    for module in MODULES:
        found = mutants_of(module)
        pot += [found[at] for at in rng.permutation(len(found))[:PART]]
        judged_once += [one for one in found if one.key in known]
    more = [pot[at] for at in rng.permutation(len(pot)) if pot[at].key not in known]
    return [one for one in judged_once + more if not one.is_alike][:WANTED]


# --- what is known -----------------------------------------------------------------------------------------


def print_of(mutant: Mutant) -> str:
    """A verdict holds for this wrong source only."""
    return hashlib.sha256(code_of(mutant.source)).hexdigest()[:12]


def read() -> dict[str, dict[str, str]]:
    """Key -> print, verdict, and the reason by which a survivor may live."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def write(known: dict[str, dict[str, str]]) -> None:
    """All verdicts, by key; a run that is cut off leaves the old file or the new one."""
    half = KEPT.with_suffix(".part")
    text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
    half.write_text(text + "\n", encoding="utf-8")
    half.replace(KEPT)


def judged(some: Iterable[Mutant], seconds: float) -> dict[str, dict[str, str]]:
    """The verdicts on these mutants, as many as the time allows.

    Those already known are not asked again, but survivors without a reason are: there may be a test by now.
    """
    known, end = read(), time.monotonic() + seconds
    keep: dict[str, dict[str, str]] = {}
    for mutant in some:
        row = known.get(mutant.key, {})
        is_open = row.get("verdict") == SURVIVED and not row.get("reason")
        if is_open or row.get("print") != print_of(mutant):
            if time.monotonic() > end:
                continue
            found = verdict(mutant.module, mutant.source, importing_tests(mutant.module))
            row = {"print": print_of(mutant), "verdict": found}
            known[mutant.key] = row
            write(known)
            print(f"{found}: {mutant.key}", flush=True)
        keep[mutant.key] = row
    return keep


# --- the proof ---------------------------------------------------------------------------------------------


def sample(seed: int) -> None:
    """One mistake with a name, on its test."""
    k = int(np.random.default_rng(seed).integers(len(NAMED)))
    one = named(k)
    assert verdict(one.module, one.source, [NAMED[k][3]]) == KILLED, one.key


def prove() -> str:
    """All with a name, and the sample: at least ENOUGH of it noticed, every survivor listed with a reason."""
    for k in range(len(NAMED)):
        one = named(k)
        right = file_of(one.module).read_text(encoding="utf-8")
        assert verdict(one.module, one.source, [NAMED[k][3]]) == KILLED, one.key
        assert verdict(one.module, right, [NAMED[k][3]]) == SURVIVED, NAMED[k][3]
    some = drawn()
    rows = judged(some, SECONDS)
    assert len(rows) == len(some), f"{len(rows)} of {len(some)} judged; `make proofs` goes on"
    alive = {key: row for key, row in rows.items() if row["verdict"] == SURVIVED}
    silent = [key for key, row in alive.items() if not row.get("reason")]
    assert not silent, f"{len(silent)} survivors without a reason: {'; '.join(silent)}"
    share = 1 - len(alive) / len(rows)
    assert share >= ENOUGH, f"{len(alive)} of {len(rows)} survive"
    slow = sum(row["verdict"] == ENDLESS for row in rows.values())
    return (
        f"{len(NAMED)} named mistakes and {len(rows) - len(alive)} of {len(rows)} drawn mutants noticed "
        f"({slow} by not ending); {len(alive)} survive, each with a reason"
    )
