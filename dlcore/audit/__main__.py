"""`python -m dlcore.audit NAME_OR_FILE -o report.html`: the audit without the app, for a pipeline.

With `--run KEY` a stored run on this set is audited beside it, on the parts it was trained and validated on.

Exit code 0: no leak; 1: an exact twin or a patient crosses parts, or near twins exceed what likeness explains; 2: the
file cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlcore.audit.auditing import audit
from dlcore.audit.report import html
from dlcore.data import NAMES, BadInput, ImageSet, load, read_any
from dlcore.data.catalogue import KNOWN
from dlcore.data.importing.repairs import Import
from dlcore.data.npz_files import SIDES
from dlcore.data.recipe_images import parts
from dlcore.runs import Run
from dlcore.store.ownership import THIS_COMPUTER
from dlcore.store.store import CorruptRunError, shared

OK, LEAKS, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None, called: str = "python -m dlcore.audit") -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog=called, description=__doc__)
    parser.add_argument("set", metavar="NAME_OR_FILE", help=f"a file or folder, or one of {KNOWN}")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("report.html"), help="the page; its JSON lies beside it"
    )
    parser.add_argument(
        "--side", type=int, default=28, choices=SIDES, help="pixels that pictures are brought to (default 28)"
    )
    parser.add_argument(
        "--run", metavar="KEY", default="", help="of a stored run on this set: audited as well"
    )
    parser.add_argument(
        "--open-test", action="store_true", help="score the run on the sealed test part; the look is counted"
    )
    given = parser.parse_args(arguments)
    say = sys.stderr.write
    try:
        imageset, imported = opened(given.set, given.side)
        run = stored(given.run, imageset) if given.run else None
        looks = looked(run, imageset, given.open_test) if run is not None else []
    except (BadInput, CorruptRunError) as refusal:
        say(f"{refusal}\n")
        return UNREADABLE
    for repair in imported.repairs if imported else ():
        say(f"{'repaired' if repair.by_default else 'not done'}: {repair.line}\n")
    for warning in imported.warnings if imported else ():
        say(f"warning: {warning}\n")
    split = None if run is None else parts(run.recipe, imageset)
    found = audit(imageset, run, split=split, files=imported.files if imported else None, looks=looks)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    try:
        given.output.write_text(html(found, imageset, now), encoding="utf-8")
        given.output.with_suffix(".json").write_text(found.to_json(), encoding="utf-8")
    except OSError as error:
        say(f"{given.output} cannot be written: {error.strerror}.\n")
        return UNREADABLE
    for finding in found.findings:
        if finding.is_alarm:
            say(f"{finding.section}: {finding.text}\n")
    return LEAKS if found.leaks else OK


def opened(name: str, side: int) -> tuple[ImageSet, Import | None]:
    """The set of this name, or what a file holds with the repairs made by default.

    Raises:
        BadInput: neither.
    """
    if name in NAMES or name.startswith("upload:"):
        return load(name), None
    if not Path(name).exists():
        raise BadInput(f"There is no file {name}, and no image set of this name; known are {KNOWN}.")
    found = read_any(name, side)
    imageset = replace(found.apply(), name=Path(name).name)
    as_brought = {key: values for key, values in found.files.items() if len(values) == len(imageset)}
    return imageset, Import(found.repairs, found.make, found.warnings, found.levels, as_brought)


def stored(key: str, imageset: ImageSet) -> Run:
    """The stored run with this key.

    Raises:
        BadInput: there is none, or it has learned from other images.
        CorruptRunError: it cannot be read.
    """
    try:
        run = shared().get(key)
    except ValueError:  # no key
        run = None
    if run is None:
        raise BadInput(f"There is no stored run {key[:70]}. Runs lie in the folder that DLCORE_RUNS names.")
    if run.recipe.dataset != imageset.recipe_name:
        raise BadInput(
            f"This run has learned from {run.recipe.dataset}: give this name instead of {imageset.name}."
        )
    return run


def looked(run: Run, imageset: ImageSet, is_to_open: bool) -> list[dict[str, Any]]:
    """The counted looks at the test part of these images; one more, with this run, if it is wanted and is the first.

    Raises:
        BadInput: it is wanted, and the run has kept no weights.
    """
    ledger, dataset = shared().ledger, run.recipe.dataset
    looks = ledger.test_openings(dataset, THIS_COMPUTER)
    if not is_to_open or any(look["key"] == run.key for look in looks):
        return looks
    if not run.weights:
        raise BadInput("The run has kept no weights: there is nothing to score.")
    from dlcore.training import evaluate_test  # loads torch

    evaluate_test(run, lambda s: ledger.record_opening(dataset, THIS_COMPUTER, run.key, s), imageset)
    return ledger.test_openings(dataset, THIS_COMPUTER)


if __name__ == "__main__":
    sys.exit(main())
